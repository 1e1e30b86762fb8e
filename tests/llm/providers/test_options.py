"""Generation options: ranges, types, layers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from llm.providers.options import GenerationOptions, layered


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -0.1},
        {"temperature": 2.1},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"top_p": 0},
        {"top_p": 1.01},
        {"top_k": 0},
        {"top_k": 1.5},
        {"top_k": True},
        {"repeat_penalty": 0},
        {"num_ctx": 100},
        {"num_ctx": 2**21},
        {"num_ctx": "4096"},
        {"num_predict": 0},
        {"num_predict": -1},
        {"stop": [""]},
        {"stop": ["x"] * 9},
        {"stop": ["x" * 101]},
        {"seed": -1},
        {"think": "very"},
        {"think": 3},
        {"numCtx": 4096},
        {"v": 2},
    ],
)
def test_what_is_out_of_range_or_unknown_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GenerationOptions.model_validate(wrong)


def test_only_what_is_said_is_sent() -> None:
    assert GenerationOptions().set() == {}
    assert GenerationOptions(temperature=0, think=False).set() == {
        "temperature": 0.0,
        "think": False,
    }


def test_the_higher_layer_wins_where_it_says_something() -> None:
    instance = GenerationOptions(temperature=0.8, num_ctx=8192, think=True)
    organization = GenerationOptions(temperature=0.2, stop=("END",))
    conversation = GenerationOptions(think=False)
    assert layered(instance, organization, conversation).set() == {
        "temperature": 0.2,
        "num_ctx": 8192,
        "stop": ("END",),
        "think": False,
    }
    assert layered() == GenerationOptions()


options = st.builds(
    GenerationOptions,
    temperature=st.none() | st.floats(0, 2),
    top_k=st.none() | st.integers(1, 1000),
    stop=st.none() | st.lists(st.text(min_size=1, max_size=5), max_size=8).map(tuple),
    think=st.none() | st.booleans() | st.sampled_from(["low", "medium", "high", "max"]),
)


@given(options, options, options)
def test_layers_combine_in_any_grouping(
    low: GenerationOptions, middle: GenerationOptions, high: GenerationOptions
) -> None:
    assert high.over(middle).over(low) == high.over(middle.over(low)) == layered(low, middle, high)


@given(options)
def test_options_survive_being_stored(given_options: GenerationOptions) -> None:
    stored = given_options.model_dump_json(exclude_none=True)
    assert GenerationOptions.model_validate_json(stored) == given_options
