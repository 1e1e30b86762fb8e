"""A download while it runs: followed, told, stopped, taken up again after a lost connection.

The conversation with the server runs in a thread with an event loop of its own; the job's thread
looks at what came, four times a second. So a cancellation is seen while the server is silent, and
everything that concerns the database happens in the job's thread.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from common import clock, realtime
from common.jobs import JobCancelled, JobContext, JobFailed
from common.jobs.models import Job
from llm.actions.base import models_changed
from llm.actions.pulls import tell
from llm.connections import endpoint_of
from llm.models import ModelPull, Provider
from llm.providers.errors import (
    ProviderError,
    ServerBusy,
    StreamCut,
    TooSlow,
    Unreachable,
)
from llm.providers.meter import PullMeter
from llm.providers.ollama import OllamaProvider

log = structlog.get_logger(__name__)
LOOK_SECONDS = 0.25
WRITE_SECONDS = 0.5
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0)
PASSING = (StreamCut, Unreachable, TooSlow, ServerBusy)
SILENT_SECONDS = 60.0
"""While bytes come, a server says so several times a second."""
LINES_A_BREATH = 50
BREATH_SECONDS = 0.05
"""Servers say about twenty lines a second; one that says thousands has to wait for us."""
LONGEST = timedelta(hours=24)
"""A download that is not done by then holds a place that others wait for."""
CHECKING_SECONDS = 1800.0
"""Reading a large model over to check it may take long, and is silent."""


def run(ctx: JobContext, pull_id: str) -> None:
    """The whole job. Ends it itself, together with the row."""
    pull = ModelPull.objects.select_related("provider", "job").filter(pk=pull_id).first()
    if pull is None:
        raise JobFailed(_("The download or its provider was removed."))
    report = Report(ctx, pull)
    try:
        meter = _follow(ctx, pull, report)
    except (JobCancelled, JobFailed):
        report.write()
        raise
    with transaction.atomic():
        report.finish(meter)
        ctx.finish({"name": pull.name, "bytes": pull.completed})
        tell(pull.organization_id, pull.pk)
        models_changed(pull.provider)


def ended_badly(job: Job, reason: dict[str, Any]) -> None:
    """Failed or cancelled, in whichever process that is settled."""
    pull = ModelPull.objects.filter(job=job).first()
    if pull is not None:
        ModelPull.objects.filter(pk=pull.pk).update(bytes_per_second=None)
        tell(pull.organization_id, pull.pk)


def _follow(ctx: JobContext, pull: ModelPull, report: Report) -> PullMeter:
    """Until it is complete. After a lost connection it goes on, a few times in a row without
    anything new coming; a server that was never there is not waited for."""
    failures, furthest = 0, 0
    known = pull.completed > 0 or ctx.job.attempt > 1
    while True:
        download = Download(pull.provider, pull.name)
        try:
            error = _watch(ctx, download, report)
        finally:
            download.stop()
        if error is None:
            return download.meter
        known = known or download.began
        failures = 1 if download.meter.completed > furthest else failures + 1
        furthest = max(furthest, download.meter.completed)
        if not isinstance(error, PASSING) or not known or failures > len(PAUSES):
            log.info("a model was not downloaded", code=error.code, detail=error.detail)
            raise JobFailed(sentence_of(error), code=error.code)
        _pause(ctx, PAUSES[failures - 1], report)


def _watch(ctx: JobContext, download: Download, report: Report) -> ProviderError | None:
    """Returns when the download has ended: with its error, or None when it is complete."""
    download.start()
    while not download.ended.wait(LOOK_SECONDS):
        report.look(download.meter)
        ctx.check()
        if clock.now() - ctx.job.created_at > LONGEST:
            raise JobFailed(_("It was not complete after a day. Try again later."))
        if download.silent:
            return TooSlow(_("The model server was silent for too long."))
    report.look(download.meter)
    return download.error


def _pause(ctx: JobContext, seconds: float, report: Report) -> None:
    report.say(_("The connection was lost. It goes on in a moment."))
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ctx.check()
        time.sleep(min(LOOK_SECONDS, max(0.0, until - time.monotonic())))


def progress_json(pull: ModelPull) -> dict[str, Any]:
    """The part that changes while it runs; also the event's data."""
    return {
        "id": str(pull.pk),
        "state": pull.state,
        "status": pull.status,
        "completed": pull.completed,
        "total": pull.total,
        "rate": None if pull.bytes_per_second is None else round(pull.bytes_per_second),
        "secondsLeft": None if pull.seconds_left is None else round(pull.seconds_left),
    }


