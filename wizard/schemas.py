"""The wizard's JSON: what the API takes, and sessions, questions and plans as it gives them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from accounts.models import User
from wizard.actions.sessions import answers_of, state_of
from wizard.dialogue import Question, Status
from wizard.models import StepResult, WizardMessage, WizardSession
from wizard.replies import Said
from wizard.views.review import Review
from wizard.world import World

Json = dict[str, Any]


class Input(Schema):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class MessageIn(Input):
    """One of ``content`` (typed text), ``selectedOption`` (a value or several), ``fields`` or
    ``uploadId``. ``version`` and ``question`` refuse the message if the session moved on."""

    content: str | None = Field(default=None, max_length=2000)
    selected_option: str | int | list[str | int] | None = None
    fields: dict[str, JsonValue] | None = None
    upload_id: str | None = Field(default=None, max_length=60)
    question: str = Field(default="", max_length=120)
    version: int | None = None

    def said(self) -> Said:
        chosen = self.selected_option
        options = chosen if isinstance(chosen, list) else [] if chosen is None else [chosen]
        return Said(
            text=self.content or "",
            options=tuple(options),
            fields=self.fields,
            upload=self.upload_id or "",
        )


class StartIn(Input):
    """Nothing, or the first message."""

    content: str | None = Field(default=None, max_length=2000)
    selected_option: str | None = Field(default=None, max_length=60)

    def said(self) -> Said:
        options = (self.selected_option,) if self.selected_option else ()
        return Said(text=self.content or "", options=options)


class VersionIn(Input):
    version: int | None = None


class ModifyIn(VersionIn):
    question_key: str = Field(max_length=120)


class ExecuteIn(VersionIn):
    """``fingerprint`` is the whole SHA-256 of the plan that was reviewed."""

    confirmed: bool
    fingerprint: str = Field(min_length=64, max_length=64)
    typed: str = Field("", max_length=200, description="A plan that deletes: the item's name.")


def turn_json(session: WizardSession, user: User) -> Json:
    """Where the conversation stands: the open question, or what the session waits for."""
    question = None
    if session.status in (Status.INIT, Status.COLLECTING):
        question = state_of(session, World(user, session.secrets)).question
    base: Json = {
        "sessionId": str(session.pk),
        "status": session.status,
        "version": session.version,
        "title": session.title,
        "message": question.text if question else _last_words(session),
        "options": [_option(each) for each in question.options] if question else [],
        "question": question_json(question) if question else None,
        "fingerprint": session.plan_sha256,
        "reply": session.result.get("reply"),
    }
    noted = _note(session)
    return base | ({"notice": noted} if noted else {})


def question_json(question: Question) -> Json:
    return {
        "key": question.key,
        "text": question.text,
        "kind": question.kind,
        "help": question.help,
        "explain": question.explain,
        "notes": list(question.notes),
        "problem": question.problem,
        "current": question.current,
        "default": question.default,
        "multiple": question.multiple,
        "extensions": list(question.extensions),
        "hidden": question.hidden,
        "fields": [asdict(field) for field in question.fields],
    }


def session_json(session: WizardSession, user: User) -> Json:
    xml = bytes(session.plan).decode("utf-8", "replace") if session.plan else None
    return {
        **turn_json(session, user),
        "id": str(session.pk),
        "intent": session.intent,
        "entity": session.entity,
        "context": {one.question: one.value for one in answers_of(session) if not one.withdrawn},
        "xmlPlan": xml,
        "messages": [_message(each) for each in session.messages.all()],
        "results": [step_json(row) for row in _rows(session)],
        "error": session.error,
        "undoOf": str(session.undo_of_id) if session.undo_of_id else None,
    }


def plan_json(session: WizardSession, user: User) -> Json:
    review = Review(session, user)
    return {
        "sessionId": str(session.pk),
        "status": session.status,
        "version": session.version,
        "xmlPlan": review.xml,
        "summary": review.description,
        "steps": [
            {
                "id": step.id,
                "title": step.title,
                "details": [{"label": label, "text": text} for label, text in step.details],
                "references": [{"label": label, "step": name} for label, name in step.references],
            }
            for step in review.steps
        ],
        "fingerprint": session.plan_sha256,
        "shortFingerprint": session.fingerprint,
        "expiresAt": session.plan_expires_at.isoformat() if session.plan_expires_at else None,
        "findings": session.findings,
        "dryRun": session.dry_run,
    }


def results_json(session: WizardSession) -> Json:
    return {
        "sessionId": str(session.pk),
        "status": session.status,
        "version": session.version,
        "results": [step_json(row) for row in _rows(session)],
    }


def step_json(row: StepResult) -> Json:
    return {
        "step": row.step,
        "title": row.title,
        "operation": row.operation,
        "entity": row.entity,
        "status": row.status,
        "id": row.object_id,
        "name": row.object_name,
        "url": row.url,
        "error": row.error,
        "needsAttention": row.needs_attention,
        "durationMs": row.duration_ms,
    }


def listed_json(session: WizardSession) -> Json:
    return {
        "id": str(session.pk),
        "status": session.status,
        "title": session.title,
        "intent": session.intent,
        "entity": session.entity,
        "version": session.version,
        "createdAt": session.created_at.isoformat(),
        "updatedAt": session.updated_at.isoformat(),
    }


def _rows(session: WizardSession) -> Any:
    return session.steps.filter(plan_sha256=session.plan_sha256) if session.plan_sha256 else ()


def _option(option: Any) -> Json:
    return {
        "value": option.value,
        "label": option.label,
        "description": option.description,
        "disabled": option.disabled,
        "reason": option.reason,
    }


def _message(message: WizardMessage) -> Json:
    return {
        "role": message.role,
        "content": message.content,
        "question": message.question,
        "options": message.options,
        "createdAt": message.created_at.isoformat(),
    }


def _last_words(session: WizardSession) -> str:
    last = session.messages.filter(role=WizardMessage.Role.ASSISTANT).last()
    return last.content if last else ""


def _note(session: WizardSession) -> str:
    """What was not understood, while that is the last thing said."""
    last = session.messages.last()
    return last.content if last and last.role == WizardMessage.Role.SYSTEM else ""
