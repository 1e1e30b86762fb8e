"""Which model answers: a pure function of what is there, what is wanted and what it is for."""

from llm.orchestration.choice.candidates import Candidate, same_model
from llm.orchestration.choice.choose import Choice, NoModel, choose
from llm.orchestration.choice.complexity import Complexity, complexity

__all__ = [
    "Candidate",
    "Choice",
    "Complexity",
    "NoModel",
    "choose",
    "complexity",
    "same_model",
]
