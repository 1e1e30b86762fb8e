"""Plan → XML, written by code alone: the same plan always gives the same bytes.

Parameters stand in the order of ``wizard.plan.parameters``, whatever order they were collected in.
What the schema would refuse is never written: ``build`` raises ``PlanError`` with findings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement

from wizard.plan.encode import encode_value
from wizard.plan.envelope import open_envelope
from wizard.plan.grammar import check_grammar
from wizard.plan.model import Finding, Plan, PlanError, Ref, Step, step_name
from wizard.plan.parameters import PARAMETERS
from wizard.plan.serialise import impossible_character, serialise
from wizard.plan.values import check_kind


def build(plan: Plan) -> bytes:
    """The plan as canonical UTF-8 XML. Raises ``PlanError`` for what the schema cannot say."""
    findings = [finding for step in plan.steps for finding in check_kind(step)]
    if findings:
        raise PlanError(findings)
    root = _plan(plan)
    findings = list(_impossible_text(root))
    if findings:
        raise PlanError(findings)
    raw = serialise(root)
    resource, findings = open_envelope(raw)
    findings = findings or check_grammar(resource)
    if findings:
        raise PlanError(findings)
    return raw


def fingerprint(raw: bytes) -> str:
    """SHA-256 over all bytes of the document; what is confirmed and executed is this hash."""
    return hashlib.sha256(raw).hexdigest()


def short_fingerprint(raw: bytes) -> str:
    """The first eight digits, for people."""
    return fingerprint(raw)[:8]


def _plan(plan: Plan) -> Element:
    generated = _utc(plan.generated_at)
    root = Element("TaskPlan", version=plan.version, generatedAt=generated)
    metadata = SubElement(root, "metadata")
    SubElement(metadata, "description").text = plan.description
    SubElement(metadata, "estimatedSteps").text = str(len(plan.steps))
    SubElement(metadata, "requestedBy").text = plan.requested_by
    steps = SubElement(root, "steps")
    for step in plan.steps:
        _step(steps, step)
    return root


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        message = "The time at which the plan was made has no time zone."
        raise PlanError([Finding("schema", "wrong_time", message, "Give it in UTC.")])
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _step(parent: Element, step: Step) -> None:
    attributes = {"id": step.id, "operation": step.operation, "entity": step.entity}
    if step.depends_on:
        attributes["dependsOn"] = " ".join(step.depends_on)
    element = SubElement(parent, "step", attributes)
    if step.target is not None:
        target = step.target.name if isinstance(step.target, Ref) else str(step.target)
        child = SubElement(element, "target", id=target)
        if step.expected_version is not None:
            child.set("expectedVersion", str(step.expected_version))
    params = SubElement(element, "params")
    for name in PARAMETERS:
        if name in step.params:
            encode_value(SubElement(params, "param", name=name), step.params[name])
    if step.output:
        SubElement(element, "output", ref=step.output, field="id")


def _impossible_text(root: Element, step: str = "", path: str = "") -> Iterator[Finding]:
    path = f"{path}/{root.tag}"
    step = root.get("id", "") if root.tag == "step" else step
    for text in (root.text or "", *root.attrib.values()):
        character = impossible_character(text)
        if character:
            where = f"{step_name(step)}: the “{root.get('name') or root.tag}”"
            place = where if step else f"The plan's “{root.tag}”"
            message = f"{place} holds a character that XML cannot carry ({character})."
            hint = "Remove the control character; it was probably pasted in."
            yield Finding("xml", "impossible_character", message, hint, step, path)
    for child in root:
        yield from _impossible_text(child, step, path)
