"""What is done with a model where it is: loaded, unloaded, deleted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.models import User
from common import clock, ratelimit
from common.http.problems import Problem
from llm import survey
from llm.actions.base import authorise_for, check_model_name, models_changed
from llm.connections import can, connect
from llm.models import ModelCall, ModelPreference, Provider
from llm.orchestration.choice import same_model
from llm.orchestration.options import window_of
from llm.orchestration.purposes import Purpose
from llm.orchestration.rows import read_rows
from llm.problems import Invalid, ask
from llm.providers.base import Capability, KeepAlive, ModelInfo
from llm.providers.errors import RequestRefused
from llm.providers.ollama import check_keep_alive
from llm.registry import Use, uses_of

LOAD_SECONDS = 180.0
COUNTED_DAYS = 7
KEEP_ALIVES = (
    (None, gettext_lazy("as long as the server is set to")),
    (300, gettext_lazy("for 5 minutes")),
    (3600, gettext_lazy("for an hour")),
    (8 * 3600, gettext_lazy("for 8 hours")),
    (-1, gettext_lazy("until it is unloaded")),
)


@dataclass(frozen=True, slots=True)
class Consequences:
    """What deleting a model would concern, as far as the reader may see it."""

    uses: tuple[Use, ...] = ()
    preferences: tuple[str, ...] = ()
    """Purposes for which the organisation prefers it."""
    calls: int = 0
    """Of the organisation, in the last 7 days."""
    loaded: bool = False


def load_model(
    *, actor: User, provider: Provider, name: str, keep_alive: KeepAlive | None = None
) -> None:
    """Load it with the window that calls will use, or the first of them would load it again.

    Returns when it is loaded.
    """
    name = _begin(actor, provider, name, Capability.LOAD)
    stay = _checked(keep_alive)
    window = _window(actor, provider, name)

    async def load() -> None:
        async with asyncio.timeout(LOAD_SECONDS):
            await connect(provider).load(name, keep_alive=stay, num_ctx=window)

    try:
        ask(load())
    except TimeoutError:
        sentence = _("The model was not loaded within %(n)d seconds.") % {"n": LOAD_SECONDS}
        raise Problem("MODEL_TIMEOUT", sentence) from None
    _done(actor, provider, "provider.model-loaded", {"model": name, "keep_alive": stay})


def unload_model(*, actor: User, provider: Provider, name: str) -> None:
    """Answers in progress are finished first."""
    name = _begin(actor, provider, name, Capability.LOAD)

    async def unload() -> None:
        async with asyncio.timeout(LOAD_SECONDS):
            await connect(provider).unload(name)

    try:
        ask(unload())
    except TimeoutError:
        sentence = _("The model is still answering; it will be unloaded when it has finished.")
        raise Problem("MODEL_BUSY", sentence) from None
    _done(actor, provider, "provider.model-unloaded", {"model": name})


def delete_model(*, actor: User, provider: Provider, name: str, confirmation: str) -> None:
    """Remove it from the server. ``confirmation`` is its name, typed."""
    name = _begin(actor, provider, name, Capability.DELETE)
    if confirmation.strip() != name:
        raise Invalid(confirmation=_("That is not its name. Type %(name)s.") % {"name": name})
    ask(connect(provider).delete(name))
    _done(actor, provider, "provider.model-deleted", {"model": name})


def consequences_of_deleting(user: User, provider: Provider, name: str) -> Consequences:
    since = clock.now() - timedelta(days=COUNTED_DAYS)
    key = f"{provider.pk}/{name}"
    preferences = ModelPreference.objects.visible_to(user)
    calls = ModelCall.objects.visible_to(user)
    return Consequences(
        uses=tuple(uses_of(user, provider, name)),
        preferences=tuple(
            row.purpose
            for row in preferences
            if any(same_model(each, name) or each == key for each in row.models_in_order)
        ),
        calls=calls.filter(provider=provider, model=name, created_at__gte=since).count(),
        loaded=survey.last_known(provider).loaded(name) is not None,
    )


def _window(actor: User, provider: Provider, name: str) -> int | None:
    """As the orchestrator sends it with every call."""
    if actor.organization_id is None or not can(provider, Capability.CONTEXT):
        return None
    rows = read_rows(actor.organization_id, actor, Purpose.CHAT)
    [known] = survey.surveys_of([provider])
    return window_of(rows, provider, known.model(name) or ModelInfo(name))


def _begin(actor: User, provider: Provider, name: str, capability: Capability) -> str:
    authorise_for(actor, provider)
    name = check_model_name(name)
    if not can(provider, capability):
        raise Problem("MODEL_UNSUPPORTED", _("Servers of this kind cannot be told to do that."))
    ratelimit.charge("models", str(actor.pk))
    return name


def _checked(keep_alive: KeepAlive | None) -> KeepAlive | None:
    if keep_alive is None:
        return None
    try:
        return check_keep_alive(keep_alive)
    except RequestRefused as error:
        raise Invalid(keep_alive=error.message) from error


def _done(actor: User, provider: Provider, action: str, facts: dict[str, object]) -> None:
    with transaction.atomic():
        audit.record(action, actor=actor, target=provider, changes=facts)
        models_changed(provider)
