"""The progress of a pull: bytes added up by layer, a rate that means something, time left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.providers.base import PullProgress
from llm.providers.meter import Layer, PullMeter

A, B = "sha256:aaaa", "sha256:bbbb"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meter(clock: Clock) -> PullMeter:
    return PullMeter(clock)


def layer(digest: str, total: int, completed: int = 0) -> PullProgress:
    return PullProgress(f"pulling {digest[-4:]}", digest, total, completed)


def test_before_anything_came(meter: PullMeter) -> None:
    assert (meter.total, meter.completed, meter.layers) == (0, 0, [])
    assert (meter.rate, meter.seconds_left, meter.words, meter.done) == (None, None, "", False)


def test_fact_3_14_layers_are_added_up_by_digest_and_counted_once(meter: PullMeter) -> None:
    for progress in (layer(A, 100), layer(A, 100, 60), layer(B, 50, 10), layer(A, 100, 80)):
        meter.feed(progress)
    assert (meter.completed, meter.total) == (90, 150)
    assert meter.layers == [Layer(A, 100, 80), Layer(B, 50, 10)]


def test_fact_3_14_going_back_is_shown_and_is_no_negative_rate(
    meter: PullMeter, clock: Clock
) -> None:
    for completed in (10, 500, 200, 200):
        meter.feed(layer(A, 1000, completed))
        clock.now += 1
    assert meter.completed == 200
    assert meter.rate is not None
    assert meter.rate >= 0


def test_a_steady_pull_has_its_rate_and_time_left(meter: PullMeter, clock: Clock) -> None:
    for step in range(1, 61):
        meter.feed(layer(A, 100_000, step * 1000))
        clock.now += 1
    assert meter.rate == pytest.approx(1000, rel=0.01)
    assert meter.seconds_left == pytest.approx(40, rel=0.05)


def test_what_was_here_before_is_not_speed(meter: PullMeter, clock: Clock) -> None:
    meter.feed(layer(A, 10_000_000))
    clock.now += 1
    meter.feed(layer(A, 10_000_000, 9_000_000))
    clock.now += 1
    assert meter.rate == 0
    assert meter.seconds_left is None
    meter.feed(layer(A, 10_000_000, 9_001_000))
    assert 0 < (meter.rate or 0) <= 1000
    assert meter.completed == 9_001_000


def test_the_rate_follows_a_change_and_smooths_a_jolt(meter: PullMeter, clock: Clock) -> None:
    done = 1
    for speed, seconds in ((1000, 30), (100, 1)):
        for _ in range(seconds):
            meter.feed(layer(A, 10**6, done))
            clock.now += 1
            done += speed
    meter.feed(layer(A, 10**6, done))
    assert 500 < (meter.rate or 0) < 1000
    for _ in range(60):
        clock.now += 1
        done += 100
        meter.feed(layer(A, 10**6, done))
    assert meter.rate == pytest.approx(100, rel=0.05)


def test_many_lines_within_a_moment_are_one_sample(meter: PullMeter, clock: Clock) -> None:
    meter.feed(layer(A, 10**6, 1))
    for step in range(100):
        clock.now += 0.01
        meter.feed(layer(A, 10**6, 1 + (step + 1) * 10))
    assert meter.rate == pytest.approx(1000, rel=0.3)


def test_no_rate_while_nothing_is_downloaded(meter: PullMeter, clock: Clock) -> None:
    for completed in (1, 500, 1000):
        meter.feed(layer(A, 1000, completed))
        clock.now += 1
    assert meter.seconds_left == 0
    meter.feed(PullProgress("verifying sha256 digest"))
    assert (meter.rate, meter.seconds_left) == (None, None)
    assert (meter.completed, meter.total) == (1000, 1000)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("pulling manifest", "Reading what belongs to the model"),
        ("pulling 0123456789ab", "Downloading"),
        ("verifying sha256 digest", "Checking what was downloaded"),
        ("writing manifest", "Finishing"),
        ("removing unused layers", "Removing parts that are no longer used"),
        ("success", "Done"),
        ("dancing\x1b[0m", "dancing [0m"),
    ],
)
def test_each_step_has_its_words(meter: PullMeter, status: str, words: str) -> None:
    meter.feed(PullProgress(status))
    assert meter.words == words
    assert meter.done == (status == "success")
    assert meter.downloading == (words == "Downloading")


def test_more_than_everything_is_everything(meter: PullMeter) -> None:
    meter.feed(layer(A, 100, 150))
    meter.feed(PullProgress("pulling aaaa", A, 0, 120))
    assert (meter.completed, meter.total) == (100, 100)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", A, B]),
            st.integers(0, 10**12),
            st.integers(0, 10**12),
            st.floats(0, 100),
        )
    )
)
def test_whatever_is_reported_the_figures_make_sense(
    steps: list[tuple[str, int, int, float]],
) -> None:
    clock = Clock()
    meter = PullMeter(clock)
    for digest, total, completed, seconds in steps:
        meter.feed(PullProgress("pulling x", digest, total, completed))
        clock.now += seconds
        assert meter.completed >= 0
        assert meter.rate is None or meter.rate >= 0
        assert all(part.completed <= part.total for part in meter.layers if part.total)
