"""The endpoints of /api that a model answers: chat, generate, embed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from llm.standin import answers, generation, prompt
from llm.standin.ask import Ask, read
from llm.standin.call import Call, Endpoint
from llm.standin.parameters import Refusal, options, seconds
from llm.standin.play import Chunk, Result, Stream, Whole, line, reply


async def chat(call: Call) -> Result:
    return _answer(call, call.body, chat=True)


async def generate(call: Call) -> Result:
    return _answer(call, call.body, chat=False)


def _answer(call: Call, body: Chunk, *, chat: bool) -> Result:
    ask = read(call, body, chat=chat)
    if not ask.messages and ask.keep_alive == 0:
        call.state.unload(ask.model)
        return reply(ask.short("unload"))
    ask.check()
    if body.get("_debug_render_only"):
        return reply(_rendered(ask))
    chunks = generation.generate(ask)
    if body.get("stream") is False or not ask.messages:
        return Whole(chunks, join_chat if chat else join_generate)
    return Stream(chunks, line)


def _rendered(ask: Ask) -> Chunk:
    """What the model would be given, without asking it."""
    text = "".join(f"<|{m.get('role')}|>{m.get('content') or ''}" for m in ask.messages)
    pictures = sum(len(m.get("images") or ()) for m in ask.messages)
    debug = {"rendered_template": text} | ({"image_count": pictures} if pictures else {})
    return ask.base({}) | {"done": False, "_debug_info": debug}


def join_chat(chunks: list[Chunk]) -> Chunk:
    messages = [chunk["message"] for chunk in chunks]
    message: Chunk = {"role": "assistant", "content": _joined(messages, "content")}
    if thinking := _joined(messages, "thinking"):
        message["thinking"] = thinking
    if calls := [call for part in messages for call in part.get("tool_calls", ())]:
        message["tool_calls"] = calls
    return chunks[-1] | {"message": message}


def join_generate(chunks: list[Chunk]) -> Chunk:
    joined = chunks[-1] | {"response": _joined(chunks, "response")}
    thinking = _joined(chunks, "thinking")
    return joined | ({"thinking": thinking} if thinking else {})


def _joined(parts: list[Chunk], key: str) -> str:
    return "".join(part.get(key, "") for part in parts)


@dataclass(frozen=True, slots=True)
class Embedded:
    vectors: list[list[float]]
    tokens: int
    load: int
    total: int


async def embedded(call: Call, body: Chunk, texts: list[str]) -> Embedded:
    """The vectors of texts, each cut to the context the model has."""
    state, started = call.state, time.perf_counter_ns()
    model = state.model(call.name)
    default = min(model.num_ctx or state.script.default_num_ctx, model.context_length)
    settings = options(body.get("options"), default_num_ctx=default)
    keep_alive = body.get("keep_alive")
    stay = None if keep_alive is None else seconds(keep_alive)
    async with state.running(
        model, settings, shift=True, keep_alive=stay, delay=call.behaviour.load_delay
    ) as runner:
        loaded = time.perf_counter_ns()
        async with runner.place():
            counts = [answers.count(text) for text in texts]
            if body.get("truncate") is False and max(counts, default=0) > settings.num_ctx:
                raise Refusal(400, prompt.EXCEEDS)
            size = int(body.get("dimensions") or 0) or model.dimensions
            cut = [" ".join(text.split()[: settings.num_ctx]) for text in texts]
            vectors = [
                answers.normalised(answers.embedding(text, model.dimensions)[:size]) for text in cut
            ]
    ended = time.perf_counter_ns()
    tokens = sum(min(count, settings.num_ctx) for count in counts)
    return Embedded(vectors, tokens, loaded - started, ended - started)


def texts_of(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    if value is None:
        return []
    raise Refusal(400, "invalid input type")


async def embed(call: Call) -> Result:
    result = await embedded(call, call.body, texts_of(call.body.get("input")))
    head: Chunk = {"model": call.name, "embeddings": result.vectors}
    if not result.vectors:
        return reply(head)
    return reply(
        head
        | {"total_duration": result.total, "load_duration": result.load}
        | {"prompt_eval_count": result.tokens}
    )


async def embeddings(call: Call) -> Result:
    """The old endpoint: one text, not normalised by contract; here it is all the same."""
    result = await embedded(call, call.body, texts_of(call.body.get("prompt")))
    return reply({"embedding": result.vectors[0] if result.vectors else []})


ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("POST", "/api/chat"): chat,
    ("POST", "/api/generate"): generate,
    ("POST", "/api/embed"): embed,
    ("POST", "/api/embeddings"): embeddings,
}
