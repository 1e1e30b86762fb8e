"""Ollama: ``OllamaProvider``, and what a form checks before it asks one."""

from __future__ import annotations

from llm.providers.ollama.bodies import check_keep_alive
from llm.providers.ollama.names import HUGGING_FACE, OLLAMA_REGISTRIES, check_pull_name
from llm.providers.ollama.provider import OllamaProvider

__all__ = [
    "HUGGING_FACE",
    "OLLAMA_REGISTRIES",
    "OllamaProvider",
    "check_keep_alive",
    "check_pull_name",
]
