"""What somebody answered, as it came over a form or the API, read against the open question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from wizard.dialogue import Catalog, Command, Matched, NotUnderstood, Question, match
from wizard.dialogue.question import Field, Option

Heard = Matched | Command | NotUnderstood


@dataclass(frozen=True, kw_only=True)
class Said:
    """One message: typed text, a value as it is, chosen options, a form, or an upload's ID."""

    text: str = ""
    value: str | None = None
    options: tuple[str | int, ...] = ()
    fields: Mapping[str, Any] | None = None
    upload: str = ""

    @property
    def empty(self) -> bool:
        given = self.text.strip() or self.options or self.upload
        return not given and self.fields is None and self.value is None


def hear(question: Question, said: Said, catalog: Catalog) -> Heard:
    """The value in this message, whatever form it came in."""
    if said.upload:
        info = catalog.upload(said.upload)
        return Matched(said.upload, info.name if info else "")
    if said.fields is not None and question.kind == "form":
        return Matched(dict(said.fields), _form_words(question, said.fields))
    if said.value is not None and question.kind == "text":
        return Matched(said.value, said.value.strip())
    if said.options or (question.multiple and said.empty):
        return _chosen(question, said.options, catalog)
    return match(question, said.text, catalog)


def _chosen(question: Question, values: tuple[str | int, ...], catalog: Catalog) -> Heard:
    found = [_option(question, value) for value in values]
    chosen: list[JsonValue] = [option.value if option else given for option, given in
                               zip(found, map(_plain, values), strict=True)]  # fmt: skip
    words = ", ".join(
        option.label if option else _name(question, given, catalog)
        for option, given in zip(found, chosen, strict=True)
    )
    if question.multiple:
        return Matched(chosen, words)
    return Matched(chosen[0] if len(chosen) == 1 else None, words)


def _option(question: Question, value: str | int) -> Option | None:
    return next((one for one in question.options if str(one.value) == str(value)), None)


def _plain(value: str | int) -> str | int:
    """An ID beyond the options shown came as text."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _name(question: Question, value: JsonValue, catalog: Catalog) -> str:
    item = None
    if question.entity is not None and type(value) is int:
        item = catalog.item(question.entity, value)
    return item.name if item else str(value)


def _form_words(question: Question, fields: Mapping[str, Any]) -> str:
    """The form as a person would sum it up; of many columns, those that were changed."""
    said = [
        (field, _words(field, fields.get(field.name)))
        for field in question.fields
        if not field.secret
    ]
    if any(field.name.startswith("type.") for field in question.fields):
        said = [(field, text) for field, text in said if text != _words(field, field.default)]
    told = [f"{field.label}: {text}" for field, text in said if text]
    return ", ".join(told) or "As proposed"


def _words(field: Field, value: Any) -> str:
    if field.kind == "choice":
        return dict(field.choices).get(str(value), str(value or ""))
    return "" if value is None else str(value).strip()
