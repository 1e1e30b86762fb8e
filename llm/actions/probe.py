"""Test connection: what a provider's server says, in plain sentences."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace

import httpx
from asgiref.sync import async_to_sync
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from common import ratelimit
from common.http.outgoing import PUBLIC, OutgoingRefused, check_url, classify, resolve
from llm.actions.base import authorise, authorise_for, authorise_own
from llm.actions.providers import clean_address, same_server, secret_of
from llm.connections import can, connect, policy_for
from llm.models import Provider, ProviderKind
from llm.problems import Invalid
from llm.providers.base import Capability, ModelInfo
from llm.providers.errors import ProviderError, Unreachable

PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class TestResult:
    """What was found. ``models`` and ``loaded`` are counts, ``seconds`` what it took."""

    ok: bool
    sentences: tuple[str, ...]
    version: str = ""
    models: int = 0
    loaded: int = 0
    seconds: float = 0.0
    code: str = ""


def probe_provider(
    *,
    actor: User,
    kind: str,
    base_url: str,
    api_key: str = "",
    provider: Provider | None = None,
) -> TestResult:
    """Try values that are not saved. The stored key of ``provider`` is only sent to its server."""
    organization = authorise(actor)
    if provider is not None:
        authorise_own(actor, provider)
    if kind not in ProviderKind.values:
        raise Invalid(kind=_("There is no such kind of provider."))
    address, note = clean_address(base_url), ""
    secret = secret_of(api_key)
    if provider is not None and provider.api_key and not secret:
        if same_server(provider.url, address):
            secret = secret_of(provider.api_key)
        else:
            note = _("The stored API key was not sent: the address is another server's.")
    ratelimit.charge("models", str(actor.pk))
    tried = Provider(organization=organization, kind=kind, base_url=address)
    tried.secret = secret
    found = async_to_sync(probe)(tried)
    return replace(found, sentences=(*found.sentences, note)) if note else found


def probe_saved_provider(*, actor: User, provider: Provider) -> TestResult:
    """Try a provider as it is set up."""
    if provider.is_shared:
        authorise_for(actor, provider)
    else:
        authorise_own(actor, provider)
    ratelimit.charge("models", str(actor.pk))
    return async_to_sync(probe)(provider)


async def probe(provider: Provider) -> TestResult:
    """Never raises for what the server does."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE):
            found = await _look(provider)
    except ProviderError as error:
        heard = error.detail and not isinstance(error, Unreachable)
        words = _("It said: %(words)s") % {"words": error.detail} if heard else ""
        sentences = tuple(filter(None, (error.message, words)))
        found = TestResult(False, sentences, code=error.code)
    except TimeoutError:
        sentence = _("It did not answer within %(n)d seconds.") % {"n": PATIENCE}
        found = TestResult(False, (sentence,), code="MODEL_TIMEOUT")
    return replace(found, seconds=round(time.monotonic() - began, 3))


async def _look(provider: Provider) -> TestResult:
    engine = connect(provider, answer_seconds=PATIENCE)
    version = await engine.version() if can(provider, Capability.VERSION) else ""
    models = await engine.models()
    running = await engine.running() if can(provider, Capability.RUNNING) else []
    who = f"{engine.label} {version}".strip() if version else _("An OpenAI-compatible server")
    counts = _counts(len(models), len(running))
    words = {"who": who, "where": _place(provider.url), "counts": counts}
    sentences = [_("%(who)s answers at %(where)s with %(counts)s.") % words]
    if not models and can(provider, Capability.PULL):
        sentences.append(_("Download one on the Models page."))
    sentences += _elsewhere(models)
    sentences += await _in_the_clear(provider)
    sentences += await _ollama_beneath(provider)
    return TestResult(True, tuple(sentences), version, len(models), len(running))


def _counts(models: int, loaded: int) -> str:
    if not models:
        return _("no model")
    installed = ngettext("%(n)d model", "%(n)d models", models) % {"n": models}
    if not loaded:
        return installed
    return _("%(installed)s, %(n)d of them loaded") % {"installed": installed, "n": loaded}


def _elsewhere(models: list[ModelInfo]) -> list[str]:
    remote = sum(1 for model in models if model.remote_host)
    if not remote:
        return []
    sentence = ngettext(
        "%(n)d model runs elsewhere: prompts to it leave the machine.",
        "%(n)d models run elsewhere: prompts to them leave the machine.",
        remote,
    )
    return [sentence % {"n": remote}]


async def _in_the_clear(provider: Provider) -> list[str]:
    """Over the internet, http shows prompts and keys to everybody on the way."""
    policy = policy_for(shared=provider.is_shared)
    try:
        target = check_url(provider.url)
        addresses = await resolve(target.host, target.port, policy)
    except (OutgoingRefused, httpx.HTTPError):
        return []
    if target.scheme == "https" or any(classify(address) != PUBLIC for address in addresses):
        return []
    return [_("The connection is not encrypted: others on the way can read prompts and the key.")]


async def _ollama_beneath(provider: Provider) -> list[str]:
    """Ollama's /v1 hides which models run elsewhere, and cannot be told the context window."""
    if provider.kind != ProviderKind.OPENAI:
        return []
    base = check_url(provider.url)
    path = base.path.removesuffix("/v1")
    beneath = Provider(organization=provider.organization, kind=ProviderKind.OLLAMA)
    beneath.base_url = f"{base.scheme}://{_place(provider.url)}{path}"
    try:
        await connect(beneath, answer_seconds=2.0).version()
    except ProviderError:
        return []
    return [
        _(
            "This is an Ollama server. Connect it as Ollama at %(where)s: then models can be "
            "downloaded, the context window set, and models that run elsewhere are told apart."
        )
        % {"where": beneath.base_url}
    ]


def _place(url: str) -> str:
    target = check_url(url)
    host = f"[{target.host}]" if ":" in target.host else target.host
    return f"{host}:{target.port}"
