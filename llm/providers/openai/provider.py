"""A provider for any server with OpenAI's API.

What differs between servers is read leniently: the name of the thoughts, a missing ``[DONE]`` or
usage, chunks without choices. What they cannot do is said by ``Unsupported``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from llm.providers.base import (
    Capability,
    ChatRequest,
    ChatResult,
    Delta,
    Done,
    Endpoint,
    KeepAlive,
    ModelDetails,
    ModelInfo,
    PullProgress,
    RunningModel,
    Text,
    Thinking,
    ToolCalled,
)
from llm.providers.errors import NotUnderstood, RequestRefused, StreamCut, Unsupported
from llm.providers.openai.answers import SERVER, AnswerReader
from llm.providers.openai.catalog import model_infos, vectors
from llm.providers.openai.requests import Body, api_root, chat_body, softened
from llm.providers.openai.sse import EventParser
from llm.providers.transport import Wire

CHAT = "/chat/completions"
TEXTS_AT_ONCE = 128
"""Servers limit how many texts one request for vectors may have."""


class OpenAIProvider:
    kind = "openai"
    label = "OpenAI-compatible server"
    capabilities = frozenset({Capability.CHAT, Capability.EMBED, Capability.LIST})

    def __init__(self, endpoint: Endpoint) -> None:
        self._wire = Wire(replace(endpoint, base_url=api_root(endpoint.base_url)), server=SERVER)

    async def chat(self, request: ChatRequest) -> ChatResult:
        """The whole answer at once; its caller sets the budget. Without pieces there is no time
        to the first one: all of the time is counted as prefill, and there is no rate."""
        reader = AnswerReader(request)
        answer = await self._ask(chat_body(request, stream=False))
        deltas = reader.take_object(answer)
        if not isinstance(answer.get("choices"), list):
            raise NotUnderstood(f"This address answers, but not as {SERVER} does.")
        reader.done = True
        return _result([*deltas, *reader.finish()])

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        reader = AnswerReader(request)
        body = chat_body(request, stream=True)
        async with aclosing(_ended(self._events(body), reader)) as events:
            async for event in events:
                for delta in reader.take(event):
                    yield delta
                if reader.done:
                    break
        for delta in reader.finish():
            yield delta

    async def models(self) -> list[ModelInfo]:
        return model_infos(await self._wire.request("GET", "/models"))

    async def embed(
        self, model: str, texts: list[str], *, keep_alive: KeepAlive | None = None
    ) -> list[list[float]]:
        """``keep_alive`` is not known to such servers. The caller sets the budget."""
        found: list[list[float]] = []
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            part = texts[start : start + TEXTS_AT_ONCE]
            body = {"model": model, "input": part, "encoding_format": "float"}
            answer = await self._wire.request("POST", "/embeddings", body, seconds=None)
            found += vectors(answer, len(part))
        return found

    async def running(self) -> list[RunningModel]:
        raise _cannot("does not tell which models are loaded")

    async def show(self, name: str) -> ModelDetails:
        raise _cannot("does not tell details of its models")

    async def version(self) -> str:
        raise _cannot("does not tell its version")

    def pull(self, name: str) -> AsyncGenerator[PullProgress, None]:
        raise _cannot("does not download models on request")

    async def delete(self, name: str) -> None:
        raise _cannot("does not delete models on request")

    async def load(
        self, name: str, *, keep_alive: KeepAlive | None = None, num_ctx: int | None = None
    ) -> None:
        raise _cannot("loads its models by itself")

    async def unload(self, name: str) -> None:
        raise _cannot("unloads its models by itself")

    async def _ask(self, body: Body) -> dict[str, Any]:
        while True:
            try:
                return await self._wire.request("POST", CHAT, body, seconds=None)
            except RequestRefused as refusal:
                body = _softer(body, refusal)

    async def _lines(self, body: Body) -> AsyncGenerator[str, None]:
        """A refusal comes before the first line, so that asking again repeats nothing."""
        while True:
            try:
                async with aclosing(self._wire.lines("POST", CHAT, body)) as lines:
                    async for line in lines:
                        yield line
                return
            except RequestRefused as refusal:
                body = _softer(body, refusal)

    async def _events(self, body: Body) -> AsyncGenerator[str, None]:
        """The data of each event; of a server that does not stream, its one answer."""
        parser, plain = EventParser(), list[str]()
        async with aclosing(self._lines(body)) as lines:
            async for line in lines:
                if plain or (line.startswith("{") and not parser.begun):
                    plain.append(line)
                    continue
                for event in parser.feed(line + "\n"):
                    yield event
        for event in parser.close():
            yield event
        if plain:
            yield "\n".join(plain)


async def _ended(
    events: AsyncGenerator[str, None], reader: AnswerReader
) -> AsyncGenerator[str, None]:
    """A connection that breaks after the answer was complete has lost nothing of it."""
    async with aclosing(events):
        try:
            async for event in events:
                yield event
        except StreamCut:
            if not reader.complete:
                raise


def _softer(body: Body, refusal: RequestRefused) -> Body:
    softer = softened(body, refusal)
    if softer is None:
        raise refusal
    return softer


def _result(deltas: list[Delta]) -> ChatResult:
    done = next(delta for delta in deltas if isinstance(delta, Done))
    return ChatResult(
        text="".join(delta.text for delta in deltas if isinstance(delta, Text)),
        thinking="".join(delta.text for delta in deltas if isinstance(delta, Thinking)),
        tool_calls=tuple(delta.call for delta in deltas if isinstance(delta, ToolCalled)),
        metrics=done.metrics,
        reason=done.reason,
    )


def _cannot(what: str) -> Unsupported:
    return Unsupported(f"An OpenAI-compatible server {what}.")
