"""What one attempt teaches: about the provider's state, the circuit, and token counts."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async

from llm import survey
from llm.metrics import StateRecord, state_changed
from llm.orchestration.attempts import Attempt
from llm.orchestration.breaker import Breaker
from llm.orchestration.machinery import machinery
from llm.orchestration.usage import later
from llm.prompts.tokens import prompt_tokens
from llm.providers.errors import ModelMissing, ProviderError

_said: WeakKeyDictionary[Breaker, dict[str, str]] = WeakKeyDictionary()
"""By breaker and key: the state of which hooks were told last."""


def learn(attempt: Attempt, error: Exception | None, *, cancelled: bool) -> None:
    """Never waits and never fails; nothing is learnt from what somebody stopped."""
    if cancelled or attempt.began is None:
        return
    _calibrate(attempt)
    later(lambda: _tell_survey(attempt, error))
    later(lambda: _tell_circuit(attempt))


def _calibrate(attempt: Attempt) -> None:
    done = attempt.heard.done
    if done is None or done.metrics.estimated or any(each.images for each in attempt.messages):
        return
    estimated = prompt_tokens(attempt.messages, tools=attempt.ask.tools)
    machinery().calibration.update(attempt.route.key, estimated, done.metrics.prompt_tokens)


async def _tell_survey(attempt: Attempt, error: Exception | None) -> None:
    provider = attempt.route.provider
    if isinstance(error, ProviderError):
        await survey.note_failure(provider, error)
    elif error is None:
        await survey.note_success(provider)
    loaded = error is None and attempt.route.known_unloaded
    if loaded or isinstance(error, ModelMissing):
        # What it has is not what is known of it: who looks next asks.
        await sync_to_async(survey.forget)(provider)


async def _tell_circuit(attempt: Attempt) -> None:
    route, breaker = attempt.route, machinery().breaker
    said = _said.setdefault(breaker, {})
    state = (await breaker.state(route.key)).state
    if said.get(route.key, "closed") != state:
        said[route.key] = state
        state_changed(StateRecord(route.provider.pk, route.provider.kind, route.model, state))
