"""From a request to the chunks of an answer: loading, waiting, speaking."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from llm.standin import prompt
from llm.standin.ask import Ask
from llm.standin.play import Chunk
from llm.standin.spoken import Spoken


async def generate(ask: Ask) -> AsyncGenerator[Chunk, None]:
    """The chunks of an answer; a ``Refusal`` where it is one, at the start or in the middle."""
    if ask.model.remote:
        async with aclosing(_spoken(ask, prompt.fit(ask), time.perf_counter_ns())) as chunks:
            async for chunk in chunks:
                yield chunk
        return
    running = ask.state.running(
        ask.model,
        ask.options,
        shift=ask.shift,
        keep_alive=ask.keep_alive,
        delay=ask.behaviour.load_delay,
    )
    async with running as runner:
        granted = time.perf_counter_ns()
        if not ask.messages:
            yield ask.short("load")
            return
        fitted = prompt.fit(ask)
        async with runner.place(), aclosing(_spoken(ask, fitted, granted)) as chunks:
            async for chunk in chunks:
                yield chunk


async def _spoken(ask: Ask, fitted: prompt.Fitted, granted: int) -> AsyncGenerator[Chunk, None]:
    begun = time.perf_counter_ns()
    ask.seen.dropped_messages = fitted.dropped
    await asyncio.sleep(ask.behaviour.first_token_delay)
    first = time.perf_counter_ns()
    spoken = Spoken(ask, fitted.tokens)
    for piece in spoken.pieces():
        await _paced(ask, spoken.tokens, first)
        kind, value = piece
        yield ask.base({kind: [value] if kind == "tool_calls" else value}) | {"done": False}
    if spoken.cut or ask.behaviour.never_done:
        return
    figures = spoken.figures(granted - ask.started, first - begun, first)
    reason = ask.behaviour.done_reason or spoken.reason
    yield (
        ask.base({"content": ask.behaviour.done_text})
        | {"done": True, "done_reason": reason}
        | figures
    )


async def _paced(ask: Ask, tokens: int, first: int) -> None:
    """Waits until so many tokens are due; other requests get their turn in any case."""
    rate = ask.behaviour.rate if ask.behaviour.rate is not None else ask.state.script.rate
    due = first + tokens * 1e9 / rate if rate else 0
    await asyncio.sleep(max(0.0, (due - time.perf_counter_ns()) / 1e9))
