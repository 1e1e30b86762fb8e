"""The URLs of the wizard. Sessions are their user's alone."""

from __future__ import annotations

from typing import Any

from accounts.roles import ANALYST
from tests.contracts import FORM, POST, Contract
from tests.world import World
from wizard.actions.sessions import start
from wizard.models import WizardSession
from wizard.replies import Said

PLANLESS = "wizard/test_pages.py: only a session with a plan has one"


def make_session(world: World) -> WizardSession:
    return start(actor=world.alice, said=Said(options=("create_report",)))


def session(world: World) -> tuple[Any, ...]:
    return (make_session(world).pk,)


def step(world: World) -> tuple[Any, ...]:
    return (make_session(world).pk, "step-1")


def _one(**more: Any) -> Contract:
    return Contract(role=ANALYST, args=session, private=True, **more)


CONTRACTS = {
    "wizard:home": Contract(
        role=ANALYST, methods=FORM, fragment=True, invalid={"text": ""}, queries=10
    ),
    "wizard:session": _one(fragment=True, queries=16),
    "wizard:session-progress": _one(fragment=True, queries=16),
    "wizard:session-preview": _one(fragment=True, queries=12),
    "wizard:session-options": Contract(
        elsewhere="wizard/test_pages.py: sends a browser without htmx to the session"
    ),
    "wizard:session-plan": Contract(elsewhere=PLANLESS),
    "wizard:session-answer": _one(methods=POST),
    "wizard:session-upload": _one(methods=POST),
    "wizard:session-back": _one(methods=POST),
    "wizard:session-modification": _one(methods=POST),
    "wizard:session-cancellation": _one(methods=POST),
    "wizard:session-planning": _one(methods=POST),
    "wizard:session-template": _one(methods=POST),
    "wizard:session-deletion": _one(methods=POST),
    "wizard:session-execution": _one(methods=POST),
    "wizard:session-renewal": _one(methods=POST),
    "wizard:session-retry": _one(methods=POST),
    "wizard:session-undo": _one(methods=POST),
    "wizard:session-step-removal": Contract(role=ANALYST, args=step, private=True, methods=POST),
}
