"""Arbitrary plans: everything the vocabulary can say, with text as nasty as XML can carry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

from hypothesis import strategies as st

from catalog.charts.spec import ChartKind, ChartSpec
from catalog.connectors.base import BaseType
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
    Sort,
    SqlQuery,
)
from wizard.plan.model import (
    ChartShorthand,
    Entity,
    FileSpec,
    Operation,
    Plan,
    Ref,
    SecretRef,
    Step,
    WidgetSpec,
)
from wizard.plan.parameters import PARAMETERS, Kind

_IMPOSSIBLE = "".join(map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF]))
CHARACTERS = st.characters(codec="utf-8", exclude_characters=_IMPOSSIBLE)
NASTY = st.sampled_from(
    [
        " ", "  a  ", "\n", "\r", "\r\n", "\t", " \n ", "a\tb", "]]>", "<b>&amp;</b>", "&#10;",
        "<!-- x -->", "<!DOCTYPE x>", "<?php ?>", "\"'\"", "\x85", "\u2028", "\ufeff", "\u202e",
        "e\u0301", "\U0001f4a5", "\U0001fffe", "ds-1", "0", "true", "2026-01-01", "-", "{}",
    ]
)  # fmt: skip


def texts(low: int = 0, high: int = 40) -> st.SearchStrategy[str]:
    plain = st.text(CHARACTERS, min_size=low, max_size=high)
    return st.one_of(plain, NASTY.filter(lambda text: low <= len(text) <= high))


LABELS = texts(1, 60)
KEYS = texts(1, 20)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(10**40), 10**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(timezones=st.none() | OFFSETS),
    texts(),
)
FILTERS = st.builds(
    Filter,
    column=LABELS,
    operator=st.sampled_from(Operator),
    values=st.lists(SCALARS, max_size=4).map(tuple),
)
QUERIES = st.builds(
    ReportQuery,
    table=LABELS,
    joins=st.lists(
        st.builds(
            Join,
            table=LABELS,
            kind=st.sampled_from(["inner", "left"]),
            left_column=LABELS,
            right_column=LABELS,
        ),
        max_size=2,
    ).map(tuple),
    dimensions=st.lists(
        st.builds(
            Dimension,
            column=LABELS,
            grain=st.none() | st.sampled_from(Grain),
            label=st.none() | LABELS,
        ),
        max_size=3,
    ).map(tuple),
    measures=st.lists(
        st.builds(
            Measure,
            aggregate=st.sampled_from(Aggregate),
            column=st.none() | LABELS,
            label=st.none() | LABELS,
        ),
        max_size=3,
    ).map(tuple),
    computed=st.lists(
        st.builds(
            Computed,
            name=st.integers(1, 99).map(lambda n: f"c{n}"),
            expression=LABELS,
            label=st.none() | LABELS,
        ),
        max_size=3,
        unique_by=lambda computed: computed.name,
    ).map(tuple),
    filters=st.lists(FILTERS, max_size=3).map(tuple),
    series=st.none() | KEYS,
    sort=st.lists(
        st.builds(Sort, by=KEYS, direction=st.sampled_from(["asc", "desc"])), max_size=2
    ).map(tuple),
    limit=st.none() | st.integers(1, 100_000),
)
SQL = st.builds(
    SqlQuery,
    sql=texts(1, 200),
    parameters=st.dictionaries(LABELS, SCALARS, max_size=3),
)
CHARTS = st.builds(
    ChartSpec,
    kind=st.sampled_from(ChartKind),
    x=st.none() | KEYS,
    y=st.lists(KEYS, max_size=3).map(tuple),
    series=st.none() | KEYS,
    stacked=st.booleans(),
    horizontal=st.booleans(),
    log_scale=st.booleans(),
    labels=st.booleans(),
    totals=st.booleans(),
    goal=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    top_n=st.none() | st.integers(1, 100),
    number_format=st.sampled_from(get_args(ChartSpec.model_fields["number_format"].annotation)),
    currency=st.none() | st.sampled_from(["EUR", "USD", "XXX"]),
    decimals=st.none() | st.integers(0, 6),
    x_title=texts(0, 30),
    y_title=texts(0, 30),
)
SHORTHANDS = st.builds(
    ChartShorthand,
    type=st.sampled_from(ChartKind).map(str),
    x_axis=texts(0, 30),
    y_axis=texts(0, 30),
    series=texts(0, 30),
    aggregate=st.just("") | st.sampled_from(Aggregate).map(str),
)
FILE_NAMES = st.sampled_from(["sales q4.xlsx", "Überblick <2>.csv", "a&b'\".parquet", "x" * 255])
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "header_row": st.integers(0, 10_000),
        "skip_rows": st.integers(0, 10_000),
        "delimiter": st.sampled_from(["\t", ";", ",", "|", " ", '"', "&", "\n"]),
        "encoding": st.sampled_from(["utf-8", "utf-16-le", "cp1252", "latin-1"]),
        "decimal": st.sampled_from([".", ","]),
        "day_first": st.booleans(),
        "types": st.dictionaries(
            LABELS, st.sampled_from(get_args(BaseType)), min_size=1, max_size=3
        ),
    },
)
FILES = st.builds(
    FileSpec,
    name=FILE_NAMES,
    upload_id=st.just("") | st.uuids().map(str),
    sha256=st.just("") | st.binary(min_size=32, max_size=32).map(bytes.hex),
    sheet=texts(0, 31),
    options=OPTIONS,
)
IDS = st.integers(1, 10**18 - 1)
REFS = st.builds(
    lambda prefix, number: Ref(f"{prefix}-{number}"),
    st.sampled_from(["ds", "report", "dashboard", "schedule", "list"]),
    st.integers(1, 999),
)
WIDGETS = st.builds(
    WidgetSpec,
    kind=st.sampled_from(["chart", "table", "number", "text"]),
    x=st.integers(0, 999),
    y=st.integers(0, 999),
    w=st.integers(0, 999),
    h=st.integers(0, 999),
    report=st.none() | IDS | REFS,
    title=texts(0, 40),
    text=texts(0, 80),
)
CONNECTIONS = st.dictionaries(
    st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,20}", fullmatch=True),
    texts(0, 60) | st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True).map(SecretRef),
    max_size=5,
)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: texts(0, 80),
    Kind.INTEGER: st.integers(0, 10**18 - 1),
    Kind.BOOLEAN: st.booleans(),
    Kind.ID: IDS | REFS,
    Kind.FILE: FILES,
    Kind.CONNECTION: CONNECTIONS,
    Kind.QUERY: QUERIES | SQL,
    Kind.CHART: CHARTS | SHORTHANDS,
    Kind.LAYOUT: st.lists(WIDGETS, max_size=4).map(tuple),
    Kind.ITEMS: st.lists(LABELS, max_size=4).map(tuple),
}
PARAMS = st.lists(st.sampled_from(list(PARAMETERS)), max_size=4, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: VALUES[PARAMETERS[name].kind] for name in names})
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans a document can say; they need not make sense."""
    numbers = draw(st.lists(st.integers(1, 999), min_size=1, max_size=4, unique=True))
    return Plan(
        steps=tuple(draw(_steps(number)) for number in numbers),
        description=draw(texts()),
        requested_by=draw(texts()),
        generated_at=draw(
            st.datetimes(datetime(1000, 1, 2), datetime(2999, 12, 30), timezones=st.just(UTC))
        ),
    )


@st.composite
def _steps(draw: st.DrawFn, number: int) -> Step:
    target = draw(st.none() | IDS | REFS)
    prefix = draw(st.sampled_from(["", "ds", "report", "dashboard", "schedule", "list"]))
    return Step(
        id=f"step-{number}",
        operation=draw(st.sampled_from(Operation)),
        entity=draw(st.sampled_from(Entity)),
        params=draw(PARAMS),
        depends_on=tuple(
            draw(st.lists(st.integers(1, 999).map(lambda n: f"step-{n}"), max_size=3))
        ),
        output=f"{prefix}-{number}" if prefix else "",
        target=target,
        expected_version=None if target is None else draw(st.none() | st.integers(0, 10**18 - 1)),
    )
