"""Notices under the top bar: who sees them, when they go, when they come back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import include, path, reverse

from common import notices, shell
from common.jobs import submit
from common.shell import Notice, register_notice
from reportmanager.urls import urlpatterns as pages
from tests.common.jobs import kinds  # noqa: F401  (registers them)
from tests.world import World

urlpatterns = [path("", include("common.urls")), *pages]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
HTMX = {"HX-Request": "true"}
PAGE = "/settings/appearance/"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the providers of the test are asked."""
    monkeypatch.setattr(shell.registry, "notices", [])


def say(text: str = "The model server is away.", **fields: Any) -> Callable[[HttpRequest], Notice]:
    notice = Notice(**({"key": "model-server", "state": "warn", "text": text} | fields))
    return lambda request: notice


def page(client: Client, address: str = PAGE) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def shown(html: str) -> list[str]:
    """The texts of the notices of a page, in order."""
    found = re.findall(r'class="notice__body" id="[\w-]+" role="status">(.*?)</div>', html, re.S)
    return [text.strip() for text in found]


def dismiss(client: Client, html: str, **options: Any) -> Any:
    """Press the first button."""
    form = html.partition('class="notice-bar__dismissal"')[2].partition("</form>")[0]
    [address] = re.findall(r'action="([^"]+)"', form)
    fields = dict(re.findall(r'name="(next|seen)" value="([^"]+)"', form))
    assert fields.keys() == {"next", "seen"}
    return client.post(address, fields | options.pop("fields", {}), **options)


def test_it_stands_on_every_page_of_who_is_signed_in(world: World) -> None:
    register_notice(say(url="/models/", action="Look at it"))
    for name, address in (("alice", PAGE), ("bob", "/"), ("amy", "/reports/")):
        html = page(world.client(getattr(world, name)), address)
        assert shown(html) == ['The model server is away. <a href="/models/">Look at it</a>']
        assert 'data-state="warn"' in html


def test_visitors_see_none(world: World) -> None:
    asked: list[HttpRequest] = []
    register_notice(asked.append)  # type: ignore[arg-type]
    assert shown(page(world.client(), "/login/")) == []
    assert asked == []


def test_nobody_is_asked_for_a_fragment(world: World) -> None:
    asked: list[str] = []
    register_notice(lambda request: asked.append(request.path))  # type: ignore[func-returns-value]
    job = submit("tests.refuse", user=world.alice, organization=world.acme)
    client = world.client(world.alice)
    client.get(job.get_absolute_url(), headers=HTMX)
    assert asked == []
    page(client, job.get_absolute_url())
    assert asked == [job.get_absolute_url()]


def test_nothing_to_say_draws_nothing(world: World) -> None:
    register_notice(lambda request: None)
    assert "notice-bar" not in page(world.client(world.alice))


def test_a_provider_may_be_registered_twice(world: World) -> None:
    provider = say()
    register_notice(provider)
    register_notice(provider)
    assert len(shell.registry.notices) == 1


def explode(request: HttpRequest) -> Notice:
    raise RuntimeError("no")


@pytest.mark.parametrize(
    "broken",
    [
        explode,
        say(key="../admin"),
        say(key="Model Server"),
        say(state="ok"),
        lambda request: "a text",
    ],
)
def test_a_provider_that_fails_is_left_out(world: World, broken: Any) -> None:
    register_notice(broken)
    register_notice(say("All is not lost.", key="other"))
    assert shown(page(world.client(world.alice))) == ["All is not lost."]


def test_the_worst_comes_first_and_a_key_once(world: World) -> None:
    for key, state in (("a", "info"), ("b", "bad"), ("c", "warn"), ("b", "bad")):
        register_notice(say(f"This is {key}.", key=key, state=state))
    html = page(world.client(world.alice))
    assert shown(html) == ["This is b.", "This is c.", "This is a."]
    bar = html.partition('class="notice-bar"')[2].partition("</section>")[0]
    assert 'role="alert"' not in bar
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert sorted(ids) == sorted(set(ids))


def test_a_text_is_only_text(world: World) -> None:
    register_notice(say("<b>bold</b>", action="<i>", url='/"><script>'))
    html = page(world.client(world.alice))
    assert "&lt;b&gt;bold&lt;/b&gt;" in html
    assert "<script>" not in html


def test_dismissed_it_is_gone_for_the_session(world: World) -> None:
    register_notice(say())
    register_notice(say("Another.", key="another", state="info"))
    client, elsewhere = world.client(world.alice), world.client(world.alice)
    response = dismiss(client, page(client, f"{PAGE}?a=1"))
    assert (response.status_code, response.headers["Location"]) == (303, f"{PAGE}?a=1")
    for address in (PAGE, "/", "/reports/"):
        assert shown(page(client, address)) == ["Another."]
    assert len(shown(page(elsewhere))) == 2


def test_another_text_is_shown_again(world: World) -> None:
    register_notice(say("Away since nine."))
    client = world.client(world.alice)
    before = page(client)
    shell.registry.notices[:] = [say("Away since ten.")]
    dismiss(client, before)  # what was read is dismissed, not what is true by now
    assert shown(page(client)) == ["Away since ten."]
    dismiss(client, page(client))
    assert shown(page(client)) == []


def test_htmx_gets_a_fragment_that_says_so(world: World) -> None:
    register_notice(say())
    client = world.client(world.alice)
    response = dismiss(client, page(client), headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in text
    assert 'id="notice-model-server"' in text
    assert "The model server" not in text
    assert shown(page(client)) == []


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "/\\evil.example", "evil", ""]
)
def test_it_leads_nowhere_else(world: World, address: str) -> None:
    register_notice(say())
    client = world.client(world.alice)
    response = dismiss(client, page(client), fields={"next": address})
    assert response.headers["Location"] == "/"


@pytest.mark.parametrize(
    ("key", "seen"),
    [("model-server", ""), ("model-server", "x" * 16), ("Model_Server", "0" * 16), ("a" * 61, "0")],
)
def test_nonsense_is_refused_and_kept_out_of_the_session(world: World, key: str, seen: str) -> None:
    client = world.client(world.alice)
    response = client.post(reverse("notice-dismissal", args=[key]), {"seen": seen})
    assert response.status_code == 422
    assert notices.SESSION_KEY not in client.session


def test_the_session_keeps_the_latest_only(world: World) -> None:
    client = world.client(world.alice)
    for number in range(notices.MOST_DISMISSED + 3):
        client.post(reverse("notice-dismissal", args=[f"n{number}"]), {"seen": "0" * 16})
    kept = client.session[notices.SESSION_KEY]
    assert len(kept) == notices.MOST_DISMISSED
    assert list(kept)[-1] == f"n{notices.MOST_DISMISSED + 2}"


def test_methods_and_login(world: World) -> None:
    address = reverse("notice-dismissal", args=["model-server"])
    client = world.client(world.alice)
    assert client.get(address).status_code == 405
    assert world.client().post(address).status_code == 302
    strict = world.client(world.alice, enforce_csrf_checks=True)
    assert strict.post(address, {"seen": "0" * 16}).status_code == 403


@pytest.mark.urls("tests.common.frame_pages")
def test_where_it_cannot_be_dismissed_it_is_still_shown(world: World, rf: RequestFactory) -> None:
    register_notice(say())
    request = rf.get("/reports/")
    request.user = world.alice
    html = render_to_string("base.html", {}, request=request)
    assert shown(html) == ["The model server is away."]
    assert "notice-bar__dismissal" not in html
