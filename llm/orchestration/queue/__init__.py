"""A fair line in front of each model of each provider: users take turns and see where they stand.

A model server's own queue has neither bound nor signal, so that requests wait here instead.

    queue = open_queue(settings.REDIS_URL)      # "" keeps it in this process
    async with queue.place("ollama:llama3", user="42", organization="7", on_position=tell):
        …                                       # QueueFull, QueueTimeout
    await queue.snapshot("ollama:llama3")
"""

from llm.orchestration.queue.line import QueueFull, Snapshot, Standing
from llm.orchestration.queue.memory import MemoryStore
from llm.orchestration.queue.places import FairQueue, Place, QueueTimeout
from llm.orchestration.queue.redis import RedisStore
from llm.orchestration.redis_thread import RedisThread

__all__ = [
    "FairQueue",
    "Place",
    "QueueFull",
    "QueueTimeout",
    "Snapshot",
    "Standing",
    "open_queue",
]


def open_queue(redis_url: str, *, lease: float = 15.0) -> FairQueue:
    """Shared by all processes that use this Redis; without an address, by this process.

    ``lease``: seconds after which the places of a process that died are free again.
    """
    if not redis_url:
        return FairQueue(MemoryStore())
    return FairQueue(RedisStore(RedisThread(redis_url), lease=lease))
