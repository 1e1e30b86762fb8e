"""Heavy or risky work in limited child processes. No Django.

pool = Pool("query", size=2)
rows = pool.call("catalog.intake.worker:inspect", {"path": path, "name": name}, timeout=30)
"""

from common.sandbox.errors import (
    SandboxBusy,
    SandboxCancelled,
    SandboxCrashed,
    SandboxError,
    SandboxMemory,
    SandboxTimeout,
)
from common.sandbox.pool import Pool

__all__ = [
    "Pool",
    "SandboxBusy",
    "SandboxCancelled",
    "SandboxCrashed",
    "SandboxError",
    "SandboxMemory",
    "SandboxTimeout",
]
