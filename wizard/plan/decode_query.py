"""XML elements that passed the schema → queries. The way back of ``encode``."""

from __future__ import annotations

from datetime import date, datetime
from xml.etree.ElementTree import Element

from catalog.query.spec import (
    Aggregate,
    Computed,
    Dimension,
    Filter,
    Grain,
    Join,
    Measure,
    Operator,
    ReportQuery,
    Scalar,
    Sort,
    SqlQuery,
)
from wizard.plan.reading import Unreadable, child_text, needed, number, word


def read_query(element: Element) -> ReportQuery:
    limit = element.get("limit")
    return ReportQuery(
        table=needed(element, "table"),
        joins=tuple(_join(child) for child in element.findall("join")),
        dimensions=tuple(_dimension(child) for child in element.findall("dimension")),
        measures=tuple(_measure(child) for child in element.findall("measure")),
        computed=tuple(_computed(child) for child in element.findall("computed")),
        filters=tuple(_filter(child) for child in element.findall("filter")),
        series=child_text(element, "series"),
        sort=tuple(_sort(child) for child in element.findall("sort")),
        limit=None if limit is None else int(limit),
    )


def read_sql(element: Element) -> SqlQuery:
    parameters = {
        needed(child, "name"): _scalar(child[1]) for child in element.findall("parameter")
    }
    return SqlQuery(sql=needed(element, "statement"), parameters=parameters)


def _join(element: Element) -> Join:
    return Join(
        table=needed(element, "table"),
        kind="inner" if word(element.get("kind")) == "inner" else "left",
        left_column=needed(element, "leftColumn"),
        right_column=needed(element, "rightColumn"),
    )


def _dimension(element: Element) -> Dimension:
    grain = element.get("grain")
    return Dimension(
        column=needed(element, "column"),
        grain=None if grain is None else Grain(word(grain)),
        label=child_text(element, "label"),
    )


def _measure(element: Element) -> Measure:
    return Measure(
        aggregate=Aggregate(word(element.get("aggregate"))),
        column=child_text(element, "column"),
        label=child_text(element, "label"),
    )


def _computed(element: Element) -> Computed:
    return Computed(
        name=word(element.get("name")),
        expression=needed(element, "expression"),
        label=child_text(element, "label"),
    )


def _filter(element: Element) -> Filter:
    return Filter(
        column=needed(element, "column"),
        operator=Operator(word(element.get("operator"))),
        values=tuple(_scalar(child) for child in element if child.tag != "column"),
    )


def _sort(element: Element) -> Sort:
    descending = word(element.get("direction")) == "desc"
    return Sort(by=element.text or "", direction="desc" if descending else "asc")


def _scalar(element: Element) -> Scalar:
    text = element.text or ""
    value = word(text)
    try:
        match element.tag:
            case "integer":
                return int(value)
            case "decimal":
                return number(value)
            case "boolean":
                return value == "true"
            case "date":
                return date.fromisoformat(value)
            case "datetime":
                return datetime.fromisoformat(value)
    except ValueError:
        raise Unreadable(f"“{value}”", "There is no such day or time.") from None
    return text
