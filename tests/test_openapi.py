"""The API keeps its promises: what ``docs/openapi.json`` names is still there."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from reportmanager.api import api
from tests.world import World

COMMITTED = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"
METHODS = {"get", "post", "put", "patch", "delete"}


def current() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
    return schema


def committed() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(COMMITTED.read_text("utf-8"))
    return schema


def removals(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What a program written for ``old`` would miss or be refused in ``new``."""
    found: list[str] = []
    for path, operations in old["paths"].items():
        for method in METHODS & operations.keys():
            here, there = operations[method], new["paths"].get(path, {}).get(method)
            name = f"{method.upper()} {path}"
            if there is None:
                found.append(f"{name} is gone")
            else:
                found += [f"{name}: {words}" for words in _changes(here, there)]
    for name, schema in old.get("components", {}).get("schemas", {}).items():
        there = new.get("components", {}).get("schemas", {}).get(name)
        if there is None:
            found.append(f"{name} is gone")
            continue
        missing = schema.get("properties", {}).keys() - there.get("properties", {}).keys()
        found += [f"{name}.{field} is gone" for field in sorted(missing)]
        if name.endswith("In"):
            asked = set(there.get("required", [])) - set(schema.get("required", []))
            found += [f"{name}.{field} is newly required" for field in sorted(asked)]
    return found


def _changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    before = {(item["in"], item["name"]): item for item in old.get("parameters", [])}
    after = {(item["in"], item["name"]): item for item in new.get("parameters", [])}
    for _place, name in before.keys() - after.keys():
        yield f"the parameter {name} is gone"
    for key, item in after.items():
        if item.get("required") and not before.get(key, {}).get("required"):
            yield f"the parameter {key[1]} is newly required"
    for status in old.get("responses", {}).keys() - new.get("responses", {}).keys():
        yield f"the answer {status} is gone"


def test_nothing_that_was_promised_is_gone() -> None:
    assert removals(committed(), current()) == []


def test_the_committed_description_is_the_present_one() -> None:
    assert committed() == current(), "write it again with: make docs"


@pytest.mark.parametrize("kind", ["path", "parameter", "field", "required", "answer"])
def test_removals_are_noticed(kind: str) -> None:
    """The guard itself, on copies of the real description."""
    old, new = current(), copy.deepcopy(current())
    path = "/api/v1/reports/{report_id}/data"
    operation = new["paths"][path]["get"]
    if kind == "path":
        del new["paths"][path]
    elif kind == "parameter":
        operation["parameters"] = [p for p in operation["parameters"] if p["name"] != "refresh"]
    elif kind == "answer":
        operation["responses"].clear()
    elif kind == "field":
        del new["components"]["schemas"]["ReportDataOut"]["properties"]["rows"]
    else:
        new["components"]["schemas"]["SourceIn"]["required"].append("name")
    assert len(removals(old, new)) == 1


def test_every_operation_says_what_it_does() -> None:
    for path, operations in current()["paths"].items():
        for method in METHODS & operations.keys():
            assert operations[method].get("summary"), f"{method} {path}"


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(response.content)
    assert (response.status_code, body["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"
    assert body["message"]
    assert body["detail"]
    assert body["traceId"] == response["X-Trace-Id"]
    return body


JOB = "/api/v1/jobs/00000000-0000-0000-0000-000000000000"


def test_nobody_is_told_to_log_in(db: None) -> None:
    problem(Client().get(JOB), 401, "NOT_AUTHENTICATED")
    wrong = {"Authorization": "Bearer rm_wrong"}
    problem(Client().get(JOB, headers=wrong), 401, "NOT_AUTHENTICATED")


def test_what_is_not_there_is_not_found(world: World) -> None:
    browser = world.client(world.alice)
    problem(browser.get(JOB), 404, "NOT_FOUND")
    problem(browser.get("/api/v1/no-such-thing"), 404, "NOT_FOUND")
    problem(browser.get("/api/v1/reports/999999999/data"), 404, "NOT_FOUND")


def test_what_cannot_be_read_is_named(world: World) -> None:
    browser = world.client(world.alice)
    assert "job_id" in problem(browser.get("/api/v1/jobs/7"), 422, "VALIDATION_FAILED")["fields"]
    wrong = browser.post("/api/v1/sources", {"uploadId": 7}, content_type="application/json")
    assert problem(wrong, 422, "VALIDATION_FAILED")["fields"]
    broken = browser.post("/api/v1/sources", "{", content_type="application/json")
    problem(broken, 400, "BAD_REQUEST")


def test_a_wrong_method_is_a_problem_too(world: World) -> None:
    answer = world.client(world.alice).delete(JOB)
    problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert "GET" in answer["Allow"]


def test_a_role_too_low_is_told_so(world: World) -> None:
    file = SimpleUploadedFile("a.csv", b"a,b\n1,2\n")
    answer = world.client(world.bob).post("/api/v1/uploads", {"file": file})
    assert "role" in problem(answer, 403, "PERMISSION_DENIED")["detail"].lower()


def test_a_page_of_elsewhere_cannot_use_the_session(world: World) -> None:
    browser = world.client(world.alice, enforce_csrf_checks=True)
    answer = browser.post("/api/v1/sources", {}, content_type="application/json")
    problem(answer, 403, "CSRF_FAILED")


def test_the_documentation_page_comes_without_inline_code(world: World) -> None:
    answer = world.client(world.alice).get("/api/v1/docs")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "<script>" not in text
    assert "//cdn" not in text
