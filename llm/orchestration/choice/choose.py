"""The choice itself: who may be used at all, the one that was asked for, else the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llm.orchestration.choice.candidates import Candidate, same_model
from llm.orchestration.choice.complexity import Complexity
from llm.orchestration.choice.ranking import PURPOSE_WORDS, Task, rank, reason
from llm.orchestration.purposes import Purpose

_NEEDS = {
    "vision": "look at images",
    "tools": "use tools",
    "thinking": "think before it answers",
    "embedding": "turn texts into vectors",
    "completion": "hold a conversation",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """``reason`` is a sentence for the answer's details; ``others`` may be tried after it, in
    this order, if that is said to the person who asked."""

    candidate: Candidate
    reason: str
    others: tuple[Candidate, ...] = ()


class NoModel(Exception):
    """Nothing may be used, or not what was asked for.

    ``code``: MODEL_MISSING (not there), MODEL_NOT_ALLOWED (role), MODEL_EXTERNAL (prompts would
    leave the machine), MODEL_UNSUPPORTED (it cannot do that). ``others`` could be used instead,
    if that is said.
    """

    def __init__(self, sentence: str, code: str, others: tuple[Candidate, ...] = ()) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code
        self.others = others


def choose(
    purpose: Purpose,
    *,
    candidates: Sequence[Candidate],
    wanted: str | None = None,
    preferences: Sequence[str] = (),
    need: frozenset[str] = frozenset(),
    complexity: Complexity | None = None,
    tokens: int = 0,
) -> Choice:
    """The model for a purpose, or ``NoModel``.

    ``wanted`` and ``preferences`` are names or ``Candidate.key``. ``need`` adds to what the
    purpose needs: "vision", "tools", "thinking". A model that is wanted is never replaced here.
    A provider that does not answer is only put last: it may answer by now.
    """
    task = Task(purpose, tuple(preferences), need | _needed(purpose), complexity, tokens)
    usable = [each for each in candidates if each.permitted and _able(each, task, wanted)]
    ranked = sorted(usable, key=lambda each: rank(each, task))
    if wanted:
        return _wanted(wanted, candidates, ranked, task)
    if not ranked:
        raise _nothing(candidates, task)
    best, *others = ranked
    return Choice(best, reason(best, others, task), _instead(best, others, task))


def _needed(purpose: Purpose) -> frozenset[str]:
    return frozenset({"embedding" if purpose is Purpose.EMBED else "completion"})


def _able(candidate: Candidate, task: Task, wanted: str | None) -> bool:
    return not _lacking(candidate, task, wanted)


def _lacking(candidate: Candidate, task: Task, wanted: str | None) -> list[str]:
    """What it cannot do. Where the server does not tell, the name has to: no model for vectors is
    asked to talk, and none is asked for vectors that is not called so or was named for it."""
    if candidate.capabilities is not None:
        return sorted(task.need - candidate.capabilities)
    named = any(candidate.is_named(name) for name in (*task.preferences, wanted or ""))
    if task.purpose is Purpose.EMBED:
        return [] if named or candidate.embeds_only else ["embedding"]
    return ["completion"] if candidate.embeds_only else []


def _wanted(
    wanted: str, candidates: Sequence[Candidate], ranked: Sequence[Candidate], task: Task
) -> Choice:
    best = next((each for each in ranked if each.is_named(wanted)), None)
    if best is None:
        raise _refusal(wanted, candidates, ranked, task)
    others = [each for each in ranked if each is not best]
    trouble = " Its provider did not answer lately." if best.in_trouble else ""
    return Choice(best, f"It was asked for by name.{trouble}", _instead(best, others, task))


def _instead(best: Candidate, others: Sequence[Candidate], task: Task) -> tuple[Candidate, ...]:
    """Vectors of different models cannot be compared: only the same model may stand in."""
    if task.purpose is not Purpose.EMBED:
        return tuple(others)
    return tuple(each for each in others if same_model(each.name, best.name))


def _refusal(
    wanted: str, candidates: Sequence[Candidate], ranked: Sequence[Candidate], task: Task
) -> NoModel:
    """Why what was asked for by name cannot be had; told of the one that comes nearest."""
    others = () if task.purpose is Purpose.EMBED else tuple(ranked)
    named = sorted((each for each in candidates if each.is_named(wanted)), key=_nearness)
    if not named:
        sentence = f"The model “{wanted}” is not installed on any provider."
        return NoModel(sentence, "MODEL_MISSING", others)
    nearest = named[0]
    if not nearest.access:
        sentence = f"Your role may not use the model “{wanted}”."
        return NoModel(sentence, "MODEL_NOT_ALLOWED", others)
    if not nearest.permitted:
        sentence = f"Prompts to “{wanted}” leave this machine, and no Admin has allowed that."
        return NoModel(sentence, "MODEL_EXTERNAL", others)
    lacking = _words(_lacking(nearest, task, wanted))
    return NoModel(f"The model “{wanted}” cannot {lacking}.", "MODEL_UNSUPPORTED", others)


def _nearness(candidate: Candidate) -> tuple[bool, bool]:
    return not candidate.access, not candidate.permitted


def _nothing(candidates: Sequence[Candidate], task: Task) -> NoModel:
    what = PURPOSE_WORDS[task.purpose]
    able = [each for each in candidates if _able(each, task, None)]
    if not candidates:
        return NoModel("No model is installed.", "MODEL_MISSING")
    if not able:
        sentence = (
            f"No installed model can be used for {what}: it must {_words(sorted(task.need))}."
        )
        return NoModel(sentence, "MODEL_UNSUPPORTED")
    if any(each.access for each in able):
        sentence = f"Every model for {what} sends prompts elsewhere, which no Admin has allowed."
        return NoModel(sentence, "MODEL_EXTERNAL")
    return NoModel(f"Your role may not use any of the models for {what}.", "MODEL_NOT_ALLOWED")


def _words(needs: Sequence[str]) -> str:
    return " and ".join(_NEEDS.get(need, need) for need in needs)
