"""Parameter values as plain data and back, for what a step remembers from before a change.

A value is kept in the plan's own spelling, so that whatever comes back can be said in the plan
that undoes the step, with every type intact.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from wizard.plan.decode import decode_value
from wizard.plan.encode import encode_value
from wizard.plan.envelope import open_envelope
from wizard.plan.model import ParamValue, PlanError
from wizard.plan.parameters import PARAMETERS
from wizard.plan.serialise import fragment, impossible_character


def to_data(values: Mapping[str, ParamValue | None]) -> dict[str, str | None]:
    """JSON-able. A value that no plan can carry (a control character in an old description) is
    left out: undoing then says that there is no earlier value."""
    data: dict[str, str | None] = {}
    for name, value in values.items():
        if value is None:
            data[name] = None
        elif (text := _spell(name, value)) is not None:
            data[name] = text
    return data


def from_data(data: Mapping[str, str | None]) -> dict[str, ParamValue | None]:
    """The values of ``to_data``; names that plans no longer know are left out."""
    return {
        name: None if text is None else decode_value(_read(text), PARAMETERS[name])
        for name, text in data.items()
        if name in PARAMETERS
    }


def _read(text: str) -> Element:
    resource, findings = open_envelope(text.encode())
    if resource is None:
        raise PlanError(findings)
    return resource.root


def _spell(name: str, value: ParamValue) -> str | None:
    element = Element("param", name=name)
    try:
        encode_value(element, value)
    except PlanError:
        return None
    texts = (text for each in element.iter() for text in (each.text or "", *each.attrib.values()))
    return None if any(map(impossible_character, texts)) else fragment(element)
