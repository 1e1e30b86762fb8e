"""What a source's columns are good for in a chart, judged by type, meaning, name and facts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from catalog.charts.formats import NUMERIC_TYPES, TIME_TYPES, parse_time, to_number
from catalog.charts.spec import ChartKind
from catalog.connectors.base import ColumnInfo
from catalog.query.spec import Aggregate, Grain

FEW_PARTS = 6
MOST_BARS = 30

_NOT_MEASURED = frozenset({"id", "geo", "time", "phone", "iban", "email", "name"})
_ID_NAME = re.compile(r"(^|[_ ])(id|key|uuid|guid|code|no|nr|number|zip|postcode)$", re.IGNORECASE)
_YEAR_NAME = re.compile(r"(^|[_ ])year$", re.IGNORECASE)
_RATE_NAME = re.compile(
    r"(price|rate|ratio|percent|pct|share|score|rating|age|temperature|average|avg|mean|discount"
    r"|margin|duration|speed|weight|height|index|level|latitude|longitude|%)",
    re.IGNORECASE,
)
_MAIN_NAME = re.compile(
    r"(revenue|amount|sales|total|turnover|profit|income|cost|value|quantity|qty|units|spend)",
    re.IGNORECASE,
)
_ROOM_FOR = (
    (2, Grain.HOUR), (60, Grain.DAY), (120, Grain.WEEK), (2200, Grain.MONTH), (7300, Grain.QUARTER),
)  # fmt: skip


def is_time(column: ColumnInfo) -> bool:
    """What can be cut to a grain."""
    return column.type in TIME_TYPES and not column.sensitive


def is_year(column: ColumnInfo) -> bool:
    """A year kept as a number: it runs along an axis, nobody adds it up."""
    if column.type != "integer" or column.sensitive:
        return False
    low, high = to_number(column.stats.get("min")), to_number(column.stats.get("max"))
    known = low is not None and high is not None
    plausible = not known or ((low or 0) >= 1500 and (high or 0) <= 2200)
    return plausible and (column.semantic == "time" or bool(_YEAR_NAME.search(_words(column))))


def is_number(column: ColumnInfo) -> bool:
    """What can be added up or averaged."""
    if column.type not in NUMERIC_TYPES or column.sensitive or column.primary_key:
        return False
    if column.semantic in _NOT_MEASURED or is_year(column):
        return False
    return column.semantic in {"number", "money"} or not _ID_NAME.search(_words(column))


def is_category(column: ColumnInfo) -> bool:
    """What rows can be grouped by; masked columns cannot."""
    if column.sensitive or is_time(column) or is_number(column):
        return False
    return not column.primary_key and column.semantic not in {"email", "phone", "iban"}


def distinct(column: ColumnInfo) -> int | None:
    """How many different values there are, None when nobody counted."""
    count = column.stats.get("distinct")
    if isinstance(count, int) and not isinstance(count, bool):
        return count
    return 2 if column.type == "boolean" else None


def fitting_grain(column: ColumnInfo) -> Grain | None:
    """The grain that gives a line some dozens of points; months when the span is unknown."""
    if not is_time(column):
        return None
    span = _span(column)
    if span is None:
        return Grain.MONTH
    for days, grain in _ROOM_FOR:
        if span <= days and not (grain is Grain.HOUR and column.type == "date"):
            return grain
    return Grain.YEAR


def default_aggregate(column: ColumnInfo | None) -> Aggregate:
    """How many rows a value makes one: money is added up, a rate averaged, a name counted."""
    if column is None:
        return Aggregate.COUNT
    if is_number(column):
        rate = column.semantic != "money" or "price" in _words(column).lower()
        return Aggregate.AVG if rate and _RATE_NAME.search(_words(column)) else Aggregate.SUM
    return Aggregate.COUNT_DISTINCT if column.type not in TIME_TYPES else Aggregate.COUNT


def axis_candidates(
    columns: Sequence[ColumnInfo], kind: ChartKind
) -> tuple[list[ColumnInfo], list[ColumnInfo]]:
    """Columns for the horizontal and the vertical axis, likeliest first. No column to measure
    means: count the rows."""
    numbers = sorted((c for c in columns if is_number(c)), key=_measure_rank)
    times = sorted((c for c in columns if is_time(c) or is_year(c)), key=_time_rank)
    groups = sorted(
        (c for c in columns if is_category(c) and c not in times),
        key=lambda column: category_rank(column, kind),
    )
    if kind is ChartKind.SCATTER:
        return [*numbers, *times], [*numbers[1:], *numbers[:1]]
    if kind is ChartKind.NUMBER:
        return times, numbers
    if kind in {ChartKind.LINE, ChartKind.AREA, ChartKind.TABLE}:
        return [*times, *groups], numbers
    return [*groups, *times], numbers


def category_rank(column: ColumnInfo, kind: ChartKind = ChartKind.BAR) -> tuple[int, int, int]:
    """Smaller is better: something to compare, not too much of it, and no identifier."""
    count = distinct(column)
    most = FEW_PARTS if kind is ChartKind.PIE else MOST_BARS
    if count is None:
        fits = 1
    elif 2 <= count <= most:
        fits = 0
    else:
        fits = 2 if count > most else 3
    identifier = column.semantic in {"id", "name"} or bool(_ID_NAME.search(_words(column)))
    meant = 0 if column.semantic in {"category", "geo"} else 1
    return (fits + 2 * identifier, meant, abs((count or 10) - 6))


def _measure_rank(column: ColumnInfo) -> tuple[bool, bool, bool]:
    words = _words(column)
    return (
        not _MAIN_NAME.search(words),
        bool(_RATE_NAME.search(words)),
        column.semantic != "money",
    )


def _time_rank(column: ColumnInfo) -> tuple[bool, bool, int]:
    nulls = column.stats.get("nulls")
    late = re.search(r"(updated|modified|changed|birth|due|deleted|expir)", _words(column), re.I)
    return (is_year(column), bool(late), nulls if isinstance(nulls, int) else 0)


def _span(column: ColumnInfo) -> float | None:
    ends = [parse_time(column.stats.get(end)) for end in ("min", "max")]
    first, last = ends
    if not isinstance(first, datetime) or not isinstance(last, datetime) or last < first:
        return None
    return (last - first).total_seconds() / 86_400


def _words(column: ColumnInfo) -> str:
    return column.label or column.name
