"""The guided conversation: pure questions and answers, no Django.

state = replay(answers, catalog)            # state.next: Question, Complete or Reply
heard = match(state.next, text, catalog)    # Matched, Command or NotUnderstood
answer, secrets = seal(state.next, heard.value, heard.text)
answers = record(state.answers, answer)
"""

from wizard.dialogue.catalog import Catalog
from wizard.dialogue.engine import State, back, next_question, record, reopen, replay, seal
from wizard.dialogue.match import Command, Matched, NotUnderstood, match, search
from wizard.dialogue.question import Answer, Complete, Field, Option, Question, Reply
from wizard.dialogue.transitions import Event, IllegalTransition, Status, advance, allowed

__all__ = [
    "Answer",
    "Catalog",
    "Command",
    "Complete",
    "Event",
    "Field",
    "IllegalTransition",
    "Matched",
    "NotUnderstood",
    "Option",
    "Question",
    "Reply",
    "State",
    "Status",
    "advance",
    "allowed",
    "back",
    "match",
    "next_question",
    "record",
    "reopen",
    "replay",
    "seal",
    "search",
]
