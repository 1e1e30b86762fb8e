"""System checks of the project, and what ``manage.py check_templates`` looks for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.http.request import validate_host
from django.template import TemplateDoesNotExist, TemplateSyntaxError, engines

from reportmanager.assets import ICON_NAMES, icon_names

ROOMS = ("reportmanager", "common", "accounts", "catalog", "llm", "insights", "wizard", "chat")
_COMMENT = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<!--.*?-->", re.DOTALL)
_FORBIDDEN = (
    (re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE), "has an inline style"),
    (re.compile(r"<style\b", re.IGNORECASE), "has a style element"),
    (re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE), "has an inline event handler"),
    (re.compile(r"<[^>]*\shx-on\b", re.IGNORECASE), "has hx-on, which needs eval"),
    (re.compile(r"\bjavascript:", re.IGNORECASE), "has a javascript: address"),
    (re.compile(r"<script\b(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE), "has a script without src"),
    (re.compile(r"\|\s*safe\b|\{%\s*autoescape off"), "turns escaping off"),
)
_ICON = re.compile(r"""\{%\s*icon\s+"([^"]+)"|\b(?:action_)?icon="([^"]+)\"""")


@register("security", deploy=True)
def base_url_is_answered(**_: Any) -> list[CheckMessage]:
    """Links in mail must not lead to “400 Bad Request”."""
    host = urlsplit(settings.BASE_URL).hostname or ""
    if validate_host(host, settings.ALLOWED_HOSTS):
        return []
    return [
        Warning(
            f"BASE_URL is at {host}, which is not in ALLOWED_HOSTS.",
            hint=f"Add {host} to ALLOWED_HOSTS.",
            id="reportmanager.W001",
        )
    ]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a line of a file."""

    path: str
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.words}"


def template_findings() -> list[Finding]:
    """Everything wrong with the project's templates and with the icons named in its code."""
    icons = known_icons(ICON_NAMES.read_text("utf-8"))
    found: list[Finding] = []
    for folder in _folders():
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            text, shown = path.read_text("utf-8"), str(path.relative_to(settings.BASE_DIR))
            found += _compiled(path.relative_to(folder).as_posix(), shown)
            found += text_findings(text, shown, icons)
    for path in _modules():
        shown = str(path.relative_to(settings.BASE_DIR))
        found += code_findings(path.read_text("utf-8"), shown, icons)
    return found


def text_findings(text: str, shown: str, icons: set[str]) -> Iterator[Finding]:
    """What the CSP forbids, what turns escaping off, and icons that are not in the sprite."""
    text = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    for pattern, words in _FORBIDDEN if shown.endswith(".html") else ():
        for match in pattern.finditer(text):
            if not _is_data(match[0]):
                yield Finding(shown, _line(text, match.end()), words)
    for match in _ICON.finditer(text):
        if (name := match[1] or match[2]) not in icons:
            yield Finding(shown, _line(text, match.start()), _unknown(name))


def code_findings(text: str, shown: str, icons: set[str]) -> Iterator[Finding]:
    """Icons named as ``icon="…"`` in Python that are not in the sprite."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.keyword) or node.arg != "icon":
            continue
        value = node.value
        if isinstance(value, ast.Constant) and value.value and value.value not in icons:
            yield Finding(shown, value.lineno, _unknown(str(value.value)))


def known_icons(text: str) -> set[str]:
    """The symbols the sprite will have: ``filled/star`` becomes ``star-filled``."""
    return {
        f"{name.removeprefix('filled/')}-filled" if name.startswith("filled/") else name
        for name in icon_names(text)
    }


def _compiled(name: str, shown: str) -> Iterator[Finding]:
    try:
        engines["django"].get_template(name)
    except (TemplateSyntaxError, TemplateDoesNotExist) as error:
        yield Finding(shown, 1, f"does not compile: {error}")


def _is_data(tag: str) -> bool:
    """A script that is not run: JSON for a module to read."""
    return "application/json" in tag


def _folders() -> Iterable[Path]:
    root = Path(settings.BASE_DIR)
    return [root / "templates", *(root / room / "templates" for room in ROOMS)]


def _modules() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((Path(settings.BASE_DIR) / room).rglob("*.py"))


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _unknown(name: str) -> str:
    return f"names the icon “{name}”, which is not in static/icons.txt"
