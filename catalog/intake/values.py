"""Cells as JSON data."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

from catalog.intake.limits import PREVIEW_CHARACTERS

SAFE_INTEGER = 2**53


def plain(value: object) -> str | int | float | bool | None:
    """Decimals and integers past 2⁵³ as text, so that no digit is lost in a browser."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= SAFE_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime):
        return value.isoformat(sep="T")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"({len(value):,} bytes)"
    text = str(value)
    return text if len(text) <= PREVIEW_CHARACTERS else text[:PREVIEW_CHARACTERS] + "…"
