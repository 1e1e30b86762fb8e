"""XML → Plan: bytes through envelope and grammar into memory, nothing judged yet.

``parse`` answers whether a document *says* a plan; whether the plan makes sense is asked by
``wizard.plan.validate``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from pydantic import ValidationError

from wizard.plan.decode import decode_value
from wizard.plan.envelope import open_envelope
from wizard.plan.grammar import check_grammar
from wizard.plan.model import (
    Entity,
    Finding,
    Operation,
    ParamValue,
    Plan,
    PlanError,
    Step,
)
from wizard.plan.parameters import PARAMETERS, Parameter
from wizard.plan.reading import Unreadable, id_or_ref, word
from wizard.plan.values import wrong_kind


@dataclass(frozen=True, slots=True)
class Document:
    """A plan as it was read, with what the document says of itself."""

    plan: Plan
    estimated_steps: int


def parse(raw: bytes) -> Plan:
    """Raises ``PlanError`` with findings when the bytes say no plan."""
    document, findings = read_document(raw)
    if document is None:
        raise PlanError(findings)
    return document.plan


def read_document(raw: bytes) -> tuple[Document | None, list[Finding]]:
    """Layers 1 to 3 and the reading of values; a document only when there is no finding."""
    resource, findings = open_envelope(raw)
    if resource is None:
        return None, findings
    findings = check_grammar(resource)
    if findings:
        return None, findings
    document = _document(resource.root, findings)
    return (None if findings else document), findings


def _document(root: Element, findings: list[Finding]) -> Document:
    steps = [_step(element, findings) for element in root.iterfind("steps/step")]
    plan = Plan(
        steps=tuple(steps),
        description=root.findtext("metadata/description", ""),
        requested_by=root.findtext("metadata/requestedBy", ""),
        generated_at=_moment(root.get("generatedAt", ""), findings),
        version=word(root.get("version")),
    )
    return Document(plan, int(root.findtext("metadata/estimatedSteps", "0")))


def _moment(text: str, findings: list[Finding]) -> datetime:
    try:
        return datetime.fromisoformat(word(text))
    except ValueError:
        message = "The time at which the plan was made is not a time of day."
        hint = "Give generatedAt a time like 2026-02-20T13:00:00Z."
        findings.append(Finding("schema", "wrong_form", message, hint, "", "/TaskPlan"))
        return datetime.min


def _step(element: Element, findings: list[Finding]) -> Step:
    step_id = word(element.get("id"))
    params: dict[str, ParamValue] = {}
    for child in element.iterfind("params/param"):
        parameter = PARAMETERS[word(child.get("name"))]
        try:
            params[parameter.name] = decode_value(child, parameter)
        except Unreadable as problem:
            findings.append(_unreadable(step_id, parameter, problem))
        except ValidationError as error:
            findings.append(_invalid(step_id, parameter, error))
    target = element.find("target")
    version = None if target is None else target.get("expectedVersion")
    output = element.find("output")
    return Step(
        id=step_id,
        operation=Operation(word(element.get("operation"))),
        entity=Entity(word(element.get("entity"))),
        params=params,
        depends_on=tuple(element.get("dependsOn", "").split()),
        output="" if output is None else word(output.get("ref")),
        target=None if target is None else id_or_ref(target.get("id")),
        expected_version=None if version is None else int(version),
    )


def _unreadable(step_id: str, parameter: Parameter, problem: Unreadable) -> Finding:
    finding = wrong_kind(step_id, parameter, problem.given)
    return Finding(
        finding.layer, finding.code, finding.message, problem.hint, step_id, finding.path
    )


def _invalid(step_id: str, parameter: Parameter, error: ValidationError) -> Finding:
    """The schema mirrors the models' limits; should one slip through, name the place."""
    place = " ".join(str(part) for part in error.errors()[0]["loc"])
    hint = f"Look at “{place}”." if place else ""
    finding = wrong_kind(step_id, parameter, "this value")
    return Finding(finding.layer, "invalid", finding.message, hint, step_id, finding.path)
