"""Where a query runs: permission of the reader, masking, cache, the connector, and the answer.

The one door to data for pages, API, dashboards, schedules and the wizard's previews.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from accounts.permissions import explain
from accounts.models import User
from catalog import cache
from catalog.connectors import execute
from catalog.connectors.base import Connection, Limits, SourceError, TableInfo
from catalog.connectors.registry import get as get_connector
from catalog.models import DataSource, Report
from catalog.query.compile import QueryError, compile_query
from catalog.query.result import Result
from catalog.query.spec import ReportQuery, SqlQuery
from catalog.sqlguard import SqlRefused, guard
from common import clock
from common.http.problems import Problem


class QueryRefused(Problem):
    """The query does not fit the source, or may not be run; ``detail`` says why."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__("QUERY_REFUSED", f"{message} {hint}".strip(), fields={"query": [message]})


def run_report(report: Report, *, reader: User, refresh: bool = False) -> Result:
    """The report's data as ``reader`` may see it.

    Seeing the report implies its data unless the source is restricted to those who may see it.
    """
    if not reader.has_perm("catalog.view_report", report):
        raise PermissionDenied(explain("catalog.view_report", report))
    if report.source.restricted and not reader.has_perm("catalog.view_datasource", report.source):
        raise PermissionDenied(explain("catalog.view_datasource", report.source))
    return run_query(report.source, report.query_spec, reader=reader, refresh=refresh)


def run_query(
    source: DataSource,
    query: ReportQuery | SqlQuery,
    *,
    reader: User,
    refresh: bool = False,
    cancelled: Callable[[], bool] | None = None,
) -> Result:
    """Run ``query`` on ``source`` through the cache. Raises ``QueryRefused`` or ``SourceError``."""
    context = context_for(source, reader)
    key = cache.key_for(source, query, context)

    def compute() -> Result:
        return run_connection(source.connection(), query, context=context, cancelled=cancelled)

    return cache.get_or_run(key, compute, refresh=refresh)


def run_connection(
    connection: Connection,
    query: ReportQuery | SqlQuery,
    *,
    context: dict[str, Any],
    rows: int | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Result:
    """Run on a bare connection, without cache: previews and dry runs use it directly."""
    limits = Limits(rows=rows or settings.QUERY_ROW_CAP, seconds=settings.QUERY_SECONDS)
    try:
        return execute.execute(
            connection, query, limits=limits, context=context, cancelled=cancelled
        )
    except (QueryError, SqlRefused) as error:
        raise QueryRefused(error.message, error.hint) from None


def check_query(
    source: DataSource, query: ReportQuery | SqlQuery, *, user: User
) -> None:
    """Raise ``QueryRefused`` unless the query fits the source's tables and the user's rights."""
    check_query_on(
        source.kind, source.table_infos(), query, context=context_for(source, user)
    )


def check_query_on(
    kind: str,
    tables: list[TableInfo],
    query: ReportQuery | SqlQuery,
    *,
    context: dict[str, Any],
) -> None:
    """The same for a source that is not saved yet (``tables`` as prepared)."""
    dialect = get_connector(kind).dialect
    try:
        if isinstance(query, SqlQuery):
            names = [table.name for table in tables]
            guard(query.sql, dialect=dialect, tables=names, max_rows=settings.QUERY_ROW_CAP)
        else:
            compile_query(
                query,
                tables,
                dialect=dialect,
                limit=settings.QUERY_ROW_CAP,
                today=clock.now().astimezone(ZoneInfo(context["timezone"])).date(),
                timezone=context["timezone"],
                masked=context["masked"],
            )
    except (QueryError, SqlRefused) as error:
        raise QueryRefused(error.message, error.hint) from None


def columns_used(source: DataSource, query: ReportQuery | SqlQuery) -> set[tuple[str, str]]:
    """Which (table, column) of the source a query reads; SQL counts as its whole tables."""
    if isinstance(query, SqlQuery):
        guarded = guard(
            query.sql,
            dialect=get_connector(source.kind).dialect,
            tables=[table.name for table in source.tables.all()],
            max_rows=settings.QUERY_ROW_CAP,
        )
        return {(table, "*") for table in guarded.tables}
    names = [item.column for item in (*query.dimensions, *query.filters)]
    names += [measure.column for measure in query.measures if measure.column]
    joined = {join.table for join in query.joins}
    pairs = {_split(name, query.table, joined) for name in names}
    for join in query.joins:
        pairs |= {_split(join.left_column, query.table, joined), (join.table, join.right_column)}
    return pairs


def context_for(source: DataSource | None, reader: User) -> dict[str, Any]:
    """Zone, day, and the columns masked for this reader."""
    zone = reader.time_zone
    return {
        "timezone": zone,
        "today": clock.now().astimezone(ZoneInfo(zone)).date().isoformat(),
        "masked": _masked(source, reader),
    }


def _masked(source: DataSource | None, reader: User) -> list[str]:
    if source is None or reader.has_perm("catalog.view_sensitive"):
        return []
    columns = source.tables.filter(columns__sensitive=True).values_list("name", "columns__name", "columns__sensitive")
    return sorted(f"{table}.{column}" for table, column, sensitive in columns if sensitive)


def _split(name: str, table: str, joined: set[str]) -> tuple[str, str]:
    first, dot, rest = name.partition(".")
    return (first, rest) if dot and first in joined else (table, name)


def explain_failure(error: Exception) -> str:
    """One sentence for a failed widget or run."""
    if isinstance(error, SourceError):
        return f"{error.message} {error.hint}".strip()
    if isinstance(error, Problem):
        return error.detail
    if isinstance(error, PermissionDenied):
        return str(error)
    return _("The data could not be read.")
