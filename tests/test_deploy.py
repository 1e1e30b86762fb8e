"""Production mode as operators run it, in processes of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests.test_settings import ROOT, SECRET, environment

DEAD_DATABASE = "postgres://user:word@127.0.0.1:9/reports"  # nothing listens on port 9
ASK = """
import json, logging, os, sys
import django
django.setup()
logging.disable(logging.CRITICAL)
from django.test import Client
browser = Client(raise_request_exception=False, headers={"host": "localhost"})
answers = []
for path, headers in json.loads(sys.argv[1]):
    answer = browser.get(path, headers=headers)
    answers.append([answer.status_code, dict(answer.headers), answer.content.decode()])
print(json.dumps(answers))
"""
SESSION = {"Cookie": f"sessionid={'a' * 32}"}
JOB = "/api/v1/jobs/00000000-0000-0000-0000-000000000000"


def production(directory: Path, **variables: str) -> dict[str, str]:
    return environment(
        directory,
        RM_MODE="production",
        SECRET_KEY=SECRET,
        FIELD_KEYS=Fernet.generate_key().decode(),
        BASE_URL="https://reports.example.org",
        ALLOWED_HOSTS="reports.example.org",
        **variables,
    )


def manage(environment_: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment_,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deployment_checks_are_clean(tmp_path: Path) -> None:
    done = manage(production(tmp_path), "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues (0 silenced)" in done.stdout


def test_a_base_url_nobody_answers_is_noticed(tmp_path: Path) -> None:
    ready = {**production(tmp_path), "ALLOWED_HOSTS": "other.example.org"}
    done = manage(ready, "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode != 0
    assert "reports.example.org" in done.stderr
    assert "ALLOWED_HOSTS" in done.stderr


def test_demo_accounts_are_refused_in_production(tmp_path: Path) -> None:
    ready = production(tmp_path)
    assert manage(ready, "migrate", "--verbosity", "0").returncode == 0
    done = manage(ready, "load_demo")
    assert done.returncode != 0
    assert "production" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_web_processes_need_redis(tmp_path: Path) -> None:
    done = manage(production(tmp_path, WEB_CONCURRENCY="2"), "check")
    assert done.returncode != 0
    assert "REDIS_URL" in done.stderr


@pytest.fixture(scope="module")
def without_database(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    questions = [
        ("/healthz", {}),
        ("/login/", {}),
        ("/", SESSION),
        (JOB, SESSION),
        (JOB, {"Authorization": "Bearer rm_something"}),
        ("/readyz", {}),
    ]
    done = subprocess.run(
        [sys.executable, "-c", ASK, json.dumps(questions)],
        cwd=ROOT,
        env=environment(
            tmp_path_factory.mktemp("dead"),
            DJANGO_SETTINGS_MODULE="reportmanager.settings",
            DATABASE_URL=DEAD_DATABASE,
            DATABASE_POOL_SIZE="0",
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def test_alive_is_not_ready(without_database: list[Any]) -> None:
    assert without_database[0][0] == 200
    assert without_database[-1][0] == 503


@pytest.mark.parametrize("number", [1, 2], ids=["a view", "the session"])
def test_a_lost_database_is_a_page_that_tries_again(
    without_database: list[Any], number: int
) -> None:
    status, headers, body = without_database[number]
    assert status == 503
    assert headers["Content-Type"].startswith("text/html")
    assert int(headers["Retry-After"]) > 0
    assert headers["Refresh"] == headers["Retry-After"]
    assert headers["X-Trace-Id"] in body
    assert "Content-Security-Policy" in headers
    assert not {"psycopg", "Traceback", "127.0.0.1:9"} & set(body.split())


@pytest.mark.parametrize("number", [3, 4], ids=["session", "token"])
def test_a_lost_database_is_problem_json_to_programs(
    without_database: list[Any], number: int
) -> None:
    status, headers, body = without_database[number]
    problem = json.loads(body)
    assert status == 503
    assert headers["Content-Type"] == "application/problem+json"
    assert problem["code"] == "SERVICE_UNAVAILABLE"
    assert problem["traceId"] == headers["X-Trace-Id"]
