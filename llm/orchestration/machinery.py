"""What all requests of this process share: the breaker, the queue, what is known of token counts.

Both the breaker and the queue serve any thread and any event loop.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.conf import settings

from llm.orchestration.breaker import Breaker, open_breaker
from llm.orchestration.queue import FairQueue, open_queue
from llm.prompts.tokens import Calibration


@dataclass(frozen=True)
class Machinery:
    breaker: Breaker
    queue: FairQueue
    calibration: Calibration = field(default_factory=Calibration)


_lock = threading.Lock()
_shared: Machinery | None = None


def machinery() -> Machinery:
    """Opened when it is first needed; nothing is connected before its first use."""
    global _shared
    with _lock:
        if _shared is None:
            url = settings.REDIS_URL
            _shared = Machinery(open_breaker(url), open_queue(url))
        return _shared


@contextmanager
def using(other: Machinery) -> Iterator[Machinery]:
    """Within the block all requests use ``other``: for tests and measurements."""
    global _shared
    before, _shared = _shared, other
    try:
        yield other
    finally:
        _shared = before
