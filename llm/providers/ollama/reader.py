"""From the lines of a chat to deltas. Pure: lines in, deltas out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from llm.providers.base import (
    ChatRequest,
    Delta,
    Done,
    Metrics,
    Text,
    Thinking,
    ToolCall,
    ToolCalled,
)
from llm.providers.decoding import decode_object
from llm.providers.errors import NotUnderstood, StreamCut
from llm.providers.failures import error_line
from llm.providers.ollama.answers import (
    STRANGE,
    count_of,
    object_of,
    objects_of,
    text_of,
    tokens_of,
)

SERVER = "an Ollama server"
CHARACTERS_PER_TOKEN = 4
CUT = "The model server ended its answer before it was complete."


def estimate_tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_PER_TOKEN)


class ChatReader:
    """Reads the chunks of one answer. ``done`` once the terminal chunk came: what a server sends
    before it is kept by the caller, but an answer without it is cut (facts 3.9: also when a model
    repeats itself, the stream just ends)."""

    def __init__(self, request: ChatRequest) -> None:
        self.done = False
        self._prompt = sum(len(message.content) for message in request.messages)
        self._answer = 0
        self._tools = 0
        self._started = False
        self._unread: NotUnderstood | None = None

    def read(self, line: str) -> list[Delta]:
        """The deltas of one line. The last line of a cut stream may be half a line, so one that
        cannot be read is an error only when another follows."""
        if not line.strip():
            return []
        if self._unread:
            raise self._unread
        try:
            chunk = decode_object(line, SERVER)
        except NotUnderstood as error:
            if not self._started:
                raise
            self._unread = error
            return []
        return self.read_chunk(chunk)

    def read_chunk(self, chunk: dict[str, Any]) -> list[Delta]:
        if "error" in chunk:
            raise error_line(chunk["error"])
        if not {"message", "done"} & chunk.keys():
            raise NotUnderstood(STRANGE, detail="a chunk without a message")
        self._started = True
        return list(self._deltas(chunk))

    def end(self) -> None:
        """The stream is over: ``StreamCut`` unless its terminal chunk came."""
        if not self.done:
            raise StreamCut(CUT)

    def _deltas(self, chunk: dict[str, Any]) -> Iterator[Delta]:
        """The terminal chunk may carry content too: its message is read like any other."""
        message = object_of(chunk, "message")
        if thinking := text_of(message, "thinking"):
            self._answer += len(thinking)
            yield Thinking(thinking)
        if text := text_of(message, "content"):
            self._answer += len(text)
            yield Text(text)
        for entry in objects_of(message, "tool_calls"):
            yield ToolCalled(self._tool_call(entry))
        if chunk.get("done") is True:
            self.done = True
            yield Done(self._metrics(chunk), self._reason(chunk))

    def _tool_call(self, entry: dict[str, Any]) -> ToolCall:
        function = object_of(entry, "function")
        name, arguments = text_of(function, "name"), function.get("arguments", {})
        if not name or not isinstance(arguments, dict):
            raise NotUnderstood("The model called a tool in a way that cannot be read.")
        self._tools += 1
        self._answer += len(name) + len(json.dumps(arguments))
        return ToolCall(text_of(entry, "id") or f"call_{self._tools}", name, arguments)

    def _reason(self, chunk: dict[str, Any]) -> str:
        """Ollama says "stop" after tool calls too; other servers tell them apart."""
        reason = text_of(chunk, "done_reason")
        return "tool_calls" if self._tools and reason == "stop" else reason

    def _metrics(self, chunk: dict[str, Any]) -> Metrics:
        """Nanoseconds become milliseconds. What is in none of the server's figures is waiting."""
        total, load, prefill, decode = (
            count_of(chunk, f"{name}_duration") for name in ("total", "load", "prompt_eval", "eval")
        )
        prompt, answer = tokens_of(chunk, "prompt_eval_count"), tokens_of(chunk, "eval_count")
        guess_prompt = not prompt and self._prompt > 0
        guess_answer = not answer and self._answer > 0
        return Metrics(
            prompt_tokens=estimate_tokens(self._prompt) if guess_prompt else prompt,
            completion_tokens=estimate_tokens(self._answer) if guess_answer else answer,
            estimated=guess_prompt or guess_answer,
            queue_ms=max(0, total - load - prefill - decode) / 1e6,
            load_ms=load / 1e6,
            prefill_ms=prefill / 1e6,
            decode_ms=decode / 1e6,
            total_ms=total / 1e6,
        )
