"""From a file to a data source by plain forms."""

from __future__ import annotations

import io
import re
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import ProjectAccess, ProjectMember, User
from catalog.actions.uploads import reinspect_upload
from catalog.models import DataSource, Upload
from common.jobs import cancel, run_pending
from common.jobs.models import Job, JobStatus
from tests.catalog.django.things import CSV, make_source, make_upload
from tests.world import World

TITLED = "Orders of the year;;\n;;\nday;region;amount\n05.01.2024;North;12,5\n06.01.2024;South;8\n"


def workbook() -> bytes:
    book = openpyxl.Workbook()
    first = book.active
    first.title = "Notes"
    first.append(["remark"])
    first.append(["only a note"])
    second = book.create_sheet("Sales")
    second.append(["day", "amount"])
    for day in range(1, 10):
        second.append([f"2024-01-0{day}", day * 10])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def page(upload: Upload) -> str:
    return reverse("catalog:intake", args=[upload.pk])


def fields(html: str) -> dict[str, str]:
    """What a browser would post back of the intake's form."""
    form = html.split('<form class="stack"')[1].split("</form>")[0]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[name[1]] = value[1] if value else ""
    for name, body in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)"[^>]*selected', body)
        first = re.search(r'<option value="([^"]*)"', body)
        found[name] = (chosen or first)[1]  # type: ignore[index]
    for name, body in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = body.strip()
    found.pop("csrfmiddlewaretoken", None)
    return found


def stored(settings: Any) -> set[Path]:
    return set((Path(settings.MEDIA_ROOT) / "sources").glob("*"))


def test_from_the_file_to_the_source(world: World) -> None:
    browser = world.client(world.alice)
    file = SimpleUploadedFile("Orders 2024.csv", CSV.encode())
    to_intake = browser.post(reverse("catalog:upload"), {"file": file})
    assert to_intake.status_code == 303
    shown = browser.get(to_intake["Location"]).content.decode()
    assert 'value="Orders 2024"' in shown
    assert "12.5" in shown
    started = browser.post(to_intake["Location"], fields(shown))
    assert started.status_code == 303
    assert run_pending() == 1
    ended = browser.get(started["Location"]).content.decode()
    source = DataSource.objects.get()
    assert reverse("catalog:source-detail", args=[source.pk]) in ended
    assert (source.name, source.owner, source.kind) == ("Orders 2024", world.alice, "csv")
    detail = browser.get(reverse("catalog:source-detail", args=[source.pk])).content.decode()
    assert "3 rows" in detail
    assert "order_date" in detail
    rows = browser.get(
        reverse("catalog:source-preview", args=[source.pk]) + "?table=data",
        headers={"HX-Request": "true"},
    ).content.decode()
    assert "North" in rows


def test_the_best_sheet_stays_chosen(world: World) -> None:
    """The form shows the sheet that was read, not the first one."""
    upload = make_upload(world, workbook(), "book.xlsx")
    browser = world.client(world.alice)
    chosen = upload.inspection["sheet"]
    posted = fields(browser.get(page(upload)).content.decode())
    assert posted["sheet"] == chosen
    browser.post(page(upload), posted)
    run_pending()
    assert DataSource.objects.get().files.get().sheet == chosen


def test_another_sheet_is_looked_at_and_taken(world: World) -> None:
    upload = make_upload(world, workbook(), "book.xlsx")
    browser = world.client(world.alice)
    posted = fields(browser.get(page(upload)).content.decode())
    other = "Notes" if posted["sheet"] == "Sales" else "Sales"
    posted |= {"sheet": other, "name": "My own name", "look": "1"}
    again = browser.post(page(upload), posted)
    shown = again.content.decode()
    assert again.status_code == 200
    assert ("remark" if other == "Notes" else "amount") in shown
    final = fields(shown)
    assert (final["sheet"], final["name"]) == (other, "My own name")
    browser.post(page(upload), final)
    run_pending()
    assert DataSource.objects.get(name="My own name").files.get().sheet == other


