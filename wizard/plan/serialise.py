"""One spelling of an XML tree: the same tree always gives the same bytes, and text comes back
exactly as it went in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

# XML 1.0 has no way to hold these, not even as a character reference.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord("\r"): "&#13;"}
_ATTRIBUTE = {**_TEXT, ord('"'): "&quot;", ord("\t"): "&#9;", ord("\n"): "&#10;"}


def impossible_character(text: str) -> str | None:
    """The first character of ``text`` that XML cannot carry, as ``U+0007``."""
    match = _IMPOSSIBLE.search(text)
    return f"U+{ord(match.group()):04X}" if match else None


def serialise(root: Element) -> bytes:
    """UTF-8 with a declaration, two blanks a level. An element has children or text, never both;
    text is written without any blank of ours around it."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', *_lines(root, "")]
    return ("\n".join(lines) + "\n").encode()


def fragment(element: Element) -> str:
    """One element in the same spelling, without a declaration."""
    return "\n".join(_lines(element, ""))


def _lines(element: Element, indent: str) -> Iterator[str]:
    head = "".join(f' {name}="{_escape(value, _ATTRIBUTE)}"' for name, value in element.items())
    start = f"{indent}<{element.tag}{head}"
    if len(element):
        yield f"{start}>"
        for child in element:
            yield from _lines(child, indent + "  ")
        yield f"{indent}</{element.tag}>"
    elif element.text:
        yield f"{start}>{_escape(element.text, _TEXT)}</{element.tag}>"
    else:
        yield f"{start}/>"


def _escape(text: str, table: Mapping[int, str]) -> str:
    return text.translate(table)
