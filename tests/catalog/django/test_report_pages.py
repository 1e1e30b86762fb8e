"""A report's page, picture and data: every kind, failures in words, columns that are hidden."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import ProjectMember
from catalog.actions.sources import update_source
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.models import DataSource, Report
from catalog.query.spec import Aggregate, Dimension, Grain, Measure, ReportQuery, SqlQuery
from tests.catalog.django.things import (
    BY_MONTH,
    BY_REGION,
    make_dashboard,
    make_report,
    make_source,
)
from tests.world import World

FIGURE = ReportQuery(table="data", measures=(Measure(aggregate=Aggregate.SUM, column="amount"),))
PAIRS = ReportQuery(
    table="data", dimensions=(Dimension(column="amount"), Dimension(column="quantity"))
)
SPLIT = ReportQuery(
    table="data",
    dimensions=(
        Dimension(column="order_date", grain=Grain.MONTH),
        Dimension(column="region"),
    ),
    measures=(Measure(aggregate=Aggregate.SUM, column="amount"),),
    series="d2",
)
WAYS = [
    (ChartKind.BAR, BY_REGION),
    (ChartKind.LINE, SPLIT),
    (ChartKind.AREA, BY_MONTH),
    (ChartKind.PIE, BY_REGION),
    (ChartKind.SCATTER, PAIRS),
]
HTMX = {"HX-Request": "true"}


def detail(report: Report, name: str = "detail") -> str:
    return reverse(f"catalog:report-{name}", args=[report.pk])


def text_of(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize(("kind", "query"), WAYS)
def test_a_chart_is_drawn_with_its_table_and_its_sentence(
    kind: ChartKind, query: ReportQuery, world: World
) -> None:
    report = make_report(world, query=query, chart=ChartSpec(kind=kind), name="Sales")
    page = world.client(world.bob).get(detail(report))
    text = text_of(page)
    drawn = page.context["drawn"]
    assert json.loads(drawn.option_json)["series"]
    assert "<report-chart" in text
    assert detail(report, "svg") in text.split("<noscript>")[1]
    assert '<table class="table table--data">' in text
    assert drawn.summary in page.context["drawn"].summary
    svg = world.client(world.bob).get(detail(report, "svg"))
    assert (svg.status_code, svg["Content-Type"]) == (200, "image/svg+xml")
    assert svg.content.startswith(b"<svg")


def test_a_figure_and_a_table_need_no_chart(world: World) -> None:
    figure = make_report(world, query=FIGURE, chart=ChartSpec(kind=ChartKind.NUMBER))
    table = make_report(
        world, query=ReportQuery(table="data"), chart=ChartSpec(kind=ChartKind.TABLE)
    )
    browser = world.client(world.alice)
    assert "kpi__value" in text_of(browser.get(detail(figure)))
    assert "North" in text_of(browser.get(detail(table)))
    for report in (figure, table):
        assert "<report-chart" not in text_of(browser.get(detail(report)))
        assert browser.get(detail(report, "svg")).status_code == 404


def test_a_figure_that_is_none_is_a_sentence(world: World) -> None:
    by_average = ReportQuery(
        table="data",
        dimensions=(Dimension(column="region"),),
        measures=(Measure(aggregate=Aggregate.AVG, column="amount"),),
    )
    report = make_report(world, query=by_average, chart=ChartSpec(kind=ChartKind.NUMBER))
    response = world.client(world.bob).get(detail(report))
    assert response.status_code == 200
    assert "do not add up to one" in text_of(response)


def test_no_rows_is_said(world: World) -> None:
    report = make_report(world, make_source(world, rows=0))
    response = world.client(world.bob).get(detail(report))
    assert (response.status_code, "no rows" in text_of(response)) == (200, True)
    assert world.client(world.bob).get(detail(report, "svg")).status_code == 404


def test_a_failing_source_is_a_sentence_in_the_place_of_the_picture(world: World) -> None:
    report = make_report(world, name="Sales")
    report.source.files.get().path.unlink()
    browser = world.client(world.bob)
    for response in (
        browser.get(detail(report)),
        browser.get(detail(report, "result"), headers=HTMX),
    ):
        assert response.status_code == 200
        assert "The data could not be shown." in text_of(response)
        assert "Try again" in text_of(response)
    svg = browser.get(detail(report, "svg"))
    assert svg.status_code == 502
    assert "The data source did not answer" in text_of(svg)
    assert "rm-tests" not in text_of(svg)


def test_a_query_that_no_longer_fits_is_a_sentence(world: World) -> None:
    report = make_report(world)
    report.source.tables.get().columns.filter(name="amount").delete()
    report.source.files.get().path.unlink()
    Report.objects.update(query=ReportQuery(table="gone").model_dump(mode="json"))
    response = world.client(world.bob).get(detail(report))
    assert response.status_code == 200
    assert "The data could not be shown." in text_of(response)


def test_the_picture_runs_nothing_wherever_it_is_opened(world: World) -> None:
    svg = world.client(world.bob).get(detail(make_report(world), "svg"))
    policy = svg["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert svg["Cache-Control"].startswith("private")
    assert svg["X-Content-Type-Options"] == "nosniff"


def test_the_result_alone_is_the_fragment(world: World) -> None:
    report = make_report(world)
    browser = world.client(world.bob)
    fragment = text_of(browser.get(detail(report, "result"), headers=HTMX))
    assert fragment.strip().startswith('<div id="report-result"')
    assert "<html" in text_of(browser.get(detail(report, "result")))


def test_a_second_look_comes_from_the_cache_and_refresh_does_not(world: World) -> None:
    report = make_report(world)
    browser = world.client(world.bob)
    browser.get(detail(report))
    assert "from the cache" in text_of(browser.get(detail(report)))
    assert "from the cache" not in text_of(browser.get(detail(report) + "?refresh=1"))


EMAILS = ReportQuery(
    table="data", dimensions=(Dimension(column="email"), Dimension(column="amount"))
)


def test_hidden_columns_are_dots_for_those_who_may_not_see_them(world: World) -> None:
    report = make_report(world, query=EMAILS, chart=ChartSpec(kind=ChartKind.TABLE))
    for user, may in ((world.amy, True), (world.alice, False), (world.bob, False)):
        browser = world.client(user)
        for url in (detail(report), f"/api/v1/reports/{report.pk}/data"):
            text = text_of(browser.get(url))
            assert ("p1@example.org" in text) is may, (user, url)
            assert ("•••" in text or "\\u2022" in text) is not may


def test_the_order_of_readers_does_not_matter(world: World) -> None:
    """An Admin's result is kept under another key than a Viewer's."""
    report = make_report(world, query=EMAILS, chart=ChartSpec(kind=ChartKind.TABLE))
    assert "p1@example.org" in text_of(world.client(world.amy).get(detail(report)))
    assert "p1@example.org" not in text_of(world.client(world.bob).get(detail(report)))
    assert "p1@example.org" in text_of(world.client(world.amy).get(detail(report)))


def test_grouping_by_a_hidden_column_is_refused_in_words(world: World) -> None:
    grouped = ReportQuery(
        table="data",
        dimensions=(Dimension(column="email"),),
        measures=(Measure(aggregate=Aggregate.SUM, column="amount"),),
    )
    report = make_report(world, query=grouped, actor=world.amy)
    assert "hidden from you" in text_of(world.client(world.bob).get(detail(report)))
    svg = world.client(world.bob).get(detail(report, "svg"))
    assert svg.status_code == 422
    assert b"p1@example.org" not in svg.content
    assert world.client(world.amy).get(detail(report, "svg")).status_code == 200


def test_hidden_columns_stay_hidden_in_sql(world: World) -> None:
    report = make_report(
        world,
        query=SqlQuery(sql="SELECT email, amount FROM data"),
        chart=ChartSpec(kind=ChartKind.TABLE),
        actor=world.amy,
    )
    assert "p1@example.org" in text_of(world.client(world.amy).get(detail(report)))
    assert "p1@example.org" not in text_of(world.client(world.bob).get(detail(report)))


def test_hidden_columns_stay_hidden_in_the_sources_preview(world: World) -> None:
    source = make_source(world)
    url = reverse("catalog:source-preview", args=[source.pk]) + "?table=data"
    assert "p1@example.org" in text_of(world.client(world.amy).get(url))
    assert "p1@example.org" not in text_of(world.client(world.dave).get(url))


def test_a_restricted_source_shows_its_data_to_those_who_may_see_it(world: World) -> None:
    report = make_report(world, make_source(world, project=world.secret))
    browser = world.client(world.dave)
    assert "<report-chart" in text_of(browser.get(detail(report)))
    update_source(actor=world.alice, source=report.source, restricted=True)
    page = browser.get(detail(report))
    assert page.status_code == 200
    assert "<report-chart" not in text_of(page)
    assert "may not see data sources" in text_of(page)
    assert browser.get(detail(report, "svg")).status_code == 403
    assert browser.get(f"/api/v1/reports/{report.pk}/data").status_code == 403
    assert "<report-chart" in text_of(world.client(world.alice).get(detail(report)))


def test_restricting_a_source_on_its_page(world: World) -> None:
    source = make_source(world, name="Orders")
    url = reverse("catalog:source-edit", args=[source.pk])
    browser = world.client(world.alice)
    data = {"name": "Orders", "project": world.general.pk, "version": 1, "restricted": "on"}
    assert browser.post(url, data).status_code == 303
    assert DataSource.objects.get().restricted
    assert 'name="restricted"' in text_of(browser.get(url))


def test_a_viewer_sees_reports_but_no_sources(world: World) -> None:
    report = make_report(world)
    browser = world.client(world.bob)
    assert browser.get(detail(report)).status_code == 200
    source = reverse("catalog:source-detail", args=[report.source_id])
    assert source not in text_of(browser.get(detail(report)))
    for url in (source, reverse("catalog:source-list"), reverse("catalog:trash")):
        response = browser.get(url)
        assert response.status_code == 403
        assert "Your role may not" in text_of(response)


def test_the_link_to_the_source_is_for_those_who_may_follow_it(world: World) -> None:
    report = make_report(world, make_source(world, project=world.secret))
    link = reverse("catalog:source-detail", args=[report.source_id])
    assert link in text_of(world.client(world.alice).get(detail(report)))
    assert link not in text_of(world.client(world.dave).get(detail(report)))


def test_a_report_of_a_hidden_project_is_not_there(world: World) -> None:
    report = make_report(world, project=world.secret)
    for name in ("detail", "result", "svg", "edit"):
        for user in (world.bob, world.dave, world.charlie):
            assert world.client(user).get(detail(report, name)).status_code == 404
    ProjectMember.objects.create(project=world.secret, user=world.bob)
    assert world.client(world.bob).get(detail(report)).status_code == 200


def test_the_page_names_the_dashboards_one_may_see(world: World) -> None:
    report = make_report(world)
    make_dashboard(world, report, report, name="Shown board")
    make_dashboard(world, report, name="Secret board", project=world.secret)
    text = text_of(world.client(world.bob).get(detail(report)))
    assert text.count("Shown board") == 1
    assert "Secret board" not in text
