"""What is sent with a request besides its messages: options by layer and purpose, the window."""

from __future__ import annotations

from llm.models import ModelSetting, Provider
from llm.orchestration.choice import Candidate
from llm.orchestration.purposes import Purpose
from llm.orchestration.rows import Rows, defaults_of
from llm.providers.base import KeepAlive, ModelInfo
from llm.providers.options import GenerationOptions, Think, layered

DEFAULT_WINDOW = 8192
"""Where nobody says one: twice what small servers take by themselves (facts 3.5), enough for a
conversation with some context, and little enough memory for a small graphics card."""
DETERMINISTIC = frozenset({Purpose.EXTRACT, Purpose.TITLE, Purpose.SQL})
THOUGHTLESS = DETERMINISTIC | {Purpose.SUMMARY}
"""Where thinking would only cost time; with a schema it even reads the prompt twice (facts 3.8)."""
LONGEST = {
    Purpose.TITLE: 128,
    Purpose.EXTRACT: 1024,
    Purpose.SUMMARY: 1024,
    Purpose.SQL: 2048,
}
"""Tokens an answer may have, by purpose: what goes on longer has lost its way."""
THINKING_ROOM = 1024
"""More, for models that think whatever they are told."""


def window_of(rows: Rows, provider: Provider, info: ModelInfo) -> int:
    """The context window in tokens that every call to this model is made with.

    A fact of the model at its provider, never of a conversation or a purpose: another value would
    make the server load the model again (facts 3.4, 3.18).
    """
    setting = rows.settings.get((provider.pk, info.name))
    return _window(setting, rows.instance if provider.is_shared else rows.own, info)


def window_for(provider: Provider, info: ModelInfo) -> int:
    """The same from the database, for whoever loads a model without asking it anything."""
    settings = ModelSetting.objects.filter(provider=provider, model=info.name)
    defaults = defaults_of(provider.organization_id)
    return _window(settings.first(), defaults, info)


def options_for(
    purpose: Purpose,
    asked: GenerationOptions,
    rows: Rows,
    *,
    candidate: Candidate,
    window: int,
) -> GenerationOptions:
    """Instance < organisation < what the purpose needs < what the caller asked for."""
    combined = layered(rows.instance, rows.own, _by_purpose(purpose, candidate), asked).set()
    combined["num_ctx"] = max(window, 512)
    if combined.get("num_predict", 0) > window:
        combined["num_predict"] = window
    if combined.get("think") and _cannot_think(candidate):
        del combined["think"]
    return GenerationOptions.model_validate(combined)


def keep_alive_of(rows: Rows) -> KeepAlive | None:
    minutes = rows.advanced.keep_alive
    return minutes if minutes is None or minutes < 0 else f"{minutes}m"


def _window(setting: ModelSetting | None, defaults: GenerationOptions, info: ModelInfo) -> int:
    said = (setting.context_window if setting else None) or defaults.num_ctx or DEFAULT_WINDOW
    return min(said, info.context_length) if info.context_length else said


def _by_purpose(purpose: Purpose, candidate: Candidate) -> GenerationOptions:
    longest = LONGEST.get(purpose)
    if longest is not None and (candidate.thinks_always or candidate.capabilities is None):
        longest += THINKING_ROOM
    return GenerationOptions(
        temperature=0 if purpose in DETERMINISTIC else None,
        num_predict=longest,
        think=_think(candidate) if purpose in THOUGHTLESS else None,
    )


def _think(candidate: Candidate) -> Think | None:
    """Said only to models that are known to think: others may refuse the word (facts 3.6).
    gpt-oss cannot be told not to, only to be brief about it."""
    if candidate.capabilities is None or "thinking" not in candidate.capabilities:
        return None
    return "low" if "gpt-oss" in candidate.name.lower() else False


def _cannot_think(candidate: Candidate) -> bool:
    return candidate.capabilities is not None and "thinking" not in candidate.capabilities
