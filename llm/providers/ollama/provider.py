"""Ollama by its own API (its /v1 knows neither num_ctx nor keep_alive)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing

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
from llm.providers.decoding import decode_object
from llm.providers.errors import NotUnderstood, StreamCut, Unsupported
from llm.providers.failures import error_line
from llm.providers.ollama import answers, bodies
from llm.providers.ollama.names import OLLAMA_REGISTRIES, check_pull_name
from llm.providers.ollama.reader import CUT, SERVER, ChatReader
from llm.providers.transport import LONGEST_STREAM, Wire

LONGEST_PULL = 2**30
"""Bytes of a server's words about a download: it says some kilobytes each second, for days."""
LONGEST_STATUS = 64 * 2**10


class OllamaProvider:
    """One Ollama server. ``allowed_registries``: where models may be downloaded from.
    ``longest_answer``: bytes of a chat's stream, beyond which a model never stops."""

    kind = "ollama"
    label = "Ollama"
    capabilities = frozenset(Capability)

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        allowed_registries: Collection[str] = OLLAMA_REGISTRIES,
        longest_answer: int = LONGEST_STREAM,
    ) -> None:
        self._wire = Wire(endpoint, server=SERVER)
        self._registries = allowed_registries
        self._longest = longest_answer

    async def chat(self, request: ChatRequest) -> ChatResult:
        body = bodies.chat_body(request, stream=False)
        answer = await self._wire.request("POST", "/api/chat", body, seconds=None)
        reader = ChatReader(request)
        deltas = reader.read_chunk(answer)
        reader.end()
        return _result(deltas)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[Delta, None]:
        body = bodies.chat_body(request, stream=True)
        reader = ChatReader(request)
        received = self._wire.lines("POST", "/api/chat", body, max_bytes=self._longest)
        async with aclosing(received) as lines:
            async for line in lines:
                for delta in reader.read(line):
                    yield delta
                if reader.done:
                    return
        reader.end()

    async def models(self) -> list[ModelInfo]:
        return answers.models_of(await self._wire.request("GET", "/api/tags"))

    async def running(self) -> list[RunningModel]:
        return answers.running_of(await self._wire.request("GET", "/api/ps"))

    async def show(self, name: str) -> ModelDetails:
        answer = _sound(await self._wire.request("POST", "/api/show", {"model": name}))
        return answers.model_details(name, answer)

    async def version(self) -> str:
        answer = await self._wire.request("GET", "/api/version")
        if version := answers.word_of(answer, "version"):
            return version
        raise NotUnderstood(answers.STRANGE, detail="no version")

    async def pull(self, name: str) -> AsyncGenerator[PullProgress, None]:
        """Until "success". Leaving early cancels it; the same pull later goes on from there."""
        body = {"model": check_pull_name(name, self._registries), "stream": True}
        received = self._wire.lines(
            "POST", "/api/pull", body, max_bytes=LONGEST_PULL, max_line=LONGEST_STATUS
        )
        async with aclosing(received) as lines:
            async for line in lines:
                if not line.strip():
                    continue
                progress = answers.pull_progress(decode_object(line, SERVER))
                yield progress
                if progress.status == "success":
                    return
        raise StreamCut("The download ended before it was complete; it can go on from there.")

    async def delete(self, name: str) -> None:
        await self._wire.request("DELETE", "/api/delete", {"model": name}, empty_ok=True)

    async def load(
        self, name: str, *, keep_alive: KeepAlive | None = None, num_ctx: int | None = None
    ) -> None:
        body = bodies.load_body(name, keep_alive, num_ctx)
        try:
            await self._work("/api/chat", body)
        except Unsupported:
            # A model for embeddings holds no conversation; nothing to embed loads it.
            body = {"model": name, "input": ""} | bodies.keep_alive_body(keep_alive)
            await self._work("/api/embed", body)

    async def unload(self, name: str) -> None:
        await self._work("/api/chat", bodies.unload_body(name))

    async def embed(
        self, model: str, texts: list[str], *, keep_alive: KeepAlive | None = None
    ) -> list[list[float]]:
        """A text that is too long is an error, not a vector of its beginning."""
        if not texts:
            return []
        body = {"model": model, "input": texts, "truncate": False}
        answer = await self._work("/api/embed", body | bodies.keep_alive_body(keep_alive))
        return answers.vectors(answer, len(texts))

    async def _work(self, path: str, body: dict[str, object]) -> dict[str, object]:
        """A request whose time is the caller's: a model may have to be loaded first."""
        return _sound(await self._wire.request("POST", path, body, seconds=None))


def _sound(answer: dict[str, object]) -> dict[str, object]:
    """The answer, unless it is an error under a status that says all is well."""
    if "error" in answer:
        raise error_line(answer["error"])
    return answer


def _result(deltas: list[Delta]) -> ChatResult:
    done = next((delta for delta in deltas if isinstance(delta, Done)), None)
    if done is None:
        raise StreamCut(CUT)
    return ChatResult(
        text="".join(delta.text for delta in deltas if isinstance(delta, Text)),
        thinking="".join(delta.text for delta in deltas if isinstance(delta, Thinking)),
        tool_calls=tuple(delta.call for delta in deltas if isinstance(delta, ToolCalled)),
        metrics=done.metrics,
        reason=done.reason,
    )
