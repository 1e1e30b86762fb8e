"""What a plan mentions, in the names that people know: items, projects, columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from accounts.models import User
from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import TableInfo
from catalog.connectors.tables import table_info
from catalog.queries import source_with_tables
from wizard.models import WizardSession
from wizard.plan.describe import describe_value
from wizard.plan.model import Entity, Plan, Ref, Step, WidgetSpec, step_name
from wizard.plan.parameters import PARAMETERS
from wizard.plan.summary import StepSummary, label_of
from wizard.world import items

_UNSAID = ("connectionType",)  # the type says it already


def names_in(plan: Plan, user: User) -> dict[tuple[Entity, int], str]:
    """The names of the existing items a plan mentions: a query an entity."""
    wanted: dict[Entity, set[int]] = {}
    for entity, pk in _mentioned(plan):
        wanted.setdefault(entity, set()).add(pk)
    return {
        (entity, pk): name
        for entity, ids in wanted.items()
        for pk, name in items.names(entity, user, ids).items()
    }


def _mentioned(plan: Plan) -> Iterable[tuple[Entity, int]]:
    for step in plan.steps:
        if isinstance(step.target, int):
            yield step.entity, step.target
        for name, value in step.params.items():
            refers = PARAMETERS[name].refers if name in PARAMETERS else None
            if refers and isinstance(value, int):
                yield refers, value
            if isinstance(value, tuple):
                reports = (one.report for one in value if isinstance(one, WidgetSpec))
                yield from ((Entity.REPORT, pk) for pk in reports if isinstance(pk, int))


def tables_in(session: WizardSession, plan: Plan, user: User) -> dict[str, Sequence[TableInfo]]:
    """By step: the tables of its data source, existing or prepared, so that columns have the
    names of the file rather than ours."""
    sources = {step.id: step.params.get("sourceId") for step in plan.steps}
    ids = {value for value in sources.values() if isinstance(value, int)}
    rows = source_with_tables(user).filter(pk__in=ids) if ids else ()
    existing = {row.pk: row.table_infos() for row in rows}
    makers = {step.output: step.id for step in plan.steps if step.output}
    return {
        step: existing.get(source, ())
        if isinstance(source, int)
        else prepared_tables(session, makers.get(source.name, ""))
        for step, source in sources.items()
        if isinstance(source, int | Ref)
    }


def prepared_tables(session: WizardSession, step_id: str) -> list[TableInfo]:
    """The tables that the dry run's preparation found for a new data source."""
    data = (session.prepared.get(step_id) or {}).get("data") or {}
    return [table_info(table) for table in (data.get("source") or {}).get("tables") or ()]


def details(
    step: Step, summary: StepSummary, found: Mapping[str, Any], projects: Mapping[int, str]
) -> Iterator[tuple[str, str]]:
    """A step's facts without what its references and its picture say already."""
    refs = {label_of(name) for name, value in step.params.items() if _refers_only(value)}
    unsaid = refs | {label_of(name) for name in _UNSAID}
    project = step.params.get("projectId")
    for label, text in summary.details:
        if label == label_of("projectId") and isinstance(project, int):
            yield label, projects.get(project, text)
        elif label == label_of("config"):
            yield label, _chart(step, found) or text
        elif label not in unsaid:
            yield label, text


def _refers_only(value: Any) -> bool:
    """Nothing is in it but what earlier steps make, and that is said beside the step's title."""
    if isinstance(value, tuple):
        return all(isinstance(one, WidgetSpec) and isinstance(one.report, Ref) for one in value)
    return isinstance(value, Ref)


def references(summary: StepSummary) -> list[tuple[str, str]]:
    """“Widgets”, “Step 2, Step 3”."""
    found: dict[str, list[str]] = {}
    for label, maker in summary.references:
        found.setdefault(label, []).append(step_name(maker))
    return [(label, ", ".join(names)) for label, names in found.items()]


def _chart(step: Step, found: Mapping[str, Any]) -> str:
    """The chart in the words of the columns it draws, once the dry run knows them."""
    chart = step.params.get("config")
    columns = (found.get("result") or {}).get("columns") or ()
    if not isinstance(chart, ChartSpec) or not columns:
        return ""
    if chart.kind is ChartKind.NUMBER:
        return "one number"
    labels = {column["key"]: column.get("label") or column["key"] for column in columns}
    spoken = {
        "x": labels.get(chart.x or "", chart.x),
        "y": tuple(labels.get(name, name) for name in chart.y),
        "series": labels.get(chart.series or "", chart.series),
    }
    return describe_value(chart.model_copy(update=spoken))
