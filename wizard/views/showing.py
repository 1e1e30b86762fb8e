"""The session's page, and the part of it that htmx swaps: both from one context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import member
from accounts.models import User
from common.http.codes import CODES
from common.http.htmx import is_htmx, redirect
from common.http.problems import Problem
from wizard.actions.sessions import NoAnswer, answers_of, state_of
from wizard.dialogue import Event, Question, State, Status, allowed, search
from wizard.loaders import access_session
from wizard.models import WizardMessage, WizardSession
from wizard.preview import key_of
from wizard.queries import sessions_of
from wizard.views import drawing, review
from wizard.world import World

SIDE_SESSIONS = 6
BUSY = (Status.PLANNING, Status.EXECUTING)
REVIEWED = (Status.CONFIRMING, Status.EXPIRED, Status.STALE)
ENDED = (Status.COMPLETED, Status.FAILED, Status.UNDONE)
Deed = Callable[[User, WizardSession, int], WizardSession | None]


def show(
    request: HttpRequest, session: WizardSession, *, status: int = 200, **more: Any
) -> HttpResponse:
    """The whole page, or its changing part. htmx swaps no 409 here, so it is told 422."""
    template = "wizard/session.html"
    if is_htmx(request):
        template = "wizard/session_part.html"
        status = 422 if status in (409, 429) else status
    response = render(request, template, context(request, session, **more), status=status)
    response["Cache-Control"] = "no-store"
    return response


def moved(request: HttpRequest, session: WizardSession, shown: WizardSession) -> HttpResponse:
    """After a message: htmx gets the fresh part, a browser is sent to the page."""
    if is_htmx(request) and session.pk == shown.pk:
        return show(request, session)
    return redirect(request, url_of(session))


def take(
    request: HttpRequest,
    pk: UUID,
    deed: Deed,
    *,
    entered: Mapping[str, Any] | None = None,
    reload: bool = False,
) -> HttpResponse:
    """Do ``deed`` on the session as it was seen. What speaks against it is said on its page.
    ``reload``: the sender is no htmx and wants to be sent to the page."""
    session = access_session(request, pk)
    try:
        after = deed(member(request), session, _version(request))
    except NoAnswer as problem:
        return show(request, session, status=422, problem=problem.detail, entered=entered)
    except Problem as problem:
        code = CODES[problem.code]
        fresh = access_session(request, pk)
        notice = problem.detail or str(code.message)
        response = show(request, fresh, status=code.status, notice=notice)
        for name, value in problem.headers.items():
            response[name] = value
        return response
    if after is None:
        return redirect(request, reverse("wizard:home"))
    return redirect(request, url_of(after)) if reload else moved(request, after, session)


def context(
    request: HttpRequest,
    session: WizardSession,
    *,
    notice: str = "",
    problem: str = "",
    entered: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    user = member(request)
    events = allowed(session.status)
    match = request.resolver_match
    word, label = drawing.STATUS_WORDS[session.status]
    base: dict[str, Any] = {
        "session": session,
        "status_word": word,
        "status_label": label,
        "messages_shown": list(session.messages.all()),
        "busy": session.status in BUSY or session.dry_run.get("status") == "running",
        "max_upload_bytes": settings.MAX_UPLOAD_MB * 2**20,
        "may_cancel": Event.CANCEL in events,
        "may_modify": Event.MODIFY in events and bool(session.answers),
        "may_reuse": bool(session.answers) and session.status in (*ENDED, Status.CANCELLED),
        "notice": notice,
        "problem": problem,
        "others": list(sessions_of(user).exclude(pk=session.pk)[:SIDE_SESSIONS]),
        "status_words": drawing.STATUS_WORDS,
        "with_messages": is_htmx(request),
        "polled": match is not None and match.url_name == "session-progress",
    }
    if session.status in (Status.INIT, Status.COLLECTING):
        world = World(user, session.secrets)
        return base | _open(request, session, world, problem, entered)
    base["answers"] = drawing.answer_lines(answers_of(session))
    return base | review.context(session, user)


def _open(
    request: HttpRequest,
    session: WizardSession,
    world: World,
    problem: str,
    entered: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """The open question in the world as it is now, with what was said before it."""
    state = state_of(session, world)
    known = {one.question: one for one in state.answers}
    lines = drawing.answer_lines([known[key] for key in state.trail if key in known])
    found: dict[str, Any] = {
        "answers": lines,
        "may_go_back": bool(state.trail),
        "preview_key": key_of(state.preview) if state.preview else "",
    }
    if isinstance(state.next, Question):
        found["asked"] = _asked(request, state, world, problem, entered)
        found["messages_shown"] = _before(session, state.next)
    else:
        found["complete"] = True
    return found


def _asked(
    request: HttpRequest,
    state: State,
    world: World,
    problem: str,
    entered: Mapping[str, Any] | None,
) -> drawing.QuestionDrawn:
    question = state.question
    assert question is not None  # noqa: S101  (asked of a question only)
    q = request.GET.get("q", "").strip()[:100]
    found = search(question, q, world) if q else None
    return drawing.question_drawn(question, entered=entered, problem=problem, found=found, q=q)


def _before(session: WizardSession, question: Question) -> list[WizardMessage]:
    """The transcript without the question that is drawn below it anyway."""
    said = list(session.messages.all())
    if said and said[-1].role == WizardMessage.Role.ASSISTANT and said[-1].question == question.key:
        said.pop()
    return said


def url_of(session: WizardSession) -> str:
    return reverse("wizard:session", args=[session.pk])


def _version(request: HttpRequest) -> int:
    given = request.POST.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
