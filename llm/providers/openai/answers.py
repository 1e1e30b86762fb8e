"""An answer read piece by piece: events in, deltas out, at the end what it took."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from llm.providers.base import ChatRequest, Delta, Done, Metrics, Text, Thinking, ToolCalled
from llm.providers.bounds import MOST_TOKENS
from llm.providers.errors import RequestRefused, ServerFailed, StreamCut
from llm.providers.failures import error_line
from llm.providers.openai.fields import a_count, a_list, a_text, an_object
from llm.providers.openai.toolcalls import ToolCallAssembler
from llm.providers.transport import decode_object

SERVER = "an OpenAI-compatible server"
CHARACTERS_PER_TOKEN = 4
_REASONS = {"length": "length", "tool_calls": "tool_calls", "function_call": "tool_calls"}
_THOUGHTS = ("reasoning_content", "reasoning")


class AnswerReader:
    """Takes events of a stream, or one whole answer, and says what came.

    An answer is complete with a ``finish_reason`` or with ``[DONE]``: some servers leave out one
    or the other, and a connection that breaks between them loses only figures. With neither,
    ``finish`` raises ``StreamCut``.

    Such servers tell no times, so times are ours, by ``clock`` in seconds: prefill from the
    request to the first piece (waiting, loading and the network are in it), decode from the first
    piece to the last. An answer in one piece has no decode time, hence no rate.
    """

    def __init__(
        self, request: ChatRequest, *, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._clock = clock
        self._started = clock()
        self._first = self._last = 0.0
        self._prompt_characters = sum(len(message.content) for message in request.messages)
        self._characters = 0
        self._calls = ToolCallAssembler()
        self._usage: dict[str, Any] = {}
        self._reason: str | None = None
        self.done = False
        """``[DONE]`` came: nothing else will."""

    @property
    def complete(self) -> bool:
        return self.done or self._reason is not None

    def take(self, event: str) -> list[Delta]:
        """The deltas of an event's data."""
        if event.strip() == "[DONE]":
            self.done = True
            return []
        return self.take_object(decode_object(event, SERVER)) if event.strip() else []

    def take_object(self, data: dict[str, Any]) -> list[Delta]:
        """The deltas of a chunk, or of a whole answer, where ``message`` stands for ``delta``."""
        _raise_error(data)
        self._usage = an_object(data.get("usage")) or self._usage
        choices = a_list(data.get("choices"))
        choice = an_object(choices[0]) if choices else {}
        _raise_error(choice)
        said = an_object(choice.get("delta")) or an_object(choice.get("message"))
        deltas = self._deltas(said)
        if a_text(choice.get("finish_reason")):
            self._reason = a_text(choice["finish_reason"])
        return deltas

    def finish(self) -> list[Delta]:
        """The tool calls, which are whole only now, and ``Done``."""
        ended = self._clock()
        if not self.complete or self._reason == "abort":
            raise StreamCut("The answer broke off: the model server never said that it was done.")
        if self._reason == "content_filter":
            raise RequestRefused("The model server's content filter stopped this answer.")
        if self._reason == "error":
            raise ServerFailed("The model server failed in the middle of the answer.")
        reason = "" if self._reason is None else _REASONS.get(self._reason, "stop")
        calls = [ToolCalled(call) for call in self._calls.finished()]
        return [*calls, Done(self._metrics(ended), reason)]

    def _deltas(self, said: dict[str, Any]) -> list[Delta]:
        thought = next((text for key in _THOUGHTS if (text := a_text(said.get(key)))), "")
        text = a_text(said.get("content")) or a_text(said.get("refusal"))
        self._calls.add(said.get("tool_calls"))
        if thought or text or said.get("tool_calls"):
            self._last = self._clock()
            self._first = self._first or self._last
        self._characters += len(thought) + len(text)
        deltas: list[Delta] = [Thinking(thought)] if thought else []
        return [*deltas, Text(text)] if text else deltas

    def _metrics(self, ended: float) -> Metrics:
        prompt = _counted(self._usage.get("prompt_tokens"))
        completion = _counted(self._usage.get("completion_tokens"))
        return Metrics(
            prompt_tokens=_tokens(self._prompt_characters) if prompt is None else prompt,
            completion_tokens=_tokens(self._characters) if completion is None else completion,
            estimated=prompt is None or completion is None,
            prefill_ms=max(0.0, (self._first or ended) - self._started) * 1000,
            decode_ms=(self._last - self._first) * 1000,
            total_ms=(ended - self._started) * 1000,
        )


def _tokens(characters: int) -> int:
    return math.ceil(characters / CHARACTERS_PER_TOKEN)


def _counted(value: Any) -> int | None:
    count = a_count(value)
    return None if count is None else min(count, MOST_TOKENS)


def _raise_error(data: dict[str, Any]) -> None:
    """What servers write instead of a chunk when they fail while the status is 200 already:
    ``{"error": {"message": …}}``, ``{"error": "…"}``, or FastAPI's ``{"detail": "…"}``."""
    if data.get("error"):
        raise error_line(data["error"])
    if "choices" not in data and (data.get("object") == "error" or data.get("detail")):
        raise error_line(data.get("detail") or data)
