"""One caller does not take from the others: memory, counters, accounts, connections."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import caches

from catalog import cache
from tests.world import World


def _try(world: World, email: str, address: str) -> int:
    form = {"email": email, "password": "wrong-password"}
    return world.client(REMOTE_ADDR=address).post("/login/", form).status_code


def test_a_blocked_address_cannot_shut_out_accounts(world: World) -> None:
    for number in range(settings.LOGIN_ATTEMPTS["address"]):
        _try(world, f"nobody{number}@example.org", "203.0.113.1")
    for _ in range(settings.LOGIN_ATTEMPTS["account"] + 1):
        assert _try(world, world.alice.email, "203.0.113.1") == 429
    response = world.client(REMOTE_ADDR="203.0.113.2").post(
        "/login/", {"email": world.alice.email, "password": world.password}
    )
    assert response.status_code == 303


def test_results_in_memory_stay_below_a_few_hundred_megabytes() -> None:
    entries = settings.CACHES[cache.CACHE]["OPTIONS"]["MAX_ENTRIES"]
    assert entries * cache.MAX_BYTES <= 256 * 2**20


def test_results_do_not_drive_out_counters() -> None:
    caches["default"].set("login:account:x", 9)
    for number in range(300):
        caches[cache.CACHE].set(f"result:{number}", "[]")
    assert caches["default"].get("login:account:x") == 9


def test_nothing_personal_is_kept_by_caches_on_the_way(world: World) -> None:
    browser = world.client(world.alice)
    for page in ("/", "/reports/", "/settings/", "/palette/?q=a"):
        assert "private" in browser.get(page)["Cache-Control"]
