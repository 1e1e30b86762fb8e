"""What the wizard says and hears, as data: pages, API and tests draw and answer the same things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import JsonValue

from wizard.plan.model import Entity, Step

QuestionKind = Literal["choice", "multi", "text", "form", "upload", "pick"]
FieldKind = Literal["text", "integer", "password", "choice", "boolean", "date", "time"]


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. ``value`` is a name of ours or the ID of an item; ``aliases`` are other
    words for it ("yes", "keep"). A disabled one says why in ``reason``."""

    value: str | int
    label: str
    description: str = ""
    icon: str = ""
    disabled: bool = False
    reason: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form question. ``default`` is what "keep" means; secrets have none."""

    name: str
    label: str
    kind: FieldKind = "text"
    required: bool = True
    default: str | int | bool = ""
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    max_length: int = 200
    minimum: int | None = None
    maximum: int | None = None
    multiline: bool = False

    @property
    def secret(self) -> bool:
        return self.kind == "password"


@dataclass(frozen=True, slots=True)
class Question:
    """``key`` is stable and structured: ``report[1].chart``.

    ``explain`` says why the first choice is proposed; ``notes`` are facts to show beside the
    question; ``problem`` says what was wrong with the answer given before; ``current`` is the
    previous answer when coming back, ``default`` the proposal taken by "keep".
    ``entity`` makes a pick searchable; ``hidden`` counts the items beyond those offered.
    """

    key: str
    text: str
    kind: QuestionKind
    options: tuple[Option, ...] = ()
    fields: tuple[Field, ...] = ()
    help: str = ""
    explain: str = ""
    notes: tuple[str, ...] = ()
    problem: str = ""
    current: JsonValue = None
    default: JsonValue = None
    multiple: bool = False
    minimum: int = 1
    maximum: int = 200
    max_length: int = 200
    extensions: tuple[str, ...] = ()
    entity: Entity | None = None
    hidden: int = 0

    def option(self, value: JsonValue) -> Option | None:
        """The option with exactly this value (``1`` is not ``"1"`` and not ``True``)."""
        for option in self.options:
            if type(option.value) is type(value) and option.value == value:
                return option
        return None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Answer:
    """``value`` is what the engine reads, ``text`` what the person said.

    A withdrawn answer was taken back: its question is asked again and shows it as current.
    """

    question: str
    value: JsonValue
    text: str = ""
    withdrawn: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Complete:
    """Everything needed is known: the steps of the plan, in the order they can be done."""

    steps: tuple[Step, ...]
    description: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListedItem:
    id: int
    name: str
    kind: str
    project: str
    description: str
    url: str


@dataclass(frozen=True, slots=True)
class Listing:
    entity: Entity
    title: str
    items: tuple[ListedItem, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer given at once, without a plan. ``options`` are first answers of a new session."""

    text: str
    listings: tuple[Listing, ...] = ()
    closing: str = ""
    options: tuple[Option, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


Next = Question | Complete | Reply
REDACTED = "(connection details)"  # the text of an answer that held secrets


def enabled(options: Sequence[Option]) -> list[Option]:
    return [option for option in options if not option.disabled]
