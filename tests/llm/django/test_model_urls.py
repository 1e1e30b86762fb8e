"""What the URLs promise that name a model of a server: ``?provider=1&name=qwen3:4b``."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from llm.models import Provider
from tests.world import World

FORMS = ("model-loading", "model-deletion")
POSTS = ("model-setting", "model-unloading", "model-trial")
PAGES = ("model-detail", *FORMS)
ALL = (*PAGES, *POSTS)
WRONG = {
    "model-setting": {"context_window": "5"},
    "model-loading": {"keep_alive": "magic"},
    "model-deletion": {"confirmation": "something else"},
    "model-trial": {"question": "  "},
}


def url_of(name: str, provider: Provider, model: str = "qwen3:4b") -> str:
    query = urlencode({"provider": provider.pk, "name": model})
    return f"{reverse(f'llm:{name}')}?{query}"


def call(browser: Client, name: str, provider: Provider) -> Any:
    url = url_of(name, provider)
    return browser.post(url) if name in POSTS else browser.get(url)


@pytest.mark.parametrize("name", ALL)
def test_a_login_is_asked_for(world: World, own: Provider, name: str) -> None:
    response = call(world.client(), name, own)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:login"))


@pytest.mark.parametrize("name", ALL)
def test_another_organisations_server_is_not_found(world: World, own: Provider, name: str) -> None:
    assert call(world.client(world.carl), name, own).status_code == 404


@pytest.mark.parametrize("name", [*FORMS, *POSTS])
def test_a_role_too_low_is_refused(world: World, own: Provider, name: str) -> None:
    for user in (world.alice, world.bob):
        assert call(world.client(user), name, own).status_code == 403


@pytest.mark.parametrize("name", ALL)
def test_other_methods_are_not_allowed(world: World, own: Provider, name: str) -> None:
    allowed = {"POST"} if name in POSTS else {"GET", "POST"} if name in FORMS else {"GET"}
    for method in {"GET", "POST", "PUT", "DELETE"} - allowed:
        response = world.client(world.amy).generic(method, url_of(name, own))
        assert response.status_code == 405, (method, name)


@pytest.mark.parametrize("name", PAGES)
def test_the_page_comes(world: World, own: Provider, name: str) -> None:
    user = world.bob if name == "model-detail" else world.amy
    response = call(world.client(user), name, own)
    assert response.status_code == 200
    text = response.content.decode()
    assert "<html" in text
    assert "qwen3:4b" in text


@pytest.mark.parametrize("name", FORMS)
def test_htmx_gets_the_fragment(world: World, own: Provider, name: str) -> None:
    response = world.client(world.amy).get(url_of(name, own), headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "<html" not in response.content.decode()


@pytest.mark.parametrize("name", WRONG)
def test_an_invalid_form_is_shown_again(world: World, own: Provider, name: str) -> None:
    response = world.client(world.amy).post(url_of(name, own), WRONG[name])
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize("query", ["", "?provider=x&name=a", "?provider=1", "?name=qwen3:4b"])
def test_a_query_that_names_nothing(world: World, own: Provider, query: str) -> None:
    url = reverse("llm:model-detail") + query
    assert world.client(world.bob).get(url).status_code == 404


def test_a_model_that_is_not_there(world: World, own: Provider) -> None:
    url = url_of("model-detail", own, "no-such-model:1b")
    assert world.client(world.bob).get(url).status_code == 404
