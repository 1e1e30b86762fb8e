"""Questions, answers and states as templates draw them: no logic is left for these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import JsonValue

from wizard.dialogue import Answer, Question, Status
from wizard.dialogue.question import Field, Option

STATUS_WORDS: dict[str, tuple[str, str | Promise]] = {
    Status.INIT: ("new", gettext_lazy("New")),
    Status.COLLECTING: ("draft", gettext_lazy("In progress")),
    Status.PLANNING: ("running", gettext_lazy("Trying it out")),
    Status.CONFIRMING: ("waiting", gettext_lazy("To be confirmed")),
    Status.EXECUTING: ("executing", gettext_lazy("Executing")),
    Status.COMPLETED: ("completed", gettext_lazy("Completed")),
    Status.FAILED: ("failed", gettext_lazy("Failed")),
    Status.EXPIRED: ("paused", gettext_lazy("Expired")),
    Status.STALE: ("stale", gettext_lazy("Out of date")),
    Status.CANCELLED: ("cancelled", gettext_lazy("Cancelled")),
    Status.UNDONE: ("off", gettext_lazy("Undone")),
}
# Icons that the dialogue and the connectors name, but the sprite calls otherwise.
_ICONS = {
    "chart-number": "number",
    "chart-table": "table",
    "file-text": "file",
    "file-database": "package",
    "braces": "json",
}


@dataclass(frozen=True, slots=True)
class OptionCard:
    value: str
    label: str
    text: str
    icon: str
    number: int
    chosen: bool
    disabled: bool


@dataclass(frozen=True, slots=True)
class FieldDrawn:
    """``kind`` is the HTML input's type, or select, textarea, checkbox."""

    name: str
    id: str
    label: str
    kind: str
    value: str
    help: str
    required: bool
    choices: tuple[tuple[str, str], ...]
    max_length: int
    minimum: int | None
    maximum: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class QuestionDrawn:
    question: Question
    options: list[OptionCard]
    fields: list[FieldDrawn]
    value: str
    problem: str
    multiple: bool
    searchable: bool
    q: str = ""
    found: int = 0

    @property
    def kind(self) -> str:
        return "choice" if self.question.kind in ("choice", "multi", "pick") else self.question.kind

    @property
    def dense(self) -> bool:
        """A form of many short fields, such as the types of columns."""
        return len(self.fields) > 4


def question_drawn(
    question: Question,
    *,
    entered: Mapping[str, Any] | None = None,
    problem: str = "",
    found: Sequence[Option] | None = None,
    q: str = "",
) -> QuestionDrawn:
    """``entered`` is what was just sent and refused; ``found`` replaces the options by what a
    search found, beside those that lead elsewhere."""
    options = list(question.options if found is None else _beside(question, found))
    return QuestionDrawn(
        question=question,
        options=option_cards(question, options),
        fields=[_field(question, field, entered) for field in question.fields],
        value=_text((entered or {}).get("value", _kept(question))),
        problem=problem or question.problem,
        multiple=question.multiple,
        searchable=question.entity is not None and (question.hidden > 0 or len(options) > 8),
        q=q,
        found=len(found or ()),
    )


def option_cards(question: Question, options: Sequence[Option]) -> list[OptionCard]:
    kept = _kept(question)
    chosen = kept if isinstance(kept, list) else [kept]
    return [
        OptionCard(
            value=str(option.value),
            label=option.label,
            text=(option.reason if option.disabled else "") or option.description,
            icon=_ICONS.get(option.icon, option.icon),
            number=number,
            chosen=option.value in chosen and _marks(question),
            disabled=option.disabled,
        )
        for number, option in enumerate(options, start=1)
    ]


def search_options(question: Question, found: Sequence[Option]) -> list[OptionCard]:
    return option_cards(question, _beside(question, found))


def _beside(question: Question, found: Sequence[Option]) -> list[Option]:
    return [*found, *(option for option in question.options if isinstance(option.value, str))]


def _marks(question: Question) -> bool:
    """A single choice is marked only when one comes back to it."""
    return question.multiple or question.current is not None


