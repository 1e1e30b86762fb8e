"""The trash: what goes there together, comes back together, and leaves for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from accounts.models import AuditEntry
from catalog.actions.base import Conflict, Invalid
from catalog.actions.dashboards import create_dashboard
from catalog.actions.trash import purge_item, purge_old, restore_item, trash_item
from catalog.impact import impact_of
from catalog.models import Dashboard, DataSource, Report, Schedule
from common import clock
from tests.catalog.django.things import make_dashboard, make_report, make_schedule, make_source
from tests.world import World

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_a_source_takes_its_reports_and_their_schedules_along(world: World) -> None:
    source = make_source(world)
    report, other = make_report(world, source), make_report(world)
    board, schedule = make_dashboard(world, report, other), make_schedule(world, report)
    trash_item(actor=world.alice, item=source)
    assert not DataSource.objects.visible_to(world.alice).filter(pk=source.pk).exists()
    assert list(Report.objects.visible_to(world.alice)) == [other]
    assert not Schedule.objects.visible_to(world.alice).exists()
    assert Dashboard.objects.visible_to(world.alice).get() == board
    batches = {
        m.objects.get(pk=i.pk).trash_batch for m, i in ((Report, report), (Schedule, schedule))
    }
    source.refresh_from_db()
    assert batches == {source.trash_batch}
    trashed = AuditEntry.objects.filter(action__endswith=".trashed").values_list(
        "action", flat=True
    )
    assert set(trashed) == {"datasource.trashed", "report.trashed", "schedule.trashed"}


def test_undo_brings_all_of_it_back(world: World) -> None:
    source = make_source(world)
    report = make_report(world, source)
    make_schedule(world, report)
    before = make_report(world, source)
    trash_item(actor=world.alice, item=before)
    trash_item(actor=world.alice, item=source)
    source.refresh_from_db()
    restore_item(actor=world.alice, item=source)
    assert not source.is_trashed
    assert list(Report.objects.visible_to(world.alice)) == [report]
    assert Schedule.objects.visible_to(world.alice).exists()


def test_a_taken_name_is_marked_as_restored(world: World) -> None:
    first = make_report(world, name="Sales")
    trash_item(actor=world.alice, item=first)
    second = make_report(world, name="SALES")
    trash_item(actor=world.alice, item=second)
    make_report(world, name="sales")
    for item, name in ((first, "Sales (restored)"), (second, "SALES (restored) 2")):
        item.refresh_from_db()
        assert restore_item(actor=world.alice, item=item).name == name


def test_what_an_item_stands_on_comes_first(world: World) -> None:
    source = make_source(world, name="Orders")
    report = make_report(world, source, name="Sales")
    schedule = make_schedule(world, report, name="Daily")
    trash_item(actor=world.alice, item=schedule)
    trash_item(actor=world.alice, item=report)
    trash_item(actor=world.alice, item=source)
    for item in (schedule, report):
        item.refresh_from_db()
    with pytest.raises(Invalid, match="Restore “Orders” first"):
        restore_item(actor=world.alice, item=report)
    with pytest.raises(Invalid, match="Restore “Sales” first"):
        restore_item(actor=world.alice, item=schedule)
    source.refresh_from_db()
    restore_item(actor=world.alice, item=source)
    report.refresh_from_db()
    restore_item(actor=world.alice, item=report)
    schedule.refresh_from_db()
    assert restore_item(actor=world.alice, item=schedule).is_trashed is False


def test_every_part_of_a_batch_needs_what_it_stands_on(world: World) -> None:
    """The report and its schedule went together; the source afterwards."""
    source = make_source(world, name="Orders")
    report = make_report(world, source)
    schedule = make_schedule(world, report)
    trash_item(actor=world.alice, item=report)
    trash_item(actor=world.alice, item=source)
    schedule.refresh_from_db()
    with pytest.raises(Invalid, match="Restore “Orders” first"):
        restore_item(actor=world.alice, item=schedule)
    assert not Report.objects.live().exists()


def test_slots_spent_in_the_trash_are_not_made_up(world: World) -> None:
    with clock.frozen(NOW):
        schedule = make_schedule(world, cron="0 * * * *", timezone="UTC")
        trash_item(actor=world.alice, item=schedule)
    schedule.refresh_from_db()
    later = NOW + timedelta(days=3, minutes=5)
    with clock.frozen(later):
        restored = restore_item(actor=world.alice, item=schedule)
        assert restored.next_run_at == later + timedelta(minutes=55)
        assert not Schedule.objects.due().exists()


def test_only_who_may_delete_may_trash_restore_and_purge(world: World) -> None:
    report = make_report(world)
    for actor in (world.bob, world.dave, world.charlie, world.carl):
        with pytest.raises(PermissionDenied):
            trash_item(actor=actor, item=report)
    trash_item(actor=world.alice, item=report)
    report.refresh_from_db()
    for actor in (world.bob, world.dave, world.carl):
        with pytest.raises(PermissionDenied):
            restore_item(actor=actor, item=report)
        with pytest.raises(PermissionDenied):
            purge_item(actor=actor, item=report, typed_name=report.name)


def test_an_older_version_is_not_trashed(world: World) -> None:
    report = make_report(world)
    with pytest.raises(Conflict):
        trash_item(actor=world.alice, item=report, expected_version=7)
    assert Report.objects.live().count() == 1


def test_trashing_twice_gives_the_same_batch(world: World) -> None:
    report = make_report(world)
    first = trash_item(actor=world.alice, item=report)
    assert trash_item(actor=world.alice, item=report) == first


def test_purging_asks_for_the_name_and_takes_everything_along(
    world: World,
    django_capture_on_commit_callbacks,  # type: ignore[no-untyped-def]
) -> None:
    source = make_source(world, name="Orders")
    board = make_dashboard(world, make_report(world, source))
    make_schedule(world, board.widgets.get().report)
    kept = source.files.get().path
    trash_item(actor=world.alice, item=source)
    source.refresh_from_db()
    with pytest.raises(Invalid, match="Type the name"):
        purge_item(actor=world.alice, item=source, typed_name="orders")
    with django_capture_on_commit_callbacks(execute=True):
        purge_item(actor=world.alice, item=source, typed_name=" Orders ")
        assert kept.exists()
    assert not kept.exists()
    assert [model.objects.count() for model in (DataSource, Report, Schedule)] == [0, 0, 0]
    assert board.widgets.count() == 0
    purged = AuditEntry.objects.filter(action__endswith=".purged").values_list("action", flat=True)
    assert set(purged) == {"datasource.purged", "report.purged", "schedule.purged"}


def test_a_live_item_is_not_purged(world: World) -> None:
    report = make_report(world)
    with pytest.raises(Invalid, match="in the trash"):
        purge_item(actor=world.alice, item=report, typed_name=report.name)


def test_the_trash_is_emptied_after_thirty_days(world: World) -> None:
    with clock.frozen(NOW):
        old, young = make_report(world), make_report(world)
        trash_item(actor=world.alice, item=old)
    with clock.frozen(NOW + timedelta(days=20)):
        trash_item(actor=world.alice, item=young)
    with clock.frozen(NOW + timedelta(days=30, seconds=1)):
        assert purge_old() == 1
    assert list(Report.objects.all()) == [young]


def test_the_impact_names_what_one_may_see_and_counts_the_rest(world: World) -> None:
    source = make_source(world)
    shown = make_report(world, source, name="Shown")
    make_report(world, source, name="Hidden", project=world.secret)
    board = make_dashboard(world, shown, shown, name="Board")
    make_dashboard(world, shown, project=world.secret)
    make_schedule(world, shown, name="Daily")
    for_dave, for_alice = (impact_of(source, reader=u) for u in (world.dave, world.alice))
    assert (for_alice.total, for_alice.hidden) == (5, 0)
    assert (for_dave.total, for_dave.hidden) == (5, 2)
    named = {(each.type, each.name, each.effect) for each in for_dave.dependents}
    assert named == {
        ("report", "Shown", "trashed"),
        ("dashboard", board.name, "loses a widget"),
        ("schedule", "Daily", "trashed"),
    }


def test_the_impact_counts_a_dashboard_once_and_shows_twenty(world: World) -> None:
    source = make_source(world)
    reports = [make_report(world, source) for _ in range(25)]
    make_dashboard(world, *reports[:5])
    impact = impact_of(source, reader=world.alice)
    assert (impact.total, len(impact.dependents), impact.more) == (26, 20, 6)


def test_asking_takes_few_queries_however_much_depends(
    world: World,
    django_assert_max_num_queries,  # type: ignore[no-untyped-def]
) -> None:
    source = make_source(world)
    for _ in range(8):
        make_schedule(world, make_report(world, source))
    browser = world.client(world.alice)
    url = reverse("catalog:item-trash", args=["source", source.pk])
    browser.get(url)
    with django_assert_max_num_queries(15):
        assert browser.get(url).status_code == 200


def test_the_dialog_shows_the_impact_and_moves_to_the_trash(world: World) -> None:
    report = make_report(world, name="Sales")
    make_dashboard(world, report, name="Board", project=world.general)
    make_dashboard(world, report, project=world.secret)
    browser = world.client(world.amy)
    url = reverse("catalog:item-trash", args=["report", report.pk])
    page = browser.get(url).content.decode()
    assert "<html" in page
    fragment = browser.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    for text in (page, fragment):
        assert "Dashboard “Board” loses a widget" in text
        assert "“Sales” goes to the trash" in text
        assert f'action="{url}"' in text
    gone = browser.post(url, headers={"HX-Request": "true"})
    assert (gone.status_code, gone["HX-Redirect"]) == (204, reverse("catalog:report-list"))
    assert browser.get(url).status_code == 404


def test_after_trashing_the_toast_offers_undo(world: World) -> None:
    report = make_report(world, name="Sales & more")
    browser = world.client(world.alice, enforce_csrf_checks=True)
    page = browser.get(reverse("catalog:report-list")).content.decode()
    token = browser.cookies["csrftoken"].value
    assert token
    url = reverse("catalog:item-trash", args=["report", report.pk])
    shown = browser.post(url, headers={"X-CSRFToken": token}, follow=True).content.decode()
    undo = reverse("catalog:item-restore", args=["report", report.pk])
    assert f'<form method="post" action="{undo}">' in shown
    assert "Undo</button>" in shown
    assert undo not in page
    field = shown.split(f'action="{undo}"')[1].split('name="csrfmiddlewaretoken" value="')[1]
    back = browser.post(undo, {"csrfmiddlewaretoken": field.split('"')[0]})
    assert (back.status_code, back["Location"]) == (
        303,
        reverse("catalog:report-detail", args=[report.pk]),
    )


def test_the_trash_page_offers_buttons_to_those_who_may(world: World) -> None:
    report = make_report(world, name="Sales")
    trash_item(actor=world.alice, item=report)
    for user, may in ((world.alice, True), (world.amy, True), (world.dave, False)):
        text = world.client(user).get(reverse("catalog:trash")).content.decode()
        assert "Sales" in text
        assert ("Restore Sales" in text) is may


def test_restoring_without_the_parent_says_so_on_the_page(world: World) -> None:
    source = make_source(world, name="Orders")
    report = make_report(world, source)
    trash_item(actor=world.alice, item=report)
    trash_item(actor=world.alice, item=source)
    url = reverse("catalog:item-restore", args=["report", report.pk])
    text = world.client(world.alice).post(url, follow=True).content.decode()
    assert "Restore “Orders” first" in text


def test_purging_on_the_page(world: World) -> None:
    board = create_dashboard(actor=world.alice, project=world.general, name="Board")
    trash_item(actor=world.alice, item=board)
    browser, url = (
        world.client(world.alice),
        reverse("catalog:item-purge", args=["dashboard", board.pk]),
    )
    wrong = browser.post(url, {"name": "board"})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.content.decode()
    assert browser.post(url, {"name": "Board"}).status_code == 303
    assert browser.get(url).status_code == 404


def test_trashed_items_are_nowhere_but_in_the_trash(world: World) -> None:
    report = make_report(world, name="Vanished")
    board = make_dashboard(world, report, name="Board")
    trash_item(actor=world.alice, item=report)
    browser = world.client(world.alice)
    for name in ("detail", "edit", "svg", "result"):
        assert browser.get(reverse(f"catalog:report-{name}", args=[report.pk])).status_code == 404
    for url in (
        reverse("catalog:report-list"),
        reverse("home"),
        reverse("palette") + "?q=vanished",
        reverse("catalog:dashboard-detail", args=[board.pk]),
        reverse("catalog:dashboard-create"),
        reverse("catalog:schedule-create"),
        reverse("catalog:source-detail", args=[report.source_id]),
    ):
        assert "Vanished" not in browser.get(url).content.decode(), url
