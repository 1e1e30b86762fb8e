"""What it costs to have an answer of a model through the orchestrator instead of directly.

Runs beside the server, on its database: ``python -m reportmanager.bench.relay SECONDS``. Prints one
line of JSON. "Directly" is httpx reading the same stream and parsing each line. Both take turns in
one process, the stand-in runs in another.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import django
import httpx

from reportmanager.bench.standin import standing_in

if TYPE_CHECKING:
    from llm.orchestrator import Ask

TOKENS = 2000
PACED_TOKENS, PACED_RATE, STREAMS = 100, 50.0, 8
MODEL = "llama3.2:latest"
WARM = 2
TLS = ssl.create_default_context()
"""Made once: making it takes longer than a first token."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds of one answer: in all, to the first token, and of this process's processor."""

    total: float
    first: float
    processor: float
    tokens: int


async def measure(seconds: float) -> dict[str, float]:
    rounds = max(3, int(5 * seconds))
    with standing_in(TOKENS, 0) as url:
        ask = await _ask(url)
        direct, relayed = await _in_turns(
            rounds, lambda: _timed(_direct(url)), lambda: _timed(_relayed(ask))
        )
    with standing_in(PACED_TOKENS, PACED_RATE) as url:
        ask = await _ask(url)
        alone, through = await _in_turns(
            1,
            lambda: _together(lambda: _timed(_direct(url))),
            lambda: _together(lambda: _timed(_relayed(ask))),
        )
    return {
        "direct_us": _median(direct, "processor") / TOKENS * 1e6,
        "relay_us": _median(relayed, "processor") / TOKENS * 1e6,
        "direct_wall_us": _median(direct, "total") / TOKENS * 1e6,
        "relay_wall_us": _median(relayed, "total") / TOKENS * 1e6,
        "direct_first_ms": _median(direct, "first") * 1e3,
        "relay_first_ms": _median(relayed, "first") * 1e3,
        "paced_ratio": _median(through, "total") / _median(alone, "total"),
    }


async def _in_turns(
    rounds: int, one: Callable[[], Awaitable[Any]], other: Callable[[], Awaitable[Any]]
) -> tuple[list[Sample], list[Sample]]:
    """A busy moment slows both alike."""
    found: tuple[list[Sample], list[Sample]] = ([], [])
    for number in range(rounds + WARM):
        for samples, deed in zip(found, (one, other), strict=True):
            result = await deed()
            if number >= WARM:
                samples.extend(result if isinstance(result, list) else [result])
    return found


async def _together(deed: Callable[[], Awaitable[Sample]]) -> list[Sample]:
    return list(await asyncio.gather(*(deed() for _number in range(STREAMS))))


async def _timed(tokens: AsyncIterator[str]) -> Sample:
    begun, used = time.perf_counter(), time.process_time()
    first, count = 0.0, 0
    async for _text in tokens:
        count += 1
        first = first or time.perf_counter() - begun
    return Sample(time.perf_counter() - begun, first, time.process_time() - used, count)


async def _direct(url: str) -> AsyncIterator[str]:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Go on."}]}
    async with (
        httpx.AsyncClient(timeout=60, trust_env=False, verify=TLS) as client,
        client.stream("POST", f"{url}/api/chat", json=body) as response,
    ):
        async for line in response.aiter_lines():
            if text := json.loads(line)["message"]["content"]:
                yield text


async def _relayed(ask: Ask) -> AsyncIterator[str]:
    from llm.orchestrator import Failed, stream
    from llm.providers.base import Text

    async with aclosing(stream(ask)) as events:
        async for event in events:
            if isinstance(event, Text):
                yield event.text
            elif isinstance(event, Failed):
                raise RuntimeError(event.message)


async def _ask(url: str) -> Ask:
    """A question to the stand-in at ``url`` in the name of the demo's analyst."""
    from asgiref.sync import sync_to_async

    from accounts.models import User
    from llm.models import Provider
    from llm.orchestrator import Ask, Purpose
    from llm.providers.base import ChatMessage

    provider, _made = await Provider.objects.aupdate_or_create(
        name="Benchmark", defaults={"kind": "ollama", "base_url": url, "parallel": STREAMS}
    )
    # A new address is another server: what is known of the old one must not be taken for it.
    provider.version += 1
    await sync_to_async(provider.save)()
    user = await User.objects.select_related("organization").aget(email="analyst@demo.example")
    assert user.organization is not None  # noqa: S101  (the demo's people are in one)
    return Ask(
        purpose=Purpose.CHAT,
        organization=user.organization,
        user=user,
        messages=(ChatMessage("user", "Go on."),),
        model=MODEL,
        provider=provider.pk,
    )


def _median(samples: list[Sample], name: str) -> float:
    return float(statistics.median(getattr(sample, name) for sample in samples))


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(asyncio.run(measure(float(sys.argv[1])))) + "\n")
