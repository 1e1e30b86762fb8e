"""Dashboards: reports, of the plan or existing, at their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from catalog.actions.dashboards import WidgetInput, create_dashboard, update_dashboard
from catalog.models import CatalogItem
from wizard.operations.base import Create, Update
from wizard.operations.contexts import CheckContext, Made, RunContext
from wizard.operations.findings import find, unsupported
from wizard.plan.model import Entity, Finding, ParamValue, Ref, Step, WidgetSpec


class CreateDashboard(Create):
    entity = Entity.DASHBOARD

    def check_contents(self, step: Step, ctx: CheckContext, made: Made) -> Iterator[Finding]:
        return _check(step, ctx)

    def apply(self, step: Step, run: RunContext) -> CatalogItem:
        return create_dashboard(**self.common(step, run), widgets=_widgets(step, run))


class UpdateDashboard(Update):
    entity = Entity.DASHBOARD

    def check_changes(
        self, step: Step, ctx: CheckContext, item: CatalogItem | Made | None
    ) -> Iterator[Finding]:
        return _check(step, ctx)

    def values(self, item: Any) -> dict[str, ParamValue | None]:
        layout = tuple(
            WidgetSpec(
                kind=row.kind,
                x=row.x,
                y=row.y,
                w=row.w,
                h=row.h,
                report=row.report_id,
                title=row.title,
                text=row.text,
            )
            for row in item.widgets.all()
        )
        return {**super().values(item), "layout": layout}

    def apply(self, step: Step, run: RunContext) -> CatalogItem:
        dashboard = run.find(self.entity, step.target)
        widgets = _widgets(step, run) if "layout" in step.params else None
        return update_dashboard(dashboard=dashboard, widgets=widgets, **self.common(step, run))


def _check(step: Step, ctx: CheckContext) -> Iterator[Finding]:
    yield from unsupported(step, "tags", _("Dashboards have no tags."))
    for widget in _layout(step):
        if isinstance(widget.report, int):
            yield from find(step, ctx, Entity.REPORT, widget.report, "layout")


def _layout(step: Step) -> list[WidgetSpec]:
    value = step.params.get("layout", ())
    entries = value if isinstance(value, tuple) else ()
    return [entry for entry in entries if isinstance(entry, WidgetSpec)]


def _widgets(step: Step, run: RunContext) -> list[WidgetInput]:
    return [
        WidgetInput(
            kind=widget.kind,
            report=_report(widget, run),
            title=widget.title,
            text=widget.text,
            x=widget.x,
            y=widget.y,
            w=widget.w,
            h=widget.h,
        )
        for widget in moved_apart(_layout(step))
    ]


def _report(widget: WidgetSpec, run: RunContext) -> int | None:
    if isinstance(widget.report, Ref):
        return int(run.made[widget.report.name].pk)
    return widget.report


def moved_apart(widgets: Sequence[WidgetSpec]) -> list[WidgetSpec]:
    """Each widget at its place, or below what already stands there."""
    placed: list[WidgetSpec] = []
    for widget in widgets:
        while other := next((each for each in placed if _overlap(each, widget)), None):
            widget = replace(widget, y=other.y + other.h)
        placed.append(widget)
    return placed


def _overlap(a: WidgetSpec, b: WidgetSpec) -> bool:
    beside = a.x + a.w <= b.x or b.x + b.w <= a.x
    return not (beside or a.y + a.h <= b.y or b.y + b.h <= a.y)
