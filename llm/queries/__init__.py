"""Read models of the pages and the API."""

from llm.queries.catalog import (
    Overview,
    find_model,
    installed,
    model_detail,
    provider_cards,
    providers_in_use,
    pulls_of,
)
from llm.queries.server import ServerLoad, server_load
from llm.queries.settings import (
    MissingModel,
    Settings,
    missing_models,
    preferences_of,
    settings_of,
)
from llm.queries.shapes import InstalledModel, ModelDetail, ProviderCard
from llm.queries.usage import Usage, UsageLine, usage

__all__ = [
    "InstalledModel",
    "MissingModel",
    "ModelDetail",
    "Overview",
    "ProviderCard",
    "ServerLoad",
    "Settings",
    "Usage",
    "UsageLine",
    "find_model",
    "installed",
    "missing_models",
    "model_detail",
    "preferences_of",
    "provider_cards",
    "providers_in_use",
    "pulls_of",
    "server_load",
    "settings_of",
    "usage",
]
