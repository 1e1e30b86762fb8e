"""Failed logins are counted by account and by network address; too many close the door a while.

An attempt is charged before the password is looked at and given back when it was right, so that
parallel guesses cannot slip through. Unknown accounts are counted like known ones.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import ngettext

from common.http.problems import Problem


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, by the account's name and the caller's address."""

    scope: str
    account: str
    address: str

    def charge(self) -> None:
        """Count the try; raises ``RATE_LIMITED`` when there were too many.

        The address first: one that is shut out already cannot shut out accounts as well.
        """
        limits = settings.LOGIN_ATTEMPTS
        for kind, value in (("address", self.address), ("account", self.account)):
            if _count(self._key(kind, value)) > limits[kind]:
                raise _too_many()

    def give_back(self) -> None:
        """The password was right: the account starts afresh, the address gets this try back."""
        cache.delete(self._key("account", self.account))
        key = self._key("address", self.address)
        if cache.get(key, 0) > 0:
            cache.decr(key)

    def _key(self, kind: str, value: str) -> str:
        return f"{self.scope}:{kind}:{hashlib.sha256(value.lower().encode()).hexdigest()}"


def attempt(request: HttpRequest, account: str, *, scope: str = "login") -> Attempt:
    return Attempt(scope, account.strip(), client_address(request))


def client_address(request: HttpRequest) -> str:
    """The caller's address; behind a trusted proxy the one the proxy saw."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    if settings.SECURE_PROXY_SSL_HEADER and forwarded:
        return forwarded.rpartition(",")[2].strip()[:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


def _count(key: str) -> int:
    """One more in the window that began with the first try."""
    if cache.add(key, 1, timeout=settings.LOGIN_ATTEMPTS["minutes"] * 60):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:  # the window ended between the two calls
        cache.set(key, 1, timeout=settings.LOGIN_ATTEMPTS["minutes"] * 60)
        return 1


def _too_many() -> Problem:
    minutes = int(settings.LOGIN_ATTEMPTS["minutes"])
    text = ngettext(
        "Too many attempts. Try again in %(minutes)s minute.",
        "Too many attempts. Try again in %(minutes)s minutes.",
        minutes,
    )
    return Problem(
        "RATE_LIMITED", text % {"minutes": minutes}, headers={"Retry-After": str(minutes * 60)}
    )
