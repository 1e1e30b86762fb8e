"""The line in front of one model, as a value without clock, lock or network.

Start-time fair queueing (Goyal, Vin, Cheng 1996) with every request of the same size: how long an
answer will be is not known when it is asked for. Virtual time counts turns. The start tag of a
request is

    max(virtual time when it joined, start tag of its user's request before it + 1)

the smallest tag goes next, equal ones in the order they came, and virtual time becomes the tag of
what started last. So a user's first request stands beside everybody else's first one and his tenth
behind everybody's ninth; who comes late joins the current turn and neither waits for a backlog he
did not make nor gets turns for the time he was away; within a user it is first come, first served.
Nobody starves: while two users both have requests waiting, neither gets three turns more than the
other.

Tags are worked out when they are needed, from what is in the line: whoever leaves while waiting
gives the turn back to the rest of his requests. The line is short (its limit is some dozens), so
that this costs less than keeping an index right. ``redis.lua`` is the same in Lua.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SMOOTHING = 0.3
UNKNOWN_RETRY = 5.0
LONGEST_RETRY = 60.0


@dataclass(frozen=True)
class Ticket:
    """One request for a turn. ``flow``: who takes turns with whom, a user of an organisation."""

    id: str
    key: str
    flow: str
    limit: int
    waiting_limit: int
    per_user_limit: int


@dataclass(frozen=True)
class Standing:
    """``position`` 0 runs, 1 is next; ``wait`` in seconds, None as long as nothing is known."""

    position: int
    wait: float | None = None


@dataclass(frozen=True)
class Snapshot:
    """``rough_wait``: what a newcomer would wait for, in seconds."""

    running: int = 0
    waiting: int = 0
    limit: int = 1
    rough_wait: float | None = None


class QueueFull(Exception):
    """No place, at once. ``retry_after`` in seconds; ``own``: the user's own requests fill it."""

    def __init__(self, retry_after: float, *, own: bool = False) -> None:
        super().__init__(
            "You have too many requests waiting for this model already."
            if own
            else "Too many requests are waiting for this model."
        )
        self.retry_after = retry_after
        self.own = own


@dataclass(frozen=True)
class Waiting:
    flow: str
    joined: int  # virtual time


@dataclass
class Line:
    limit: int = 1
    virtual: int = 0
    service: float | None = None
    """Seconds a turn takes, smoothed."""
    next_tag: dict[str, int] = field(default_factory=dict)
    """By flow, one more than the tag of what it started last."""
    waiting: dict[str, Waiting] = field(default_factory=dict)
    running: dict[str, str] = field(default_factory=dict)

    def join(self, ticket: Ticket) -> None:
        """Newest limit wins. QueueFull changes nothing but the limit."""
        self.limit = ticket.limit
        self._advance()
        self._check(ticket)
        self.waiting[ticket.id] = Waiting(ticket.flow, self.virtual)
        self._advance()

    def adopt(self, ticket: Ticket, *, running: bool) -> None:
        """What was let in elsewhere is here now, whatever the limits say."""
        self.limit = ticket.limit
        if ticket.id in self.running:
            return
        if running:
            self.waiting.pop(ticket.id, None)
            self.running[ticket.id] = ticket.flow
            own = self.next_tag.get(ticket.flow, 0)
            self.next_tag[ticket.flow] = max(own, self.virtual) + 1  # it has its turn now
        elif ticket.id not in self.waiting:
            self.waiting[ticket.id] = Waiting(ticket.flow, self.virtual)
            self._advance()

    def leave(self, ticket_id: str, served: float | None) -> None:
        """``served``: seconds its turn took, if it had one. Unknown tickets have left already."""
        if self.running.pop(ticket_id, None) is not None and served is not None:
            old = served if self.service is None else self.service
            self.service = old + SMOOTHING * (served - old)
        self.waiting.pop(ticket_id, None)
        self._advance()

    def order(self) -> list[str]:
        """Ids of who waits, next one first."""
        tags = self._tags()
        return sorted(tags, key=tags.__getitem__)  # stable: equal tags stay as they came

    def standings(self) -> dict[str, Standing]:
        here = {ticket_id: Standing(0) for ticket_id in self.running}
        for position, ticket_id in enumerate(self.order(), start=1):
            here[ticket_id] = Standing(position, rough_wait(position, self.service, self.limit))
        return here

    def snapshot(self) -> Snapshot:
        running, waiting = len(self.running), len(self.waiting)
        free = running < self.limit
        wait = 0.0 if free else rough_wait(waiting + 1, self.service, self.limit)
        return Snapshot(running, waiting, self.limit, wait)

    def _check(self, ticket: Ticket) -> None:
        flows = [*self.running.values(), *(other.flow for other in self.waiting.values())]
        if flows.count(ticket.flow) >= ticket.per_user_limit:
            raise QueueFull(retry_after(self.service, self.limit), own=True)
        if len(self.running) >= self.limit and len(self.waiting) >= ticket.waiting_limit:
            raise QueueFull(retry_after(self.service, self.limit))

    def _tags(self) -> dict[str, int]:
        following = dict(self.next_tag)
        tags = {}
        for ticket_id, one in self.waiting.items():
            tags[ticket_id] = max(one.joined, following.get(one.flow, 0))
            following[one.flow] = tags[ticket_id] + 1
        return tags

    def _advance(self) -> None:
        while self.waiting and len(self.running) < self.limit:
            tags = self._tags()
            chosen = min(tags, key=tags.__getitem__)
            flow = self.waiting.pop(chosen).flow
            self.running[chosen] = flow
            self.virtual = tags[chosen]
            self.next_tag[flow] = tags[chosen] + 1
        self._forget()

    def _forget(self) -> None:
        """A flow at or behind virtual time with nothing in line is as good as new; and an idle
        line begins anew."""
        if not self.waiting and not self.running:
            self.virtual, self.next_tag = 0, {}
            return
        here = {one.flow for one in self.waiting.values()}
        self.next_tag = {
            flow: tag for flow, tag in self.next_tag.items() if tag > self.virtual or flow in here
        }


def rough_wait(position: int, service: float | None, limit: int) -> float | None:
    return None if service is None else service * position / limit


def retry_after(service: float | None, limit: int) -> float:
    """About when one place in the line becomes free."""
    if service is None:
        return UNKNOWN_RETRY
    return min(max(1.0, service / limit), LONGEST_RETRY)
