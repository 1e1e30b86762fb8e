"""A session's conversation: every message is one conditional write.

A message names the version of the session it answers. The slow part (looking at files, testing
connections) comes before the transaction; if the session moved on meanwhile, nothing is written
and the writer is shown the fresh state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.access import organization_of
from accounts.models import User
from accounts.permissions import require
from common import clock
from common.http.problems import Problem
from common.ratelimit import charge
from common.realtime import publish
from wizard.actions import plans, transcript
from wizard.dialogue import (
    Answer,
    Command,
    Complete,
    Event,
    IllegalTransition,
    NotUnderstood,
    Question,
    Reply,
    State,
    Status,
    advance,
    allowed,
    back,
    record,
    reopen,
    replay,
    seal,
)
from wizard.dialogue.accept import Refused, accept
from wizard.dialogue.flows.start import OFFER
from wizard.dialogue.question import REDACTED, Next
from wizard.models import WizardSession
from wizard.plan.model import Entity
from wizard.replies import Said, hear
from wizard.world import World

PERMISSION = "wizard.use_wizard"
INTENTS: dict[str, tuple[str, str]] = {
    "create_report": ("Create a report", Entity.REPORT),
    "create_dashboard": ("Create a dashboard", Entity.DASHBOARD),
    "create_source": ("Create a data source", Entity.DATA_SOURCE),
    "create_schedule": ("Create a schedule", Entity.SCHEDULE),
    "update": ("Update an item", ""),
    "delete": ("Delete an item", ""),
    "list": ("List items", ""),
}


class Stale(Problem):
    """The session moved on since the sender saw it; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "CONFLICT",
            _("This conversation went on in another window. Here is where it stands now."),
        )


class NoAnswer(Problem):
    """The value does not answer the question; the conversation stays where it is."""

    def __init__(self, message: str) -> None:
        super().__init__("VALIDATION_FAILED", message, fields={"answer": [message]})


def answers_of(session: WizardSession) -> tuple[Answer, ...]:
    return tuple(Answer(**stored) for stored in session.answers)


def state_of(session: WizardSession, world: World) -> State:
    """Where the conversation stands in the world as it is now."""
    return replay(answers_of(session), world)


def start(*, actor: User, said: Said | None = None) -> WizardSession:
    """A new session; ``said`` is the first message, if it came with one."""
    require(actor, PERMISSION)
    charge("wizard", str(actor.pk))
    world = World(actor)
    with transaction.atomic():
        session = WizardSession.objects.create(organization=organization_of(actor), user=actor)
        transcript.said(session, replay((), world).next)
    if said is not None and not said.empty:
        return answer(actor=actor, session=session, version=session.version, said=said)
    return session


def answer(
    *, actor: User, session: WizardSession, version: int, said: Said, question: str = ""
) -> WizardSession:
    """Take one message. Raises ``Stale``, ``NoAnswer`` or what the plan says against itself.

    What was not understood is answered in the transcript, and the question stays open."""
    require(actor, PERMISSION)
    charge("wizard", str(actor.pk))
    _check(session, version, Event.ANSWER)
    world = World(actor, session.secrets)
    state = state_of(session, world)
    asked = state.question
    if asked is None or (question and question != asked.key):
        raise Stale
    heard = hear(asked, said, world)
    if isinstance(heard, Command):
        return _obey(heard, actor=actor, session=session, version=version)
    if isinstance(heard, NotUnderstood):
        return _not_understood(session, world, state, said.text, heard)
    sealed, secrets = seal(asked, heard.value, heard.text)
    try:
        accept(asked, sealed.value)
    except Refused as refused:
        raise NoAnswer(str(refused)) from None
    words = sealed.text or said.text
    return _proceed(session, world, record(state.answers, sealed), words, asked.key, secrets)


def check_upload(*, session: WizardSession, version: int) -> None:
    """Before a file is received at all: is this session still waiting for an answer?"""
    _check(session, version, Event.ANSWER)


def go_back(*, actor: User, session: WizardSession, version: int) -> WizardSession:
    """To the question before, with its answer shown."""
    require(actor, PERMISSION)
    _check(session, version, Event.BACK)
    world = World(actor, session.secrets)
    state = state_of(session, world)
    if not state.trail:
        raise NoAnswer(_("This is the first question."))
    return _proceed(session, world, back(state), _("Back"), event=Event.BACK)


def modify(*, actor: User, session: WizardSession, version: int, question: str) -> WizardSession:
    """Take back the answer to one question, from the conversation or from the plan's review."""
    require(actor, PERMISSION)
    _check(session, version, Event.MODIFY)
    answers = answers_of(session)
    if all(one.question != question for one in answers):
        raise Problem("NOT_FOUND", _("That question was not answered in this conversation."))
    world = World(actor, session.secrets)
    return _proceed(
        session, world, reopen(answers, question), _("Change an answer"), event=Event.MODIFY
    )


def restart(*, actor: User, session: WizardSession, version: int) -> WizardSession:
    """The same session from its first question; what was said stays to be read."""
    require(actor, PERMISSION)
    _check(session, version, Event.MODIFY)
    return _proceed(session, World(actor), (), _("Start over"), event=Event.MODIFY)


def plan_again(*, actor: User, session: WizardSession, version: int) -> WizardSession:
    """Everything is known already, but there is no plan of it yet."""
    require(actor, PERMISSION)
    _check(session, version, Event.KNOWN)
    world = World(actor, session.secrets)
    return _proceed(session, world, answers_of(session), _("Make the plan"))


