"""Gates in front of views: the role must hold the permission, in an organisation."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.models import Organization, User
from accounts.permissions import require

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def requires(permission: str) -> Callable[[View[P]], View[P]]:
    """The view answers 403 to a member whose role lacks ``permission``, and to operators."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            require(member(request), permission)
            return view(request, *args, **kwargs)

        return cast(View[P], guarded)

    return decorate


def member(request: HttpRequest) -> User:
    """The logged-in user of a request (the middleware has asked for the login)."""
    return cast(User, request.user)


def organization_of(user: User) -> Organization:
    if user.organization is None:
        raise PermissionDenied(
            _("Operators belong to no organization. Use the admin pages instead.")
        )
    return user.organization
