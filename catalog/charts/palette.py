"""The colours of charts. Nothing else may colour a mark: options name these by position."""

from __future__ import annotations

import re
from collections.abc import Sequence

LIGHT = (
    "#2c64f1", "#d0771a", "#0c7568", "#c22360", "#4e0f77", "#5e6105", "#3097ba", "#61141b",
)  # fmt: skip
DARK = (
    "#4684e8", "#eb9929", "#44ca9a", "#c2628c", "#c4abf4", "#f5f366", "#a2e9fc", "#e13d46",
)  # fmt: skip

# The first six differ under the three simulated kinds of colour blindness, the last two less so.
MAX_SERIES = 6

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def is_colour(text: str) -> bool:
    """Only ``#rrggbb``: ECharts writes colours into attributes without escaping them."""
    return _HEX.fullmatch(text) is not None


def palette(*, dark: bool = False, own: Sequence[str] | None = None) -> list[str]:
    """``own`` are an organisation's colours; ``ValueError`` if one is not ``#rrggbb``."""
    colours = list(own) if own else list(DARK if dark else LIGHT)
    for colour in colours:
        if not is_colour(colour):
            raise ValueError(f"{colour[:40]!r} is not a colour of the form #rrggbb.")
    return colours
