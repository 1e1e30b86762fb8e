"""What runs inside a sandbox child: JSON in, JSON out."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

from catalog.connectors import registry
from catalog.connectors.base import Connection, Limits
from catalog.connectors.tables import table_data
from catalog.query.spec import AnyQuery, ReportQuery, SqlQuery

_queries: TypeAdapter[ReportQuery | SqlQuery] = TypeAdapter(AnyQuery)


def run(
    connection: Mapping[str, Any],
    query: Mapping[str, Any],
    limits: Mapping[str, Any],
    context: Mapping[str, Any],
) -> dict[str, Any]:
    """``Result.to_json()`` of ``query``. Raises ``QueryError``, ``SqlRefused``, ``SourceError``."""
    source = Connection(**connection)
    with _without_collection():
        result = registry.get(source.kind).run(
            source, _queries.validate_python(query), limits=Limits(**limits), context=context
        )
        return result.to_json()


@contextmanager
def _without_collection() -> Iterator[None]:
    """Ten thousand new rows make the cycle collector walk them again and again, for two thirds of
    the time it takes to shape them; rows have no cycles."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def introspect(connection: Mapping[str, Any]) -> list[dict[str, Any]]:
    source = Connection(**connection)
    return [table_data(table) for table in registry.get(source.kind).introspect(source)]


def test(connection: Mapping[str, Any]) -> dict[str, Any]:
    source = Connection(**connection)
    return asdict(registry.get(source.kind).test(source))
