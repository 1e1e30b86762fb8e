"""What may go wrong between us and a model, as sentences for people with codes for programs.

``retryable``: the same request may succeed in a moment. ``counts``: it says something about the
server's health, so the circuit breaker counts it; client errors and cancellations do not.
"""

from __future__ import annotations

from typing import Any


class ProviderError(Exception):
    """Base. ``message`` is a sentence for people, without addresses' secrets; ``code`` is one of
    ``common.http.codes``; ``detail`` holds the server's own words (data, shortened) for admins."""

    code = "MODEL_FAILED"
    retryable = False
    counts = True

    def __init__(self, message: str, *, detail: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail[:500]
        self.status = status

    def to_data(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, "retryable": self.retryable}


class Unreachable(ProviderError):
    """No connection: refused, unknown host, connect timeout, TLS failure."""

    code = "MODEL_UNREACHABLE"
    retryable = True


class AddressRefused(ProviderError):
    """The address is not one we may connect to (SSRF policy), or it redirects."""

    code = "ADDRESS_REFUSED"
    counts = False


class NotUnderstood(ProviderError):
    """It answers, but not as such a server does: HTML, other JSON, a line without end."""

    code = "MODEL_FAILED"


class ServerFailed(ProviderError):
    """5xx, or an error line in mid-stream."""

    code = "MODEL_FAILED"
    retryable = True


class ServerBusy(ProviderError):
    """503 or 429 of the model server: its own queue is full."""

    code = "MODEL_BUSY"
    retryable = True


class StreamCut(ProviderError):
    """The stream ended without its terminal event; what came before is kept by the caller."""

    code = "MODEL_CUT"
    retryable = True


class TooSlow(ProviderError):
    """A budget ran out: connecting, the first token, or the whole answer."""

    code = "MODEL_TIMEOUT"
    retryable = True


class AnswerTooLong(ProviderError):
    """More text than any answer may have: a model that never stops."""

    code = "MODEL_ENDLESS"
    counts = False


class RequestRefused(ProviderError):
    """4xx: the request is wrong for this server or model; repeating it changes nothing."""

    code = "MODEL_REFUSED"
    counts = False


class ModelMissing(RequestRefused):
    code = "MODEL_MISSING"


class Unsupported(RequestRefused):
    """The model or server cannot do that (thinking, tools, pulling …)."""

    code = "MODEL_UNSUPPORTED"


class PromptTooLong(RequestRefused):
    code = "PROMPT_TOO_LONG"


class NotAuthorized(RequestRefused):
    """401 or 403: a missing or wrong key, a host the server does not answer to."""

    code = "MODEL_UNAUTHORIZED"
