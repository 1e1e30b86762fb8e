"""The statement as people read and copy it: values in place of parameters. For show only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from catalog.query.dialects import ENGINES, DialectName

_CAST = r"(?:::\w+(?: PRECISION| WITH(?:OUT)? TIME ZONE)?)?"


def readable(sql: str, parameters: Sequence[Any], dialect: DialectName) -> str:
    """``sql`` with ``parameters`` written out. Placeholders inside names and texts stay."""
    engine = ENGINES[dialect]
    values = iter(parameters)
    pattern = re.compile(rf"{_quoted(engine.quote)}|'(?:[^']|'')*'|({engine.placeholder}){_CAST}")

    def written(match: re.Match[str]) -> str:
        token = match[1]
        if token is None:
            return match[0]
        numbered = token.startswith("$")
        return _literal(parameters[int(token[1:]) - 1] if numbered else next(values), dialect)

    text = pattern.sub(written, sql)
    return text.replace("%%", "%") if engine.doubles_percent else text


def _quoted(quote: str) -> str:
    return f"{quote}(?:[^{quote}]|{quote}{quote})*{quote}"


def _literal(value: Any, dialect: str) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "TRUE" if value else "FALSE"
        case datetime():
            text = value.isoformat(" ")
            return f"TIMESTAMP '{text}'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case time():
            return f"TIME '{value.isoformat()}'"
        case str():
            text = value.replace("\\", "\\\\") if dialect == "mysql" else value
            return "'" + text.replace("'", "''") + "'"
        case _:
            return str(value)
