"""The members page of an organisation's Admins."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import member, requires
from accounts.actions import (
    change_member,
    change_role,
    deactivate_member,
    invitation_path,
    invite_member,
    reactivate_member,
    renew_invitation,
)
from accounts.forms import InviteForm, MemberForm
from accounts.models import User
from accounts.views.binding import add_errors, status_of
from common.http.htmx import is_htmx, redirect

MANAGE = "accounts.manage_members"
PAGE = 50


@require_safe
@requires(MANAGE)
def listing(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:100]
    people = User.objects.visible_to(member(request)).prefetch_related("groups")
    people = people.filter(Q(name__icontains=query) | Q(email__icontains=query))
    page = Paginator(people.order_by("-is_active", "name", "email"), PAGE).get_page(
        request.GET.get("page")
    )
    template = "accounts/member_list.html" + ("#results" if is_htmx(request) else "")
    return render(request, template, {"page": page, "q": query})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def invite(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            user = invite_member(actor=member(request), **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
        else:
            return _invitation_page(request, user, invitation_path(user), status=201)
    return render(request, "accounts/member_create.html", {"form": form}, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    user = _load(request, pk)
    form = MemberForm(request.POST or None, initial={"name": user.name, "role": user.role})
    if form.is_bound and form.is_valid() and _save(member(request), user, form):
        messages.success(request, _("%(user)s is saved.") % {"user": user})
        return redirect(request, reverse("accounts:member-list"))
    context = {
        "form": form,
        "person": user,
        "memberships": user.memberships.select_related("project"),
    }
    return render(request, "accounts/member_update.html", context, status=status_of(form))


@require_POST
@requires(MANAGE)
def invitation(request: HttpRequest, pk: int) -> HttpResponse:
    user = _load(request, pk)
    try:
        path = renew_invitation(actor=member(request), user=user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect(request, reverse("accounts:member-update", args=[pk]))
    return _invitation_page(request, user, path, status=200)


@require_POST
@requires(MANAGE)
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    user = _load(request, pk)
    try:
        deactivate_member(actor=member(request), user=user)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("%(user)s can no longer log in.") % {"user": user})
    return redirect(request, reverse("accounts:member-update", args=[pk]))


@require_POST
@requires(MANAGE)
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    user = _load(request, pk)
    reactivate_member(actor=member(request), user=user)
    messages.success(request, _("%(user)s can log in again.") % {"user": user})
    return redirect(request, reverse("accounts:member-update", args=[pk]))


def _load(request: HttpRequest, pk: int) -> User:
    return get_object_or_404(User.objects.visible_to(member(request)), pk=pk)


def _save(actor: User, user: User, form: MemberForm) -> bool:
    try:
        with transaction.atomic():
            change_member(actor=actor, user=user, name=form.cleaned_data["name"])
            change_role(actor=actor, user=user, role=form.cleaned_data["role"])
    except ValidationError as error:
        add_errors(form, error)
        return False
    return True


def _invitation_page(request: HttpRequest, user: User, path: str, *, status: int) -> HttpResponse:
    context = {"person": user, "link": f"{settings.BASE_URL}{path}", "invited": status == 201}
    return render(request, "accounts/member_invited.html", context, status=status)
