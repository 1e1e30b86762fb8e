"""Whatever stops one attempt, as one kind of failure that says what may follow it."""

from __future__ import annotations

from django.utils.translation import gettext as _

from llm.orchestration.breaker import BreakerOpen
from llm.orchestration.queue import QueueFull, QueueTimeout
from llm.providers.errors import AnswerTooLong, PromptTooLong, ProviderError, TooSlow
from llm.providers.structured import InvalidAnswer


class AttemptFailed(Exception):
    """``repeatable``: the same model may answer in a moment. ``elsewhere``: another one may.
    ``tried``: it came as far as the server."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        repeatable: bool = False,
        elsewhere: bool = True,
        retryable: bool | None = None,
        tried: bool = True,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.repeatable = repeatable
        self.elsewhere = elsewhere
        self.retryable = repeatable if retryable is None else retryable
        self.tried = tried


EXPECTED = (ProviderError, BreakerOpen, QueueFull, QueueTimeout, InvalidAnswer, AttemptFailed)


def failed(error: Exception) -> AttemptFailed:
    """For any of ``EXPECTED``."""
    match error:
        case AttemptFailed():
            return error
        case ProviderError():
            elsewhere = not isinstance(error, AnswerTooLong | PromptTooLong)
            return AttemptFailed(
                error.code, error.message, repeatable=error.retryable, elsewhere=elsewhere
            )
        case BreakerOpen():
            message = f"{error} {error.reason}".strip()
            return AttemptFailed("MODEL_UNREACHABLE", message, retryable=True, tried=False)
        case QueueFull() | QueueTimeout():
            own = isinstance(error, QueueFull) and error.own
            return AttemptFailed(
                "MODEL_BUSY", str(error), elsewhere=not own, retryable=True, tried=False
            )
        case _:
            message = _("The model's answer does not have the form that was asked for.")
            return AttemptFailed("MODEL_FAILED", message, retryable=True)


def cut_short() -> AttemptFailed:
    """A structured answer that its length limit cut may parse and still be wrong (facts 3.17)."""
    message = _("The model's answer is longer than it may be, so it was cut.")
    return AttemptFailed("MODEL_CUT", message, retryable=True)


def said_nothing() -> AttemptFailed:
    message = _("The model answered with nothing.")
    return AttemptFailed("MODEL_FAILED", message, repeatable=True)


def thought_too_long() -> AttemptFailed:
    message = _("The model reached the length limit of its answer before it said anything.")
    return AttemptFailed("MODEL_CUT", message, retryable=True)


def not_ready() -> AttemptFailed:
    message = _("What the model is to be asked was not put together in time.")
    return AttemptFailed("MODEL_TIMEOUT", message, elsewhere=False, retryable=True, tried=False)


def changed_meanwhile(provider: str) -> AttemptFailed:
    message = _("“%(name)s” was changed while this request waited.") % {"name": provider}
    return AttemptFailed("MODEL_UNREACHABLE", message, retryable=True, tried=False)


def access_withdrawn() -> AttemptFailed:
    message = _("While this request waited, an Admin withdrew the model from your role.")
    return AttemptFailed("PERMISSION_DENIED", message, tried=False)


def consent_withdrawn() -> AttemptFailed:
    message = _("While this request waited, an Admin forbade to send prompts to this model.")
    return AttemptFailed("EXTERNAL_REFUSED", message, tried=False)


def in_use() -> AttemptFailed:
    message = _("The model is in use, and this can wait.")
    return AttemptFailed("MODEL_BUSY", message, elsewhere=False, retryable=True, tried=False)


def never_began(seconds: float, *, counts: bool) -> TooSlow:
    message = _("The model did not begin to answer within %(n)g seconds; it may still be loading.")
    error = TooSlow(message % {"n": _shown(seconds)})
    error.counts = counts
    return error


def out_of_time(seconds: float) -> TooSlow:
    """Of a long answer: nothing about the server's health."""
    message = _("The answer was not complete within %(n)g seconds.")
    error = TooSlow(message % {"n": _shown(seconds)})
    error.counts = False
    return error


def _shown(seconds: float) -> float:
    return round(seconds, 1) if seconds < 10 else round(seconds)
