"""One attempt: a place in line, the breaker's leave, the call, and what it was like.

attempt = Attempt(ask, route, messages, deadline, budget, tell)
await attempt.make()
attempt.heard, attempt.record("ok")
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from llm.metrics import CallRecord
from llm.orchestration.breaker import Permit
from llm.orchestration.budgets import Deadline
from llm.orchestration.events import Event, Loading, Queued
from llm.orchestration.failures import in_use, never_began, out_of_time
from llm.orchestration.machinery import machinery
from llm.orchestration.outlook import Route, check_again
from llm.orchestration.purposes import Budget
from llm.orchestration.records import record_of
from llm.orchestration.request import Ask
from llm.prompts.tokens import estimate_tokens, prompt_tokens
from llm.providers.base import (
    ChatMessage,
    ChatRequest,
    Delta,
    Done,
    Metrics,
    Text,
    Thinking,
    ToolCall,
    ToolCalled,
)
from llm.providers.errors import TooSlow

Tell = Callable[[Event], None]
FAIR_SHARE = 0.8
"""Of its time for a first token: what queueing and choosing may have taken of it."""
MOST_OF_ONE_USER = 8
"""Requests to one model that one person may have running and waiting."""
BURST = 256
"""Pieces of an answer that came at once, after which others have their turn on the event loop."""
LOADING_AFTER = 3.0
"""Seconds without a word after which people are told that the model is probably being loaded."""


@dataclass
class Heard:
    """What came of the model so far."""

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    tool_calls: list[ToolCall] = field(default_factory=list)
    done: Done | None = None
    first_at: float | None = None

    def add(self, delta: Text | Thinking | ToolCalled) -> None:
        match delta:
            case Text():
                self.texts.append(delta.text)
            case Thinking():
                self.thoughts.append(delta.text)
            case ToolCalled():
                self.tool_calls.append(delta.call)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def thinking(self) -> str:
        return "".join(self.thoughts)

    @property
    def anything(self) -> bool:
        return bool(self.texts or self.thoughts or self.tool_calls)

    @property
    def reason(self) -> str:
        return self.done.reason if self.done else ""


@dataclass
class Attempt:
    ask: Ask
    route: Route
    messages: tuple[ChatMessage, ...]
    deadline: Deadline
    budget: Budget
    tell: Tell
    number: int = 1
    heard: Heard = field(default_factory=Heard)
    waited_ms: float = 0.0
    value: dict[str, Any] | None = None
    """The object in a structured answer, once it was read."""
    began: float | None = None
    """When the server was called; None before that."""

    def __post_init__(self) -> None:
        self._made = time.monotonic()
        self._stood_in_line = False

    async def make(self) -> None:
        """Until the answer is complete. Raises one of ``failures.EXPECTED``."""
        route = self.route
        if self.ask.when_idle:
            await self._check_idle()
        try:
            async with machinery().queue.place(
                route.key,
                user=str(self.ask.user.pk) if self.ask.user else "",
                organization=str(self.ask.organization.pk),
                limit=route.parallel,
                waiting_limit=route.provider.waiting,
                # Who is alone may use every place there is.
                per_user_limit=max(MOST_OF_ONE_USER, route.parallel),
                wait_seconds=self.deadline.left,
                on_position=self._stand_in_line,
            ):
                self._note_wait()
                if self._stood_in_line:
                    await check_again(self.ask, route)
                async with await machinery().breaker.enter(route.key) as permit:
                    await self._listen(permit)
        finally:
            self._note_wait()

    def _stand_in_line(self, position: int, seconds: float | None) -> None:
        self._stood_in_line = True
        self.tell(Queued(position, seconds))

    async def _check_idle(self) -> None:
        line = await machinery().queue.snapshot(self.route.key)
        if line.running or line.waiting:
            raise in_use()

    async def _listen(self, permit: Permit) -> None:
        loop = asyncio.get_running_loop()
        self.began = time.monotonic()
        first_token = self.began + self.budget.first_token
        clock = loop.time() - time.monotonic()
        engine = self.route.connect(self.budget)
        heard = 0
        hint = loop.call_later(self._patience(), self.tell, Loading(self.route.model))
        try:
            async with (
                asyncio.timeout_at(clock + min(first_token, self.deadline.at)) as alarm,
                aclosing(engine.stream(self._request())) as deltas,
            ):
                async for delta in deltas:
                    heard += 1
                    if heard % BURST == 0:
                        await asyncio.sleep(0)
                    if self.heard.first_at is None:
                        hint.cancel()
                        alarm.reschedule(clock + self.deadline.at)
                        self.heard.first_at = time.monotonic()
                        # Others need not wait for the end of a long answer.
                        await permit.success()
                    self._hear(delta)
        except TimeoutError as error:
            raise self._too_slow() from error
        finally:
            hint.cancel()

    def _hear(self, delta: Delta) -> None:
        if isinstance(delta, Done):
            self.heard.done = delta
        else:
            self.heard.add(delta)
            self.tell(delta)

    def _patience(self) -> float:
        return 0.0 if self.route.known_unloaded else LOADING_AFTER

    def _request(self) -> ChatRequest:
        return ChatRequest(
            model=self.route.model,
            messages=self.messages,
            options=self.route.options,
            format=self.ask.format,
            tools=self.ask.tools,
            keep_alive=self.route.keep_alive,
        )

    def _too_slow(self) -> TooSlow:
        """A model that had its time for a first token, or nearly, and said nothing is to blame; one
        that could begin only late, or writes a long answer, is not."""
        if self.heard.first_at is not None:
            return out_of_time(self.budget.total)
        given = time.monotonic() - (self.began or self._made)
        fair = min(self.budget.first_token, self.budget.total) * FAIR_SHARE
        return never_began(given, counts=given >= fair)

    def _note_wait(self) -> None:
        if self.began is None:
            self.waited_ms = (time.monotonic() - self._made) * 1000

    @property
    def first_token_ms(self) -> float | None:
        """From the call to the model's first word."""
        if self.heard.first_at is None or self.began is None:
            return None
        return (self.heard.first_at - self.began) * 1000

    @property
    def metrics(self) -> Metrics:
        """The server's; of an answer that broke off an estimate."""
        if self.heard.done is not None:
            return self.heard.done.metrics
        return Metrics(
            prompt_tokens=prompt_tokens(self.messages, tools=self.ask.tools) if self.began else 0,
            completion_tokens=estimate_tokens(self.heard.text + self.heard.thinking),
            estimated=True,
        )

    def record(self, outcome: str, code: str = "") -> CallRecord:
        metrics, total_ms = self.metrics, (time.monotonic() - self._made) * 1000
        return replace(
            record_of(
                self.ask,
                self.route,
                outcome=outcome,
                code=code,
                attempt=self.number,
                total_ms=total_ms,
            ),
            prompt_tokens=metrics.prompt_tokens,
            completion_tokens=metrics.completion_tokens,
            estimated=metrics.estimated,
            waited_ms=self.waited_ms,
            queue_ms=metrics.queue_ms,
            load_ms=metrics.load_ms,
            prefill_ms=metrics.prefill_ms,
            decode_ms=metrics.decode_ms,
            first_token_ms=self.first_token_ms,
            tokens_per_second=metrics.tokens_per_second,
        )
