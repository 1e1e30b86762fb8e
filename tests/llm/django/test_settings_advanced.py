"""How long models stay loaded, and how long answers may take."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from llm import queries
from llm.models.settings import Advanced
from tests.world import World

URL = reverse("llm:settings-advanced")


def text_of(response: Any) -> str:
    return str(response.content.decode())


def stored(world: World) -> Advanced:
    return queries.settings_of(world.amy).advanced


@pytest.mark.parametrize(
    ("values", "keep_alive"),
    [
        ({"stay": "server", "minutes": "9"}, None),
        ({"stay": "ever"}, -1),
        ({"stay": "minutes", "minutes": "30"}, 30),
        ({"stay": "minutes", "minutes": "0"}, 0),
    ],
)
def test_how_long_models_stay(world: World, values: dict[str, str], keep_alive: int | None) -> None:
    assert world.client(world.amy).post(URL, values).status_code == 303
    assert stored(world).keep_alive == keep_alive
    text = text_of(world.client(world.amy).get(URL))
    assert re.search(rf'value="{values["stay"]}"[^>]*checked', text)


def test_the_longest_times(world: World, settings: Any) -> None:
    amy = world.client(world.amy)
    values = {"stay": "server", "seconds-chat": "120", "seconds-title": "7.5"}
    assert amy.post(URL, values).status_code == 303
    assert dict(stored(world).budgets) == {"chat": 120, "title": 7.5}
    text = text_of(amy.get(URL))
    assert re.search(r'name="seconds-title" value="7.5"', text)
    assert f'placeholder="installation: {settings.LLM_BUDGETS["sql"]:g}"' in text
    amy.post(URL, {"stay": "server"})
    assert dict(stored(world).budgets) == {}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("stay", {"stay": ""}),
        ("minutes", {"stay": "minutes"}),
        ("minutes", {"stay": "minutes", "minutes": "1441"}),
        ("seconds-chat", {"stay": "server", "seconds-chat": "4"}),
        ("seconds-embed", {"stay": "server", "seconds-embed": "1801"}),
    ],
)
def test_values_that_are_not_right(world: World, field: str, values: dict[str, str]) -> None:
    response = world.client(world.amy).post(URL, values)
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in text_of(response)
    assert stored(world) == Advanced()
