"""What a plan says comes back from its document, to the last blank."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.query.spec import Filter, Operator, ReportQuery, SqlQuery
from tests.wizard.plan.examples import PLAN, one_step
from tests.wizard.plan.strategies import NASTY, plans
from wizard.plan.build import build, fingerprint, short_fingerprint
from wizard.plan.model import (
    FileSpec,
    Operation,
    PlanError,
    Ref,
    SecretRef,
    WidgetSpec,
)
from wizard.plan.parse import parse
from wizard.plan.serialise import impossible_character


@settings(max_examples=150, deadline=None)
@given(plans())
def test_any_plan_comes_back_and_its_bytes_are_canonical(plan) -> None:
    raw = build(plan)
    again = parse(raw)
    assert again == plan
    assert build(again) == raw


@settings(max_examples=200, deadline=None)
@given(st.text() | NASTY)
def test_text_comes_back_exactly_or_is_refused_in_words(text: str) -> None:
    plan = one_step(params={"description": text}, operation=Operation.UPDATE)
    if impossible_character(text):
        with pytest.raises(PlanError, match="XML cannot carry") as caught:
            build(plan)
        assert caught.value.findings[0].step == "step-1"
    else:
        assert parse(build(plan)).steps[0].params["description"] == text


@pytest.mark.parametrize(
    "value",
    [
        True, False, 0, 1, -1, 10**30, 1.0, 0.1, 1e300, 5e-324, -0.0, "1", "true", "1.0", "",
        " ", "2026-01-01", date(2026, 1, 1), datetime(2026, 1, 1),
        datetime(1, 1, 1, 0, 0, 0, 1),
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, tzinfo=timezone(timedelta(hours=14))),
    ],
)  # fmt: skip
def test_values_keep_their_type(value: object) -> None:
    query = ReportQuery(
        table="t", filters=(Filter(column="c", operator=Operator.EQ, values=(value,)),)
    )
    sql = SqlQuery(sql="select 1", parameters={"p": value})
    back = parse(build(one_step(params={"query": query}))).steps[0].params["query"]
    assert repr(back.filters) == repr(query.filters)
    back = parse(build(one_step(params={"query": sql}))).steps[0].params["query"]
    assert repr(back.parameters) == repr(sql.parameters)


@pytest.mark.parametrize(
    "value",
    [
        float("inf"),
        float("nan"),
        10**100,
        pytest.param(10**5000, id="huge"),
        "\x00",
        "\x0b",
        "\ud800",
        "\uffff",
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused(value: object) -> None:
    query = ReportQuery(
        table="t", filters=(Filter(column="c", operator=Operator.EQ, values=(value,)),)
    )
    with pytest.raises(PlanError) as caught:
        build(one_step(params={"query": query}))
    assert str(caught.value).endswith(".")


def test_offsets_that_xml_has_no_word_for_are_refused() -> None:
    odd = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1, seconds=30)))
    query = ReportQuery(
        table="t", filters=(Filter(column="c", operator=Operator.EQ, values=(odd,)),)
    )
    with pytest.raises(PlanError):
        build(one_step(params={"query": query}))


def test_the_order_in_which_things_were_collected_does_not_matter() -> None:
    step = PLAN.steps[1]
    shuffled = replace(step, params=dict(reversed(step.params.items())))
    assert build(replace(PLAN, steps=(PLAN.steps[0], shuffled, *PLAN.steps[2:]))) == build(PLAN)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"host": "a", "port": "1"}, {"port": "1", "host": "a"}),
        (
            FileSpec("a.csv", options={"types": {"a": "text", "b": "date"}, "delimiter": ";"}),
            FileSpec("a.csv", options={"delimiter": ";", "types": {"b": "date", "a": "text"}}),
        ),
    ],
)
def test_unordered_contents_have_one_spelling(one: object, other: object) -> None:
    name = "connection" if isinstance(one, dict) else "fileMetadata"
    assert build(one_step(params={name: one})) == build(one_step(params={name: other}))


def test_options_not_decided_are_left_out() -> None:
    undecided = FileSpec("a.csv", options={"version": 1, "delimiter": None, "types": {}})
    assert build(one_step(params={"fileMetadata": undecided})) == build(
        one_step(params={"fileMetadata": FileSpec("a.csv")})
    )


def test_an_unknown_file_option_is_refused() -> None:
    with pytest.raises(PlanError, match="file option “colour”"):
        build(one_step(params={"fileMetadata": FileSpec("a.csv", options={"colour": 1})}))


def test_secrets_are_named_only() -> None:
    plan = one_step(params={"connection": {"password": SecretRef("pw-1"), "host": "db"}})
    raw = build(plan)
    assert b'<field name="password" secret="pw-1"/>' in raw
    assert parse(raw) == plan


def test_times_are_written_in_utc() -> None:
    moment = datetime(2026, 2, 20, 14, 0, tzinfo=timezone(timedelta(hours=1)))
    assert b'generatedAt="2026-02-20T13:00:00Z"' in build(replace(PLAN, generated_at=moment))


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(PlanError, match="no time zone"):
        build(replace(PLAN, generated_at=datetime(2026, 2, 20)))


@pytest.mark.parametrize(
    "params",
    [
        {"name": 5}, {"active": "true"}, {"limit": True}, {"sourceId": "5"}, {"layout": ("a",)},
        {"tags": [1]}, {"query": "select 1"}, {"connection": {"a": 1}}, {"colour": "red"},
        {"fileMetadata": {}}, {"config": "bar"},
    ],
)  # fmt: skip
def test_values_of_another_kind_are_refused(params: dict[str, object]) -> None:
    with pytest.raises(PlanError) as caught:
        build(one_step(params=params))
    assert str(caught.value).startswith("Step 1")


@pytest.mark.parametrize(
    "params",
    [
        {"fileMetadata": FileSpec("../etc/passwd")},
        {"fileMetadata": FileSpec("a.csv", upload_id="7")},
        {"fileMetadata": FileSpec("a.csv", sha256="abc")},
        {"connection": {"not a name": "x"}},
        {"connection": {"password": SecretRef("no blanks allowed")}},
        {"sourceId": Ref("table-1")},
        {"sourceId": -1},
        {"layout": (WidgetSpec("gauge", 0, 0, 1, 1),)},
        {"layout": (WidgetSpec("text", -1, 0, 1, 1),)},
    ],
)
def test_nothing_is_written_that_could_not_be_read(params: dict[str, object]) -> None:
    with pytest.raises(PlanError):
        build(one_step(params=params))


def test_a_plan_that_grew_too_large_is_refused() -> None:
    long = SqlQuery(sql="x" * 20_000)
    steps = tuple(
        replace(PLAN.steps[1], id=f"step-{n}", params={"query": long}, output="")
        for n in range(1, 20)
    )
    with pytest.raises(PlanError, match="too large"):
        build(replace(PLAN, steps=steps))


def test_the_fingerprint_covers_every_byte() -> None:
    raw = build(PLAN)
    other = build(replace(PLAN, description=PLAN.description + " "))
    assert fingerprint(raw) != fingerprint(other)
    assert len(fingerprint(raw)) == 64
    assert short_fingerprint(raw) == fingerprint(raw)[:8]


def test_documents_are_readable() -> None:
    raw = build(PLAN).decode()
    assert raw.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<TaskPlan version="1.0" ')
    assert '\n    <step id="step-1" operation="CREATE" entity="DATA_SOURCE">\n' in raw
    assert raw.endswith("</TaskPlan>\n")
