"""From what goes wrong at a model server to what people and programs are told."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from asgiref.sync import async_to_sync
from django.utils.translation import gettext as _

from common.http.problems import Problem
from llm.providers.errors import ProviderError, Unreachable

_T = TypeVar("_T")


class Invalid(Problem):
    """A value is not right; ``fields`` says which and why."""

    def __init__(self, **fields: str) -> None:
        super().__init__(
            "VALIDATION_FAILED",
            " ".join(fields.values()),
            fields={name: [message] for name, message in fields.items()},
        )


def problem_of(error: ProviderError, *, words: bool = False) -> Problem:
    """The problem with the error's own code and sentence. ``words``: those of the server too, for
    people who manage it."""
    sentence = error.message
    # Of a server that was not reached, only the operating system has words.
    words = words and not isinstance(error, Unreachable)
    if words and error.detail and error.detail not in sentence:
        sentence = _("%(sentence)s It said: %(words)s") % {
            "sentence": sentence,
            "words": error.detail,
        }
    return Problem(error.code, sentence)


def ask(question: Coroutine[Any, Any, _T], *, words: bool = True) -> _T:
    """The answer of a model server to code that is not asynchronous; errors become problems."""

    async def asked() -> _T:
        return await question

    try:
        return async_to_sync(asked)()
    except ProviderError as error:
        raise problem_of(error, words=words) from error
