"""How long one request may take, over everything that is done for it."""

from __future__ import annotations

import time

from django.conf import settings

from llm.models.settings import Advanced
from llm.orchestration.purposes import Budget, Purpose


def budget_for(purpose: Purpose, advanced: Advanced) -> Budget:
    """What the organisation says, else the installation."""
    total = advanced.budgets.get(purpose) or settings.LLM_BUDGETS[purpose]
    return Budget(
        total=total,
        first_token=min(settings.LLM_FIRST_TOKEN_SECONDS, total),
        connect=settings.LLM_CONNECT_SECONDS,
    )


class Deadline:
    """Counts from when it is made, on the clock of event loops."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.at = float("inf")

    def set(self, budget: Budget) -> None:
        self.at = self.started + budget.total

    @property
    def left(self) -> float:
        """Seconds, at least 0."""
        return max(0.0, self.at - time.monotonic())

    @property
    def passed_ms(self) -> float:
        return (time.monotonic() - self.started) * 1000
