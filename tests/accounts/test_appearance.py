"""Theme, density, name and time zone."""

from __future__ import annotations

from tests.world import World


def test_the_choice_is_kept_with_the_account(world: World) -> None:
    form = {"theme": "solarized", "density": "compact"}
    assert world.client(world.alice).post("/settings/appearance/", form).status_code == 303
    text = world.client(world.alice).get("/settings/").content.decode()
    assert 'data-rm-theme="solarized"' in text
    assert 'data-density="compact"' in text


def test_all_themes_are_offered_and_the_present_one_is_chosen(world: World) -> None:
    text = world.client(world.bob).get("/settings/appearance/").content.decode()
    for theme in ("system", "graphite", "terminal", "solarized", "quartz"):
        assert f'name="theme" value="{theme}"' in text
    assert 'value="system" data-scheme="" checked' in text


def test_the_switch_saves_one_and_keeps_the_other(world: World) -> None:
    browser = world.client(world.alice)
    browser.post("/settings/appearance/", {"theme": "quartz", "density": "compact"})
    assert browser.post("/settings/theme/", {"theme": "terminal"}).status_code == 204
    world.alice.refresh_from_db()
    assert world.alice.settings == {"theme": "terminal", "density": "compact"}


def test_without_an_account_the_browser_remembers(world: World) -> None:
    browser = world.client()
    response = browser.post("/settings/theme/", {"theme": "graphite", "next": "/login/"})
    assert (response.status_code, response["Location"]) == (303, "/login/")
    assert browser.cookies["rm_theme"]["httponly"]
    assert 'data-rm-theme="graphite"' in browser.get("/login/").content.decode()


def test_the_switch_refuses_what_is_no_theme_and_foreign_addresses(world: World) -> None:
    browser = world.client(world.alice)
    assert browser.get("/settings/theme/").status_code == 405
    assert browser.post("/settings/theme/", {"theme": "pink"}).status_code == 422
    form = {"theme": "quartz", "next": "https://evil.example/"}
    assert browser.post("/settings/theme/", form).status_code == 204


def test_name_and_time_zone_are_saved_and_used(world: World) -> None:
    form = {"name": "Alice A.", "time_zone": "Asia/Tokyo"}
    assert world.client(world.alice).post("/settings/", form).status_code == 303
    world.alice.refresh_from_db()
    assert (world.alice.name, world.alice.time_zone) == ("Alice A.", "Asia/Tokyo")


def test_a_zone_this_machine_does_not_know_breaks_no_page(world: World) -> None:
    world.alice.settings = {"time_zone": "Mars/Olympus"}
    world.alice.save()
    assert world.client(world.alice).get("/settings/").status_code == 200
