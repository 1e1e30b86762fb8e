"""From a row of a provider to the engine that talks to it, within what addresses it may have."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from common.http.outgoing import Policy
from llm.models import Provider
from llm.providers import base
from llm.providers.registry import KINDS, open_provider


def connect(provider: Provider, *, answer_seconds: float = 30.0) -> base.Provider:
    """The engine for ``provider``; nothing is connected yet.

    ``answer_seconds`` bounds each short question (lists, details), not streams and downloads.
    """
    return open_provider(provider.kind, endpoint_of(provider, answer_seconds=answer_seconds))


def endpoint_of(provider: Provider, *, answer_seconds: float = 30.0) -> base.Endpoint:
    return base.Endpoint(
        base_url=provider.url,
        policy=policy_for(shared=provider.is_shared),
        api_key=provider.api_key,
        connect_seconds=settings.LLM_CONNECT_SECONDS,
        answer_seconds=answer_seconds,
    )


def policy_for(*, shared: bool) -> Policy:
    """Shared providers are the operator's, who may name private addresses. Admins of organisations
    may name public ones, and those the operator has listed. ``OLLAMA_URL`` is not among them: it is
    the shared provider's, whose models the operator may have kept for himself."""
    hint = _("The operator can allow it in LLM_ALLOWED_HOSTS.")
    hosts = frozenset(settings.LLM_ALLOWED_HOSTS)
    return Policy(loopback=shared, private=shared, hosts=hosts, hint=hint)


def can(provider: Provider, capability: base.Capability) -> bool:
    """Whether servers of this kind do that at all."""
    return capability in KINDS[provider.kind].capabilities
