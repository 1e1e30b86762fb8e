"""One prompt file, read: texts with placeholders, rendered in one pass.

A value is put in as it is. It is never looked at again, so a value that holds ``{{name}}`` stays
that text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from llm.providers.base import ChatMessage

SectionRole = Literal["system", "user"]
_PLACEHOLDER = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}")
_MARK = re.compile(r"^--- (system|user)[ \t]*$", re.MULTILINE)
_NOTES = re.compile(r"\A(?:#[^\n]*\n)+\n*")


class PromptFileError(Exception):
    """A prompt file, or the values given to it, are wrong. The text names the file."""

    def __init__(self, where: Path | str, message: str) -> None:
        name = where.name if isinstance(where, Path) else where
        super().__init__(f"{name}: {message}")


@dataclass(frozen=True, slots=True)
class Section:
    """``pieces`` are text and the name of a placeholder by turns, text first and last."""

    role: SectionRole
    pieces: tuple[str, ...]

    @property
    def placeholders(self) -> frozenset[str]:
        return frozenset(self.pieces[1::2])

    def render(self, values: dict[str, str]) -> str:
        return "".join(
            values[piece] if position % 2 else piece for position, piece in enumerate(self.pieces)
        )


@dataclass(frozen=True, slots=True)
class Prompt:
    """``key`` names wording and version, for cache keys and figures of use."""

    name: str
    version: int
    path: Path
    sections: tuple[Section, ...]
    schema: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def placeholders(self) -> frozenset[str]:
        return frozenset().union(*(section.placeholders for section in self.sections))

    def messages(self, **values: str) -> tuple[ChatMessage, ...]:
        """One message a section. Raises ``PromptFileError`` for missing and unknown values."""
        self._check(values)
        return tuple(ChatMessage(each.role, each.render(values)) for each in self.sections)

    def render(self, **values: str) -> str:
        """The text of a prompt that is a single one."""
        if len(self.sections) != 1:
            raise PromptFileError(self.path, "This prompt has several messages, not one text.")
        return self.messages(**values)[0].content

    def _check(self, values: dict[str, str]) -> None:
        if missing := sorted(self.placeholders - values.keys()):
            raise PromptFileError(self.path, f"No value is given for {', '.join(missing)}.")
        if unknown := sorted(values.keys() - self.placeholders):
            raise PromptFileError(self.path, f"There is no placeholder {', '.join(unknown)}.")
        for name, value in values.items():
            if not isinstance(value, str):
                raise PromptFileError(self.path, f"The value of {name} is not a text.")


def parse(name: str, version: int, path: Path, schema: dict[str, Any] | None = None) -> Prompt:
    """Read a file. Raises ``PromptFileError`` for what is no placeholder and for empty texts."""
    try:
        text = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise PromptFileError(path, "The file is not UTF-8.") from None
    sections = tuple(_section(role, body, path) for role, body in _bodies(text, path))
    return Prompt(name, version, path, sections, schema)


def _bodies(text: str, path: Path) -> list[tuple[SectionRole, str]]:
    first, *marked = _MARK.split(_NOTES.sub("", text))
    if not marked:
        return [("user", first)]
    if first.strip():
        raise PromptFileError(path, "There is text above the first “--- system” or “--- user”.")
    roles: list[SectionRole] = ["system" if role == "system" else "user" for role in marked[::2]]
    return list(zip(roles, marked[1::2], strict=True))


def _section(role: SectionRole, body: str, path: Path) -> Section:
    pieces = tuple(_PLACEHOLDER.split(body.strip()))
    if not any(piece.strip() for piece in pieces):
        raise PromptFileError(path, "There is an empty text.")
    for text in pieces[::2]:
        if "{{" in text or "}}" in text:
            around = re.search(r".{0,20}(\{\{|\}\}).{0,20}", text)
            raise PromptFileError(path, f"This is no placeholder: “{around[0] if around else ''}”.")
    return Section(role, pieces)
