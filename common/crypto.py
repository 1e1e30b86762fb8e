"""Secrets at rest: Fernet with rotating keys, and a model field that uses it."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class SecretUnreadable(Exception):
    """The stored secret was written with a key that is no longer configured."""


@lru_cache(maxsize=1)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    return _fernet(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    try:
        return _fernet(tuple(settings.FIELD_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken:
        raise SecretUnreadable(
            "A stored secret cannot be read with the keys in FIELD_KEYS."
        ) from None


class EncryptedJSONField(models.TextField[Any, Any]):
    """JSON that is encrypted in the database and plain in Python. Not searchable."""

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        return json.loads(decrypt(value)) if value else {}

    def to_python(self, value: Any) -> Any:
        return json.loads(decrypt(value)) if isinstance(value, str) and value else value or {}

    def get_prep_value(self, value: Any) -> str:
        return encrypt(json.dumps(value)) if value else ""
