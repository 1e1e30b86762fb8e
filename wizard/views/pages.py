"""The wizard's home, one session, and its fragments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from common.http.codes import CODES
from common.http.htmx import is_htmx, redirect
from common.http.problems import Problem
from wizard.actions import sessions
from wizard.dialogue import replay, search
from wizard.loaders import access_session, access_wizard
from wizard.preview import picture
from wizard.queries import GROUPS, sessions_of
from wizard.replies import Said
from wizard.views import drawing
from wizard.views.showing import show, url_of
from wizard.world import World

PAGE_SIZE = 20


@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The ways to begin, and what was begun before."""
    user = access_wizard(request)
    problem, status = "", 200
    if request.method == "POST":
        said = Said(
            text=request.POST.get("text", "")[:2000],
            options=tuple(filter(None, [request.POST.get("option", "")])),
        )
        try:
            if said.empty:
                raise sessions.NoAnswer(str(CODES["VALIDATION_FAILED"].next_step))
            return redirect(request, url_of(sessions.start(actor=user, said=said)))
        except Problem as refused:
            problem, status = refused.detail, CODES[refused.code].status
    listed = _listed(request)
    if is_htmx(request) and request.method == "GET":
        return render(request, "wizard/home.html#sessions", listed)
    question = replay((), World(user)).question
    context = {
        **listed,
        "options": drawing.option_cards(question, question.options) if question else [],
        "problem": problem,
        "text": request.POST.get("text", ""),
    }
    return render(request, "wizard/home.html", context, status=status)


def _listed(request: HttpRequest) -> dict[str, Any]:
    q, status = request.GET.get("q", "").strip()[:100], request.GET.get("status", "")
    rows = sessions_of(request.user, q=q, status=status)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return {
        "page": page,
        "q": q,
        "status": status,
        "groups": [(key, words) for key, (words, _statuses) in GROUPS.items()],
        "status_words": drawing.STATUS_WORDS,
        "any_exist": bool(page.paginator.count) or bool(q or status),
    }


@require_safe
def session(request: HttpRequest, pk: UUID) -> HttpResponse:
    return show(request, access_session(request, pk))


@require_safe
def progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the page polls while something runs: its changing part (a whole page without htmx)."""
    return show(request, access_session(request, pk))


@require_safe
def options(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The items that a search finds for the open question."""
    found = access_session(request, pk)
    world = World(access_wizard(request), found.secrets)
    question = sessions.state_of(found, world).question
    if not is_htmx(request) or question is None:
        return redirect(request, url_of(found))
    q = request.GET.get("q", "").strip()[:100]
    asked = drawing.question_drawn(question, found=search(question, q, world) if q else None, q=q)
    return render(request, "wizard/_options.html", {"asked": asked, "session": found})


@require_safe
def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The chart as far as it is known."""
    found = access_session(request, pk)
    user = access_wizard(request)
    state = sessions.state_of(found, World(user, found.secrets))
    drawn = None
    if state.preview is not None:
        drawn = picture(state.preview, user=user, secrets=found.secrets, title=str(found))
    template = "wizard/_preview.html" if is_htmx(request) else "wizard/preview.html"
    return render(request, template, {"drawn": drawn, "session": found, "bare": True})
