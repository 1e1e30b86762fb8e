"""What a column is about, from its heading and some of its values."""

from __future__ import annotations

import pytest

from catalog.connectors.base import BaseType
from catalog.intake.semantics import is_iban, is_person, is_phone, semantic_of

CASES: list[tuple[str, BaseType, list[object], int | None, int | None, str, bool]] = [
    ("E-Mail", "text", ["a@b.org", "c.d@e.co.uk"], 2, 2, "email", True),
    ("notes", "text", ["a@b.org", "x@y.de", "z@z.ch"], 3, 3, "email", True),
    ("email", "text", [], None, None, "email", True),
    ("IBAN", "text", ["DE89 3704 0044 0532 0130 00"], 1, 1, "iban", True),
    ("Telefon", "text", ["030 1234567", "+49 30 7654321"], 2, 2, "phone", True),
    ("reference", "text", ["030 1234567", "031 7654321"], 2, 2, "category", False),
    ("First name", "text", ["Ada", "Grace"], 2, 2, "name", True),
    ("customerName", "text", ["Ada Lovelace", "Grace Hopper"], 2, 2, "name", True),
    ("name", "text", ["Ada Lovelace", "Grace Hopper", "Alan Turing"], 3, 3, "name", True),
    ("Product name", "text", ["Chair 3", "desk", "lamp"], 3, 3, "category", False),
    ("Land", "text", ["Peru", "Chile"], 2, 900, "geo", False),
    ("Description", "text", ["x" * 200], 900, 900, "text", False),
    ("Status", "text", ["open", "done"], 2, 900, "category", False),
    ("SKU", "text", ["A1", "B2", "C3"], 900, 900, "id", False),
    ("order_id", "integer", [1, 2, 3], 900, 900, "id", False),
    ("Year", "integer", [2023, 2024], 2, 900, "category", False),
    ("Quantity", "integer", [1, 5, 7], 50, 900, "number", False),
    ("Unit Price", "decimal", ["1.50"], 50, 900, "money", False),
    ("Umsatz €", "decimal", ["1.50"], 50, 900, "money", False),
    ("lat", "number", [51.5], 50, 900, "geo", False),
    ("PLZ", "integer", [81234], 50, 900, "geo", False),
    ("Created", "datetime", ["2024-01-01"], 50, 900, "time", False),
    ("Paid", "boolean", [True], 2, 900, "boolean", False),
]


@pytest.mark.parametrize(
    ("label", "type", "samples", "distinct", "rows", "semantic", "sensitive"),
    CASES,
    ids=[f"{case[0]}-{case[5]}" for case in CASES],
)
def test_meaning(
    label: str,
    type: BaseType,
    samples: list[object],
    distinct: int | None,
    rows: int | None,
    semantic: str,
    sensitive: bool,
) -> None:
    assert semantic_of(label, label, type, samples, distinct, rows) == (semantic, sensitive)


def test_an_iban_is_one_by_its_checksum() -> None:
    assert is_iban("GB82WEST12345698765432")
    assert not is_iban("GB83WEST12345698765432")


def test_dates_are_no_phone_numbers() -> None:
    assert is_phone("+1 (555) 010-9999")
    assert not is_phone("2024-01-31")
    assert not is_phone("12345")


def test_persons_have_two_capitalised_words() -> None:
    assert is_person("O'Neill, Shaquille")
    assert not is_person("United States 2")
    assert not is_person("lamp")
