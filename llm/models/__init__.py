"""Providers, what people set about models, downloads, and the record of calls."""

from llm.models.calls import ModelCall, Outcome
from llm.models.providers import ModelSetting, Provider, ProviderKind
from llm.models.pulls import ModelPull
from llm.models.settings import (
    GenerationDefaults,
    LanguageModelSettings,
    ModelAccess,
    ModelPreference,
)

__all__ = [
    "GenerationDefaults",
    "LanguageModelSettings",
    "ModelAccess",
    "ModelCall",
    "ModelPreference",
    "ModelPull",
    "ModelSetting",
    "Outcome",
    "Provider",
    "ProviderKind",
]
