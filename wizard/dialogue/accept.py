"""Does a stored value answer a question? The same check for clicks, API calls, typed text and what
a model understood, and again at every replay, because the world may have changed since."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, time

from pydantic import JsonValue

from wizard.dialogue.question import Field, Option, Question


class Refused(Exception):
    """The value is no answer; ``str()`` is a sentence for people."""


def accept(question: Question, value: JsonValue) -> JsonValue:
    """The value in its normal form (names cleaned, defaults filled in). Raises ``Refused``."""
    if question.kind == "form":
        return _form(question, value)
    if question.kind == "text":
        return text(value, maximum=question.max_length, required=question.minimum > 0)
    if question.kind == "upload":
        if isinstance(value, str) and value:
            return value
        raise Refused("Please upload a file.")
    if question.multiple:
        return _many(question, value)
    return _one(question, value)


def text(value: JsonValue, *, maximum: int, required: bool, multiline: bool = False) -> str:
    """Clean what a person typed. Raises ``Refused`` when nothing is left or it is too long."""
    if not isinstance(value, str):
        raise Refused("Please type a text.")
    cleaned = clean(value, multiline=multiline)
    if required and not cleaned:
        raise Refused("Please type something here.")
    if len(cleaned) > maximum:
        raise Refused(f"That is too long: {len(cleaned)} characters, at most {maximum} fit.")
    return cleaned


def clean(value: str, *, multiline: bool = False) -> str:
    """Composed, trimmed, and without what cannot be seen (controls, bidi and zero-width marks)."""
    composed = unicodedata.normalize("NFC", value).replace("\r\n", "\n")
    spaced = composed if multiline else re.sub(r"\s+", " ", composed)
    visible = (c for c in spaced if c == "\n" or unicodedata.category(c) not in _INVISIBLE)
    return "".join(visible).strip()


_INVISIBLE = ("Cc", "Cf", "Co", "Cs", "Cn")


def _one(question: Question, value: JsonValue) -> JsonValue:
    option = question.option(value)
    if option is None:
        if question.kind == "pick" and question.hidden and _is_id(value):
            return value  # beyond those shown; the flow looks it up
        raise Refused("That is not one of the choices. Please choose again.")
    _refuse_disabled(option)
    return value


def _many(question: Question, value: JsonValue) -> JsonValue:
    if not isinstance(value, list):
        raise Refused("Please choose from the list.")
    chosen: list[JsonValue] = []
    for one in value:
        if one not in chosen:
            chosen.append(_one(question, one))
    if len(chosen) < question.minimum:
        raise Refused("Please choose at least one.")
    if len(chosen) > question.maximum:
        raise Refused(f"Please choose at most {question.maximum}.")
    return chosen


def _is_id(value: JsonValue) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _refuse_disabled(option: Option) -> None:
    if option.disabled:
        raise Refused(f"“{option.label}” is not possible. {option.reason}".strip())


def _form(question: Question, value: JsonValue) -> JsonValue:
    if not isinstance(value, Mapping):
        raise Refused("Please fill in the form.")
    known = {field.name for field in question.fields}
    if unknown := sorted(set(value) - known):
        raise Refused(f"There is no field “{unknown[0]}” here.")
    return {field.name: _field(field, value.get(field.name)) for field in question.fields}


def _field(field: Field, value: JsonValue) -> JsonValue:
    if value is None or (isinstance(value, str) and not value.strip() and field.required):
        value = field.default
    try:
        return _READERS[field.kind](field, value)
    except Refused as refused:
        raise Refused(f"{field.label}: {refused}") from None


def _text_field(field: Field, value: JsonValue) -> JsonValue:
    return text(value, maximum=field.max_length, required=field.required, multiline=field.multiline)


def _integer(field: Field, value: JsonValue) -> JsonValue:
    if value == "" and not field.required:
        return ""
    try:
        number = int(value) if not isinstance(value, bool) else None  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        number = None
    if number is None or (isinstance(value, float) and number != value):
        raise Refused("please give a whole number.")
    if field.minimum is not None and number < field.minimum:
        raise Refused(f"the smallest possible number is {field.minimum}.")
    if field.maximum is not None and number > field.maximum:
        raise Refused(f"the largest possible number is {field.maximum}.")
    return number


def _password(field: Field, value: JsonValue) -> JsonValue:
    """A secret arrives sealed (``engine.seal``): only its name is ever kept."""
    if isinstance(value, Mapping) and set(value) == {"secret"} and isinstance(value["secret"], str):
        return {"secret": value["secret"]}
    if not field.required and value in ("", None):
        return ""
    raise Refused("please give the secret again.")


def _choice(field: Field, value: JsonValue) -> JsonValue:
    if value in [key for key, _ in field.choices]:
        return value
    if value == "" and not field.required:
        return ""
    raise Refused("please choose one of the values offered.")


def _boolean(field: Field, value: JsonValue) -> JsonValue:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.casefold() in _BOOLEANS:
        return _BOOLEANS[value.casefold()]
    raise Refused("please say yes or no.")


_BOOLEANS = {
    "yes": True,
    "true": True,
    "on": True,
    "no": False,
    "false": False,
    "": False,
    "off": False,
}


def _date(field: Field, value: JsonValue) -> JsonValue:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise Refused("please give a date, such as 2026-02-20.") from None


def _time(field: Field, value: JsonValue) -> JsonValue:
    try:
        return time.fromisoformat(str(value)).strftime("%H:%M")
    except ValueError:
        raise Refused("please give a time, such as 08:00.") from None


_READERS = {
    "text": _text_field,
    "integer": _integer,
    "password": _password,
    "choice": _choice,
    "boolean": _boolean,
    "date": _date,
    "time": _time,
}
