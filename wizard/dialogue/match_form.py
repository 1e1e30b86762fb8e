"""Typed text for a form: ``Name: Sales, Description: by month``, or the first field alone."""

from __future__ import annotations

import re
from datetime import date, time

from pydantic import JsonValue

from wizard.dialogue.question import Field, Question
from wizard.dialogue.typed import normal, one_edit, read_date, read_time, unquoted


def match_form(question: Question, text: str) -> dict[str, JsonValue] | str:
    """The fields named in the text, over the values already there; or what was not understood."""
    kept = question.current if isinstance(question.current, dict) else {}
    spoken = _labelled(question, text)
    if not spoken:
        return _unlabelled(question, text, kept)
    values: dict[str, JsonValue] = dict(kept)
    for field, said in spoken:
        value = read_field(field, said)
        if value is None:
            return f"{field.label}: I did not understand “{said[:60]}”."
        values[field.name] = value
    return values


def _labelled(question: Question, text: str) -> list[tuple[Field, str]]:
    """``label: value`` parts. A label counts at the start, or after a comma, semicolon or line."""
    labels = {label: field for field in question.fields for label in _labels(field)}
    names = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    if not names:
        return []
    pattern = re.compile(rf"(?:^|[,;\n])\s*({names})\s*[:=]\s*", re.IGNORECASE)
    found = list(pattern.finditer(text))
    if not found or text[: found[0].start()].strip():
        return []
    ends = [match.start() for match in found[1:]] + [len(text)]
    by_name = {label.casefold(): field for label, field in labels.items()}
    return [
        (by_name[match[1].casefold()], unquoted(text[match.end() : end].strip(" ,;\n"))[0])
        for match, end in zip(found, ends, strict=True)
    ]


def _labels(field: Field) -> tuple[str, ...]:
    return tuple({field.label, field.name, field.name.removeprefix("type.")})


def _unlabelled(
    question: Question, text: str, kept: dict[str, JsonValue]
) -> dict[str, JsonValue] | str:
    """A value without a label is the first field's, or the first it can be read as."""
    said = unquoted(text)[0]
    for field in question.fields:
        if not field.secret and (value := read_field(field, said)) is not None:
            return {**kept, field.name: value}
    names = ", ".join(field.label for field in question.fields)
    return f"I did not understand that. Say for instance “{question.fields[0].label}: …” ({names})."


def read_field(field: Field, said: str) -> JsonValue:
    """The field's value in these words; ``None`` when they are none."""
    if field.kind == "choice":
        return _choice(field, said)
    if field.kind == "integer":
        return int(said) if re.fullmatch(r"[+-]?\d{1,15}", said) else None
    if field.kind == "boolean":
        return _BOOLEANS.get(normal(said))
    if field.kind in ("date", "time"):
        moment: date | time | None
        moment = read_date(said) if field.kind == "date" else read_time(said)
        return moment.isoformat() if moment else None
    return said


_BOOLEANS = {"yes": True, "y": True, "ja": True, "on": True, "true": True,
             "no": False, "n": False, "nein": False, "off": False, "false": False}  # fmt: skip


def _choice(field: Field, said: str) -> str | None:
    words = normal(said)
    names = [(normal(name), key) for key, label in field.choices for name in (key, label)]
    rules = (
        lambda name: name == words,
        lambda name: len(words) >= 2 and name.startswith(words),
        lambda name: len(words) >= 5 and one_edit(words, name),
    )
    for rule in rules:
        found = {key for name, key in names if rule(name)}
        if len(found) == 1:
            return found.pop()
    return None
