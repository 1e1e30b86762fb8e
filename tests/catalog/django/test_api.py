"""The catalog over the API: uploads, sources, schemas, report data, problem JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import ApiToken, User
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.models import DataSource, Report, Upload
from catalog.query.spec import Dimension, ReportQuery
from tests.catalog.django.things import CSV, make_report, make_source, make_upload
from tests.world import World

UPLOADS, SOURCES = "/api/v1/uploads", "/api/v1/sources"
BOTH = f"{SOURCES}/upload"


class Caller:
    """A program with a token."""

    def __init__(self, user: User, scopes: tuple[str, ...] = ("read", "write")) -> None:
        _token, text = ApiToken.issue(user=user, name="T", scopes=list(scopes), expires_at=None)
        self._client = Client(headers={"Authorization": f"Bearer {text}"})

    def get(self, url: str, **options: Any) -> Any:
        return self._client.get(url, **options)

    def json(self, url: str, body: Any, **headers: str) -> Any:
        return self._client.post(url, json.dumps(body), "application/json", headers=headers)

    def send(self, url: str, data: dict[str, Any], **headers: str) -> Any:
        return self._client.post(url, data, headers=headers)


def csv_file(name: str = "Orders 2024.csv", content: bytes = CSV.encode()) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="text/csv")


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["code"] == code
    assert body["message"]
    assert body["traceId"] == response["X-Trace-Id"]
    return body


def kept_files(settings: Any) -> set[Path]:
    return {path for path in Path(settings.MEDIA_ROOT).glob("*/*") if path.is_file()}


def test_an_upload_then_a_source(world: World) -> None:
    caller = Caller(world.alice)
    uploaded = caller.send(UPLOADS, {"file": csv_file()})
    assert uploaded.status_code == 201
    found = uploaded.json()
    assert {"id", "name", "size", "sha256", "kind", "sheets", "columns", "warnings"} < set(found)
    assert (found["name"], found["kind"], found["size"]) == ("Orders 2024.csv", "csv", len(CSV))
    assert found["columns"][3]["type"] == "integer"
    made = caller.json(SOURCES, {"uploadId": found["id"], "description": "From the API"})
    assert made.status_code == 201, made.content
    body = made.json()
    source = DataSource.objects.get()
    assert (body["id"], body["name"], body["version"]) == (source.pk, "Orders 2024", 1)
    assert body["url"] == reverse("catalog:source-detail", args=[source.pk])
    assert source.project == world.general


def test_both_in_one_call_with_a_sheet(world: World) -> None:
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.active.append([1])
    second = book.create_sheet("Second")
    second.append(["b", "c"])
    second.append([1, 2])
    out = io.BytesIO()
    book.save(out)
    file = csv_file("book.xlsx", out.getvalue())
    made = Caller(world.alice).send(BOTH, {"file": file, "name": "Book", "sheet": "Second"})
    assert made.status_code == 201, made.content
    table = DataSource.objects.get(name="Book").tables.get()
    assert [column.label for column in table.columns.all()] == ["b", "c"]


def test_a_free_name_is_found_but_a_given_one_must_be_free(world: World) -> None:
    make_source(world, name="orders")
    caller = Caller(world.alice)
    made = caller.send(BOTH, {"file": csv_file("Orders.csv")})
    assert made.json()["name"] == "Orders 2"
    refused = caller.send(BOTH, {"file": csv_file(), "name": "ORDERS"})
    assert "already exists" in problem(refused, 422, "VALIDATION_FAILED")["fields"]["name"][0]


@pytest.mark.parametrize("url", [UPLOADS, BOTH])
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [("a.xlsx", b"%PDF-1.7\n%%EOF", "PDF"), ("a.csv", b"", "empty")],
)
def test_a_refused_file_is_named_and_leaves_nothing(
    url: str, name: str, content: bytes, words: str, world: World, settings: Any
) -> None:
    before = kept_files(settings)
    refused = Caller(world.alice).send(url, {"file": csv_file(name, content)})
    body = problem(refused, 422, "FILE_REFUSED")
    assert words in body["detail"]
    assert words in body["fields"]["file"][0]
    assert kept_files(settings) == before
    assert not Upload.objects.exists()


def test_a_file_over_the_limit(world: World, settings: Any) -> None:
    settings.MAX_UPLOAD_MB = 1
    big = csv_file("big.csv", b"a,b\n" * 2**19)
    problem(Caller(world.alice).send(UPLOADS, {"file": big}), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"header_row": 900}, "FILE_REFUSED"),
        ({"header_row": -1}, "FILE_REFUSED"),
        ({"nonsense": 1}, "FILE_REFUSED"),
        ({"types": {"nothing": "text"}}, "FILE_REFUSED"),
    ],
)
def test_options_that_cannot_be(
    options: dict[str, Any], code: str, world: World, settings: Any
) -> None:
    upload = make_upload(world)
    before = kept_files(settings)
    body = {"uploadId": str(upload.pk), "options": options}
    problem(Caller(world.alice).json(SOURCES, body), 422, code)
    assert kept_files(settings) == before


def test_bodies_that_cannot_be(world: World) -> None:
    caller = Caller(world.alice)
    assert "uploadId" in problem(caller.json(SOURCES, {}), 422, "VALIDATION_FAILED")["fields"]
    problem(caller.json(SOURCES, {"uploadId": "x"}), 422, "VALIDATION_FAILED")
    problem(caller.send(UPLOADS, {}), 422, "VALIDATION_FAILED")
    upload = make_upload(world)
    wrong_project = {"uploadId": str(upload.pk), "project": world.rival_general.pk}
    problem(caller.json(SOURCES, wrong_project), 404, "NOT_FOUND")


def test_an_upload_is_its_owners(world: World) -> None:
    body = {"uploadId": str(make_upload(world).pk)}
    for user in (world.amy, world.dave, world.charlie):
        problem(Caller(user).json(SOURCES, body), 404, "NOT_FOUND")


def test_who_may_not(world: World) -> None:
    viewer = Caller(world.bob)
    body = problem(viewer.send(UPLOADS, {"file": csv_file()}), 403, "PERMISSION_DENIED")
    assert "create data sources" in body["detail"]
    reader = Caller(world.alice, ("read",))
    problem(reader.send(UPLOADS, {"file": csv_file()}), 403, "PERMISSION_DENIED")
    problem(Client().get(f"{SOURCES}/1/schema"), 401, "NOT_AUTHENTICATED")


def test_the_same_key_is_one_source(world: World) -> None:
    caller = Caller(world.alice)
    key = {"Idempotency-Key": "first"}
    first, second = (caller.send(BOTH, {"file": csv_file(), "name": "One"}, **key) for _ in "ab")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert DataSource.objects.count() == 1
    upload = make_upload(world)
    body = {"uploadId": str(upload.pk)}
    third, fourth = (caller.json(SOURCES, body, **{"Idempotency-Key": "x"}) for _ in "ab")
    assert third.json() == fourth.json()
    other = Caller(world.dave).send(BOTH, {"file": csv_file(), "name": "Two"}, **key)
    assert other.json()["name"] == "Two"
    assert DataSource.objects.count() == 3


def test_a_key_of_a_refused_request_can_be_used_again(world: World) -> None:
    caller = Caller(world.alice)
    key = {"Idempotency-Key": "again"}
    refused = caller.send(BOTH, {"file": csv_file("a.csv", b"")}, **key)
    problem(refused, 422, "FILE_REFUSED")
    assert caller.send(BOTH, {"file": csv_file()}, **key).status_code == 201


def test_the_schema(world: World, django_assert_max_num_queries: Any) -> None:
    source = make_source(world, name="Orders")
    caller = Caller(world.alice)
    with django_assert_max_num_queries(15):
        body = caller.get(f"{SOURCES}/{source.pk}/schema").json()
    assert (body["id"], body["name"], body["kind"]) == (source.pk, "Orders", "csv")
    columns = {column["name"]: column for column in body["tables"][0]["columns"]}
    assert (columns["email"]["sensitive"], columns["amount"]["type"]) == (True, "number")
    assert "path" not in json.dumps(body)
    problem(Caller(world.bob).get(f"{SOURCES}/{source.pk}/schema"), 403, "PERMISSION_DENIED")
    for stranger in (world.charlie, world.carl):
        problem(Caller(stranger).get(f"{SOURCES}/{source.pk}/schema"), 404, "NOT_FOUND")
    problem(caller.get(f"{SOURCES}/{'9' * 30}/schema"), 404, "NOT_FOUND")


def data_url(report: Report) -> str:
    return f"/api/v1/reports/{report.pk}/data"


def test_a_reports_data(world: World, django_assert_max_num_queries: Any) -> None:
    report = make_report(world, name="Sales")
    caller = Caller(world.bob)
    body = caller.get(data_url(report)).json()
    assert (body["id"], body["name"], body["truncated"]) == (report.pk, "Sales", False)
    assert [column["key"] for column in body["columns"]] == ["d1", "m1"]
    assert {row[0] for row in body["rows"]} == {"North", "South", "West"}
    assert body["sql"].startswith("SELECT")
    assert body["cached"] is False
    with django_assert_max_num_queries(15):
        assert caller.get(data_url(report)).json()["cached"] is True
    assert caller.get(data_url(report) + "?refresh=true").json()["cached"] is False


def test_hidden_columns_are_dots(world: World) -> None:
    query = ReportQuery(table="data", dimensions=(Dimension(column="email"),), limit=3)
    report = make_report(world, query=query, chart=ChartSpec(kind=ChartKind.TABLE))
    assert Caller(world.bob).get(data_url(report)).json()["rows"] == [["•••"]] * 3
    assert Caller(world.amy).get(data_url(report)).json()["rows"][0] == ["p0@example.org"]


def test_what_cannot_be_read_is_a_problem(world: World) -> None:
    report = make_report(world)
    for stranger in (world.charlie, world.carl):
        problem(Caller(stranger).get(data_url(report)), 404, "NOT_FOUND")
    gone = make_report(world)
    Report.objects.filter(pk=gone.pk).update(query=ReportQuery(table="x").model_dump(mode="json"))
    refused = problem(Caller(world.bob).get(data_url(gone)), 422, "QUERY_REFUSED")
    assert "no table" in refused["detail"]
    report.source.files.get().path.unlink()
    failed = problem(Caller(world.bob).get(data_url(report)), 502, "SOURCE_FAILED")
    assert "rm-tests" not in failed["detail"]


def test_refreshing_too_often_is_slowed_down(world: World, settings: Any) -> None:
    settings.RATE_LIMITS = {"hour": 1}
    report = make_report(world)
    caller = Caller(world.bob)
    assert caller.get(data_url(report) + "?refresh=true").status_code == 200
    refused = caller.get(data_url(report) + "?refresh=true")
    problem(refused, 429, "RATE_LIMITED")
    assert int(refused["Retry-After"]) > 0
    assert caller.get(data_url(report)).status_code == 200


def test_a_page_session_needs_its_csrf_token_to_write(world: World) -> None:
    browser = world.client(world.alice, enforce_csrf_checks=True)
    assert browser.post(UPLOADS, {"file": csv_file()}).status_code == 403
    assert not Upload.objects.exists()


@pytest.mark.parametrize("field", ["name", "description"])
def test_a_text_that_is_too_long_is_refused(world: World, field: str) -> None:
    sent = {"file": SimpleUploadedFile("a.csv", b"a,b\n1,2\n"), field: "x" * 3000}
    answer = world.client(world.alice).post("/api/v1/sources/upload", sent)
    assert answer.status_code == 422
    assert field in answer.json()["fields"]
