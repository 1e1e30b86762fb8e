"""The main job without a browser: spreadsheet → wizard → plan → dashboard, over the API.

What a program with a token would do: upload the file, answer each question of the wizard, read the
plan, confirm exactly that plan, and wait for it to be done.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pydantic import JsonValue

from common.jobs import run_pending
from reportmanager.demo import spreadsheet

WAIT_SECONDS = 180.0
BUSY = ("PLANNING", "EXECUTING")
Say = Callable[[str], None]


class JourneyError(Exception):
    """The journey came to an unexpected end; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Names:
    """How the new items are called."""

    source: str
    dashboard: str
    reports: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Arrival:
    """``results`` are the executed steps as the API tells them; ``xml`` the plan as reviewed."""

    session: str
    fingerprint: str
    xml: str
    results: list[dict[str, Any]]

    def made(self, entity: str) -> list[dict[str, Any]]:
        return [step for step in self.results if step["entity"] == entity]


class Api:
    """The API in this process, as one user with a token."""

    def __init__(self, token: str, host: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "Host": host}
        self._client = Client(headers=headers, raise_request_exception=False)

    def get(self, path: str) -> dict[str, Any]:
        return self._answered(lambda: self._client.get(f"/api/v1{path}"))

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._answered(
            lambda: self._client.post(
                f"/api/v1{path}", json.dumps(body), content_type="application/json"
            )
        )

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        return self._answered(
            lambda: self._client.post(
                "/api/v1/uploads", {"file": SimpleUploadedFile(name, content)}
            )
        )

    def _answered(self, send: Callable[[], Any]) -> dict[str, Any]:
        """The JSON of the answer; too fast a request is sent again when it may be."""
        while (response := send()).status_code == 429:
            time.sleep(int(response["Retry-After"]))
        body: dict[str, Any] = json.loads(response.content)
        if response.status_code >= 400:
            raise JourneyError(f"{body['message']} {body['detail']} (trace {body['traceId']})")
        return body


def travel(api: Api, names: Names, say: Say) -> Arrival:
    """From the spreadsheet to the executed plan."""
    upload = api.upload(spreadsheet.NAME, spreadsheet.workbook())
    say(f"Uploaded {upload['name']}: sheets {', '.join(s['name'] for s in upload['sheets'])}")
    turn = _talk(api, answers(names, upload["id"]), say)
    session = str(turn["sessionId"])
    plan = _settled(api, session, say)
    if plan["status"] != "CONFIRMING":
        raise JourneyError(f"The plan cannot be confirmed: {plan}")
    reviewed = api.get(f"/wizard/session/{session}/plan")
    say(f"Plan {reviewed['shortFingerprint']}: {reviewed['summary']}")
    for step in reviewed["steps"]:
        say(f"  {step['id']}: {step['title']}")
    confirmation = {"confirmed": True, "fingerprint": reviewed["fingerprint"]}
    api.post(f"/wizard/session/{session}/execute", confirmation)
    done = _settled(api, session, say)
    if done["status"] != "COMPLETED":
        raise JourneyError(f"The plan was not executed: {done['status']} {done.get('error')}")
    return Arrival(session, reviewed["fingerprint"], reviewed["xmlPlan"], done["results"])


def answers(names: Names, upload: str) -> dict[str, dict[str, JsonValue]]:
    """What is said to each question of the wizard."""
    first, second, third = names.reports
    return {
        "intent": {"selectedOption": "create_dashboard"},
        "project": {"content": "General"},
        "dashboard.have_reports": {"selectedOption": "create"},
        "report[1].have_source": {"selectedOption": "create"},
        "source.kind": {"selectedOption": "excel"},
        "source.upload": {"uploadId": upload},
        "source.sheet": {"selectedOption": "By sector"},
        "source.columns": {"fields": {}},
        "source.name": {"content": names.source},
        **_report(1, first, "line", x="month", grain="month", aggregate="sum"),
        "dashboard.more[1]": {"selectedOption": "create"},
        "report[2].have_source": {"content": "same"},
        **_report(2, second, "bar", x="sector", aggregate="avg"),
        "dashboard.more[2]": {"selectedOption": "create"},
        "report[3].have_source": {"content": "same"},
        **_report(3, third, "line", x="month", grain="year", aggregate="avg", series="sector"),
        "dashboard.more[3]": {"selectedOption": "done"},
        "dashboard.about": {
            "fields": {
                "name": names.dashboard,
                "description": "Employees in the United States by sector, in thousands.",
            }
        },
    }


def _report(
    number: int,
    name: str,
    chart: str,
    *,
    x: str,
    aggregate: str,
    grain: str = "",
    series: str = "none",
) -> dict[str, dict[str, JsonValue]]:
    said: dict[str, str] = {
        "chart": chart,
        "x": x,
        "y": "employees_thousands",
        "aggregate": aggregate,
        "series": series,
    } | ({"grain": grain} if grain else {})
    about: dict[str, JsonValue] = {"name": name, "description": ""}
    return {
        **{f"report[{number}].{key}": {"selectedOption": value} for key, value in said.items()},
        f"report[{number}].about": {"fields": about},
    }


def _talk(api: Api, said: dict[str, dict[str, JsonValue]], say: Say) -> dict[str, Any]:
    turn = api.post("/wizard/start", {})
    while question := turn["question"]:
        key = question["key"]
        if key not in said:
            raise JourneyError(f"The wizard asked something unexpected: {key}: {question['text']}")
        answer = said.pop(key)
        turn = api.post(f"/wizard/session/{turn['sessionId']}/message", {**answer, "question": key})
        say(f"{question['text']}  →  {_words(answer)}")
        if turn.get("notice"):
            raise JourneyError(f"The wizard did not take the answer to {key}: {turn['notice']}")
    return turn


def _settled(api: Api, session: str, say: Say) -> dict[str, Any]:
    """The session once no job works on it any more; jobs are run here unless somebody else does."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        run_pending()
        seen = api.get(f"/wizard/session/{session}")
        if seen["status"] not in BUSY:
            return seen
        time.sleep(0.2)
    raise JourneyError("The job did not end in time. Is a worker running?")


def _words(answer: dict[str, JsonValue]) -> str:
    value = next(iter(answer.values()))
    if isinstance(value, dict):
        return ", ".join(str(word) for word in value.values() if word) or "as proposed"
    return str(value)
