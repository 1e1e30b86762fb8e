"""Lines of one process, for callers on any thread and any event loop of it; nobody polls."""

from __future__ import annotations

import threading

from llm.orchestration.queue.line import Line, Snapshot, Standing, Ticket
from llm.orchestration.queue.places import Tell


class MemoryStore:
    def __init__(self) -> None:
        # Lines stay for what they know of a turn's length: there are as many as models.
        self._lines: dict[str, Line] = {}
        self._tells: dict[str, Tell] = {}
        self._told: dict[str, Standing] = {}
        # Reentrant: whoever is told may leave on the spot.
        self._lock = threading.RLock()

    async def join(self, ticket: Ticket, tell: Tell) -> None:
        with self._lock:
            self._line(ticket.key).join(ticket)
            self._tells[ticket.id] = tell
            self._spread(ticket.key)

    def adopt(self, ticket: Ticket, tell: Tell, *, running: bool) -> None:
        with self._lock:
            self._line(ticket.key).adopt(ticket, running=running)
            self._tells[ticket.id] = tell
            self._spread(ticket.key)

    def leave(self, ticket: Ticket, served: float | None) -> None:
        with self._lock:
            self._tells.pop(ticket.id, None)
            self._told.pop(ticket.id, None)
            self._line(ticket.key).leave(ticket.id, served)
            self._spread(ticket.key)

    async def snapshot(self, key: str) -> Snapshot:
        with self._lock:
            line = self._lines.get(key)
            return line.snapshot() if line else Snapshot(rough_wait=0.0)

    async def close(self) -> None:
        """Nothing is held open."""

    def _line(self, key: str) -> Line:
        return self._lines.setdefault(key, Line())

    def _spread(self, key: str) -> None:
        """Tell everyone whose standing changed; who cannot be told is gone, and so is its place."""
        line, gone = self._lines[key], []
        for ticket_id, standing in line.standings().items():
            if ticket_id not in self._tells or self._told.get(ticket_id) == standing:
                continue
            self._told[ticket_id] = standing
            try:
                self._tells[ticket_id](standing)
            except RuntimeError:
                gone.append(ticket_id)
        for ticket_id in gone:
            self._tells.pop(ticket_id, None)
            self._told.pop(ticket_id, None)
            line.leave(ticket_id, None)
        if gone:
            self._spread(key)
