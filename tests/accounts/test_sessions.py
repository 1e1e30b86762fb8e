"""The list of browsers one is logged in with."""

from __future__ import annotations

import re

import pytest

from accounts.models import AuditEntry
from accounts.sessions import browser_name
from tests.world import World

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
END = re.compile(r'action="(/settings/sessions/[0-9a-f]+/end/)"')


def test_another_browser_is_listed_and_can_be_logged_out(world: World) -> None:
    here = world.client(world.alice)
    there = world.client(world.alice, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="203.0.113.7")
    there.get("/settings/")
    text = here.get("/settings/sessions/").content.decode()
    assert "Firefox on Linux" in text
    assert "203.0.113.7" in text
    assert "This browser" in text
    (url,) = END.findall(text)
    assert here.post(url).status_code == 303
    assert there.get("/settings/").status_code == 302
    assert here.get("/settings/").status_code == 200
    assert AuditEntry.objects.get().action == "user.session-ended"


def test_others_sessions_are_neither_listed_nor_found(world: World) -> None:
    mine, second = world.client(world.alice), world.client(world.alice)
    second.get("/settings/")
    (url,) = END.findall(mine.get("/settings/sessions/").content.decode())
    assert not END.findall(world.client(world.dave).get("/settings/sessions/").content.decode())
    for stranger in (world.dave, world.amy, world.carl):
        assert world.client(stranger).post(url).status_code == 404
    assert world.client().post(url).status_code == 302
    assert mine.get(url).status_code == 405
    assert second.get("/settings/").status_code == 200


def test_the_page_does_not_give_session_keys_away(world: World) -> None:
    browser, other = world.client(world.alice), world.client(world.alice)
    text = browser.get("/settings/sessions/").content.decode()
    for one in (browser, other):
        assert one.session.session_key not in text


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/130 Safari/537 Edg/130",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604", "Safari on iPhone"),
        ("curl/8.5.0", "curl"),
        ("", ""),
    ],
)
def test_browsers_have_names(agent: str, name: str) -> None:
    assert browser_name(agent) == name
