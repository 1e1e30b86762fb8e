"""Models on other pages: the bar that says a server is away, and the command palette."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from common import clock
from llm import actions, survey
from llm.models import Provider
from llm.standin import Running
from tests.llm.django.seen import seen
from tests.world import World

AWAY = "http://127.0.0.1:9"


def bar(world: World, user: Any, path: str = "/") -> bool:
    """Whether the page has one about models."""
    return bool(seen(world.client(user).get(path)).having(id="notice-models"))


def look(*providers: Provider) -> None:
    for provider in providers:
        survey.forget(provider)
    survey.surveys_of(providers)


@pytest.fixture
def left(shared: Provider, server: Running, settings: Any) -> Provider:
    """The installation's server has answered, and does not any more."""
    look(shared)
    settings.OLLAMA_URL = AWAY
    look(shared)
    assert shared.seen_at
    return shared


def test_one_that_never_answered_is_no_news(world: World, shared: Provider, settings: Any) -> None:
    settings.OLLAMA_URL = AWAY
    look(shared)
    assert survey.last_known(shared).state == "down"
    assert not bar(world, world.amy)
    assert not bar(world, world.amy, reverse("llm:model-list"))


def test_nobody_asked_yet_is_no_news(world: World, left: Provider) -> None:
    cache.clear()
    assert not bar(world, world.amy)


def test_those_who_can_mend_it_are_told_everywhere(world: World, left: Provider) -> None:
    for path in ("/", "/reports/"):
        page = seen(world.client(world.amy).get(path))
        assert "Ollama does not answer. No language model is available." in page.text
        assert page.links["See details"] == reverse("llm:health")
        assert page.having(id="notice-models", data_state="warn")
    # The pages about models say it themselves.
    assert not bar(world, world.amy, reverse("llm:model-list"))


def test_others_are_told_where_models_matter(world: World, left: Provider) -> None:
    assert not bar(world, world.alice)
    page = seen(world.client(world.alice).get("/wizard/"))
    assert "Ollama does not answer." in page.text
    assert page.links["See details"] == reverse("llm:model-list")
    assert not bar(world, world.bob)


def test_where_others_answer_it_is_less(
    world: World, left: Provider, own: Provider, settings: Any
) -> None:
    settings.LLM_ALLOWED_HOSTS = ["127.0.0.1"]
    look(own)
    page = seen(world.client(world.amy).get("/"))
    assert page.having(id="notice-models", data_state="info")
    assert "Ollama does not answer. Other models answer instead." in page.text


def test_several_are_named(world: World, left: Provider) -> None:
    for name in ("<b>Box</b>", "Shed"):
        gone = Provider.objects.create(
            organization=world.acme, name=name, kind="ollama", base_url=AWAY, order=1,
            seen_at=clock.now(),
        )  # fmt: skip
        look(gone)
    response = world.client(world.amy).get("/")
    assert b"<b>Box" not in response.content
    assert "These model servers do not answer: <b>Box</b>, Shed, Ollama." in seen(response).text


def test_one_that_is_switched_off_is_not_missed(world: World, left: Provider) -> None:
    actions.set_advanced(actor=world.amy, values={"use_shared": False})
    assert not bar(world, world.amy)
    assert bar(world, world.carl)


def test_it_goes_when_the_server_is_back(
    world: World, left: Provider, server: Running, settings: Any
) -> None:
    assert bar(world, world.amy)
    settings.OLLAMA_URL = server.url
    look(left)
    assert not bar(world, world.amy)


def test_another_organisations_trouble_is_none_of_theirs(world: World) -> None:
    gone = Provider.objects.create(
        organization=world.rival, name="R", kind="ollama", base_url=AWAY, seen_at=clock.now()
    )
    look(gone)
    assert not bar(world, world.amy)
    assert bar(world, world.carl)


def test_operators_have_no_models(world: World, left: Provider) -> None:
    assert not bar(world, world.operator)


def found(world: World, user: Any, query: str) -> dict[str, str]:
    return seen(world.client(user).get(reverse("palette"), {"q": query})).links


def test_the_palette_finds_models(world: World, own: Provider) -> None:
    assert not [label for label in found(world, world.bob, "qwen") if "qwen" in label]
    look(own)
    links = found(world, world.bob, "QWEN")
    [address] = [href for label, href in links.items() if "qwen3:4b" in label]
    assert "qwen3:4b" in seen(world.client(world.bob).get(address)).text
    assert not [label for label in found(world, world.carl, "qwen") if "qwen" in label]
    assert not [label for label in found(world, world.bob, "") if "qwen" in label]
