"""The demo workspace, served by ``manage.py serve`` from a data directory of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.test_serve import ROOT, Served

# Beside the demo's own people: how often one person may answer the wizard is limited.
MORE_ANALYSTS = ("ben", "cleo", "dora")
PREPARE = f"""
from django.contrib.auth.models import Group
from django.core.management import call_command
from accounts.models import User
call_command("migrate", verbosity=0)
call_command("load_demo")
owner = User.objects.get(email="analyst@demo.example").organization
for name in {MORE_ANALYSTS}:
    user = User.objects.create_user(
        f"{{name}}@demo.example", "demo-password", name=name.title(), organization=owner)
    user.groups.set([Group.objects.get(name="Analyst")])
"""
OWN_DATABASE = {"DATABASE_URL", "REDIS_URL", "WEB_CONCURRENCY"}


class Demo(Served):
    """Migrated and seeded before it serves; jobs are looked for often."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.manage("shell", "-c", PREPARE)
        super().__init__(directory, "--no-migrate", JOB_POLL="0.1")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def manage(self, *arguments: str) -> str:
        environment = {key: text for key, text in os.environ.items() if key not in OWN_DATABASE}
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env={**environment, "RM_DATA_DIR": str(self.directory / "data")},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def api(self, method: str, path: str, **body: Any) -> Any:
        """A call as the analyst, with a token of the command line."""
        if not hasattr(self, "_token"):
            self._token = self.manage("create_api_token", "analyst@demo.example")
        answer = httpx.request(
            method,
            f"{self.url}/api/v1/{path}",
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=30,
            **body,
        )
        assert answer.is_success, answer.text
        return answer.json()


_D = TypeVar("_D", bound=Demo)


@contextmanager
def served(server: _D) -> Iterator[_D]:
    """Until it is stopped, in order; what it reports as an error fails the test."""
    try:
        server.wait()
        yield server
        assert server.stop() == 0, server.log.read_text()
    finally:
        server.process.kill()
        server.process.wait()
    assert [line for line in server.log.read_text().splitlines() if "[error" in line] == []
