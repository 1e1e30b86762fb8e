"""The object in a model's answer, or the sentences that tell the model what is wrong with it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from llm.providers.structured.values import checked, shown

MOST_FINDINGS = 5

_FENCE = re.compile(r"\A```[A-Za-z]*[ \t]*\r?\n(.*)```\Z", re.DOTALL)


class InvalidAnswer(Exception):
    """``findings``: at most five sentences that can be given back to the model."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__(" ".join(findings))
        self.findings = findings


def parse(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The object, valid by ``schema`` (which passed ``check_schema``), or ``InvalidAnswer``.

    White space and one code fence around it are forgiven; other words are not.
    """
    value, findings = _load(_unfenced(text))
    findings = findings or list(checked(value, schema))
    if findings or not isinstance(value, dict):
        raise InvalidAnswer(findings[:MOST_FINDINGS])
    return value


def _unfenced(text: str) -> str:
    stripped = text.strip("\ufeff \t\r\n")
    fence = _FENCE.match(stripped)
    return fence[1].strip() if fence else stripped


def _load(text: str) -> tuple[object, list[str]]:
    if not text:
        return None, ["The answer is empty; it must be one JSON object."]
    doubled: list[str] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        times = Counter(name for name, _ in pairs)
        doubled.extend(name for name in times if times[name] > 1)
        return dict(pairs)

    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        return None, [f"The answer is not valid JSON: {error.msg} at {where}."]
    except (ValueError, RecursionError):
        return None, ["The answer holds a number or a nesting that cannot be read."]
    return value, [f"{shown(name)} is there more than once." for name in doubled]


def _refuse(constant: str) -> object:
    """NaN and Infinity are not JSON, though Python reads them."""
    raise ValueError(constant)
