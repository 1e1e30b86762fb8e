"""From a row of a provider to the engine that talks to it, within what addresses it may have."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from common.http.outgoing import OutgoingRefused, Policy, check_url
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
    may name public ones, and those the operator has listed."""
    hosts = {*settings.LLM_ALLOWED_HOSTS, *_built_in()}
    hint = _("The operator can allow it in LLM_ALLOWED_HOSTS.")
    return Policy(loopback=shared, private=shared, hosts=frozenset(hosts), hint=hint)


def _built_in() -> list[str]:
    """The server in ``OLLAMA_URL``, and nothing else on that machine: always with its port."""
    try:
        target = check_url(settings.OLLAMA_URL)
    except OutgoingRefused:
        return []
    host = f"[{target.host}]" if ":" in target.host else target.host
    return [f"{host}:{target.port}"]


def can(provider: Provider, capability: base.Capability) -> bool:
    """Whether servers of this kind do that at all."""
    return capability in KINDS[provider.kind].capabilities
