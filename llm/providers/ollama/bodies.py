"""What is sent to an Ollama server."""

from __future__ import annotations

import re
from typing import Any

from llm.providers.base import ChatMessage, ChatRequest, KeepAlive, ToolCall
from llm.providers.errors import RequestRefused
from llm.providers.options import GenerationOptions

LONGEST_KEEP_ALIVE = 10**8
DURATION = re.compile(r"-?(\d{1,9}(\.\d{1,9})?(ns|us|µs|ms|s|m|h))+")
SECONDS = re.compile(r"-?\d{1,9}")
# Said on every call alike. Without them a server drops or cuts messages in silence; a call that
# says ``shift`` differently from the one before makes it load the model anew (facts 3.4, 3.5).
NEVER_SILENT = {"truncate": False, "shift": False}


def chat_body(request: ChatRequest, *, stream: bool) -> dict[str, Any]:
    """``think`` is sent only when the options say so: a model that can think then thinks (facts
    3.6), with ``format`` too, at the price of two passes (facts 3.8). Whoever knows the model's
    capabilities sets it."""
    if not request.messages:
        # The server would take it for "load this model" and answer nothing.
        raise RequestRefused("There is nothing to answer: no message was given.")
    body: dict[str, Any] = {
        "model": request.model,
        "messages": [message_body(message) for message in request.messages],
        "stream": stream,
        "options": options_body(request.options),
        **NEVER_SILENT,
    }
    if request.options.think is not None:
        body["think"] = request.options.think
    if request.format is not None:
        body["format"] = request.format
    if request.tools:
        body["tools"] = list(request.tools)
    return body | keep_alive_body(request.keep_alive)


def load_body(name: str, keep_alive: KeepAlive | None, num_ctx: int | None) -> dict[str, Any]:
    """No messages: the model is loaded, with the window that later calls use."""
    options = options_body(GenerationOptions(num_ctx=num_ctx))
    return {
        "model": name,
        "stream": False,
        "options": options,
        **NEVER_SILENT,
    } | keep_alive_body(keep_alive)


def unload_body(name: str) -> dict[str, Any]:
    """Empty messages and no time to keep it."""
    return {"model": name, "messages": [], "keep_alive": 0, "stream": False}


def options_body(options: GenerationOptions) -> dict[str, Any]:
    """The options by their wire names; ``stop`` is a list. ``think`` is no option there."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in options.set().items()
        if name != "think"
    }


def message_body(message: ChatMessage) -> dict[str, Any]:
    body: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.thinking:
        body["thinking"] = message.thinking
    if message.images:
        body["images"] = list(message.images)
    if message.tool_calls:
        body["tool_calls"] = [tool_call_body(call) for call in message.tool_calls]
    if message.role == "tool":
        body["tool_name"] = message.tool_name
        if message.tool_call_id:
            body["tool_call_id"] = message.tool_call_id
    return body


def tool_call_body(call: ToolCall) -> dict[str, Any]:
    """``arguments`` is an object here, not a text."""
    named = {"function": {"name": call.name, "arguments": call.arguments}}
    return {"id": call.id, **named} if call.id else named


def keep_alive_body(keep_alive: KeepAlive | None) -> dict[str, Any]:
    return {} if keep_alive is None else {"keep_alive": check_keep_alive(keep_alive)}


def check_keep_alive(value: KeepAlive) -> KeepAlive:
    """Seconds as a number, or a text with units ("10m", "1h30m"). A text of digits alone would be
    refused by the server and becomes a number; ``RequestRefused`` for what is neither."""
    if isinstance(value, str):
        value = value.strip().lower().replace(" ", "")
        if DURATION.fullmatch(value):
            return value
        if not SECONDS.fullmatch(value):
            raise RequestRefused(f"“{value[:20]}” is no length of time. Write 10m, 2h or -1.")
        value = int(value)
    if abs(value) > LONGEST_KEEP_ALIVE:
        raise RequestRefused("That is too long. Write -1 to keep a model loaded for ever.")
    return int(value)
