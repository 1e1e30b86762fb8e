"""From what a server answers instead of what was asked, to one of our errors with a sentence.

Ollama's words are those of facts 3.9, with ``{"error": "…"}``; OpenAI-compatible servers write
``{"error": {"message": …, "code": …}}``. Both are read here.
"""

from __future__ import annotations

import json
import re
from typing import Any

from llm.providers.errors import (
    AddressRefused,
    ModelMissing,
    NotAuthorized,
    NotUnderstood,
    PromptTooLong,
    ProviderError,
    RequestRefused,
    ServerBusy,
    ServerFailed,
    StreamCut,
    Unsupported,
)

LONGEST_DETAIL = 500
CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)
SIGN_IN = "The model server asks for a sign-in first: run “ollama signin” on it."
KEY = "The model server does not accept the API key, or wants one."
HOST_CHECK = (
    "The model server refuses the name it was called by. An Ollama server that listens on this "
    "machine only does so for foreign names: use localhost or its IP address, or start it with "
    "OLLAMA_HOST=0.0.0.0."
)
# The first text that the server's words hold decides, whatever the status.
PHRASES: tuple[tuple[str, type[ProviderError], str], ...] = (
    ("does not support thinking", Unsupported, "This model cannot think before it answers."),
    ("does not support tools", Unsupported, "This model cannot use tools."),
    ("does not support chat", Unsupported, "This model cannot hold a conversation."),
    ("does not support embed", Unsupported, "This model cannot make embeddings."),
    ("does not support", Unsupported, "This model or server cannot do that."),
    ("prompt is longer than the context", PromptTooLong, ""),
    ("prompt is too long", PromptTooLong, ""),
    ("input length exceeds", PromptTooLong, ""),
    ("exceeds the context", PromptTooLong, ""),
    ("exceeds the available context", PromptTooLong, ""),
    ("exceed_context_size", PromptTooLong, ""),
    ("maximum context length", PromptTooLong, ""),
    ("context_length_exceeded", PromptTooLong, ""),
    ("file does not exist", ModelMissing, "There is no model of this name to download."),
    (
        "insufficient_quota",
        RequestRefused,
        "The account at the model server has no credit left.",
    ),
    ("server busy", ServerBusy, "The model server is busy: its queue is full."),
    ("more system memory", ServerFailed, "The model needs more memory than its server has."),
    ("must be of type", RequestRefused, "The model server refuses one of the options."),
)
TOO_LONG = "The conversation is longer than what the model can read at once."
MISSING = "The model server does not have this model."
MODEL_NOT_FOUND = re.compile(r"\bmodel\b.{0,300}\b(not found|does not exist)|model_not_found", re.S)


def clean(text: str, limit: int = LONGEST_DETAIL) -> str:
    """A server's own words, fit to be shown: one line, without control characters, shortened."""
    words = " ".join(CONTROL.sub(" ", text[: limit * 4]).split())
    return words if len(words) <= limit else words[: limit - 1] + "…"


def looks_like_html(content_type: str, body: str) -> bool:
    return "html" in content_type.lower() or body.lstrip()[:1] == "<"


def server_words(body: str) -> str:
    """What the server says went wrong, of either kind; its raw text when it is no JSON."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return clean(body)
    return clean(words_of(data.get("error", data) if isinstance(data, dict) else data))


def words_of(error: Any) -> str:
    """The words of an ``error`` value: a text, or an object with ``message`` and ``code``."""
    if isinstance(error, dict):
        named = [error.get(key) for key in ("message", "detail", "code", "type")]
        # FastAPI lists what is wrong; its "Not Found" says no more than the status does.
        texts = [json.dumps(part) if isinstance(part, list) else part for part in named if part]
        error = " · ".join(text for text in texts if isinstance(text, str) and text != "Not Found")
    return clean(error) if isinstance(error, str) else ""


def failure_of(status: int, content_type: str, body: str, server: str) -> ProviderError:
    """The error for an answer whose status is not 2xx. ``server`` is what we hoped for, as in
    "an Ollama server". Pages of HTML are never quoted."""
    html = looks_like_html(content_type, body)
    words = "" if html else server_words(body)
    detail = f"HTTP {status}" + (", a page of HTML" if html else f": {words}" if words else "")
    if status == 401:
        return NotAuthorized(SIGN_IN if "signin_url" in body else KEY, detail=detail, status=401)
    if status == 403:
        return _forbidden(words, html=html, detail=detail)
    if known := said(words, detail=detail, status=status):
        return known
    return _by_status(status, detail, words, html=html, server=server)


def _forbidden(words: str, *, html: bool, detail: str) -> ProviderError:
    message = "The model server refuses this request." if words or html else HOST_CHECK
    return NotAuthorized(message, detail=detail, status=403)


def said(words: str, *, detail: str = "", status: int | None = None) -> ProviderError | None:
    """The error that the server's words name, whatever the status; None for unknown words."""
    lowered = words.lower()
    for phrase, kind, message in PHRASES:
        if phrase in lowered:
            return kind(message or TOO_LONG, detail=detail or words, status=status)
    if MODEL_NOT_FOUND.search(lowered):
        return ModelMissing(MISSING, detail=detail or words, status=status)
    return None


def _by_status(status: int, detail: str, words: str, *, html: bool, server: str) -> ProviderError:
    kind, message = _of_status(status)
    if status < 500 and status != 429 and (html or (status in (404, 405) and not words)):
        kind, message = NotUnderstood, f"This address answers, but not as {server} does."
    return kind(message, detail=detail, status=status)


def _of_status(status: int) -> tuple[type[ProviderError], str]:
    if status == 429:
        return ServerBusy, "The model server has had too many requests for now."
    if status == 503:
        return ServerBusy, "The model server is busy, or just starting."
    if status == 499:
        return StreamCut, "The model server gave up this request."
    if status in (404, 405, 501):
        return Unsupported, "This model server does not know this request; it may be too old."
    if status >= 500:
        return ServerFailed, f"The model server failed (HTTP {status})."
    return RequestRefused, f"The model server refuses this request (HTTP {status})."


def redirected(status: int, location: str) -> AddressRefused:
    place = clean(location.partition("?")[0].partition("#")[0].rpartition("@")[2], 100)
    message = f"The model server redirects to {place or 'another address'}; "
    return AddressRefused(message + "redirects are not followed.", status=status)


def error_line(error: Any) -> ProviderError:
    """The error for an ``error`` value in mid-stream, where the status says 200."""
    words = words_of(error)
    if known := said(words, status=200):
        return known
    message = (
        f"The model server failed: {clean(words, 200)}" if words else "The model server failed."
    )
    return ServerFailed(message, detail=words, status=200)
