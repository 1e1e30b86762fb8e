"""Where widgets go when nobody said: numbers on top, then two charts a row, tables full width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

COLUMNS = 12


class Place(NamedTuple):
    """Column, row, columns wide, rows high, on the grid of twelve columns."""

    x: int
    y: int
    w: int
    h: int


# Columns and rows of one widget by kind; kinds stand below each other in this order.
_SIZES = {"number": (3, 2), "chart": (6, 4), "table": (12, 6), "text": (12, 2)}
_ONLY_CHART = (12, 6)


def layout(kinds: Sequence[str]) -> list[Place]:
    """A place for each widget kind (``number``, ``chart``, ``table``, ``text``), in the order
    given. Within a kind that order is kept. A dashboard's only chart fills the width."""
    places: dict[int, Place] = {}
    top = 0
    for kind, size in _SIZES.items():
        group = [index for index, given in enumerate(kinds) if given == kind]
        width, height = _ONLY_CHART if kind == "chart" and len(group) == 1 else size
        per_row = COLUMNS // width
        for position, index in enumerate(group):
            row, column = divmod(position, per_row)
            places[index] = Place(column * width, top + row * height, width, height)
        top += -(-len(group) // per_row) * height
    return [places[index] for index in range(len(kinds))]
