"""A raw HTTP server that plays back bytes, piece by piece: what real servers do, to the letter."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from common.http.outgoing import SERVERS
from llm.providers.base import Endpoint


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class RawServer:
    """Answers each request with the next of ``answers``, the last one for ever. After ``pieces``
    the connection closes, or stays open until the client leaves (``left`` is set then)."""

    answers: list[Sequence[bytes]]
    stays_open: bool = False
    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    def endpoint(self, path: str = "", **more: Any) -> Endpoint:
        return Endpoint(f"http://127.0.0.1:{self.port}{path}", SERVERS, **more)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append(await _request(reader))
            place = min(len(self.asked), len(self.answers)) - 1
            for piece in self.answers[place]:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if self.stays_open:
                await reader.read()
                self.left.set()
        except ConnectionError:
            self.left.set()
        finally:
            writer.close()


@asynccontextmanager
async def playing(
    *answers: Sequence[bytes] | bytes, stays_open: bool = False
) -> AsyncIterator[RawServer]:
    listed = [[answer] if isinstance(answer, bytes) else answer for answer in answers]
    server = RawServer(listed, stays_open)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    method, path, _ = first.split(" ")
    return Asked(method, path, headers, json.loads(body) if body else None)


def answered(
    body: object, status: str = "200 OK", kind: str = "application/json", headers: str = ""
) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
    return f"{head}{headers}Connection: close\r\n\r\n".encode() + content


def streamed(events: Iterable[object]) -> bytes:
    """The body of a stream: texts as they are, the rest as JSON in ``data:``."""
    return b"".join(
        event.encode()
        if isinstance(event, str)
        else b"data: " + json.dumps(event).encode() + b"\n\n"
        for event in events
    )


def in_chunks(content: bytes, size: int, *, ends: bool = True) -> list[bytes]:
    """A chunked answer in pieces of ``size`` bytes; without its end it is a broken connection."""
    parts = [content[n : n + size] for n in range(0, len(content), size)]
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in parts]
    return [head, *chunks, b"0\r\n\r\n"] if ends else [head, *chunks]


def chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    """One chunk as the API's reference has it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        "usage": None,
    }


def usage(prompt: int, completion: int) -> dict[str, Any]:
    counts = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [], "usage": counts}


DONE = "data: [DONE]\n\n"