def _kept(question: Question) -> JsonValue:
    return question.current if question.current is not None else question.default


def _field(question: Question, field: Field, entered: Mapping[str, Any] | None) -> FieldDrawn:
    kept = question.current if isinstance(question.current, dict) else {}
    value = (entered or {}).get(field.name, kept.get(field.name, field.default))
    note = ""
    if field.secret:
        note = _("Left empty, it stays as it is.") if isinstance(value, dict) else ""
        value = ""
    return FieldDrawn(
        name=f"field.{field.name}",
        id=f"field-{field.name.replace('.', '-')}",
        label=field.label,
        kind=_control(field),
        value=_text(value),
        help=field.help,
        required=field.required and not note,
        choices=field.choices,
        max_length=field.max_length,
        minimum=field.minimum,
        maximum=field.maximum,
        note=note,
    )


def _control(field: Field) -> str:
    if field.kind == "text":
        return "textarea" if field.multiline else "text"
    kinds = {"integer": "number", "choice": "select", "boolean": "checkbox"}
    return kinds.get(field.kind, field.kind)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None or isinstance(value, dict | list) else str(value)


@dataclass(frozen=True, slots=True)
class AnswerLine:
    key: str
    label: str
    text: str


_LABELS: dict[str, str | Promise] = {
    "intent": gettext_lazy("What to do"),
    "other.request": gettext_lazy("In your words"),
    "project": gettext_lazy("Project"),
    "kind": gettext_lazy("Type"),
    "upload": gettext_lazy("File"),
    "sheet": gettext_lazy("Sheet"),
    "columns": gettext_lazy("Columns"),
    "connection": gettext_lazy("Connection"),
    "name": gettext_lazy("Name"),
    "about": gettext_lazy("Name"),
    "have_source": gettext_lazy("Data source"),
    "source": gettext_lazy("Data source"),
    "have_reports": gettext_lazy("Reports"),
    "reports": gettext_lazy("Reports"),
    "suggested": gettext_lazy("Suggestions"),
    "more": gettext_lazy("More reports"),
    "table": gettext_lazy("Table"),
    "chart": gettext_lazy("Chart"),
    "x": gettext_lazy("Along the bottom"),
    "y": gettext_lazy("Number shown"),
    "grain": gettext_lazy("Grouped"),
    "aggregate": gettext_lazy("Summed up"),
    "series": gettext_lazy("Split by"),
    "target": gettext_lazy("For"),
    "report": gettext_lazy("Report"),
    "dashboard": gettext_lazy("Dashboard"),
    "task": gettext_lazy("Task"),
    "format": gettext_lazy("Format"),
    "recipients": gettext_lazy("Recipients"),
    "when": gettext_lazy("When"),
    "at": gettext_lazy("Time"),
    "entity": gettext_lazy("What"),
    "filter": gettext_lazy("Only"),
}
_OWNERS: dict[str, str | Promise] = {
    "source": gettext_lazy("Data source"),
    "report": gettext_lazy("Report"),
    "dashboard": gettext_lazy("Dashboard"),
    "schedule": gettext_lazy("Schedule"),
    "list": gettext_lazy("List"),
}


def answer_lines(answers: Sequence[Answer]) -> list[AnswerLine]:
    """What was answered so far, in the order asked; what was taken back is left out."""
    return [
        AnswerLine(one.question, answer_label(one.question), one.text or _text(one.value))
        for one in answers
        if not one.withdrawn
    ]


def answer_label(key: str) -> str:
    """``report[2].chart`` → “Report 2: Chart”."""
    if key in _LABELS:
        return str(_LABELS[key])
    owner, _dot, last = key.rpartition(".")
    name, _bracket, number = owner.partition("[")
    short = str(_LABELS.get(last.partition("[")[0], last.replace("_", " ").capitalize()))
    if name not in _OWNERS:
        return short
    suffix = f" {number.rstrip(']')}" if number and number != "1]" else ""
    return f"{_OWNERS[name]}{suffix}: {short}"
