"""The first line of every view and API operation: a session the person may touch, or 404."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from accounts.access import member
from accounts.models import User
from accounts.permissions import require
from wizard.actions.sessions import PERMISSION
from wizard.dialogue import Status
from wizard.executor.upkeep import expire
from wizard.models import WizardSession


def access_wizard(request: HttpRequest) -> User:
    """The person, who may use the wizard (else 403 with a sentence)."""
    user = member(request)
    require(user, PERMISSION)
    return user


def access_session(request: HttpRequest, pk: UUID) -> WizardSession:
    """One's own session. A plan that waited too long to be confirmed is expired from here on."""
    user = access_wizard(request)
    session: WizardSession = get_object_or_404(WizardSession.objects.visible_to(user), pk=pk)
    return _fresh(session)


def _fresh(session: WizardSession) -> WizardSession:
    if session.status == Status.CONFIRMING and expire(session):
        session.refresh_from_db()
    return session
