"""The circuit breaker's rules for one key, as a value without clock, lock or network.

closed     every call may go; the third failure within a minute opens the circuit
open       no call may go for 5 s, then 10, 20 … at most 300 s, each ±10 % so that several
           processes do not knock in step
half open  the pause is over: one call, the probe, may go and shows how it is. Its success closes
           the circuit and forgets the growth; its failure opens it for longer; a probe that never
           reports loses its turn when its lease ends

Every opening and closing begins a new generation. A call reports with the generation it began in,
so that what was decided before says nothing about what is now. ``redis.lua`` is the same in Lua.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Condition = Literal["closed", "open", "half_open"]
REASON_LIMIT = 300


@dataclass(frozen=True)
class Rules:
    """Seconds, except ``failures`` (a number) and ``jitter`` (a share of the pause)."""

    failures: int = 3
    window: float = 60.0
    first_pause: float = 5.0
    longest_pause: float = 300.0
    jitter: float = 0.1
    # Longer than the wait for a first token, after which a probe should have reported.
    probe_lease: float = 90.0

    def factor(self, chance: float) -> float:
        """``chance`` in 0…1 as what a pause is multiplied with."""
        return 1 + self.jitter * (2 * chance - 1)


@dataclass(frozen=True)
class Grant:
    """One call may go. ``local``: given by this process alone, as Redis did not answer."""

    key: str
    token: str
    generation: int
    probe: bool = False
    local: bool = False


@dataclass(frozen=True)
class Refusal:
    retry_after: float
    reason: str
    open_for: float


@dataclass(frozen=True)
class View:
    state: Condition = "closed"
    failures: int = 0
    retry_after: float = 0.0
    reason: str = ""
    open_for: float = 0.0


@dataclass
class Circuit:
    generation: int = 0
    failures: dict[str, float] = field(default_factory=dict)
    """Who failed when, while closed; by token: a report that arrives twice counts once."""
    openings: int = 0
    """How often it opened since it was last closed; 0 is closed."""
    since: float = 0.0
    retry_at: float = 0.0
    reason: str = ""
    probe: str = ""
    probe_ends: float = 0.0

    def enter(self, key: str, token: str, now: float, rules: Rules) -> Grant | Refusal:
        if not self.openings:
            return Grant(key, token, self.generation)
        if now < self.retry_at:
            return Refusal(self.retry_at - now, self.reason, now - self.since)
        if self.probe and now < self.probe_ends:
            # Nobody knows when the probe comes back, but most do so soon.
            wait = min(self.probe_ends - now, rules.first_pause)
            return Refusal(wait, self.reason, now - self.since)
        self.probe, self.probe_ends = token, now + rules.probe_lease
        return Grant(key, token, self.generation, probe=True)

    def succeed(self, grant: Grant) -> bool:
        """Whether this closed the circuit. A call that is no probe changes nothing."""
        if not self._is_probe(grant):
            return False
        self.close()
        return True

    def fail(self, grant: Grant, reason: str, now: float, rules: Rules, factor: float) -> None:
        if self._is_probe(grant):
            self._open(reason, now, rules, factor)
        elif not self.openings and grant.generation == self.generation:
            self.failures[grant.token] = now
            self.failures = self._recent(now, rules)
            self.reason = reason
            if len(self.failures) >= rules.failures:
                self._open(reason, now, rules, factor)

    def release(self, grant: Grant) -> None:
        """The call said nothing about the server: another may be the probe."""
        if self._is_probe(grant):
            self.probe = ""

    def close(self) -> None:
        self.generation += 1
        self.failures, self.openings, self.probe, self.reason = {}, 0, "", ""

    def view(self, now: float, rules: Rules) -> View:
        if not self.openings:
            count = len(self._recent(now, rules))
            return View("closed", count, reason=self.reason if count else "")
        return View(
            "open" if now < self.retry_at else "half_open",
            rules.failures + self.openings - 1,
            max(0.0, self.retry_at - now),
            self.reason,
            now - self.since,
        )

    def _is_probe(self, grant: Grant) -> bool:
        return bool(self.openings) and grant.probe and grant.token == self.probe

    def _recent(self, now: float, rules: Rules) -> dict[str, float]:
        return {token: at for token, at in self.failures.items() if at > now - rules.window}

    def _open(self, reason: str, now: float, rules: Rules, factor: float) -> None:
        if not self.openings:
            self.since = now
        pause = min(rules.first_pause * 2.0 ** min(self.openings, 30), rules.longest_pause)
        self.retry_at = now + min(pause * factor, rules.longest_pause)
        self.generation += 1
        self.openings += 1
        self.failures, self.probe, self.reason = {}, "", reason
