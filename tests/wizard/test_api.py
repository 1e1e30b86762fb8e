"""The wizard over the API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.models import ApiToken
from catalog.actions.uploads import receive_upload
from catalog.models import Dashboard, DataSource
from common.jobs import run_pending
from tests.wizard.talking import SALES, Person
from tests.world import World
from wizard.models import WizardSession

BASE = "/api/v1/wizard"


class Program:
    """A client with a bearer token."""

    def __init__(self, world: World, user: Any) -> None:
        self.browser = world.client()
        _row, text = ApiToken.issue(user=user, name="t", scopes=["read", "write"], expires_at=None)
        self.headers = {"Authorization": f"Bearer {text}"}

    def get(self, path: str) -> Any:
        return self.browser.get(f"{BASE}{path}", headers=self.headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.browser.post(
            f"{BASE}{path}",
            json.dumps(body or {}),
            content_type="application/json",
            headers={**self.headers, **headers},
        )

    def xml(self, path: str, raw: bytes) -> Any:
        return self.browser.post(
            f"{BASE}{path}", raw, content_type="application/xml", headers=self.headers
        )

    def delete(self, path: str) -> Any:
        return self.browser.delete(f"{BASE}{path}", headers=self.headers)


@pytest.fixture(autouse=True)
def _unhurried(settings: Any) -> None:
    settings.RATE_LIMITS = {"second": 1000}


@pytest.fixture
def program(world: World) -> Program:
    return Program(world, world.alice)


def begin(program: Program) -> str:
    return str(program.post("/start", {}).json()["sessionId"])


def to_review(program: Program, world: World) -> str:
    """A data source from a file, to be confirmed."""
    session = begin(program)
    upload = receive_upload(actor=world.alice, name="sales.csv", chunks=[SALES])
    say(program, session, selectedOption="create_source")
    say(program, session, content="General")
    say(program, session, selectedOption="csv")
    say(program, session, uploadId=str(upload.pk))
    say(program, session, fields={})
    turn = say(program, session, content="Sales Q4")
    assert turn["status"] == "PLANNING", turn
    run_pending()
    return session


def say(program: Program, session: str, **message: Any) -> Any:
    response = program.post(f"/session/{session}/message", message)
    assert response.status_code == 200, response.json()
    return response.json()


def test_starting_asks_what_to_do(program: Program) -> None:
    response = program.post("/start", {})
    body = response.json()
    assert response.status_code == 201
    assert body["message"] == "What would you like to do?"
    assert "create_dashboard" in [option["value"] for option in body["options"]]


def test_from_nothing_to_a_data_source(program: Program, world: World) -> None:
    session = to_review(program, world)
    plan = program.get(f"/session/{session}/plan").json()
    assert plan["status"] == "CONFIRMING", plan["findings"]
    assert plan["steps"][0]["title"] == "Create data source “Sales Q4”"
    assert plan["xmlPlan"].startswith("<?xml")
    body = {"confirmed": True, "fingerprint": plan["fingerprint"]}
    response = program.post(f"/session/{session}/execute", body)
    assert response.status_code == 202
    assert not DataSource.objects.exists()
    run_pending()
    done = program.get(f"/session/{session}").json()
    source = DataSource.objects.get()
    assert done["status"] == "COMPLETED"
    assert done["results"][0]["id"] == source.pk
    assert done["context"]["source.name"] == "Sales Q4"
    assert [message["role"] for message in done["messages"]][:2] == ["assistant", "user"]


def test_a_second_execution_is_a_conflict_and_does_nothing(program: Program, world: World) -> None:
    session = to_review(program, world)
    fingerprint = program.get(f"/session/{session}/plan").json()["fingerprint"]
    body = {"confirmed": True, "fingerprint": fingerprint}
    assert program.post(f"/session/{session}/execute", body).status_code == 202
    second = program.post(f"/session/{session}/execute", body)
    assert second.status_code == 409
    assert second.json()["code"] == "ILLEGAL_TRANSITION"
    run_pending()
    assert DataSource.objects.count() == 1


def test_the_same_idempotency_key_gets_the_first_answer(program: Program, world: World) -> None:
    session = to_review(program, world)
    fingerprint = program.get(f"/session/{session}/plan").json()["fingerprint"]
    body, key = {"confirmed": True, "fingerprint": fingerprint}, {"Idempotency-Key": "k1"}
    first = program.post(f"/session/{session}/execute", body, **key)
    second = program.post(f"/session/{session}/execute", body, **key)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    other = program.post(f"/session/{session}/execute", {**body, "version": 1}, **key)
    assert other.status_code == 409


def test_starting_twice_with_one_key_makes_one_session(program: Program, world: World) -> None:
    first = program.post("/start", {}, **{"Idempotency-Key": "s"}).json()
    second = program.post("/start", {}, **{"Idempotency-Key": "s"}).json()
    assert first["sessionId"] == second["sessionId"]
    assert WizardSession.objects.count() == 1
    program.post("/start", {}, **{"Idempotency-Key": "other"})
    assert WizardSession.objects.count() == 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"confirmed": True, "fingerprint": "0" * 64}, 409, "FINGERPRINT_MISMATCH"),
        ({"confirmed": True, "fingerprint": "short"}, 422, "VALIDATION_FAILED"),
    ],
)
def test_another_fingerprint_is_refused(
    program: Program, world: World, body: Any, status: int, code: str
) -> None:
    session = to_review(program, world)
    response = program.post(f"/session/{session}/execute", body)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_an_unconfirmed_execution_is_refused(program: Program, world: World) -> None:
    session = to_review(program, world)
    fingerprint = program.get(f"/session/{session}/plan").json()["fingerprint"]
    body = {"confirmed": False, "fingerprint": fingerprint}
    assert program.post(f"/session/{session}/execute", body).status_code == 422


def test_an_old_version_is_a_conflict(program: Program) -> None:
    session = begin(program)
    turn = say(program, session, selectedOption="create_report", version=1)
    assert turn["version"] == 2
    late = program.post(f"/session/{session}/message", {"selectedOption": "list", "version": 1})
    assert late.status_code == 409
    assert late.json()["code"] == "CONFLICT"


def test_a_value_that_is_no_answer_is_422_and_changes_nothing(program: Program) -> None:
    session = begin(program)
    response = program.post(f"/session/{session}/message", {"selectedOption": "fly"})
    assert response.status_code == 422
    assert program.get(f"/session/{session}").json()["version"] == 1


def test_what_is_not_understood_is_said_and_the_question_stays(program: Program) -> None:
    session = begin(program)
    say(program, session, selectedOption="create_report")
    turn = say(program, session, content="blue whales")
    assert "did not understand" in turn["notice"]
    assert turn["question"]["key"] == "project"


def test_back_and_modify(program: Program) -> None:
    session = begin(program)
    say(program, session, selectedOption="create_report")
    say(program, session, content="General")
    turn = program.post(f"/session/{session}/back").json()
    assert turn["question"]["key"] == "project"
    turn = program.post(f"/session/{session}/modify", {"questionKey": "intent"}).json()
    assert turn["question"]["current"] == "create_report"
    gone = program.post(f"/session/{session}/modify", {"questionKey": "nowhere"})
    assert gone.status_code == 404


def test_undo_gives_a_session_with_the_inverse_plan(program: Program, world: World) -> None:
    session = to_review(program, world)
    fingerprint = program.get(f"/session/{session}/plan").json()["fingerprint"]
    program.post(f"/session/{session}/execute", {"confirmed": True, "fingerprint": fingerprint})
    run_pending()
    response = program.post(f"/session/{session}/undo")
    assert response.status_code == 201
    assert response.json()["undoOf"] == session
    assert 'operation="DELETE"' in response.json()["xmlPlan"]


def test_a_plan_can_be_exported_checked_and_imported(program: Program, world: World) -> None:
    session = to_review(program, world)
    raw = program.get(f"/session/{session}/plan").json()["xmlPlan"].encode()
    assert program.xml("/plans/validate", raw).json()["valid"] is True
    imported = program.xml("/plans", raw)
    assert imported.status_code == 201
    assert imported.json()["xmlPlan"].encode() == raw
    broken = program.xml("/plans", raw.replace(b"DATA_SOURCE", b"CASTLE"))
    assert broken.status_code == 422
    assert broken.json()["findings"]
    assert program.xml("/plans/validate", b"<!DOCTYPE x>").json()["valid"] is False


def test_a_step_can_be_taken_out(program: Program, world: World) -> None:
    person = Person(world.client(world.alice)).to_dashboard().reviewed()
    steps = program.get(f"/session/{person.pk}/plan").json()["steps"]
    response = program.delete(f"/session/{person.pk}/steps/step-2")
    assert response.status_code == 200, response.json()
    assert len(response.json()["steps"]) == len(steps) - 1
    assert not Dashboard.objects.exists()


def test_sessions_are_listed_filtered_and_deleted(program: Program) -> None:
    session = begin(program)
    say(program, session, selectedOption="create_report")
    begin(program)
    assert program.get("/sessions").json()["total"] == 2
    assert [s["id"] for s in program.get("/sessions?q=report").json()["items"]] == [session]
    assert program.get("/sessions?status=COMPLETED").json()["total"] == 0
    assert program.delete(f"/session/{session}").status_code == 204
    assert program.get(f"/session/{session}").status_code == 404


def test_others_find_nothing(program: Program, world: World) -> None:
    session = begin(program)
    for user in (world.dave, world.amy, world.carl):
        other = Program(world, user)
        assert other.get(f"/session/{session}").status_code == 404
        assert other.post(f"/session/{session}/message", {"content": "x"}).status_code == 404
        assert other.delete(f"/session/{session}").status_code == 404


def test_a_viewer_is_told_which_permission_is_missing(world: World) -> None:
    response = Program(world, world.bob).post("/start", {})
    assert response.status_code == 403
    assert "wizard.use_wizard" in response.json()["detail"]


def test_an_upload_of_somebody_else_is_not_there(program: Program, world: World) -> None:
    upload = receive_upload(actor=world.dave, name="sales.csv", chunks=[SALES])
    session = begin(program)
    say(program, session, selectedOption="create_source")
    say(program, session, content="General")
    say(program, session, selectedOption="csv")
    turn = say(program, session, uploadId=str(upload.pk))
    assert turn["question"]["key"] == "source.upload"
    assert "not there any more" in turn["question"]["problem"]


def test_too_many_messages_are_slowed_down(program: Program, settings: Any) -> None:
    settings.RATE_LIMITS = {"hour": 2}
    session = begin(program)
    say(program, session, selectedOption="create_report")
    response = program.post(f"/session/{session}/message", {"content": "General"})
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
