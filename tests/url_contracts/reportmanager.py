"""The URLs of the project itself."""

from __future__ import annotations

from tests.contracts import PUBLIC, Contract

CONTRACTS = {
    "home": Contract(),
    "palette": Contract(fragment=True, query="?q=set"),
    "healthz": Contract(role=PUBLIC, queries=0),
    "readyz": Contract(elsewhere="test_probes.py: its status tells of the services"),
}
