"""Settings come from the environment and fail fast with the name of the variable."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent
READ = """
import json, sys
from reportmanager import settings
names = sys.argv[1:]
print(json.dumps({name: str(getattr(settings, name)) for name in names}))
"""
SECRET = "k" * 20 + "0123456789" * 4


def environment(directory: Path, **variables: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "RM_DATA_DIR": str(directory), **variables}


def load(directory: Path, *names: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", READ, *names],
        cwd=ROOT,
        env=environment(directory, **variables),
        capture_output=True,
        text=True,
        check=False,
    )


def values(directory: Path, *names: str, **variables: str) -> dict[str, Any]:
    done = load(directory, *names, **variables)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def refusal(directory: Path, **variables: str) -> str:
    done = load(directory, **variables)
    assert done.returncode != 0, f"accepted: {variables}"
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RM_MODE", "staging"),
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("LLM_BUDGETS", "chat=soon"),
        ("LLM_BUDGETS", "poem=3"),
        ("LLM_BUDGETS", "chat=0"),
        ("PORT", "80.5"),
        ("BASE_URL", "reports.example.org"),
        ("MAX_UPLOAD_MB", "0"),
        ("MAX_UPLOAD_MB", "nan"),
        ("MAX_LOG_BYTES", "-1"),
        ("SESSION_TIMEOUT_MINUTES", "soon"),
        ("MAX_CONTEXT_MESSAGES", "inf"),
        ("ENABLE_WEBSOCKET", "perhaps"),
        ("LOG_LEVEL", "LOUD"),
        ("OLLAMA_URL", "ftp://127.0.0.1"),
        ("SCHEDULER_INTERVAL", "0"),
        ("JOB_LEASE", "x"),
        ("DATABASE_URL", "oracle://somewhere/db"),
        ("DATABASE_URL", "no address at all"),
        ("EMAIL_URL", "carrier-pigeon://roof"),
        ("SECRET_KEY", "short"),
        ("FIELD_KEYS", "not-a-fernet-key"),
        ("TRUST_PROXY", "maybe"),
        ("RATE_LIMITS", "10/fortnight"),
        ("RATE_LIMITS", "0/second"),
        ("HASHED_STATIC", "2"),
    ],
)
def test_a_malformed_value_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    assert name in refusal(tmp_path, **{name: value})


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "RM_DATA_DIR" in refusal(tmp_path / "file" / "data")


@pytest.mark.parametrize("missing", ["SECRET_KEY", "FIELD_KEYS"])
def test_production_wants_its_keys_from_the_environment(tmp_path: Path, missing: str) -> None:
    """Not even key files of an earlier demo are taken."""
    values(tmp_path, "SECRET_KEY")
    keys = {"SECRET_KEY": SECRET, "FIELD_KEYS": Fernet.generate_key().decode()}
    del keys[missing]
    assert missing in refusal(tmp_path, RM_MODE="production", **keys)


@pytest.mark.parametrize(
    "example",
    ["django-insecure-" + "a1b2c3d4" * 8, "change-me" * 8, "aaaaaaaaaa" * 6],
)
def test_production_refuses_a_key_that_is_only_an_example(tmp_path: Path, example: str) -> None:
    keys = {"SECRET_KEY": example, "FIELD_KEYS": Fernet.generate_key().decode()}
    assert "SECRET_KEY" in refusal(tmp_path, RM_MODE="production", **keys)


def test_older_keys_still_verify_and_decrypt(tmp_path: Path) -> None:
    newer, older = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    found = values(
        tmp_path,
        "SECRET_KEY",
        "SECRET_KEY_FALLBACKS",
        "FIELD_KEYS",
        SECRET_KEY=f"{SECRET},{SECRET}-older",
        FIELD_KEYS=f"{newer},{older}",
    )
    assert found["SECRET_KEY"] == SECRET
    assert found["SECRET_KEY_FALLBACKS"] == str([f"{SECRET}-older"])
    assert found["FIELD_KEYS"] == str([newer, older])


def test_key_files_are_private_and_stay(tmp_path: Path) -> None:
    first = values(tmp_path, "SECRET_KEY", "FIELD_KEYS")
    for name in ("secret_key.key", "field_keys.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert values(tmp_path, "SECRET_KEY", "FIELD_KEYS") == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["field_keys.key", "secret_key.key"]


def test_processes_that_start_together_agree_on_the_keys(tmp_path: Path) -> None:
    started = [
        subprocess.Popen(
            [sys.executable, "-c", READ, "SECRET_KEY", "FIELD_KEYS"],
            cwd=ROOT,
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _number in range(4)
    ]
    answers = {process.communicate()[0] for process in started}
    assert len(answers) == 1
    assert "SECRET_KEY" in answers.pop()


def test_the_scheme_of_the_base_url_decides_about_tls(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS")
    plain = values(tmp_path, *names)
    secure = values(tmp_path, *names, BASE_URL="https://reports.example.org/")
    assert plain == dict(zip(names, ("False", "False", "0"), strict=True))
    assert secure["SESSION_COOKIE_SECURE"] == secure["SECURE_SSL_REDIRECT"] == "True"
    assert int(secure["SECURE_HSTS_SECONDS"]) >= 365 * 24 * 3600


def test_a_proxy_is_believed_only_when_told(tmp_path: Path) -> None:
    assert values(tmp_path, "SECURE_PROXY_SSL_HEADER") == {"SECURE_PROXY_SSL_HEADER": "None"}
    told = values(tmp_path, "SECURE_PROXY_SSL_HEADER", TRUST_PROXY="true")
    assert "X_FORWARDED_PROTO" in told["SECURE_PROXY_SSL_HEADER"]
