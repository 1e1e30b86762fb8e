"""The wizard's pages as a browser without JavaScript uses them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Dashboard, DataSource, Report, Upload
from common import clock
from common.jobs import run_pending
from tests.wizard.talking import SALES, Person, problem_of
from tests.world import World
from wizard.dialogue import Status
from wizard.models import WizardSession

HTMX = {"HX-Request": "true"}


@pytest.fixture
def person(world: World, settings: Any) -> Person:
    settings.RATE_LIMITS = {"second": 1000}
    return Person(world.client(world.alice))


def test_from_a_file_to_a_dashboard(person: Person, world: World) -> None:
    person.to_dashboard()
    assert person.session.status == Status.PLANNING
    person.reviewed()
    assert person.session.status == Status.CONFIRMING, person.session.findings
    assert "Execute plan" in person.text
    assert person.session.fingerprint in person.text
    assert not DataSource.objects.exists()
    person.execute()
    assert person.session.status == Status.EXECUTING
    run_pending()
    person.look()
    assert person.session.status == Status.COMPLETED, person.session.error
    dashboard = Dashboard.objects.visible_to(world.alice).get(name="Q4 dashboard")
    assert dashboard.widgets.count() == Report.objects.count() > 0
    assert f'href="/dashboards/{dashboard.pk}/"' in person.text
    assert "View dashboard" in person.text
    source = DataSource.objects.get()
    assert f"data source “Sales Q4” created (ID {source.pk})" in person.text


def test_the_review_says_what_will_be(person: Person) -> None:
    person.to_dashboard().reviewed()
    assert "Create data source “Sales Q4”" in person.text
    assert "Sum of Revenue by Region, sorted by" in person.text  # columns as the file calls them
    assert "Step 1" in person.text  # what the reports refer to
    assert "General" in person.text
    assert "<report-chart" in person.text  # the charts of the dry run
    assert "North" in person.text  # their rows
    assert "&lt;TaskPlan" in person.text
    xml = person.browser.get(person.url("plan"))
    assert xml.content == bytes(person.session.plan)
    assert "attachment" in xml["Content-Disposition"]


def test_everything_survives_a_reload(person: Person, world: World) -> None:
    person.begin(option="create_report").say("General").choose("create").choose("csv").upload()
    before = person.text.split('id="wizard"')[1]
    again = Person(world.client(world.alice), person.session).look()
    assert again.question == person.question
    assert "sales_q4.csv" in again.text
    assert len(again.text.split('id="wizard"')[1]) == len(before)


def test_back_shows_the_question_with_its_answer(person: Person) -> None:
    person.begin(option="create_source").say("General").choose("csv").upload()
    assert person.question.key == "source.columns"
    person.moved(person.post("back"))
    assert person.question.key == "source.upload"
    person.moved(person.post("back"))
    assert person.question.key == "source.kind"
    assert person.question.current == "csv"
    assert 'aria-pressed="true"' in person.text


def test_an_answer_can_be_changed_from_the_side_and_the_rest_stays(person: Person) -> None:
    person.begin(option="create_source").say("General").choose("csv").upload().fill()
    person.moved(person.post("modification", question="project"))
    assert person.question.key == "project"
    person.say("Secret")
    assert person.question.key == "source.name"


def test_a_plan_can_be_modified(person: Person, world: World) -> None:
    person.to_dashboard().reviewed()
    first = person.session.plan_sha256
    person.moved(person.post("modification", question="dashboard.about"))
    assert person.session.status == Status.COLLECTING
    assert person.question.current == {"name": "Q4 dashboard", "description": ""}
    person.fill(name="Quarter four").reviewed()
    assert person.session.status == Status.CONFIRMING
    assert person.session.plan_sha256 != first
    stale = person.post("execution", fingerprint=first)
    assert stale.status_code == 409
    run_pending()
    assert not Dashboard.objects.exists()


def test_a_step_can_be_taken_out(person: Person) -> None:
    person.to_dashboard().reviewed()
    before = len(person.page.context["review"].steps)
    person.moved(person.post("step-removal", "step-2")).reviewed()
    assert len(person.page.context["review"].steps) == before - 1
    assert person.session.status == Status.CONFIRMING


def test_two_windows_never_overwrite_each_other(person: Person, world: World) -> None:
    person.begin(option="create_report")
    other = Person(world.client(world.alice), person.session).look()
    person.say("General")
    response = other.post("answer", text="Secret")
    assert response.status_code == 409
    assert "another window" in response.content.decode()
    assert response.context["asked"].question.key == person.question.key
    assert {"question": "project", "text": "General"}.items() <= person.session.answers[1].items()


def test_htmx_gets_the_fresh_part_for_a_stale_window(person: Person) -> None:
    person.begin(option="create_report")
    old = person.session.version
    person.say("General")
    data = {"version": old, "question": "project", "text": "Secret"}
    response = person.browser.post(person.url("answer"), data, headers=HTMX)
    assert response.status_code == 422  # what htmx swaps
    assert "<html" not in response.content.decode()
    assert "another window" in response.content.decode()


def test_htmx_gets_the_next_question_with_focus_and_words_to_announce(person: Person) -> None:
    person.begin(option="create_report")
    data = {"version": person.session.version, "question": "project", "text": "General"}
    response = person.browser.post(person.url("answer"), data, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in text
    assert "<title>" in text
    assert text.count("data-focus") == 1
    assert 'data-announce="Do you already have a data source for it?"' in text


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("report.xlsx", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "PDF"),
        ("empty.csv", b"", "empty"),
        ("junk.csv", bytes(range(256)) * 20, ""),
    ],
)
def test_a_refused_file_leaves_the_conversation_where_it_is(
    person: Person, name: str, content: bytes, words: str
) -> None:
    person.begin(option="create_source").say("General").choose("excel")
    before = person.session.answers
    response = person.post("upload", file=SimpleUploadedFile(name, content))
    assert response.status_code == 422
    assert words in problem_of(response)
    assert 'role="alert"' in response.content.decode()
    assert person.session.answers == before
    assert not Upload.objects.exists()
    assert person.look().question.key == "source.upload"
    assert person.upload().question.key == "source.columns"


def test_an_upload_too_large_names_the_limit(person: Person, settings: Any) -> None:
    person.begin(option="create_source").say("General").choose("csv")
    settings.MAX_UPLOAD_MB = 0
    response = person.post("upload", file=SimpleUploadedFile("a.csv", SALES))
    assert response.status_code == 422
    assert "0 MB" in problem_of(response)


def test_no_file_is_said(person: Person) -> None:
    person.begin(option="create_source").say("General").choose("csv")
    response = person.post("upload")
    assert response.status_code == 422
    assert "choose a file" in problem_of(response)


def test_a_refused_form_keeps_what_was_typed(person: Person) -> None:
    person.begin(option="create_source").say("General").choose("csv").upload().fill()
    response = person.post("answer", value="x" * 201)
    assert response.status_code == 422
    assert "too long" in problem_of(response)
    assert "x" * 201 in response.content.decode()


def test_a_taken_name_is_said_with_one_that_is_free(person: Person, world: World) -> None:
    other = Person(world.client(world.alice))
    other.begin(option="create_source").say("General").choose("csv").upload().fill()
    other.give("Sales").reviewed().execute()
    run_pending()
    person.begin(option="create_source").say("General").choose("csv").upload().fill()
    person.give("sales")
    assert "already a data source called “sales”" in person.question.problem
    assert person.question.default == "sales 2"


HOSTILE = '"><script>alert(1)</script>'


def test_hostile_names_are_text(person: Person) -> None:
    content = f"Month,{HOSTILE.replace(',', '')}\n2026-01-01,5\n2026-02-01,6\n".encode()
    person.begin(option="create_report").say("General").choose("create").choose("csv")
    person.upload(f"{HOSTILE}.csv", content)
    assert "<script>alert" not in person.text
    person.fill().give(HOSTILE)
    assert "<script>alert" not in person.text
    person.choose("table").choose(*[o.value for o in person.question.options])
    person.fill(name=HOSTILE).reviewed()
    assert person.session.status == Status.CONFIRMING, person.session.findings
    assert "<script>alert" not in person.text
    assert "&lt;script&gt;alert" in person.text
    person.execute()
    run_pending()
    assert "<script>alert" not in person.look().text
    assert "<script>alert" not in person.browser.get(reverse("wizard:home")).content.decode()


def test_typed_words_at_every_question(person: Person) -> None:
    person.begin(text="I want to create a data source")
    assert person.question.key == "project"
    person.say("2").say("csv")
    assert person.question.key == "source.upload"
    person.say("back")
    assert person.question.key == "source.kind"
    person.say("purple")
    assert "did not understand “purple”" in person.text
    assert person.question.key == "source.kind"
    person.say("cancel")
    assert person.session.status == Status.CANCELLED


def test_what_is_out_of_scope_is_declined_politely(person: Person) -> None:
    person.begin(text="write me a poem about the sea")
    assert "can’t help with that" in person.text
    assert "create reports, dashboards" in person.text


def test_an_empty_start_says_so(world: World) -> None:
    response = world.client(world.alice).post(reverse("wizard:home"), {"text": " "})
    assert response.status_code == 422
    assert not WizardSession.objects.exists()


def test_listing_is_answered_at_once_with_links(person: Person, world: World) -> None:
    person.to_dashboard().reviewed().execute()
    run_pending()
    person.begin(option="list").say("all")
    assert person.session.status == Status.COMPLETED
    assert f'href="/dashboards/{Dashboard.objects.get().pk}/"' in person.text
    assert "any action" in person.text


def test_a_pick_is_searched_with_and_without_javascript(person: Person, world: World) -> None:
    person.to_dashboard().reviewed().execute()
    run_pending()
    person.begin(option="create_report").say("General").choose("pick")
    source = DataSource.objects.get()
    page = person.browser.get(person.url("session"), {"q": "sales"})
    assert f'value="{source.pk}"' in page.content.decode()
    part = person.browser.get(person.url("options"), {"q": "nothing"}, headers=HTMX)
    assert f'value="{source.pk}"' not in part.content.decode()
    assert "<html" not in part.content.decode()
    assert person.choose(source.pk).question.key == "report[1].chart"


def test_the_preview_shows_the_chart_of_a_file_nobody_has_saved(person: Person) -> None:
    person.begin(option="create_report").say("General").choose("create").choose("csv").upload()
    person.fill().give("Sales").choose("bar").choose("region").choose("revenue").choose("sum")
    while person.question.key != "report[1].about":
        person.choose(person.question.options[0].value)
    assert person.url("preview") in person.text
    part = person.browser.get(person.url("preview"), headers=HTMX).content.decode()
    assert "North" in part
    assert "<html" not in part
    assert "<html" in person.browser.get(person.url("preview")).content.decode()
    assert not DataSource.objects.exists()


def test_an_expired_plan_is_renewed_before_it_runs(person: Person) -> None:
    person.to_dashboard().reviewed()
    old = person.session.plan_sha256
    WizardSession.objects.update(plan_expires_at=clock.now())
    person.look()
    assert person.session.status == Status.EXPIRED
    assert "Renew the plan" in person.text
    assert person.post("execution", fingerprint=old).status_code == 409
    person.moved(person.post("renewal")).reviewed()
    assert person.session.status == Status.CONFIRMING
    person.execute()
    run_pending()
    assert Dashboard.objects.exists()


def test_what_was_made_can_be_undone_after_typing_its_name(person: Person) -> None:
    person.begin(option="create_source").say("General").choose("csv").upload().fill()
    person.give("Sales").reviewed().execute()
    run_pending()
    person.look()
    person.moved(person.post("undo")).reviewed()
    assert person.session.undo_of_id
    refused = person.post("execution", fingerprint=person.session.plan_sha256)
    assert refused.status_code == 422
    assert "Type “Sales”" in refused.content.decode()
    person.moved(person.post("execution", fingerprint=person.session.plan_sha256, typed="sales"))
    run_pending()
    assert DataSource.objects.get().is_trashed
    assert person.session.undo_of.status == Status.UNDONE


def test_a_session_is_a_template_for_the_next(person: Person) -> None:
    person.begin(option="create_source").say("General").choose("csv").upload().fill()
    person.give("Sales").reviewed().execute()
    run_pending()
    first = person.look().pk
    person.moved(person.post("template"))
    assert person.pk != first
    assert person.question.key == "source.name"
    assert "already a data source called" in person.question.problem
    person.give("Sales again").reviewed()
    assert person.session.status == Status.CONFIRMING


def test_cancelling_and_deleting(person: Person) -> None:
    person.to_dashboard().reviewed()
    person.moved(person.post("cancellation"))
    assert person.session.status == Status.CANCELLED
    response = person.post("deletion")
    assert response["Location"] == reverse("wizard:home")
    assert not WizardSession.objects.exists()


def test_an_executing_session_is_not_deleted(person: Person) -> None:
    person.to_dashboard().reviewed().execute()
    assert person.post("deletion").status_code == 409
    assert person.session.status == Status.EXECUTING


def test_progress_works_by_reload_and_by_polling(person: Person) -> None:
    person.to_dashboard()
    assert '<meta http-equiv="refresh"' in person.text
    part = person.browser.get(person.url("progress"), headers=HTMX).content.decode()
    assert "<html" not in part
    assert "every" in part
    run_pending()
    part = person.browser.get(person.url("progress"), headers=HTMX).content.decode()
    assert "Execute plan" in part
    assert "every 4s" not in part


def test_sessions_are_found_on_the_home_page(person: Person, world: World) -> None:
    person.begin(option="create_report")
    person.begin(option="create_source")
    browser = world.client(world.alice)
    text = browser.get(reverse("wizard:home"), {"q": "report"}).content.decode()
    assert "Create a report</a>" in text
    assert "Create a data source</a>" not in text
    none = browser.get(reverse("wizard:home"), {"status": "completed"}, headers=HTMX)
    assert "Nothing matches" in none.content.decode()
    assert "<html" not in none.content.decode()


def test_unfinished_sessions_are_on_the_start_page(person: Person, world: World) -> None:
    person.begin(option="create_report")
    assert person.url("session") in world.client(world.alice).get("/").content.decode()
    assert person.url("session") not in world.client(world.dave).get("/").content.decode()


def test_a_viewer_is_told_why_not(world: World) -> None:
    response = world.client(world.bob).get(reverse("wizard:home"))
    assert response.status_code == 403
    assert "wizard.use_wizard" in response.content.decode()


def test_someone_elses_session_is_not_there(person: Person, world: World) -> None:
    person.begin(option="create_report")
    for user in (world.dave, world.amy, world.charlie):
        browser = world.client(user)
        assert browser.get(person.url("session")).status_code == 404
        assert browser.post(person.url("answer"), {"text": "x"}).status_code == 404


def test_too_many_messages_are_slowed_down_without_loss(person: Person, settings: Any) -> None:
    person.begin(option="create_report")
    settings.RATE_LIMITS = {"hour": 1}
    person.say("General")
    response = person.post("answer", text="create")
    assert response.status_code == 429
    assert response["Retry-After"]
    assert person.look().question.key == "report[1].have_source"


def test_the_number_of_queries_does_not_grow_with_what_exists(person: Person, world: World) -> None:
    person.begin(option="create_report").say("General").choose("create").choose("csv").upload()
    few = _queries(person)
    for name in ("A", "B", "C"):
        other = Person(world.client(world.alice))
        other.begin(option="create_source").say("General").choose("csv").upload().fill()
        other.give(name).reviewed().execute()
        run_pending()
    assert _queries(person) <= few + 1
    assert few <= 20


def _queries(person: Person) -> int:
    with CaptureQueriesContext(connection) as captured:
        person.look()
    return len(captured)
