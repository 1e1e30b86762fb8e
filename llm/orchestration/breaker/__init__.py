"""A circuit breaker for each model of each provider: a dead one is left alone for a while.

breaker = open_breaker(settings.REDIS_URL)      # "" keeps it in this process
async with await breaker.enter("ollama:llama3"):    # BreakerOpen when it is to be left alone
    …
"""

from llm.orchestration.breaker.circuit import Rules
from llm.orchestration.breaker.memory import MemoryStore
from llm.orchestration.breaker.permits import Breaker, BreakerOpen, BreakerState, Permit
from llm.orchestration.breaker.redis import RedisStore
from llm.orchestration.redis_thread import RedisThread

__all__ = ["Breaker", "BreakerOpen", "BreakerState", "Permit", "Rules", "open_breaker"]


def open_breaker(redis_url: str, rules: Rules | None = None) -> Breaker:
    """Shared by all processes that use this Redis; without an address, by this process."""
    if not redis_url:
        return Breaker(MemoryStore(rules))
    return Breaker(RedisStore(RedisThread(redis_url), rules))
