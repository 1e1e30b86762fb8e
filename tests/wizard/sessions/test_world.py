"""The world of the dialogue is the user's: nobody else's items, files or secrets are in it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.actions.sources import create_source, prepare_source
from catalog.actions.uploads import receive_upload
from catalog.connectors.registry import all as all_kinds
from catalog.models import DataSource
from catalog.schedules.registry import TASK_TYPES
from tests.wizard.talking import SALES
from tests.world import World as People
from wizard.plan.model import Entity
from wizard.world import World


def make_source(people: People, name: str, project: Any = None) -> DataSource:
    upload = receive_upload(actor=people.alice, name="sales.csv", chunks=[SALES])
    return create_source(
        actor=people.alice,
        project=project or people.general,
        name=name,
        prepared=prepare_source(actor=people.alice, upload=upload),
    )


def test_kinds_and_tasks_are_those_of_the_registries(world: People) -> None:
    view = World(world.alice)
    assert [kind.key for kind in view.source_kinds()] == [kind.key for kind in all_kinds()]
    assert [task.key for task in view.task_types()] == list(TASK_TYPES)


def test_items_are_those_the_user_may_see(world: People) -> None:
    source = make_source(world, "Sales", world.secret)
    assert [item.id for item in World(world.alice).sources()] == [source.pk]
    assert World(world.alice).item(Entity.DATA_SOURCE, source.pk)
    for other in (world.dave, world.charlie):
        assert not World(other).sources()
        assert World(other).item(Entity.DATA_SOURCE, source.pk) is None
        assert not World(other).tables(source.pk)


def test_search_needs_every_word(world: People) -> None:
    make_source(world, "Sales north")
    make_source(world, "Sales south")
    assert [item.name for item in World(world.alice).sources("south sales")] == ["Sales south"]


def test_looking_twice_asks_the_database_once(world: People) -> None:
    source = make_source(world, "Sales")
    view = World(world.alice)
    view.sources(), view.tables(source.pk), view.name_free(Entity.DATA_SOURCE, "x", None)
    with CaptureQueriesContext(connection) as captured:
        view.sources(), view.tables(source.pk), view.name_free(Entity.DATA_SOURCE, "X", None)
        assert view.item(Entity.DATA_SOURCE, source.pk)
    assert not captured


def test_names_are_taken_whatever_their_case_and_free_in_another_project(world: People) -> None:
    make_source(world, "Sales")
    view = World(world.alice)
    assert not view.name_free(Entity.DATA_SOURCE, "sALES", world.general.pk)
    assert view.name_free(Entity.DATA_SOURCE, "Sales", world.secret.pk)
    assert view.name_free(Entity.REPORT, "Sales", world.general.pk)


def test_an_upload_is_read_with_the_options_asked_for(world: People) -> None:
    upload = receive_upload(actor=world.alice, name="sales.csv", chunks=[SALES])
    view = World(world.alice)
    found = view.upload(str(upload.pk))
    assert found
    assert [column.label for column in found.tables[0].columns] == [
        "Month", "Region", "Revenue", "Cost",
    ]  # fmt: skip
    again = view.upload(str(upload.pk), {"types": {"revenue": "text"}})
    assert again
    assert {c.name: c.type for c in again.tables[0].columns}["revenue"] == "text"
    wrong = view.upload(str(upload.pk), {"types": {"region": "integer"}})
    assert wrong
    assert wrong.problem or wrong.tables
    assert World(world.dave).upload(str(upload.pk)) is None
    assert view.upload("no id") is None


def test_the_demo_database_shows_its_tables(world: People) -> None:
    with open("reportmanager/demo/data/chinook.sqlite", "rb") as file:
        upload = receive_upload(actor=world.alice, name="chinook.sqlite", chunks=[file.read()])
    found = World(world.alice).upload(str(upload.pk))
    assert found
    assert "Invoice" in [table.name for table in found.tables]
    assert not found.sheets


def test_a_missing_permission_is_named(world: People) -> None:
    allowed, reason = World(world.bob).may("catalog.add_report")
    assert not allowed
    assert "catalog.add_report" in reason


@pytest.mark.parametrize("cron", ["every day", "0 8 * *", "99 8 * * *", "0 0 30 2 *"])
def test_a_cron_line_that_cannot_be_is_a_sentence(world: People, cron: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        World(world.alice).next_runs(cron, "Europe/Berlin", 5)


def test_runs_are_told_in_their_zone(world: People) -> None:
    runs = World(world.alice).next_runs("0 8 * * *", "Asia/Tokyo", 2)
    assert [(run.hour, str(run.tzinfo)) for run in runs] == [(8, "Asia/Tokyo")] * 2
