"""The kinds of data sources there are. A directory next to this file is a kind."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import catalog.connectors
from catalog.connectors.base import Connector, SourceError

_connectors: dict[str, Connector] = {}


def register(connector: type[Connector]) -> type[Connector]:
    """Class decorator: make ``connector`` known under its ``key``."""
    if connector.key in _connectors and type(_connectors[connector.key]) is not connector:
        raise ValueError(f"There are two connectors called “{connector.key}”.")
    _connectors[connector.key] = connector()
    return connector


def get(key: str) -> Connector:
    _load()
    if key not in _connectors:
        raise SourceError(
            f"“{key}” is not a kind of data source I know.",
            hint=f"Known kinds: {', '.join(_connectors)}.",
        )
    return _connectors[key]


def all() -> list[Connector]:
    """Files first, then databases, each in the order of registration."""
    _load()
    return sorted(_connectors.values(), key=lambda connector: connector.category != "file")


@cache
def _load() -> None:
    for module in pkgutil.iter_modules(catalog.connectors.__path__):
        if module.ispkg:
            importlib.import_module(f"catalog.connectors.{module.name}")
