"""The test of a database connection, made once for the values and secrets it was made with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from catalog.connectors import execute
from catalog.connectors.base import Connection, SourceError
from catalog.connectors.tables import table_info
from wizard.dialogue.catalog import ConnectionInfo

KEPT_SECONDS = 3600
FAILURE_SECONDS = 5  # long enough for one request: the next attempt tests again


def tested(kind: str, values: Mapping[str, Any], secrets: Mapping[str, str]) -> ConnectionInfo:
    """``values`` name their secrets (``{"secret": name}``). Nothing secret is cached."""
    config, secret = _split(values, secrets)
    text = json.dumps([kind, config, secret], sort_keys=True, default=str)
    digest = salted_hmac("wizard.connection", text, algorithm="sha256").hexdigest()
    key = f"wizard:connection:{digest}"
    found = cache.get(key)
    if found is None:
        found = _test(Connection(kind=kind, config=config, secret=secret))
        cache.set(key, found, KEPT_SECONDS if found["ok"] else FAILURE_SECONDS)
    tables = tuple(table_info(table) for table in found["tables"])
    return ConnectionInfo(found["ok"], found["message"], tables=tables)


def _split(
    values: Mapping[str, Any], secrets: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    config: dict[str, Any] = {}
    secret: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            secret[name] = secrets.get(str(value.get("secret")), "")
        else:
            config[name] = value
    return config, secret


def _test(connection: Connection) -> dict[str, Any]:
    answer = execute.test(connection)
    if not answer.ok:
        return {"ok": False, "message": answer.message, "tables": []}
    try:
        tables = [asdict(table) for table in execute.introspect(connection)]
    except SourceError as error:
        return {"ok": False, "message": f"{error.message} {error.hint}".strip(), "tables": []}
    return {"ok": True, "message": answer.message, "tables": tables}
