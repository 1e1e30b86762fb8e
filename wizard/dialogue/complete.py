"""From what is known to the steps that make it: each thing after what it needs."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.charts.spec import ChartKind
from wizard.dialogue.drafts import DashboardDraft, Draft, ReportDraft, ScheduleDraft, SourceDraft
from wizard.dialogue.question import Complete
from wizard.dialogue.words import NOUNS, PERMISSIONS, count
from wizard.plan.layout import layout
from wizard.plan.model import Entity, Operation, ParamValue, Ref, Step, WidgetSpec

OUTPUTS = {
    Entity.DATA_SOURCE: "ds",
    Entity.REPORT: "report",
    Entity.DASHBOARD: "dashboard",
    Entity.SCHEDULE: "schedule",
}
Params = dict[str, ParamValue]


def complete(draft: Draft, project: int | None) -> Complete:
    builder = _Builder(project)
    builder.add(draft)
    steps = tuple(builder.steps)
    return Complete(steps, _description(draft, steps))


def _description(draft: Draft, steps: Sequence[Step]) -> str:
    """``Create the dashboard “Q4” with 1 data source and 1 report``."""
    last = steps[-1].entity
    others = [entity for entity in PERMISSIONS if entity is not last]
    counts = [(e, sum(step.entity is e for step in steps)) for e in others]
    parts = [f"{count(n, *NOUNS[e])}" for e, n in counts if n]
    extra = f" with {' and '.join(parts)}" if parts else ""
    return f"Create the {NOUNS[last][0]} “{draft.name}”{extra}"


class _Builder:
    """Numbers steps and outputs, and makes each draft once however often it is used."""

    def __init__(self, project: int | None) -> None:
        self.steps: list[Step] = []
        self._project = project
        self._made: dict[int, Ref] = {}

    def add(self, draft: Draft) -> Ref | int:
        existing = None if isinstance(draft, ScheduleDraft) else draft.existing
        if existing is not None:
            return existing
        if id(draft) not in self._made:
            self._made[id(draft)] = self._make(draft)
        return self._made[id(draft)]

    def _make(self, draft: Draft) -> Ref:
        if isinstance(draft, SourceDraft):
            return self._step(Entity.DATA_SOURCE, draft.name, _source(draft))
        if isinstance(draft, ReportDraft):
            return self._step(Entity.REPORT, draft.name, self._report(draft))
        if isinstance(draft, DashboardDraft):
            return self._step(Entity.DASHBOARD, draft.name, self._dashboard(draft))
        return self._step(Entity.SCHEDULE, draft.name, self._schedule(draft))

    def _step(self, entity: Entity, name: str, params: Params) -> Ref:
        own = sum(step.entity is entity for step in self.steps) + 1
        output = f"{OUTPUTS[entity]}-{own}"
        project: Params = {} if self._project is None else {"projectId": self._project}
        step = Step(
            id=f"step-{len(self.steps) + 1}",
            operation=Operation.CREATE,
            entity=entity,
            params={"name": name, **params, **project},
            depends_on=self._dependencies(params),
            output=output,
        )
        self.steps.append(step)
        return Ref(output)

    def _dependencies(self, params: Params) -> tuple[str, ...]:
        names = {ref.name for value in params.values() for ref in _refs(value)}
        return tuple(step.id for step in self.steps if step.output in names)

    def _report(self, draft: ReportDraft) -> Params:
        if draft.source is None or draft.query is None or draft.chart is None:
            raise ValueError(f"the report {draft.name!r} has no source, query or chart")
        source = self.add(draft.source)
        params: Params = {"sourceId": source, "query": draft.query, "config": draft.chart}
        return {**_described(draft.description), **params}

    def _dashboard(self, draft: DashboardDraft) -> Params:
        kinds = [widget_kind(report) for report in draft.reports]
        widgets = [
            WidgetSpec(kind, *place, report=self.add(report))
            for report, kind, place in zip(draft.reports, kinds, layout(kinds), strict=True)
        ]
        widgets.sort(key=lambda widget: (widget.y, widget.x))
        return {**_described(draft.description), "layout": tuple(widgets)}

    def _schedule(self, draft: ScheduleDraft) -> Params:
        is_report = isinstance(draft.target, ReportDraft)
        params: Params = {"reportId" if is_report else "dashboardId": self.add(draft.target)}
        params |= {"cron": draft.cron, "timezone": draft.timezone}
        if draft.task_type:
            params["taskType"] = draft.task_type
        if draft.recipients:
            params["recipients"] = draft.recipients
        if draft.format:
            params["format"] = draft.format
        return params


def widget_kind(report: ReportDraft) -> str:
    kinds = {ChartKind.TABLE.value: "table", ChartKind.NUMBER.value: "number"}
    return kinds.get(report.chart_kind, "chart")


def _source(draft: SourceDraft) -> Params:
    params: Params = {"type": draft.kind, "connectionType": "database"}
    if draft.file is not None:
        params |= {"connectionType": "file", "fileMetadata": draft.file}
    else:
        params["connection"] = draft.connection
    return params


def _described(description: str) -> Params:
    return {"description": description} if description else {}


def _refs(value: ParamValue) -> list[Ref]:
    if isinstance(value, Ref):
        return [value]
    if isinstance(value, tuple):
        return [w.report for w in value if isinstance(w, WidgetSpec) and isinstance(w.report, Ref)]
    return []
