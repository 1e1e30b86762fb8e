"""Everything that changes providers, models and what is set about them."""

from llm.actions.access import set_access
from llm.actions.models import (
    KEEP_ALIVES,
    Consequences,
    consequences_of_deleting,
    delete_model,
    load_model,
    unload_model,
)
from llm.actions.probe import TestResult, probe_provider, probe_saved_provider
from llm.actions.providers import create_provider, delete_provider, update_provider
from llm.actions.pulls import cancel_pull, dismiss_pull, resume_pull, start_pull
from llm.actions.settings import (
    set_advanced,
    set_generation_defaults,
    set_model_setting,
    set_preferences,
)

__all__ = [
    "KEEP_ALIVES",
    "Consequences",
    "TestResult",
    "cancel_pull",
    "consequences_of_deleting",
    "create_provider",
    "delete_model",
    "delete_provider",
    "dismiss_pull",
    "load_model",
    "probe_provider",
    "probe_saved_provider",
    "resume_pull",
    "set_access",
    "set_advanced",
    "set_generation_defaults",
    "set_model_setting",
    "set_preferences",
    "start_pull",
    "unload_model",
    "update_provider",
]