def test_another_header_row_gives_other_columns(world: World) -> None:
    upload = make_upload(world, TITLED.encode(), "titled.csv")
    browser = world.client(world.alice)
    posted = fields(browser.get(page(upload)).content.decode())
    assert posted["header_row"] == "3"
    again = browser.post(page(upload), posted | {"header_row": "4", "type_0": "text", "look": "1"})
    shown = again.content.decode()
    assert again.status_code == 200, shown
    assert fields(shown)["header_row"] == "4"
    upload.refresh_from_db()
    assert upload.inspection["columns"][0]["label"] == "05.01.2024"
    browser.post(page(upload), fields(shown) | {"header_row": "3"})
    run_pending()
    table = DataSource.objects.get().tables.get()
    assert [column.label for column in table.columns.all()] == ["day", "region", "amount"]


def test_a_chosen_type_holds_for_the_source(world: World) -> None:
    upload = make_upload(world)
    browser = world.client(world.alice)
    posted = fields(browser.get(page(upload)).content.decode())
    assert posted["type_3"] == "integer"
    looked = browser.post(page(upload), posted | {"type_3": "text", "look": "1"})
    final = fields(looked.content.decode())
    assert final["type_3"] == "text"
    browser.post(page(upload), final)
    run_pending()
    table = DataSource.objects.get().tables.get()
    assert table.columns.get(name="quantity").type == "text"


def test_a_type_that_does_not_fit_is_said_on_the_page(world: World) -> None:
    upload = make_upload(world)
    browser = world.client(world.alice)
    posted = fields(browser.get(page(upload)).content.decode())
    response = browser.post(page(upload), posted | {"header_row": "900", "look": "1"})
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert not Job.objects.exists()


def test_a_bad_value_keeps_what_was_typed(world: World) -> None:
    upload = make_upload(world)
    response = world.client(world.alice).post(
        page(upload), {"header_row": "many", "name": "Mine", "project": world.general.pk}
    )
    assert response.status_code == 422
    assert 'value="Mine"' in response.content.decode()


def test_a_taken_name_is_said_before_anything_starts(world: World) -> None:
    make_source(world, name="Orders")
    upload = make_upload(world)
    response = world.client(world.alice).post(
        page(upload), {"name": "ORDERS", "project": world.general.pk}
    )
    assert response.status_code == 422
    assert "already exists" in response.content.decode()
    assert not Job.objects.exists()


def test_one_choice_of_project_survives_a_refused_form(world: World) -> None:
    """Dave may add to one project only, so it is not asked; the second try knows it still."""
    upload = make_upload(world)
    Upload.objects.update(owner=world.dave)
    browser = world.client(world.dave)
    again = browser.post(
        page(upload), fields(browser.get(page(upload)).content.decode()) | {"name": ""}
    )
    assert again.status_code == 422
    final = fields(again.content.decode()) | {"name": "Second try"}
    assert browser.post(page(upload), final).status_code == 303


def test_a_wide_table_shows_all_its_columns(world: World) -> None:
    names = [f"column{n}" for n in range(320)]
    upload = make_upload(world, f"{','.join(names)}\n{','.join(['1'] * 320)}\n".encode())
    browser = world.client(world.alice)
    shown = browser.get(page(upload)).content.decode()
    assert "column319" in shown
    posted = fields(shown)
    assert "type_299" in posted
    assert "type_300" not in posted
    assert browser.post(page(upload), posted | {"name": "Wide"}).status_code == 303


def test_a_sqlite_file_is_kept_as_it_is(world: World, tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT)")
        database.execute("CREATE TABLE invoice (id INTEGER PRIMARY KEY, customer_id INTEGER)")
        database.execute("INSERT INTO customer VALUES (1, 'Ann')")
    upload = make_upload(world, path.read_bytes(), "shop.db")
    browser = world.client(world.alice)
    browser.post(page(upload), {"name": "Shop", "project": world.general.pk})
    run_pending()
    source = DataSource.objects.get()
    assert source.kind == "sqlite"
    url = reverse("catalog:source-detail", args=[source.pk])
    assert "customer_id" in browser.get(f"{url}?table=invoice").content.decode()
    assert browser.get(f"{url}?table=nothing").status_code == 404
    assert browser.get(reverse("catalog:source-preview", args=[source.pk])).status_code == 404


def start(world: World, upload: Upload, user: User | None = None, **changes: Any) -> Job:
    values = {"name": "Orders", "project": world.general.pk} | changes
    response = world.client(user or world.alice).post(page(upload), values)
    assert response.status_code == 303, response.content.decode()
    return Job.objects.latest("created_at")


