"""Which kinds of jobs there are, and what runs them. Filled by the ``tasks.py`` of the apps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from common.jobs.models import Job

Handler = Callable[..., Any]
Compensation = Callable[["Job", dict[str, Any]], None]
Retry = Literal["always", "never"]
Lane = Literal["work", "transfer"]
LANES: tuple[Lane, ...] = ("work", "transfer")
_H = TypeVar("_H", bound=Handler)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job.

    ``retry`` says what happens when the process dies in mid-job: ``"always"`` takes the job up
    again (finished steps are not repeated), ``"never"`` fails it. ``on_failure(job, error)`` runs
    inside the transaction that sets the final status ``failed`` or ``cancelled``, in whichever
    process that happens: keep it short and within the database.

    ``lane`` keeps what mostly waits apart from what works: a ``"transfer"`` may take hours over the
    network, and has threads of its own (``JOB_TRANSFERS``). It holds no database connection while
    it waits: outside a transaction ``ctx.progress()`` and ``ctx.check()`` give it back.
    """

    name: str
    handler: Handler
    title: str
    max_attempts: int
    on_failure: Compensation | None = None
    lane: Lane = "work"


_kinds: dict[str, Kind] = {}


def register(
    name: str,
    handler: Handler,
    *,
    title: str,
    retry: Retry = "always",
    max_attempts: int = 3,
    on_failure: Compensation | None = None,
    lane: Lane = "work",
) -> None:
    attempts = max_attempts if retry == "always" else 1
    kind = Kind(name, handler, title, attempts, on_failure, lane)
    known = _kinds.get(name)
    if known and (known.handler.__module__, known.handler.__qualname__) != (
        handler.__module__,
        handler.__qualname__,
    ):
        raise ValueError(f"The job kind {name!r} is registered twice.")
    _kinds[name] = kind


def job(
    name: str,
    *,
    title: str,
    retry: Retry = "always",
    max_attempts: int = 3,
    on_failure: Compensation | None = None,
    lane: Lane = "work",
) -> Callable[[_H], _H]:
    """Register the decorated function, called as ``handler(ctx, **payload)``."""

    def decorate(handler: _H) -> _H:
        register(
            name,
            handler,
            title=title,
            retry=retry,
            max_attempts=max_attempts,
            on_failure=on_failure,
            lane=lane,
        )
        return handler

    return decorate


def find(name: str) -> Kind | None:
    return _kinds.get(name)


def get(name: str) -> Kind:
    if kind := _kinds.get(name):
        return kind
    raise LookupError(f"No job kind is called {name!r}.")


def lane_of(name: str) -> Lane:
    """Kinds nobody knows belong to the work lane, where they fail with a sentence."""
    kind = _kinds.get(name)
    return kind.lane if kind else "work"


def transfers() -> list[str]:
    """The kinds of the transfer lane."""
    return [kind.name for kind in list(_kinds.values()) if kind.lane == "transfer"]
