"""How numbers, dates and cells read. ``static/js/chart-drawing.js`` says the same in JavaScript
for axes and tooltips; a test holds the two together."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import Literal

from catalog.charts.spec import ChartSpec
from catalog.query.result import Cell, ResultColumn

EMPTY = "(empty)"
NUMERIC_TYPES = frozenset({"integer", "decimal", "number"})
TIME_TYPES = frozenset({"date", "datetime"})

FormatKind = Literal["auto", "integer", "decimal", "percent", "compact", "currency", "digits"]
Number = int | float | Decimal

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩"}
_WITHOUT_CENTS = frozenset({"JPY", "KRW", "CLP", "VND", "ISK", "HUF"})
_SCALES = (
    (Decimal(10) ** 12, "T"),
    (Decimal(10) ** 9, "B"),
    (Decimal(10) ** 6, "M"),
    (Decimal(10) ** 3, "K"),
)
_HUGE = Decimal(10) ** 21
_HUGE_COMPACT = Decimal(10) ** 15
_TINY = Decimal("0.000001")
_LONG = 10_000  # from here on an axis counts in thousands
_LONGEST = 400  # powers of ten beyond every database's numbers


@dataclass(frozen=True, slots=True)
class Locale:
    """Separators of a language. Only English is offered so far."""

    decimal: str = "."
    thousands: str = ","


EN = Locale()


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """``percent`` reads 0.25 as 25%, as spreadsheets do. ``digits`` groups nothing: years, ids.
    ``compact`` with a currency reads $1.2M. ``decimals`` None: as many as the value needs; with
    ``trim`` they are the most, and zeros at the end go."""

    kind: FormatKind = "auto"
    currency: str | None = None
    decimals: int | None = None
    trim: bool = False


NOTHING = "–"
AUTO = NumberFormat()


def chart_format(chart: ChartSpec | None, column: ResultColumn) -> NumberFormat:
    """The format of a result column under ``chart``. A count is no money and no share, and a
    number one groups by (a year, a code) is not grouped in thousands."""
    if column.aggregate is None and column.key.startswith("d"):
        return NumberFormat("digits") if column.type == "integer" else AUTO
    if chart is None:
        return AUTO
    if column.aggregate in {"count", "count_distinct"} and chart.number_format in {
        "currency",
        "percent",
        "decimal",
    }:
        return NumberFormat("integer")
    currency = (chart.currency or "USD") if chart.number_format == "currency" else None
    return NumberFormat(chart.number_format, currency, chart.decimals)


def axis_format(form: NumberFormat, low: float, high: float) -> NumberFormat:
    """Labels of an axis from ``low`` to ``high`` are short where that tells them apart."""
    if form.kind in {"percent", "digits"}:
        return replace(form, decimals=3, trim=True)
    farthest = max(abs(low), abs(high))
    if farthest < _LONG or high - low < farthest / 200:
        return NumberFormat("currency" if form.currency else "auto", form.currency, 6, trim=True)
    return NumberFormat("compact", form.currency, 3, trim=True)


def to_decimal(cell: object) -> Decimal | None:
    """A finite number, or None for everything else (text, masked values, NaN)."""
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str, Decimal)):
        return None
    try:
        # By its shortest text: 1.005 is meant, not the binary number a hair below it.
        number = Decimal(repr(cell) if isinstance(cell, float) else cell)
    except (InvalidOperation, ValueError):
        return None
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST:
        return None
    return number


def to_number(cell: object) -> float | None:
    """What a chart can draw: a finite float, or None. -0.0 becomes 0.0."""
    number = to_decimal(cell)
    if number is None:
        return None
    value = float(number)
    return value + 0.0 if math.isfinite(value) else None


def format_number(value: Number, form: NumberFormat = AUTO, locale: Locale = EN) -> str:
    """``value`` for people; a dash when it is not finite."""
    number = to_decimal(value)
    if number is None:
        return NOTHING
    with localcontext() as context:
        context.prec = 60
        text = _unsigned(abs(number), form, locale)
    negative = number < 0 and any(digit in text for digit in "123456789")
    return f"-{text}" if negative else text


def format_cell(
    cell: Cell, column: ResultColumn, form: NumberFormat = AUTO, locale: Locale = EN
) -> str:
    """A cell of a result as text; empty cells read "" (a chart's category says "(empty)")."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "Yes" if cell else "No"
    if column.type in TIME_TYPES:
        return format_date(str(cell), column.grain)
    if column.type in NUMERIC_TYPES and (number := to_decimal(cell)) is not None:
        return format_number(number, form, locale)
    return str(cell)


def drawable(name: str) -> str:
    """A name a picture can hold. Control characters and lone surrogates are no XML, and ECharts
    takes the name ``__proto__`` for the prototype of all objects, spoiling every later chart."""
    kept = name if name.isprintable() else "".join(map(_visible, name))
    return kept.replace("__proto__", "__proto\u200b__")


def format_date(text: str, grain: str | None = None) -> str:
    """An ISO date or datetime by grain: ``Jan 2024``, ``Q1 2024``, ``Jan 3, 2024``; text that is
    neither comes back as it is."""
    moment = parse_time(text)
    if moment is None:
        return text
    day = f"{_MONTHS[moment.month - 1]} {moment.day}, {moment.year}"
    match grain:
        case "year":
            return str(moment.year)
        case "quarter":
            return f"Q{(moment.month + 2) // 3} {moment.year}"
        case "month":
            return f"{_MONTHS[moment.month - 1]} {moment.year}"
        case "week" | "day":
            return day
        case "hour":
            return f"{day}, {moment:%H:%M}"
    if len(text) <= 10:
        return day
    return f"{day}, {moment:%H:%M:%S}" if moment.second else f"{day}, {moment:%H:%M}"


def parse_time(text: object) -> datetime | None:
    """The wall clock of an ISO text: the zone was applied where the query ran."""
    if isinstance(text, datetime):
        return text.replace(tzinfo=None)
    if isinstance(text, date):
        return datetime(text.year, text.month, text.day)
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def _visible(letter: str) -> str:
    if letter.isprintable() or letter in "\u200c\u200d\u200e\u200f":  # joiners, directions
        return letter
    return " " if letter.isspace() else "\ufffd"


def _unsigned(number: Decimal, form: NumberFormat, locale: Locale) -> str:
    prefix, suffix = _affixes(form)
    if form.kind == "percent":
        number *= 100
    free = form.kind in {"auto", "compact"} and form.decimals is None
    huge = number >= (_HUGE_COMPACT if form.kind == "compact" else _HUGE)
    if huge or (free and 0 < number < _TINY):
        return prefix + _scientific(number, locale) + suffix
    if form.kind == "compact":
        return prefix + _compact(number, form, locale) + suffix
    return prefix + _plain(number, form, locale) + suffix


def _affixes(form: NumberFormat) -> tuple[str, str]:
    if form.kind == "percent":
        return "", "%"
    if form.currency is None or form.kind not in {"currency", "compact"}:
        return "", ""
    return _SYMBOLS.get(form.currency, f"{form.currency} "), ""


def _plain(number: Decimal, form: NumberFormat, locale: Locale) -> str:
    places, trim = _places(number, form)
    return _fixed(number, places, locale, trim=trim, grouped=form.kind != "digits")


def _places(number: Decimal, form: NumberFormat) -> tuple[int, bool]:
    """Decimal places, and whether zeros at the end go."""
    if form.kind == "integer":
        return 0, False
    if form.decimals is not None:
        return form.decimals, form.trim
    if form.kind == "decimal":
        return 2, False
    if form.kind == "currency":
        return (0 if form.currency in _WITHOUT_CENTS else 2), False
    if form.kind == "percent":
        return 1, True
    return _needed(number), True


def _needed(number: Decimal) -> int:
    """Two places, below one as many as show three digits."""
    if number >= 1 or number == 0:
        return 2
    places = 3
    while number < Decimal(1).scaleb(2 - places) and places < 8:
        places += 1
    return places


def _compact(number: Decimal, form: NumberFormat, locale: Locale) -> str:
    free = form.decimals is None
    trim, places = free or form.trim, form.decimals if form.decimals is not None else 1
    letter, scaled = "", number
    for scale, name in reversed(_SCALES):
        # 999,960 reads 1M, not 1000K: the step is decided after rounding.
        if _rounded(scaled, places if letter else 0) >= 1000:
            letter, scaled = name, number / scale
    if not letter:
        return _fixed(number, _needed(number) if free else places, locale, trim=trim, grouped=True)
    return _fixed(scaled, places, locale, trim=trim, grouped=True) + letter


def _scientific(number: Decimal, locale: Locale) -> str:
    exponent = number.adjusted()
    digits = _rounded(number.scaleb(-exponent), 1)
    if digits >= 10:
        digits, exponent = digits / 10, exponent + 1
    sign = "+" if exponent >= 0 else "-"
    return f"{digits:.1f}e{sign}{abs(exponent)}".replace(".", locale.decimal)


def _fixed(number: Decimal, places: int, locale: Locale, *, trim: bool, grouped: bool) -> str:
    text = f"{_rounded(number, places):,f}" if grouped else f"{_rounded(number, places):f}"
    whole, _, fraction = text.partition(".")
    if trim:
        fraction = fraction.rstrip("0")
    whole = whole.replace(",", locale.thousands)
    return f"{whole}{locale.decimal}{fraction}" if fraction else whole


def _rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
