"""Bytes → UTF-8 text: BOM, then strict UTF-8, then Windows-1252."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from catalog.intake import limits
from catalog.intake.errors import IntakeError
from catalog.intake.findings import Report

CHUNK = 4 * 2**20
BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WORDS = {"cp1252": "Windows-1252", "latin-1": "Latin-1"}
CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))


@dataclass(frozen=True, slots=True)
class TextFile:
    path: Path  # UTF-8 without BOM
    encoding: str
    size: int
    complete: bool


def as_utf8(
    path: Path, name: str, scratch: Path, report: Report, *, encoding: str | None, whole: bool
) -> TextFile:
    """The file itself when it is plain UTF-8, else a transcoded copy (of its head, if not
    ``whole``) in ``scratch``."""
    found = encoding or _detect(path, name)
    if encoding is None:
        _tell(found, report)
    size = path.stat().st_size
    if found == "utf-8" and not _has_bom(path) and (encoding is None or _is_utf8(path, name)):
        return TextFile(path, found, size, complete=True)
    target = scratch / "text.csv"
    source = "utf-8-sig" if found == "utf-8" else found
    complete = _transcode(path, target, source, name, None if whole else limits.SAMPLE_BYTES * 2)
    return TextFile(target, found.removesuffix("-sig"), size, complete)


def _has_bom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(3) == codecs.BOM_UTF8


def _detect(path: Path, name: str) -> str:
    with path.open("rb") as file:
        head = file.read(64 * 2**10)
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return encoding
    wide = _wide(head)
    if wide:
        return wide
    _refuse_binary(head, name)
    return "utf-8" if _is_utf8(path, name) else "cp1252"


def _wide(head: bytes) -> str | None:
    """UTF-16 without BOM: every other byte of western text is zero."""
    even, odd = head[::2], head[1::2]
    if len(head) < 4 or not head.count(0):
        return None
    if odd.count(0) > 0.7 * len(odd) and even.count(0) < 0.05 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.7 * len(even) and odd.count(0) < 0.05 * len(odd):
        return "utf-16-be"
    return None


def _refuse_binary(head: bytes, name: str) -> None:
    control = len(head) - len(head.translate(None, CONTROL))
    if control > 0.02 * len(head):
        raise IntakeError(
            f"“{name}” holds binary data, not a table in text form.",
            hint="Spreadsheets, CSV, Parquet, JSON and SQLite files can be read.",
            code="FILE_BINARY",
        )


def _is_utf8(path: Path, name: str) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset = 0
    utf8 = True
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if (position := chunk.find(0)) >= 0:
                raise _nul(name, offset + position)
            offset += len(chunk)
            try:
                if utf8:
                    decoder.decode(chunk)
            except UnicodeDecodeError:
                utf8 = False
    return utf8


def _nul(name: str, offset: int) -> IntakeError:
    return IntakeError(
        f"“{name}” holds a NUL byte at position {offset + 1:,}, which text files do not.",
        hint="The file is damaged or no text; export it again.",
        code="FILE_BINARY",
    )


def _transcode(path: Path, target: Path, encoding: str, name: str, most: int | None) -> bool:
    """True when all was written, False when only the first ``most`` characters were."""
    written = 0
    try:
        with (
            path.open(encoding=encoding, newline="") as source,
            target.open("w", encoding="utf-8", newline="") as out,
        ):
            while text := source.read(2**20):
                if "\0" in text:
                    raise _nul(name, written + text.index("\0"))
                out.write(text)
                written += len(text)
                if most is not None and written >= most:
                    return not source.read(1)
    except UnicodeError as error:
        raise IntakeError(
            f"“{name}” is not in the encoding {WORDS.get(encoding, encoding.upper())}: {error}.",
            hint="Save it as UTF-8, or choose another encoding.",
            code="FILE_ENCODING",
        ) from error
    return True


def _tell(encoding: str, report: Report) -> None:
    if encoding == "cp1252":
        report.info(
            "encoding_cp1252", "The file is not UTF-8; it was read as Windows-1252 (western)."
        )
    elif encoding.startswith(("utf-16", "utf-32")):
        report.info("encoding_utf16", f"The file is in {encoding[:6].upper()}; it was converted.")
