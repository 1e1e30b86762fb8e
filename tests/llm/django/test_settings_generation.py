"""Generation defaults of an organisation."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from llm import queries
from llm.forms.settings.generation import NUMBERS, THINK, GenerationForm, bounds
from llm.models import GenerationDefaults
from llm.providers.options import GenerationOptions
from tests.world import World

URL = reverse("llm:settings-generation")


def text_of(response: Any) -> str:
    return str(response.content.decode())


def saved(world: World) -> dict[str, Any]:
    return queries.settings_of(world.amy).defaults.set()


def test_what_is_filled_in_is_saved_and_shown(world: World) -> None:
    amy = world.client(world.amy)
    values = {
        "temperature": "0.3",
        "top_k": "40",
        "num_ctx": "16384",
        "seed": "0",
        "stop": "END\r\n\r\n### \r\n",
        "think": "off",
    }
    assert amy.post(URL, values).status_code == 303
    assert saved(world) == {
        "temperature": 0.3,
        "top_k": 40,
        "num_ctx": 16384,
        "seed": 0,
        "stop": ("END", "### "),
        "think": False,
    }
    text = text_of(amy.get(URL))
    assert re.search(r'name="temperature" value="0.3"', text)
    assert re.search(r'<option value="off" selected', text)
    assert "END\n### </textarea>" in text.replace("\r", "")
    assert queries.settings_of(world.carl).defaults.set() == {}


@pytest.mark.parametrize("key", THINK)
def test_every_way_of_thinking_comes_back(world: World, key: str) -> None:
    world.client(world.amy).post(URL, {"think": key})
    assert saved(world) == {"think": THINK[key][0]}
    text = text_of(world.client(world.amy).get(URL))
    assert f'<option value="{key}" selected' in text


def test_the_installations_values_are_placeholders(world: World) -> None:
    GenerationDefaults.objects.create(options={"temperature": 0.8, "think": "low", "stop": ["X"]})
    text = text_of(world.client(world.amy).get(URL))
    assert 'placeholder="installation: 0.8"' in text
    assert 'placeholder="installation: X"' in text
    assert "As the installation says: A little" in text
    assert re.search(r'name="top_p"[^>]*placeholder="the model&#x27;s default"', text)


def test_they_are_reset(world: World) -> None:
    amy = world.client(world.amy)
    assert 'name="reset"' not in text_of(amy.get(URL))
    amy.post(URL, {"temperature": "1"})
    assert 'name="reset"' in text_of(amy.get(URL))
    assert amy.post(URL, {"reset": "1"}).status_code == 303
    assert saved(world) == {}


def test_an_empty_form_takes_all_back(world: World) -> None:
    amy = world.client(world.amy)
    amy.post(URL, {"temperature": "1"})
    assert amy.post(URL, {}).status_code == 303
    assert saved(world) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", "2.1"),
        ("temperature", "nan"),
        ("top_p", "0"),
        ("top_k", "1.5"),
        ("num_ctx", "511"),
        ("seed", "-1"),
        ("think", "perhaps"),
        ("stop", "x" * 101),
        ("stop", "\n".join("abcdefghi")),
    ],
)
def test_values_that_are_not_right(world: World, field: str, value: str) -> None:
    response = world.client(world.amy).post(URL, {field: value, "top_k": "9"} | {field: value})
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in text_of(response)
    assert saved(world) == {}


def test_the_form_knows_every_option_and_its_range() -> None:
    form = GenerationForm(installation=GenerationOptions())
    assert set(form.fields) == set(GenerationOptions.model_fields) - {"v"}
    for name in NUMBERS:
        highest = bounds(name)["maximum"]
        assert GenerationOptions.model_validate({name: highest}).set() == {name: highest}
        too_much = GenerationForm({name: str(highest + 1)}, installation=GenerationOptions())
        assert name in too_much.errors
