"""Estimates: cautious, additive, and corrected by what servers count."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.prompts import Calibration, estimate_tokens, message_tokens, prompt_tokens
from llm.providers.base import ChatMessage, ToolCall
from tests.llm.prompts.conversations import texts

PROSE = (
    "The report shows how revenue developed over the last twelve months, by region and by product "
    "line. Please open the dashboard to compare it with the figures of the previous year."
)


def test_prose_is_taken_for_a_little_more_than_it_usually_is() -> None:
    """Tokenizers need a token for 4 to 5 characters of English."""
    assert len(PROSE) / 4 <= estimate_tokens(PROSE) <= len(PROSE) / 3


@pytest.mark.parametrize(
    ("text", "least"),
    [("20260101", 8), ("報告書を見る", 6), ("отчёт о продажах", 7), ("a\n" * 10, 7), ("😀😀", 4)],
)
def test_scripts_weigh_what_they_cost(text: str, least: int) -> None:
    assert least <= estimate_tokens(text) <= least * 2.5


def test_nothing_costs_nothing() -> None:
    assert estimate_tokens("") == 0
    assert estimate_tokens("a") == 1


@given(texts, texts, st.floats(0.6, 3.0))
def test_parts_are_never_estimated_below_the_whole(a: str, b: str, factor: float) -> None:
    whole = estimate_tokens(a + b, factor=factor)
    separate = estimate_tokens(a, factor=factor) + estimate_tokens(b, factor=factor)
    assert whole <= separate <= whole + 1


def test_messages_cost_more_than_their_text() -> None:
    plain = ChatMessage("user", "hello")
    assert message_tokens(plain) > estimate_tokens("hello")
    assert prompt_tokens([plain]) > message_tokens(plain)
    call = ToolCall("c", "find", {"text": "a long argument with several words"})
    assert message_tokens(ChatMessage("assistant", "", tool_calls=(call,))) > 20
    assert message_tokens(ChatMessage("user", "hello", images=("aGk=",))) > 500
    tool = {"type": "function", "function": {"name": "find", "description": "finds things"}}
    assert prompt_tokens([plain], tools=[tool]) > prompt_tokens([plain]) + 15


def test_a_model_that_counts_more_raises_the_estimates_at_once() -> None:
    calibration = Calibration()
    assert calibration.factor("m") == 1.0
    calibration.update("m", 1000, 1600)
    assert calibration.factor("m") >= 1.3
    for _ in range(20):
        calibration.update("m", 1000, 1600)
    assert calibration.factor("m") == pytest.approx(1.6, abs=0.051)
    assert calibration.factor("other") == 1.0


def test_one_that_counts_less_lowers_them_slowly() -> None:
    calibration = Calibration()
    calibration.update("m", 1000, 700)
    assert calibration.factor("m") == 1.0
    for _ in range(60):
        calibration.update("m", 1000, 700)
    assert 0.7 <= calibration.factor("m") <= 0.7 + 0.16


def test_wild_counts_are_held_in_bounds() -> None:
    calibration = Calibration()
    for _ in range(100):
        calibration.update("high", 100, 100_000)
        calibration.update("low", 100_000, 10)
    assert calibration.factor("high") == Calibration.HIGHEST
    assert Calibration.LOWEST <= calibration.factor("low") <= Calibration.LOWEST + 0.15


def test_no_counts_and_tiny_prompts_say_nothing() -> None:
    calibration = Calibration()
    for estimated, actual in ((1000, 0), (1000, -1), (0, 100), (10, 40)):
        calibration.update("m", estimated, actual)
    assert calibration.factor("m") == 1.0


def test_the_factor_rests_while_counts_vary_a_little() -> None:
    """Each change may move where the history is cut, and cost the model's prefix cache."""
    calibration = Calibration()
    for _ in range(30):
        calibration.update("m", 1000, 1230)
    factors = set()
    for actual in ([1120] * 15 + [1230] * 15) * 3:
        calibration.update("m", 1000, actual)
        factors.add(calibration.factor("m"))
    assert len(factors) == 1


def test_one_low_count_is_not_believed() -> None:
    calibration = Calibration()
    for _ in range(30):
        calibration.update("m", 1000, 1600)
    for _ in range(3):
        calibration.update("m", 1000, 600)
    assert calibration.factor("m") >= 1.3


def test_models_seen_long_ago_are_forgotten() -> None:
    calibration = Calibration(most_models=2)
    for model in ("a", "b", "a", "c"):
        calibration.update(model, 1000, 2000)
    assert calibration.factor("b") == 1.0
    assert calibration.factor("a") > 1.0
    assert calibration.factor("c") > 1.0


def test_threads_may_share_it() -> None:
    calibration = Calibration(most_models=3)

    def work(number: int) -> None:
        for step in range(500):
            calibration.update(f"m{(number + step) % 5}", 1000, 1500)
            assert 0.6 <= calibration.factor(f"m{step % 5}") <= 3.0

    failures: list[object] = []
    threading.excepthook, before = failures.append, threading.excepthook
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    threading.excepthook = before
    assert not failures
