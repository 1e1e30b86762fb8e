"""A task plan in memory: plain data, no XML, no Django.

``wizard.plan.build`` writes it as XML, ``wizard.plan.parse`` reads it back; both ends meet here.
Parameter values are the product's own models, so whatever a report can say a plan can say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from catalog.charts.spec import ChartSpec
from catalog.query.spec import ReportQuery, SqlQuery


class Operation(StrEnum):
    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    LIST = "LIST"
    RESTORE = "RESTORE"  # from the trash, with its links: what undoes DELETE


class Entity(StrEnum):
    DATA_SOURCE = "DATA_SOURCE"
    REPORT = "REPORT"
    DASHBOARD = "DASHBOARD"
    SCHEDULE = "SCHEDULE"
    ALL = "ALL"


@dataclass(frozen=True, slots=True)
class Ref:
    """The output of an earlier step, e.g. ``ds-1``."""

    name: str


@dataclass(frozen=True, slots=True)
class FileSpec:
    """The uploaded file and the intake's options: what runs is what was reviewed.

    ``options`` are ``catalog.intake.options.IntakeOptions`` as plain data without ``sheet``.
    """

    name: str
    upload_id: str = ""
    sha256: str = ""
    sheet: str = ""
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChartShorthand:
    """The short form of the draft (``xAxis="Month" yAxis="Revenue"``): labels or column names,
    expanded against the source's columns when the plan is checked."""

    type: str
    x_axis: str = ""
    y_axis: str = ""
    series: str = ""
    aggregate: str = ""


@dataclass(frozen=True, slots=True)
class WidgetSpec:
    kind: str  # chart | table | number | text
    x: int
    y: int
    w: int
    h: int
    report: Ref | int | None = None
    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Names a secret held encrypted with the wizard session; never the secret itself."""

    name: str


ParamValue = (
    str | int | bool | Ref | FileSpec | ChartShorthand | ChartSpec | ReportQuery | SqlQuery
    | tuple[WidgetSpec, ...] | tuple[str, ...] | dict[str, "str | SecretRef"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    id: str
    operation: Operation
    entity: Entity
    params: dict[str, ParamValue] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    output: str = ""
    target: int | Ref | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    steps: tuple[Step, ...]
    description: str
    requested_by: str
    generated_at: datetime
    version: str = "1.0"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a plan. ``layer`` is one of envelope, xml, schema, graph, parameters,
    database, permissions, impact; ``path`` an XPath-like place; both sentences are for people."""

    layer: str
    code: str
    message: str
    hint: str = ""
    step: str = ""
    path: str = ""
    severity: str = "error"  # error | warning


class PlanError(Exception):
    """A plan that cannot be written or read; ``str()`` is the first finding's sentence."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings[0].message)
        self.findings = tuple(findings)


# What steps call their outputs: ``ds-1``, ``report-2``. LIST gives ``list-1`` whatever it lists.
OUTPUT_PREFIX: dict[Entity, str] = {
    Entity.DATA_SOURCE: "ds",
    Entity.REPORT: "report",
    Entity.DASHBOARD: "dashboard",
    Entity.SCHEDULE: "schedule",
    Entity.ALL: "list",
}


def step_name(step_id: str) -> str:
    """``step-2`` as people say it: "Step 2"."""
    head, _, number = step_id.partition("-")
    return (
        f"Step {number}" if head == "step" and number.isascii() and number.isdigit() else "A step"
    )


def place(step_id: str, part: str = "") -> str:
    """The XPath of a step, or of its ``target``, ``output`` or the parameter named ``part``."""
    if part and part not in {"target", "output"}:
        part = f"params/param[@name='{part}']"
    return f"/TaskPlan/steps/step[@id='{step_id}']" + (f"/{part}" if part else "")


def refs_of(step: Step) -> list[tuple[str, Ref]]:
    """Every reference of a step with the parameter it stands in; ``target`` for the target."""
    found = [("target", step.target)] if isinstance(step.target, Ref) else []
    for name, value in step.params.items():
        if isinstance(value, Ref):
            found.append((name, value))
        elif isinstance(value, tuple):
            reports = (w.report for w in value if isinstance(w, WidgetSpec))
            found.extend((name, report) for report in reports if isinstance(report, Ref))
    return found
