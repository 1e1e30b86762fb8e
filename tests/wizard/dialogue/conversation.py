"""Talking to the dialogue as the page does: type or choose, store, replay."""

from __future__ import annotations

from typing import Any

from wizard.dialogue import (
    Answer,
    Catalog,
    Complete,
    Matched,
    Question,
    Reply,
    State,
    back,
    match,
    record,
    replay,
    seal,
)


class Conversation:
    def __init__(self, catalog: Catalog, answers: tuple[Answer, ...] = ()) -> None:
        self.catalog = catalog
        self.secrets: dict[str, str] = {}
        self.state: State = replay(answers, catalog)

    @property
    def question(self) -> Question:
        assert isinstance(self.state.next, Question), self.state.next
        return self.state.next

    @property
    def complete(self) -> Complete:
        assert isinstance(self.state.next, Complete), self.state.next
        return self.state.next

    @property
    def reply(self) -> Reply:
        assert isinstance(self.state.next, Reply), self.state.next
        return self.state.next

    def choose(self, value: Any, text: str = "") -> Conversation:
        answer, secrets = seal(self.question, value, text or str(value))
        self.secrets |= secrets
        self.state = replay(record(self.state.answers, answer), self.catalog)
        return self

    def type(self, *texts: str) -> Conversation:
        for text in texts:
            heard = match(self.question, text, self.catalog)
            assert isinstance(heard, Matched), (self.question.key, text, heard)
            self.choose(heard.value, heard.text)
        return self

    def back(self) -> Conversation:
        self.state = replay(back(self.state), self.catalog)
        return self

    def again(self) -> Conversation:
        """The same answers, the world as it is now."""
        self.state = replay(self.state.answers, self.catalog)
        return self
