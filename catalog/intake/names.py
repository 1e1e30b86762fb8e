"""Labels as people wrote them, and the stable names that queries, plans and reports use."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from catalog.intake.limits import LABEL_CHARACTERS, NAME_CHARACTERS

LETTERS = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "ł": "l",
        "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ı": "i",
        "€": " eur ", "$": " usd ", "£": " gbp ", "%": " percent ", "&": " and ", "№": " no ",
        "°": " deg ", "µ": "u", "μ": "u", "#": " no ",
    }
)  # fmt: skip
# Reserved in DuckDB or in standard SQL: each would need quotes in a query typed by hand.
_RESERVED = """
all alter analyse analyze and any array as asc asymmetric between both by case cast check collate
column constraint create cross current_date current_time current_timestamp current_user default
deferrable delete desc describe distinct do drop else end except exists false fetch for foreign from
full grant group having ilike in initially inner insert intersect into is isnull join lambda lateral
leading left like limit localtime localtimestamp natural not notnull null offset on only or order
outer overlaps pivot pivot_longer pivot_wider placing primary qualify references returning right
select semi session_user set show similar some summarize symmetric table then to trailing true union
unique unpivot update user using values variadic when where window with
"""
RESERVED = frozenset(_RESERVED.split())
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def clean_label(text: str) -> str:
    """Control and direction characters become spaces, runs of white space become one."""
    visible = "".join(" " if unicodedata.category(c) in INVISIBLE else c for c in text)
    return " ".join(visible.split())[:LABEL_CHARACTERS].strip()


def slug(label: str) -> str:
    """ASCII letters, digits and ``_``; empty when nothing of the label can be written so."""
    plain = unicodedata.normalize("NFKD", label.translate(LETTERS))
    ascii_only = plain.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_")[:NAME_CHARACTERS].strip("_")


def stable_names(labels: Iterable[str]) -> list[str]:
    """One unique name a label, at most 60 characters, safe to write without quotes."""
    names: list[str] = []
    taken: set[str] = set()
    for number, label in enumerate(labels, start=1):
        name = _unique(_safe(slug(label), number), taken)
        taken.add(name)
        names.append(name)
    return names


def label_or_default(text: str, number: int) -> str:
    return clean_label(text) or f"Column {number}"


def duplicates(labels: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    found: dict[str, None] = {}
    for label in labels:
        if label and label.casefold() in seen:
            found[label] = None
        seen.add(label.casefold())
    return list(found)


def _safe(name: str, number: int) -> str:
    if not name:
        return f"column_{number}"
    if name[0].isdigit():
        name = f"c_{name}"[:NAME_CHARACTERS].rstrip("_")
    return f"{name}_col" if name in RESERVED else name


def _unique(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        suffix = f"_{number}"
        candidate = name[: NAME_CHARACTERS - len(suffix)] + suffix
        number += 1
    return candidate
