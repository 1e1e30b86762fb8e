"""What a column is about, and whether it looks like personal data; for files and databases."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from catalog.connectors.base import BaseType, SemanticType

EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[A-Za-z]{2,}")
PHONE = re.compile(r"(?:\+|00)?[0-9][0-9 ()/.\-]{5,20}[0-9]")
IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
DATE_LIKE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}.*")

WORDS: dict[str, frozenset[str]] = {
    key: frozenset(words.split())
    for key, words in {
        "email": "email mail emailaddress",
        "phone": "phone telephone tel mobile cell fax telefon telefonnummer handy mobil telephone",
        "iban": "iban",
        "given": "firstname lastname surname forename vorname nachname familienname fullname prenom"
        " nom apellido username",
        "person": "person contact employee customer client patient author owner manager kunde"
        " mitarbeiter ansprechpartner student teacher member user recipient sender guest",
        "name": "name namen names",
        "money": "price amount revenue sales cost costs salary wage wages profit budget turnover"
        " income expense expenses fee fees payment paid balance gross net discount tax vat umsatz"
        " betrag preis kosten gehalt lohn gewinn einnahmen ausgaben erloes saldo steuer chiffre"
        " prix montant eur usd gbp chf euro euros dollar dollars",
        "id": "id ids uuid guid key identifier isbn ean sku nummer no nr number code kennung",
        "geo": "country city state region province county district continent town canton land ort"
        " stadt bundesland kanton pays ville latitude longitude lat lon lng zip zipcode postcode"
        " postal plz location address adresse street strasse",
        "period": "year jahr annee month monat quarter quartal week kw woche weekday",
    }.items()
}
FEW = 50


def semantic_of(
    name: str,
    label: str,
    type: BaseType,
    samples: Sequence[object],
    distinct: int | None,
    rows: int | None,
) -> tuple[SemanticType, bool]:
    """``samples`` are some non-empty values (perhaps none), ``distinct`` and ``rows`` may be
    unknown. Returns the semantic type and whether personal data is suspected."""
    words = label_words(f"{name} {label}")
    if type == "boolean":
        return "boolean", False
    if type in {"date", "datetime", "time"}:
        return "time", False
    if type == "text":
        return _of_text(words, [str(value) for value in samples], distinct, rows)
    return _of_number(words, type, [str(value) for value in samples], distinct, rows)


def label_words(text: str) -> set[str]:
    """Lower-case ASCII words, ``customerName`` and ``customer_name`` alike."""
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text)
    plain = unicodedata.normalize("NFKD", split.replace("ß", "ss"))
    ascii_only = plain.encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z]+", ascii_only)
    joined = {first + second for first, second in pairwise(words)}
    symbols = {"€": "eur", "$": "usd", "£": "gbp"}
    return {*words, *joined, *(word for sign, word in symbols.items() if sign in text)}


def is_iban(text: str) -> bool:
    bare = text.replace(" ", "").upper()
    if not IBAN.fullmatch(bare):
        return False
    return int("".join(str(int(c, 36)) for c in bare[4:] + bare[:4])) % 97 == 1


def is_phone(text: str) -> bool:
    return (
        bool(PHONE.fullmatch(text))
        and 7 <= sum(c.isdigit() for c in text) <= 15
        and not DATE_LIKE.fullmatch(text)
    )


def is_person(text: str) -> bool:
    """Two to four capitalised words without digits: ``Ada Lovelace``, ``Lovelace, Ada``."""
    parts = text.replace(",", " ").split()
    return 2 <= len(parts) <= 4 and all(
        part[0].isupper() and all(c.isalpha() or c in "-'’." for c in part) for part in parts
    )


def _of_text(
    words: set[str], samples: list[str], distinct: int | None, rows: int | None
) -> tuple[SemanticType, bool]:
    personal = _personal(words, samples)
    if personal is not None:
        return personal, True
    if words & WORDS["geo"] and not words & {"id", "code"}:
        return "geo", False
    unique = bool(distinct and rows and distinct >= 0.9 * rows)
    if _most(samples, lambda v: bool(UUID.fullmatch(v))):
        return "id", False
    if words & WORDS["id"] and (unique or not samples):
        return "id", False
    return _category_or_text(samples, distinct, rows), False


def _personal(words: set[str], samples: list[str]) -> SemanticType | None:
    if _most(samples, lambda v: bool(EMAIL.fullmatch(v))):
        return "email"
    if _most(samples, is_iban):
        return "iban"
    called_phone = bool(words & WORDS["phone"])
    if _most(samples, is_phone) and (called_phone or _most(samples, _international)):
        return "phone"
    if _is_name(words, samples):
        return "name"
    if not samples:
        guesses: tuple[SemanticType, ...] = ("email", "iban", "phone")
        return next((key for key in guesses if words & WORDS[key]), None)
    return None


def _is_name(words: set[str], samples: list[str]) -> bool:
    if words & WORDS["given"]:
        return True
    if not words & (WORDS["name"] | WORDS["person"]):
        return False
    named_person = bool(words & WORDS["name"] and words & WORDS["person"])
    return named_person if not samples else _most(samples, is_person, 0.7)


def _international(text: str) -> bool:
    return text.startswith(("+", "00"))


def _category_or_text(samples: list[str], distinct: int | None, rows: int | None) -> SemanticType:
    if any(len(value) > 120 for value in samples):
        return "text"
    if distinct is None:
        return "category" if 0 < len(set(samples)) <= 0.5 * len(samples) else "text"
    return "category" if distinct <= FEW or (rows and distinct <= 0.1 * rows) else "text"


def _of_number(
    words: set[str], type: BaseType, samples: list[str], distinct: int | None, rows: int | None
) -> tuple[SemanticType, bool]:
    whole = type == "integer"
    if words & {"lat", "lon", "lng", "latitude", "longitude"}:
        return "geo", False
    if whole and words & {"zip", "zipcode", "postcode", "postal", "plz"}:
        return "geo", False
    if whole and words & WORDS["phone"] and _most(samples, is_phone):
        return "phone", True
    if whole and words & WORDS["id"] and not words & {"of"}:
        return "id", False
    if whole and words & WORDS["period"]:
        return "category", False
    return ("money" if words & WORDS["money"] else "number"), False


def _most(values: Iterable[str], test: Callable[[str], bool], share: float = 0.8) -> bool:
    items = [value.strip() for value in values if value.strip()]
    return bool(items) and sum(1 for v in items if test(v)) >= share * len(items)
