"""Typed text against the question that is open, without a model: the same text always means
the same. What is not plain is not guessed: the choices are said again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from wizard.dialogue.accept import Refused, accept
from wizard.dialogue.catalog import Catalog
from wizard.dialogue.intents import read_intent
from wizard.dialogue.match_form import match_form
from wizard.dialogue.question import REDACTED, Option, Question, enabled
from wizard.dialogue.talk import items
from wizard.dialogue.typed import normal, one_edit, parts, read_id, read_number, unquoted
from wizard.dialogue.words import SHOWN, item_option


@dataclass(frozen=True, slots=True)
class Matched:
    """``text`` is the answer in words: labels rather than numbers."""

    value: JsonValue
    text: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    name: Literal["back", "cancel", "restart"]


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """``options`` are the choices it could mean, when there are several."""

    message: str
    options: tuple[Option, ...] = ()


Heard = Matched | Command | NotUnderstood
_COMMANDS: dict[str, Literal["back", "cancel", "restart"]] = {
    "back": "back",
    "go back": "back",
    "undo": "back",
    "zuruck": "back",
    "cancel": "cancel",
    "stop": "cancel",
    "quit": "cancel",
    "abbrechen": "cancel",
    "restart": "restart",
    "start over": "restart",
    "start again": "restart",
}
_KEEP = ("keep", "keep it", "keep them", "keep current", "skip", "yes", "ok", "okay", "ja")
_SKIP = ("skip", "none", "nothing", "no", "nein", "-")
_ALL = ("all", "all of them", "everything", "alle")


def match(question: Question, text: str, catalog: Catalog | None = None) -> Heard:
    """What ``text`` means here. With the catalog, items beyond those shown are found too."""
    bare, quoted = unquoted(text)
    if not bare:
        return NotUnderstood(f"Please type an answer. {_hint(question)}".strip())
    if not quoted and normal(bare) in _COMMANDS and not _names(question, bare):
        return Command(_COMMANDS[normal(bare)])
    if question.kind == "text":
        return _text(question, bare, quoted)
    if question.kind == "form":
        return _form(question, text)
    if question.kind == "upload":
        return NotUnderstood("Please upload a file here; its name alone is not enough.")
    if question.multiple:
        return _several(question, bare, catalog)
    return _single(question, bare, catalog)


def _names(question: Question, text: str) -> bool:
    """Is this the label of an option, and so no command?"""
    return any(normal(option.label) == normal(text) for option in question.options)


def _text(question: Question, text: str, quoted: bool) -> Heard:
    if not quoted and normal(text) in _KEEP and _kept(question) not in (None, ""):
        return Matched(_kept(question), str(_kept(question)))
    if not quoted and question.minimum == 0 and normal(text) in _SKIP:
        return Matched("", "")
    return _checked(question, text, text)


def _kept(question: Question) -> JsonValue:
    return question.current if question.current is not None else question.default


def _form(question: Question, text: str) -> Heard:
    if normal(text) in _KEEP:
        kept = question.current if isinstance(question.current, dict) else {}
        return _checked(question, kept, "keep")
    read = match_form(question, text)
    if isinstance(read, str):
        return NotUnderstood(read)
    if any(field.secret for field in question.fields):
        return Matched(read, REDACTED)  # checked once its secrets are sealed
    return _checked(question, read, text)


def _checked(question: Question, value: JsonValue, text: str) -> Heard:
    try:
        return Matched(accept(question, value), text)
    except Refused as refused:
        return NotUnderstood(str(refused))


def _single(question: Question, text: str, catalog: Catalog | None) -> Heard:
    if normal(text) in _KEEP[:4] and (kept := question.option(_kept(question))):
        return _take(kept)
    found = find(question, text, catalog)
    if len(found) == 1:
        return _take(found[0])
    if not found and question.key == "intent":
        option = question.option(read_intent(text))
        if option:
            return _take(option)
    return _unclear(question, text, found)


def _take(option: Option) -> Heard:
    if option.disabled:
        return NotUnderstood(f"“{option.label}” is not possible. {option.reason}".strip())
    return Matched(option.value, option.label)


def _several(question: Question, text: str, catalog: Catalog | None) -> Heard:
    kept = _kept(question)
    if normal(text) in _ALL:
        return _chosen(question, enabled(question.options))
    if normal(text) in _KEEP and isinstance(kept, list):
        options = [option for value in kept if (option := question.option(value))]
        return _chosen(question, options)
    whole = find(question, text, catalog)
    if len(whole) == 1:
        return _chosen(question, whole)
    chosen: list[Option] = []
    for part in parts(text):
        found = find(question, unquoted(part)[0], catalog)
        if len(found) != 1:
            return _unclear(question, part, found)
        chosen += found
    return _chosen(question, chosen) if chosen else _unclear(question, text, [])


def _chosen(question: Question, options: list[Option]) -> Heard:
    for option in options:
        if option.disabled:
            return _take(option)
    unique = list(dict.fromkeys(options))
    values: list[JsonValue] = [option.value for option in unique]
    return _checked(question, values, ", ".join(option.label for option in unique))


def find(question: Question, text: str, catalog: Catalog | None) -> list[Option]:
    """The options this text can mean; the first rule that finds any decides."""
    if (pk := read_id(text)) is not None:
        return _by_id(question, pk, catalog)
    number = read_number(text)
    if number is not None and 1 <= number <= len(question.options):
        return [question.options[number - 1]]
    words = normal(text)
    if not words:
        return [option for option in question.options if option.label.strip() == text]
    for rule in (_same, _alias, _prefix, _within, _nearly):
        if found := [option for option in question.options if rule(option, words)]:
            return found
    return search(question, text, catalog)


def _by_id(question: Question, pk: int, catalog: Catalog | None) -> list[Option]:
    if question.kind != "pick":
        return []
    shown = [option for option in question.options if option.value == pk]
    if shown or catalog is None or question.entity is None or not question.hidden:
        return shown
    item = catalog.item(question.entity, pk)
    return [item_option(item)] if item else []


def _same(option: Option, words: str) -> bool:
    return normal(option.label) == words


def _alias(option: Option, words: str) -> bool:
    return any(normal(alias) == words for alias in option.aliases)


def _prefix(option: Option, words: str) -> bool:
    return len(words) >= 2 and normal(option.label).startswith(words)


def _within(option: Option, words: str) -> bool:
    """All the words typed are words of the label."""
    return len(words) >= 3 and set(words.split()) <= set(normal(option.label).split())


def _nearly(option: Option, words: str) -> bool:
    names = (option.label, *option.aliases)
    return len(words) >= 5 and any(one_edit(words, normal(name)) for name in names)


def search(question: Question, text: str, catalog: Catalog | None) -> list[Option]:
    """The items of a pick whose name holds ``text``; one of exactly that name goes before all."""
    if catalog is None or question.entity is None or question.kind != "pick":
        return []
    found = list(items(catalog, question.entity, text))[:SHOWN]
    exact = [item for item in found if normal(item.name) == normal(text)]
    options = [item_option(item) for item in (exact or found)]
    if question.hidden:
        return options
    return [option for option in options if question.option(option.value)]


def _unclear(question: Question, text: str, found: list[Option]) -> NotUnderstood:
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    if len(found) > 1:
        names = ", ".join(f"“{option.label}”" for option in found[:5])
        return NotUnderstood(f"“{shown}” could be {names}. Which one?", tuple(found))
    return NotUnderstood(f"I did not understand “{shown}”. {_hint(question)}".strip())


def _hint(question: Question) -> str:
    if question.kind in ("choice", "multi", "pick"):
        labels = [option.label for option in enabled(question.options)[:8]]
        return f"You can say: {', '.join(labels)}." if labels else ""
    return question.help
