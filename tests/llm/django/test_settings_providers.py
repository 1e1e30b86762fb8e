"""A provider's own page: added, tried out, changed, removed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from llm.models import Provider
from llm.standin import EVERYTHING, Running, fails
from tests.world import World

NEW = reverse("llm:provider-create")
TEST = reverse("llm:provider-test")
LIST = reverse("llm:settings-connection")
KEY = "sk-only-acme-knows"
HTMX = {"HX-Request": "true"}


def text_of(response: Any) -> str:
    return str(response.content.decode())


def edit_url(provider: Provider) -> str:
    return reverse("llm:provider-edit", args=[provider.pk])


def typed(server: Running | None = None, **more: Any) -> dict[str, Any]:
    values = {
        "name": "GPU machine",
        "kind": "ollama",
        "base_url": server.url if server else "http://127.0.0.1:9",
        "enabled": "on",
        "parallel": "2",
        "waiting": "10",
    }
    return values | more


@pytest.fixture
def keyed(own: Provider) -> Provider:
    own.secret = {"api_key": KEY}
    own.save()
    return own


def test_one_is_added(world: World, server: Running) -> None:
    response = world.client(world.amy).post(NEW, typed(server, external="on", api_key=KEY))
    assert (response.status_code, response["Location"]) == (303, LIST)
    made = Provider.objects.get(organization=world.acme)
    assert (made.name, made.url, made.api_key) == ("GPU machine", server.url, KEY)
    assert (made.external, made.enabled, made.parallel, made.waiting) == (True, True, 2, 10)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("kind", "magic"), ("base_url", "http://10.1.2.3"), ("parallel", "17")],
)
def test_what_is_wrong_is_said_at_its_field(
    world: World, server: Running, field: str, value: str
) -> None:
    response = world.client(world.amy).post(NEW, typed(server, api_key=KEY) | {field: value})
    text = text_of(response)
    assert response.status_code == 422
    assert f'id="id_{field}_error"' in text
    assert 'role="alert"' in text
    assert KEY not in text
    assert "Type the key once more" in text


def test_the_key_is_never_shown(world: World, keyed: Provider) -> None:
    text = text_of(world.client(world.amy).get(edit_url(keyed)))
    assert KEY not in text
    assert "A key is stored." in text
    assert re.search(r'<input type="password"[^>]*name="api_key"', text)
    assert 'name="clear_api_key"' in text
    assert 'name="clear_api_key"' not in text_of(world.client(world.amy).get(NEW))


def test_an_empty_key_keeps_the_stored_one_and_a_tick_removes_it(
    world: World, keyed: Provider, server: Running
) -> None:
    amy, url = world.client(world.amy), edit_url(keyed)
    assert amy.post(url, typed(server, version="1")).status_code == 303
    keyed.refresh_from_db()
    assert (keyed.name, keyed.api_key, keyed.version) == ("GPU machine", KEY, 2)
    assert amy.post(url, typed(server, version="2", clear_api_key="on")).status_code == 303
    keyed.refresh_from_db()
    assert keyed.api_key == ""


def test_the_key_does_not_go_along_to_another_server(world: World, keyed: Provider) -> None:
    response = world.client(world.amy).post(edit_url(keyed), typed(version="1"))
    assert response.status_code == 422
    assert 'id="id_base_url_error"' in text_of(response) or "API key" in text_of(response)
    keyed.refresh_from_db()
    assert keyed.url != "http://127.0.0.1:9"


def test_a_change_in_the_meantime_is_told_and_can_be_decided(
    world: World, own: Provider, server: Running
) -> None:
    amy = world.client(world.amy)
    amy.post(edit_url(own), typed(server, name="Somebody else's", version="1"))
    response = amy.post(edit_url(own), typed(server, name="Mine", parallel="5", version="1"))
    text = text_of(response)
    assert response.status_code == 409
    assert "was changed by someone else in the meantime" in text
    assert 'value="Mine"' in text
    shown = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", text)
    assert ("Name", "Somebody else&#x27;s") in shown
    assert ("Requests at a time", "2") in shown
    version = re.search(r'name="version" value="(\d+)"', text)
    assert version
    again = typed(server, name="Mine", parallel="5", version=version[1])
    assert amy.post(edit_url(own), again).status_code == 303
    own.refresh_from_db()
    assert (own.name, own.parallel) == ("Mine", 5)


def test_without_a_version_nothing_is_overwritten(
    world: World, own: Provider, server: Running
) -> None:
    assert world.client(world.amy).post(edit_url(own), typed(server)).status_code == 409


def test_shared_ones_are_the_operators(world: World, shared: Provider) -> None:
    amy = world.client(world.amy)
    for name in ("edit", "deletion", "order"):
        url = reverse(f"llm:provider-{name}", args=[shared.pk])
        assert amy.post(url, typed()).status_code == 403
    url = reverse("llm:provider-test", args=[shared.pk])
    assert amy.post(url, typed()).status_code == 403


# --- test connection ---------------------------------------------------------------------------


def test_unsaved_values_are_tested(world: World, server: Running) -> None:
    response = world.client(world.amy).post(TEST, typed(server, name=""), headers=HTMX)
    text = text_of(response)
    assert response.status_code == 200
    assert "<html" not in text
    assert "The connection works." in text
    assert "with 5 models" in text
    assert not Provider.objects.filter(organization=world.acme).exists()


def test_a_server_that_does_not_answer_is_an_answer(world: World, settings: Any) -> None:
    settings.LLM_ALLOWED_HOSTS = ["127.0.0.1"]
    response = world.client(world.amy).post(TEST, typed(), headers=HTMX)
    assert response.status_code == 200
    assert "The connection does not work." in text_of(response)
    assert "Nothing answers at this address" in text_of(response)


def test_what_the_server_says_is_told(world: World, server: Running) -> None:
    server.script(fails(503), on=EVERYTHING)
    text = text_of(world.client(world.amy).post(TEST, typed(server), headers=HTMX))
    assert "The connection does not work." in text


def test_an_address_nobody_may_enter_is_refused(world: World, server: Running) -> None:
    values = typed(base_url="http://10.1.2.3")
    text = text_of(world.client(world.amy).post(TEST, values, headers=HTMX))
    assert "The connection does not work." in text
    assert "connecting there is not allowed" in text


def test_what_cannot_be_tested_is_said(world: World) -> None:
    values = typed(base_url="", kind="magic")
    response = world.client(world.amy).post(TEST, values, headers=HTMX)
    text = text_of(response)
    assert response.status_code == 422
    assert "Address: This field is required." in text
    assert "Kind of server: " in text


def test_without_javascript_the_page_keeps_what_was_typed(world: World, server: Running) -> None:
    values = typed(server, api_key=KEY, external="on", parallel="3")
    del values["enabled"]
    text = text_of(world.client(world.amy).post(TEST, values))
    assert "<html" in text
    assert "The connection works." in text
    assert 'value="GPU machine"' in text
    assert f'value="{server.url}"' in text
    assert re.search(r'name="parallel" value="3"', text)
    assert re.search(r'name="external"[^>]*checked', text)
    assert not re.search(r'name="enabled"[^>]*checked', text)
    assert KEY not in text
    assert "Type the key once more" in text
    assert "error-summary" not in text


def test_the_stored_key_is_sent_to_its_own_server_only(
    world: World, keyed: Provider, server: Running, settings: Any
) -> None:
    settings.LLM_ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
    url = reverse("llm:provider-test", args=[keyed.pk])
    world.client(world.amy).post(url, typed(server), headers=HTMX)
    assert server.requests[-1].headers["authorization"] == f"Bearer {KEY}"
    elsewhere = typed(base_url=f"http://localhost:{server.port}")
    text = text_of(world.client(world.amy).post(url, elsewhere, headers=HTMX))
    assert "The stored API key was not sent" in text
    assert "authorization" not in server.requests[-1].headers


def test_too_many_tests_are_refused_and_keep_what_was_typed(
    world: World, server: Running, settings: Any
) -> None:
    settings.RATE_LIMITS = {"hour": 1}
    amy = world.client(world.amy)
    amy.post(TEST, typed(server))
    response = amy.post(TEST, typed(server))
    assert response.status_code == 429
    assert 'value="GPU machine"' in text_of(response)


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_testing_takes_the_permission(world: World, server: Running, name: str) -> None:
    browser = world.client(getattr(world, name))
    assert browser.post(TEST, typed(server)).status_code == 403
    assert not server.requests


# --- removal -----------------------------------------------------------------------------------


def test_one_is_removed_after_its_consequences_were_told(world: World, own: Provider) -> None:
    amy, url = world.client(world.amy), reverse("llm:provider-deletion", args=[own.pk])
    amy.get(LIST)
    assert "5 models can no longer be used from here" in text_of(amy.get(url))
    assert Provider.objects.filter(pk=own.pk).exists()
    response = amy.post(url)
    assert (response.status_code, response["Location"]) == (303, LIST)
    assert not Provider.objects.filter(pk=own.pk).exists()
