"""A small instance of a JSON schema: what a constrained answer looks like."""

from __future__ import annotations

from typing import Any

DEEPEST = 12
STRINGS = {
    "date": "2026-08-01",
    "date-time": "2026-08-01T09:30:00Z",
    "time": "09:30:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def instance(schema: Any, text: str = "made up", *, root: Any = None, depth: int = 0) -> Any:
    """A value that fits; ``text`` is what free strings say. References are followed."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return text
    root = schema if root is None else root
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    inner = _other(schema, root)
    if inner is not None:
        return instance(inner, text, root=root, depth=depth + 1)
    return _typed(schema, text, root, depth)


def _other(schema: dict[str, Any], root: Any) -> Any:
    """The schema that stands for this one: a reference, the first of several."""
    if isinstance(schema.get("$ref"), str):
        found = root
        for part in schema["$ref"].removeprefix("#").strip("/").split("/"):
            found = found.get(part, {}) if isinstance(found, dict) and part else found
        return found
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return schema[key][0]
    return None


def _typed(schema: dict[str, Any], text: str, root: Any, depth: int) -> Any:
    kind = schema.get("type") or ("object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {
            name: instance(part, text, root=root, depth=depth + 1)
            for name, part in schema.get("properties", {}).items()
        }
    if kind == "array":
        count = max(1, int(schema.get("minItems", 1)))
        item = instance(schema.get("items", {}), text, root=root, depth=depth + 1)
        return [item] * min(count, int(schema.get("maxItems", count)))
    if kind in ("integer", "number"):
        return _number(schema, whole=kind == "integer")
    if kind in ("boolean", "null"):
        return True if kind == "boolean" else None
    return _string(schema, text)


def _number(schema: dict[str, Any], *, whole: bool) -> float:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    value: float = 1 if low is None else low + ("exclusiveMinimum" in schema)
    if high is not None and value > high:
        value = high - ("exclusiveMaximum" in schema)
    return int(value) if whole else float(value)


def _string(schema: dict[str, Any], text: str) -> str:
    value = STRINGS.get(schema.get("format", ""), text)
    value = value.ljust(int(schema.get("minLength", 0)), ".")
    return value[: int(schema.get("maxLength", len(value)))]
