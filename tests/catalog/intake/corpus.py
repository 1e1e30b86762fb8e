"""Ugly files, each built by code, with what the intake must say about them."""
# ruff: noqa: E501 - the table reads best with a case in two lines

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import xlsxwriter
import xlwt

Build = Callable[[Path], None]


@dataclass(frozen=True)
class Case:
    """``columns`` as "name:type". ``findings`` must all be there; ``absent`` must not."""

    id: str
    name: str
    build: Build
    kind: str = "csv"
    columns: str = ""
    rows: int | None = None
    findings: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    says: str = ""  # a piece of a finding's sentence
    first: tuple[Any, ...] | None = None  # the first row of the preview
    options: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    sentence: str = ""


def raw(data: bytes) -> Build:
    return lambda path: (path.write_bytes(data), None)[1]


def text(content: str, encoding: str = "utf-8") -> Build:
    return raw(content.encode(encoding))


def sheet(*rows: list[Any], title: str = "Sheet1") -> Build:
    def build(path: Path) -> None:
        with xlsxwriter.Workbook(path) as book:
            page = book.add_worksheet(title)
            style = book.add_format({"num_format": "yyyy-mm-dd"})
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, dt.date | dt.datetime):
                        page.write_datetime(number, column, value, style)
                    elif value is not None:
                        page.write(number, column, value)

    return build


