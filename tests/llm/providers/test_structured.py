"""Schemas that are asked, the words for them, and answers that do or do not fit."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.providers.structured import (
    MOST_FINDINGS,
    InvalidAnswer,
    check_schema,
    parse,
    schema_sentence,
)

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["kind", "limit"],
    "properties": {
        "kind": {"type": "string", "enum": ["bar", "line"], "description": "The chart."},
        "limit": {"type": "integer", "minimum": 1, "maximum": 100},
        "title": {"type": ["string", "null"], "maxLength": 10},
        "share": {"type": "number", "minimum": 0},
        "stacked": {"type": "boolean"},
        "since": {"type": "string", "format": "date"},
        "columns": {"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 2},
    },
}
GOOD = {"kind": "bar", "limit": 5}


def one(rule: object, **root: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"it": rule}, **root}


def findings(text: str, schema: dict[str, Any] = SCHEMA) -> list[str]:
    with pytest.raises(InvalidAnswer) as caught:
        parse(text, schema)
    return caught.value.findings


def test_a_flat_schema_is_fine() -> None:
    assert check_schema(SCHEMA) == []


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, "one object with named properties"),
        ({"type": "array", "items": {"type": "string"}}, "one object with named properties"),
        ({"type": "object", "properties": {}}, "one object with named properties"),
        (one({"type": "string"}, **{"$defs": {}}), "“$defs” is not used"),
        (one({"type": "string"}, additionalProperties=True), "never allowed"),
        (one({"type": "string"}, required=["that"]), "“that” is required"),
        (one({"anyOf": [{"type": "string"}]}), "“it” needs a type"),
        (one({"$ref": "#/$defs/It"}), "“it” needs a type"),
        (one({"type": "object", "properties": {}}), "“it” needs a type"),
        (one({"type": 5}), "“it” needs a type"),
        (one("string"), "“it” needs a type"),
        (one({"type": "string", "pattern": "a"}), "uses “pattern”"),
        (one({"type": "string", "anyOf": []}), "uses “anyOf”"),
        (one({"type": "boolean", "minimum": 1}), "uses “minimum”"),
        (one({"type": "string", "enum": []}), "no values to choose"),
        (one({"type": "string", "format": "uri"}), "format other than date"),
        (one({"type": "array"}), "not plain values"),
        (one({"type": "array", "items": {"type": "array"}}), "not plain values"),
        (one({"type": "array", "items": {"type": "string", "pattern": "a"}}), "“pattern”"),
    ],
)
def test_what_is_too_much_is_said(schema: dict[str, Any], words: str) -> None:
    (finding,) = check_schema(schema)
    assert words in finding


def test_more_than_fifteen_properties_are_too_many() -> None:
    fifteen = {f"p{n}": {"type": "string"} for n in range(15)}
    assert check_schema({"type": "object", "properties": fifteen}) == []
    sixteen = {**fifteen, "one_more": {"type": "string"}}
    assert "16 properties" in check_schema({"type": "object", "properties": sixteen})[0]


def test_the_words_of_a_schema() -> None:
    words = schema_sentence(SCHEMA)
    assert '- "kind": one of "bar", "line". The chart.\n' in words
    assert '- "limit": whole number (at least 1 and at most 100).\n' in words
    assert '- "title": text (at most 10 characters) or null. Optional.\n' in words
    assert '- "since": text (a date as YYYY-MM-DD). Optional.\n' in words
    assert '- "columns": list of text (at least 1 characters) (at most 2 items). Optional.' in words
    assert "JSON" in words
    assert words == schema_sentence(json.loads(json.dumps(SCHEMA)))


@pytest.mark.parametrize(
    "text",
    [
        '{"kind": "bar", "limit": 5}',
        '\n  {"kind":"bar",\n"limit":5}  \n\n',
        '```json\n{"kind": "bar", "limit": 5}\n```',
        '```\n{"kind": "bar", "limit": 5}```\n',
        '\ufeff```JSON  \r\n{"kind": "bar", "limit": 5}\r\n```',
    ],
)
def test_white_space_and_a_fence_are_forgiven(text: str) -> None:
    assert parse(text, SCHEMA) == GOOD


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("``` \n```", "empty"),
        ('Here it is: {"kind": "bar"}', "not valid JSON"),
        ('{"kind": "bar", "limit": 5} I hope this helps', "not valid JSON"),
        ('{"kind": "bar", "limit": 5', "not valid JSON"),
        ("{'kind': 'bar'}", "not valid JSON"),
        ('["bar"]', "must be one JSON object"),
        ("null", "must be one JSON object"),
        ('{"kind": "bar", "kind": "line", "limit": 5}', '"kind" is there more than once'),
        ('{"kind": "bar", "limit": NaN}', "cannot be read"),
        ('{"kind": "bar", "limit": ' + "9" * 5000 + "}", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_what_is_no_object_is_refused(text: str, words: str) -> None:
    assert words in findings(text)[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "pie"}, '"kind" must be one of "bar", "line", not "pie".'),
        ({"kind": 1}, '"kind" must be a text, not 1.'),
        ({"limit": 0}, '"limit" must be at least 1, not 0.'),
        ({"limit": 101}, '"limit" must be at most 100, not 101.'),
        ({"limit": 5.0}, '"limit" must be a whole number, not 5.0.'),
        ({"limit": True}, '"limit" must be a whole number, not true.'),
        ({"limit": "5"}, '"limit" must be a whole number, not "5".'),
        ({"title": "12345678901"}, '"title" must have at most 10 characters, not 11.'),
        ({"title": 1}, '"title" must be a text or null, not 1.'),
        ({"title": "a\0"}, '"title" holds characters that cannot be stored.'),
        ({"title": "\ud800"}, '"title" holds characters that cannot be stored.'),
        ({"share": -0.5}, '"share" must be at least 0, not -0.5.'),
        ({"stacked": 1}, '"stacked" must be true or false, not 1.'),
        ({"since": "2026-02-30"}, '"since" must be a date as YYYY-MM-DD, not "2026-02-30".'),
        ({"since": "20260203"}, '"since" must be a date as YYYY-MM-DD, not "20260203".'),
        ({"columns": "a"}, '"columns" must be a list, not "a".'),
        ({"columns": [{"a": 1}]}, '"columns" (item 1) must be a text, not an object.'),
        ({"columns": ["a", ""]}, '"columns" (item 2) must have at least 1 characters, not 0.'),
        ({"columns": ["a", "b", "c"]}, '"columns" must have at most 2 items, not 3.'),
        ({"colour": "red"}, '"colour" is not one of the fields; leave it out.'),
    ],
)
def test_a_value_that_does_not_fit_is_named(change: dict[str, Any], words: str) -> None:
    assert findings(json.dumps(GOOD | change)) == [words]


def test_an_endless_number_is_no_number() -> None:
    assert findings('{"kind": "bar", "limit": 5, "share": 1e999}')[0].startswith('"share" must be')


def test_a_missing_field_is_named() -> None:
    assert findings('{"kind": "bar"}') == ['"limit" is missing.']


def test_true_is_not_one() -> None:
    schema = one({"type": ["integer", "boolean"], "enum": [1, 0]})
    assert parse('{"it": 1}', schema) == {"it": 1}
    assert "must be one of 1, 0" in findings('{"it": true}', schema)[0]


def test_no_more_than_five_findings() -> None:
    assert len(findings(json.dumps({f"x{n}": n for n in range(50)}))) == MOST_FINDINGS


def test_a_long_value_is_shortened() -> None:
    (finding,) = findings(json.dumps(GOOD | {"kind": "x" * 10_000}))
    assert len(finding) < 200


@given(
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["bar", "line"]), "limit": st.integers(1, 100)},
        optional={
            "title": st.none()
            | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=10),
            "share": st.floats(0, allow_infinity=False) | st.integers(0),
            "stacked": st.booleans(),
            "since": st.dates(min_value=date(1000, 1, 1)).map(str),
            "columns": st.lists(st.sampled_from(["a", "ä", "日"]), max_size=2),
        },
    ),
    st.booleans(),
)
def test_whatever_fits_comes_back_as_it_is(value: dict[str, Any], ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert parse(text, SCHEMA) == value
    assert parse(f"```json\n{text}\n```", SCHEMA) == value


@given(st.text() | st.recursive(st.none() | st.text(), lambda v: st.lists(v)).map(json.dumps))
def test_any_text_is_an_object_or_a_finding(text: str) -> None:
    assert 1 <= len(findings(text)) <= MOST_FINDINGS
    "".join(findings(text)).encode()
