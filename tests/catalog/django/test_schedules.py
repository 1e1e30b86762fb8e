"""Schedules: a sentence and its cron line, slots in a zone, runs once a slot."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse

from accounts.models import ProjectMember
from catalog.actions.base import Invalid
from catalog.actions.schedules import _fire, fire_due, run_now, update_schedule
from catalog.actions.trash import trash_item
from catalog.forms.schedules import ScheduleForm, schedule_initial
from catalog.models import Run, Schedule
from catalog.schedules import cron as crons
from common import clock
from common.jobs import cancel, run_pending
from common.jobs.models import Job, JobStatus
from tests.catalog.django.things import make_dashboard, make_report, make_schedule
from tests.world import World

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
NEW = reverse("catalog:schedule-create")


def url_of(schedule: Schedule, name: str = "detail") -> str:
    return reverse(f"catalog:schedule-{name}", args=[schedule.pk])


def text_of(response: Any) -> str:
    return str(response.content.decode())


# --- cron lines --------------------------------------------------------------------------------


def slots(cron: str, zone: str, after: str, count: int = 3) -> list[str]:
    moment = datetime.fromisoformat(after)
    return [f"{s:%m-%d %H:%M}" for s in crons.next_runs(cron, zone, moment, count)]


def test_slots_keep_the_local_hour_over_the_change_of_time() -> None:
    assert slots("0 8 * * *", "Europe/Berlin", "2026-03-27T12:00+00:00") == [
        "03-28 07:00",
        "03-29 06:00",
        "03-30 06:00",
    ]
    assert slots("0 8 * * *", "Europe/Berlin", "2026-10-24T12:00+00:00") == [
        "10-25 07:00",
        "10-26 07:00",
        "10-27 07:00",
    ]


def test_a_slot_in_the_spring_gap_fires_and_one_in_the_autumn_fold_fires_once() -> None:
    spring = slots("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00+00:00", 2)
    assert spring[0].startswith("03-29 01:")
    assert spring[1] == "03-30 00:30"
    autumn = slots("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00+00:00", 2)
    assert autumn == ["10-25 00:30", "10-26 01:30"]


@pytest.mark.parametrize(
    ("cron", "zone", "words"),
    [
        ("0 8 * *", "UTC", "five parts"),
        ("0 8 * * * *", "UTC", "five parts"),
        ("61 8 * * *", "UTC", "cannot be read"),
        ("a b c d e", "UTC", "cannot be read"),
        ("0 0 31 2 *", "UTC", "cannot be read"),
        ("0 8 * * *", "Mars/Base", "no time zone called"),
        ("0 8 * * *", "", "no time zone called"),
    ],
)
def test_a_line_that_cannot_be_is_refused_in_words(cron: str, zone: str, words: str) -> None:
    with pytest.raises(crons.CronInvalid, match=words):
        crons.check(cron, zone)


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 8 * * *", "Every day at 08:00"),
        ("5 * * * *", "Every hour at minute 5"),
        ("0 8 * * 1", "Every Monday at 08:00"),
        ("0 8 * * 0", "Every Sunday at 08:00"),
        ("30 17 * * 1-5", "Every weekday at 17:30"),
        ("0 6 1 * *", "On day 1 of every month at 06:00"),
        ("*/5 * * * *", "By the cron line */5 * * * *"),
    ],
)
def test_lines_in_words(cron: str, words: str) -> None:
    assert crons.in_words(cron) == words


# --- the form ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "cron"),
    [
        ({"every": "hour", "at": "00:15"}, "15 * * * *"),
        ({"every": "day", "at": "08:05"}, "5 8 * * *"),
        ({"every": "weekday", "at": "17:30"}, "30 17 * * 1-5"),
        ({"every": "week", "at": "06:00", "weekday": "0"}, "0 6 * * 0"),
        ({"every": "month", "at": "06:00", "day": "31"}, "0 6 31 * *"),
        ({"every": "custom", "cron": "*/10 8-18 * * MON-FRI"}, "*/10 8-18 * * MON-FRI"),
        ({"every": "day", "at": ""}, "0 8 * * *"),
    ],
)
def test_the_sentence_and_its_line(fields: dict[str, str], cron: str, world: World) -> None:
    report = make_report(world)
    data = {
        "name": "S",
        "project": world.general.pk,
        "target": f"report:{report.pk}",
        "timezone": "Europe/Berlin",
        **fields,
    }
    assert world.client(world.alice).post(NEW, data).status_code == 303
    schedule = Schedule.objects.get()
    assert (schedule.cron, schedule.report, schedule.active) == (cron, report, False)


@pytest.mark.parametrize(
    "cron",
    [
        "15 * * * *",
        "5 8 * * *",
        "30 17 * * 1-5",
        "0 6 * * 0",
        "0 6 * * 5",
        "0 6 * * 7",
        "0 6 * * 56",
        "0 6 31 * *",
        "0 6 L * *",
        "*/10 8-18 * * *",
        "0 0 1 1 *",
        "0 6 1 * 1",
    ],
)
def test_a_line_shown_in_the_form_comes_back_as_it_was(cron: str, world: World) -> None:
    schedule = make_schedule(world)
    schedule.cron = cron
    initial = schedule_initial(schedule) | {"name": "S", "project": world.general.pk}
    shown = ScheduleForm(user=world.alice, initial=dict(initial))
    data = {bound.name: bound.value() for bound in shown if bound.value() not in (None, False)}
    form = ScheduleForm(data, user=world.alice)
    assert form.is_valid(), form.errors
    assert form.values()["cron"] == cron


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"every": "custom", "cron": ""}, "Write the cron line"),
        ({"every": "custom", "cron": "0 0 31 2 *"}, "cannot be read"),
        ({"every": "custom", "cron": "nonsense"}, "five parts"),
        ({"at": "25:00"}, "valid time"),
        ({"timezone": "Mars/Base"}, "valid choice"),
        ({"target": "report:999999"}, "valid choice"),
        ({"target": "nothing"}, "valid choice"),
        ({"every": "month", "day": "32"}, "less than or equal"),
    ],
)
def test_what_cannot_be_is_said(fields: dict[str, str], words: str, world: World) -> None:
    report = make_report(world)
    data = {
        "name": "S",
        "project": world.general.pk,
        "target": f"report:{report.pk}",
        "every": "day",
        "at": "08:00",
        "timezone": "UTC",
    }
    response = world.client(world.alice).post(NEW, data | fields)
    assert (response.status_code, words in text_of(response)) == (422, True)
    assert not Schedule.objects.exists()


def test_a_target_can_be_named_in_the_address(world: World) -> None:
    board = make_dashboard(world)
    page = world.client(world.alice).get(f"{NEW}?target=dashboard:{board.pk}")
    assert f'value="dashboard:{board.pk}" selected' in text_of(page)


def test_hidden_targets_are_no_choice(world: World) -> None:
    hidden = make_report(world, project=world.secret, name="Hidden one")
    assert "Hidden one" not in text_of(world.client(world.dave).get(NEW))
    assert "Hidden one" in text_of(world.client(world.alice).get(NEW))
    assert hidden.project == world.secret


def test_the_page_shows_the_next_runs_in_the_schedules_zone(world: World) -> None:
    with clock.frozen(NOW):
        schedule = make_schedule(world, cron="0 8 * * *", timezone="Asia/Tokyo")
        text = text_of(world.client(world.bob).get(url_of(schedule)))
    assert "Every day at 08:00" in text
    assert "2026-03-03T08:00:00+09:00" in text
    assert "2026-03-07T08:00:00+09:00" in text


# --- slots -------------------------------------------------------------------------------------


def test_a_due_schedule_fires_once_and_its_run_succeeds(world: World) -> None:
    with clock.frozen(NOW):
        schedule = make_schedule(world, cron="0 * * * *", timezone="UTC")
        assert fire_due() == 0
    with clock.frozen(NOW + timedelta(hours=1, seconds=3)):
        assert (fire_due(), fire_due()) == (1, 0)
        run = Run.objects.get()
        assert (run.due_at, run.status) == (NOW + timedelta(hours=1), Run.Status.QUEUED)
        assert run_pending() == 1
        run.refresh_from_db()
        assert (run.status, run.error) == (Run.Status.SUCCEEDED, "")
        assert run.result == {"reports": 1, "rows": 3}
        assert run.finished_at is not None
        text = text_of(world.client(world.bob).get(url_of(schedule)))
    assert "3 rows" in text
    schedule.refresh_from_db()
    assert schedule.next_run_at == NOW + timedelta(hours=2)


def test_missed_slots_are_made_up_by_one_run(world: World) -> None:
    with clock.frozen(NOW):
        schedule = make_schedule(world, cron="0 * * * *", timezone="UTC")
    with clock.frozen(NOW + timedelta(days=2, minutes=30)):
        assert (fire_due(), fire_due()) == (1, 0)
    schedule.refresh_from_db()
    assert Run.objects.count() == 1
    assert schedule.next_run_at == NOW + timedelta(days=2, hours=1)


def test_paused_and_trashed_schedules_do_not_fire(world: World) -> None:
    with clock.frozen(NOW):
        paused = make_schedule(world, cron="0 * * * *", timezone="UTC")
        trashed = make_schedule(world, cron="0 * * * *", timezone="UTC")
        update_schedule(actor=world.alice, schedule=paused, active=False)
        trash_item(actor=world.alice, item=trashed)
    with clock.frozen(NOW + timedelta(hours=5)):
        assert fire_due() == 0
    paused.refresh_from_db()
    assert paused.next_run_at is None


def test_pausing_and_resuming_on_the_page(world: World) -> None:
    with clock.frozen(NOW):
        schedule = make_schedule(world, cron="0 * * * *", timezone="UTC")
        browser = world.client(world.alice)
        paused = browser.post(url_of(schedule, "activation"), {"active": "0"}, follow=True)
        assert "is paused" in text_of(paused)
        assert "Resume" in text_of(paused)
        again = browser.post(url_of(schedule, "activation"), {"active": "1"}, follow=True)
        assert "runs again" in text_of(again)
    schedule.refresh_from_db()
    assert (schedule.active, schedule.next_run_at) == (True, NOW + timedelta(hours=1))


def test_a_due_slot_survives_a_new_name_but_not_a_new_time(world: World) -> None:
    with clock.frozen(NOW):
        schedule = make_schedule(world, cron="0 * * * *", timezone="UTC")
    with clock.frozen(NOW + timedelta(hours=1, minutes=5)):
        renamed = update_schedule(actor=world.alice, schedule=schedule, name="Renamed")
        assert renamed.next_run_at == NOW + timedelta(hours=1)
        same = update_schedule(
            actor=world.alice, schedule=renamed, name="Again", cron="0 * * * *", timezone="UTC"
        )
        assert same.next_run_at == NOW + timedelta(hours=1)
        moved = update_schedule(actor=world.alice, schedule=same, cron="30 * * * *")
        assert moved.next_run_at == NOW + timedelta(hours=1, minutes=30)


def test_a_change_of_zone_moves_the_slot(world: World) -> None:
    with clock.frozen(NOW):
        schedule = make_schedule(world, cron="0 8 * * *", timezone="UTC")
        moved = update_schedule(actor=world.alice, schedule=schedule, timezone="Asia/Tokyo")
    assert moved.next_run_at == datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    with pytest.raises(Invalid) as caught:
        update_schedule(actor=world.alice, schedule=moved, timezone="Mars/Base")
    assert "timezone" in caught.value.fields


@pytest.mark.django_db(transaction=True)
def test_three_schedulers_fire_each_slot_once(transactional_db: None, world: World) -> None:
    for number in range(4):
        make_schedule(world, cron="*/5 * * * *", timezone="UTC", name=f"S{number}")
    start = threading.Barrier(3)

    def scheduler(moment: datetime) -> int:
        """All three have read what is due before the first one claims a slot."""
        try:
            with clock.frozen(moment):
                due = list(Schedule.objects.due().select_related("owner", "organization"))
                start.wait(timeout=20)
                return sum(_fire(schedule) for schedule in due)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as threads:
        for tick in (1, 2):
            moment = clock.now() + timedelta(hours=tick)
            fired = [threads.submit(scheduler, moment) for _ in range(3)]
            assert sum(each.result(timeout=60) for each in fired) == 4
            assert Run.objects.count() == 4 * tick
    assert Job.objects.filter(kind="catalog.run_schedule").count() == 8


def test_running_now_leads_to_the_job_and_leaves_the_plan_alone(world: World) -> None:
    with clock.frozen(NOW):
        schedule = make_schedule(world, cron="0 * * * *", timezone="UTC")
        started = world.client(world.alice).post(url_of(schedule, "run"))
    run = Run.objects.get()
    assert (started.status_code, started["Location"]) == (
        303,
        reverse("jobs:job-detail", args=[run.job]),
    )
    schedule.refresh_from_db()
    assert schedule.next_run_at == NOW + timedelta(hours=1)
    run_pending()
    run.refresh_from_db()
    assert run.status == Run.Status.SUCCEEDED


def failed(run: Run) -> str:
    run_pending()
    run.refresh_from_db()
    assert run.status == Run.Status.FAILED
    assert Job.objects.get(pk=run.job).status == JobStatus.FAILED
    return run.error


def test_a_failing_source_fails_the_run_in_words_and_is_seen_at_home(world: World) -> None:
    make_schedule(world, name="Another")  # so that a run's ID is not by chance its schedule's
    schedule = make_schedule(world, name="Broken daily")
    schedule.report.source.files.get().path.unlink()
    sentence = failed(run_now(actor=world.alice, schedule=schedule))
    assert sentence
    assert "Traceback" not in sentence
    browser = world.client(world.alice)
    assert sentence in browser.get(url_of(schedule)).context["runs"][0].error
    home = text_of(browser.get(reverse("home")))
    assert "Needs attention" in home
    assert "Broken daily" in home
    assert "Broken daily" not in text_of(world.client(world.charlie).get(reverse("home")))


def test_it_runs_with_the_rights_of_its_owner(world: World) -> None:
    report = make_report(world, project=world.secret)
    schedule = make_schedule(world, report)
    run = run_now(actor=world.alice, schedule=schedule)
    ProjectMember.objects.all().delete()
    assert "may not" in failed(run)


def test_a_deactivated_owner_runs_nothing(world: World) -> None:
    run = run_now(actor=world.alice, schedule=make_schedule(world))
    world.alice.is_active = False
    world.alice.save()
    assert failed(run)


def test_a_schedule_trashed_meanwhile_does_not_run(world: World) -> None:
    schedule = make_schedule(world)
    run = run_now(actor=world.alice, schedule=schedule)
    trash_item(actor=world.alice, item=schedule)
    assert "in the trash" in failed(run)


def test_a_cancelled_run_does_not_stay_waiting(world: World) -> None:
    run = run_now(actor=world.alice, schedule=make_schedule(world))
    assert cancel(Job.objects.get(pk=run.job))
    run.refresh_from_db()
    assert (run.status, "cancelled" in run.error) == (Run.Status.FAILED, True)


def test_one_broken_report_does_not_keep_the_others_of_a_dashboard_stale(world: World) -> None:
    broken, fine = make_report(world), make_report(world)
    schedule = make_schedule(world, dashboard=make_dashboard(world, broken, fine, fine))
    broken.source.files.get().path.unlink()
    assert failed(run_now(actor=world.alice, schedule=schedule))
    shown = world.client(world.alice).get(reverse("catalog:report-detail", args=[fine.pk]))
    assert shown.context["drawn"].result.cached is True


def test_a_dashboard_refreshes_each_report_once(world: World) -> None:
    report = make_report(world)
    schedule = make_schedule(world, dashboard=make_dashboard(world, report, report))
    run = run_now(actor=world.alice, schedule=schedule)
    run_pending()
    run.refresh_from_db()
    assert run.result == {"reports": 1, "rows": 3}


def test_editing_on_the_page(world: World) -> None:
    schedule = make_schedule(world, name="Before")
    browser = world.client(world.alice)
    shown = browser.get(url_of(schedule, "edit")).context["form"]
    data = {bound.name: bound.value() for bound in shown if bound.value() not in (None, False)} | {
        "name": "After",
        "every": "week",
        "weekday": "5",
    }
    assert browser.post(url_of(schedule, "edit"), data).status_code == 303
    schedule.refresh_from_db()
    assert (schedule.name, schedule.cron, schedule.version) == ("After", "0 8 * * 5", 2)
    refused = browser.post(url_of(schedule, "edit"), data | {"version": 1})
    assert (refused.status_code, "changed by someone else" in text_of(refused)) == (422, True)
