"""Who calls the API: a bearer token, or the session of a page (with CSRF)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer, SessionAuth

from accounts.models import ApiToken, User
from common.http.problems import Problem

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class TokenAuth(HttpBearer):
    """``Authorization: Bearer rm_…``; a read-only token may not change anything."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        found = ApiToken.objects.matching(token)
        if found is None:
            return None
        if request.method not in SAFE and "write" not in found.scopes:
            raise Problem("PERMISSION_DENIED", "This token may only read.")
        _note_use(found)
        request.user = found.user
        return found.user


class PageSession(SessionAuth):
    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = super().authenticate(request, key)
        return user if user is not None and user.organization_id is not None else None


def _note_use(token: ApiToken) -> None:
    """Remember the use, at most once a minute, so that reads stay reads."""
    moment = timezone.now()
    if token.last_used_at is None or (moment - token.last_used_at).total_seconds() > 60:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=moment)


AUTH = [TokenAuth(), PageSession()]
