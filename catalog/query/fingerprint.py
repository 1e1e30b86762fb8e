"""One stable name for equal questions: the key of caches and of "has this changed?"."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from catalog.query.errors import QueryError
from catalog.query.expression import parse, to_text
from catalog.query.spec import Operator, ReportQuery, SqlQuery


def fingerprint(query: ReportQuery | SqlQuery, **context: object) -> str:
    """SHA-256 (hex) of the normalised query and whatever else decides the answer.

    The order of filters, of the values of ``in``, of SQL parameters, and blanks in formulas do not
    matter; labels do, because they are in the result. ``context`` takes what else the answer
    depends on (the source's version, the zone, the masked columns …) as JSON-able values.
    """
    content = {"query": _normalised(query), "context": context}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _normalised(query: ReportQuery | SqlQuery) -> Mapping[str, Any]:
    data = query.model_dump(mode="json")
    if isinstance(query, SqlQuery):
        return {**data, "sql": query.sql.strip().rstrip(";").rstrip()}
    for item, one in zip(data["filters"], query.filters, strict=True):
        if one.operator in (Operator.IN, Operator.NOT_IN):
            item["values"] = sorted({_text(value) for value in item["values"]})
    data["filters"].sort(key=_text)
    for item in data["computed"]:
        item["expression"] = _formula(item["expression"])
    return data


def _formula(text: str) -> str:
    try:
        return to_text(parse(text))
    except QueryError:  # a broken draft still has an identity
        return text.strip()


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
