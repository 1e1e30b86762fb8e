"""What callers hold: the breaker, and the permit for one call."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Protocol

from llm.orchestration.breaker.circuit import REASON_LIMIT, Condition, Grant, Refusal, View


class Store(Protocol):
    async def enter(self, key: str, token: str) -> Grant | Refusal: ...
    async def success(self, grant: Grant) -> Grant: ...
    async def failure(self, grant: Grant, reason: str) -> None: ...
    async def release(self, grant: Grant) -> None: ...
    async def states(self, keys: Sequence[str]) -> list[View]: ...
    async def reset(self, key: str) -> None: ...
    async def close(self) -> None: ...


@dataclass(frozen=True)
class BreakerState:
    """For pages. ``retry_after`` in seconds; ``since``: when it last stopped being closed."""

    state: Condition
    failures: int
    retry_after: float
    reason: str
    since: datetime | None


class BreakerOpen(Exception):
    """No call goes there now. ``retry_after`` in seconds, ``reason`` of the last failure."""

    def __init__(self, key: str, retry_after: float, reason: str, since: datetime) -> None:
        super().__init__(
            f"Too many calls to this model failed; it is tried again in {retry_after:.0f} seconds."
        )
        self.key = key
        self.retry_after = retry_after
        self.reason = reason
        self.since = since


class Permit:
    """One call may go; say how it went. As a context manager it says so itself:

        async with await breaker.enter("ollama:llama3") as permit: …

    No exception is a success; one with a true ``counts`` (providers' errors) is a failure; any
    other one, and a cancellation, gives the permit back.

    ``success()`` may come early, at the first token of a long answer, so that others need not wait
    for the probe's end; a ``failure()`` after it still counts. What comes after a ``failure()`` or
    ``release()`` is ignored.
    """

    def __init__(self, store: Store, grant: Grant) -> None:
        self._store = store
        self._grant = grant
        self._ended = False

    @property
    def probe(self) -> bool:
        return self._grant.probe

    async def success(self) -> None:
        if not self._ended and self._grant.probe:
            self._grant = await self._store.success(self._grant)

    async def failure(self, reason: str) -> None:
        if not self._ended:
            self._ended = True
            await self._store.failure(self._grant, _clean(reason))

    async def release(self) -> None:
        if not self._ended:
            self._ended = True
            if self._grant.probe:
                await self._store.release(self._grant)

    async def __aenter__(self) -> Permit:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            await self.success()
        elif getattr(error, "counts", False):
            await self.failure(str(error))
        else:
            await self.release()


class Breaker:
    """One circuit a key ("provider:model"); see ``circuit`` for the rules."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def enter(self, key: str) -> Permit:
        """The permit for one call, or BreakerOpen at once."""
        answer = await self._store.enter(key, secrets.token_hex(8))
        if isinstance(answer, Refusal):
            since = _ago(answer.open_for)
            raise BreakerOpen(key, answer.retry_after, answer.reason, since)
        return Permit(self._store, answer)

    async def state(self, key: str) -> BreakerState:
        return (await self.states([key]))[key]

    async def states(self, keys: Sequence[str]) -> dict[str, BreakerState]:
        views = await self._store.states(keys) if keys else []
        return {key: _state(view) for key, view in zip(keys, views, strict=True)}

    async def reset(self, key: str) -> None:
        """Close it by hand; calls begun before say nothing any more."""
        await self._store.reset(key)

    async def close(self) -> None:
        await self._store.close()


def _state(view: View) -> BreakerState:
    since = None if view.state == "closed" else _ago(view.open_for)
    return BreakerState(view.state, view.failures, view.retry_after, view.reason, since)


def _clean(reason: str) -> str:
    """Servers say all sorts of things: short, and what UTF-8 can hold."""
    return reason[:REASON_LIMIT].encode("utf-8", "replace").decode()


def _ago(seconds: float) -> datetime:
    return datetime.now(UTC) - timedelta(seconds=seconds)
