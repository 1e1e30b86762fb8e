"""The nouns of the catalog."""

from catalog.models.base import CatalogItem
from catalog.models.dashboards import GRID_COLUMNS, Dashboard, Widget
from catalog.models.reports import Report, ReportColumn, ReportStatus, Revision
from catalog.models.schedules import Run, Schedule
from catalog.models.sources import (
    DataSource,
    SourceColumn,
    SourceFile,
    SourceStatus,
    SourceTable,
    Upload,
)

__all__ = [
    "GRID_COLUMNS",
    "CatalogItem",
    "Dashboard",
    "DataSource",
    "Report",
    "ReportColumn",
    "ReportStatus",
    "Revision",
    "Run",
    "Schedule",
    "SourceColumn",
    "SourceFile",
    "SourceStatus",
    "SourceTable",
    "Upload",
    "Widget",
]
