"""SQLite databases: one file, read and never written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.connectors.base import Connection, Connector, FormField, Limits, TableInfo, TestResult
from catalog.connectors.registry import register
from catalog.query.result import Result
from catalog.query.spec import ReportQuery, SqlQuery


@register
class SqliteConnector(Connector):
    key = "sqlite"
    label = "SQLite database"
    description = "A database in one file."
    icon = "database"
    category = "database"
    dialect = "sqlite"
    extensions = (".sqlite", ".sqlite3", ".db", ".db3")
    form_fields = (
        FormField("file", "Database file", kind="upload", help="Choose a file or drop it here."),
    )

    def test(self, connection: Connection) -> TestResult:
        from catalog.connectors.sqlite import running

        return running.test(connection)

    def introspect(self, connection: Connection) -> list[TableInfo]:
        from catalog.connectors.sqlite import introspection

        return introspection.introspect(connection)

    def run(
        self,
        connection: Connection,
        query: ReportQuery | SqlQuery,
        *,
        limits: Limits,
        context: Mapping[str, Any],
    ) -> Result:
        from catalog.connectors.sqlite import running

        return running.run(connection, query, limits, context)
