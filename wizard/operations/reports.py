"""Reports: a query that fits its source, and a chart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from catalog.actions.reports import create_report, update_report
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import TableInfo
from catalog.models import CatalogItem, DataSource, Report
from catalog.query.spec import ReportQuery, SqlQuery
from catalog.running import QueryRefused, check_query, check_query_on, context_for
from wizard.operations.base import Create, Json, Update
from wizard.operations.contexts import CheckContext, Made, RunContext
from wizard.operations.findings import database, find, permitted
from wizard.operations.look import look_at
from wizard.operations.shorthand import UnknownColumn, expand
from wizard.plan.model import ChartShorthand, Entity, Finding, ParamValue, Step

Query = ReportQuery | SqlQuery


class CreateReport(Create):
    entity = Entity.REPORT

    def check_contents(self, step: Step, ctx: CheckContext, made: Made) -> Iterator[Finding]:
        source = yield from find(step, ctx, Entity.DATA_SOURCE, step.params["sourceId"], "sourceId")
        if source is not None:
            yield from _check_question(step, ctx, source)

    def apply(self, step: Step, run: RunContext) -> CatalogItem:
        source: DataSource = run.find(Entity.DATA_SOURCE, step.params["sourceId"])
        query, chart = question(step, source.table_infos())
        assert query is not None  # noqa: S101  (the rules ask for a query or the short form)
        return create_report(
            **self.common(step, run),
            source=source,
            query=query,
            chart=chart or ChartSpec(kind=ChartKind.TABLE),
            tags=_tags(step),
        )

    def preview(self, step: Step, item: Any, run: RunContext) -> Callable[[], Json] | None:
        return look_at(item, run.user)


class UpdateReport(Update):
    entity = Entity.REPORT

    def check_changes(
        self, step: Step, ctx: CheckContext, item: CatalogItem | Made | None
    ) -> Iterator[Finding]:
        source: CatalogItem | Made | None = item.source if isinstance(item, Report) else None
        if "sourceId" in step.params:
            value = step.params["sourceId"]
            source = yield from find(step, ctx, Entity.DATA_SOURCE, value, "sourceId")
        if source is not None and {"sourceId", "query", "config"} & step.params.keys():
            stored = item.query_spec if isinstance(item, Report) else None
            yield from _check_question(step, ctx, source, stored)

    def values(self, item: Any) -> dict[str, ParamValue | None]:
        return {
            **super().values(item),
            "sourceId": item.source_id,
            "query": item.query_spec,
            "config": item.chart_spec,
            "tags": tuple(item.tags),
        }

    def touched(self, step: Step) -> set[str]:
        short = isinstance(step.params.get("config"), ChartShorthand)
        return set(step.params) | ({"query"} if short else set())

    def apply(self, step: Step, run: RunContext) -> CatalogItem:
        report: Report = run.find(self.entity, step.target)
        changes = self.common(step, run)
        source = report.source
        if "sourceId" in step.params:
            changes["source"] = source = run.find(Entity.DATA_SOURCE, step.params["sourceId"])
        if "tags" in step.params:
            changes["tags"] = _tags(step)
        query, chart = question(step, source.table_infos())
        return update_report(report=report, query=query, chart=chart, **changes)

    def preview(self, step: Step, item: Any, run: RunContext) -> Callable[[], Json] | None:
        return look_at(item, run.user)


def question(step: Step, tables: Sequence[TableInfo]) -> tuple[Query | None, ChartSpec | None]:
    """What the step asks and how it is drawn; the short form is expanded against ``tables``."""
    query, chart = step.params.get("query"), step.params.get("config")
    if isinstance(chart, ChartShorthand):
        return expand(chart, tables)
    return (
        query if isinstance(query, ReportQuery | SqlQuery) else None,
        chart if isinstance(chart, ChartSpec) else None,
    )


def _check_question(
    step: Step, ctx: CheckContext, source: CatalogItem | Made, stored: Query | None = None
) -> Iterator[Finding]:
    if isinstance(step.params.get("query"), SqlQuery):
        yield from permitted(step, ctx, "catalog.use_sql")
    part = "config" if isinstance(step.params.get("config"), ChartShorthand) else "query"
    tables = source.tables if isinstance(source, Made) else source.table_infos()  # type: ignore[attr-defined]
    if tables is None:
        return
    try:
        query = question(step, tables)[0] or stored
        if query is not None:
            _fits(source, tables, query, ctx)
    except UnknownColumn as problem:
        yield database(step, "unknown_column", problem.detail, problem.hint, part)
    except QueryRefused as problem:
        yield database(step, "query_refused", problem.detail, "", part)


def _fits(
    source: CatalogItem | Made, tables: list[TableInfo], query: Query, ctx: CheckContext
) -> None:
    if isinstance(source, DataSource):
        check_query(source, query, user=ctx.user)
    elif isinstance(source, Made):
        context = context_for(None, ctx.user) | {"masked": _masked(tables, ctx)}
        check_query_on(source.kind, tables, query, context=context)


def _masked(tables: list[TableInfo], ctx: CheckContext) -> list[str]:
    """The columns that the new source will mask for this reader."""
    if ctx.user.has_perm("catalog.view_sensitive"):
        return []
    return [f"{t.name}.{column.name}" for t in tables for column in t.columns if column.sensitive]


def _tags(step: Step) -> list[str]:
    tags = step.params.get("tags", ())
    return [str(tag) for tag in tags] if isinstance(tags, tuple) else []
