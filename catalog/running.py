"""Where a query runs: permission of the reader, masking, cache, the connector, and the answer.

The one door to data for pages, API, dashboards, schedules and the wizard's previews.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.permissions import explain
from catalog import cache
from catalog.charts.errors import ChartError
from catalog.connectors import execute
from catalog.connectors.base import Connection, Limits, SourceError, TableInfo
from catalog.connectors.registry import get as get_connector
from catalog.models import DataSource, Report, SourceColumn
from catalog.query.compile import compile_query
from catalog.query.dialects import DialectName
from catalog.query.errors import QueryError
from catalog.query.result import Result
from catalog.query.spec import ReportQuery, SqlQuery
from catalog.sqlguard import SqlRefused, guard
from common import clock
from common.http.codes import CODES
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
        return run_connection(
            source.connection(), query, reader=reader, context=context, cancelled=cancelled
        )

    return cache.get_or_run(key, compute, refresh=refresh)


def run_connection(
    connection: Connection,
    query: ReportQuery | SqlQuery,
    *,
    reader: User,
    context: dict[str, Any],
    rows: int | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Result:
    """Run on a bare connection, without cache: previews and dry runs use it directly."""
    limits = Limits(rows=rows or settings.QUERY_ROW_CAP, seconds=settings.QUERY_SECONDS)
    try:
        return execute.execute(
            connection,
            query,
            limits=limits,
            context=context,
            holders=holders_of(reader),
            cancelled=cancelled,
        )
    except (QueryError, SqlRefused) as error:
        raise QueryRefused(error.message, error.hint) from None


def holders_of(user: User) -> tuple[str, ...]:
    """Whose share of the query children a query of ``user`` takes, narrowest first."""
    return f"user:{user.pk}", f"organization:{user.organization_id}"


def check_query(source: DataSource, query: ReportQuery | SqlQuery, *, user: User) -> None:
    """Raise ``QueryRefused`` unless the query fits the source's tables and the user's rights."""
    check_query_on(source.kind, source.table_infos(), query, context=context_for(source, user))


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
                dialect=cast(DialectName, dialect),
                limit=settings.QUERY_ROW_CAP,
                today=clock.now().astimezone(ZoneInfo(context["timezone"])).date(),
                timezone=context["timezone"],
                masked=context["masked"],
            )
    except (QueryError, SqlRefused) as error:
        raise QueryRefused(error.message, error.hint) from None


def columns_used(source: DataSource, query: ReportQuery | SqlQuery) -> set[tuple[str, str]]:
    """Which (table, column) of the source a query reads; SQL counts as its whole tables."""
    tables = {table.name: table for table in source.table_infos()}
    if isinstance(query, SqlQuery):
        dialect = get_connector(source.kind).dialect
        names = list(tables)
        guarded = guard(query.sql, dialect=dialect, tables=names, max_rows=settings.QUERY_ROW_CAP)
        return {(table, "*") for table in guarded.tables}
    names = [item.column for item in query.dimensions]
    names += [item.column for item in query.filters]
    names += [measure.column for measure in query.measures if measure.column]
    names += [join.left_column for join in query.joins]
    pairs = {_place(name, query, tables) for name in names}
    for join in query.joins:
        pairs.add((join.table, join.right_column.removeprefix(f"{join.table}.")))
    if not query.dimensions and not query.measures:
        pairs |= {(query.table, column.name) for column in tables[query.table].columns}
    return pairs


def _place(name: str, query: ReportQuery, tables: dict[str, TableInfo]) -> tuple[str, str]:
    """The table and column a query's name stands for: the main table's own columns come first."""
    own = {column.name for column in tables[query.table].columns}
    if name not in own:
        for table in (query.table, *(join.table for join in query.joins)):
            if name.startswith(f"{table}."):
                return table, name.removeprefix(f"{table}.")
    return query.table, name


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
    columns = SourceColumn.objects.filter(table__source=source, sensitive=True)
    return sorted(f"{table}.{name}" for table, name in columns.values_list("table__name", "name"))


def problem_of(error: SourceError) -> Problem:
    """A source's failure as an answer of the API or of a page that is nothing but the data."""
    code = error.code if error.code in CODES else "SOURCE_FAILED"
    return Problem(code, f"{error.message} {error.hint}".strip())


def explain_failure(error: Exception) -> str:
    """One sentence for a failed widget or run."""
    if isinstance(error, SourceError):
        return f"{error.message} {error.hint}".strip()
    if isinstance(error, Problem):
        return error.detail or str(CODES[error.code].message)
    if isinstance(error, ChartError):
        return f"{error.message} {error.hint}".strip()
    if isinstance(error, PermissionDenied):
        return str(error)
    return _("The data could not be read.")
