"""Playing an answer onto the wire, with whatever the script does to it on the way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from llm.standin.parameters import Refusal
from llm.standin.script import Behaviour
from llm.standin.wire import Exchange

Chunk = dict[str, Any]
JSON = "application/json; charset=utf-8"
NDJSON = "application/x-ndjson"
PLAIN = "text/plain; charset=utf-8"
# As Go's encoder does it.
ESCAPES = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stream:
    """``encode`` makes the pieces to write from a chunk; an error comes as {"error": …}."""

    chunks: AsyncGenerator[Chunk, None]
    encode: Callable[[Chunk], list[bytes]]
    content_type: str = NDJSON


@dataclass(frozen=True, slots=True)
class Whole:
    """The chunks of an answer, joined into one JSON object."""

    chunks: AsyncGenerator[Chunk, None]
    join: Callable[[list[Chunk]], Chunk]


Result = Reply | Stream | Whole


def encoded(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.translate(ESCAPES).encode("utf-8", "replace")


def line(chunk: Chunk) -> list[bytes]:
    return [encoded(chunk) + b"\n"]


def reply(value: Any, status: int = 200) -> Reply:
    return Reply(status, encoded(value))


class Player:
    """Writes one result. ``released`` ends a hold; ``refuse`` words an error for this path."""

    def __init__(
        self,
        exchange: Exchange,
        behaviour: Behaviour,
        released: asyncio.Event,
        refuse: Callable[[Refusal], Reply],
    ) -> None:
        self._exchange = exchange
        self._behaviour = behaviour
        self._released = released
        self._refuse = refuse

    async def play(self, result: Result) -> None:
        try:
            if isinstance(result, Stream):
                await self._stream(result)
            elif isinstance(result, Whole):
                await self._whole(result)
            else:
                await self.reply(result)
        except Refusal as refusal:
            await self.reply(self._refuse(refusal))

    async def reply(self, result: Reply) -> None:
        await self._exchange.reply(result.status, result.body, result.content_type, result.headers)

    async def lines(self, raw: tuple[bytes, ...], content_type: str) -> None:
        """Exactly these pieces, as the stream."""

        async def chunks() -> AsyncGenerator[Chunk, None]:
            for number in range(len(raw)):
                yield {"number": number}

        def piece(chunk: Chunk) -> list[bytes]:
            return line(chunk) if "error" in chunk else [raw[chunk["number"]]]

        await self._stream(Stream(chunks(), piece, content_type))

    async def _whole(self, result: Whole) -> None:
        behaviour = self._behaviour
        collected: list[Chunk] = []
        async with aclosing(result.chunks) as chunks:
            async for chunk in chunks:
                if behaviour.hold_after == len(collected):
                    await self._released.wait()
                collected.append(chunk)
        if behaviour.cut_after is not None:
            await self._exchange.cut(abrupt=True)
        elif behaviour.error_after is not None:
            raise Refusal(500, behaviour.error)
        else:
            await self.reply(reply(result.join(collected)))

    async def _stream(self, result: Stream) -> None:
        begun = False
        try:
            async with aclosing(result.chunks) as chunks:
                async for chunk in chunks:
                    for piece in result.encode(chunk):
                        if not await self._on_the_way(result, begun=begun):
                            return
                        begun = begun or await self._begin(result)
                        await self._write(piece)
                if not await self._on_the_way(result, begun=begun):
                    return
        except Refusal as refusal:
            if not begun:
                raise
            await self._error(result, refusal.error)
            return
        if not begun:
            await self._begin(result)
        await self._exchange.end()

    async def _begin(self, result: Stream) -> bool:
        await self._exchange.begin(result.content_type)
        return True

    async def _write(self, piece: bytes) -> None:
        await self._exchange.write(piece)
        self._exchange.request.chunks += 1

    async def _on_the_way(self, result: Stream, *, begun: bool) -> bool:
        """What the script does at this point; False where the answer has ended by it."""
        written = self._exchange.request.chunks
        behaviour = self._behaviour
        if behaviour.hold_after == written and not self._released.is_set():
            if begun:
                await self._exchange.flush()
            await self._released.wait()
        if behaviour.cut_after == written:
            if not begun:
                await self._begin(result)
            await self._exchange.cut(abrupt=behaviour.cut == "abrupt")
            return False
        if behaviour.error_after == written:
            if not begun:
                raise Refusal(500, behaviour.error)
            await self._error(result, behaviour.error)
            return False
        return True

    async def _error(self, result: Stream, error: str) -> None:
        """The status is long written: the error is the last line, and no ``done`` comes."""
        for piece in result.encode({"error": error}):
            await self._write(piece)
        await self._exchange.end()
