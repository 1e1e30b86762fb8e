"""What the stand-in does: one ``Behaviour`` per answer, a ``Script`` for the whole server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from llm.standin.models import LIBRARY, MODELS, Model, Pullable

GENERATING = "generating"
"""Every request for an answer: /api/chat, /api/generate, /v1/chat/completions."""
EVERYTHING = "everything"
"""Every request at all."""
VERSION = "0.32.9+standin"
"""The figure clients compare, and the build metadata that says what it is."""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How one request is answered. The default is a plausible answer, as fast as it goes.

    Counts of chunks (``*_after``) are of what is written: lines, or events of ``/v1``.
    """

    # What is said: made up where not given.
    text: str | None = None
    tokens: tuple[str, ...] | None = None
    """The exact pieces, one line each. More than 30 the same in a row: the stream just ends."""
    thinking: str | None = None
    tool_calls: tuple[tuple[str, dict[str, Any]], ...] | None = None
    """(name, arguments) pairs; an empty tuple: never call one."""
    done_reason: str | None = None
    done_text: str = ""
    """Text that the last line, the one with ``done``, carries."""
    metrics: bool | Mapping[str, int] = True
    """False: none at all; a mapping: these instead of the measured ones."""
    long_line: int = 0
    """The first piece of text has that many bytes, in one line."""
    endless: bool = False
    """It goes on until the client leaves, whatever ``num_predict`` says."""
    never_done: bool = False
    """All of the text, then a clean end without the last line."""

    # The pace, in seconds and tokens per second.
    rate: float | None = None
    first_token_delay: float = 0.0
    load_delay: float | None = None

    # How it is written, and how it stops short.
    write_sizes: tuple[int, ...] = ()
    """The stream's bytes in pieces of these sizes, over and over, each an HTTP chunk."""
    hold_after: int | None = None
    """Wait there until ``release()``, keeping the place at the model; also where not streamed."""
    cut_after: int | None = None
    cut: Literal["clean", "abrupt"] = "clean"
    """Clean: a well-formed end. Abrupt: the connection breaks."""
    error_after: int | None = None
    error: str = "an error was encountered while running the model: unexpected EOF"

    # Something else instead of an answer.
    status: int | None = None
    body: str | bytes | dict[str, Any] = ""
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[bytes, ...] | None = None
    """Exactly these bytes as the stream."""
    raw: bytes | None = None
    """These bytes right onto the socket, which is then closed."""
    hang: bool = False
    """Accepted, read, and never answered (``release()`` lets it go on)."""

    def but(self, **changes: Any) -> Behaviour:
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Script:
    """The whole server. ``behaviours`` and ``once`` are keyed by ``GENERATING``, ``EVERYTHING``,
    a path ("/api/tags") or a model's name; see ``StandIn.script`` for what goes first."""

    default: Behaviour = field(default_factory=Behaviour)
    behaviours: Mapping[str, Behaviour] = field(default_factory=dict)
    once: tuple[Behaviour | tuple[str, Behaviour], ...] = ()
    models: tuple[Model, ...] = MODELS
    library: Mapping[str, Pullable] = field(default_factory=lambda: dict(LIBRARY))
    """What can be pulled; any other name does not exist."""
    rate: float | None = None
    """Tokens per second where a behaviour says none; None: as fast as it goes."""
    load_delay: float = 0.0
    """Seconds to load a model, where a behaviour says none."""
    pull_rate: float | None = None
    """Bytes per second where a pullable says none; None: a few steps, at once."""
    num_parallel: int = 1
    max_loaded: int = 3
    max_queue: int = 512
    default_num_ctx: int = 4096
    keep_alive: float = 300.0
    vram: int = 24 * 2**30
    """Memory of the graphics card; what does not fit runs on the processor. 0: none."""
    loopback_hosts_only: bool = False
    """As the real one does when bound to loopback: other names in ``Host`` get an empty 403."""
    signed_in: bool = True
    """False: cloud models answer 401 with a ``signin_url``."""
    version: str = VERSION


def says(text: str, **more: Any) -> Behaviour:
    return Behaviour(text=text, **more)


def pieces(*tokens: str, **more: Any) -> Behaviour:
    return Behaviour(tokens=tokens, **more)


def thinks(thinking: str, text: str = "Done thinking.", **more: Any) -> Behaviour:
    return Behaviour(thinking=thinking, text=text, **more)


def calls(name: str, /, **arguments: Any) -> Behaviour:
    return Behaviour(tool_calls=((name, arguments),), text="")


def fails(status: int, error: str = "", **more: Any) -> Behaviour:
    """A JSON error. Without words: those of the real one for that status."""
    return Behaviour(status=status, body={"error": error or ERRORS.get(status, "")}, **more)


def cut(after: int = 2, *, abrupt: bool = False, **more: Any) -> Behaviour:
    return Behaviour(cut_after=after, cut="abrupt" if abrupt else "clean", **more)


def error_line(error: str = "llama runner process has terminated", after: int = 2) -> Behaviour:
    return Behaviour(error=error, error_after=after)


def holds(after: int = 2, **more: Any) -> Behaviour:
    return Behaviour(hold_after=after, **more)


def hangs() -> Behaviour:
    return Behaviour(hang=True)


def endless(**more: Any) -> Behaviour:
    return Behaviour(endless=True, **more)


def long_line(size: int = 10_000_000) -> Behaviour:
    return Behaviour(long_line=size)


def lines(*raw: bytes, **more: Any) -> Behaviour:
    return Behaviour(lines=raw, **more)


def wrong_json() -> Behaviour:
    return lines(b'{"model":"m","message":{"role":"assistant","content":"Half', b"\n", b"}}\n")


def html(status: int = 200) -> Behaviour:
    page = "<!doctype html><title>Sign in</title><p>Please sign in to the network."
    return Behaviour(status=status, body=page, content_type="text/html; charset=utf-8")


def garbage(data: bytes = b"\x00\x01\x02 220 mail.example ESMTP\r\n") -> Behaviour:
    return Behaviour(raw=data)


def redirects(url: str, status: int = 307) -> Behaviour:
    return Behaviour(status=status, headers={"Location": url}, content_type="text/html")


ERRORS = {
    400: "invalid request",
    401: "unauthorized",
    403: "access denied",
    404: "not found",
    429: "too many requests",
    500: "llama runner process has terminated: signal: killed",
    502: "bad gateway",
    503: "server busy, please try again.  maximum pending requests exceeded",
}