def archive(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return buffer.getvalue()


# --- spreadsheets ------------------------------------------------------------------------------


def titled_and_merged(path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page["B2"] = "Sales by country"
    page.merge_cells("B2:D2")
    for column, label in enumerate(["Country", "Year", "Sales"], start=2):
        page.cell(4, column, label)
    for row, values in enumerate([["Spain", 2023, 10.5], ["France", 2024, 20]], start=5):
        for column, value in enumerate(values, start=2):
            page.cell(row, column, value)
    book.save(path)


def several_sheets(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("Cover")
        data = book.add_worksheet("Data")
        data.write_row(0, 0, ["a", "b"])
        data.write_row(1, 0, [1, 2])
        other = book.add_worksheet("Other")
        other.write_row(0, 0, ["x", "y", "z"])
        other.write_row(1, 0, ["p", "q", "r"])


def formulas(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["item", "price", "twice"])
        for row in range(1, 4):
            page.write(row, 0, f"item {row}")
            page.write(row, 1, row)
            page.write_formula(row, 2, f"=B{row + 1}*2", None, row * 2)


def errors(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["item", "ratio"])
        page.write_row(1, 0, ["one", 5])
        page.write(2, 0, "two")
        page.write_formula(2, 1, "=1/0", None, "#DIV/0!")
        page.write_row(3, 0, ["three", 7])


def unsaved_formulas(path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for row in [["item", "twice"], ["a", "=1*2"], ["b", "=2*2"], ["c", 6]]:
        page.append(row)
    book.save(path)


def calendar_1904(path: Path) -> None:
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        page = book.add_worksheet()
        style = book.add_format({"num_format": "dd.mm.yyyy"})
        page.write_row(0, 0, ["day", "n"])
        page.write_datetime(1, 0, dt.datetime(2024, 2, 29), style)
        page.write(1, 1, 3)


def macros(path: Path) -> None:
    sheet(["a", "b"], [1, "x"])(path)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 not run")


def wide_sheet(path: Path) -> None:
    sheet([f"m{n}" for n in range(300)], list(range(300)))(path)


def stray_cell(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["a", "b"])
        page.write(1_048_575, 16_383, "lost")


def old_excel(path: Path) -> None:
    book = xlwt.Workbook()
    page = book.add_sheet("Old")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for column, label in enumerate(["name", "amount", "day"]):
        page.write(0, column, label)
    for row in range(1, 4):
        page.write(row, 0, f"n{row}")
        page.write(row, 1, row * 10)
        page.write(row, 2, dt.date(2024, 1, row), day)
    book.save(str(path))


def ods(rows: list[list[str]], *, manifest: str = "") -> Build:
    cell = '<table:table-cell office:value-type="{}"{}><text:p>{}</text:p></table:table-cell>'

    def one(value: str) -> str:
        if value.startswith("="):
            attributes = f' office:value="{value[1:]}" table:formula="of:=1+1"'
            return cell.format("float", attributes, value[1:])
        try:
            float(value)
        except ValueError:
            return cell.format("string", "", value)
        return cell.format("float", f' office:value="{value}"', value)

    body = "".join(
        f"<table:table-row>{''.join(one(v) for v in row)}</table:table-row>" for row in rows
    )
    content = (
        '<?xml version="1.0"?><office:document-content '
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="Tab">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )

    def build(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            kind = "application/vnd.oasis.opendocument.spreadsheet"
            file.writestr("mimetype", kind, zipfile.ZIP_STORED)
            file.writestr(
                "META-INF/manifest.xml",
                '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:'
                f'manifest:1.0">{manifest}</manifest:manifest>',
            )
            file.writestr("content.xml", content)

    return build


def encrypted(path: Path) -> None:
    """The shape of a protected workbook: an OLE2 file with a part EncryptedPackage."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    path.write_bytes(header + "EncryptedPackage".encode("utf-16-le").ljust(512, b"\0"))


def bomb(path: Path) -> None:
    sheet(["a"], [1])(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        file.writestr("xl/media/huge.xml", bytes(60 * 2**20))


def lying_bomb(path: Path) -> None:
    """The directory says 10 bytes; the part inflates to 40 MB."""
    sheet(["a"], [1])(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/huge.xml", bytes(40 * 2**20))
    data = bytearray(path.read_bytes())
    size = struct.pack("<I", 40 * 2**20)
    at = data.rfind(size)
    data[at : at + 4] = struct.pack("<I", 10)
    path.write_bytes(bytes(data))


def many_entries(path: Path) -> None:
    sheet(["a"], [1])(path)
    with zipfile.ZipFile(path, "a") as file:
        for number in range(10_050):
            file.writestr(f"x/{number}", b"")


def nested_folders(path: Path) -> None:
    sheet(["a"], [1])(path)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("a/" * 40 + "b.xml", b"<x/>")


def entities(path: Path) -> None:
    sheet(["a"], [1])(path)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("xl/more.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')


def truncated(build: Build, keep: float = 0.6) -> Build:
    def cut(path: Path) -> None:
        build(path)
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * keep)])

    return cut


# --- other kinds -------------------------------------------------------------------------------


def parquet(query: str) -> Build:
    def build(path: Path) -> None:
        with closing(duckdb.connect()) as connection:
            connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")

    return build


def sqlite(*statements: str) -> Build:
    def build(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db:
            for statement in statements:
                db.execute(statement)
            db.commit()

    return build


def broken_sqlite(path: Path) -> None:
    sqlite("CREATE TABLE t (a TEXT)", *[f"INSERT INTO t VALUES ('{n:0900}')" for n in range(90)])(
        path
    )
    data = bytearray(path.read_bytes())
    data[4_096 : 4_096 * 4] = b"\xff" * 4_096 * 3
    path.write_bytes(bytes(data))


def png() -> bytes:
    body = zlib.compress(b"\0\0\0\0")
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(body)) + b"IDAT" + body


LONG = "1," + "x" * 500_000 + "\n"
NUMBERS = "".join(f"{n},{n * 1.5:.2f}\n" for n in range(1, 41))

TEXTS = [
    Case("plain", "a.csv", text("id,name,price\n1,Ann,1.50\n2,Bob,2.25\n"),
         columns="id:integer name:text price:decimal", rows=2, first=(1, "Ann", "1.50")),
    Case("semicolons", "a.csv", text("Land;Umsatz\nPeru;1.234,50\nChile;17,50\n"),
         columns="land:text umsatz:decimal", rows=2, first=("Peru", "1234.50"),
         findings=("number_format",)),
    Case("decimal-comma", "a.csv", text("Land;Umsatz\nPeru;1234,5\nChile;17,5\n"),
         columns="land:text umsatz:decimal", rows=2, first=("Peru", "1234.5"),
         findings=("decimal_comma",)),
    Case("tabs", "a.tsv", text("a\tb\n1\tx, y\n2\tz\n"), columns="a:integer b:text", rows=2,
         first=(1, "x, y")),
    Case("pipes", "a.txt", text("a|b\n1|x\n2|y\n"), columns="a:integer b:text", rows=2),
    Case("sep-line", "a.csv", text("sep=;\na;b\n1;x\n"), columns="a:integer b:text", rows=1),
    Case("bom", "a.csv", text("Größe,n\nklein,1\n", "utf-8-sig"), columns="grosse:text n:integer",
         rows=1, first=("klein", 1)),
    Case("cp1252", "a.csv", text("Ort,Preis\nKöln,5 €\n„x“,6 €\n", "cp1252"),
         columns="ort:text preis:integer", rows=2, first=("Köln", 5),
         findings=("encoding_cp1252", "number_format")),
    Case("utf16", "a.csv", text("a,b\nü,1\n", "utf-16"), columns="a:text b:integer", rows=1,
         findings=("encoding_utf16",)),
    Case("utf16-no-bom", "a.csv", text("name,b\nabcdef,1\n", "utf-16-le"),
         columns="name:text b:integer", rows=1, findings=("encoding_utf16",)),
    Case("crlf", "a.csv", text("a,b\r\n1,x\r\n2,y\r\n"), columns="a:integer b:text", rows=2),
    Case("cr-only", "a.csv", text("a,b\r1,x\r2,y\r"), columns="a:integer b:text", rows=2),
    Case("mixed-line-ends", "a.csv", text("a,b\r\n1,x\n2,y\r\n3,z\r"), columns="a:integer b:text",
         rows=3),
    Case("quoted", "a.csv", text('a,b\n1,"x, ""y""\nz"\n2,w\n'), columns="a:integer b:text",
         rows=2, first=(1, 'x, "y"\nz')),
    Case("multi-line-header", "a.csv", text('"a\nb",c\n1,2\n3,4\n'),
         columns="a_b:integer c:integer", rows=2),
    Case("stray-quote", "a.csv", text('a,b\n1,5" pipe\n2,6" pipe\n'), columns="a:integer b:text",
         rows=2, first=(1, '5" pipe')),
    Case("open-quote", "a.csv", text('a,b\n1,"open\n2,y\n3,z\n'), columns="a:integer b:text",
         rows=3, findings=("unbalanced_quotes",)),
    Case("titles", "a.csv", text("Sales 2024\nprinted today\n\na,b\n1,x\n2,y\n"),
         columns="a:integer b:text", rows=2, findings=("title_rows",), says="2 lines above"),
    Case("no-header", "a.csv", text("1,x,2024-01-01\n2,y,2024-01-02\n3,z,2024-01-03\n"),
         columns="column_1:integer column_2:text column_3:date", rows=3, findings=("no_header",)),
    Case("years-as-header", "a.csv", text("Country,2022,2023\nPeru,1,2\nChile,3,4\n"),
         columns="country:text c_2022:integer c_2023:integer", rows=2, absent=("no_header",)),
    Case("short-rows", "a.csv", text("a,b,c\n1,2,3\n4\n5,6,7\n"),
         columns="a:integer b:integer c:integer", rows=3, findings=("short_rows",), says="row 3"),
    Case("long-rows", "a.csv", text("a,b\n1,2\n3,4\n5,6,extra\n"),
         columns="a:integer b:integer column_3:text", rows=3),
    Case("late-long-row", "a.csv", text("a,b\n" + "1,2\n" * 3_000 + "3,4,late\n"),
         columns="a:integer b:integer column_3:text", rows=3_001, findings=("long_rows",),
         says="row 3002"),
    Case("trailing-commas", "a.csv", text("a,b,,\n1,2,,\n3,4,,\n"), columns="a:integer b:integer",
         rows=2),
    Case("blank-rows", "a.csv", text("a,b\n1,x\n,\n2,y\n,\n\n"), columns="a:integer b:text",
         rows=2, findings=("empty_rows",)),
    Case("duplicate-names", "a.csv", text("Name,name,NAME\na,b,c\n"),
         columns="name:text name_2:text name_3:text", rows=1, findings=("duplicate_names",)),
    Case("empty-names", "a.csv", text("a,,c\n1,2,3\n"),
         columns="a:integer column_2:integer c:integer", rows=1, findings=("empty_names",)),
    Case("foreign-names", "a.csv", text("日本,Ünï,select,a b/c,€\n1,2,3,4,5\n"),
         columns="column_1:integer uni:integer select_col:integer a_b_c:integer eur:integer",
         rows=1),
    Case("mixed-types", "a.csv", text("n,m\n" + NUMBERS + "oops,1\n41,2\nn.o.,3\n"),
         columns="n:text m:decimal", rows=43, findings=("mixed_types",),
         says="2 of 43 cells are not whole numbers: rows 42, 44"),
    Case("late-stranger", "a.csv", text("n,s\n" + "7,x\n" * 30_000 + "A12,y\n"),
         columns="n:text s:text", rows=30_001, findings=("mixed_types",),
         says="1 of 30,001 cells is not one of whole numbers: row 30002"),
    Case("late-decimals", "a.csv", text("n,s\n" + "7,x\n" * 3_000 + "1.25,y\n"),
         columns="n:decimal s:text", rows=3_001),
    Case("markers", "a.csv", text("n,s\n1,a\nn/a,b\n-,c\n2,d\n"), columns="n:integer s:text",
         rows=4, findings=("empty_markers",), says="rows 3, 4"),
    Case("leading-zeros", "a.csv", text("plz,n\n01234,1\n81234,2\n"), columns="plz:text n:integer",
         rows=2, findings=("leading_zeros",), first=("01234", 1)),
    Case("long-digits", "a.csv", text("card,n\n1234567890123456789012,1\n"),
         columns="card:text n:integer", rows=1, first=("1234567890123456789012", 1)),
    Case("exponents", "a.csv", text("x,n\n1e-7,1\n2.5E3,2\n"), columns="x:number n:integer",
         rows=2),
    Case("money", "a.csv", text('price,n\n"$1,234.50",1\n$7.00,2\n'),
         columns="price:decimal n:integer", rows=2, first=("1234.50", 1),
         findings=("number_format",)),
    Case("booleans", "a.csv", text("paid,n\nyes,1\nno,0\nYES,1\n"), columns="paid:boolean n:integer",
         rows=3, first=(True, 1)),
    Case("german-dates", "a.csv", text("d;n\n31.12.2024;1\n1.2.2025;2\n"),
         columns="d:date n:integer", rows=2, first=("2024-12-31", 1)),
    Case("day-first", "a.csv", text("d,n\n13/02/2024,1\n01/02/2024,2\n"),
         columns="d:date n:integer", rows=2, first=("2024-02-13", 1), absent=("ambiguous_dates",)),
    Case("month-first", "a.csv", text("d,n\n02/13/2024,1\n01/02/2024,2\n"),
         columns="d:date n:integer", rows=2, first=("2024-02-13", 1)),
    Case("ambiguous-dates", "a.csv", text("d,n\n03/02/2024,1\n01/02/2024,2\n"),
         columns="d:date n:integer", rows=2, findings=("ambiguous_dates",),
         first=("2024-03-02", 1)),
    Case("day-first-chosen", "a.csv", text("d,n\n03/02/2024,1\n01/02/2024,2\n"),
         columns="d:date n:integer", rows=2, options={"day_first": True},
         absent=("ambiguous_dates",), first=("2024-02-03", 1)),
    Case("zoned-times", "a.csv", text("t,n\n2024-01-01T10:00:00+02:00,1\n2024-01-02T00:30:00Z,2\n"),
         columns="t:datetime n:integer", rows=2, first=("2024-01-01T08:00:00", 1),
         findings=("time_zone",)),
    Case("impossible-date", "a.csv", text("d,n\n2024-02-30,1\n2024-02-28,2\n2024-02-27,3\n"),
         columns="d:text n:integer", rows=3, findings=("mixed_types",), says="row 2"),
    Case("clock", "a.csv", text("t,n\n9:05,1\n23:59,2\n"), columns="t:time n:integer", rows=2,
         first=("09:05:00", 1)),
    Case("one-column", "a.csv", text("name\nAnn\nBob\n"), columns="name:text", rows=2),
    Case("header-only", "a.csv", text("a,b,c\n"), columns="a:text b:text c:text", rows=0,
         findings=("no_rows",)),
    Case("300-columns", "a.csv",
         text(",".join(f"m{n}" for n in range(300)) + "\n" + ",".join(map(str, range(300))) + "\n"),
         columns=" ".join(f"m{n}:integer" for n in range(300)), rows=1),
    Case("forced-type", "a.csv", text("n,s\n1,a\noops,b\n3,c\n"), columns="n:integer s:text",
         rows=3, options={"types": {"n": "integer"}}, findings=("forced_empty",),
         says="1 of 3 cells"),
    Case("forced-text", "a.csv", text("n,s\n1,a\n"), columns="n:text s:text", rows=1,
         options={"types": {"n": "text"}}, first=("1", "a")),
    Case("forced-header", "a.csv", text("x,y\na,b\n1,2\n"), columns="a:integer b:integer", rows=1,
         options={"header_row": 2}),
    Case("forced-no-header", "a.csv", text("x,y\na,b\n"), columns="column_1:text column_2:text",
         rows=2, options={"header_row": 0}),
    Case("forced-encoding", "a.csv", text("ж,n\nщ,1\n", "utf-16-be"),
         columns="column_1:text n:integer", rows=1, options={"encoding": "utf-16-be"}),
]  # fmt: skip

SHEETS = [
    Case("xlsx", "a.xlsx", sheet(["id", "day"], [1, dt.date(2024, 1, 2)], [2, dt.date(2024, 1, 3)]),
         kind="excel", columns="id:integer day:date", rows=2, first=(1, "2024-01-02")),
    Case("xlsx-title-merged", "a.xlsx", titled_and_merged, kind="excel",
         columns="country:text year:integer sales:decimal", rows=2,
         findings=("title_rows", "merged_cells"), says="B2:D2"),
    Case("xlsx-sheet-choice", "a.xlsx", several_sheets, kind="excel",
         columns="a:integer b:integer", rows=1, findings=("sheet_chosen",), says="“Data”"),
    Case("xlsx-sheet-given", "a.xlsx", several_sheets, kind="excel",
         columns="x:text y:text z:text", rows=1, options={"sheet": "Other"},
         absent=("sheet_chosen",)),
    Case("xlsx-formulas", "a.xlsx", formulas, kind="excel",
         columns="item:text price:integer twice:integer", rows=3, findings=("formulas",),
         says="3 cells hold formulas; their last saved values were taken"),
    Case("xlsx-errors", "a.xlsx", errors, kind="excel", columns="item:text ratio:integer", rows=3,
         findings=("error_cells",), says="B3 (#DIV/0!)"),
    Case("xlsx-unsaved-formulas", "a.xlsx", unsaved_formulas, kind="excel",
         columns="item:text twice:integer", rows=3, findings=("formulas_unsaved",),
         absent=("formulas",), says="B2, B3", first=("a", None)),
    Case("xlsx-1904", "a.xlsx", calendar_1904, kind="excel", columns="day:date n:integer", rows=1,
         findings=("dates_1904",), first=("2024-02-29", 3)),
    Case("xlsm", "a.xlsm", macros, kind="excel", columns="a:integer b:text", rows=1,
         findings=("macros",)),
    Case("xlsx-wide", "a.xlsx", wide_sheet, kind="excel",
         columns=" ".join(f"m{n}:integer" for n in range(300)), rows=1),
    Case("xlsx-text-numbers", "a.xlsx", sheet(["code", "n"], ["7", 1], ["8", 2]), kind="excel",
         columns="code:text n:integer", rows=2, findings=("numbers_as_text",)),
    Case("xlsx-mixed", "a.xlsx", sheet(["n", "m"], *[[n, n] for n in range(9)], ["tbd", 9]),
         kind="excel", columns="n:text m:integer", rows=10, findings=("mixed_types",),
         says="row 11"),
    Case("xlsx-booleans", "a.xlsx", sheet(["b", "n"], [True, 1], [False, 2.5]), kind="excel",
         columns="b:boolean n:decimal", rows=2),
    Case("xls", "a.xls", old_excel, kind="excel", columns="name:text amount:integer day:date",
         rows=3, first=("n1", 10, "2024-01-01")),
    Case("xls-that-is-xlsx", "a.xls", sheet(["a", "b"], [1, "x"]), kind="excel",
         columns="a:integer b:text", rows=1),
    Case("ods", "a.ods", ods([["name", "n"], ["x", "1"], ["y", "=2"]]), kind="excel",
         columns="name:text n:integer", rows=2, findings=("formulas",)),
    Case("csv-named-xlsx", "a.xlsx", text("a,b\n1,x\n"), columns="a:integer b:text", rows=1),
]  # fmt: skip

OTHERS = [
    Case("parquet", "a.parquet",
         parquet("SELECT 1::INT AS \"Kunden Nr\", DATE '2024-01-01' AS d, 1.5::DECIMAL(9,2) AS m, "
                 "[1,2] AS l, {'a': 1} AS s, 'x'::BLOB AS b"),
         kind="parquet", columns="kunden_nr:integer d:date m:decimal l:text s:text", rows=1,
         findings=("nested_json", "binary_column"), first=(1, "2024-01-01", "1.50", "[1,2]",
                                                           '{"a":1}')),
    Case("json-array", "a.json",
         text(json.dumps([{"id": 1, "name": "Ann", "tags": ["a"]},
                          {"id": 2, "name": "Bob", "since": "2024-01-01"}])),
         kind="json", columns="id:integer name:text tags:text since:date", rows=2,
         findings=("nested_json",), first=(1, "Ann", '["a"]', None)),
    Case("ndjson", "a.ndjson", text('{"a": 1.5}\n{"a": 2, "b": true}\n'), kind="json",
         columns="a:decimal b:boolean", rows=2),
    Case("json-wrapped", "a.json", text('{"page": 1, "items": [{"a": 1}, {"a": 2}]}'),
         kind="json", columns="a:integer", rows=2, findings=("json_wrapped",), says="items"),
    Case("json-text-numbers", "a.json", text('[{"code": "007"}, {"code": "8"}]'), kind="json",
         columns="code:text", rows=2),
]  # fmt: skip

REFUSED = [
    Case("empty", "a.csv", raw(b""), error="FILE_EMPTY", sentence="is empty (0 bytes)"),
    Case("blank", "a.csv", text("\n\n  \n"), error="FILE_EMPTY", sentence="no row holds anything"),
    Case("pdf-as-xlsx", "a.xlsx", raw(b"%PDF-1.7\n..."), error="FILE_KIND",
         sentence="is a PDF document"),
    Case("png", "a.csv", raw(png()), error="FILE_KIND", sentence="an image (PNG)"),
    Case("gzip", "a.csv", raw(gzip.compress(b"a,b\n1,2\n")), error="FILE_KIND",
         sentence="compressed with gzip"),
    Case("html-as-xls", "a.xls", text("<html><table><tr><td>1</td></tr></table></html>"),
         error="FILE_KIND", sentence="a web page (HTML) saved with a spreadsheet's name"),
    Case("xml-2003", "a.xls",
         text('<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>'),
         error="FILE_KIND", sentence="XML spreadsheet of 2003"),
    Case("junk", "a.csv", raw(bytes(range(1, 256)) * 40), error="FILE_BINARY",
         sentence="holds binary data"),
    Case("nul", "a.csv", raw(b"a,b\n" + b"1,x\n" * 100 + b"2,\x00y\n"), error="FILE_BINARY",
         sentence="NUL byte at position 407"),
    Case("zip", "a.xlsx", raw(archive(hello=b"x")), error="FILE_KIND", sentence="a ZIP archive"),
    Case("docx", "a.xlsx", raw(archive(word__document_xml=b"<x/>")), error="FILE_KIND",
         sentence="a text document or a presentation"),
    Case("password", "a.xlsx", encrypted, error="FILE_PASSWORD", sentence="protected by a password"),
    Case("password-ods", "a.ods", ods([["a"]], manifest="<manifest:encryption-data/>"),
         error="FILE_PASSWORD", sentence="protected by a password"),
    Case("bomb", "a.xlsx", bomb, error="FILE_BOMB", sentence="more than 200 times its size"),
    Case("lying-bomb", "a.xlsx", lying_bomb, error="FILE_BOMB",
         sentence="longer than the archive says"),
    Case("many-entries", "a.xlsx", many_entries, error="FILE_BOMB", sentence="parts (at most"),
    Case("nested-folders", "a.xlsx", nested_folders, error="FILE_BOMB", sentence="nested more than"),
    Case("entities", "a.xlsx", entities, error="FILE_BOMB", sentence="declares entities"),
    Case("cut-xlsx", "a.xlsx", truncated(sheet(["a", "b"], [1, 2])), error="FILE_DAMAGED",
         sentence="is damaged"),
    Case("empty-workbook", "a.xlsx", sheet(), error="FILE_EMPTY", sentence="has no filled sheet"),
    Case("stray-cell", "a.xlsx", stray_cell, error="FILE_TOO_WIDE", sentence="column XFD"),
    Case("no-such-sheet", "a.xlsx", several_sheets, error="FILE_OPTIONS",
         sentence="has no sheet “Nope”; it has Cover, Data, Other", options={"sheet": "Nope"}),
    Case("bad-option", "a.csv", text("a\n1\n"), error="FILE_OPTIONS", sentence="“header_row”",
         options={"header_row": -1}),
    Case("no-such-column", "a.csv", text("a\n1\n"), error="FILE_OPTIONS", sentence="“zz”",
         options={"types": {"zz": "date"}}),
    Case("wrong-encoding", "a.csv", raw(b"a,b\n\xff,1\n"), error="FILE_ENCODING",
         sentence="not in the encoding UTF-8", options={"encoding": "utf-8"}),
    Case("too-wide", "a.csv", text(",".join(f"c{n}" for n in range(2_001)) + "\n"),
         error="FILE_TOO_WIDE", sentence="2,001 columns"),
    Case("long-cell", "a.csv", text("n,s\n" + LONG), error="CELL_TOO_LONG",
         sentence="100,000 characters"),
    Case("json-scalars", "a.json", text("[1, 2, 3]"), error="FILE_JSON", sentence="single values"),
    Case("json-empty", "a.json", text("[]"), error="FILE_EMPTY", sentence="holds no records"),
    Case("json-broken", "a.json", text('{"a": 1}\n{"a": \n'), error="FILE_JSON",
         sentence="at line 2"),
    Case("json-deep", "a.json", text('[{"a": ' + "[" * 100_000), error="FILE_JSON",
         sentence="is not valid JSON"),
    Case("cut-parquet", "a.parquet", truncated(parquet("SELECT range AS n FROM range(9999)")),
         error="FILE_DAMAGED", sentence="damaged Parquet file"),
    Case("broken-sqlite", "a.db", broken_sqlite, error="FILE_DAMAGED",
         sentence="damaged SQLite database"),
    Case("empty-sqlite", "a.db", sqlite("CREATE TABLE t (a)", "DROP TABLE t"), error="FILE_EMPTY",
         sentence="a database without tables"),
]  # fmt: skip

READABLE = [*TEXTS, *SHEETS, *OTHERS]
