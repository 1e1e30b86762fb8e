"""The URLs of the language models."""

from __future__ import annotations

from typing import Any

from accounts.roles import ADMIN
from llm.models import GenerationDefaults, ModelCall, ModelPull, Provider
from tests.contracts import FORM, POST, Contract
from tests.world import World


def make_provider(world: World) -> Provider:
    """Acme's, where nothing answers."""
    return Provider.objects.create(
        organization=world.acme, name="Acme's Ollama", kind="ollama", base_url="http://127.0.0.1:9"
    )


def make_defaults(world: World) -> GenerationDefaults:
    return GenerationDefaults.objects.create(organization=world.acme, options={"top_k": 5})


def make_call(world: World) -> ModelCall:
    return ModelCall.objects.create(
        organization=world.acme,
        user=world.alice,
        provider=make_provider(world),
        provider_name="Acme's Ollama",
        purpose="chat",
        model="llama3.2:latest",
        outcome="ok",
    )


def make_pull(world: World) -> ModelPull:
    return ModelPull.objects.create(
        organization=world.acme,
        user=world.amy,
        provider=make_provider(world),
        name="llama3.2:latest",
    )


def provider(world: World) -> tuple[Any, ...]:
    return (make_provider(world).pk,)


def pull(world: World) -> tuple[Any, ...]:
    return (make_pull(world).pk,)


NAMED = "llm/django/test_model_urls.py: the query names a model of a server"

CONTRACTS: dict[str, Contract] = {
    "llm:model-list": Contract(fragment=True, queries=18),
    "llm:model-detail": Contract(elsewhere=NAMED),
    "llm:model-setting": Contract(elsewhere=NAMED),
    "llm:model-loading": Contract(elsewhere=NAMED),
    "llm:model-unloading": Contract(elsewhere=NAMED),
    "llm:model-deletion": Contract(elsewhere=NAMED),
    "llm:model-trial": Contract(elsewhere=NAMED),
    "llm:pull-create": Contract(role=ADMIN, methods=POST, invalid={"name": ""}),
    "llm:pull-cancellation": Contract(role=ADMIN, methods=POST, args=pull),
    "llm:pull-resumption": Contract(role=ADMIN, methods=POST, args=pull),
    "llm:pull-dismissal": Contract(role=ADMIN, methods=POST, args=pull),
    "llm:health": Contract(fragment=True, queries=16),
    "llm:settings-connection": Contract(role=ADMIN, methods=FORM, fragment=True, queries=18),
    "llm:settings-generation": Contract(
        role=ADMIN, methods=FORM, invalid={"temperature": "9"}, queries=20
    ),
    "llm:settings-preferences": Contract(
        role=ADMIN, methods=FORM, invalid={"chat-1": "no such model"}, queries=30
    ),
    "llm:settings-access": Contract(role=ADMIN, fragment=True, queries=20),
    "llm:settings-access-rule": Contract(
        role=ADMIN, methods=FORM, args=provider, fragment=True, invalid={}, queries=15
    ),
    "llm:settings-advanced": Contract(
        role=ADMIN, methods=FORM, invalid={"stay": "magic"}, queries=20
    ),
    "llm:provider-create": Contract(role=ADMIN, methods=FORM, invalid={"name": ""}, queries=10),
    "llm:provider-edit": Contract(
        role=ADMIN, methods=FORM, args=provider, invalid={"name": ""}, queries=12
    ),
    "llm:provider-deletion": Contract(
        role=ADMIN, methods=FORM, args=provider, fragment=True, queries=14
    ),
    "llm:provider-test": Contract(role=ADMIN, methods=POST, args=provider),
    "llm:provider-order": Contract(role=ADMIN, methods=POST, args=provider),
}

ADMIN_ROWS = {
    "llm.provider": make_provider,
    "llm.generationdefaults": make_defaults,
    "llm.modelcall": make_call,
    "llm.modelpull": make_pull,
}
