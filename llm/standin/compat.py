"""The endpoints under /v1: the same models, in the words of OpenAI."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import time
from typing import Any

from llm.standin import generation, native
from llm.standin.ask import read
from llm.standin.call import Call, Endpoint
from llm.standin.compat_request import translated
from llm.standin.parameters import Refusal
from llm.standin.play import Chunk, Reply, Result, Stream, Whole, encoded, reply

SSE = "text/event-stream"
KINDS = {400: "invalid_request_error", 404: "not_found_error"}


def refused(refusal: Refusal) -> Reply:
    kind = KINDS.get(refusal.status, "api_error")
    error = {"message": refusal.error, "type": kind, "param": None, "code": None}
    return reply({"error": error}, refusal.status)


async def models(call: Call) -> Result:
    shown = sorted(call.state.models.values(), key=lambda m: m.modified_at, reverse=True)
    return reply({"object": "list", "data": [_model(m.full_name, m) for m in shown]})


async def model(call: Call) -> Result:
    name = call.seen.path.removeprefix("/v1/models/")
    return reply(_model(name, call.state.model(name)))


def _model(name: str, found: Any) -> Chunk:
    owner = name.rsplit("/", 1)[0] if "/" in name else "library"
    created = int(found.modified_at.timestamp())
    return {"id": name, "object": "model", "created": created, "owned_by": owner}


async def embeddings(call: Call) -> Result:
    body = call.body
    kind = str(body.get("encoding_format") or "float").lower()
    if kind not in ("float", "base64"):
        raise Refusal(
            400,
            f"Invalid value for 'encoding_format' = {body['encoding_format']}. "
            "Supported values: ['float', 'base64'].",
        )
    given = body.get("input")
    texts = [""] if given == "" else native.texts_of(given)
    if not texts:
        raise Refusal(400, "invalid input")
    asked = {"dimensions": body.get("dimensions")}
    result = await native.embedded(call, asked, texts)
    data = [
        {"object": "embedding", "embedding": _packed(v) if kind == "base64" else v, "index": i}
        for i, v in enumerate(result.vectors)
    ]
    usage = {"prompt_tokens": result.tokens, "total_tokens": result.tokens}
    return reply({"object": "list", "data": data, "model": call.name, "usage": usage})


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


async def chat(call: Call) -> Result:
    body = call.body
    if not body.get("messages"):
        raise Refusal(400, "[] is too short - 'messages'")
    ask = read(call, translated(body), chat=True)
    ask.check()
    chunks = generation.generate(ask)
    usage = bool((body.get("stream_options") or {}).get("include_usage"))
    speaker = Speaker(ask.name, call.seen, include_usage=usage)
    if body.get("stream"):
        return Stream(chunks, speaker.events, SSE)
    return Whole(chunks, speaker.whole)


class Speaker:
    """Chunks of /api/chat as events of a completion."""

    def __init__(self, name: str, seen: Any, *, include_usage: bool) -> None:
        self._name = name
        self._usage = include_usage
        self._called = False
        self._begun = False
        self._id = f"chatcmpl-{hashlib.sha256(seen.body).digest()[0]}"

    def events(self, chunk: Chunk) -> list[bytes]:
        """An error in the middle is an empty delta, and after it nothing more comes."""
        if "error" in chunk:
            return [self._event([self._choice({}, None)])]
        message = chunk["message"]
        events = []
        if delta := self._delta(message):
            events.append(self._event([self._choice(delta, None)]))
        if chunk["done"]:
            events.append(self._event([self._choice({}, self._reason(chunk))]))
            if self._usage:
                events.append(self._event([], usage=_usage(chunk)))
            events.append(b"data: [DONE]\n\n")
        return events

    def whole(self, chunks: list[Chunk]) -> Chunk:
        joined = native.join_chat(chunks)
        delta = self._delta(joined["message"]) | {"role": "assistant"}
        delta.setdefault("content", "")
        reason = self._reason(joined)
        choice = {"index": 0, "message": delta, "finish_reason": reason}
        return self._head("chat.completion") | {"choices": [choice], "usage": _usage(joined)}

    def _delta(self, message: Chunk) -> Chunk:
        delta: Chunk = {}
        if message.get("content"):
            delta["content"] = message["content"]
        if message.get("thinking"):
            delta["reasoning"] = message["thinking"]
        if message.get("tool_calls"):
            self._called = True
            delta["tool_calls"] = [_called(call) for call in message["tool_calls"]]
        if delta and not self._begun:
            self._begun = True
            delta = {"role": "assistant", "content": ""} | delta
        return delta

    def _reason(self, chunk: Chunk) -> str | None:
        return "tool_calls" if self._called else chunk.get("done_reason") or None

    def _choice(self, delta: Chunk, reason: str | None) -> Chunk:
        return {"index": 0, "delta": delta, "finish_reason": reason}

    def _event(self, choices: list[Chunk], **more: Any) -> bytes:
        body = self._head("chat.completion.chunk") | {"choices": choices} | more
        return b"data: " + encoded(body) + b"\n\n"

    def _head(self, kind: str) -> Chunk:
        return {
            "id": self._id,
            "object": kind,
            "created": int(time.time()),
            "model": self._name,
            "system_fingerprint": "fp_ollama",
        }


def _called(call: Chunk) -> Chunk:
    function = call["function"]
    arguments = json.dumps(function["arguments"], ensure_ascii=False)
    return {
        "id": call["id"],
        "index": function["index"],
        "type": "function",
        "function": {"name": function["name"], "arguments": arguments},
    }


def _usage(chunk: Chunk) -> Chunk:
    prompt, completion = chunk.get("prompt_eval_count", 0), chunk.get("eval_count", 0)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


async def absent(call: Call) -> Result:
    raise Refusal(501, f"this stand-in has no {call.seen.path}")


ENDPOINTS: dict[tuple[str, str], Endpoint] = {
    ("GET", "/v1/models"): models,
    ("POST", "/v1/embeddings"): embeddings,
    ("POST", "/v1/chat/completions"): chat,
    ("POST", "/v1/completions"): absent,
    ("POST", "/v1/responses"): absent,
    ("POST", "/v1/messages"): absent,
}
