"""HTTP/1.1 on one connection: reads a request, writes an answer piece by piece, sees a client go.

Raw enough to break the rules where a script says so: chunks of any size, a connection that
breaks off, bytes that are no HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import h11

Outcome = Literal["open", "answered", "closed early", "cut"]
READ = 65536


class ClientGone(Exception):
    """The client closed the connection; nobody is there to be answered."""


@dataclass(slots=True, eq=False)
class Seen:
    """A request as it came, and what became of it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)
    json: Any = None
    outcome: Outcome = "open"
    chunks: int = 0
    """Pieces of a stream written so far."""
    dropped_messages: int = 0
    """Messages that the context had no room for: left out without a word."""

    @property
    def model(self) -> str:
        data = self.json if isinstance(self.json, dict) else {}
        name = data.get("model") or data.get("name") or ""
        return name if isinstance(name, str) else ""


class Exchange:
    """One request and its answer. ``sizes``: the stream is written in pieces of these sizes."""

    def __init__(self, line: Line, request: Seen) -> None:
        self.request = request
        self._line = line
        self._buffer = b""
        self._sizes: Any = None

    def write_in(self, sizes: tuple[int, ...]) -> None:
        self._sizes = cycle(sizes) if sizes else None
        self._next = next(self._sizes) if sizes else 0

    async def reply(
        self, status: int, body: bytes, content_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        """A whole answer with its length."""
        fields = {"Content-Length": str(len(body)), **(headers or {})}
        if body:
            fields["Content-Type"] = content_type
        self._line.head(status, fields)
        await self.write(b"" if self.request.method == "HEAD" else body)
        await self.end()

    async def begin(self, content_type: str) -> None:
        self._line.head(200, {"Content-Type": content_type, "Transfer-Encoding": "chunked"})
        await self._line.flush()

    async def write(self, data: bytes) -> None:
        if self._sizes is None:
            await self._line.data(data)
            return
        data, at = self._buffer + data, 0
        while len(data) - at >= self._next:
            piece, at = data[at : at + self._next], at + self._next
            self._next = next(self._sizes)
            await self._line.data(piece)
        self._buffer = data[at:]

    async def flush(self) -> None:
        """What waits for a full piece is written now."""
        rest, self._buffer = self._buffer, b""
        await self._line.data(rest)

    async def end(self) -> None:
        await self.flush()
        await self._line.message_end()
        self.request.outcome = "answered"

    async def cut(self, *, abrupt: bool) -> None:
        await self.flush()
        if abrupt:
            self._line.abort()
        else:
            await self._line.message_end()
        self.request.outcome = "cut"

    async def raw(self, data: bytes) -> None:
        await self._line.put(data)
        self._line.close()
        self.request.outcome = "cut"


class Line:
    """A connection with h11's bookkeeping. It is made for one client and one loop."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=READ)

    async def exchanges(self) -> AsyncIterator[Exchange]:
        """One exchange after the other, as long as the connection is kept alive."""
        while True:
            try:
                request = await self._read_request()
            except h11.RemoteProtocolError as error:
                await self._refuse(error)
                return
            if request is None:
                return
            yield Exchange(self, request)
            if not self._next_cycle():
                return

    async def _read_request(self) -> Seen | None:
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = await self._next_event()
            if isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return _seen(head, bytes(body))
            elif event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                return None

    async def _next_event(self) -> Any:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self.flush(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(await self._read())
        return event

    async def _refuse(self, error: h11.RemoteProtocolError) -> None:
        with suppress(h11.LocalProtocolError, ClientGone):
            self.head(error.error_status_hint, {"Connection": "close", "Content-Length": "0"})
            await self.message_end()

    async def _read(self) -> bytes:
        try:
            return await self._reader.read(READ)
        except OSError:
            return b""

    def _next_cycle(self) -> bool:
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True

    async def left(self) -> None:
        """Returns when the client has closed its side: to the real one, too, that means gone."""
        while data := await self._read():
            self._http.receive_data(data)

    def head(self, status: int, fields: Mapping[str, str]) -> None:
        response = h11.Response(status_code=status, headers=list(fields.items()))
        self._writer.write(self._http.send(response) or b"")

    async def data(self, data: bytes) -> None:
        if data:
            await self.flush(h11.Data(data=data))

    async def message_end(self) -> None:
        await self.flush(h11.EndOfMessage())

    async def flush(self, event: Any = None) -> None:
        await self.put((self._http.send(event) or b"") if event is not None else b"")

    async def put(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise ClientGone from error

    def abort(self) -> None:
        self._writer.transport.abort()

    def close(self) -> None:
        with suppress(OSError, RuntimeError):
            self._writer.close()


def _seen(head: h11.Request, body: bytes) -> Seen:
    target = head.target.decode("latin-1")
    headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
    path = unquote(urlsplit(target).path)
    return Seen(head.method.decode(), path, headers, body)
