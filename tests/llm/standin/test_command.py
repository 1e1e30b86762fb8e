"""``manage.py fake_ollama`` as a process: it starts, answers, and goes when told."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def command(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and what it said before it was ready."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "fake_ollama", *options],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        yield process, said
    finally:
        process.kill()
        process.wait(30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_what_it_is_answers_and_stops(number: signal.Signals) -> None:
    models = ("--models", "qwen3:4b", "my/own:v1")
    with command("--port", "0", "--rate", "0", "--load-seconds", "0", *models) as (process, said):
        assert "NOT Ollama" in said
        assert "made up" in said
        match = re.search(r"http://\S+", said)
        assert match is not None
        with httpx.Client(base_url=match[0], trust_env=False, timeout=20) as http:
            tags = http.get("/api/tags").json()["models"]
            assert {model["name"] for model in tags} == {"qwen3:4b", "my/own:v1"}
            body = {"model": "my/own:v1", "messages": [{"role": "user", "content": "Hello"}]}
            assert '"done":true' in http.post("/api/chat", json=body).text
            assert http.get("/", headers={"Host": "models.example"}).status_code == 403
        process.send_signal(number)
        assert process.wait(30) == 0
        assert process.stdout is not None
        assert "has stopped" in process.stdout.read()


def test_a_port_in_use_is_said_in_plain_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with command("--port", port) as (process, said):
            assert process.wait(30) != 0
            assert "cannot listen" in said
            assert "Traceback" not in said
