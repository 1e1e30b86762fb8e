"""Which values answer which questions."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from wizard.dialogue import Field, Option, Question
from wizard.dialogue.accept import Refused, accept

ONE = Question("k", "?", "pick", options=(Option(1, "One"), Option(2, "Two", disabled=True)))
MANY = Question("k", "?", "multi", options=ONE.options, multiple=True, maximum=1)
FORM = Question(
    "k",
    "?",
    "form",
    fields=(
        Field("port", "Port", "integer", default=5432, minimum=1, maximum=65535),
        Field("mode", "Mode", "choice", default="a", choices=(("a", "A"), ("b", "B"))),
        Field("note", "Note", required=False, max_length=5, multiline=True),
    ),
)


@pytest.mark.parametrize("value", [True, 1.0, "1", 2, 3, None, [1], {"a": 1}])
def test_only_the_very_value_of_an_enabled_option_counts(value: JsonValue) -> None:
    with pytest.raises(Refused):
        accept(ONE, value)


def test_several_are_counted_once_each() -> None:
    assert accept(MANY, [1, 1]) == [1]
    for wrong in ([], [1, 2], 1, "1"):
        with pytest.raises(Refused):
            accept(MANY, wrong)  # type: ignore[arg-type]


def test_a_form_takes_defaults_and_cleans() -> None:
    expected = {"port": 5432, "mode": "a", "note": ""}
    assert accept(FORM, {}) == expected
    assert accept(FORM, {"port": "80", "note": " a\nb "}) == {
        **expected,
        "port": 80,
        "note": "a\nb",
    }


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"port": 0}, "Port: the smallest possible number is 1."),
        ({"port": 70000}, "Port: the largest possible number is 65535."),
        ({"port": "ssh"}, "Port: please give a whole number."),
        ({"port": 1.5}, "Port: please give a whole number."),
        ({"port": True}, "Port: please give a whole number."),
        ({"port": float("inf")}, "Port: please give a whole number."),
        ({"mode": "c"}, "Mode: please choose one of the values offered."),
        ({"note": "123456"}, "Note: That is too long: 6 characters, at most 5 fit."),
        ({"colour": "red"}, "There is no field “colour” here."),
        ("text", "Please fill in the form."),
    ],
)
def test_what_a_form_does_not_take_is_said_with_its_field(value: JsonValue, said: str) -> None:
    with pytest.raises(Refused) as refused:
        accept(FORM, value)

    assert str(refused.value) == said
