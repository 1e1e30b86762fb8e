"""The Connection tab: the list, its order, the shared providers' switch, a saved one's test."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from llm import queries, survey
from llm.models import Provider
from llm.standin import Running
from llm.views.settings.ordering import numbers
from tests.world import World

URL = reverse("llm:settings-connection")


def text_of(response: Any) -> str:
    return str(response.content.decode())


def add(world: World, name: str, order: int = 100, **more: Any) -> Provider:
    values = {"kind": "ollama", "base_url": "http://127.0.0.1:9"} | more
    return Provider.objects.create(organization=world.acme, name=name, order=order, **values)


def names(world: World) -> list[str]:
    return [provider.name for provider in Provider.objects.visible_to(world.amy)]


def press(world: World, provider: Provider, to: str, **headers: str) -> Any:
    url = reverse("llm:provider-order", args=[provider.pk])
    return world.client(world.amy).post(url, {"to": to}, headers=headers)


def test_the_list_says_what_each_server_says(world: World, own: Provider, shared: Provider) -> None:
    add(world, "Dead one")
    add(world, "Unplugged", enabled=False)
    text = text_of(world.client(world.amy).get(URL))
    assert own.base_url in text
    assert "5 models" in text
    assert "Does not answer" in text
    assert "Switched off" in text
    assert text.index("Acme&#x27;s") < text.index("Dead one") < text.index(">shared<")


def test_where_a_shared_server_is_stays_the_operators_secret(
    world: World, shared: Provider, server: Running
) -> None:
    assert server.url not in text_of(world.client(world.amy).get(URL))
    shared.shared_management = True
    shared.save()
    assert server.url in text_of(world.client(world.amy).get(URL))


def test_another_organisations_servers_are_not_listed(world: World, own: Provider) -> None:
    assert own.base_url not in text_of(world.client(world.carl).get(URL))


def test_that_none_answers_is_said(world: World, settings: Any, shared: Provider) -> None:
    settings.OLLAMA_URL = "http://127.0.0.1:9"
    text = text_of(world.client(world.amy).get(URL))
    assert "None of these providers answers." in text


def test_shared_providers_are_switched_off_and_on(world: World, shared: Provider) -> None:
    amy = world.client(world.amy)
    assert amy.post(URL, {"use_shared": "off"}).status_code == 303
    assert queries.providers_in_use(world.amy) == []
    assert queries.providers_in_use(world.carl) == [shared]
    text = text_of(amy.get(URL))
    assert 'aria-checked="false"' in text
    assert "No provider is in use" in text
    assert "Not used" in text
    amy.post(URL, {"use_shared": "on"})
    assert queries.providers_in_use(world.amy) == [shared]


def test_the_switch_leaves_the_other_advanced_settings_alone(world: World) -> None:
    amy = world.client(world.amy)
    amy.post(reverse("llm:settings-advanced"), {"stay": "ever", "seconds-chat": "90"})
    amy.post(URL, {"use_shared": "off"})
    advanced = queries.settings_of(world.amy).advanced
    assert (advanced.keep_alive, dict(advanced.budgets)) == (-1, {"chat": 90})
    amy.post(reverse("llm:settings-advanced"), {"stay": "server"})
    assert queries.settings_of(world.amy).advanced.use_shared is False


def test_own_providers_move_past_each_other_and_past_shared_ones(
    world: World, shared: Provider
) -> None:
    one, two = add(world, "One"), add(world, "Two")
    assert names(world) == ["One", "Two", "Ollama"]
    assert press(world, two, "up").status_code == 303
    assert names(world) == ["Two", "One", "Ollama"]
    press(world, one, "down")
    assert names(world) == ["Two", "Ollama", "One"]
    press(world, one, "down")
    press(world, two, "up")
    assert names(world) == ["Two", "Ollama", "One"]
    press(world, one, "up")
    assert names(world) == ["Two", "One", "Ollama"]
    shared.refresh_from_db()
    assert shared.order == 1000


def test_to_htmx_the_list_comes_back_with_the_focus_on_what_moved(world: World) -> None:
    add(world, "One")
    two = add(world, "Two")
    text = text_of(press(world, two, "up", **{"HX-Request": "true"}))
    assert "<html" not in text
    assert "Two is number 1 now." in text
    assert text.count("data-focus") == 1


def test_shared_ones_cannot_be_moved(world: World, shared: Provider) -> None:
    assert press(world, shared, "up").status_code == 403


@pytest.mark.parametrize(
    ("rows", "moved", "up", "expected"),
    [
        ([("a", 5), ("b", 5), ("c", 5)], "c", True, "acb"),
        ([("a", 0), ("S", 0), ("T", 0)], "a", False, "STa"),
        ([("S", 100), ("T", 100), ("a", 200)], "a", True, "aST"),
        ([("S", 0), ("a", 1)], "a", True, ""),
        ([("a", 3), ("S", 4), ("b", 5)], "b", True, "abS"),
        ([("a", 3), ("S", 9)], "a", True, ""),
    ],
)
def test_numbers_give_the_wanted_order(
    rows: list[tuple[str, int]], moved: str, up: bool, expected: str
) -> None:
    """Capitals are shared."""
    made = [
        Provider(pk=pk, name=name, order=order, organization_id=None if name.isupper() else 1)
        for pk, (name, order) in enumerate(rows, 1)
    ]
    key = next(row.pk for row in made if row.name == moved)
    found = numbers(made, key, up=up)
    if not expected:
        assert found is None
        return
    assert found is not None
    assert all(not row.is_shared for row in made if row.pk in found)
    keyed = sorted((found.get(row.pk, row.order), row.pk, row.name) for row in made)
    assert "".join(name for _order, _pk, name in keyed) == expected


def test_a_saved_provider_is_tested_from_the_list(world: World, own: Provider) -> None:
    url = reverse("llm:provider-test", args=[own.pk])
    text = text_of(world.client(world.amy).post(url, headers={"HX-Request": "true"}))
    assert "<html" not in text
    assert "Acme&#x27;s: " in text
    assert "with 5 models" in text
    page = text_of(world.client(world.amy).post(url))
    assert "<html" in page
    assert "with 5 models" in page
    assert 'id="providers"' in page


def test_a_shared_one_only_by_those_who_manage_it(
    world: World, shared: Provider, server: Running
) -> None:
    url = reverse("llm:provider-test", args=[shared.pk])
    assert world.client(world.amy).post(url).status_code == 403
    shared.shared_management = True
    shared.save()
    assert "The connection works." in text_of(world.client(world.amy).post(url))


def test_looking_at_the_list_leaves_servers_alone_that_are_not_used(
    world: World, server: Running, shared: Provider
) -> None:
    spare = add(world, "Spare", base_url=server.url, enabled=False)
    world.client(world.amy).get(URL)
    assert survey.last_known(spare).state == survey.State.UNKNOWN
