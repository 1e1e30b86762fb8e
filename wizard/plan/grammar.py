"""The third layer: the XSD. The schema is built once a process (~135 ms), each plan takes ~2 ms.

A validation error's own text is a page of markup and addresses; here each becomes one sentence
from what the error *is*: the facet, group or key that objected, and where.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from threading import Lock
from xml.etree.ElementTree import Element

from xmlschema import XMLResource, XMLSchema10, XMLSchemaValidationError
from xmlschema.validators import XMLSchemaChildrenValidationError, XsdValidator

from wizard.plan.model import Finding, step_name
from wizard.plan.phrases import explain_value

SCHEMA = Path(__file__).parent / "schema" / "taskplan-1.0.xsd"
MAX_FINDINGS = 20
_lock = Lock()
# Order, unknown outputs and doubles are said better by the graph layer, which sees whole steps.
_GRAPH_KEYS = re.compile(r"XsdKey\(name='(stepKey|outputKey)'\)")
_STEP = re.compile(r"^/TaskPlan/steps/step(?:\[(\d+)\])?")
_ONCE = {
    "paramOnce": "The parameter",
    "columnOnce": "The column",
    "fieldOnce": "The connection field",
    "computedOnce": "The computed column",
    "parameterOnce": "The SQL parameter",
}


def check_grammar(resource: XMLResource | None) -> list[Finding]:
    """What the schema objects to, except keys that the graph layer explains."""
    if resource is None:
        return []
    errors = (
        error
        for error in schema().iter_errors(resource)
        if not _GRAPH_KEYS.search(error.reason or "")
    )
    return [_finding(error, resource.root) for error in islice(errors, MAX_FINDINGS)]


def schema() -> XMLSchema10:
    with _lock:
        return _build_schema()


@cache
def _build_schema() -> XMLSchema10:
    XsdValidator._cached_properties = classmethod(_cached_properties)  # type: ignore[assignment]
    return XMLSchema10(str(SCHEMA), use_location_hints=False)


def _cached_properties(cls: type) -> Iterator[str]:
    """xmlschema's own, but stepping over attributes that cannot be read.

    Once ``zope.interface.common`` is imported (Twisted's world does so), the abstract base
    ``collections.abc.Sequence`` of all schema classes has one, and building any schema fails.
    """
    for name in dir(cls):
        if isinstance(getattr(cls, name, None), cached_property):
            yield name


def _finding(error: XMLSchemaValidationError, root: Element) -> Finding:
    path = error.path or "/TaskPlan"
    step = _step_id(path, root)
    code, text, hint = _explain(error)
    message = f"{step_name(step) if step else 'The plan'}: {text}"
    return Finding("schema", code, message, hint, step, path)


def _step_id(path: str, root: Element) -> str:
    match = _STEP.match(path)
    steps = root.findall("steps/step")
    position = int(match[1] or 1) if match else 0
    if not 1 <= position <= len(steps):
        return ""
    given = steps[position - 1].get("id", "").strip()
    return given if re.fullmatch(r"step-[1-9][0-9]{0,2}", given) else f"step-{position}"


def _explain(error: XMLSchemaValidationError) -> tuple[str, str, str]:
    """Code, sentence without its "Step n:", hint."""
    reason = error.reason or ""
    tag = _tag(error.elem)
    if isinstance(error, XMLSchemaChildrenValidationError):
        return _explain_children(error, tag)
    if match := re.search(r"missing required attribute '(\w+)'", reason):
        return "missing_attribute", f"<{tag}> needs the attribute “{match[1]}”.", ""
    if match := re.match(r"'(.{1,80}?)' attribute not allowed", reason):
        known = _attributes(error)
        return "unknown_attribute", f"<{tag}> has no attribute “{_plain(match[1])}”.", known
    if match := re.match(r"duplicated value \('(.*)',\) for Xsd\w+\(name='(\w+)'\)", reason, re.S):
        what = _ONCE.get(match[2], "The entry")
        return "duplicate", f"{what[0].lower() + what[1:]} “{match[1][:80]}” is given twice.", ""
    if "is not an element of the schema" in reason:
        return "wrong_root", _wrong_root(tag), "A plan starts with <TaskPlan …>."
    if "character data" in reason:
        hint = "Remove the text around its elements."
        return "stray_text", f"<{tag}> holds text where only elements may stand.", hint
    if "child elements" in reason:
        return "unexpected_element", f"<{tag}> holds an element where only text may stand.", ""
    return explain_value(error, tag)


def _wrong_root(tag: str) -> str:
    if tag == "TaskPlan":
        return "it declares a namespace (xmlns), which plans do not have."
    return f"it starts with <{tag}>, not with <TaskPlan>."


def _tag(element: Element | None) -> str:
    return "TaskPlan" if element is None else _plain(str(element.tag))


def _plain(name: str) -> str:
    return name.rsplit("}", 1)[-1][:80]


def _attributes(error: XMLSchemaValidationError) -> str:
    validator = error.validator
    names = sorted(name for name in validator if name) if hasattr(validator, "__iter__") else []
    return f"It has: {', '.join(names)}." if names else "It has no attributes."


def _explain_children(error: XMLSchemaChildrenValidationError, tag: str) -> tuple[str, str, str]:
    expected = [_plain(str(item.name)) for item in error.expected or () if item.name]
    names = " or ".join(f"<{name}>" for name in dict.fromkeys(expected))
    hint = f"Expected here: {names}." if names else ""
    children = list(error.elem) if error.elem is not None else []
    if error.index < len(children):
        child = _tag(children[error.index])
        return "unexpected_element", f"<{child}> may not stand here in <{tag}>.", hint
    return "missing_element", f"<{tag}> is not complete.", hint
