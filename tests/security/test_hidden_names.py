"""What a person may not see has no name either, wherever it is mentioned."""

from __future__ import annotations

from tests.catalog.django.things import make_dashboard, make_report, make_schedule
from tests.world import World


def test_a_schedule_does_not_name_a_hidden_report(world: World) -> None:
    hidden = make_report(world, project=world.secret, name="Dismissals")
    schedule = make_schedule(world, hidden, name="Mornings")
    for page in ("/schedules/", f"/schedules/{schedule.pk}/"):
        mine = world.client(world.alice).get(page).content.decode()
        theirs = world.client(world.bob).get(page).content.decode()
        assert "Dismissals" in mine
        assert "Mornings" in theirs
        assert "Dismissals" not in theirs
        assert f"/reports/{hidden.pk}/" not in theirs


def test_a_dashboard_does_not_name_a_hidden_report(world: World) -> None:
    hidden = make_report(world, project=world.secret, name="Dismissals")
    dashboard = make_dashboard(world, hidden, name="Board")
    widget = dashboard.widgets.get()
    bob = world.client(world.bob)
    for page in (
        f"/dashboards/{dashboard.pk}/",
        f"/dashboards/{dashboard.pk}/widgets/{widget.pk}/",
    ):
        text = bob.get(page).content.decode()
        assert "Board" in text
        assert "Dismissals" not in text
