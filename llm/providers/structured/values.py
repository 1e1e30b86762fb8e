"""Whether a value fits a flat JSON schema, said in sentences a model can act on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

_LONGEST_SHOWN = 60
_WANTED = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
    "array": "a list",
}


def kinds(rule: Mapping[str, Any]) -> frozenset[str]:
    """The types a rule allows; a single one or a list of them."""
    kind = rule.get("type")
    named = kind if isinstance(kind, list) else [kind]
    return frozenset(one for one in named if isinstance(one, str))


def shown(value: object) -> str:
    """A value as it stands in JSON, shortened; what has parts is only named."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False).encode(errors="replace").decode()
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def checked(value: object, schema: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a whole answer."""
    if not isinstance(value, dict):
        yield "The answer must be one JSON object."
        return
    properties = schema["properties"]
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{shown(name)} is missing."
    for name, item in value.items():
        if name not in properties:
            yield f"{shown(name)} is not one of the fields; leave it out."
        else:
            yield from (f"{shown(name)} {finding}" for finding in _fits(item, properties[name]))


def _fits(value: object, rule: Mapping[str, Any]) -> Iterator[str]:
    types = kinds(rule)
    if not any(_is(value, kind) for kind in types):
        wanted = " or ".join(_WANTED[kind] for kind in _WANTED if kind in types)
        yield f"must be {wanted}, not {shown(value)}."
    elif "enum" in rule and not any(_same(value, one) for one in rule["enum"]):
        choices = ", ".join(shown(one) for one in rule["enum"][:20])
        yield f"must be one of {choices}, not {shown(value)}."
    elif isinstance(value, str):
        yield from _text(value, rule)
    elif isinstance(value, list):
        yield from _items(value, rule)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _between(value, rule.get("minimum"), rule.get("maximum"), "be")


def _is(value: object, kind: str) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return _is(value, "integer") or (isinstance(value, float) and math.isfinite(value))
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case _:
            return isinstance(value, list)


def _same(value: object, other: object) -> bool:
    """Equal as JSON has it: true is not 1."""
    return isinstance(value, bool) == isinstance(other, bool) and value == other


def _text(value: str, rule: Mapping[str, Any]) -> Iterator[str]:
    yield from _between(
        len(value), rule.get("minLength"), rule.get("maxLength"), "have", "characters"
    )
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value):
        yield "holds characters that cannot be stored."
    if rule.get("format") == "date" and not _is_date(value):
        yield f"must be a date as YYYY-MM-DD, not {shown(value)}."


def _is_date(value: str) -> bool:
    try:
        return len(value) == 10 and date.fromisoformat(value) is not None
    except ValueError:
        return False


def _items(value: list[object], rule: Mapping[str, Any]) -> Iterator[str]:
    yield from _between(len(value), rule.get("minItems"), rule.get("maxItems"), "have", "items")
    for place, item in enumerate(value, start=1):
        yield from (f"(item {place}) {finding}" for finding in _fits(item, rule["items"]))


def _between(
    number: float, least: float | None, most: float | None, verb: str, unit: str = ""
) -> Iterator[str]:
    unit = f" {unit}" if unit else ""
    if least is not None and number < least:
        yield f"must {verb} at least {least}{unit}, not {number}."
    if most is not None and number > most:
        yield f"must {verb} at most {most}{unit}, not {number}."