def cancel(*, actor: User, session: WizardSession, version: int) -> WizardSession:
    """End the session without doing anything."""
    require(actor, PERMISSION)
    _check(session, version, Event.CANCEL)
    with transaction.atomic():
        plans.discard(session)
        _write(session, Event.CANCEL)
        transcript.noted(session, _("Cancelled. Nothing was changed."))
    return session


def delete(*, actor: User, session: WizardSession) -> None:
    """Forget a session with its conversation. What it made stays."""
    require(actor, PERMISSION)
    if session.status == Status.EXECUTING:
        raise Problem(
            "ILLEGAL_TRANSITION", _("This plan is being executed. Wait until it has ended.")
        )
    with transaction.atomic():
        plans.discard(session)
        session.delete()


def use_as_template(*, actor: User, session: WizardSession) -> WizardSession:
    """A new session with the same answers. What no longer fits is asked again, and where
    everything still does, the last question is."""
    require(actor, PERMISSION)
    charge("wizard", str(actor.pk))
    if not session.answers:
        raise Problem("ILLEGAL_TRANSITION", _("This session has no answers to start from."))
    world = World(actor, session.secrets)
    answers = answers_of(session)
    state = replay(answers, world)
    if state.question is None:
        answers = reopen(answers, state.trail[-1])
    with transaction.atomic():
        fresh = WizardSession.objects.create(
            organization=organization_of(actor), user=actor, secrets=session.secrets
        )
        transcript.noted(fresh, _("Started with the answers of “%s”.") % session)
    return _proceed(fresh, world, answers, "")


def _obey(command: Command, *, actor: User, session: WizardSession, version: int) -> WizardSession:
    if command.name == "cancel":
        return cancel(actor=actor, session=session, version=version)
    if command.name == "restart" and session.answers:
        return restart(actor=actor, session=session, version=version)
    if command.name == "back" and session.answers:
        return go_back(actor=actor, session=session, version=version)
    raise NoAnswer(_("This is the first question."))


def _not_understood(
    session: WizardSession, world: World, state: State, text: str, heard: NotUnderstood
) -> WizardSession:
    """At the first question any sentence may be a wish; elsewhere the choices are said again."""
    asked = state.question
    if asked is not None and asked.key == "intent" and len(text.split()) > 1:
        answers = record(state.answers, Answer("intent", "other", "Something else"))
        answers = record(answers, Answer("other.request", text[:2000], text[:2000]))
        return _proceed(session, world, answers, text, "other.request")
    secret = asked is not None and any(field.secret for field in asked.fields)
    with transaction.atomic():
        transcript.heard(session, REDACTED if secret else text, asked.key if asked else "")
        transcript.noted(session, heard.message or OFFER)
    return session


def _proceed(
    session: WizardSession,
    world: World,
    answers: Sequence[Answer],
    words: str,
    question: str = "",
    secrets: Mapping[str, str] | None = None,
    event: Event = Event.ANSWER,
) -> WizardSession:
    """Store the answers, say what comes next, and go on to the plan when all is known."""
    world.secrets = {**session.secrets, **(secrets or {})}
    state = replay(answers, world)
    known = state.answers if state.question else _on_the_way(state)
    with transaction.atomic():
        if session.plan:
            plans.discard(session)
        _write(session, event, **_facts(state, known), secrets=dict(world.secrets), **_NO_PLAN)
        if words:
            transcript.heard(session, words, question)
        transcript.said(session, state.next)
        _conclude(session, state.next)
    return session


_NO_PLAN: dict[str, Any] = {
    "plan": None,
    "plan_sha256": "",
    "plan_expires_at": None,
    "findings": [],
    "dry_run": {},
    "result": {},
    "error": "",
}


def _on_the_way(state: State) -> tuple[Answer, ...]:
    """Only what led here: answers to questions that were left behind are dropped."""
    return tuple(one for one in state.answers if one.question in state.trail)


def _facts(state: State, answers: Sequence[Answer]) -> dict[str, Any]:
    label, entity = INTENTS.get(state.intent, ("", ""))
    request = next((one.text for one in answers if one.question == "other.request"), "")
    title = state.next.description if isinstance(state.next, Complete) else label or request
    return {
        "answers": [one.to_json() for one in answers],
        "intent": state.intent,
        "entity": entity,
        "title": title[:200],
    }


def _conclude(session: WizardSession, following: Next) -> None:
    if isinstance(following, Question):
        return
    if isinstance(following, Reply):
        _write(session, Event.LISTED, result={"reply": following.to_json()})
        return
    plans.make_plan(session=session, steps=following.steps, description=following.description)


def _check(session: WizardSession, version: int, event: Event) -> None:
    if version != session.version:
        raise Stale
    if event not in allowed(session.status):
        raise _impossible(IllegalTransition(Status(session.status), event))


def _write(session: WizardSession, event: Event, **changes: Any) -> None:
    """The one conditional update; ``session`` is as stored afterwards."""
    changes |= {"status": advance(session.status, event), "updated_at": clock.now()}
    rows = WizardSession.objects.filter(pk=session.pk, version=session.version)
    if not rows.filter(status=session.status).update(**changes, version=F("version") + 1):
        raise Stale
    session.refresh_from_db()
    publish(f"wizard:{session.pk}", "session-changed", {"status": session.status})


def _impossible(error: IllegalTransition) -> Problem:
    return Problem("ILLEGAL_TRANSITION", f"{error} ({error.name})")
