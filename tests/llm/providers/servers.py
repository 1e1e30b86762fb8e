"""Tiny servers that send exactly the bytes a test wants, at the moment it wants them."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from common.http.outgoing import Policy
from llm.providers.base import ChatMessage, ChatRequest, Endpoint, Text, Thinking
from llm.providers.ollama import OllamaProvider
from llm.providers.options import GenerationOptions

LOCAL = Policy(loopback=True)
HOLD = "hold"
"""In a script: wait until the client leaves."""

Step = bytes | float | str
Script = Sequence[Step]


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class RawServer:
    """Plays a script to each connection: bytes are sent, a number waits so many seconds, ``HOLD``
    waits for the client to leave. ``by_path`` overrides it. ``deaf`` does not read first."""

    def __init__(
        self,
        *steps: Step,
        by_path: Mapping[str, Script] | None = None,
        deaf: bool = False,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self._steps, self._by_path, self._deaf, self._host = steps, by_path or {}, deaf, host
        self.seen: list[Seen] = []
        self.left = asyncio.Event()
        """The client closed its connection while the script was on HOLD."""
        self.sent = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def last(self) -> Any:
        return self.seen[-1].json

    async def __aenter__(self) -> RawServer:
        self._server = await asyncio.start_server(self._serve, self._host, 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://{self._host}:{self.port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            await self._play(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.left.set()
        except asyncio.CancelledError:
            """The test is over."""
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        steps: Script = self._steps
        if not self._deaf:
            seen = await read_request(reader)
            self.seen.append(seen)
            steps = self._by_path.get(seen.path, steps)
        for step in steps:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
                self.sent += len(step)
            elif isinstance(step, float | int):
                await asyncio.sleep(step)
            else:
                await reader.read()
                self.left.set()


async def read_request(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = first.split(" ")
    return Seen(method, path, headers, body)


def head(status: int = 200, kind: str = "application/x-ndjson", **more: str) -> bytes:
    """Headers alone; the body goes on until the connection closes."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def reply(body: Any = b"", status: int = 200, kind: str = "application/json", **more: str) -> bytes:
    """A whole answer; what is no bytes becomes JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return head(status, kind, Content_Length=str(len(data)), **more) + data


def chunked(*parts: bytes) -> bytes:
    """Pieces of a chunked body, without its end."""
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


def line(**fields: Any) -> bytes:
    return (
        json.dumps({"model": "m", "created_at": "2026-11-20T10:00:00Z"} | fields).encode() + b"\n"
    )


def said(content: str = "", **message: Any) -> bytes:
    """A chunk of a chat."""
    return line(message={"role": "assistant", "content": content} | message, done=False)


FIGURES = {
    "total_duration": 5_000_000_000,
    "load_duration": 1_000_000_000,
    "prompt_eval_count": 26,
    "prompt_eval_duration": 500_000_000,
    "eval_count": 40,
    "eval_duration": 2_000_000_000,
}


def ended(content: str = "", *, message: dict[str, Any] | None = None, **fields: Any) -> bytes:
    """The terminal chunk of a chat."""
    whole = {"role": "assistant", "content": content} | (message or {})
    return line(**({"message": whole, "done": True, "done_reason": "stop"} | FIGURES | fields))


def ollama(server: RawServer, **more: Any) -> OllamaProvider:
    return OllamaProvider(Endpoint(server.url, LOCAL, **more))


def ask(text: str = "Hello", **options: Any) -> ChatRequest:
    return ChatRequest("m", (ChatMessage("user", text),), GenerationOptions(**options))


def texts(deltas: Sequence[object]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, Text))


def thoughts(deltas: Sequence[object]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, Thinking))
