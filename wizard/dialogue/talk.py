"""One replay of a conversation: flows ask, stored answers reply, the first gap stops it.

A flow is an ordinary function that calls ``ask``. While answers are there it runs on; where one is
missing, taken back or no longer possible, ``Pending`` carries the question out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NoReturn, cast

from pydantic import JsonValue

from wizard.dialogue.accept import Refused, accept, clean
from wizard.dialogue.catalog import Catalog, Item
from wizard.dialogue.drafts import Preview, ReportDraft, SourceDraft
from wizard.dialogue.question import Answer, Question, enabled
from wizard.plan.model import Entity


class Pending(Exception):
    """The conversation stops at this question."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.key)
        self.question = question


@dataclass(frozen=True, slots=True)
class Objection:
    """What the world says against an answer of the right form, and the question to ask instead."""

    message: str
    question: Question | None = None


STUCK = "None of these is possible right now. You can go back and choose differently."
Check = Callable[[JsonValue], Objection | None]


class Talk:
    """The replay's state: what was asked, what it led to."""

    def __init__(self, answers: Iterable[Answer], catalog: Catalog) -> None:
        self.catalog = catalog
        self.answers = {answer.question: answer for answer in answers}
        self.trail: list[str] = []
        self.asked: dict[str, Question] = {}
        self.notes: list[str] = []
        self.intent = ""
        self.project: int | None = None
        self.sources: list[SourceDraft] = []
        self.reports: list[ReportDraft] = []
        self.preview: Preview | None = None
        self._items: dict[Entity, list[Item]] = {}
        self._names: set[tuple[Entity, str]] = set()
        self._new = {Entity.REPORT: 0, Entity.DATA_SOURCE: 0}

    def ask(self, question: Question, check: Check | None = None) -> JsonValue:
        """The answer in normal form; ``Pending`` when there is none that holds."""
        question = self._with_notes(question)
        answer = self.answers.get(question.key)
        if answer is None:
            raise Pending(question)
        try:
            value = accept(question, answer.value)
        except Refused as refused:
            raise Pending(_again(question, answer, str(refused))) from None
        if answer.withdrawn:
            raise Pending(replace(question, current=value))
        if check and (objection := check(value)):
            asked = objection.question or question
            raise Pending(replace(asked, notes=question.notes, problem=objection.message))
        self.notes.clear()
        self.trail.append(question.key)
        self.asked[question.key] = question
        return value

    def object(self, question: Question) -> NoReturn:
        """Stop at this question: its answer does not hold."""
        raise Pending(self._with_notes(question))

    def object_to(self, key: str, problem: str) -> NoReturn:
        """Stop at a question answered before, because of what its answer led to."""
        del self.trail[self.trail.index(key) :]
        raise Pending(replace(self.asked[key], problem=problem))

    def _with_notes(self, question: Question) -> Question:
        """Facts found on the way here, and a way out where nothing can be chosen."""
        if question.kind in ("choice", "multi", "pick") and not enabled(question.options):
            question = replace(question, help=STUCK)
        return replace(question, notes=(*self.notes, *question.notes))

    def choose(self, question: Question, check: Check | None = None) -> str:
        return str(self.ask(question, check))

    def choose_many(self, question: Question, check: Check | None = None) -> list[str | int]:
        return cast(list[str | int], self.ask(question, check))

    def fill(self, question: Question, check: Check | None = None) -> dict[str, JsonValue]:
        return cast(dict[str, JsonValue], self.ask(question, check))

    def said(self, key: str) -> str:
        """The words of the stored answer, to name what has gone."""
        answer = self.answers.get(key)
        return answer.text if answer else ""

    def number(self, entity: Entity) -> int:
        """1, 2, … for each new thing of a kind in this conversation."""
        self._new[entity] += 1
        return self._new[entity]

    def take_name(self, entity: Entity, name: str) -> None:
        self._names.add((entity, name.casefold()))

    def name_free(self, entity: Entity, name: str) -> bool:
        if (entity, name.casefold()) in self._names:
            return False
        return self.catalog.name_free(entity, name, self.project)

    def free_name(self, entity: Entity, wanted: str) -> str:
        """``wanted``, or the first of "wanted 2", "wanted 3" … that is free."""
        base = clean(wanted)[:190].strip() or "New"
        for n in range(1, 1000):
            name = base if n == 1 else f"{base} {n}"
            if self.name_free(entity, name):
                return name
        return base

    def items(self, entity: Entity) -> list[Item]:
        """All of an entity; looked up once a replay."""
        if entity not in self._items:
            self._items[entity] = list(items(self.catalog, entity))
        return self._items[entity]


def items(catalog: Catalog, entity: Entity, q: str = "") -> Iterable[Item]:
    listing = {
        Entity.DATA_SOURCE: catalog.sources,
        Entity.REPORT: catalog.reports,
        Entity.DASHBOARD: catalog.dashboards,
        Entity.SCHEDULE: catalog.schedules,
    }
    return listing[entity](q)


def _again(question: Question, answer: Answer, problem: str) -> Question:
    """Ask again. An answer taken back is no mistake: it just cannot be shown any more."""
    if answer.withdrawn:
        return question
    return replace(question, problem=problem)
