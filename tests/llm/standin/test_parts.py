"""The pure parts: durations, instances of schemas, answers in pieces."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from llm.standin import answers
from llm.standin.parameters import Refusal, seconds
from llm.standin.schema import instance


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0, 0), (300, 300), (1.5, 1.5), (-1, math.inf), ("-1m", math.inf), ("0", 0), ("10m", 600),
        ("1h30m", 5400), ("1.5h", 5400), ("500ms", 0.5), ("+5s", 5),
    ],
)  # fmt: skip
def test_durations(given: Any, expected: float) -> None:
    assert seconds(given) == pytest.approx(expected)


@given(st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.lists(st.none())))
def test_any_duration_is_read_or_refused(value: Any) -> None:
    read: float | int
    try:
        read = seconds(value)
    except Refusal as refusal:
        read = refusal.status
    assert read >= 0


class Inner(BaseModel):
    kind: str = Field(pattern=".*", min_length=3, max_length=9)
    amount: int = Field(ge=5, le=9)


class Outer(BaseModel):
    title: str
    share: float = Field(gt=0.5, lt=2)
    done: bool
    inner: Inner
    rows: list[Inner] = Field(min_length=2)
    note: str | None
    label: str = "given"


def test_instances_fit_their_schema() -> None:
    made = Outer.model_validate(instance(Outer.model_json_schema(), "revenue by region"))
    assert made.title == "revenue by region"
    assert made.label == "given"
    assert len(made.rows) == 2


def test_a_schema_that_refers_to_itself_ends() -> None:
    node = {"type": "object", "properties": {"child": {"$ref": "#"}, "name": {"type": "string"}}}
    assert "child" in json.dumps(instance(node))


@given(st.text())
def test_pieces_are_the_text(text: str) -> None:
    assert "".join(answers.split(text)) == text
    assert "".join(answers.pieces_of_json(text)) == text


@given(st.text())
def test_vectors_have_length_one(text: str) -> None:
    assert math.hypot(*answers.embedding(text, 64)) == pytest.approx(1, abs=1e-4)
