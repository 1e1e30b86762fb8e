"""What pages and the API get to know of a provider and of a model: values, nothing is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext_lazy

from common import clock
from llm.connections import can
from llm.models import ModelPull, ModelSetting, Provider
from llm.providers.base import Capability, ModelDetails, ModelInfo, RunningModel
from llm.registry import Use
from llm.survey import Survey

FOR_EVER = timedelta(days=365)
ABILITIES = {
    "vision": gettext_lazy("images"),
    "thinking": gettext_lazy("thinking"),
    "tools": gettext_lazy("tools"),
    "embedding": gettext_lazy("embeddings"),
}


@dataclass(frozen=True)
class ProviderCard:
    """``used``: switched on, and not left out by the organisation's advanced settings."""

    provider: Provider
    survey: Survey
    can_manage: bool
    is_own: bool
    used: bool

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset(each for each in Capability if can(self.provider, each))


@dataclass(frozen=True)
class InstalledModel:
    """A model of a provider. ``allowed``: this person may use it; ``groups``: who may, none for
    everybody; ``external``: prompts leave the machine; ``pull``: an update on its way."""

    provider: Provider
    info: ModelInfo
    running: RunningModel | None = None
    pull: ModelPull | None = None
    setting: ModelSetting | None = None
    can_manage: bool = False
    allowed: bool = True
    groups: tuple[str, ...] = ()
    external: bool = False
    external_allowed: bool = False
    stale: bool = False
    """The server does not answer: this is what it had."""

    @property
    def name(self) -> str:
        return self.info.name

    @property
    def is_loaded(self) -> bool:
        return self.running is not None

    @property
    def is_ready(self) -> bool:
        """Its first answer comes at once, as far as its server tells what is loaded."""
        return self.is_loaded or not can(self.provider, Capability.RUNNING)

    @property
    def can_load(self) -> bool:
        return self.can_manage and can(self.provider, Capability.LOAD) and not self.info.remote_host

    @property
    def can_answer(self) -> bool:
        """Embedding models do not."""
        known = self.info.capabilities
        return known is None or "completion" in known

    @property
    def can_delete(self) -> bool:
        return self.can_manage and can(self.provider, Capability.DELETE)

    @property
    def abilities(self) -> list[str]:
        """What it can do besides answering, in words."""
        known = self.info.capabilities or frozenset()
        return [str(words) for ability, words in ABILITIES.items() if ability in known]

    @property
    def stays(self) -> bool:
        """Loaded until somebody unloads it: servers say so with a date centuries away."""
        until = self.running.expires_at if self.running else None
        return until is not None and until - clock.now() > FOR_EVER

    @property
    def gpu_percent(self) -> int | None:
        """How much of the loaded model is in GPU memory."""
        if self.running is None or not self.running.size:
            return None
        return min(100, round(100 * self.running.vram / self.running.size))


@dataclass(frozen=True)
class ModelDetail:
    row: InstalledModel
    details: ModelDetails | None
    uses: tuple[Use, ...] = ()
    problem: str = ""
    """Why there are no details."""
