"""Our requests in the words of OpenAI's API.

Not sent, because only Ollama's own API knows them: ``num_ctx``, ``top_k``, ``repeat_penalty`` and
``keep_alive``. Nor are earlier thoughts, for which servers have no common name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from llm.providers.base import ChatMessage, ChatRequest
from llm.providers.errors import RequestRefused, Unsupported
from llm.providers.options import GenerationOptions, Think

Body = dict[str, Any]

_NO_PATH = re.compile(r"^(\s*[a-zA-Z]+://[^/?#]*)/*\s*$")
_IMAGE_TYPES = {"iVBOR": "png", "/9j/": "jpeg", "R0lGO": "gif", "UklGR": "webp"}
_EFFORTS: dict[Think, str] = {
    False: "none",
    True: "medium",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "max": "high",
}


def api_root(base_url: str) -> str:
    """Where the API is: an address without a path gets ``/v1``, one with a path is kept."""
    bare = _NO_PATH.match(base_url)
    return f"{bare[1].strip()}/v1" if bare else base_url.strip()


def chat_body(request: ChatRequest, *, stream: bool) -> Body:
    body: Body = {
        "model": request.model,
        "messages": [_message(message) for message in request.messages],
        "stream": stream,
        **_options(request.options),
    }
    if stream:
        body["stream_options"] = {"include_usage": True}
    if request.format is not None:
        body["response_format"] = _response_format(request.format)
    if request.tools:
        body["tools"] = list(request.tools)
    return body


def softened(body: Body, refusal: RequestRefused) -> Body | None:
    """The same request without what this server does not take, if its refusal names that.

    Servers differ in what they know of a newer or older API: the name of the longest answer's
    limit, usage in streams, and "do not think" for a model that cannot think anyway.
    """
    if type(refusal) not in {RequestRefused, Unsupported}:
        return None
    words = refusal.detail
    if "max_tokens" in body and "max_completion_tokens" in words:
        rest = {key: value for key, value in body.items() if key != "max_tokens"}
        return {**rest, "max_completion_tokens": body["max_tokens"]}
    if body.get("reasoning_effort") == "none" and re.search(r"reasoning|think", words):
        return {key: value for key, value in body.items() if key != "reasoning_effort"}
    if "stream_options" in body and "stream_options" in words:
        return {key: value for key, value in body.items() if key != "stream_options"}
    return None


def _options(options: GenerationOptions) -> Body:
    body: Body = {
        "temperature": options.temperature,
        "top_p": options.top_p,
        "seed": options.seed,
        "max_tokens": options.num_predict,
        "stop": list(options.stop) if options.stop else None,
        "reasoning_effort": None if options.think is None else _EFFORTS[options.think],
    }
    return {key: value for key, value in body.items() if value is not None}


def _response_format(wanted: Literal["json"] | dict[str, Any]) -> Body:
    if wanted == "json":
        return {"type": "json_object"}
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", str(wanted.get("title", "")))[:64].strip("_")
    schema = {"name": name or "answer", "schema": wanted, "strict": _is_strict(wanted)}
    return {"type": "json_schema", "json_schema": schema}


def _is_strict(schema: Mapping[str, Any]) -> bool:
    """OpenAI refuses ``strict`` for a schema that leaves anything open or optional."""
    named, required = set(schema.get("properties", ())), set(schema.get("required", ()))
    return schema.get("additionalProperties") is False and named == required


def _message(message: ChatMessage) -> Body:
    body: Body = {"role": message.role, "content": _content(message)}
    if message.role == "tool":
        body["tool_call_id"] = message.tool_call_id or _call_id(message.tool_name)
    if message.tool_calls:
        body["tool_calls"] = [
            {
                "id": call.id or _call_id(call.name),
                "type": "function",
                "function": {
                    "name": call.name,
                    "arguments": json.dumps(call.arguments, ensure_ascii=False),
                },
            }
            for call in message.tool_calls
        ]
    return body


def _content(message: ChatMessage) -> str | list[Body] | None:
    if message.images:
        images = [{"type": "image_url", "image_url": {"url": _data(i)}} for i in message.images]
        return [{"type": "text", "text": message.content}, *images] if message.content else images
    return None if message.tool_calls and not message.content else message.content


def _data(image: str) -> str:
    found = (kind for start, kind in _IMAGE_TYPES.items() if image.startswith(start))
    return f"data:image/{next(found, 'jpeg')};base64,{image}"


def _call_id(name: str) -> str:
    """For calls that came without an id: the call and what it gave must name the same one."""
    return f"call_{name}"
