"""What a chart shows: x, how finely time is cut, y, how it is summed up, and an optional split."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import ColumnInfo, TableInfo
from catalog.query.spec import Aggregate, Grain, ReportQuery
from wizard.dialogue.catalog import Axes
from wizard.dialogue.question import Option, Question
from wizard.dialogue.talk import Talk
from wizard.dialogue.words import listed

COUNT = "count"  # the y of a chart that counts rows
NONE = "none"  # no split
AGGREGATES = {
    Aggregate.SUM: ("Sum", "all values added up", ("total", "add up")),
    Aggregate.AVG: ("Average", "the mean of the values", ("avg", "mean")),
    Aggregate.MEDIAN: ("Median", "the value in the middle", ()),
    Aggregate.MIN: ("Smallest", "the lowest value", ("min", "minimum", "lowest")),
    Aggregate.MAX: ("Largest", "the highest value", ("max", "maximum", "highest")),
    Aggregate.COUNT_DISTINCT: ("Different values", "how many different ones", ("distinct",)),
}
GRAINS = {
    Grain.MONTH: ("By month", ("month", "monthly")),
    Grain.DAY: ("By day", ("day", "daily")),
    Grain.WEEK: ("By week", ("week", "weekly")),
    Grain.QUARTER: ("By quarter", ("quarter", "quarterly")),
    Grain.YEAR: ("By year", ("year", "yearly")),
    Grain.HOUR: ("By hour", ("hour", "hourly")),
}


def axes(talk: Talk, at: str, table: TableInfo, kind: ChartKind) -> tuple[ReportQuery, ChartSpec]:
    found = talk.catalog.axes(kind, table)
    if kind is ChartKind.SCATTER:
        return _scatter(talk, at, table, found)
    x = _x(talk, at, table, kind, found) if kind is not ChartKind.NUMBER else None
    grain = _grain(talk, at, table, x)
    y = _y(talk, at, table, kind, found)
    aggregate = _aggregate(talk, at, table, y)
    series = _series(talk, at, table, kind, [c for c in found.series if c not in (x, y)])
    return talk.catalog.query_for(
        kind, table, x=x, y=y, series=series, aggregate=aggregate, grain=grain
    )


def columns_text(table: TableInfo) -> str:
    return "Columns: " + listed([label(column) for column in table.columns])


def label(column: ColumnInfo) -> str:
    return column.label or column.name


def _scatter(talk: Talk, at: str, table: TableInfo, found: Axes) -> tuple[ReportQuery, ChartSpec]:
    x = talk.choose(
        _columns(f"{at}.x", "Which number goes along the bottom (x)?", table, scatter_x(found))
    )
    rest = [name for name in found.y if name != x]
    y = talk.choose(_columns(f"{at}.y", "Which number goes up the side (y)?", table, rest))
    kind = ChartKind.SCATTER
    return talk.catalog.query_for(kind, table, x=x, y=y, series=None, aggregate=None, grain=None)


def scatter_x(found: Axes) -> list[str]:
    """What can go along the bottom: anything that leaves another number for the side."""
    return [name for name in found.x if set(found.y) - {name}]


def _x(talk: Talk, at: str, table: TableInfo, kind: ChartKind, found: Axes) -> str:
    text = "What goes along the bottom (x)?" if kind is not ChartKind.PIE else "What are the parts?"
    return talk.choose(_columns(f"{at}.x", text, table, found.x))


def _columns(key: str, text: str, table: TableInfo, names: Sequence[str]) -> Question:
    known = {column.name: column for column in table.columns}
    options = tuple(_column_option(known[name]) for name in names if name in known)
    explain = f"“{options[0].label}” looks most likely." if len(options) > 1 else ""
    default = options[0].value if options else None
    return Question(key, text, "choice", options=options, explain=explain, default=default)


def _column_option(column: ColumnInfo) -> Option:
    kinds = {"time": "time", "category": "category", "number": "number", "money": "amount"}
    description = kinds.get(column.semantic, column.type)
    return Option(column.name, label(column), description, icon="columns", aliases=(column.name,))


def _grain(talk: Talk, at: str, table: TableInfo, x: str | None) -> Grain | None:
    column = next((c for c in table.columns if c.name == x), None)
    if column is None or column.type not in ("date", "datetime"):
        return None
    usual = talk.catalog.default_grain(table, column.name)
    grains = [usual, *(g for g in GRAINS if g != usual and _fits(g, column))]
    options = tuple(Option(g.value, GRAINS[g][0], aliases=GRAINS[g][1]) for g in grains)
    question = Question(
        f"{at}.grain",
        f"How should “{label(column)}” be grouped?",
        "choice",
        options=options,
        default=usual.value,
    )
    return Grain(talk.choose(question))


def _fits(grain: Grain, column: ColumnInfo) -> bool:
    return grain is not Grain.HOUR or column.type == "datetime"


def _y(talk: Talk, at: str, table: TableInfo, kind: ChartKind, found: Axes) -> str | None:
    text = "Which number?" if kind is ChartKind.NUMBER else "Which number should it show (y)?"
    question = _columns(f"{at}.y", text, table, found.y)
    counting = Option(_count_value(table), "Number of rows", "counts them", icon="hash",
                      aliases=("count", "rows", "how many"))  # fmt: skip
    options = (*question.options, counting)
    question = Question(
        question.key, text, "choice", options, explain=question.explain, default=options[0].value
    )
    chosen = talk.choose(question)
    return None if chosen == counting.value else chosen


def _count_value(table: TableInfo) -> str:
    """``count``, told apart from a column of that name."""
    names = {column.name for column in table.columns}
    return COUNT if COUNT not in names else f"{COUNT}(rows)"


def _aggregate(talk: Talk, at: str, table: TableInfo, y: str | None) -> Aggregate | None:
    if y is None:
        return Aggregate.COUNT
    column = next(c for c in table.columns if c.name == y)
    usual = talk.catalog.default_aggregate(table, y)
    if usual is Aggregate.COUNT:
        usual = Aggregate.COUNT_DISTINCT
    order = [usual, *(a for a in AGGREGATES if a is not usual)]
    options = tuple(
        Option(a.value, AGGREGATES[a][0], AGGREGATES[a][1], aliases=(a.value, *AGGREGATES[a][2]))
        for a in order
    )
    text = f"How should “{label(column)}” be summed up?"
    return Aggregate(
        talk.choose(Question(f"{at}.aggregate", text, "choice", options, default=usual.value))
    )


def _series(talk: Talk, at: str, table: TableInfo, kind: ChartKind, names: list[str]) -> str | None:
    if not names or kind in (ChartKind.PIE, ChartKind.NUMBER):
        return None
    question = _columns(f"{at}.series", "", table, names)
    none = Option(_none_value(names), "No, keep it simple", aliases=("no", "none", "skip", "keep"))
    question = Question(
        question.key,
        "Should it be split by something, one colour each?",
        "choice",
        (none, *question.options),
        default=none.value,
    )
    chosen = talk.choose(question)
    return None if chosen == none.value else chosen


def _none_value(names: list[str]) -> str:
    return NONE if NONE not in names else f"{NONE}()"
