"""What pages and the API are told of providers, their use, and the machine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from common.jobs import submit
from common.jobs.models import Job, JobStatus
from common.jobs.periodic import run_due
from common.realtime.topics import may_follow
from llm import actions, queries, survey
from llm.actions.pulls import forget_old_pulls
from llm.models import ModelCall, ModelPull, Provider
from llm.standin import Running, fails, running
from tests.world import World

NAME = "llama3.2:latest"
pytestmark = pytest.mark.django_db


def test_cards_say_who_may_what(world: World, own: Provider, shared: Provider) -> None:
    def seen(user: Any) -> list[tuple[str, bool, bool]]:
        return [
            (card.provider.name, card.can_manage, card.is_own)
            for card in queries.provider_cards(user)
        ]

    assert seen(world.amy) == [("Acme's", True, True), ("Ollama", False, False)]
    assert seen(world.bob) == [("Acme's", False, False), ("Ollama", False, False)]
    assert seen(world.carl) == [("Ollama", False, False)]


def test_one_that_is_switched_off_is_not_asked(
    world: World, own: Provider, server: Running
) -> None:
    actions.update_provider(actor=world.amy, provider=own, enabled=False)
    before = len(server.requests)
    card = queries.provider_cards(world.amy)[0]
    assert (card.used, card.survey.state) == (False, "unknown")
    asked = [seen.path for seen in server.requests[before:]]
    assert asked.count("/api/tags") == 1  # of the shared one, at the same address
    assert {row.provider.builtin for row in queries.installed(world.amy)} == {True}


def test_what_a_server_had_is_kept_and_marked(
    world: World, shared: Provider, settings: Any
) -> None:
    with running() as server:
        settings.OLLAMA_URL = server.url
        there = [row.name for row in queries.installed(world.bob)]
        assert NAME in there
    survey.forget(shared)
    rows = queries.installed(world.bob)
    assert [row.name for row in rows] == there
    assert all(row.stale for row in rows)
    [card] = queries.provider_cards(world.bob)
    assert (card.survey.state, card.survey.code) == ("down", "MODEL_UNREACHABLE")


def test_details_where_the_server_fails(world: World, own: Provider, server: Running) -> None:
    queries.installed(world.bob)
    server.script(fails(500, "out of luck"), on="/api/show")
    found = queries.model_detail(world.bob, own.pk, NAME)
    assert found is not None
    assert found.details is None
    assert "out of luck" not in found.problem  # its own words are for those who manage it
    managed = queries.model_detail(world.amy, own.pk, NAME)
    assert managed is not None
    assert "out of luck" in managed.problem
    assert queries.model_detail(world.carl, own.pk, NAME) is None
    assert queries.model_detail(world.bob, own.pk, "nothing") is None


def test_a_kind_that_tells_less(world: World, server: Running) -> None:
    plain = actions.create_provider(
        actor=world.amy, name="Plain", kind="openai", base_url=server.url, order=0
    )
    card = queries.provider_cards(world.amy)[0]
    assert (card.survey.state, card.survey.version) == ("ok", "")
    assert "pull" not in card.capabilities
    row = next(row for row in queries.installed(world.amy) if row.provider == plain)
    found = queries.model_detail(world.amy, plain.pk, row.name)
    assert found is not None
    assert (found.details, found.problem) == (None, "Servers of this kind tell no more of a model.")
    for deed in (actions.load_model, actions.unload_model):
        with pytest.raises(Exception, match="cannot be told"):
            deed(actor=world.amy, provider=plain, name=row.name)


def test_the_number_of_queries_does_not_grow(
    world: World, own: Provider, server: Running, django_assert_max_num_queries: Any
) -> None:
    queries.installed(world.amy)
    assert len(server.installed) > 3
    with django_assert_max_num_queries(14):
        queries.installed(world.amy)


def call(world: World, **values: Any) -> ModelCall:
    defaults = {"organization": world.acme, "purpose": "chat", "model": NAME, "outcome": "ok"}
    return ModelCall.objects.create(**{**defaults, **values})


def test_use_in_figures(world: World) -> None:
    for first_token in (100, 300, 900):
        call(world, prompt_tokens=10, completion_tokens=5, first_token_ms=first_token)
    call(world, purpose="title", model="small", outcome="failed", error_code="MODEL_TIMEOUT")
    call(world, purpose="title", model="small", outcome="cached", prompt_tokens=7)
    call(world, organization=world.rival, prompt_tokens=1000)
    old = call(world, prompt_tokens=1000)
    ModelCall.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    found = queries.usage(world.amy, days=30)
    total = found.total
    assert (total.calls, total.failures, total.cached, total.tokens) == (5, 1, 1, 52)
    assert total.first_token_ms == 300
    assert [(line.label, line.calls) for line in found.by_purpose] == [("chat", 3), ("title", 2)]
    assert [line.first_token_ms for line in found.by_model] == [300, None]
    assert queries.usage(world.amy, days=10**6).days == 90
    assert queries.usage(world.carl).total.tokens == 1000


def test_use_is_for_admins(world: World) -> None:
    for user in (world.alice, world.bob, world.operator):
        with pytest.raises(PermissionDenied):
            queries.usage(user)


def test_the_machine(world: World, own: Provider, server: Running) -> None:
    assert queries.server_load(queries.providers_in_use(world.bob)).vram == 0
    actions.load_model(actor=world.amy, provider=own, name=NAME)
    queries.installed(world.bob)
    load = queries.server_load(queries.providers_in_use(world.bob))
    assert load.vram > 0
    assert load.here
    assert 0 < load.memory_used < load.memory_total
    assert load.processors >= 1
    assert len(load.load) == 3


def test_the_machine_of_others(world: World, own: Provider, settings: Any) -> None:
    settings.LLM_ALLOWED_HOSTS = ["10.1.2.3"]
    actions.set_advanced(actor=world.amy, values={"use_shared": False})
    actions.update_provider(actor=world.amy, provider=own, base_url="http://10.1.2.3")
    assert not queries.server_load(queries.providers_in_use(world.bob)).here


def test_who_may_follow(world: World) -> None:
    for user in (world.bob, world.amy):
        assert may_follow(user, f"models:{world.acme.pk}")
        assert may_follow(user, "models:shared")
        assert not may_follow(user, f"models:{world.rival.pk}")
    assert not may_follow(world.operator, "models:shared")
    world.bob.is_active = False
    assert not may_follow(world.bob, "models:shared")


def test_what_runs_every_so_often(world: World) -> None:
    assert {"llm.refresh_health", "llm.forget_calls", "llm.forget_pulls"} <= set(run_due())


def test_old_downloads_are_forgotten_with_their_jobs(world: World, own: Provider) -> None:
    kept = []
    for age, status in ((31, "failed"), (31, "running"), (1, "failed")):
        job = submit("llm.pull_model", payload={"pull_id": ""}, organization=world.acme)
        moment = timezone.now() - timedelta(days=age)
        Job.objects.filter(pk=job.pk).update(status=JobStatus(status), created_at=moment)
        pull = ModelPull.objects.create(
            organization=world.acme, provider=own, name=f"m{age}{status}", job=job
        )
        ModelPull.objects.filter(pk=pull.pk).update(updated_at=moment)
        kept.append(pull.name)
    assert forget_old_pulls() == 1
    assert set(ModelPull.objects.values_list("name", flat=True)) == set(kept[1:])
