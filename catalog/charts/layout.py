"""Where widgets go on the grid of twelve columns when nobody has placed them."""

from __future__ import annotations

from collections.abc import Sequence

COLUMNS = 12
SIZES = {"number": (3, 2), "chart": (6, 4), "text": (12, 2), "table": (12, 4)}


def layout(kinds: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """(x, y, width, height) for each widget kind, in the given order.

    Numbers go on top, four a row; then charts, two a row; texts and tables take the whole width.
    A row that is not full is stretched, so that no hole is left beside a widget.
    """
    order = sorted(range(len(kinds)), key=lambda at: (kinds[at] != "number", at))
    places: dict[int, tuple[int, int, int, int]] = {}
    row: list[int] = []
    y = 0
    for at in order:
        if row and not _fits([kinds[other] for other in row], kinds[at]):
            y = _place(row, kinds, y, places)
            row = []
        row.append(at)
    if row:
        _place(row, kinds, y, places)
    return [places[at] for at in range(len(kinds))]


def _fits(row: list[str], kind: str) -> bool:
    width = sum(SIZES[each][0] for each in row) + SIZES[kind][0]
    return width <= COLUMNS and SIZES[row[0]][1] == SIZES[kind][1]


def _place(
    row: list[int], kinds: Sequence[str], y: int, places: dict[int, tuple[int, int, int, int]]
) -> int:
    """Give a row its places; returns where the next row starts."""
    width, rest = divmod(COLUMNS, len(row))
    x = 0
    height = SIZES[kinds[row[0]]][1]
    for number, at in enumerate(row):
        own = width + (1 if number < rest else 0)
        places[at] = (x, y, own, height)
        x += own
    return y + height
