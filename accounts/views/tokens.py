"""One's own API tokens."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import member
from accounts.actions import create_token, revoke_token
from accounts.forms import TokenForm
from accounts.models import ApiToken
from accounts.views.binding import add_errors, status_of
from common.http.htmx import redirect


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    tokens = ApiToken.objects.visible_to(member(request))
    return render(request, "accounts/token_list.html", {"tokens": tokens})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """The answer to the POST is the page with the token's text: it is nowhere else."""
    form = TokenForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            token, text = create_token(
                actor=member(request),
                name=form.cleaned_data["name"],
                scopes=form.scopes,
                expires_at=form.expires_at,
            )
        except ValidationError as error:
            add_errors(form, error)
        else:
            context = {"token": token, "text": text}
            return render(request, "accounts/token_created.html", context, status=201)
    return render(request, "accounts/token_create.html", {"form": form}, status=status_of(form))


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.visible_to(member(request)), pk=pk)
    revoke_token(actor=member(request), token=token)
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect(request, reverse("accounts:token-list"))
