"""The kinds of providers there are."""

from __future__ import annotations

from llm.providers.base import Endpoint, Provider
from llm.providers.ollama import OllamaProvider
from llm.providers.openai import OpenAIProvider

KINDS: dict[str, type[Provider]] = {"ollama": OllamaProvider, "openai": OpenAIProvider}


def open_provider(kind: str, endpoint: Endpoint) -> Provider:
    """The provider of a kind; nothing is connected yet. ``KeyError`` for an unknown kind."""
    return KINDS[kind](endpoint)
