"""The life of a wizard session: one table, one guard."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    INIT = "INIT"
    COLLECTING = "COLLECTING"
    PLANNING = "PLANNING"
    CONFIRMING = "CONFIRMING"
    EXECUTING = "EXECUTING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    STALE = "STALE"
    CANCELLED = "CANCELLED"
    UNDONE = "UNDONE"


class Event(StrEnum):
    ANSWER = "answer"  # an answer was stored
    BACK = "back"  # the last answer was taken back
    KNOWN = "known"  # everything needed is known
    LISTED = "listed"  # a list was shown: there is no plan
    PLANNED = "planned"  # the plan is built and can be reviewed
    MODIFY = "modify"  # back to a question, or a step removed
    EXPIRE = "expire"  # not confirmed within 30 minutes
    CHANGE = "change"  # an object of the plan changed
    RENEW = "renew"  # validated again, new fingerprint
    RETRY = "retry"  # the same after a failure
    CLAIM = "claim"  # confirmed: fingerprint and version match
    SUCCEED = "succeed"
    FAIL = "fail"
    CANCEL = "cancel"
    UNDO = "undo"  # the session that undoes this one is completed


class IllegalTransition(Exception):
    """``name`` says which, such as ``CANCELLED -> claim``."""

    def __init__(self, status: Status, event: Event) -> None:
        self.name = f"{status} -> {event}"
        super().__init__(f"A session that is {status} cannot take “{event}”.")
        self.status = status
        self.event = event


_S, _E = Status, Event
TRANSITIONS: dict[tuple[Status, Event], Status] = {
    (_S.INIT, _E.ANSWER): _S.COLLECTING,
    (_S.INIT, _E.CANCEL): _S.CANCELLED,
    (_S.COLLECTING, _E.ANSWER): _S.COLLECTING,
    (_S.COLLECTING, _E.BACK): _S.COLLECTING,
    (_S.COLLECTING, _E.MODIFY): _S.COLLECTING,
    (_S.COLLECTING, _E.KNOWN): _S.PLANNING,
    (_S.COLLECTING, _E.LISTED): _S.COMPLETED,
    (_S.COLLECTING, _E.CANCEL): _S.CANCELLED,
    (_S.PLANNING, _E.PLANNED): _S.CONFIRMING,
    (_S.PLANNING, _E.CANCEL): _S.CANCELLED,
    (_S.CONFIRMING, _E.MODIFY): _S.COLLECTING,
    (_S.CONFIRMING, _E.EXPIRE): _S.EXPIRED,
    (_S.CONFIRMING, _E.CHANGE): _S.STALE,
    (_S.CONFIRMING, _E.CLAIM): _S.EXECUTING,
    (_S.CONFIRMING, _E.CANCEL): _S.CANCELLED,
    (_S.EXPIRED, _E.RENEW): _S.CONFIRMING,
    (_S.EXPIRED, _E.MODIFY): _S.COLLECTING,
    (_S.EXPIRED, _E.CANCEL): _S.CANCELLED,
    (_S.STALE, _E.RENEW): _S.CONFIRMING,
    (_S.STALE, _E.MODIFY): _S.COLLECTING,
    (_S.STALE, _E.CANCEL): _S.CANCELLED,
    (_S.EXECUTING, _E.SUCCEED): _S.COMPLETED,
    (_S.EXECUTING, _E.FAIL): _S.FAILED,
    (_S.FAILED, _E.RETRY): _S.CONFIRMING,
    (_S.FAILED, _E.MODIFY): _S.COLLECTING,
    (_S.COMPLETED, _E.UNDO): _S.UNDONE,
}


def advance(status: Status | str, event: Event | str) -> Status:
    """The status after ``event``. Raises ``IllegalTransition``."""
    now, what = Status(status), Event(event)
    try:
        return TRANSITIONS[now, what]
    except KeyError:
        raise IllegalTransition(now, what) from None


def allowed(status: Status | str) -> frozenset[Event]:
    """What may happen now: the buttons to show."""
    now = Status(status)
    return frozenset(event for before, event in TRANSITIONS if before is now)
