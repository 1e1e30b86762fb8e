"""Reads the environment, fails fast with the variable's name, writes demo keys once."""

from __future__ import annotations

import math
import os
import re
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

EXAMPLE_PREFIX = "django-insecure-"
_DURATION = re.compile(r"\d{1,6}(\.\d{1,3})?")
_RATE = re.compile(r"([1-9]\d{0,8})/(second|minute|hour)")


class Environment:
    """Typed access to environment variables (and ``.env``, which never overrides them)."""

    def __init__(self, base_dir: Path) -> None:
        self._env = environ.Env()
        if (base_dir / ".env").is_file():
            environ.Env.read_env(base_dir / ".env", overwrite=False)

    def text(self, name: str, *, default: str) -> str:
        return str(self._env.str(name, default=default)).strip()

    def choice(self, name: str, allowed: tuple[str, ...], *, default: str) -> str:
        value = self.text(name, default=default)
        if value not in allowed:
            raise ImproperlyConfigured(
                f"{name} must be one of {', '.join(allowed)}, not {value!r}."
            )
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        value = self.text(name, default=str(default)).lower()
        if value not in {"true", "false", "1", "0", "yes", "no", "on", "off"}:
            raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")
        return value in {"true", "1", "yes", "on"}

    def integer(self, name: str, *, default: int, minimum: int, maximum: int | None = None) -> int:
        number = self.number(name, default=default, minimum=minimum, maximum=maximum)
        if number != int(number):
            raise ImproperlyConfigured(f"{name} must be a whole number, not {number}.")
        return int(number)

    def number(
        self, name: str, *, default: float, minimum: float, maximum: float | None = None
    ) -> float:
        value = self.text(name, default=str(default))
        try:
            number = float(value)
        except ValueError:
            raise ImproperlyConfigured(f"{name} must be a number, not {value!r}.") from None
        if not math.isfinite(number):
            raise ImproperlyConfigured(f"{name} must be a number, not {value!r}.")
        if number < minimum or (maximum is not None and number > maximum):
            upper = f" and at most {maximum:g}" if maximum is not None else ""
            raise ImproperlyConfigured(f"{name} must be at least {minimum:g}{upper}.")
        return number

    def names(self, name: str, *, default: list[str]) -> list[str]:
        value = self.text(name, default=",".join(default))
        return [part.strip() for part in value.split(",") if part.strip()]

    def url(self, name: str, *, default: str) -> str:
        value = self.text(name, default=default).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ImproperlyConfigured(f"{name} must be a http:// or https:// address.")
        return value

    def rates(self, name: str, *, default: str) -> dict[str, int]:
        """Limits like ``10/second,60/minute,1000/hour``, by their period."""
        limits: dict[str, int] = {}
        for part in self.names(name, default=default.split(",")):
            match = _RATE.fullmatch(part)
            if match is None:
                raise ImproperlyConfigured(f"{name} must look like {default}, not {part!r}.")
            limits[match[2]] = int(match[1])
        return limits

    def seconds(self, name: str, *, default: str) -> dict[str, float]:
        """Durations like ``chat=300,title=20``; what is not named keeps its default."""
        known = dict(part.split("=") for part in default.split(","))
        for part in self.names(name, default=[]):
            key, _equals, value = (each.strip() for each in part.partition("="))
            if key not in known or not _DURATION.fullmatch(value) or float(value) <= 0:
                raise ImproperlyConfigured(f"{name} must look like {default}, not {part!r}.")
            known[key] = value
        return {key: float(value) for key, value in known.items()}

    def directory(self, name: str, *, default: Path) -> Path:
        path = Path(self.text(name, default=str(default))).expanduser().resolve()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}: {path} cannot be created ({error.strerror})."
            ) from None
        return path

    def keys(self, name: str, data_dir: Path, *, required: bool) -> tuple[str, list[str]]:
        """The signing key and its predecessors; newest first."""
        keys = self._secrets(
            name, data_dir, required=required, make=lambda: secrets.token_urlsafe(50)
        )
        if any(len(key) < 32 for key in keys):
            raise ImproperlyConfigured(f"{name} must have at least 32 characters.")
        if any(key.startswith(EXAMPLE_PREFIX) or len(set(key)) < 10 for key in keys):
            raise ImproperlyConfigured(f"{name} must be random; this one can be guessed.")
        return keys[0], keys[1:]

    def field_keys(self, name: str, data_dir: Path, *, required: bool) -> list[str]:
        """Fernet keys for secrets at rest; the first encrypts, all decrypt."""
        keys = self._secrets(
            name, data_dir, required=required, make=lambda: Fernet.generate_key().decode()
        )
        for key in keys:
            try:
                Fernet(key)
            except ValueError:
                raise ImproperlyConfigured(
                    f"{name} must hold Fernet keys (32 bytes, URL-safe base64), newest first."
                ) from None
        return keys

    def _secrets(
        self, name: str, data_dir: Path, *, required: bool, make: Callable[[], str]
    ) -> list[str]:
        if given := self.names(name, default=[]):
            return given
        if required:
            raise ImproperlyConfigured(f"{name} must be set in production mode.")
        return [_key_file(data_dir / f"{name.lower()}.key", make)]

    def database(self, name: str, data_dir: Path) -> dict[str, Any]:
        url = self.text(name, default="")
        if not url:
            return _sqlite(data_dir / "reportmanager.sqlite3")
        try:
            config = self._env.db_url_config(url)
        except Exception as error:
            raise ImproperlyConfigured(f"{name} cannot be read: {type(error).__name__}.") from None
        if config.get("ENGINE") == "django.db.backends.sqlite3":
            return _sqlite(Path(config["NAME"]))
        if config.get("ENGINE") != "django.db.backends.postgresql":
            raise ImproperlyConfigured(f"{name} must be a postgres:// or sqlite:// address.")
        pool = self.integer("DATABASE_POOL_SIZE", default=5, minimum=0)
        options = {"pool": {"min_size": 0, "max_size": pool, "timeout": 3}} if pool else {}
        return {**config, "CONN_MAX_AGE": 0, "OPTIONS": {**config.get("OPTIONS", {}), **options}}

    def email(self, name: str) -> dict[str, Any]:
        url = self.text(name, default="consolemail://")
        try:
            return dict(environ.Env.email_url_config(url))
        except Exception:
            raise ImproperlyConfigured(
                f"{name} must look like smtp+tls://user:pass@host:587."
            ) from None


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
        },
    }


def _key_file(path: Path, make: Callable[[], str]) -> str:
    """The key in ``path``, written there first if there is none (mode 0600, never overwritten).

    Processes that start together agree: a key appears whole or not at all, and the first one stays.
    """
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(make())
            with suppress(FileExistsError):
                os.link(draft, path)
        finally:
            os.unlink(draft)
    return path.read_text().strip()
