"""Start a command again whenever a file of the code changes; for people who work on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("reportmanager", "common", "accounts", "catalog", "llm", "wizard", "chat", "templates")
ENDINGS = {".py", ".html", ".txt", ".xsd"}
PAUSE_SECONDS = 0.7
END_SECONDS = 15.0


def run(arguments: list[str], root: Path = ROOT) -> None:
    """``manage.py`` with ``arguments``, again and again, until Ctrl-C or SIGTERM.

    Static files need no restart: they are served as they are (``HASHED_STATIC=false``).
    """
    signal.signal(signal.SIGTERM, _interrupt)
    while True:
        seen, child = snapshot(root), _spawn(arguments, root)
        try:
            while snapshot(root) == seen:
                time.sleep(PAUSE_SECONDS)
        except KeyboardInterrupt:
            return
        finally:
            _end(child)


def snapshot(root: Path) -> dict[Path, int]:
    """When each watched file was changed."""
    return dict(_changes(root))


def _changes(root: Path) -> Iterator[tuple[Path, int]]:
    for folder in FOLDERS:
        for path in (root / folder).rglob("*"):
            if path.suffix in ENDINGS:
                try:
                    yield path, path.stat().st_mtime_ns
                except FileNotFoundError:
                    continue  # removed while we looked


def _spawn(arguments: list[str], root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(root / "manage.py"), *arguments],
        env={**os.environ, "HASHED_STATIC": "false"},
        start_new_session=True,
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(timeout=END_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
