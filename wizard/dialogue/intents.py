"""What a whole sentence asks for, by its words alone: "make me a dashboard" → create_dashboard."""

from __future__ import annotations

import re

from wizard.dialogue.typed import normal

_NOUNS = (
    (r"dash ?boards?", "dashboard"),
    (r"data ?sources?|data ?sets?|databases?|sources?|files?|spreadsheets?|uploads?|connections?",
     "source"),
    (r"schedules?|subscriptions?|reminders?", "schedule"),
    (r"reports?|charts?|graphs?|diagrams?|plots?|visuali[sz]ations?|tables?", "report"),
)  # fmt: skip
_VERBS = (
    (r"delete|remove|erase|trash|get rid of", "delete"),
    (r"update|change|edit|modify|rename|adjust|replace", "update"),
    (r"list|(show|see|find)( me)? (all|my|the|our|existing|every)"
     r"|(what|which) .*(have|exist|there)", "list"),
    (r"create|make|build|new|add|set up|setup|draw|plot|generate|design|i (want|need|would like)"
     r"|give me|show me|visuali[sz]e", "create"),
)  # fmt: skip
_SCHEDULING = r"schedule (a|an|the|my|this|it)\b|\bevery (hour|day|week|month|morning|\w+day)\b"
_SOURCING = r"\b(upload|connect|import)\b"
_REFUSAL = r"\b(don'?t|do not|never|not)\b"


def read_intent(text: str) -> str:
    """The first answer this sentence means, or "" when its words do not say so plainly."""
    words = normal(text)
    if re.search(_REFUSAL, words):
        return ""
    verb = _first(_VERBS, words)
    if verb in ("delete", "update"):
        return verb
    if re.search(_SCHEDULING, words):
        return "create_schedule"
    if verb == "list":
        return "list"
    if re.search(_SOURCING, words):
        return "create_source"
    noun = _first(_NOUNS, words)
    return f"create_{noun}" if verb == "create" and noun else ""


def _first(patterns: tuple[tuple[str, str], ...], words: str) -> str:
    """The meaning of the pattern that is found first in the sentence."""
    found = [
        (match.start(), meaning)
        for pattern, meaning in patterns
        if (match := re.search(rf"\b(?:{pattern})\b", words))
    ]
    return min(found, key=lambda one: one[0])[1] if found else ""
