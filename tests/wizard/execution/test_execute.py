"""From steps to things: the happy path, the rehearsal before it, and what is written down."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.models import AuditEntry
from catalog.actions.uploads import receive_upload
from catalog.models import Dashboard, DataSource, Report, Schedule
from catalog.running import run_report
from common.jobs import run_pending
from tests.wizard.execution.plans import (
    SAMPLE,
    chain,
    codes,
    collecting,
    confirm,
    executed,
    planned,
    report_step,
    reviewed,
    source_step,
    statuses,
    stored_files,
    upload_csv,
    upload_xlsx,
)
from tests.world import World
from wizard.actions import plans
from wizard.operations.look import drawn_look
from wizard.plan.model import ChartShorthand

pytestmark = pytest.mark.django_db(transaction=True)
MODELS = (DataSource, Report, Dashboard, Schedule)


def counts() -> list[int]:
    return [model.objects.count() for model in MODELS]


def test_a_chain_of_four_is_made(world: World) -> None:
    session = executed(world.alice, *chain(upload_csv(world.alice)))
    assert (session.status, session.error) == ("COMPLETED", "")
    assert counts() == [1, 1, 1, 1]
    schedule = Schedule.objects.get()
    assert schedule.dashboard == Dashboard.objects.get()
    assert schedule.next_run_at is not None
    result = run_report(Report.objects.get(), reader=world.bob)
    assert [row[1] for row in result.rows] == [10, 20, 30]
    assert Report.objects.get().owner == world.alice


def test_widgets_that_overlap_are_moved_apart(world: World) -> None:
    executed(world.alice, *chain(upload_csv(world.alice)))
    places = list(Dashboard.objects.get().widgets.values_list("kind", "y", "h"))
    assert places == [("chart", 0, 6), ("text", 6, 2)]


def test_the_result_links_what_was_made(world: World) -> None:
    session = executed(world.alice, *chain(upload_csv(world.alice)))
    source, dashboard = DataSource.objects.get(), Dashboard.objects.get()
    first = session.result["steps"][0]
    assert first["object"] == {
        "type": "DATA_SOURCE",
        "id": source.pk,
        "name": "Sales",
        "url": reverse("catalog:source-detail", args=[source.pk]),
    }
    assert [step["status"] for step in session.result["steps"]] == ["succeeded"] * 4
    assert all(step["ms"] is not None for step in session.result["steps"])
    assert {"label": "View dashboard", "name": "KPIs", "url": dashboard_url(dashboard)} in (
        session.result["links"]
    )


def dashboard_url(dashboard: Dashboard) -> str:
    return reverse("catalog:dashboard-detail", args=[dashboard.pk])


def test_audit_entries_carry_the_plan(world: World) -> None:
    session = executed(world.alice, *chain(upload_csv(world.alice)))
    entries = AuditEntry.objects.filter(action__endswith=".created")
    assert entries.count() == 4
    for entry in entries:
        assert (entry.origin, entry.plan_sha256) == ("plan", session.plan_sha256)
        assert entry.actor == world.alice


def test_the_dry_run_shows_and_leaves_no_row(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    assert (session.status, session.dry_run["status"]) == ("CONFIRMING", "done")
    assert counts() == [0, 0, 0, 0]
    assert not AuditEntry.objects.filter(action__endswith=".created").exists()
    source, report, _dashboard, schedule = session.dry_run["steps"]
    assert source["tables"][0]["rows"] == 3
    assert [row[1] for row in report["result"]["rows"]] == [10, 20, 30]
    drawn = drawn_look(report)
    assert drawn is not None
    assert drawn.option is not None
    assert len(schedule["nextRuns"]) == 5
    assert schedule["words"] == "Every Monday at 08:00"
    assert statuses(session) == ["pending"] * 4


def test_the_execution_does_not_convert_twice(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    (kept,) = stored_files()
    confirm(session)
    run_pending()
    assert stored_files() == {kept}
    assert DataSource.objects.get().files.get().stored == kept
    session.refresh_from_db()
    assert session.prepared == {}


def test_two_sources_of_one_file_have_a_file_each(world: World) -> None:
    upload = upload_csv(world.alice)
    executed(world.alice, source_step(upload), source_step(upload, 2, "Sales again"))
    names = {source.files.get().stored for source in DataSource.objects.all()}
    assert len(names) == 2
    assert stored_files() == names


def test_the_plan_waits_for_its_dry_run(world: World) -> None:
    session = planned(world.alice, *chain(upload_csv(world.alice)))
    assert (session.status, session.dry_run["status"]) == ("PLANNING", "running")
    run_pending()
    session.refresh_from_db()
    assert session.status == "CONFIRMING"
    assert session.plan_expires_at is not None


def test_the_sample_of_the_specification_executes(world: World) -> None:
    upload_xlsx(world.alice)
    session, findings = plans.import_plan(actor=world.alice, raw=SAMPLE.read_bytes().strip())
    assert session is not None, findings
    assert [finding.code for finding in findings] == ["other_requester"]
    assert bytes(session.plan) == SAMPLE.read_bytes().strip()
    run_pending()
    session.refresh_from_db()
    assert session.status == "CONFIRMING"
    confirm(session)
    run_pending()
    session.refresh_from_db()
    assert (session.status, session.error) == ("COMPLETED", "")
    report = Report.objects.get(name="Q4 Revenue by Month")
    assert sorted(row[1] for row in run_report(report, reader=world.alice).rows) == [90, 100, 150]
    assert Dashboard.objects.get().widgets.get().report == report


def test_a_database_file_becomes_a_source(world: World, tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE orders (Month TEXT, Revenue INT); CREATE TABLE other (a);")
        db.executemany("INSERT INTO orders VALUES (?, ?)", [("Jan", 3), ("Feb", 4)])
        db.commit()
    upload = receive_upload(actor=world.alice, name="shop.sqlite", chunks=[path.read_bytes()])
    session = executed(world.alice, *chain(upload))
    assert (session.status, session.error) == ("COMPLETED", "")
    assert set(DataSource.objects.get().tables.values_list("name", flat=True)) == {
        "orders",
        "other",
    }
    result = run_report(Report.objects.get(), reader=world.alice)
    assert sorted(row[1] for row in result.rows) == [3, 4]
    assert len(stored_files()) == 1


def test_a_plan_made_within_a_transaction_is_tried_out_after_it(world: World) -> None:
    session, upload = collecting(world.alice), upload_csv(world.alice)
    with transaction.atomic():
        plans.make_plan(session=session, steps=chain(upload), description="Test")
        transaction.set_rollback(True)
    session.refresh_from_db()
    assert (session.status, session.plan, run_pending()) == ("COLLECTING", None, 0)
    with transaction.atomic():
        plans.make_plan(session=session, steps=chain(upload), description="Test")
    assert run_pending() == 1
    session.refresh_from_db()
    assert session.status == "CONFIRMING"


def test_masked_columns_stay_masked_in_the_review(world: World) -> None:
    text = "E-Mail,Revenue\n" + "".join(f"person{n}@example.org,{n}\n" for n in range(30))
    looks = {}
    for user in (world.alice, world.amy):
        upload = upload_csv(user, "people.csv", text)
        chart = ChartShorthand("table", "E-Mail", series="Revenue")
        session = reviewed(user, source_step(upload), report_step(config=chart))
        assert session.dry_run["status"] == "done"
        looks[user] = json.dumps(session.dry_run["steps"][1]["result"])
    assert "person1@" in looks[world.amy]  # an Admin may see sensitive columns
    assert "person1@" not in looks[world.alice]


def test_what_masking_forbids_is_said_at_planning(world: World) -> None:
    text = "E-Mail,Revenue\n" + "".join(f"person{n}@example.org,{n}\n" for n in range(30))
    upload = upload_csv(world.alice, "people.csv", text)
    chart = ChartShorthand("bar", "E-Mail", "Revenue")
    session = reviewed(world.alice, source_step(upload), report_step(config=chart))
    assert (codes(session), session.dry_run["status"]) == (["query_refused"], "skipped")