def sentence_of(error: ProviderError) -> str:
    """For people who want the model, not the server's file names."""
    words = f"{error.message} {error.detail}".lower()
    if "no space left" in words or "not enough space" in words:
        return _("The disk of the model server is full. Delete a model, then resume.")
    return error.message


class Download:
    """One attempt: a pull in a thread with its own loop, read from another thread."""

    def __init__(self, provider: Provider, name: str) -> None:
        self.meter = PullMeter()
        self.ended = threading.Event()
        self.error: ProviderError | None = None
        self.began = False
        self._engine = OllamaProvider(
            endpoint_of(provider), allowed_registries=settings.LLM_REGISTRIES
        )
        self._name = name
        self._heard = time.monotonic()
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = self._runner.get_loop()
        self._task: asyncio.Task[Any] | None = None
        self._stopped = False
        self._lines = 0
        self._thread = threading.Thread(target=self._run, name="model-pull", daemon=True)

    @property
    def silent(self) -> bool:
        checking = self.began and not self.meter.downloading
        limit = CHECKING_SECONDS if checking else SILENT_SECONDS
        return time.monotonic() - self._heard > limit

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Closes the connection, which is how the server is told; harmless when it has ended."""
        with suppress(RuntimeError):  # the loop is closed: it has ended
            self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join(timeout=5)

    def _cancel(self) -> None:
        self._stopped = True
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        try:
            with self._runner as runner:
                runner.run(self._pull())
        except asyncio.CancelledError:
            self.error = self.error or StreamCut(_("The download was stopped."))
        except ProviderError as error:
            self.error = error
        except Exception as error:
            log.exception("a download stumbled")
            self.error = ProviderError(_("The download failed on our side."), detail=repr(error))
        finally:
            self.ended.set()

    async def _pull(self) -> None:
        self._task = asyncio.current_task()
        if self._stopped:
            raise asyncio.CancelledError
        async with aclosing(self._engine.pull(self._name)) as lines:
            async for line in lines:
                self._heard = time.monotonic()
                self.meter.feed(line)
                self.began = True
                self._lines += 1
                if self._lines % LINES_A_BREATH == 0:
                    await asyncio.sleep(BREATH_SECONDS)


class Report:
    """What people see of it: the row twice a second, events four times."""

    def __init__(self, ctx: JobContext, pull: ModelPull) -> None:
        self._ctx = ctx
        self._pull = pull
        self._written = float("-inf")
        self._told: dict[str, Any] = {}
        self._saved: dict[str, Any] = {}

    def look(self, meter: PullMeter) -> None:
        pull = self._pull
        pull.status = meter.words
        if meter.total:
            # The layers are named one after the other: a resumed download knew them all before.
            pull.total = max(pull.total, meter.total)
            pull.completed = meter.completed
        pull.bytes_per_second = meter.rate
        self._tell()

    def say(self, words: str) -> None:
        """At once: what is said now may be true for long."""
        self._pull.status, self._pull.bytes_per_second = words[:200], None
        self._written = float("-inf")
        self._tell()

    def finish(self, meter: PullMeter) -> None:
        """All of it is here, whatever an earlier attempt took for the whole."""
        pull = self._pull
        pull.status, pull.bytes_per_second = "", None
        pull.completed = pull.total = meter.total or pull.total
        self.write()

    def _tell(self) -> None:
        data = progress_json(self._pull)
        if data != self._told:
            self._told = data
            realtime.publish_now(f"models:{self._pull.organization_id}", "pull-progressed", data)
        # What came last is saved too, though nothing may follow it for long.
        if data != self._saved and time.monotonic() - self._written >= WRITE_SECONDS:
            self._saved, self._written = data, time.monotonic()
            self.write()
            pull = self._pull
            self._ctx.progress(done=pull.completed, total=pull.total, note=pull.status)

    def write(self) -> None:
        names = ("status", "completed", "total", "bytes_per_second")
        values = {name: getattr(self._pull, name) for name in names}
        ModelPull.objects.filter(pk=self._pull.pk).update(**values, updated_at=clock.now())
