"""Which schemas are asked of a model, and the words that say one in a prompt."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from llm.providers.structured.values import kinds, shown

MOST_PROPERTIES = 15

_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})
_ROOT = frozenset(
    {"type", "title", "description", "properties", "required", "additionalProperties"}
)
_COMMON = frozenset({"type", "title", "description", "default", "examples", "enum"})
_BY_TYPE: dict[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "format"}),
    "integer": frozenset({"minimum", "maximum"}),
    "number": frozenset({"minimum", "maximum"}),
    "boolean": frozenset(),
    "null": frozenset(),
    "array": frozenset({"items", "minItems", "maxItems"}),
}
_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
    "array": "list",
}


def check_schema(schema: Mapping[str, Any]) -> list[str]:
    """Sentences that say what of a schema is too much for some servers; empty if it is fine."""
    properties = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(properties, dict) or not properties:
        return ["A schema is one object with named properties."]
    findings = [f"“{key}” is not used in schemas here." for key in schema if key not in _ROOT]
    if len(properties) > MOST_PROPERTIES:
        findings.append(f"It has {len(properties)} properties; at most {MOST_PROPERTIES} work.")
    if schema.get("additionalProperties", False) is not False:
        findings.append("Other properties than the named ones are never allowed.")
    unknown = [name for name in schema.get("required", ()) if name not in properties]
    findings += [f"“{name}” is required but not among the properties." for name in unknown]
    for name, rule in properties.items():
        findings += [f"“{name}” {finding}" for finding in _check_property(rule)]
    return findings


def _check_property(rule: object) -> Iterator[str]:
    types = kinds(rule) if isinstance(rule, dict) else frozenset[str]()
    if not isinstance(rule, dict) or not types or not types <= _BY_TYPE.keys():
        yield "needs a type: string, integer, number, boolean, or array of these."
        return
    allowed = _COMMON.union(*(_BY_TYPE[kind] for kind in types))
    for key in rule:
        if key not in allowed:
            yield f"uses “{key}”, which not every server understands."
    if "enum" in rule and not (isinstance(rule["enum"], list) and rule["enum"]):
        yield "has no values to choose from."
    if rule.get("format", "date") != "date":
        yield "has a format other than date."
    if "array" in types:
        yield from _check_items(rule.get("items"))


def _check_items(items: object) -> Iterator[str]:
    if not isinstance(items, dict) or not kinds(items) <= _SCALARS:
        yield "is a list whose items are not plain values."
    else:
        yield from _check_property(items)


def schema_sentence(schema: Mapping[str, Any]) -> str:
    """The words that go into the prompt: the same schema gives the same words."""
    required = schema.get("required", ())
    fields = (
        f"- {json.dumps(name, ensure_ascii=False)}: {_described(rule)}"
        + ("" if name in required else " Optional.")
        for name, rule in schema["properties"].items()
    )
    return (
        "Answer with one JSON object and nothing else: no other words, no code fence.\n"
        "Its fields:\n" + "\n".join(fields) + "\nNo other fields."
    )


def _described(rule: Mapping[str, Any]) -> str:
    words = _type_words(rule)
    about = str(rule.get("description", "")).strip().rstrip(".")
    return f"{words}. {about}." if about else f"{words}."


def _type_words(rule: Mapping[str, Any]) -> str:
    if "enum" in rule:
        return "one of " + ", ".join(shown(value) for value in rule["enum"])
    types = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    return " or ".join(_WORDS[kind] + _limits(rule, kind) for kind in types)


def _limits(rule: Mapping[str, Any], kind: str) -> str:
    match kind:
        case "string":
            day = " (a date as YYYY-MM-DD)" if rule.get("format") == "date" else ""
            return day + _span(rule.get("minLength"), rule.get("maxLength"), " characters")
        case "integer" | "number":
            return _span(rule.get("minimum"), rule.get("maximum"))
        case "array":
            items = f" of {_type_words(rule['items'])}"
            return items + _span(rule.get("minItems"), rule.get("maxItems"), " items")
        case _:
            return ""


def _span(least: object, most: object, unit: str = "") -> str:
    ends = [f"at least {least}"] if least is not None else []
    ends += [f"at most {most}"] if most is not None else []
    return f" ({' and '.join(ends)}{unit})" if ends else ""
