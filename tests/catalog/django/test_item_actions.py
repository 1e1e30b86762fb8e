"""Actions on catalog items: permission, names, versions, projects, audit, revisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, ProjectMember
from catalog.actions.base import Conflict, Invalid, free_name
from catalog.actions.dashboards import WidgetInput, create_dashboard, update_dashboard
from catalog.actions.reports import create_report, update_report
from catalog.actions.schedules import create_schedule, update_schedule
from catalog.actions.sources import update_source
from catalog.actions.trash import trash_item
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.models import CatalogItem, Dashboard, DataSource, Report, ReportColumn, Revision
from catalog.query.spec import Dimension, ReportQuery, SqlQuery
from catalog.running import QueryRefused
from common.http.problems import Problem
from tests.catalog.django.things import (
    BY_MONTH,
    BY_REGION,
    make_dashboard,
    make_report,
    make_schedule,
    make_source,
)
from tests.world import World

BAR = ChartSpec(kind=ChartKind.BAR)
MAKERS: list[tuple[Callable[..., Any], Callable[..., Any], str]] = [
    (make_source, update_source, "source"),
    (make_report, update_report, "report"),
    (make_dashboard, update_dashboard, "dashboard"),
    (make_schedule, update_schedule, "schedule"),
]
each_kind = pytest.mark.parametrize(("make", "update", "word"), MAKERS, ids=lambda v: str(v)[:20])


def change(update: Callable[..., Any], word: str, item: CatalogItem, actor: Any, **values: Any):  # type: ignore[no-untyped-def]
    return update(actor=actor, **{word: item}, **values)


@each_kind
def test_a_new_item_is_audited_and_revised(make: Any, update: Any, word: str, world: World) -> None:
    item = make(world, name="  Spaced \n out ")
    assert (item.name, item.version, item.owner) == ("Spaced out", 1, world.alice)
    kind = item._meta.model_name
    entry = AuditEntry.objects.get(action=f"{kind}.created", object_id=str(item.pk))
    assert (entry.actor, entry.organization) == (world.alice, world.acme)
    revision = Revision.objects.get(item_type=kind, item_id=item.pk)
    assert (revision.version, revision.snapshot["name"]) == (1, "Spaced out")


@each_kind
def test_a_change_raises_the_version_and_says_what_changed(
    make: Any, update: Any, word: str, world: World
) -> None:
    item = make(world, name="Before")
    changed = change(update, word, item, world.alice, name="After", expected_version=1)
    assert (changed.name, changed.version) == ("After", 2)
    item.refresh_from_db()
    assert (item.name, item.version) == ("After", 2)
    entry = AuditEntry.objects.get(action=f"{item._meta.model_name}.changed")
    assert entry.changes == {"name": ["Before", "After"]}
    kept = Revision.objects.filter(item_type=item._meta.model_name, item_id=item.pk)
    assert [revision.version for revision in kept] == [2, 1]


@each_kind
def test_nothing_changed_writes_nothing(make: Any, update: Any, word: str, world: World) -> None:
    item = make(world, name="Same")
    assert change(update, word, item, world.alice, name="Same").version == 1
    assert not AuditEntry.objects.filter(action__endswith=".changed").exists()


@each_kind
def test_an_older_version_is_a_conflict(make: Any, update: Any, word: str, world: World) -> None:
    item = make(world, name="Mine")
    change(update, word, item, world.amy, name="Hers")
    with pytest.raises(Conflict) as caught:
        change(update, word, item, world.alice, name="His", expected_version=1)
    assert caught.value.code == "CONFLICT"
    assert "Hers" in caught.value.detail
    item.refresh_from_db()
    assert item.name == "Hers"


@each_kind
def test_an_item_in_the_trash_does_not_change(
    make: Any, update: Any, word: str, world: World
) -> None:
    item = make(world)
    trash_item(actor=world.alice, item=item)
    with pytest.raises(Problem) as caught:
        change(update, word, item, world.alice, name="New")
    assert caught.value.code == "NOT_FOUND"


@each_kind
@pytest.mark.parametrize("name", ["größe", "GRÖßE", "  Größe "])
def test_names_are_unique_in_a_project_ignoring_case(
    make: Any, update: Any, word: str, name: str, world: World
) -> None:
    make(world, name="Größe")
    with pytest.raises(Invalid) as caught:
        make(world, name=name)
    assert "already exists" in caught.value.fields["name"][0]
    other = make(world, name="Other")
    with pytest.raises(Invalid):
        change(update, word, other, world.alice, name=name)
    assert make(world, name=name, project=world.secret).name == name.strip()


@each_kind
def test_a_trashed_name_is_free_again(make: Any, update: Any, word: str, world: World) -> None:
    trash_item(actor=world.alice, item=make(world, name="Sales"))
    assert make(world, name="sales").name == "sales"


@each_kind
@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_name_is_asked_for(make: Any, update: Any, word: str, name: str, world: World) -> None:
    with pytest.raises(Invalid) as caught:
        make(world, name=name)
    assert "name" in caught.value.fields


@each_kind
def test_a_viewer_may_neither_create_nor_change(
    make: Any, update: Any, word: str, world: World
) -> None:
    with pytest.raises(PermissionDenied, match="Your role may not"):
        make(world, actor=world.bob)
    with pytest.raises(PermissionDenied, match="Your role may not"):
        change(update, word, make(world), world.bob, name="Mine now")


@each_kind
def test_another_analyst_may_not_change_what_is_not_hers(
    make: Any, update: Any, word: str, world: World
) -> None:
    item = make(world)
    with pytest.raises(PermissionDenied, match="owner of"):
        change(update, word, item, world.dave, name="Mine now")
    ProjectMember.objects.create(
        project=world.general, user=world.dave, role=ProjectMember.Role.EDITOR
    )
    world.dave.forget_permissions()
    assert change(update, word, item, world.dave, name="Edited").name == "Edited"


@each_kind
def test_another_organisations_item_and_project_are_out_of_reach(
    make: Any, update: Any, word: str, world: World
) -> None:
    item = make(world)
    for stranger in (world.charlie, world.carl):
        with pytest.raises(PermissionDenied):
            change(update, word, item, stranger, name="Stolen")
    with pytest.raises(PermissionDenied):
        change(update, word, item, world.alice, project=world.rival_general)
    with pytest.raises(PermissionDenied):
        make(world, project=world.rival_general)


@each_kind
def test_the_owner_may_change_an_item_of_a_project_closed_to_new_ones(
    make: Any, update: Any, word: str, world: World
) -> None:
    item = make(world, project=world.secret)
    ProjectMember.objects.filter(user=world.alice).update(role=ProjectMember.Role.VIEWER)
    world.alice.forget_permissions()
    changed = change(update, word, item, world.alice, name="Still mine", project=world.secret)
    assert changed.name == "Still mine"
    with pytest.raises(PermissionDenied):
        make(world, project=world.secret)


def test_reports_need_a_source_one_may_see(world: World) -> None:
    hidden = make_source(world, project=world.secret)
    for actor, project in ((world.dave, world.general), (world.charlie, world.rival_general)):
        with pytest.raises(Invalid, match="does not exist"):
            create_report(
                actor=actor, project=project, name="R", source=hidden, query=BY_REGION, chart=BAR
            )


def test_a_query_must_fit_its_source(world: World) -> None:
    wrong = ReportQuery(table="data", dimensions=(Dimension(column="regoin"),))
    with pytest.raises(QueryRefused, match="regoin"):
        make_report(world, query=wrong)
    report = make_report(world)
    with pytest.raises(QueryRefused):
        update_report(actor=world.alice, report=report, query=wrong)
    assert not Report.objects.filter(query__dimensions__0__column="regoin").exists()


def test_sql_needs_its_permission_and_the_guard(world: World) -> None:
    ProjectMember.objects.create(project=world.general, user=world.bob)
    with pytest.raises(QueryRefused):
        make_report(world, query=SqlQuery(sql="DROP TABLE data"))
    report = make_report(world, query=SqlQuery(sql="SELECT region FROM data"))
    assert set(report.columns_used.values_list("table", "column")) == {("data", "*")}


def test_used_columns_are_noted_and_renoted(world: World) -> None:
    report = make_report(world, query=BY_REGION)
    noted = ReportColumn.objects.filter(report=report)
    assert set(noted.values_list("column", flat=True)) == {"region", "amount"}
    report = update_report(actor=world.alice, report=report, query=BY_MONTH)
    assert set(noted.values_list("column", flat=True)) == {"order_date", "amount"}
    update_report(actor=world.alice, report=report, query=ReportQuery(table="data"))
    assert noted.count() == 5


def test_somebody_who_may_not_see_the_source_can_still_rename_the_report(world: World) -> None:
    hidden = make_source(world, project=world.secret)
    report = make_report(world, hidden)
    ProjectMember.objects.create(
        project=world.general, user=world.dave, role=ProjectMember.Role.EDITOR
    )
    same = report.query_spec
    renamed = update_report(actor=world.dave, report=report, name="Renamed", query=same)
    assert renamed.name == "Renamed"
    with pytest.raises(Invalid, match="does not exist"):
        update_report(actor=world.dave, report=renamed, query=BY_MONTH)


@pytest.mark.parametrize(
    "widget",
    [
        WidgetInput(kind="chart"),
        WidgetInput(kind="gauge", report=1),
        WidgetInput(kind="text", x=10, w=6),
        WidgetInput(kind="text", w=0),
        WidgetInput(kind="text", h=41),
        WidgetInput(kind="text", y=501),
        WidgetInput(kind="text", x=-1),
        WidgetInput(kind="chart", report=999_999_999),
    ],
)
def test_a_widget_that_cannot_be_is_refused(widget: WidgetInput, world: World) -> None:
    with pytest.raises(Invalid) as caught:
        create_dashboard(actor=world.alice, project=world.general, name="Board", widgets=[widget])
    assert "widgets" in caught.value.fields
    assert not Dashboard.objects.exists()


def test_a_dashboard_takes_no_foreign_or_hidden_reports(world: World) -> None:
    foreign = make_report(world, actor=world.charlie, project=world.rival_general)
    hidden = make_report(world, project=world.secret)
    for report in (foreign, hidden):
        with pytest.raises(Invalid, match=f"ID {report.pk}"):
            make_dashboard(world, report, actor=world.dave)


def test_widgets_that_are_there_may_stay_even_if_their_report_is_hidden(world: World) -> None:
    hidden = make_report(world, project=world.secret)
    board = make_dashboard(world, hidden)
    ProjectMember.objects.create(
        project=world.general, user=world.dave, role=ProjectMember.Role.EDITOR
    )
    kept = WidgetInput(kind="chart", report=hidden.pk, w=12)
    assert update_dashboard(actor=world.dave, dashboard=board, widgets=[kept]).version == 2
    other = make_report(world, project=world.secret)
    with pytest.raises(Invalid):
        update_dashboard(
            actor=world.dave,
            dashboard=board,
            widgets=[WidgetInput(kind="chart", report=other.pk)],
        )


def test_the_same_widgets_are_no_change(world: World) -> None:
    board = make_dashboard(world, make_report(world), make_report(world))
    same = [
        WidgetInput(kind=w.kind, report=w.report_id, x=w.x, y=w.y, w=w.w, h=w.h)
        for w in board.widgets.all()
    ]
    assert update_dashboard(actor=world.alice, dashboard=board, widgets=same).version == 1


def test_revisions_of_a_dashboard_hold_its_widgets(world: World) -> None:
    board = make_dashboard(world)
    update_dashboard(
        actor=world.alice, dashboard=board, widgets=[WidgetInput(kind="text", text="Hello")]
    )
    texts = [
        [w["text"] for w in revision.snapshot["widgets"]]
        for revision in Revision.objects.filter(item_type="dashboard", item_id=board.pk)
    ]
    assert texts == [["Hello"], [""]]


def test_a_schedule_has_one_visible_target(world: World) -> None:
    report, board = make_report(world), make_dashboard(world)
    common = {"actor": world.alice, "project": world.general, "cron": "0 8 * * *"}
    for target in ({}, {"report": report, "dashboard": board}):
        with pytest.raises(Invalid, match="one report or one dashboard"):
            create_schedule(name="S", timezone="UTC", **common, **target)
    foreign = make_report(world, actor=world.charlie, project=world.rival_general)
    with pytest.raises(Invalid, match="does not exist"):
        create_schedule(name="S", timezone="UTC", report=foreign, **common)


def test_reconfiguring_a_source_leaves_its_kept_results_behind(world: World) -> None:
    source = make_source(world)
    assert update_source(actor=world.alice, source=source, config={"a": 1}).data_version == 2


def test_free_name_counts_up(world: World) -> None:
    make_report(world, name="Äpfel")
    make_report(world, name="ÄPFEL 2")
    assert free_name(Report, world.general, "äpfel") == "äpfel 3"
    assert free_name(DataSource, world.general, "Äpfel") == "Äpfel"


def test_reading_a_source_takes_two_queries_however_many_tables(world: World) -> None:
    source = DataSource.objects.get(pk=make_source(world).pk)
    with CaptureQueriesContext(connection) as captured:
        source.table_infos()
        source.connection()
    assert len(captured) == 2
