"""Zip bombs: a spreadsheet is a zip archive from a stranger.

The directory is checked first, then every part is really inflated and counted, because the
directory may lie about sizes.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from catalog.intake import limits
from catalog.intake.errors import IntakeError

LOCAL_HEADER = struct.Struct("<4s22xHH")
CHUNK = 2**20


def check_archive(path: Path, name: str) -> None:
    """Raises ``IntakeError`` for an archive that is not an honest spreadsheet."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        _check_directory(entries, name)
        total = 0
        for entry in entries:
            for chunk in inflate(path, entry, name):
                total += len(chunk)
                _check_size(total, path.stat().st_size, name)


def inflate(path: Path, entry: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    """The contents of one part, chunk by chunk, however long the directory says it is."""
    produced = 0
    first = True
    for chunk in _raw(path, entry, name):
        if first and entry.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in chunk:
            raise _bomb(name, f"its part “{entry.filename}” declares entities of its own")
        first = False
        produced += len(chunk)
        if produced > entry.file_size:
            raise _bomb(name, f"its part “{entry.filename}” is longer than the archive says")
        yield chunk


def _raw(path: Path, entry: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise damaged(name)
    with path.open("rb") as file:
        file.seek(entry.header_offset)
        header = file.read(LOCAL_HEADER.size)
        if len(header) < LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
            raise damaged(name)
        _, name_length, extra_length = LOCAL_HEADER.unpack(header)
        file.seek(name_length + extra_length, 1)
        left = entry.compress_size
        engine = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
        while left and (data := file.read(min(left, CHUNK))):
            left -= len(data)
            yield from _decompress(engine, data, name) if engine else (data,)


def _decompress(engine: zlib._Decompress, data: bytes, name: str) -> Iterator[bytes]:
    try:
        while data:
            chunk = engine.decompress(data, CHUNK)
            data = engine.unconsumed_tail
            if chunk:
                yield chunk
            elif engine.eof or not data:
                return
    except zlib.error as error:
        raise damaged(name) from error


def _check_directory(entries: list[zipfile.ZipInfo], name: str) -> None:
    if len(entries) > limits.ZIP_ENTRIES:
        raise _bomb(name, f"it has {len(entries):,} parts (at most {limits.ZIP_ENTRIES:,})")
    if any(entry.flag_bits & 1 for entry in entries):
        raise IntakeError(
            f"“{name}” is protected by a password, so its contents cannot be read.",
            hint="Remove the password and upload it again.",
            code="FILE_PASSWORD",
        )
    if any(entry.filename.count("/") > limits.ZIP_DEPTH for entry in entries):
        raise _bomb(name, f"its folders are nested more than {limits.ZIP_DEPTH} deep")
    size = sum(entry.compress_size for entry in entries)
    _check_size(sum(entry.file_size for entry in entries), size, name)


def _check_size(unpacked: int, packed: int, name: str) -> None:
    if unpacked > limits.ZIP_BYTES:
        most = limits.ZIP_BYTES // 2**20
        raise _bomb(name, f"it unpacks to more than {most:,} MB")
    if unpacked > limits.ZIP_RATIO_FROM and unpacked > limits.ZIP_RATIO * max(packed, 1):
        raise _bomb(name, f"it unpacks to more than {limits.ZIP_RATIO} times its size")


def _bomb(name: str, why: str) -> IntakeError:
    return IntakeError(
        f"“{name}” was refused: {why}, which honest spreadsheets do not.",
        hint="Save the sheet as CSV and upload that.",
        code="FILE_BOMB",
    )


def damaged(name: str) -> IntakeError:
    return IntakeError(
        f"“{name}” is damaged: a part of it cannot be unpacked.",
        hint="Open it in a spreadsheet program, save it anew and upload that.",
        code="FILE_DAMAGED",
    )
