"""Reading what people type: words without accents, numbers of options, IDs, dates and times."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time

_ID = re.compile(r"(?:#\s*|id\b\s*[:.#]?\s*)(\d{1,18})", re.IGNORECASE)
_NUMBER = re.compile(r"(?:option|number|no\.?|nr\.?)?\s*\(?(\d{1,6})[.)]?", re.IGNORECASE)
_QUOTES = ('""', "''", "“”", "„“", "„”", "«»", "»«", "‘’")


def normal(text: str) -> str:
    """Small letters, no accents, single spaces, no punctuation at the ends."""
    plain = text.casefold().replace("’", "'")
    decomposed = unicodedata.normalize("NFKD", plain)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", bare).strip(" \t\n.,;:!?\"'“”„‘")


def unquoted(text: str) -> tuple[str, bool]:
    """The text without the quotes around it, and whether there were any."""
    stripped = text.strip()
    if len(stripped) >= 2 and stripped[0] + stripped[-1] in _QUOTES:
        return stripped[1:-1].strip(), True
    return stripped, False


def read_id(text: str) -> int | None:
    """``#8``, ``ID 8``, ``id: 8``."""
    match = _ID.fullmatch(text.strip().rstrip("."))
    return int(match[1]) if match else None


def read_number(text: str) -> int | None:
    """``2``, ``2.``, ``(2)``, ``option 2``."""
    match = _NUMBER.fullmatch(text.strip())
    return int(match[1]) if match else None


def parts(text: str) -> list[str]:
    """``1, 3 and 4`` → ``["1", "3", "4"]``; ``2-4`` is spelt out."""
    found: list[str] = []
    for part in re.split(r"\s*(?:,|;|&|\+|\n|\band\b|\bund\b)\s*", text.strip()):
        span = re.fullmatch(r"(\d{1,3})\s*(?:-|–|to|bis)\s*(\d{1,3})", part)
        if span and int(span[1]) <= int(span[2]):
            found.extend(str(n) for n in range(int(span[1]), int(span[2]) + 1))
        elif part:
            found.append(part)
    return found


_DATES = (
    (re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"), "ISO"),
    (re.compile(r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4}|\d{2})"), "German"),
    (re.compile(r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4}|\d{2})"), "US"),
)


def read_date(text: str) -> date | None:
    """2026-02-20, 20.2.2026 or 2/20/2026; two digits of a year are of this century."""
    for pattern, _ in _DATES:
        if match := pattern.fullmatch(text.strip()):
            year = int(match["y"]) + (2000 if len(match["y"]) == 2 else 0)
            try:
                return date(year, int(match["m"]), int(match["d"]))
            except ValueError:
                return None
    return None


_TIME = re.compile(
    r"(?:at |um )?(?P<h>\d{1,2})(?:[:.](?P<m>\d{2}))?"
    r"\s*(?P<half>[ap]\.?m\.?)?(?: ?(?:uhr|h|o'clock))?"
)


def read_time(text: str) -> time | None:
    """8:00, 08.30, 8am, 5:15 pm, 8 Uhr, noon."""
    words = text.strip().casefold().replace("’", "'")
    if words in ("noon", "midday", "midnight"):
        return time(0 if words == "midnight" else 12)
    match = _TIME.fullmatch(words)
    if not match:
        return None
    hour, half = int(match["h"]), (match["half"] or "")[:1]
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    try:
        return time(hour, int(match["m"] or 0))
    except ValueError:
        return None


def one_edit(a: str, b: str) -> bool:
    """Are two words at most one insertion, deletion, change or swap of neighbours apart?"""
    if abs(len(a) - len(b)) > 1:
        return False
    if len(a) > len(b):
        a, b = b, a
    start = next((i for i, (p, q) in enumerate(zip(a, b, strict=False)) if p != q), len(a))
    rest_a, rest_b = a[start:], b[start:]
    if len(a) < len(b):
        return rest_a == rest_b[1:]
    swapped = rest_a[:2] == rest_b[1::-1] and rest_a[2:] == rest_b[2:]
    return rest_a[1:] == rest_b[1:] or swapped
