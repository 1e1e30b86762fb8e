"""Server-sent events out of text that may be cut anywhere (WHATWG HTML §9.2.6).

Only what an answer needs: the ``data`` of each event. Names, ids, retry times and comments (the
keep-alives of many servers) are read over. Bytes have become text before (``LineSplitter``).
"""

from __future__ import annotations

import re

from llm.providers.errors import NotUnderstood

LONGEST = 16 * 2**20
"""Characters one event may have; beyond, it is not an answer but a fault."""

_LINE_END = re.compile(r"\r\n|\r|\n")


class EventParser:
    """``feed`` gives the data of every event that is complete by now, ``close`` of the last one.

    A stream that ends without the empty line after its last event still gives that event: whether
    an answer is complete is told by what is in it, not by an empty line.
    """

    def __init__(self, longest: int = LONGEST) -> None:
        self._longest = longest
        self._size = 0
        self._line: list[str] = []
        self._data: list[str] = []
        self.begun = False
        """Something was fed."""
        self._after_cr = False

    def feed(self, text: str) -> list[str]:
        if not text:
            return []
        if not self.begun:
            self.begun = True
            text = text.removeprefix("\ufeff")
        if self._after_cr:
            text = text.removeprefix("\n")
        # A line feed that comes first in the next piece belongs to this line's end.
        self._after_cr = text.endswith("\r")
        first, *rest = _LINE_END.split(text)
        self._keep(first)
        events: list[str] = []
        for part in rest:
            event = self._end_line()
            if event is not None:
                events.append(event)
            self._keep(part)
        return events

    def close(self) -> list[str]:
        return self.feed("\n\n\n")

    def _keep(self, part: str) -> None:
        self._line.append(part)
        self._size += len(part)
        if self._size > self._longest:
            raise NotUnderstood("The model server sent an event without an end.")

    def _end_line(self) -> str | None:
        """Take the line that is complete; an empty one ends its event."""
        line = "".join(self._line)
        self._line.clear()
        if line:
            self._size -= len(line)
            self._field(line)
            return None
        if not self._data:
            return None
        event = "\n".join(self._data)
        self._data.clear()
        self._size = 0
        return event

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        if name != "data":
            return
        self._data.append(value.removeprefix(" "))
        self._size += len(value)
