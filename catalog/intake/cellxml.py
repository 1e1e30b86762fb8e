"""What calamine hides: formulas, formulas without a saved value, errors, the 1904 calendar.

Cells are found with patterns in the streamed XML: a parser would take longer than reading the
whole workbook does.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from defusedxml import ElementTree

from catalog.intake.archive import inflate

CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
REFERENCE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
ERROR = re.compile(rb'\bt="e"')
VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)</")
ROW_END = re.compile(rb"</(?:\w+:)?row>")
ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="([0-9]{1,7})"')
WIDE = re.compile(rb'\br="([A-Z]{3})[0-9]{1,7}"[^>/]*>')
MOST = 200_000
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(slots=True)
class CellFacts:
    formulas: int = 0
    errors: int = 0
    first_errors: list[str] = field(default_factory=list)  # "C7 (#DIV/0!)"
    unsaved: dict[tuple[int, int], str] = field(default_factory=dict)  # (row, column) from 0: "C7"
    last_row: int = 0
    widest: int = 0  # only columns past ZZ are looked for


@dataclass(frozen=True, slots=True)
class Workbook:
    sheets: dict[str, str]  # name: part
    date_1904: bool
    macros: bool


def read_workbook(path: Path) -> Workbook:
    with zipfile.ZipFile(path) as archive:
        tree = ElementTree.fromstring(archive.read("xl/workbook.xml"))
        links = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {link.get("Id"): link.get("Target") or "" for link in links}
        parts = set(archive.namelist())
    sheets = {}
    for element in tree.iter():
        if element.tag.endswith("}sheet"):
            target = targets.get(element.get(RELATION), "")
            sheets[element.get("name") or ""] = posixpath.normpath(
                target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
            )
    properties = next((e for e in tree.iter() if e.tag.endswith("}workbookPr")), None)
    old = properties is not None and properties.get("date1904") in {"1", "true"}
    return Workbook(sheets, old, "xl/vbaProject.bin" in parts)


def read_cells(path: Path, part: str, name: str) -> CellFacts:
    facts = CellFacts()
    for block in _blocks(path, part, name):
        rows = ROW.findall(block)
        facts.last_row = max(facts.last_row, int(rows[-1]) if rows else 0)
        for letters in set(WIDE.findall(block)):
            facts.widest = max(facts.widest, column_number(letters.decode()) + 1)
        if b"<f" in block or b":f" in block or b't="e"' in block:
            _read_block(block, facts)
    return facts


def column_number(letters: str) -> int:
    """``A`` is 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(number: int) -> str:
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _blocks(path: Path, part: str, name: str) -> Iterator[bytes]:
    """The sheet's XML cut at row ends."""
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(part)
    rest = b""
    for chunk in inflate(path, entry, name):
        rest += chunk
        cut = max(rest.rfind(b"</row>"), rest.rfind(b":row>"))
        if cut > 0:
            yield rest[: cut + 6]
            rest = rest[cut + 6 :]
    if rest:
        yield rest


def _read_block(block: bytes, facts: CellFacts) -> None:
    for attributes, body in CELL.findall(block):
        formula = b"<f" in body or b":f" in body
        error = ERROR.search(attributes) is not None
        if not formula and not error:
            continue
        where = REFERENCE.search(attributes)
        reference = (where[1] + where[2]).decode() if where else "?"
        value = VALUE.search(body)
        facts.formulas += formula
        if error:
            facts.errors += 1
            text = value[1].decode("utf-8", "replace") if value else "error"
            if len(facts.first_errors) < 5:
                facts.first_errors.append(f"{reference} ({text})")
        elif where and _unsaved(attributes, value) and len(facts.unsaved) < MOST:
            place = (int(where[2]) - 1, column_number(where[1].decode()))
            facts.unsaved[place] = reference


def _unsaved(attributes: bytes, value: re.Match[bytes] | None) -> bool:
    """An empty text is a value; an empty number is none."""
    return (value is None or not value[1]) and b't="str"' not in attributes
