"""What is told of one journey while it lasts, and what is written down of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from common.trace import trace_id
from llm.metrics import CallRecord
from llm.orchestration.attempts import Attempt
from llm.orchestration.budgets import Deadline
from llm.orchestration.events import Answer, Chosen, Event, Noted
from llm.orchestration.failures import AttemptFailed
from llm.orchestration.outlook import Route
from llm.orchestration.records import record_of
from llm.orchestration.request import Ask, Unanswered
from llm.providers.base import Text

Tell = Callable[[Event], None]


@dataclass
class Logbook:
    """``live``: somebody reads along, so that what was said stays said. ``attempt``: the latest."""

    ask: Ask
    tell: Tell
    live: bool
    deadline: Deadline = field(default_factory=Deadline)
    notes: list[str] = field(default_factory=list)
    records: list[CallRecord] = field(default_factory=list)
    attempt: Attempt | None = None
    chosen_because: str = ""

    def note(self, text: str) -> None:
        """Once, however many models are tried."""
        if text in self.notes:
            return
        self.notes.append(text)
        self.tell(Noted(text))

    def tell_choice(self, route: Route) -> None:
        provider = route.provider
        self.tell(Chosen(provider.pk, provider.name, route.model, self.chosen_because))

    def record(self, outcome: str, route: Route | None = None, code: str = "") -> None:
        """Of what never became an attempt."""
        total_ms = self.deadline.passed_ms
        self.records.append(
            record_of(
                self.ask,
                route,
                outcome=outcome,
                code=code,
                attempt=len(self.records) + 1,
                total_ms=total_ms,
            )
        )

    def so_far(self) -> Answer:
        """What there is, complete or not."""
        base = Answer(
            chosen_because=self.chosen_because,
            notes=tuple(self.notes),
            total_ms=self.deadline.passed_ms,
            trace_id=trace_id(),
        )
        attempt = self.attempt
        if attempt is None:
            return base
        return replace(
            base,
            text=attempt.heard.text,
            thinking=attempt.heard.thinking,
            tool_calls=tuple(attempt.heard.tool_calls),
            value=attempt.value,
            reason=attempt.heard.reason,
            metrics=attempt.metrics,
            provider_id=attempt.route.provider.pk,
            provider=attempt.route.provider.name,
            model=attempt.route.model,
            waited_ms=attempt.waited_ms,
            first_token_ms=attempt.first_token_ms,
        )

    def cached(self, route: Route, kept: dict[str, Any]) -> Answer:
        """The answer that was ``kept``, told and written down."""
        self.attempt = None  # one that failed before it is no part of it
        self.record("cached", route)
        if kept["text"]:
            self.tell(Text(kept["text"]))
        return replace(
            self.so_far(),
            **kept,
            provider_id=route.provider.pk,
            provider=route.provider.name,
            model=route.model,
            path="cache",
        )

    def unanswered(self, failure: AttemptFailed) -> Unanswered:
        return Unanswered(
            failure.code,
            failure.message,
            retryable=failure.retryable,
            notes=tuple(self.notes),
            answer=self.so_far(),
        )
