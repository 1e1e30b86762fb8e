"""A request for a chat completion in the words of /api/chat."""

from __future__ import annotations

import json
from typing import Any

from llm.standin.parameters import Refusal
from llm.standin.play import Chunk

EFFORTS = ("high", "medium", "low", "none", "max")


def translated(body: Chunk) -> Chunk:
    """The same request for /api/chat. What has no place there (num_ctx, keep_alive) is ignored."""
    options = {
        key: body[key]
        for key in ("seed", "temperature", "top_p", "frequency_penalty", "presence_penalty")
        if body.get(key) is not None
    }
    if body.get("max_tokens") is not None:
        options["num_predict"] = body["max_tokens"]
    if body.get("stop") is not None:
        options["stop"] = [body["stop"]] if isinstance(body["stop"], str) else body["stop"]
    return {
        "model": body.get("model"),
        "messages": [part for message in body["messages"] for part in _messages(message)],
        "options": {"temperature": 1.0, "top_p": 1.0} | options,
        "format": _format(body.get("response_format") or {}),
        "think": _think(body),
        "tools": body.get("tools"),
    }


def _messages(message: Any) -> list[Chunk]:
    if not isinstance(message, dict):
        raise Refusal(400, "invalid message format")
    calls = [_call(call) for call in message.get("tool_calls") or ()]
    base = {"role": message.get("role"), "thinking": message.get("reasoning")}
    base["tool_name"] = message.get("name")
    content = message.get("content")
    if isinstance(content, str) or (content is None and calls):
        return [base | {"content": content or "", "tool_calls": calls}]
    if not isinstance(content, list):
        raise Refusal(400, f"invalid message content type: {type(content).__name__}")
    return [base | _part(part) for part in content]


def _call(call: Any) -> Chunk:
    try:
        function = call["function"]
        arguments = json.loads(function["arguments"])
    except (TypeError, KeyError, ValueError) as error:
        raise Refusal(400, "invalid tool call arguments") from error
    return {"function": {"name": function.get("name"), "arguments": arguments}}


def _part(part: Any) -> Chunk:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text":
        return {"content": str(part.get("text"))}
    if kind != "image_url":
        raise Refusal(400, "invalid message format")
    url = part["image_url"]
    url = url.get("url") if isinstance(url, dict) else url
    head, _, data = str(url).partition(";base64,")
    if head not in ("data:", *(f"data:image/{kind}" for kind in ("jpeg", "jpg", "png", "webp"))):
        raise Refusal(400, "invalid image input")
    return {"images": [data]}


def _format(given: Chunk) -> Any:
    if given.get("type") == "json_object":
        return "json"
    return (given.get("json_schema") or {}).get("schema")


def _think(body: Chunk) -> Any:
    effort = (body.get("reasoning") or {}).get("effort") or body.get("reasoning_effort")
    if not effort:
        return None
    if effort not in EFFORTS:
        allowed = '"high", "medium", "low", "max", or "none"'
        raise Refusal(400, f"invalid reasoning value: '{effort}' (must be {allowed})")
    return False if effort == "none" else effort
