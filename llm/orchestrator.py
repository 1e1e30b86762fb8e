"""The one way to a language model. It picks, queues, calls, retries, falls back and records.

    answer = await run(Ask(purpose=Purpose.TITLE, organization=…, user=…, messages=(…,)))
    async for event in stream(Ask(purpose=Purpose.CHAT, …)): …    # ends with Finished or Failed
    answer = run_now(ask)                                         # in views and jobs

Everybody may be without a model: ``run`` raises ``Unanswered`` with a sentence and a code, and
``stream`` ends with ``Failed``. Leaving a stream early, or cancelling the task, closes the
connection to the model, frees the place in line and is recorded as stopped.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import structlog
from asgiref.sync import async_to_sync

from common.http.codes import CODES
from llm.orchestration.alone import alone
from llm.orchestration.embedding import Embedded, embed, embed_now
from llm.orchestration.events import (
    Answer,
    Chosen,
    Event,
    Failed,
    Finished,
    Loading,
    Noted,
    Queued,
)
from llm.orchestration.journey import travel
from llm.orchestration.outlook import look
from llm.orchestration.purposes import Budget, Purpose
from llm.orchestration.request import Ask, Built, Target, Unanswered, next_step
from llm.orchestration.usage import settled

__all__ = [
    "Answer",
    "Ask",
    "Budget",
    "Built",
    "Chosen",
    "Embedded",
    "Event",
    "Failed",
    "Finished",
    "Loading",
    "Noted",
    "Purpose",
    "Queued",
    "Target",
    "Unanswered",
    "embed",
    "embed_now",
    "run",
    "run_now",
    "settled",
    "stream",
    "target_for",
]
log = structlog.get_logger(__name__)


async def run(ask: Ask) -> Answer:
    """The whole answer, or ``Unanswered``."""
    return await travel(ask, _nobody, live=False)


def run_now(ask: Ask) -> Answer:
    """The same for code that is not asynchronous. In a request it holds a thread, so only for
    purposes with short budgets."""
    return async_to_sync(_run_alone)(ask)


async def target_for(ask: Ask) -> Target:
    """The model that would be asked now and its window; ``Unanswered`` where there is none."""
    outlook = await look(ask)
    return outlook.route(ask, outlook.choose(ask).candidate).target


async def stream(ask: Ask) -> AsyncGenerator[Event, None]:
    """Events as they come, the last one Finished or Failed; it never raises for a model's sake.

    The call runs in a task of its own, so that it never waits for whoever reads here. What is not
    read yet is kept: at most one answer. Wrap it in ``contextlib.aclosing``.
    """
    events: asyncio.Queue[Event] = asyncio.Queue()
    task = asyncio.create_task(_travel_to(events, ask))
    try:
        while True:
            event = await events.get()
            yield event
            if isinstance(event, Finished | Failed):
                return
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _travel_to(events: asyncio.Queue[Event], ask: Ask) -> None:
    try:
        last: Event = Finished(await travel(ask, events.put_nowait, live=True))
    except Unanswered as error:
        answer = error.answer or Answer(notes=error.notes)
        last = Failed(error.code, error.message, error.retryable, error.next_step, answer)
    except asyncio.CancelledError:
        # Usually nobody reads any more; whoever does must not wait for ever.
        events.put_nowait(_failed("MODEL_CUT"))
        raise
    except Exception:
        log.exception("a request to a model failed")
        last = _failed("INTERNAL_ERROR")
    events.put_nowait(last)


def _failed(code: str) -> Failed:
    return Failed(code, str(CODES[code].message), True, next_step(code), Answer())


async def _run_alone(ask: Ask) -> Answer:
    async with alone():
        return await run(ask)


def _nobody(event: Event) -> None:
    """Nobody listens."""
