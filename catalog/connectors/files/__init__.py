"""Files: CSV, Excel, Parquet and JSON, converted to Parquet once and asked through DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from catalog.connectors.base import Connection, Connector, FormField, Limits, TableInfo, TestResult
from catalog.connectors.registry import register
from catalog.query.result import Result
from catalog.query.spec import ReportQuery, SqlQuery


class FileConnector(Connector):
    """What the four kinds share: all but the words and the extensions. The engine is imported when
    first used, so that pages that only list the kinds do not load DuckDB."""

    category: ClassVar[Literal["file", "database"]] = "file"
    dialect: ClassVar[str] = "duckdb"
    icon: ClassVar[str] = "file-spreadsheet"
    form_fields: ClassVar[tuple[FormField, ...]] = (
        FormField("file", "File", kind="upload", help="Choose a file or drop it here."),
    )

    def test(self, connection: Connection) -> TestResult:
        from catalog.connectors.files import running

        return running.test(connection)

    def introspect(self, connection: Connection) -> list[TableInfo]:
        from catalog.connectors.files import running

        return running.introspect(connection)

    def run(
        self,
        connection: Connection,
        query: ReportQuery | SqlQuery,
        *,
        limits: Limits,
        context: Mapping[str, Any],
    ) -> Result:
        from catalog.connectors.files import running

        return running.run(connection, query, limits, context)


@register
class CsvConnector(FileConnector):
    key = "csv"
    label = "CSV file"
    description = "Text with commas, semicolons or tabs."
    icon = "file-text"
    extensions = (".csv", ".tsv", ".txt")


@register
class ExcelConnector(FileConnector):
    key = "excel"
    label = "Excel file"
    description = "A workbook: choose a sheet."
    extensions = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")


@register
class ParquetConnector(FileConnector):
    key = "parquet"
    label = "Parquet file"
    description = "Columns with their types, as data tools write them."
    icon = "file-database"
    extensions = (".parquet",)


@register
class JsonConnector(FileConnector):
    key = "json"
    label = "JSON file"
    description = "A list of objects, or one object a line."
    icon = "braces"
    extensions = (".json", ".ndjson", ".jsonl")
