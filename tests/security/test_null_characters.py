"""The zero character is refused before it reaches a database that cannot store it."""

from __future__ import annotations

import pytest

from accounts.models import ApiToken
from tests.world import World

BODY = '{"uploadId": "00000000-0000-0000-0000-000000000000", "name": "a\\u0000b"}'


@pytest.mark.parametrize(
    "url",
    ["/palette/?q=%00", "/sources/?kind=%00", "/organization/members/?q=a%00b", "/reports/%00/"],
)
def test_not_in_addresses(world: World, url: str) -> None:
    assert world.client(world.amy).get(url).status_code == 400


def test_not_in_forms(world: World) -> None:
    response = world.client(world.alice).post(
        "/settings/theme/", "theme=light&next=%2F%00", "application/x-www-form-urlencoded"
    )
    assert response.status_code == 400


@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
def test_not_in_json(world: World, content_type: str) -> None:
    _token, text = ApiToken.issue(
        user=world.alice, name="t", scopes=["read", "write"], expires_at=None
    )
    response = world.client().post(
        "/api/v1/sources", BODY, content_type, headers={"Authorization": f"Bearer {text}"}
    )
    assert response.status_code == 400
    assert response.json()["code"] == "BAD_REQUEST"


def test_numbers_in_addresses_may_be_anything(world: World) -> None:
    browser = world.client(world.alice)
    for number in ("²", "٣", "-1", "9" * 30, "9" * 5000):
        for name in ("project", "page", "source", "suggestion"):
            for page in ("/reports/", "/reports/new/", "/sources/"):
                assert browser.get(page, {name: number}).status_code in {200, 404}
