"""XML elements that passed the schema → values of parameters. The way back of ``encode``.

Free text is taken as it stands; words of closed vocabularies, numbers and identifiers lose the
blanks around them, as the schema says they may have some.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from catalog.charts.spec import ChartKind, ChartSpec
from wizard.plan.decode_query import read_query, read_sql
from wizard.plan.encode import CHART_FLAGS, FILE_OPTIONS, SHORTHAND
from wizard.plan.model import ChartShorthand, FileSpec, ParamValue, Ref, SecretRef, WidgetSpec
from wizard.plan.parameters import Kind, Parameter
from wizard.plan.reading import Unreadable, child_text, id_or_ref, needed, number, word

_CHILDREN = {
    Kind.FILE: ("file",),
    Kind.CONNECTION: ("connection",),
    Kind.QUERY: ("query", "sql"),
    Kind.CHART: ("chart", "chartConfig"),
    Kind.LAYOUT: ("widget",),
    Kind.ITEMS: ("item",),
}
_NOUNS = {
    "file": "a file",
    "connection": "a connection",
    "query": "a query",
    "sql": "SQL",
    "chart": "a chart",
    "chartConfig": "a chart",
    "widget": "widgets",
    "item": "a list of items",
}


def decode_value(element: Element, parameter: Parameter) -> ParamValue:
    """Raises ``Unreadable`` when the content is of another kind than the parameter's."""
    ref = element.get("ref")
    if ref is not None:
        return _ref(element, parameter, word(ref))
    if len(element):
        return _structure(element, parameter)
    return _plain(element.text or "", parameter.kind)


def _ref(element: Element, parameter: Parameter, name: str) -> Ref:
    if parameter.kind is not Kind.ID:
        raise Unreadable("a reference", "Give the value itself.")
    if len(element) or word(element.text):
        raise Unreadable("both a reference and a value", "Keep one of the two.")
    return Ref(name)


def _structure(element: Element, parameter: Parameter) -> ParamValue:
    tags = _CHILDREN.get(parameter.kind, ())
    tag = element[0].tag
    if tag not in tags:
        raise Unreadable(_NOUNS.get(tag, "an element"))
    if word(element.text) or any(word(child.tail) for child in element):
        raise Unreadable("text beside an element", "Remove the text around the element.")
    if tag == "widget":
        return tuple(_widget(child) for child in element)
    if tag == "item":
        return tuple(child.text or "" for child in element)
    return _READERS[tag](element[0])


def _plain(text: str, kind: Kind) -> ParamValue:
    value = word(text)
    if kind is Kind.TEXT:
        return text
    if kind is Kind.BOOLEAN and value in {"true", "false"}:
        return value == "true"
    if kind is Kind.INTEGER and re.fullmatch("[0-9]{1,18}", value):
        return int(value)
    if kind is Kind.ID and re.fullmatch("[1-9][0-9]{0,17}", value):
        return int(value)
    if kind in {Kind.LAYOUT, Kind.ITEMS} and not value:
        return ()
    shown = f"{value[:60]}…" if len(value) > 60 else value
    raise Unreadable(f"“{shown}”" if value else "nothing")


def _file(element: Element) -> FileSpec:
    options: dict[str, Any] = {}
    for key, name in FILE_OPTIONS.items():
        given = element.get(name)
        if given is None:
            continue
        if key in {"header_row", "skip_rows"}:
            options[key] = int(given)
        elif key == "day_first":
            options[key] = word(given) == "true"
        else:
            options[key] = word(given) if key == "encoding" else given
    types = {child.text or "": word(child.get("type")) for child in element.findall("column")}
    return FileSpec(
        name=element.get("name", ""),
        upload_id=word(element.get("uploadId")),
        sha256=word(element.get("sha256")),
        sheet=element.get("sheet", ""),
        options={**options, "types": types} if types else options,
    )


def _connection(element: Element) -> dict[str, str | SecretRef]:
    fields: dict[str, str | SecretRef] = {}
    for child in element:
        name, secret = word(child.get("name")), child.get("secret")
        if secret is not None and child.text:
            hint = f"The field “{name}” names a secret, so it has no text of its own."
            raise Unreadable("a secret beside its name", hint)
        fields[name] = SecretRef(word(secret)) if secret is not None else child.text or ""
    return fields


def _chart(element: Element) -> ChartSpec:
    given: dict[str, Any] = {
        field: word(element.get(name)) == "true"
        for field, name in CHART_FLAGS.items()
        if name in element.keys()  # noqa: SIM118 - an element is no mapping
    }
    for field, name, read in _CHART_WORDS:
        if (value := element.get(name)) is not None:
            given[field] = read(word(value))
    return ChartSpec(
        kind=ChartKind(word(element.get("kind"))),
        x=child_text(element, "x"),
        y=tuple(child.text or "" for child in element.findall("y")),
        series=child_text(element, "series"),
        x_title=needed(element, "xTitle"),
        y_title=needed(element, "yTitle"),
        **given,
    )


_CHART_WORDS: tuple[tuple[str, str, Callable[[str], object]], ...] = (
    ("goal", "goal", number),
    ("top_n", "topN", int),
    ("decimals", "decimals", int),
    ("number_format", "numberFormat", str),
    ("currency", "currency", str),
)


def _shorthand(element: Element) -> ChartShorthand:
    given = {field: element.get(name, "") for field, name in SHORTHAND.items()}
    given["aggregate"] = word(given["aggregate"])
    return ChartShorthand(type=word(element.get("type")), **given)


def _widget(element: Element) -> WidgetSpec:
    x, y = (int(part) for part in word(element.get("position")).split(","))
    w, h = (int(part) for part in word(element.get("size")).split(","))
    report = element.get("reportId")
    return WidgetSpec(
        kind=word(element.get("type")),
        x=x,
        y=y,
        w=w,
        h=h,
        report=None if report is None else id_or_ref(report),
        title=needed(element, "title"),
        text=needed(element, "text"),
    )


_READERS: dict[str, Callable[[Element], ParamValue]] = {
    "file": _file,
    "connection": _connection,
    "query": read_query,
    "sql": read_sql,
    "chart": _chart,
    "chartConfig": _shorthand,
}
