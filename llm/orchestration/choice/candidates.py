"""A model somebody could use: what is known of it, and what that says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Health = Literal["ok", "degraded", "down", "unknown"]

BYTES_PER_PARAMETER = 0.6
"""Of a file quantised to four bits and a little, the usual one."""

_COUNT = re.compile(r"(?:(\d+)x)?(\d+(?:\.\d+)?)\s*([bmt])\b", re.IGNORECASE)
_UNIT = {"m": 0.001, "b": 1.0, "t": 1000.0}
_EMBEDDING = re.compile(
    r"embed|\bbge\b|\be5\b|\bgte\b|minilm|\bmpnet\b|paraphrase|sentence-|rerank", re.IGNORECASE
)
_THINKS_ALWAYS = re.compile(
    r"gpt-oss|deepseek-r1|deepseek-reasoner|\bqwq\b|thinking|reasoning|magistral|\bo[134](-|\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model of a provider, for the one who asks.

    ``size`` is in bytes, ``parameters`` as servers say it ("3.2B"). ``capabilities`` is None where
    the server does not tell. ``access``: the person's roles may use it. ``external``: prompts
    leave the machine, and ``external_allowed`` says that an Admin agreed.
    """

    provider_id: int
    name: str
    provider_order: int = 100
    size: int = 0
    parameters: str = ""
    context_length: int | None = None
    capabilities: frozenset[str] | None = None
    loaded: bool = False
    external: bool = False
    external_allowed: bool = False
    access: bool = True
    health: Health = "ok"
    breaker_open: bool = False

    @property
    def key(self) -> str:
        """Names this model of this provider; to be wanted or preferred by."""
        return f"{self.provider_id}/{self.name}"

    @property
    def permitted(self) -> bool:
        return self.access and (self.external_allowed or not self.external)

    @property
    def in_trouble(self) -> bool:
        return self.breaker_open or self.health == "down"

    @property
    def billions(self) -> float | None:
        """Of parameters: as said, else as its name says, else from its size."""
        said = _billions(self.parameters) or _billions(self.name)
        if said is None and self.size > 0:
            return self.size / BYTES_PER_PARAMETER / 1e9
        return said

    @property
    def embeds_only(self) -> bool:
        if self.capabilities is None:
            return bool(_EMBEDDING.search(self.name))
        return "embedding" in self.capabilities and "completion" not in self.capabilities

    @property
    def thinks_always(self) -> bool:
        """It cannot be told not to think, which takes its time (facts 3.6); known by its name."""
        return bool(_THINKS_ALWAYS.search(self.name))

    def is_named(self, name: str) -> bool:
        """By ``key`` or by the model's name alone."""
        return same_model(self.name, name) or same_model(self.key, name)


def same_model(one: str, other: str) -> bool:
    """Whether two names mean the same model: "Llama3.2" is "llama3.2:latest"."""
    return _full(one) == _full(other)


def _full(name: str) -> str:
    folded = name.strip().casefold()
    return folded if ":" in folded.rpartition("/")[2] else f"{folded}:latest"


def _billions(text: str) -> float | None:
    found = _COUNT.search(text)
    if not found:
        return None
    return int(found[1] or 1) * float(found[2]) * _UNIT[found[3].lower()]
