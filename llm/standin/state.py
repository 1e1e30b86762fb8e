"""What the server remembers: models installed and loaded, the places of each, blobs half pulled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from llm.standin.models import Model, full_name
from llm.standin.parameters import FOREVER, Options, Refusal
from llm.standin.pulling import Blob
from llm.standin.script import ERRORS, Script

NEVER = timedelta(days=292 * 365)
"""How the real one shows a model that stays for ever: the longest duration it knows."""
CACHE_BYTES_PER_TOKEN = 28_672

Now = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, eq=False)
class Runner:
    """A loaded model: its places, its context, until when it stays."""

    model: Model
    options: Options
    shift: bool
    slots: asyncio.Semaphore
    expires_at: datetime
    keep_alive: float
    active: int = 0
    waiting: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def fits(self, options: Options, shift: bool) -> bool:
        return self.options.loading == options.loading and self.shift == shift

    @property
    def memory(self) -> int:
        return self.model.size + self.options.num_ctx * CACHE_BYTES_PER_TOKEN

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """One of the parallel places. Waiting for it is silent, and in none of the metrics."""
        self.waiting += 1
        try:
            await self.slots.acquire()
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self.slots.release()


class State:
    def __init__(self, script: Script, now: Now = utc_now) -> None:
        self.script = script
        self.now = now
        self.models = {model.full_name: model for model in script.models}
        self.library = {full_name(name): item for name, item in script.library.items()}
        self.blobs: dict[str, Blob] = {}
        self.runners: dict[str, Runner] = {}
        self.loads = 0
        self.reloads = 0
        self.pending = 0
        self.released = asyncio.Event()
        self._loading: dict[str, asyncio.Lock] = {}

    # What is installed ----------------------------------------------------------------

    def find(self, name: str) -> Model | None:
        wanted = full_name(name).lower()
        return next((m for key, m in self.models.items() if key.lower() == wanted), None)

    def model(self, name: str) -> Model:
        found = self.find(name)
        if found is None:
            raise Refusal(404, f"model '{name}' not found")
        return found

    # What is loaded -------------------------------------------------------------------

    def loaded(self) -> list[Runner]:
        """The longest to stay first; those whose time is over are gone."""
        for name, runner in list(self.runners.items()):
            if not runner.active and runner.expires_at <= self.now():
                del self.runners[name]
        return sorted(self.runners.values(), key=lambda r: r.expires_at, reverse=True)

    def unload(self, model: Model) -> None:
        """At once, or when the answers in progress are finished."""
        runner = self.runners.get(model.full_name)
        if runner is not None:
            self._stay(runner, 0.0)
            self.loaded()

    @asynccontextmanager
    async def running(
        self,
        model: Model,
        options: Options,
        *,
        shift: bool,
        keep_alive: float | None,
        delay: float | None,
    ) -> AsyncIterator[Runner]:
        """The runner of a model, loaded or loaded anew where it has to be."""
        stay = self.script.keep_alive if keep_alive is None else keep_alive
        runner = await self._granted(model, options, shift, delay)
        self._stay(runner, stay)
        try:
            yield runner
        finally:
            runner.active -= 1
            if not runner.active:
                runner.idle.set()
            self._stay(runner, runner.keep_alive)
            self.loaded()

    def _stay(self, runner: Runner, keep_alive: float) -> None:
        runner.keep_alive = keep_alive
        span = NEVER if keep_alive == FOREVER else timedelta(seconds=min(keep_alive, 9e9))
        runner.expires_at = self.now() + span

    async def _granted(
        self, model: Model, options: Options, shift: bool, delay: float | None
    ) -> Runner:
        self.loaded()
        runner = self.runners.get(model.full_name)
        if runner is None or not runner.fits(options, shift):
            runner = await self._load(model, options, shift, delay)
        runner.active += 1
        runner.idle.clear()
        return runner

    async def _load(
        self, model: Model, options: Options, shift: bool, delay: float | None
    ) -> Runner:
        if self.pending >= self.script.max_queue:
            raise Refusal(503, ERRORS[503])
        self.pending += 1
        try:
            async with self._loading.setdefault(model.full_name, asyncio.Lock()):
                self.loaded()
                runner = self.runners.get(model.full_name)
                if runner is not None and runner.fits(options, shift):
                    return runner
                if runner is not None:
                    await self._removed(runner)
                    self.reloads += 1
                await self._room()
                await asyncio.sleep(self.script.load_delay if delay is None else delay)
                return self._started(model, options, shift)
        finally:
            self.pending -= 1

    def _started(self, model: Model, options: Options, shift: bool) -> Runner:
        slots = asyncio.Semaphore(self.script.num_parallel)
        runner = Runner(model, options, shift, slots, self.now(), self.script.keep_alive)
        # Until the request that wanted it has it, nothing may take it for over and done.
        self._stay(runner, self.script.keep_alive)
        runner.idle.set()
        self.runners[model.full_name] = runner
        self.loads += 1
        return runner

    async def _removed(self, runner: Runner) -> None:
        """Answers in progress finish first."""
        while runner.active:
            await runner.idle.wait()
        self.runners.pop(runner.model.full_name, None)

    async def _room(self) -> None:
        while len(self.runners) >= self.script.max_loaded:
            soonest = sorted(self.runners.values(), key=lambda r: (r.active > 0, r.expires_at))[0]
            await self._removed(soonest)
