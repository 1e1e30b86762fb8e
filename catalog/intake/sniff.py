"""What a file is, by its first bytes. The name only decides between kinds of text."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Literal

from catalog.intake.errors import IntakeError

Format = Literal["csv", "xlsx", "xls", "ods", "xlsb", "parquet", "json", "sqlite"]
HEAD = 8_192
TAKEN = "Spreadsheets (.xlsx, .xls, .ods), CSV, Parquet, JSON and SQLite files can be read."

FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "a PDF document", "Export the table behind it as CSV or Excel."),
    (b"\x89PNG", "an image (PNG)", "Pictures of tables cannot be read; use the table itself."),
    (
        b"\xff\xd8\xff",
        "an image (JPEG)",
        "Pictures of tables cannot be read; use the table itself.",
    ),
    (b"GIF8", "an image (GIF)", "Pictures of tables cannot be read; use the table itself."),
    (b"RIFF", "a media file (RIFF)", TAKEN),
    (b"\x1f\x8b", "compressed with gzip", "Unpack it and upload the file inside."),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it and upload the file inside."),
    (b"Rar!", "a RAR archive", "Unpack it and upload the file inside."),
    (b"BZh", "compressed with bzip2", "Unpack it and upload the file inside."),
    (b"\xfd7zXZ", "compressed with xz", "Unpack it and upload the file inside."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Unpack it and upload the file inside."),
    (b"\x7fELF", "a program", TAKEN),
    (b"MZ", "a program", TAKEN),
    (b"{\\rtf", "a text document (RTF)", "Save its table as CSV or Excel."),
    (b"ARROW1", "an Arrow file", "Write it as Parquet and upload that."),
    (b"ORC", "an ORC file", "Write it as Parquet and upload that."),
)
HTML = re.compile(rb"^\s*(<!doctype\s+html|<html|<table|<head|<body|<meta|<style)", re.I)
XML = re.compile(rb"^\s*<(\?xml|[A-Za-z][\w:.-]*[\s>])", re.I)
JSON_START = re.compile(r'^\s*(\[\s*(\{|\]\s*$)|\{\s*("|\}))')


def sniff(path: Path, name: str) -> Format:
    """Raises ``IntakeError`` with what the file really is."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise _refuse(f"“{name}” is empty (0 bytes).", "Check the export.", "FILE_EMPTY")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _inside_zip(path, name)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _inside_ole(path, name)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"SQLite format 3\x00"):
        return "sqlite"
    _refuse_foreign(head, name)
    return _text_kind(head, name)


def _refuse_foreign(head: bytes, name: str) -> None:
    for magic, what, hint in FOREIGN:
        if head.startswith(magic) and (len(magic) > 2 or b"\x00" in head):
            raise _refuse(f"“{name}” is {what}, not a table.", hint, "FILE_KIND")
    text = head.removeprefix(b"\xef\xbb\xbf")
    spreadsheet = name.lower().endswith((".xls", ".xlsx"))
    if HTML.match(text):
        what = "a web page (HTML)" + (" saved with a spreadsheet's name" if spreadsheet else "")
        hint = "Open it in a spreadsheet program and save it as .xlsx or CSV."
        raise _refuse(f"“{name}” is {what}.", hint, "FILE_KIND")
    if XML.match(text):
        what = "an XML spreadsheet of 2003" if b"Excel.Sheet" in head else "an XML file"
        hint = "Open it in a spreadsheet program and save it as .xlsx or CSV."
        raise _refuse(f"“{name}” is {what}.", hint, "FILE_KIND")


def _inside_zip(path: Path, name: str) -> Format:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = set(archive.namelist())
            mimetype = archive.read("mimetype")[:100] if _small(archive, "mimetype") else b""
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _refuse(
            f"“{name}” is damaged: it starts like a spreadsheet but its contents cannot be listed.",
            "It was probably cut off while copying; upload it again or save it anew.",
            "FILE_DAMAGED",
        ) from error
    if "xl/workbook.xml" in entries:
        return "xlsx"
    if "xl/workbook.bin" in entries:
        return "xlsb"
    if b"opendocument.spreadsheet" in mimetype:
        return "ods"
    if "word/document.xml" in entries or "ppt/presentation.xml" in entries or mimetype:
        what = "a text document or a presentation, not a spreadsheet"
        raise _refuse(f"“{name}” is {what}.", "Save its table as Excel or CSV.", "FILE_KIND")
    hint = "Unpack it and upload the file inside."
    raise _refuse(f"“{name}” is a ZIP archive, not a spreadsheet.", hint, "FILE_KIND")


def _small(archive: zipfile.ZipFile, entry: str) -> bool:
    return entry in archive.namelist() and archive.getinfo(entry).file_size < 1_000


def _inside_ole(path: Path, name: str) -> Format:
    """Old Office files; the names of their parts stand in the directory as UTF-16."""
    data = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise password(name)
    if any(part.encode("utf-16-le") + b"\0\0" in data for part in ("Workbook", "Book")):
        return "xls"
    what = "an old Office file without a workbook (perhaps a Word document or an e-mail)"
    raise _refuse(f"“{name}” is {what}.", "Save its table as Excel or CSV.", "FILE_KIND")


def password(name: str) -> IntakeError:
    return _refuse(
        f"“{name}” is protected by a password, so its contents cannot be read.",
        "Remove the password in the spreadsheet program (File, Info) and upload it again.",
        "FILE_PASSWORD",
    )


def _text_kind(head: bytes, name: str) -> Format:
    suffix = Path(name).suffix.lower()
    if suffix in {".json", ".ndjson", ".jsonl", ".geojson"}:
        return "json"
    encoding = "utf-16" if head[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    text = head.decode(encoding, "replace")
    return "json" if JSON_START.match(text) and suffix not in {".csv", ".tsv"} else "csv"


def _refuse(message: str, hint: str, code: str) -> IntakeError:
    return IntakeError(message, hint=hint, code=code)
