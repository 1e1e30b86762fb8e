"""The lists of the catalog: one page, told apart by what each kind adds to its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import member
from catalog.queries import Listing
from common.http.htmx import is_htmx


@dataclass(frozen=True, slots=True)
class ListPage:
    """Words and places of one list; ``_<kind>_head.html`` and ``_<kind>_cells.html`` are its own
    columns."""

    kind: str
    model: str
    icon: str
    create: str
    title: str | Promise
    search: str | Promise
    create_label: str | Promise
    empty_title: str | Promise
    empty_text: str | Promise

    @property
    def head(self) -> str:
        return f"catalog/_{self.kind}_head.html"

    @property
    def cells(self) -> str:
        return f"catalog/_{self.kind}_cells.html"

    @property
    def detail(self) -> str:
        return f"catalog:{self.kind}-detail"


LISTS = {
    page.kind: page
    for page in (
        ListPage(
            "report", "report", "report", "catalog:report-create",
            _("Reports"), _("Search reports"), _("New report"), _("No reports yet"),
            _("A report asks one question of your data and draws the answer."),
        ),
        ListPage(
            "dashboard", "dashboard", "dashboard", "catalog:dashboard-create",
            _("Dashboards"), _("Search dashboards"), _("New dashboard"), _("No dashboards yet"),
            _(
                "A dashboard shows reports side by side. Make one from your reports, or let the "
                "wizard guide you."
            ),
        ),
        ListPage(
            "source", "datasource", "database", "catalog:upload",
            _("Data sources"), _("Search data sources"), _("Upload a file"),
            _("No data sources yet"),
            _(
                "Upload a spreadsheet, CSV, Parquet, JSON or SQLite file. It takes a few seconds."
            ),
        ),
        ListPage(
            "schedule", "schedule", "calendar", "catalog:schedule-create",
            _("Schedules"), _("Search schedules"), _("New schedule"), _("No schedules yet"),
            _(
                "A schedule refreshes a report or a dashboard by itself, every morning for "
                "instance."
            ),
        ),
    )
}  # fmt: skip


def list_page(request: HttpRequest, kind: str, listing: Listing) -> HttpResponse:
    """The page, or to htmx its results alone."""
    page = LISTS[kind]
    may_create = member(request).has_perm(f"catalog.add_{page.model}")
    context: dict[str, Any] = {
        "list": page,
        "listing": listing,
        "create_url": reverse(page.create) if may_create else "",
    }
    template = "catalog/list.html" + ("#results" if is_htmx(request) else "")
    return render(request, template, context)
