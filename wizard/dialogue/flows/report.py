"""A report: its source, table, chart and axes, and a name. One is made, or several suggested."""

from __future__ import annotations

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import TableInfo
from catalog.query.spec import Dimension, ReportQuery
from wizard.dialogue.catalog import Item, Suggestion
from wizard.dialogue.drafts import Preview, ReportDraft, SourceDraft
from wizard.dialogue.flows.axes import axes, columns_text, scatter_x
from wizard.dialogue.flows.source import source_for
from wizard.dialogue.question import Option, Question
from wizard.dialogue.talk import Talk
from wizard.dialogue.words import about, count
from wizard.plan.model import Entity

CHARTS = {
    ChartKind.BAR: ("Bar chart", "Compares amounts side by side"),
    ChartKind.LINE: ("Line chart", "Shows how something develops over time"),
    ChartKind.AREA: ("Area chart", "Like a line, with the amount filled in"),
    ChartKind.PIE: ("Pie chart", "Shows the parts of a whole"),
    ChartKind.SCATTER: ("Scatter chart", "Shows how two numbers go together"),
    ChartKind.TABLE: ("Table", "Shows the rows themselves"),
    ChartKind.NUMBER: ("Number", "One figure, large"),
}


def new_report(talk: Talk, source: SourceDraft | None = None) -> ReportDraft:
    at = f"report[{talk.number(Entity.REPORT)}]"
    source = source or source_for(talk, at)
    table = choose_table(talk, at, source)
    query, chart = _chart(talk, at, table)
    talk.preview = Preview(source, query, chart)
    name, description = about(
        talk,
        Entity.REPORT,
        f"{at}.about",
        "What should the report be called?",
        talk.catalog.propose_name(table, query, chart),
    )
    draft = ReportDraft(
        name, chart.kind, description=description, source=source, query=query, chart=chart
    )
    talk.reports.append(draft)
    return draft


def existing_report(item: Item) -> ReportDraft:
    return ReportDraft(item.name, item.kind, existing=item.id)


def choose_table(talk: Talk, at: str, source: SourceDraft) -> TableInfo:
    """The table to ask; not asked where there is only one with columns."""
    tables = [table for table in source.tables if table.columns]
    if len(tables) == 1:
        return tables[0]
    options = tuple(
        Option(
            table.name,
            table.label or table.name,
            count(len(table.columns), "column", "columns"),
            icon="table",
            aliases=(table.name,),
        )
        for table in tables
    )
    empty = f"“{source.name}” has no tables with columns, so there is nothing to report on."
    text = f"Which table of “{source.name}”?" if tables else empty
    question = Question(f"{at}.table", text, "choice", options)
    name = talk.choose(question)
    return next(table for table in source.tables if table.name == name)


def _chart(talk: Talk, at: str, table: TableInfo) -> tuple[ReportQuery, ChartSpec]:
    suggestions = list(talk.catalog.suggestions(table))
    reasons = {s.chart.kind: s.reason for s in reversed(suggestions)}
    kinds = [*dict.fromkeys(s.chart.kind for s in suggestions), *ChartKind]
    options = tuple(
        _chart_option(talk, table, kind, reasons.get(kind, "")) for kind in dict.fromkeys(kinds)
    )
    question = Question(
        f"{at}.chart",
        "What kind of chart?",
        "choice",
        options=options,
        explain=suggestions[0].reason if suggestions else "",
        notes=(columns_text(table),),
    )
    kind = ChartKind(talk.choose(question))
    if kind is ChartKind.TABLE:
        return _plain_table(talk, at, table)
    return axes(talk, at, table, kind)


def _chart_option(talk: Talk, table: TableInfo, kind: ChartKind, why: str) -> Option:
    label, description = CHARTS.get(kind, (kind.value.capitalize(), ""))
    reason = _impossible(talk, table, kind)
    aliases = (kind.value, f"{kind.value} graph", f"{kind.value} chart")
    return Option(
        kind.value,
        label,
        why or description,
        icon=f"chart-{kind.value}",
        disabled=bool(reason),
        reason=reason,
        aliases=aliases,
    )


def _impossible(talk: Talk, table: TableInfo, kind: ChartKind) -> str:
    if kind in (ChartKind.TABLE, ChartKind.NUMBER):
        return ""
    found = talk.catalog.axes(kind, table)
    if kind is ChartKind.SCATTER:
        return "" if scatter_x(found) else "It needs two columns with numbers."
    return "" if found.x else "It needs a column with categories or dates."


def _plain_table(talk: Talk, at: str, table: TableInfo) -> tuple[ReportQuery, ChartSpec]:
    options = tuple(
        Option(column.name, column.label or column.name, icon="columns", aliases=(column.name,))
        for column in table.columns
    )
    question = Question(
        f"{at}.columns",
        "Which columns should the table show?",
        "multi",
        options=options,
        multiple=True,
        default=[option.value for option in options],
        help="“All” takes every column.",
    )
    chosen = talk.choose_many(question)
    dimensions = tuple(Dimension(column=str(name)) for name in chosen)
    query = ReportQuery(table=table.name, dimensions=dimensions)
    return query, ChartSpec(kind=ChartKind.TABLE)


def suggested_reports(talk: Talk, source: SourceDraft, at: str, most: int) -> list[ReportDraft]:
    """Several good reports of one table at once; none when nothing can be suggested."""
    table = choose_table(talk, at, source)
    found = list(talk.catalog.dashboard_suggestions(table))[:most]
    if not found:
        talk.notes.append(f"I have no suggestion for “{table.label or table.name}”.")
        return []
    question = Question(
        f"{at}.suggested",
        f"These would suit “{source.name}”. Which shall I make?",
        "multi",
        options=tuple(_suggestion_option(n, s) for n, s in enumerate(found, start=1)),
        multiple=True,
        default=list(range(1, len(found) + 1)),
        help="“All” takes every one.",
    )
    chosen = talk.choose_many(question)
    return [_suggested(talk, source, found[int(n) - 1]) for n in chosen]


def _suggestion_option(number: int, suggestion: Suggestion) -> Option:
    icon = f"chart-{suggestion.chart.kind.value}"
    return Option(number, suggestion.name, suggestion.reason, icon=icon)


def _suggested(talk: Talk, source: SourceDraft, suggestion: Suggestion) -> ReportDraft:
    name = talk.free_name(Entity.REPORT, suggestion.name)
    talk.take_name(Entity.REPORT, name)
    chart, query = suggestion.chart, suggestion.query
    draft = ReportDraft(name, chart.kind, source=source, query=query, chart=chart)
    talk.reports.append(draft)
    talk.preview = Preview(source, query, chart)
    return draft
