"""Building a report on the pages: source, builder, preview, save, conflict."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.http import QueryDict
from django.urls import reverse

from accounts.models import ProjectMember
from catalog.actions.reports import update_report
from catalog.actions.sources import create_source
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.models import DataSource, Report
from catalog.query.spec import Dimension, Filter, Operator, SqlQuery
from tests.catalog.django.things import BY_REGION, make_report, make_source, prepared_orders
from tests.world import World

NEW = reverse("catalog:report-create")
PREVIEW = reverse("catalog:report-preview")


def body(world: World, **fields: Any) -> dict[str, Any]:
    common = {"name": "Sales", "project": world.general.pk, "kind": "bar"}
    return common | {"x": "region", "m1_aggregate": "sum", "m1_column": "amount"} | fields


def text_of(response: Any) -> str:
    return str(response.content.decode())


def test_first_the_source_is_chosen(world: World) -> None:
    make_source(world, name="Orders here")
    make_source(world, name="Hidden", project=world.secret)
    text = text_of(world.client(world.dave).get(NEW))
    assert "Orders here" in text
    assert "Hidden" not in text


def test_suggestions_fill_the_form(world: World) -> None:
    source = make_source(world)
    browser = world.client(world.alice)
    first = text_of(browser.get(f"{NEW}?source={source.pk}"))
    assert "Suggested for this data" in first
    assert browser.get(f"{NEW}?source={source.pk}&suggestion=1").status_code == 200
    for odd in ("999", "abc", "²", "-1", "9" * 40):
        assert browser.get(f"{NEW}?source={source.pk}&suggestion={odd}").status_code == 200


@pytest.mark.parametrize("value", ["999999", "9" * 18])
def test_an_unknown_source_is_not_there(value: str, world: World) -> None:
    assert world.client(world.alice).get(f"{NEW}?source={value}").status_code == 404


@pytest.mark.parametrize("value", ["", "abc", "²", "-1", "1.5", "9" * 40])
def test_what_is_no_number_asks_for_the_source(value: str, world: World) -> None:
    response = world.client(world.alice).get(NEW, {"source": value})
    assert (response.status_code, "Which data" in text_of(response)) == (200, True)


def test_an_unknown_table_is_not_there(world: World) -> None:
    source = make_source(world)
    browser = world.client(world.alice)
    assert browser.get(f"{NEW}?source={source.pk}&table=nothing").status_code == 404
    assert browser.post(f"{PREVIEW}?source={source.pk}&table=nothing").status_code == 404
    assert browser.post(f"{PREVIEW}?source=x").status_code == 404


def test_a_source_without_tables_is_no_place_for_a_report(world: World) -> None:
    empty = create_source(
        actor=world.alice,
        project=world.general,
        name="Empty",
        prepared=replace(prepared_orders(0), tables=[]),
    )
    browser = world.client(world.alice)
    assert browser.get(f"{NEW}?source={empty.pk}").status_code == 404
    assert browser.get(reverse("catalog:source-detail", args=[empty.pk])).status_code == 200


def test_a_report_is_created(world: World) -> None:
    source = make_source(world)
    browser = world.client(world.alice)
    made = browser.post(f"{NEW}?source={source.pk}&table=data", body(world))
    report = Report.objects.get()
    assert (made.status_code, made["Location"]) == (
        303,
        reverse("catalog:report-detail", args=[report.pk]),
    )
    assert report.query_spec == BY_REGION
    assert report.chart_spec.kind is ChartKind.BAR


def test_what_the_suggestion_knew_is_kept_when_it_is_saved(world: World) -> None:
    source = make_source(world)
    browser = world.client(world.alice)
    url = f"{NEW}?source={source.pk}&table=data&suggestion=0"
    shown = browser.get(url).context["form"]
    data = {bound.name: bound.value() for bound in shown if bound.value() not in (None, False, "")}
    assert browser.post(url, data).status_code == 303
    report = Report.objects.get()
    assert (report.query_spec, report.chart_spec) == (shown.base_query, shown.base_chart)


def test_a_refused_query_stays_on_the_page(world: World) -> None:
    source = make_source(world)
    url = f"{NEW}?source={source.pk}&table=data"
    wrong = body(world, m1_aggregate="sum", m1_column="region")
    response = world.client(world.alice).post(url, wrong)
    assert response.status_code == 422
    assert 'role="alert"' in text_of(response)
    assert not Report.objects.exists()


def test_a_taken_name_stays_on_the_page_with_its_project(world: World) -> None:
    source = make_source(world)
    make_report(world, source, name="sales")
    url = f"{NEW}?source={source.pk}&table=data"
    response = world.client(world.dave).post(url, body(world))
    text = text_of(response)
    assert (response.status_code, "already exists" in text) == (422, True)
    assert f'name="project" value="{world.general.pk}"' in text


def test_the_preview_draws_and_says_what_it_asks(world: World) -> None:
    source = make_source(world)
    url = f"{PREVIEW}?source={source.pk}&table=data"
    text = text_of(world.client(world.alice).post(url, body(world, name="")))
    assert "<report-chart" in text
    assert "by Region" in text
    assert "View SQL" in text


def test_the_preview_says_what_is_missing(world: World) -> None:
    source = make_source(world)
    url = f"{PREVIEW}?source={source.pk}&table=data"
    response = world.client(world.alice).post(url, body(world, m1_column=""))
    assert response.status_code == 200
    assert "Choose the column to calculate with" in text_of(response)


def test_the_preview_is_for_those_who_may_build(world: World) -> None:
    source = make_source(world)
    url = f"{PREVIEW}?source={source.pk}&table=data"
    assert world.client(world.bob).post(url, body(world)).status_code == 403
    assert world.client(world.charlie).post(url, body(world)).status_code == 404
    assert world.client(world.alice).get(url).status_code == 405
    hidden = make_source(world, project=world.secret)
    assert world.client(world.dave).post(f"{PREVIEW}?source={hidden.pk}").status_code == 404


def edit_data(browser: Any, url: str) -> QueryDict:
    data = QueryDict(mutable=True)
    for bound in browser.get(url).context["form"]:
        value = bound.value()
        if isinstance(value, list):
            data.setlist(bound.name, value)
        elif value not in (None, False, ""):
            data[bound.name] = "on" if value is True else str(value)
    return data


def test_editing_keeps_what_the_form_cannot_say(world: World) -> None:
    query = BY_REGION.model_copy(
        update={
            "dimensions": (Dimension(column="region", label="Where it was sold"),),
            "filters": (
                Filter(column="region", operator=Operator.IN, values=("North", "a, b", "South")),
            ),
        }
    )
    chart = ChartSpec(kind=ChartKind.BAR, top_n=5, number_format="currency", currency="EUR")
    report = make_report(world, query=query, chart=chart, name="Before")
    browser = world.client(world.alice)
    url = reverse("catalog:report-edit", args=[report.pk])
    data = edit_data(browser, url)
    data["name"] = "After"
    assert browser.post(url, data).status_code == 303
    report.refresh_from_db()
    assert (report.name, report.version) == ("After", 2)
    assert (report.query_spec, report.chart_spec) == (query, chart)


def test_the_preview_of_an_edit_keeps_it_too(world: World) -> None:
    query = BY_REGION.model_copy(
        update={"dimensions": (Dimension(column="region", label="Where it was sold"),)}
    )
    report = make_report(world, query=query)
    browser = world.client(world.alice)
    page = text_of(browser.get(reverse("catalog:report-edit", args=[report.pk])))
    assert f"report={report.pk}" in page
    url = f"{PREVIEW}?source={report.source_id}&table=data&report={report.pk}"
    assert "Where it was sold" in text_of(browser.post(url, body(world)))
    assert world.client(world.dave).post(url, body(world)).status_code == 403


def test_a_conflict_is_said_and_the_second_save_wins(world: World) -> None:
    report = make_report(world, name="Mine")
    browser = world.client(world.alice)
    url = reverse("catalog:report-edit", args=[report.pk])
    data = edit_data(browser, url)
    update_report(actor=world.amy, report=report, name="Hers")
    data["name"] = "Still mine"
    refused = browser.post(url, data)
    text = text_of(refused)
    assert (refused.status_code, "“Hers” was changed by someone else" in text) == (422, True)
    assert 'name="version" value="2"' in text
    data["version"] = "2"
    assert browser.post(url, data).status_code == 303
    report.refresh_from_db()
    assert (report.name, report.version) == ("Still mine", 3)


def test_a_report_in_sql_says_that_the_builder_cannot_open_it(world: World) -> None:
    report = make_report(world, query=SqlQuery(sql="SELECT region FROM data"))
    url = reverse("catalog:report-edit", args=[report.pk])
    response = world.client(world.alice).get(url)
    assert (response.status_code, "report in SQL" in text_of(response)) == (400, True)


def test_an_editor_of_the_project_saves_into_it(world: World) -> None:
    report = make_report(world, make_source(world), project=world.secret)
    ProjectMember.objects.create(
        project=world.secret, user=world.dave, role=ProjectMember.Role.EDITOR
    )
    browser = world.client(world.dave)
    url = reverse("catalog:report-edit", args=[report.pk])
    data = edit_data(browser, url)
    assert data["project"] == str(world.secret.pk)
    data["name"] = "Edited by Dave"
    assert browser.post(url, data).status_code == 303


def test_columns_hidden_from_the_builder_are_not_suggested(world: World) -> None:
    source = make_source(world)
    page = world.client(world.alice).get(f"{NEW}?source={source.pk}")
    queries = [each.query for each in page.context["suggestions"]]
    names = {d.column for query in queries for d in query.dimensions}
    assert "email" not in names
    made = world.client(world.alice).post(
        reverse("catalog:source-suggestion", args=[source.pk]), follow=True
    )
    assert "A dashboard was made" in text_of(made)
    assert made.context["dashboard"].widgets.count() >= 3


def test_the_largest_table_makes_the_first_dashboard(world: World) -> None:
    small = prepared_orders(10)
    large = {**small.tables[0], "name": "large", "label": "Large", "rows": 900}
    tables = [*small.tables, large]
    source = create_source(
        actor=world.alice,
        project=world.general,
        name="Two",
        prepared=replace(small, tables=tables),
    )
    url = reverse("catalog:source-suggestion", args=[source.pk])
    world.client(world.alice).post(url)
    assert {report.query["table"] for report in Report.objects.all()} == {"large"}
    page = world.client(world.alice).get(f"{NEW}?source={source.pk}&table=large")
    assert page.context["table"].name == "large"


def test_nothing_to_suggest_is_said(world: World) -> None:
    source = create_source(
        actor=world.alice,
        project=world.general,
        name="Empty",
        prepared=replace(prepared_orders(0), tables=[]),
    )
    url = reverse("catalog:source-suggestion", args=[source.pk])
    text = text_of(world.client(world.alice).post(url, follow=True))
    assert "nothing in this source that could be drawn" in text
    assert DataSource.objects.count() == 1
