"""Can jobs run? For the probes."""

from __future__ import annotations

from django.conf import settings

from common.jobs import embedded


def state() -> str:
    """``"ok"``, or a sentence that names what is missing."""
    if embedded.state() == "stopped":
        return "The job threads of this process have stopped."
    return _redis() if settings.REDIS_URL else "ok"


def _redis() -> str:
    from redis.exceptions import RedisError

    from common.jobs import rq

    try:
        rq.ping()
    except RedisError as error:
        return f"Redis does not answer ({type(error).__name__})."
    return "ok"
