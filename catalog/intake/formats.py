"""Ways to write values: for each the shape (a pattern both Python and DuckDB understand), the SQL
that checks it and the SQL that reads it. ``{v}`` is the trimmed cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.connectors.base import BaseType
from catalog.intake.engine import quoted

Family = Literal["boolean", "number", "date", "datetime", "time"]
MARKERS = (
    "NA", "N/A", "n/a", "#N/A", "na", "NULL", "null", "Null", "None", "NaN", "nan", "-", "--", "–",
)  # fmt: skip
TRUE = ("true", "yes", "ja", "oui", "wahr", "vrai", "sí", "si")
FALSE = ("false", "no", "nein", "non", "falsch", "faux")
SIGN = r"(?:[€$£¥]|CHF|EUR|USD|GBP)"


@dataclass(frozen=True, slots=True)
class Format:
    """``check`` and ``parse`` are SQL; ``parse`` is only evaluated where ``check`` holds."""

    key: str
    family: Family
    type: BaseType
    shape: str
    noun: str
    check: str
    parse: str


def formats(decimal: Literal[".", ","]) -> list[Format]:
    """In order of preference: the first that all cells of a column follow is its format."""
    return [_boolean(), *_numbers(decimal), *_dates(), *_datetimes(), *_times()]


def _matches(shape: str) -> str:
    return f"regexp_full_match({{v}}, {quoted(shape)})"


def _boolean() -> Format:
    words = (*TRUE, *FALSE)
    shape = "(?i:" + "|".join(words) + ")"
    true = ", ".join(quoted(word) for word in TRUE)
    return Format(
        "boolean", "boolean", "boolean", shape, "yes/no values", _matches(shape),
        f"lower({{v}}) IN ({true})",
    )  # fmt: skip


def _numbers(decimal: str) -> list[Format]:
    point = r"\." if decimal == "." else ","
    comma = r"[,'’ \x{a0}\x{202f}]" if decimal == "." else r"[.'’ \x{a0}\x{202f}]"
    plain = rf"[+-]?(?:[0-9]+(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?"
    grouped = rf"(?:[0-9]{{1,3}}(?:{comma}[0-9]{{3}})+|[0-9]+)(?:{point}[0-9]+)?"
    written = rf"[+-]?(?:{SIGN}\s?)?[+-]?{grouped}(?:\s?{SIGN})?"
    dot = "{v}" if decimal == "." else "replace({v}, ',', '.')"
    kept = "[^0-9.+-]" if decimal == "." else "[^0-9,+-]"
    bare = f"regexp_replace({{v}}, '{kept}', '', 'g')"
    bare = bare if decimal == "." else f"replace({bare}, ',', '.')"
    integer = "[+-]?[0-9]{1,18}"
    return [
        Format("integer", "number", "integer", integer, "whole numbers", _matches(integer), "{v}"),
        Format("number", "number", "number", plain, "numbers", _matches(plain), dot),
        Format("written", "number", "number", written, "numbers", _matches(written), bare),
    ]


# key, shape, strptime pattern, how to call it
DATES: tuple[tuple[str, str, str, str], ...] = (
    ("iso", "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", "%Y-%m-%d", "dates (year-month-day)"),
    ("ymd_slash", "[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}", "%Y/%m/%d", "dates (year/month/day)"),
    ("dmy_dot", r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}", "%d.%m.%Y", "dates (day.month.year)"),
    ("dmy_dot2", r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2}", "%d.%m.%y", "dates (day.month.year)"),
    ("dmy_slash", "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}", "%d/%m/%Y", "dates (day/month/year)"),
    ("mdy_slash", "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}", "%m/%d/%Y", "dates (month/day/year)"),
    ("dmy_slash2", "[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}", "%d/%m/%y", "dates (day/month/year)"),
    ("mdy_slash2", "[0-9]{1,2}/[0-9]{1,2}/[0-9]{2}", "%m/%d/%y", "dates (month/day/year)"),
    ("dmy_dash", "[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}", "%d-%m-%Y", "dates (day-month-year)"),
    ("mdy_dash", "[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}", "%m-%d-%Y", "dates (month-day-year)"),
    ("dby_dash", "[0-9]{1,2}-[A-Za-z]{3}-[0-9]{4}", "%d-%b-%Y", "dates (day-month name-year)"),
    ("dby", "[0-9]{1,2} [A-Za-z]{3} [0-9]{4}", "%d %b %Y", "dates (day month name year)"),
)
CLOCK = "[0-9]{1,2}:[0-9]{2}"


def _dates() -> list[Format]:
    month = "[0-9]{4}-[0-9]{2}"
    key, shape, _, noun = DATES[0]
    cast = "TRY_CAST({v} AS DATE)"  # faster than try_strptime
    check = f"({_matches(shape)} AND {cast} IS NOT NULL)"
    return [
        Format(f"date_{key}", "date", "date", shape, noun, check, cast),
        *(_strptime(f"date_{key}", "date", shape, [p], n) for key, shape, p, n in DATES[1:]),
        _strptime("date_month", "date", month, ["%Y-%m"], "months (read as their first day)"),
    ]


def _datetimes() -> list[Format]:
    iso = (
        rf"[0-9]{{4}}-[0-9]{{1,2}}-[0-9]{{1,2}}(?:[ T]{CLOCK}(?::[0-9]{{2}}(?:\.[0-9]{{1,9}})?)?"
        r"(?: ?(?:Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?))?)?"
    )
    # "+0200" → "+02:00"; without a zone UTC is meant
    stamp = "regexp_replace({v}, '([+-][0-9]{2})([0-9]{2})$', '\\1:\\2')"
    zoned = f"TRY_CAST(TRY_CAST({stamp} AS TIMESTAMPTZ) AS TIMESTAMP)"
    first = Format(
        "datetime_iso", "datetime", "datetime", iso, "dates with time",
        f"({_matches(iso)} AND {zoned} IS NOT NULL)", zoned,
    )  # fmt: skip
    rest = []
    for key, shape, pattern, noun in DATES[1:]:
        clocks = [f"{pattern} %H:%M", f"{pattern} %H:%M:%S", f"{pattern} %H:%M:%S.%f"]
        shape = rf"{shape} {CLOCK}(?::[0-9]{{2}}(?:\.[0-9]{{1,6}})?)?"
        noun = noun.replace("dates", "dates with time")
        rest.append(_strptime(f"datetime_{key}", "datetime", shape, clocks, noun))
    return [first, *rest]


def _times() -> list[Format]:
    shape = rf"{CLOCK}(?::[0-9]{{2}}(?:\.[0-9]{{1,6}})?)?"
    cast = "TRY_CAST(CASE WHEN length({v}) < 6 THEN {v} || ':00' ELSE {v} END AS TIME)"
    check = f"({_matches(shape)} AND {cast} IS NOT NULL)"
    return [Format("time", "time", "time", shape, "times of day", check, cast)]


def _strptime(
    key: str, family: Literal["date", "datetime"], shape: str, patterns: Sequence[str], noun: str
) -> Format:
    read = f"try_strptime({{v}}, [{', '.join(quoted(p) for p in patterns)}])"
    parse = f"CAST({read} AS {'DATE' if family == 'date' else 'TIMESTAMP'})"
    check = f"({_matches(shape)} AND {read} IS NOT NULL)"
    return Format(key, family, family, shape, noun, check, parse)


def python_shape(shape: str) -> str:
    """The same pattern for ``re``, which writes code points differently from RE2."""
    return shape.replace(r"\x{a0}", "\u00a0").replace(r"\x{202f}", "\u202f")
