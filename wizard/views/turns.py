"""Messages of the conversation: one POST each, back to the session's page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from catalog.actions.uploads import FileRefused, receive_upload
from catalog.intake.errors import IntakeError
from common.http.problems import Problem
from wizard.actions import sessions
from wizard.models import WizardSession
from wizard.replies import Said
from wizard.views.showing import take

FIELD = "field."


@require_POST
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    said, question = _said(request), request.POST.get("question", "")
    entered: dict[str, Any] = dict(said.fields or {})
    if said.value is not None:
        entered["value"] = said.value

    def deed(actor: User, session: WizardSession, version: int) -> WizardSession:
        return sessions.answer(
            actor=actor, session=session, version=version, said=said, question=question
        )

    return take(request, pk, deed, entered=entered)


@require_POST
def upload(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A file for the open question. A refused one leaves the conversation where it is."""

    def deed(actor: User, session: WizardSession, version: int) -> WizardSession:
        file = request.FILES.get("file")
        if file is None:
            raise sessions.NoAnswer(_("Please choose a file."))
        sessions.check_upload(session=session, version=version)
        try:
            received = receive_upload(actor=actor, name=file.name or "", chunks=file.chunks())
        except IntakeError as error:
            raise sessions.NoAnswer(f"{error.message} {error.hint}".strip()) from None
        except FileRefused as error:
            raise sessions.NoAnswer(error.detail) from None
        except Problem as error:
            if error.code != "PAYLOAD_TOO_LARGE":
                raise
            raise sessions.NoAnswer(error.detail) from None
        return sessions.answer(
            actor=actor,
            session=session,
            version=version,
            said=Said(upload=str(received.pk)),
            question=request.POST.get("question", ""),
        )

    return take(request, pk, deed, reload=True)


@require_POST
def back(request: HttpRequest, pk: UUID) -> HttpResponse:
    return take(
        request, pk, lambda actor, session, version: sessions.go_back(
            actor=actor, session=session, version=version
        )
    )  # fmt: skip


@require_POST
def modification(request: HttpRequest, pk: UUID) -> HttpResponse:
    question = request.POST.get("question", "")
    return take(
        request, pk, lambda actor, session, version: sessions.modify(
            actor=actor, session=session, version=version, question=question
        )
    )  # fmt: skip


@require_POST
def cancellation(request: HttpRequest, pk: UUID) -> HttpResponse:
    return take(
        request, pk, lambda actor, session, version: sessions.cancel(
            actor=actor, session=session, version=version
        )
    )  # fmt: skip


@require_POST
def planning(request: HttpRequest, pk: UUID) -> HttpResponse:
    return take(
        request, pk, lambda actor, session, version: sessions.plan_again(
            actor=actor, session=session, version=version
        )
    )  # fmt: skip


@require_POST
def template(request: HttpRequest, pk: UUID) -> HttpResponse:
    return take(
        request, pk, lambda actor, session, _version: sessions.use_as_template(
            actor=actor, session=session
        )
    )  # fmt: skip


@require_POST
def deletion(request: HttpRequest, pk: UUID) -> HttpResponse:
    def deed(actor: User, session: WizardSession, _version: int) -> None:
        sessions.delete(actor=actor, session=session)
        messages.success(request, _("The conversation was deleted. What it made is still there."))

    return take(request, pk, deed)


def _said(request: HttpRequest) -> Said:
    """Whatever the question was drawn as: buttons, check boxes, fields, one value, free text."""
    post = request.POST
    fields = {
        name.removeprefix(FIELD): post.get(name, "") for name in post if name.startswith(FIELD)
    }
    return Said(
        text=post.get("text", "")[:2000],
        value=post.get("value"),
        options=tuple(post.getlist("option")[:300]),
        fields=fields or None,
    )
