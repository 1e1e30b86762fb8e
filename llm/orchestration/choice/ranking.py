"""What makes one model better than another for a purpose: criteria in order of their weight.

The first criterion in which two models differ decides, and is also why the better one is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llm.orchestration.choice.candidates import Candidate
from llm.orchestration.choice.complexity import Complexity
from llm.orchestration.purposes import Purpose

SMALL = (1.0, 9.0)
"""Billions of parameters that make a quick model: enough to follow a form, few enough for speed."""
USUAL = (1.0, 15.0)
"""What a machine without a large GPU answers with in reasonable time."""
UNKNOWN = 7.0

PURPOSE_WORDS = {
    Purpose.CHAT: "conversations",
    Purpose.EXTRACT: "filling in forms",
    Purpose.TITLE: "titles",
    Purpose.SUMMARY: "summaries",
    Purpose.SQL: "writing SQL",
    Purpose.EMBED: "searching by meaning",
}


@dataclass(frozen=True, slots=True)
class Task:
    """What a model is wanted for. ``tokens``: what the prompt takes at least, 0 if unknown."""

    purpose: Purpose
    preferences: tuple[str, ...] = ()
    need: frozenset[str] = frozenset()
    complexity: Complexity | None = None
    tokens: int = 0

    def preferred(self, candidate: Candidate) -> int:
        """Its place among the preferences; their number if it is none of them."""
        places = (n for n, name in enumerate(self.preferences) if candidate.is_named(name))
        return next(places, len(self.preferences))


Rank = tuple[float | str, ...]


def rank(candidate: Candidate, task: Task) -> Rank:
    """Smaller is better; total, so that no two models of a provider are alike."""
    return tuple(measure(candidate, task) for measure, _ in _CRITERIA)


def reason(best: Candidate, others: Sequence[Candidate], task: Task) -> str:
    """Why ``best`` comes before the next, one sentence."""
    if not others:
        return "It is the only model that can be used for this."
    ranks = zip(rank(best, task), rank(others[0], task), _CRITERIA, strict=True)
    why = next((words for one, other, (_, words) in ranks if one != other), _by_name)
    return why(best, task)


def _trouble(candidate: Candidate, task: Task) -> float:
    return float(candidate.in_trouble)


def _preference(candidate: Candidate, task: Task) -> float:
    return float(task.preferred(candidate))


def _too_short(candidate: Candidate, task: Task) -> float:
    return float(candidate.context_length is not None and candidate.context_length < task.tokens)


def _too_small(candidate: Candidate, task: Task) -> float:
    """Fewer than a billion parameters make a title, but not much sense."""
    if task.purpose in {Purpose.TITLE, Purpose.EMBED}:
        return 0.0
    return float(_size(candidate) < SMALL[0])


def _unloaded(candidate: Candidate, task: Task) -> float:
    return float(not candidate.loaded)


def _unhealthy(candidate: Candidate, task: Task) -> float:
    return {"ok": 0.0, "unknown": 1.0}.get(candidate.health, 2.0)


def _uncertain(candidate: Candidate, task: Task) -> float:
    """A server that does not tell what its models can do may still be asked, after the others."""
    return float(bool(task.need) and candidate.capabilities is None)


def _slow_thinker(candidate: Candidate, task: Task) -> float:
    return float(task.purpose in {Purpose.TITLE, Purpose.EXTRACT} and candidate.thinks_always)


def _misused(candidate: Candidate, task: Task) -> float:
    return float(task.purpose is Purpose.EMBED and not candidate.embeds_only)


def _wrong_size(candidate: Candidate, task: Task) -> float:
    size = _size(candidate)
    if wants_large(task):
        return -size
    if task.purpose is Purpose.EMBED:
        return size
    least, most = USUAL if task.purpose is Purpose.CHAT else SMALL
    if not least <= size <= most:
        return 1000 + abs(size - most)
    return -size if task.purpose is Purpose.CHAT and not _is_simple(task) else size


def wants_large(task: Task) -> bool:
    complex_chat = task.purpose is Purpose.CHAT and task.complexity is Complexity.COMPLEX
    return task.purpose is Purpose.SQL or complex_chat


def _is_simple(task: Task) -> bool:
    return task.complexity is Complexity.SIMPLE


def _size(candidate: Candidate) -> float:
    return UNKNOWN if candidate.billions is None else candidate.billions


def _provider(candidate: Candidate, task: Task) -> float:
    return float(candidate.provider_order)


def _name(candidate: Candidate, task: Task) -> str:
    return candidate.name.casefold()


def _spelling(candidate: Candidate, task: Task) -> str:
    return candidate.name


def _identity(candidate: Candidate, task: Task) -> float:
    return float(candidate.provider_id)


def _by_preference(candidate: Candidate, task: Task) -> str:
    loaded = "loaded and " if candidate.loaded else ""
    return f"It is {loaded}preferred for {PURPOSE_WORDS[task.purpose]}."


def _by_size(candidate: Candidate, task: Task) -> str:
    state = "loaded" if candidate.loaded else "installed"
    if wants_large(task):
        what = "a demanding question" if task.purpose is Purpose.CHAT else "writing SQL"
        return f"It is the largest {state} model, for {what}."
    if task.purpose is Purpose.CHAT and not _is_simple(task):
        return f"It is the largest {state} model that answers at a usual speed."
    return (
        f"It is the smallest {state} model that is good enough for {PURPOSE_WORDS[task.purpose]}."
    )


def _by_name(candidate: Candidate, task: Task) -> str:
    return "It comes first by provider and name; nothing else tells the models apart."


def _says(sentence: str) -> Callable[[Candidate, Task], str]:
    return lambda candidate, task: sentence


_CRITERIA: tuple[
    tuple[Callable[[Candidate, Task], float | str], Callable[[Candidate, Task], str]], ...
] = (
    (_trouble, _says("Its provider answers; those of the others do not at present.")),
    (_too_short, _says("Its context window holds all of the prompt.")),
    (_preference, _by_preference),
    (_too_small, _says("Other models are too small for this.")),
    (_unloaded, _says("It is already loaded, so that it answers at once.")),
    (_unhealthy, _says("Its provider is in good health.")),
    (_uncertain, _says("It is known to be able to do this.")),
    (_slow_thinker, _says("It answers without thinking at length first.")),
    (_misused, _says("It is made for searching by meaning.")),
    (_wrong_size, _by_size),
    (_provider, _says("Its provider comes first in the order.")),
    (_name, _by_name),
    (_spelling, _by_name),
    (_identity, _by_name),
)
