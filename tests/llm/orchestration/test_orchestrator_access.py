"""Who may use which model, and which may not be used before an Admin agreed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.roles import ADMIN, ANALYST
from llm.models import (
    LanguageModelSettings,
    ModelAccess,
    ModelPreference,
    ModelSetting,
    Provider,
)
from llm.orchestration.rows import read_rows
from llm.orchestrator import Failed, Finished, Purpose, Unanswered, run
from llm.standin import Model, Script, StandIn
from tests.llm.orchestration.desk import CHAT, SECOND, Desk, chats, heard

CLOUD = Model(
    name="gpt-oss:120b-cloud",
    capabilities=("completion", "tools", "thinking"),
    remote_host="https://ollama.com:443",
)


@pytest.fixture
async def two() -> AsyncIterator[StandIn]:
    async with StandIn(Script(models=(CHAT, SECOND))) as server:
        yield server


@sync_to_async
def allow(desk: Desk, provider: Provider, model: str = "", *roles: str, **fields: Any) -> None:
    access = ModelAccess.objects.create(
        organization=desk.world.acme, provider=provider, model=model, **fields
    )
    access.groups.set(Group.objects.filter(name__in=roles))


async def test_a_model_for_one_role(desk: Desk, two: StandIn) -> None:
    provider = await desk.aprovider(two.url)
    await allow(desk, provider, "mistral:latest", ANALYST)
    asked = {"model": "mistral:latest"}
    assert (await run(desk.ask(**asked))).model == "mistral:latest"
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask(user=desk.world.bob, **asked))
    assert caught.value.code == "PERMISSION_DENIED"
    assert "Your role may not use the model" in caught.value.message
    assert len(chats(two)) == 1


async def test_auto_passes_over_what_the_role_may_not_use(desk: Desk, two: StandIn) -> None:
    provider = await desk.aprovider(two.url)
    await allow(desk, provider, "llama3.2:latest", ADMIN)
    assert (await run(desk.ask(user=desk.world.bob))).model == "mistral:latest"


async def test_a_provider_for_one_role_is_not_opened_by_a_model_of_it(
    desk: Desk, two: StandIn
) -> None:
    provider = await desk.aprovider(two.url)
    await allow(desk, provider, "", ADMIN)
    await allow(desk, provider, "mistral:latest", external_allowed=True)
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask(user=desk.world.bob, model="mistral:latest"))
    assert caught.value.code == "PERMISSION_DENIED"
    assert (await run(desk.ask(user=desk.world.amy))).text


async def test_nobody_in_particular_uses_what_everybody_may(desk: Desk, two: StandIn) -> None:
    provider = await desk.aprovider(two.url)
    await allow(desk, provider, "mistral:latest", ANALYST)
    ask = desk.ask(model="mistral:latest")
    with pytest.raises(Unanswered):
        await run(as_nobody(desk, ask))
    assert (await run(as_nobody(desk, desk.ask()))).model == "llama3.2:latest"


async def test_a_model_that_runs_elsewhere_needs_consent(desk: Desk) -> None:
    async with StandIn(Script(models=(CLOUD,))) as server:
        provider = await desk.aprovider(server.url)
        last = (await heard(desk.ask()))[-1]
        assert isinstance(last, Failed)
        assert last.code == "EXTERNAL_REFUSED"
        assert chats(server) == []
        await allow(desk, provider, "gpt-oss:120b-cloud", external_allowed=True)
        assert isinstance((await heard(desk.ask()))[-1], Finished)
        assert len(chats(server)) == 1


async def test_an_external_provider_needs_consent(desk: Desk, two: StandIn) -> None:
    provider = await desk.aprovider(two.url, external=True)
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask(model="llama3.2:latest"))
    assert caught.value.code == "EXTERNAL_REFUSED"
    await allow(desk, provider, external_allowed=True)
    assert (await run(desk.ask(model="llama3.2:latest"))).text


async def test_consent_of_one_organisation_is_none_of_another(desk: Desk, two: StandIn) -> None:
    provider = await desk.aprovider(two.url, organization=None, name="Cloud", external=True)
    await allow(desk, provider, external_allowed=True)
    assert (await run(desk.ask())).text
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask(user=desk.world.charlie))
    assert caught.value.code == "EXTERNAL_REFUSED"


async def test_providers_of_another_organisation_do_not_exist(desk: Desk, two: StandIn) -> None:
    provider = await desk.aprovider(two.url)
    for asked in ({}, {"provider": provider.pk}, {"model": "llama3.2:latest"}):
        with pytest.raises(Unanswered) as caught:
            await run(desk.ask(user=desk.world.charlie, **asked))
        assert caught.value.code == "NO_MODEL"
    assert two.requests == []


async def test_shared_providers_can_be_left_out(desk: Desk, two: StandIn) -> None:
    await desk.aprovider(two.url, organization=None, name="Shared")
    assert (await run(desk.ask())).text
    await put_settings(desk, {"use_shared": False})
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask())
    assert caught.value.code == "NO_MODEL"


async def test_a_disabled_provider_is_not_asked(desk: Desk, two: StandIn) -> None:
    await desk.aprovider(two.url, enabled=False)
    with pytest.raises(Unanswered):
        await run(desk.ask())
    assert two.requests == []


async def test_the_built_in_provider_answers_when_it_is_there(
    desk: Desk, two: StandIn, settings: Any
) -> None:
    settings.OLLAMA_URL = two.url
    answer = await run(desk.ask())
    assert (answer.provider, answer.model) == ("Ollama", "llama3.2:latest")


async def test_preferences_of_the_organisation(desk: Desk, two: StandIn) -> None:
    await desk.aprovider(two.url)
    prefer = sync_to_async(ModelPreference.objects.create)
    await prefer(organization=desk.world.acme, purpose="title", models_in_order=["mistral"])
    answer = await run(desk.ask(purpose=Purpose.TITLE))
    assert answer.model == "mistral:latest"
    assert "preferred for titles" in answer.chosen_because


def test_rows_are_read_in_a_fixed_number_of_queries(desk: Desk) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            read_rows(desk.world.acme.pk, desk.world.alice, Purpose.CHAT)
        return len(caught)

    first = desk.provider("http://10.0.0.1", name="P0")
    ModelAccess.objects.create(organization=desk.world.acme, provider=first, model="x")
    before = queries()
    for number in range(1, 5):
        provider = desk.provider("http://10.0.0.1", name=f"P{number}")
        ModelSetting.objects.create(provider=provider, model="m", context_window=4096)
        access = ModelAccess.objects.create(organization=desk.world.acme, provider=provider)
        access.groups.set(Group.objects.all())
    assert queries() == before


def as_nobody(desk: Desk, ask: Any) -> Any:
    return replace(ask, user=None)


@sync_to_async
def put_settings(desk: Desk, values: dict[str, Any]) -> None:
    LanguageModelSettings.objects.create(organization=desk.world.acme, values=values)
