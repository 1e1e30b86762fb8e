"""Downloads and ``manage.py serve``: an orderly end, a sudden one, and going on after both."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from llm.standin import Running, pullable
from tests.common.jobs.processes import wait_for
from tests.llm.django.pulling import MB, parsed
from tests.test_serve import ROOT, Served

PEOPLE = """
from accounts.actions import add_member, create_organization
from accounts.models import ApiToken
organization = create_organization(actor=None, name="Acme")
amy = add_member(actor=None, organization=organization, email="amy@acme.example.org", name="Amy",
    role="Admin", password="correct-horse-battery")
print(ApiToken.issue(user=amy, name="t", scopes=["read", "write"], expires_at=None)[1])
"""


SERVICES = {"DATABASE_URL", "REDIS_URL", "WEB_CONCURRENCY"}
"""As the server is started without them."""


class Site:
    """``manage.py serve`` with a person and their token."""

    def __init__(self, directory: Path, standin: Running) -> None:
        self.environment = {"OLLAMA_URL": standin.url, "JOB_LEASE": "2", "JOB_POLL": "0.1"}
        self.served = Served(directory, **self.environment)
        self.served.wait()
        kept = {key: text for key, text in os.environ.items() if key not in SERVICES}
        environment = {**kept, "RM_DATA_DIR": str(directory / "data")}
        made = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", PEOPLE],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        self.token = made.stdout.split()[-1]

    def again(self) -> None:
        self.served.process = self.served.launch(**self.environment)

    def ask(self, method: str, path: str, body: Any = None) -> HTTPResponse:
        connection = HTTPConnection("127.0.0.1", self.served.port, timeout=30)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Host": "localhost",
        }
        connection.request(method, f"/api/v1{path}", json.dumps(body) if body else None, headers)
        return connection.getresponse()

    def pulls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.ask("GET", "/models/pulls").read())["items"]
        return found


@pytest.fixture
def site(tmp_path: Path, server: Running) -> Iterator[Site]:
    started = Site(tmp_path, server)
    yield started
    started.served.process.kill()
    started.served.process.wait()


def read_event(response: HTTPResponse) -> tuple[str, Any]:
    lines = []
    while line := response.readline().decode():
        if line == "\n":
            break
        lines.append(line)
    return parsed("".join(lines) + "\n") if lines else ("end", None)


def read_until(response: HTTPResponse, *names: str) -> tuple[str, Any]:
    while True:
        name, data = read_event(response)
        if name in {*names, "end"}:
            return name, data


def test_the_server_ends_in_order_and_the_download_goes_on(site: Site, server: Running) -> None:
    server.offer(pullable("tiny", 9 * MB, hold_at=3 * MB))
    response = site.ask("POST", "/models/pull", {"name": "tiny"})
    assert response.status == 200
    assert read_event(response) == ("comment", "ok")
    while read_until(response, "progress")[1]["completed"] < 3 * MB:
        pass
    assert site.served.stop(signal.SIGTERM) == 0
    assert read_until(response, "done", "error") == ("end", None)
    text = site.served.log.read_text()
    assert "Traceback" not in text
    assert server.closed_early == 1
    server.offer(pullable("tiny", 9 * MB))
    site.served.log.write_text("")
    site.again()
    site.served.wait()
    response = site.ask("POST", "/models/pull", {"name": "tiny"})
    name, data = read_until(response, "done", "error")
    assert (name, data["completed"]) == ("done", 9 * MB)


def test_a_killed_server_goes_on_with_its_downloads(site: Site, server: Running) -> None:
    server.offer(pullable("tiny", 9 * MB, hold_at=3 * MB))
    response = site.ask("POST", "/models/pull", {"name": "tiny"})
    while read_until(response, "progress")[1]["completed"] < 3 * MB:
        pass
    site.served.process.kill()
    site.served.process.wait()
    server.wait_until(lambda: server.closed_early == 1)
    server.offer(pullable("tiny", 9 * MB))
    site.served.log.write_text("")
    site.again()
    site.served.wait()
    server.wait_until(lambda: "tiny:latest" in server.installed, seconds=40)
    wait_for(lambda: [pull["state"] for pull in site.pulls()] == ["succeeded"])
    assert site.pulls()[0]["completed"] == 9 * MB
