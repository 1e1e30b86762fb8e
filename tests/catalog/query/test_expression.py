from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.query.errors import QueryError
from catalog.query.expression import (
    Call,
    Field,
    Negation,
    Node,
    Number,
    Operation,
    fields,
    parse,
    to_text,
)

numbers = st.decimals(
    min_value=0, max_value=10**6, places=3, allow_nan=False, allow_infinity=False
).map(Number)
names = st.sampled_from(["d1", "m1", "m2", "c1"]).map(Field)


def _grown(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        inner.map(Negation),
        st.builds(Operation, st.sampled_from("+-*/"), inner, inner),
        st.builds(Call, st.just("abs"), st.tuples(inner)),
        st.builds(Call, st.just("round"), st.tuples(inner, st.just(Number(Decimal(2))))),
        st.builds(Call, st.just("coalesce"), st.tuples(inner, inner, inner)),
        st.builds(Call, st.just("nullif"), st.tuples(inner, inner)),
    )


trees = st.recursive(st.one_of(numbers, names), _grown, max_leaves=12)


@given(trees)
def test_text_and_tree_say_the_same(tree: Node) -> None:
    assert parse(to_text(tree)) == tree


@given(st.text(max_size=60))
def test_any_text_is_a_tree_or_a_sentence(text: str) -> None:
    try:
        tree = parse(text)
    except QueryError as error:
        tree, message = None, error.message
    else:
        message = "."
    assert message.endswith(".")
    if tree is not None:
        assert parse(to_text(tree)) == tree


def test_precedence_and_grouping() -> None:
    assert parse("1 + m1 * 2") == parse("1 + (m1 * 2)")
    assert parse("m1 - m2 - 3") == parse("(m1 - m2) - 3")
    assert parse("m1 / m2 / 3") == parse("(m1 / m2) / 3")
    assert parse("-m1 * 2") == parse("(-m1) * 2")
    assert parse("(m1 - m2) * 2") != parse("m1 - m2 * 2")


def test_fields() -> None:
    assert fields(parse("round(m1 / coalesce(m2, -d1), 2)")) == {"m1", "m2", "d1"}


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "m1 +", "(m1", "m1)", "m1 m2", "1 2", "1.2.3", "1m", "round()", "abs(1, 2)",
        "sleep(1)", "m1; drop table x", "'a'", '"a"', "m1 % 2", "m1 ** 2", "m1.x", "a[0]",
        "1e400", "coalesce(m1)", ",", "m1 = 1", "$1", "@x", "m1 || m2", "(" * 200 + "1" + ")" * 200,
        "-" * 300 + "1",
    ],
)  # fmt: skip
def test_what_is_not_a_formula_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text)


def test_an_error_says_where() -> None:
    with pytest.raises(QueryError, match=r"“%” at position 4"):
        parse("m1 % 2")
    with pytest.raises(QueryError, match="stops in the middle"):
        parse("m1 +")
