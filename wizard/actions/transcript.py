"""What was said in a session, kept so that a reload shows the whole conversation."""

from __future__ import annotations

from typing import Any

from wizard.dialogue import Complete, Question
from wizard.dialogue.question import Next
from wizard.models import WizardMessage, WizardSession

LONGEST = 4000
Role = WizardMessage.Role


def heard(session: WizardSession, text: str, question: str = "") -> WizardMessage:
    """What the person said."""
    return _keep(session, Role.USER, text, question)


def noted(session: WizardSession, text: str) -> WizardMessage:
    """What happened outside question and answer, or was not understood."""
    return _keep(session, Role.SYSTEM, text)


def said(session: WizardSession, following: Next) -> WizardMessage:
    """What the wizard says next: facts found on the way, then the question or the end."""
    if isinstance(following, Question):
        lines = [following.problem, *following.notes, following.text]
        options = [{"value": o.value, "label": o.label} for o in following.options]
        return _keep(session, Role.ASSISTANT, _joined(lines), following.key, options)
    if isinstance(following, Complete):
        return _keep(session, Role.ASSISTANT, _joined([*following.notes, READY]))
    return _keep(session, Role.ASSISTANT, _joined([following.text]))


READY = "That is all I need. I will check the plan and try it out before anything is changed."


def _joined(lines: list[str]) -> str:
    return "\n".join(line for line in lines if line)


def _keep(
    session: WizardSession,
    role: Role,
    content: str,
    question: str = "",
    options: list[dict[str, Any]] | None = None,
) -> WizardMessage:
    return WizardMessage.objects.create(
        session=session,
        role=role,
        question=question[:120],
        content=content[:LONGEST],
        options=options or [],
    )
