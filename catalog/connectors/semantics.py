"""What a column is about, guessed from its name, its type and a few of its values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from catalog.connectors.base import BaseType, SemanticType

FEW = 50
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?")
_MONEY = {"price", "total", "amount", "revenue", "cost", "salary", "sales", "profit", "fee", "tax"}
_GEO = {
    "country",
    "city",
    "state",
    "region",
    "latitude",
    "longitude",
    "postal",
    "zip",
    "lat",
    "lon",
}
_PERSON = {"firstname", "lastname", "surname", "fullname"}
_NUMERIC = {"integer", "decimal", "number"}


def semantic(
    name: str, kind: BaseType, samples: Sequence[Any] = (), *, key: bool = False
) -> SemanticType:
    """``key``: the column is a primary or foreign key. ``samples``: values, if any are known."""
    words = [word.lower() for word in _WORD.findall(name)]
    if key or (words[-1:] == ["id"] and kind in ("integer", "text")):
        return "id"
    if kind in ("date", "datetime", "time"):
        return "time"
    if kind == "boolean":
        return "boolean"
    if kind in _NUMERIC:
        if _GEO & {"latitude", "longitude", "lat", "lon"} & set(words):
            return "geo"
        return "money" if _MONEY & set(words) else "number"
    return _of_text(words, [value for value in samples if isinstance(value, str) and value])


def _of_text(words: list[str], samples: list[str]) -> SemanticType:
    if samples and all(_EMAIL.fullmatch(value) for value in samples):
        return "email"
    if samples and all(_IBAN.fullmatch(value) for value in samples):
        return "iban"
    if {"email", "mail"} & set(words):
        return "email"
    if {"phone", "fax", "mobile"} & set(words):
        return "phone"
    if "".join(words[:2]) in _PERSON or "".join(words) in _PERSON:
        return "name"
    if _GEO & set(words):
        return "geo"
    if len(samples) >= 10 and len(set(samples)) <= min(FEW, len(samples) // 2):
        return "category"
    return "text"
