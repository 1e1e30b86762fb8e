"""Prompts as files: named, versioned, read once, with their placeholders and JSON schema.

``title.v2.txt`` is version 2 of the prompt "title"; ``title.v2.schema.json`` beside it is the
schema its answer must fit. Lines at the top that start with "#" are notes for editors. A line
``--- system`` or ``--- user`` starts a message of that role; a file without one is a single text.
``{{name}}`` is a placeholder. A changed wording is a new version: the old file stays, because
stored answers and figures name the version that made them.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from llm.prompts.template import Prompt, PromptFileError, parse

FILES = Path(__file__).parent / "files"
_TEXT = re.compile(r"(?P<name>[a-z][a-z0-9-]*)\.v(?P<version>[1-9][0-9]*)\.txt")
_SCHEMA = re.compile(r"(?P<stem>[a-z][a-z0-9-]*\.v[1-9][0-9]*)\.schema\.json")
_NESTING = {"anyOf", "oneOf", "allOf", "not", "$ref", "$defs", "pattern", "patternProperties"}
_MOST_PROPERTIES = 15
_SAMPLE = "{{%s}} {} {{ }}"


class Library:
    """Prompts by name and version, from any number of directories."""

    def __init__(self) -> None:
        self._prompts: dict[str, dict[int, Prompt]] = {}
        self._directories: dict[Path, frozenset[str]] = {}

    def add(self, directory: Path) -> None:
        """Read every file of a directory. Nothing is kept of one that holds a broken file."""
        directory = directory.resolve()
        if directory in self._directories:
            return
        found = _read(directory)
        names = frozenset(each.name for each in found)
        if taken := names & self._prompts.keys():
            raise PromptFileError(directory, f"The prompt “{min(taken)}” is already another's.")
        for each in found:
            self._prompts.setdefault(each.name, {})[each.version] = each
        self._directories[directory] = names

    def get(self, name: str, version: int | None = None) -> Prompt:
        """The newest version, or the one asked for."""
        versions = self._prompts.get(name, {})
        wanted = max(versions, default=0) if version is None else version
        if wanted not in versions:
            raise LookupError(f"There is no prompt “{name}” in version {wanted or 1}.")
        return versions[wanted]

    def all(self) -> tuple[Prompt, ...]:
        return tuple(
            versions[number]
            for _, versions in sorted(self._prompts.items())
            for number in sorted(versions)
        )

    def check_all(self) -> tuple[Prompt, ...]:
        """Every prompt, after rendering each with values that look like placeholders."""
        for each in self.all():
            _check(each)
        return self.all()


def check_schema(schema: dict[str, Any], where: Path | str) -> None:
    """Only what constrained decoding keeps to: one flat object of at most 15 properties."""
    if schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        raise PromptFileError(where, "The schema must be an object with properties.")
    properties: dict[str, Any] = schema["properties"]
    if not 1 <= len(properties) <= _MOST_PROPERTIES:
        raise PromptFileError(where, f"The schema must have 1 to {_MOST_PROPERTIES} properties.")
    for name, rule in properties.items():
        if not isinstance(rule, dict) or _NESTING & rule.keys() or not _flat(rule):
            raise PromptFileError(where, f"The property “{name}” of the schema is not flat.")
    if _NESTING & schema.keys() or not set(schema.get("required", ())) <= properties.keys():
        raise PromptFileError(where, "The schema asks for more than its flat properties.")


def _flat(rule: dict[str, Any]) -> bool:
    simple = ("string", "integer", "number", "boolean")
    if rule.get("type") != "array":
        return rule.get("type") in simple
    items = rule.get("items")
    return isinstance(items, dict) and items.get("type") in simple and not _NESTING & items.keys()


def _read(directory: Path) -> list[Prompt]:
    if not directory.is_dir():
        raise PromptFileError(directory, "There is no such directory of prompts.")
    schemas: dict[str, dict[str, Any]] = {}
    texts: list[tuple[Path, re.Match[str]]] = []
    for path in sorted(directory.iterdir()):
        if match := _TEXT.fullmatch(path.name):
            texts.append((path, match))
        elif match := _SCHEMA.fullmatch(path.name):
            schemas[match["stem"]] = _schema(path)
        elif path.suffix in (".txt", ".json"):
            raise PromptFileError(path, "A prompt is called like “title.v1.txt”.")
    found = [
        parse(match["name"], int(match["version"]), path, schemas.pop(path.stem, None))
        for path, match in texts
    ]
    if schemas:
        raise PromptFileError(directory, f"The schema of “{min(schemas)}” has no prompt beside it.")
    return found


def _schema(path: Path) -> dict[str, Any]:
    try:
        schema = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PromptFileError(path, f"This is not JSON: {error}.") from None
    if not isinstance(schema, dict):
        raise PromptFileError(path, "A schema is a JSON object.")
    check_schema(schema, path)
    return schema


def _check(prompt: Prompt) -> None:
    values = {name: _SAMPLE % name for name in prompt.placeholders}
    text = "\n".join(message.content for message in prompt.messages(**values))
    lost = [name for name, value in values.items() if value not in text]
    if lost or not text.strip():
        raise PromptFileError(prompt.path, f"Rendering loses {', '.join(lost) or 'all text'}.")


library = Library()
library.add(FILES)


def prompt(name: str, version: int | None = None) -> Prompt:
    return library.get(name, version)


def register_directory(path: Path) -> None:
    """For ``AppConfig.ready()`` of an app that owns prompts."""
    library.add(path)


def check_all() -> tuple[Prompt, ...]:
    return library.check_all()
