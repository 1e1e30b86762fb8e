"""The trash, and the way there and back: the same for all kinds of items."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import member
from accounts.permissions import require
from catalog import queries
from catalog.actions import trash as actions
from catalog.impact import Impact, impact_of
from catalog.loaders import MODELS, access_item, access_trashed
from common.http.htmx import redirect
from common.http.problems import Problem


@require_safe
def trash(request: HttpRequest) -> HttpResponse:
    user = member(request)
    require(user, "catalog.delete_report")
    kinds = {model: kind for kind, model in MODELS.items()}
    rows = [
        (kinds[type(item)], item, user.has_perm(f"catalog.delete_{item._meta.model_name}", item))
        for item in queries.trashed(user)
    ]
    return render(request, "catalog/trash.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
def item_trash(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Ask with the impact in view (in the dialog or as a page), then move to the trash."""
    item = access_item(request, kind, pk, "delete")
    if request.method == "POST":
        actions.trash_item(actor=member(request), item=item)
        messages.success(
            request,
            _("“%s” was moved to the trash.") % item.name,
            extra_tags=f"undo:{reverse('catalog:item-restore', args=[kind, pk])}",
        )
        return redirect(request, reverse(f"catalog:{kind}-list"))
    context = {
        "item": item,
        "kind": kind,
        "impact": _impact_lines(impact_of(item, reader=member(request))),
        "cancel_url": reverse(f"catalog:{kind}-detail", args=[pk]),
    }
    return render(request, "catalog/item_trash.html", context)


@require_POST
def item_restore(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    item = access_trashed(request, kind, pk)
    try:
        item = actions.restore_item(actor=member(request), item=item)
    except Problem as problem:
        messages.error(request, problem.detail)
        return redirect(request, reverse("catalog:trash"))
    messages.success(request, _("“%s” is back.") % item.name)
    return redirect(request, reverse(f"catalog:{kind}-detail", args=[pk]))


@require_http_methods(["GET", "POST"])
def item_purge(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Delete for good: the person types the name."""
    item = access_trashed(request, kind, pk)
    error = ""
    if request.method == "POST":
        try:
            typed = request.POST.get("name", "")
            actions.purge_item(actor=member(request), item=item, typed_name=typed)
            messages.success(request, _("“%s” was deleted for good.") % item.name)
            return redirect(request, reverse("catalog:trash"))
        except Problem as problem:
            error = problem.detail
    context = {"item": item, "kind": kind, "error": error}
    return render(request, "catalog/item_purge.html", context, status=422 if error else 200)


def _impact_lines(impact: Impact) -> list[str]:
    effects = {"trashed": _("goes to the trash too"), "loses a widget": _("loses a widget")}
    lines = [
        _("%(type)s “%(name)s” %(effect)s")
        % {"type": capfirst(each.type), "name": each.name, "effect": effects[each.effect]}
        for each in impact.dependents
    ]
    if impact.more:
        lines.append(_("and %(n)s more") % {"n": impact.more})
    if impact.hidden:
        words = ngettext(
            "and %(n)s item that you may not see",
            "and %(n)s items that you may not see",
            impact.hidden,
        )
        lines.append(words % {"n": impact.hidden})
    return lines
