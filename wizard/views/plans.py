"""The plan's buttons: execute, renew, retry, undo, take a step out, look at the XML."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from common.http.problems import Problem
from wizard.actions import plans
from wizard.actions.sessions import NoAnswer, Stale
from wizard.loaders import access_session
from wizard.models import WizardSession
from wizard.views.showing import take


@require_POST
def execution(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Confirm the plan that was reviewed; a background job carries it out."""
    fingerprint, typed = request.POST.get("fingerprint", ""), request.POST.get("typed", "")

    def deed(actor: User, session: WizardSession, version: int) -> WizardSession:
        try:
            return plans.confirm(
                session=session,
                actor=actor,
                fingerprint=fingerprint,
                version=version,
                typed=typed,
            )
        except Problem as problem:
            if "typed" in problem.fields:
                raise NoAnswer(problem.detail) from None
            raise

    return take(request, pk, deed)


@require_POST
def renewal(request: HttpRequest, pk: UUID) -> HttpResponse:
    def deed(actor: User, session: WizardSession, version: int) -> WizardSession:
        _same(session, version)
        return plans.renew(session)

    return take(request, pk, deed)


@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    def deed(actor: User, session: WizardSession, version: int) -> WizardSession:
        _same(session, version)
        return plans.retry(session)

    return take(request, pk, deed)


@require_POST
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new session with the inverse plan, to be reviewed like any other."""
    return take(
        request,
        pk,
        lambda actor, session, _version: plans.start_undo(session, actor),
    )


@require_POST
def removal(request: HttpRequest, pk: UUID, step: str) -> HttpResponse:
    def deed(actor: User, session: WizardSession, version: int) -> WizardSession:
        _same(session, version)
        return plans.remove_step(session, step)

    return take(request, pk, deed)


@require_safe
def plan_xml(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The exact bytes that were reviewed."""
    session = access_session(request, pk)
    if not session.plan:
        raise Http404
    name = f"plan-{session.fingerprint}.xml"
    return HttpResponse(
        bytes(session.plan),
        content_type="application/xml; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def _same(session: WizardSession, version: int) -> None:
    if version != session.version:
        raise Stale
