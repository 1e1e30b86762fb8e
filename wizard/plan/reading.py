"""Small pieces of reading XML that all of ``wizard.plan.decode`` shares."""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element

from wizard.plan.model import Ref

_BLANKS = " \t\r\n"


class Unreadable(Exception):
    """A value that fits the grammar but not its parameter. ``given`` says what stands there."""

    def __init__(self, given: str = "", hint: str = "") -> None:
        super().__init__(given)
        self.given = given
        self.hint = hint


def word(text: str | None) -> str:
    return (text or "").strip(_BLANKS)


def id_or_ref(text: str | None) -> int | Ref:
    value = word(text)
    return int(value) if value.isascii() and value.isdigit() else Ref(value)


def child_text(element: Element, tag: str) -> str | None:
    child = element.find(tag)
    return None if child is None else child.text or ""


def needed(element: Element, tag: str) -> str:
    return child_text(element, tag) or ""


def number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Unreadable(f"“{text}”", "The number is too large.")
    return value
