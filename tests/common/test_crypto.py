"""Secrets at rest."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet

from common.crypto import EncryptedJSONField, SecretUnreadable, decrypt, encrypt


def test_a_secret_is_not_to_be_seen_and_comes_back() -> None:
    token = encrypt("geheim – 秘密")
    assert "geheim" not in token
    assert token != encrypt("geheim – 秘密")  # a fresh vector each time
    assert decrypt(token) == "geheim – 秘密"


def test_a_new_key_in_front_leaves_old_secrets_readable(settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.FIELD_KEYS = [old]
    written_before = encrypt("word")
    settings.FIELD_KEYS = [new, old]
    assert decrypt(written_before) == "word"
    written_now = encrypt("word")
    settings.FIELD_KEYS = [new]
    assert decrypt(written_now) == "word"
    with pytest.raises(SecretUnreadable, match="FIELD_KEYS"):
        decrypt(written_before)


@pytest.mark.parametrize("broken", ["", "not a token", "gAAAAA=="])
def test_what_is_not_a_secret_is_said_to_be_unreadable(broken: str) -> None:
    with pytest.raises(SecretUnreadable):
        decrypt(broken)


def test_the_field_stores_ciphertext_and_gives_json() -> None:
    field = EncryptedJSONField()
    stored = field.get_prep_value({"password": "word", "port": 5432})
    assert "word" not in stored
    assert field.from_db_value(stored) == {"password": "word", "port": 5432}
    assert field.get_prep_value({}) == ""
    assert field.from_db_value("") == {}
