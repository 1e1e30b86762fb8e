"""The wizard over the API: the same conversation, review and execution as its pages."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from ninja import Status as Sent

from accounts.access import member
from common.http import problems
from common.http.problems import Problem
from wizard.actions import plans, sessions
from wizard.actions.sessions import Stale
from wizard.dialogue import Status
from wizard.idempotency import once
from wizard.loaders import access_session, access_wizard
from wizard.models import WizardSession
from wizard.plan.model import Finding
from wizard.plan.validate import has_errors
from wizard.queries import sessions_of
from wizard.schemas import (
    ExecuteIn,
    Json,
    MessageIn,
    ModifyIn,
    StartIn,
    VersionIn,
    listed_json,
    plan_json,
    results_json,
    session_json,
    turn_json,
)

router = Router(tags=["wizard"])
PAGE_SIZE = 50
ONE = "/session/{session_id}"
XML_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/xml": {"schema": {"type": "string"}}},
    }
}


@router.post("/start", response={201: Json}, summary="Start a conversation")
def start(request: HttpRequest, body: StartIn | None = None) -> Sent[Json]:
    """Honours ``Idempotency-Key``."""
    user = access_wizard(request)
    said = (body or StartIn()).said()
    turn = once(request, lambda: turn_json(sessions.start(actor=user, said=said), user))
    return Sent(201, turn)


@router.get("/sessions", response=Json, summary="One's own sessions, latest first")
def list_sessions(request: HttpRequest, status: str = "", q: str = "", page: int = 1) -> Json:
    rows = sessions_of(access_wizard(request), q=q[:100], status=status)
    first = max(0, page - 1) * PAGE_SIZE
    items = [listed_json(row) for row in rows[first : first + PAGE_SIZE]]
    return {"items": items, "total": rows.count(), "page": page}


@router.get(ONE, response=Json, summary="A session with its conversation")
def read_session(request: HttpRequest, session_id: UUID) -> Json:
    return session_json(access_session(request, session_id), member(request))


@router.delete(ONE, response={204: None}, summary="Forget a session; what it made stays")
def delete_session(request: HttpRequest, session_id: UUID) -> Sent[None]:
    sessions.delete(actor=member(request), session=access_session(request, session_id))
    return Sent(204, None)


@router.post(f"{ONE}/message", response=Json, summary="Answer the open question")
def send_message(request: HttpRequest, session_id: UUID, body: MessageIn) -> Json:
    """409 when ``version`` or ``question`` name a state that has passed."""
    session = access_session(request, session_id)
    after = sessions.answer(
        actor=member(request),
        session=session,
        version=session.version if body.version is None else body.version,
        said=body.said(),
        question=body.question,
    )
    return turn_json(after, member(request))


@router.post(f"{ONE}/back", response=Json, summary="Back to the question before")
def go_back(request: HttpRequest, session_id: UUID, body: VersionIn | None = None) -> Json:
    session = _seen(request, session_id, body)
    after = sessions.go_back(actor=member(request), session=session, version=session.version)
    return turn_json(after, member(request))


@router.post(f"{ONE}/modify", response=Json, summary="Take back the answer to one question")
def modify(request: HttpRequest, session_id: UUID, body: ModifyIn) -> Json:
    session = _seen(request, session_id, body)
    after = sessions.modify(
        actor=member(request),
        session=session,
        version=session.version,
        question=body.question_key,
    )
    return turn_json(after, member(request))


@router.post(f"{ONE}/cancel", response=Json, summary="End a session without doing anything")
def cancel(request: HttpRequest, session_id: UUID, body: VersionIn | None = None) -> Json:
    session = _seen(request, session_id, body)
    after = sessions.cancel(actor=member(request), session=session, version=session.version)
    return turn_json(after, member(request))


@router.get(f"{ONE}/plan", response=Json, summary="The plan under review")
def read_plan(request: HttpRequest, session_id: UUID) -> Json:
    session = access_session(request, session_id)
    if not session.plan:
        raise Problem("NOT_FOUND", _("This session has no plan yet."))
    return plan_json(session, member(request))


@router.post(f"{ONE}/execute", response={202: Json}, summary="Execute the reviewed plan")
def execute(request: HttpRequest, session_id: UUID, body: ExecuteIn) -> Sent[Json]:
    """A job does the work. 409: stale, expired, another fingerprint, or executed already.
    Honours ``Idempotency-Key``: a repeated request gets the first answer."""
    return Sent(202, once(request, lambda: _executed(request, session_id, body)))


def _executed(request: HttpRequest, session_id: UUID, body: ExecuteIn) -> Json:
    session = access_session(request, session_id)
    if not body.confirmed:
        raise Problem("VALIDATION_FAILED", _("Say “confirmed”: true to execute the plan."))
    if session.status in (Status.EXECUTING, Status.COMPLETED, Status.FAILED, Status.UNDONE):
        raise Problem("ILLEGAL_TRANSITION", _("This plan was executed already."))
    after = plans.confirm(
        session=session,
        actor=member(request),
        fingerprint=body.fingerprint,
        version=body.version,
        typed=body.typed,
    )
    return results_json(after)


@router.post(f"{ONE}/renew", response=Json, summary="Review an expired or stale plan again")
def renew(request: HttpRequest, session_id: UUID, body: VersionIn | None = None) -> Json:
    return plan_json(plans.renew(_seen(request, session_id, body)), member(request))


@router.post(f"{ONE}/retry", response=Json, summary="Review a failed plan again")
def retry(request: HttpRequest, session_id: UUID, body: VersionIn | None = None) -> Json:
    return plan_json(plans.retry(_seen(request, session_id, body)), member(request))


@router.post(f"{ONE}/undo", response={201: Json}, summary="A session with the inverse plan")
def undo(request: HttpRequest, session_id: UUID) -> Sent[Json]:
    user = member(request)
    undone = plans.start_undo(access_session(request, session_id), user)
    return Sent(201, session_json(undone, user))


@router.post(f"{ONE}/template", response={201: Json}, summary="A new session, the same answers")
def use_as_template(request: HttpRequest, session_id: UUID) -> Sent[Json]:
    user = member(request)
    fresh = sessions.use_as_template(actor=user, session=access_session(request, session_id))
    return Sent(201, turn_json(fresh, user))


@router.delete(f"{ONE}/steps/{{step_id}}", response=Json, summary="Take a step out of the plan")
def remove_step(
    request: HttpRequest, session_id: UUID, step_id: str, version: int | None = None
) -> Json:
    session = _seen(request, session_id, VersionIn(version=version))
    return plan_json(plans.remove_step(session, step_id), member(request))


@router.post(
    "/plans/validate", response=Json, summary="What is to be said of a plan", openapi_extra=XML_BODY
)
def validate_plan(request: HttpRequest) -> Json:
    findings = plans.check_document(request.body, access_wizard(request))
    return {"valid": not has_errors(findings), "findings": _findings(findings)}


@router.post(
    "/plans", response={201: Json, 422: Json}, summary="Import a plan", openapi_extra=XML_BODY
)
def import_plan(request: HttpRequest) -> Sent[Json]:
    """A session in CONFIRMING with exactly these bytes; 422 with what speaks against them."""
    user = access_wizard(request)
    session, findings = plans.import_plan(actor=user, raw=request.body)
    if session is None:
        return Sent(422, _refused(findings))
    return Sent(201, plan_json(session, user))


def _refused(findings: list[Finding]) -> Json:
    return problems.body("VALIDATION_FAILED", findings[0].message) | {
        "findings": _findings(findings)
    }


def _findings(findings: list[Finding]) -> list[Json]:
    return [asdict(each) for each in findings]


def _seen(request: HttpRequest, session_id: UUID, body: VersionIn | None) -> WizardSession:
    """The session, if it still is as the sender saw it."""
    session = access_session(request, session_id)
    if body is not None and body.version is not None and body.version != session.version:
        raise Stale
    return session
