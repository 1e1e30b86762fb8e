"""Dashboards on the pages: made, arranged, shown widget by widget."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import ProjectMember
from catalog.actions.dashboards import WidgetInput, update_dashboard
from catalog.actions.trash import trash_item
from catalog.models import Dashboard, Widget
from tests.catalog.django.things import make_dashboard, make_report
from tests.world import World

HTMX = {"HX-Request": "true"}
NEW = reverse("catalog:dashboard-create")


def url_of(dashboard: Dashboard, name: str = "detail", *more: int) -> str:
    names = {"widget": "catalog:widget-result"}
    return reverse(names.get(name, f"catalog:dashboard-{name}"), args=[dashboard.pk, *more])


def text_of(response: Any) -> str:
    return str(response.content.decode())


def form_data(world: World, dashboard: Dashboard, *widgets: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "name": dashboard.name,
        "project": dashboard.project_id,
        "version": dashboard.version,
        "widgets-TOTAL_FORMS": len(widgets),
        "widgets-INITIAL_FORMS": dashboard.widgets.count(),
    }
    empty = {"kind": "chart", "title": "", "text": "", "x": 0, "y": 0, "w": 6, "h": 4}
    for number, widget in enumerate(widgets):
        data |= {f"widgets-{number}-{key}": value for key, value in (empty | widget).items()}
    return data


def test_a_dashboard_of_chosen_reports_lays_itself_out(world: World) -> None:
    reports = [make_report(world) for _ in range(3)]
    browser = world.client(world.alice)
    made = browser.post(
        NEW,
        {
            "name": "Board",
            "project": world.general.pk,
            "reports": [report.pk for report in reports],
            "refresh_seconds": "300",
        },
    )
    board = Dashboard.objects.get()
    assert (made.status_code, made["Location"]) == (303, url_of(board))
    assert board.refresh_seconds == 300
    places = [(w.x, w.y, w.w) for w in board.widgets.all()]
    assert places == [(0, 0, 6), (6, 0, 6), (0, 4, 12)]


def test_a_dashboard_takes_only_visible_reports(world: World) -> None:
    hidden = make_report(world, project=world.secret, name="Hidden one")
    browser = world.client(world.dave)
    assert "Hidden one" not in text_of(browser.get(NEW))
    refused = browser.post(
        NEW, {"name": "Board", "project": world.general.pk, "reports": [hidden.pk]}
    )
    assert refused.status_code == 422
    assert not Dashboard.objects.exists()


def test_a_report_can_be_ticked_from_its_page(world: World) -> None:
    report = make_report(world)
    form = world.client(world.alice).get(f"{NEW}?report={report.pk}").context["form"]
    assert form["reports"].value() == [report.pk]
    assert world.client(world.alice).get(f"{NEW}?report=x").status_code == 200


def test_widgets_are_added_moved_and_removed(world: World) -> None:
    first, second = make_report(world), make_report(world)
    board = make_dashboard(world, first, second)
    browser = world.client(world.alice)
    saved = browser.post(
        url_of(board, "edit"),
        form_data(
            world,
            board,
            {"report": first.pk, "DELETE": "on", "w": "nonsense"},
            {"report": second.pk, "kind": "table", "title": "As table", "w": 12, "y": 2},
            {"kind": "text", "text": "Read this first.", "w": 12, "h": 2},
        ),
    )
    assert saved.status_code == 303, text_of(saved)
    kinds = [(w.kind, w.report_id, w.title, w.y) for w in board.widgets.all()]
    assert kinds == [("text", None, "", 0), ("table", second.pk, "As table", 2)]
    board.refresh_from_db()
    assert board.version == 2


def test_nothing_changed_keeps_the_version(world: World) -> None:
    report = make_report(world)
    board = make_dashboard(world, report)
    data = form_data(world, board, {"report": report.pk})
    assert world.client(world.alice).post(url_of(board, "edit"), data).status_code == 303
    board.refresh_from_db()
    assert board.version == 1


def test_a_foreign_report_is_no_choice(world: World) -> None:
    board = make_dashboard(world)
    foreign = make_report(world, actor=world.charlie, project=world.rival_general)
    data = form_data(world, board, {"report": foreign.pk})
    response = world.client(world.alice).post(url_of(board, "edit"), data)
    assert (response.status_code, "valid choice" in text_of(response)) == (422, True)


@pytest.mark.parametrize(
    ("widget", "words"),
    [
        ({"kind": "chart", "report": ""}, "Choose the report"),
        ({"kind": "text", "x": 8, "w": 6}, "right edge"),
        ({"kind": "text", "x": "far"}, "whole number"),
        ({"kind": "text", "h": 0}, "greater than or equal"),
        ({"kind": "gauge"}, "valid choice"),
    ],
)
def test_what_does_not_fit_is_said(widget: dict[str, Any], words: str, world: World) -> None:
    board = make_dashboard(world)
    response = world.client(world.alice).post(
        url_of(board, "edit"), form_data(world, board, widget)
    )
    assert (response.status_code, words in text_of(response)) == (422, True)
    assert board.widgets.count() == 1


def test_add_a_widget_shows_one_more_below_and_saves_nothing(world: World) -> None:
    report = make_report(world)
    board = make_dashboard(world, report)
    data = form_data(world, board, {"report": report.pk}) | {"add": "1"}
    response = world.client(world.alice).post(url_of(board, "edit"), data)
    assert response.status_code == 200
    forms = response.context["widgets"].forms
    assert [form["y"].value() for form in forms] == ["0", "4"]
    assert board.widgets.count() == 1


@pytest.mark.parametrize("number", ["x", "", "-1", "²", "99999999999", "1e9"])
def test_add_a_widget_bears_nonsense(number: str, world: World) -> None:
    board = make_dashboard(world)
    data = form_data(world, board, {"y": number, "h": number})
    for odd in (data, data | {"widgets-TOTAL_FORMS": number}):
        response = world.client(world.alice).post(url_of(board, "edit"), odd | {"add": "1"})
        assert response.status_code == 200


def test_a_form_without_its_management_part_is_refused(world: World) -> None:
    board = make_dashboard(world)
    browser = world.client(world.alice)
    assert browser.post(url_of(board, "edit"), {"name": "X"}).status_code == 422
    assert browser.post(url_of(board, "edit")).status_code == 422


def test_more_than_fifty_widgets_are_refused(world: World) -> None:
    board = make_dashboard(world)
    data = form_data(world, board, *({"kind": "text", "y": n} for n in range(60)))
    response = world.client(world.alice).post(url_of(board, "edit"), data)
    assert (response.status_code, "at most 50" in text_of(response)) == (422, True)


def test_a_conflict_is_said_and_the_second_save_wins(world: World) -> None:
    report = make_report(world)
    board = make_dashboard(world, report)
    data = form_data(world, board, {"report": report.pk}) | {"name": "Mine"}
    update_dashboard(actor=world.amy, dashboard=board, name="Hers")
    browser = world.client(world.alice)
    refused = browser.post(url_of(board, "edit"), data)
    assert (refused.status_code, "changed by someone else" in text_of(refused)) == (422, True)
    assert 'name="version" value="2"' in text_of(refused)
    assert browser.post(url_of(board, "edit"), data | {"version": 2}).status_code == 303


def test_editing_takes_few_queries_however_many_widgets(
    world: World,
    django_assert_max_num_queries: Any,
) -> None:
    reports = [make_report(world) for _ in range(3)]
    board = make_dashboard(world, *reports * 6)
    browser = world.client(world.alice)
    browser.get(url_of(board, "edit"))
    for name in ("edit", "detail"):
        with django_assert_max_num_queries(15):
            assert browser.get(url_of(board, name)).status_code == 200
    widgets = [{"report": w.report_id, "x": w.x, "y": w.y} for w in board.widgets.all()]
    with django_assert_max_num_queries(30):
        browser.post(url_of(board, "edit"), form_data(world, board, *widgets) | {"name": "New"})


def test_widgets_come_one_by_one(world: World) -> None:
    board = make_dashboard(world)
    widget = board.widgets.get()
    browser = world.client(world.bob)
    page = text_of(browser.get(url_of(board)))
    assert url_of(board, "widget", widget.pk) in page
    assert "<report-chart" not in page
    fragment = text_of(browser.get(url_of(board, "widget", widget.pk), headers=HTMX))
    assert "<report-chart" in fragment
    assert "<html" not in fragment
    assert "as of" in fragment
    whole = text_of(browser.get(url_of(board, "widget", widget.pk)))
    assert "<html" in whole
    assert '<table class="table table--data">' in whole


def test_a_widget_of_another_dashboard_is_not_there(world: World) -> None:
    board, other = make_dashboard(world), make_dashboard(world)
    url = url_of(board, "widget", other.widgets.get().pk)
    assert world.client(world.bob).get(url).status_code == 404


def test_a_text_widget_has_no_data_and_no_markup(world: World) -> None:
    board = make_dashboard(world)
    text = WidgetInput(kind="text", title="<b>T</b>", text="One\n\n<script>alert(1)</script>")
    update_dashboard(actor=world.alice, dashboard=board, widgets=[text])
    page = text_of(world.client(world.bob).get(url_of(board)))
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;b&gt;T" in page
    widget = board.widgets.get()
    assert world.client(world.bob).get(url_of(board, "widget", widget.pk)).status_code == 404


def test_a_report_drawn_as_table_and_as_number(world: World) -> None:
    report = make_report(world)
    board = make_dashboard(
        world,
        widgets=[
            WidgetInput(kind="table", report=report.pk),
            WidgetInput(kind="number", report=report.pk, x=6),
        ],
    )
    table, number = board.widgets.all()
    browser = world.client(world.bob)
    as_table = text_of(browser.get(url_of(board, "widget", table.pk), headers=HTMX))
    assert ("<table" in as_table, "<report-chart" in as_table) == (True, False)
    as_number = text_of(browser.get(url_of(board, "widget", number.pk), headers=HTMX))
    assert "kpi__value" in as_number


def test_a_failing_widget_says_why_with_a_retry(world: World) -> None:
    report = make_report(world)
    board = make_dashboard(world, report, make_report(world))
    report.source.files.get().path.unlink()
    broken, fine = board.widgets.all()
    browser = world.client(world.bob)
    response = browser.get(url_of(board, "widget", broken.pk), headers=HTMX)
    assert (response.status_code, "Try again" in text_of(response)) == (200, True)
    assert "?refresh=1" in text_of(response)
    assert "<report-chart" in text_of(browser.get(url_of(board, "widget", fine.pk), headers=HTMX))


def test_a_trashed_report_leaves_a_note_in_its_place(world: World) -> None:
    report = make_report(world, name="Gone report")
    board = make_dashboard(world, report)
    widget = board.widgets.get()
    trash_item(actor=world.alice, item=report)
    browser = world.client(world.alice)
    page = text_of(browser.get(url_of(board)))
    assert "The report of this widget is in the trash." in page
    assert "Gone report" not in page
    fragment = browser.get(url_of(board, "widget", widget.pk), headers=HTMX)
    assert (fragment.status_code, "in the trash" in text_of(fragment)) == (200, True)
    assert browser.get(url_of(board, "widget", widget.pk)).status_code == 200
    assert "1" in text_of(browser.get(reverse("catalog:dashboard-list")))
    data = form_data(world, board, {"report": report.pk, "w": 12})
    assert browser.post(url_of(board, "edit"), data).status_code == 303
    assert board.widgets.get().w == 12


def test_a_widget_tells_nothing_of_a_report_one_may_not_see(world: World) -> None:
    report = make_report(world, project=world.secret, name="Layoffs 2027")
    board = make_dashboard(world, report)
    widget = board.widgets.get()
    ProjectMember.objects.create(
        project=world.general, user=world.dave, role=ProjectMember.Role.EDITOR
    )
    for user in (world.bob, world.dave):
        browser = world.client(user)
        urls = [url_of(board), url_of(board, "widget", widget.pk)]
        urls += [url_of(board, "edit")] if user is world.dave else []
        for url in urls:
            for headers in ({}, HTMX):
                text = text_of(browser.get(url, headers=headers))
                assert "Layoffs" not in text, url
                assert "you may not see" in text, url
    assert "Layoffs" in text_of(world.client(world.alice).get(url_of(board)))


def test_full_screen_and_refresh_are_links(world: World) -> None:
    board = make_dashboard(world)
    browser = world.client(world.bob)
    assert "full-screen" in text_of(browser.get(url_of(board) + "?view=full"))
    widget = board.widgets.get()
    assert f"{url_of(board, 'widget', widget.pk)}?refresh=1" in text_of(
        browser.get(url_of(board) + "?refresh=1")
    )


def test_an_empty_dashboard_offers_to_add_widgets_to_who_may(world: World) -> None:
    board = make_dashboard(world, widgets=[])
    assert "Add widgets" in text_of(world.client(world.alice).get(url_of(board)))
    page = text_of(world.client(world.bob).get(url_of(board)))
    assert ("This dashboard is empty" in page, "Add widgets" in page) == (True, False)


def test_an_unusual_interval_survives_editing(world: World) -> None:
    report = make_report(world)
    board = make_dashboard(world, report, refresh_seconds=90)
    browser = world.client(world.alice)
    assert "Every 90 seconds" in text_of(browser.get(url_of(board, "edit")))
    data = form_data(world, board, {"report": report.pk}) | {"refresh_seconds": "90"}
    assert browser.post(url_of(board, "edit"), data).status_code == 303
    board.refresh_from_db()
    assert board.refresh_seconds == 90
    assert "every 90s" in text_of(browser.get(url_of(board)))


def test_tabs_of_widgets_survive_editing(world: World) -> None:
    report = make_report(world)
    board = make_dashboard(
        world, widgets=[WidgetInput(kind="chart", report=report.pk, tab="North")]
    )
    browser = world.client(world.alice)
    assert 'value="North"' in text_of(browser.get(url_of(board, "edit")))
    data = form_data(world, board, {"report": report.pk, "tab": "North", "w": 12})
    browser.post(url_of(board, "edit"), data)
    assert [(w.tab, w.w) for w in Widget.objects.filter(dashboard=board)] == [("North", 12)]