def failed(job: Job) -> str:
    run_pending()
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert job.error is not None
    return str(job.error["message"])


def test_creating_twice_is_one_job(world: World) -> None:
    upload = make_upload(world)
    assert start(world, upload) == start(world, upload)
    assert Job.objects.count() == 1


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Any) -> Any:
    return django_capture_on_commit_callbacks


def test_a_name_taken_meanwhile_is_said_and_leaves_no_file(
    world: World, settings: Any, committing: Any
) -> None:
    job = start(world, make_upload(world))
    make_source(world, name="orders")
    before = stored(settings)
    with committing(execute=True):
        assert "already exists" in failed(job)
    assert stored(settings) == before
    assert DataSource.objects.count() == 1


def test_a_project_closed_meanwhile_is_said_and_leaves_no_file(
    world: World, settings: Any, committing: Any
) -> None:
    job = start(world, make_upload(world), project=world.secret.pk)
    ProjectMember.objects.filter(project=world.secret).update(role=ProjectMember.Role.VIEWER)
    before = stored(settings)
    with committing(execute=True):
        assert "may not add items to the project" in failed(job)
    assert stored(settings) == before


def test_a_project_hidden_meanwhile_is_said(world: World) -> None:
    job = start(world, make_upload(world), project=world.secret.pk)
    ProjectMember.objects.filter(project=world.secret).delete()
    assert world.secret.access == ProjectAccess.MEMBERS
    assert "project is not there" in failed(job)


def test_a_file_that_is_gone_is_said(world: World) -> None:
    upload = make_upload(world)
    job = start(world, upload)
    upload.delete()
    assert "Upload it again" in failed(job)


def test_a_file_that_turns_out_wrong_is_said(world: World, settings: Any, committing: Any) -> None:
    rows = "".join(f"{n},{n}\n" for n in range(40))
    upload = make_upload(world, f"a,b\n{rows}".encode())
    job = start(world, upload)
    upload.path.write_bytes(b"%PDF-1.7 nothing to see")
    before = stored(settings)
    with committing(execute=True):
        sentence = failed(job)
    assert "Something went wrong" not in sentence
    assert stored(settings) == before


def test_a_role_taken_away_meanwhile_is_said(world: World) -> None:
    job = start(world, make_upload(world))
    world.alice.groups.clear()
    assert "may not create data sources" in failed(job)


def test_a_worker_that_dies_after_converting_leaves_no_file(
    world: World, settings: Any, committing: Any
) -> None:
    """The step is checkpointed, then the process is gone; somebody cancels the job it left."""
    from catalog import tasks
    from common.jobs.context import JobContext
    from common.jobs.engine import claim

    before = stored(settings)
    job = claim(start(world, make_upload(world)).pk)
    assert job is not None
    ctx = JobContext(job)
    upload = Upload.objects.get()
    stem = ctx.step("stem", lambda: "11111111-1111-4111-8111-111111111111")
    tasks._convert(ctx, world.alice, upload, stem)
    assert len(stored(settings) - before) == 1
    Job.objects.filter(pk=job.pk).update(status=JobStatus.QUEUED, owner="")
    with committing(execute=True):
        assert cancel(job)
    assert stored(settings) == before


def test_a_second_try_overwrites_the_file_of_the_first(world: World, settings: Any) -> None:
    from catalog import tasks
    from common.jobs.context import JobContext
    from common.jobs.engine import claim

    before = stored(settings)
    job = claim(start(world, make_upload(world)).pk)
    assert job is not None
    ctx = JobContext(job)
    stem = ctx.step("stem", lambda: "22222222-2222-4222-8222-222222222222")
    tasks._convert(ctx, world.alice, Upload.objects.get(), stem)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.QUEUED, owner="")
    assert run_pending() == 1
    assert len(stored(settings) - before) == 1
    assert DataSource.objects.get().files.get().path.exists()


def test_what_runs_is_what_was_looked_at(world: World) -> None:
    upload = make_upload(world, b"a;b\n1;2\n3;4\n", "x.csv")
    reinspect_upload(upload=upload, options={"header_row": 0})
    start(world, upload)
    run_pending()
    source = DataSource.objects.get()
    assert source.tables.get().rows == 3
    assert source.files.get().options["header_row"] == 0
