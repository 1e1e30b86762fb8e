"""The answers to the short questions: which models there are, vectors of texts."""

from __future__ import annotations

from typing import Any

from llm.providers.base import ModelInfo
from llm.providers.bounds import usable
from llm.providers.errors import NotUnderstood
from llm.providers.openai.answers import SERVER
from llm.providers.openai.fields import a_count, a_list, a_text, an_object

_CONTEXT = ("max_model_len", "context_length", "max_context_length")
"""As vLLM, and then several clouds, name it; llama.cpp has it in ``meta``."""


def model_infos(answer: dict[str, Any]) -> list[ModelInfo]:
    """Every model that has a name, once, in the server's order; the first thousand."""
    # Ollama writes null for an empty list.
    if not isinstance(answer.get("data", ""), list | None):
        raise _strange("no list of models")
    rows = [an_object(row) for row in a_list(answer["data"])]
    return usable(_info(row) for row in rows)


def _info(row: dict[str, Any]) -> ModelInfo:
    meta = an_object(row.get("meta"))
    lengths = (a_count(row.get(key)) for key in _CONTEXT)
    length = next((length for length in lengths if length), a_count(meta.get("n_ctx_train")))
    return ModelInfo(
        name=a_text(row.get("id")),
        size=a_count(meta.get("size")) or 0,
        parameters=_billions(a_count(meta.get("n_params"))),
        context_length=length or None,
    )


def _billions(parameters: int | None) -> str:
    if not parameters:
        return ""
    if parameters < 1_000_000_000:
        return f"{parameters / 1e6:.0f}M"
    return f"{parameters / 1e9:.1f}B"


def vectors(answer: dict[str, Any], count: int) -> list[list[float]]:
    """In the order of the texts, which ``index`` gives."""
    rows = [an_object(row) for row in a_list(answer.get("data"))]
    by_index = {a_count(row.get("index", n)): _vector(row) for n, row in enumerate(rows)}
    if sorted(index for index in by_index if index is not None) != list(range(count)):
        raise _strange(f"vectors for other than the {count} texts it was given")
    return [by_index[index] for index in range(count)]


def _vector(row: dict[str, Any]) -> list[float]:
    numbers = a_list(row.get("embedding"))
    if not numbers or not all(_is_number(number) for number in numbers):
        raise _strange("a vector that is none")
    return [float(number) for number in numbers]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def _strange(detail: str) -> NotUnderstood:
    return NotUnderstood(f"This address answers, but not as {SERVER} does.", detail=detail)
