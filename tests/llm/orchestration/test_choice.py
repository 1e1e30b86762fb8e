"""Which model answers, as a table, and what holds whatever is there."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.orchestration.choice import (
    Candidate,
    Complexity,
    NoModel,
    choose,
    complexity,
    same_model,
)
from llm.orchestration.purposes import Purpose

CHATS = frozenset({"completion"})
TOOLS = CHATS | {"tools"}
EMBEDS = frozenset({"embedding"})


def model(name: str, **facts: Any) -> Candidate:
    return Candidate(facts.pop("provider", 1), name, **{"capabilities": CHATS} | facts)


TINY = model("qwen2.5:0.5b", parameters="494M")
SMALL = model("llama3.2:3b", parameters="3.2B")
USUAL = model("llama3.1:8b", parameters="8.0B")
LARGE = model("qwen2.5:32b", parameters="32.8B")
HUGE = model("llama3.3:70b", parameters="70.6B")
THINKER = model("gpt-oss:20b", parameters="20.9B", capabilities=TOOLS | {"thinking"})
VECTORS = model("nomic-embed-text:latest", parameters="137M", capabilities=EMBEDS)
SEEING = model("llava:7b", capabilities=CHATS | {"vision"})
SHORT = replace(USUAL, context_length=2048)
ALL = [TINY, SMALL, USUAL, LARGE, HUGE, THINKER, VECTORS]
CHAT, EXTRACT, TITLE, SUMMARY, SQL, EMBED = Purpose
SIMPLE, NORMAL, COMPLEX = Complexity


def loaded(candidate: Candidate) -> Candidate:
    return replace(candidate, loaded=True)


def silent(name: str) -> Candidate:
    """Of a server that does not tell what its models can do."""
    return model(name, provider=2, provider_order=200, capabilities=None)


def cloud(name: str = "gpt-4o", **facts: Any) -> Candidate:
    return replace(silent(name), external=True, **facts)


def prefer(*names: str) -> dict[str, Any]:
    return {"preferences": names}


def hidden(candidate: Candidate) -> Candidate:
    return replace(candidate, access=False)


def ill(candidate: Candidate) -> Candidate:
    return replace(candidate, health="degraded")


def down(candidate: Candidate) -> Candidate:
    return replace(candidate, health="down")


AUTO: list[tuple[Purpose, list[Candidate], dict[str, Any], str, str]] = [
    # Only one can.
    (CHAT, [SMALL], {}, "llama3.2:3b", "only model"),
    (CHAT, [VECTORS, SMALL], {}, "llama3.2:3b", "only model"),
    (EMBED, ALL, {}, "nomic-embed-text:latest", "only model"),
    # Preferences, first of all.
    (CHAT, ALL, prefer("qwen2.5:32b"), "qwen2.5:32b", "preferred for conversations"),
    (CHAT, ALL, prefer("nothing", "LLAMA3.2:3B"), "llama3.2:3b", "preferred"),
    (TITLE, ALL, prefer("gpt-oss:20b"), "gpt-oss:20b", "preferred for titles"),
    (CHAT, [loaded(SMALL), LARGE], prefer("qwen2.5:32b"), "qwen2.5:32b", "preferred"),
    (CHAT, [SMALL, loaded(LARGE)], prefer("qwen2.5:32b"), "qwen2.5:32b", "loaded and"),
    (SQL, ALL, prefer("llama3.2:3b", "qwen2.5:32b"), "llama3.2:3b", "writing SQL"),
    (EMBED, ALL, prefer("llama3.2:3b"), "nomic-embed-text:latest", "only model"),
    (CHAT, [SMALL, USUAL], prefer("9/llama3.2:3b"), "llama3.1:8b", "largest"),
    (CHAT, [USUAL, SMALL], prefer("1/llama3.2:3b"), "llama3.2:3b", "preferred"),
    # A preference that cannot be used is passed over.
    (CHAT, [SMALL, hidden(LARGE)], prefer("qwen2.5:32b"), "llama3.2:3b", ""),
    (CHAT, [SMALL, cloud()], prefer("gpt-4o"), "llama3.2:3b", "only model"),
    (CHAT, [SMALL, cloud(external_allowed=True)], prefer("gpt-4o"), "gpt-4o", "preferred"),
    (CHAT, [SMALL, down(LARGE)], prefer("qwen2.5:32b"), "llama3.2:3b", "answers"),
    # Loaded before unloaded.
    (CHAT, [SMALL, loaded(HUGE)], {}, "llama3.3:70b", "already loaded"),
    (TITLE, [SMALL, loaded(LARGE)], {}, "qwen2.5:32b", "already loaded"),
    (SQL, [loaded(SMALL), HUGE], {}, "llama3.2:3b", "already loaded"),
    (TITLE, [SMALL, loaded(TINY)], {}, "qwen2.5:0.5b", "already loaded"),
    (SQL, [SMALL, loaded(TINY)], {}, "llama3.2:3b", "too small"),
    (CHAT, [loaded(SMALL), loaded(LARGE)], {"complexity": COMPLEX}, LARGE.name, "largest loaded"),
    (SQL, [loaded(SMALL), loaded(LARGE)], {}, "qwen2.5:32b", "largest loaded"),
    (EXTRACT, [loaded(USUAL), loaded(SMALL)], {}, "llama3.2:3b", "smallest loaded"),
    # Trouble.
    (CHAT, [loaded(down(SMALL)), USUAL], {}, "llama3.1:8b", "provider answers"),
    (CHAT, [replace(loaded(SMALL), breaker_open=True), USUAL], {}, "llama3.1:8b", "answers"),
    (CHAT, [down(SMALL), down(USUAL)], {}, "llama3.1:8b", "largest"),
    (CHAT, [down(SMALL)], {}, "llama3.2:3b", "only model"),
    (CHAT, [ill(USUAL), SMALL], {}, "llama3.2:3b", "good health"),
    (CHAT, [ill(loaded(USUAL)), SMALL], {}, "llama3.1:8b", "loaded"),
    (CHAT, [replace(SMALL, health="unknown"), ill(USUAL)], {}, SMALL.name, ""),
    # Sizes.
    (CHAT, ALL, {}, "llama3.1:8b", "largest installed model that answers at a usual speed"),
    (CHAT, ALL, {"complexity": NORMAL}, "llama3.1:8b", "usual speed"),
    (CHAT, ALL, {"complexity": SIMPLE}, "llama3.2:3b", "smallest"),
    (CHAT, ALL, {"complexity": COMPLEX}, "llama3.3:70b", "a demanding question"),
    (SQL, ALL, {}, "llama3.3:70b", "for writing SQL"),
    (TITLE, ALL, {}, "llama3.2:3b", "smallest installed model"),
    (SUMMARY, ALL, {}, "llama3.2:3b", "for summaries"),
    (EXTRACT, ALL, {"complexity": COMPLEX}, "llama3.2:3b", "filling in forms"),
    (TITLE, [TINY, LARGE], {}, "qwen2.5:0.5b", "smallest"),
    (EXTRACT, [TINY, LARGE], {}, "qwen2.5:32b", "too small"),
    (SUMMARY, [LARGE, HUGE], {}, "qwen2.5:32b", "smallest"),
    (TITLE, [TINY], {}, "qwen2.5:0.5b", "only"),
    # From the name and the file when the server does not say.
    (TITLE, [model("a-13b-chat"), model("b-7B")], {}, "b-7B", "smallest"),
    (SQL, [model("mixtral-8x7b"), model("b-34b")], {}, "mixtral-8x7b", "largest"),
    (TITLE, [model("a", size=20_000_000_000), model("b", size=2_000_000_000)], {}, "b", "smallest"),
    # Thinkers.
    (TITLE, [THINKER, LARGE], {}, "qwen2.5:32b", "without thinking at length"),
    (EXTRACT, [model("deepseek-r1:7b"), LARGE], {}, "qwen2.5:32b", "without thinking"),
    (SQL, [THINKER, USUAL], {}, "gpt-oss:20b", "largest"),
    # Needs.
    (CHAT, ALL, {"need": {"tools"}}, "gpt-oss:20b", "only model"),
    (CHAT, [loaded(USUAL), SEEING], {"need": {"vision"}}, "llava:7b", "only"),
    (CHAT, [loaded(silent("a")), SEEING], {"need": {"vision"}}, "a", "already loaded"),
    (CHAT, [silent("a"), SEEING], {"need": {"vision"}}, "llava:7b", "known to be able"),
    # What the server does not tell.
    (CHAT, [silent("text-embedding-3-small"), HUGE], {}, "llama3.3:70b", "only"),
    (EMBED, [silent("gpt-4o"), silent("bge-m3")], {}, "bge-m3", "only"),
    (EMBED, [silent("house")], prefer("house"), "house", "only"),
    (EMBED, [replace(USUAL, capabilities=CHATS | EMBEDS), VECTORS], {}, VECTORS.name, "meaning"),
    # The window.
    (CHAT, [loaded(SHORT), SMALL], {"tokens": 5000}, "llama3.2:3b", "holds all"),
    (CHAT, [SHORT, SMALL], {"tokens": 2048}, "llama3.1:8b", "largest"),
    # Nothing tells them apart.
    (CHAT, [model("b:7b"), model("a:7b")], {}, "a:7b", "first by provider and name"),
    (CHAT, [model("a:7b", provider_order=9), model("b:7b", provider_order=1)], {}, "b:7b", "order"),
]  # fmt: skip


@pytest.mark.parametrize(("purpose", "candidates", "wishes", "name", "why"), AUTO)
def test_auto(
    purpose: Purpose, candidates: list[Candidate], wishes: dict[str, Any], name: str, why: str
) -> None:
    choice = choose(purpose, candidates=candidates, **wishes)
    assert choice.candidate.name == name
    assert why in choice.reason
    assert choice.reason.endswith(".")


WANTED: list[tuple[str, list[Candidate], Purpose, str]] = [
    ("llama3.2:3b", ALL, CHAT, "1/llama3.2:3b"),
    ("LLAMA3.2:3B", ALL, TITLE, "1/llama3.2:3b"),
    ("1/llama3.2:3b", ALL, CHAT, "1/llama3.2:3b"),
    ("nomic-embed-text", ALL, EMBED, "1/nomic-embed-text:latest"),
    ("hf.co/x/y", [model("hf.co/x/y:latest"), USUAL], CHAT, "1/hf.co/x/y:latest"),
    ("llama3.2:3b", [down(SMALL), loaded(USUAL)], CHAT, "1/llama3.2:3b"),
    ("llama3.2:3b", [SMALL, replace(loaded(SMALL), provider_id=2)], CHAT, "2/llama3.2:3b"),
    ("1/llama3.2:3b", [SMALL, replace(loaded(SMALL), provider_id=2)], CHAT, "1/llama3.2:3b"),
    ("llama3.2:3b", [hidden(SMALL), replace(SMALL, provider_id=2)], CHAT, "2/llama3.2:3b"),
    ("gpt-4o", [cloud(external_allowed=True), loaded(SMALL)], CHAT, "2/gpt-4o"),
    ("house", [silent("house"), VECTORS], EMBED, "2/house"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "candidates", "purpose", "key"), WANTED)
def test_what_is_wanted_is_chosen(
    wanted: str, candidates: list[Candidate], purpose: Purpose, key: str
) -> None:
    choice = choose(purpose, candidates=candidates, wanted=wanted, preferences=["llama3.1:8b"])
    assert choice.candidate.key == key
    assert choice.reason.startswith("It was asked for by name.")
    assert choice.candidate not in choice.others


def test_trouble_of_what_is_wanted_is_said() -> None:
    choice = choose(CHAT, candidates=[down(SMALL), USUAL], wanted="llama3.2:3b")
    assert "did not answer lately" in choice.reason
    assert [each.name for each in choice.others] == ["llama3.1:8b"]


REFUSED: list[tuple[str | None, list[Candidate], Purpose, set[str], str, str]] = [
    ("absent", ALL, CHAT, set(), "MODEL_MISSING", "“absent” is not installed"),
    ("llama3.2", ALL, CHAT, set(), "MODEL_MISSING", "“llama3.2” is not installed"),
    ("2/llama3.2:3b", ALL, CHAT, set(), "MODEL_MISSING", "not installed"),
    ("llama3.2:3b", [], CHAT, set(), "MODEL_MISSING", "not installed"),
    ("llama3.2:3b", [hidden(SMALL), USUAL], CHAT, set(), "MODEL_NOT_ALLOWED", "role"),
    ("gpt-4o", [cloud(), USUAL], CHAT, set(), "MODEL_EXTERNAL", "leave this machine"),
    ("gpt-4o", [hidden(cloud())], CHAT, set(), "MODEL_NOT_ALLOWED", "role"),
    ("gpt-4o", [hidden(cloud()), cloud()], CHAT, set(), "MODEL_EXTERNAL", "leave"),
    (VECTORS.name, ALL, CHAT, set(), "MODEL_UNSUPPORTED", "cannot hold a conversation"),
    ("llama3.2:3b", ALL, EMBED, set(), "MODEL_UNSUPPORTED", "cannot turn texts into vectors"),
    ("llama3.2:3b", ALL, CHAT, {"vision"}, "MODEL_UNSUPPORTED", "cannot look at images"),
    ("llama3.2:3b", ALL, CHAT, {"tools", "vision"}, "MODEL_UNSUPPORTED", "use tools and look at"),
    (None, [], CHAT, set(), "MODEL_MISSING", "No model is installed."),
    (None, [VECTORS], CHAT, set(), "MODEL_UNSUPPORTED", "hold a conversation"),
    (None, [SMALL, LARGE], EMBED, set(), "MODEL_UNSUPPORTED", "turn texts into vectors"),
    (None, [SMALL], CHAT, {"vision"}, "MODEL_UNSUPPORTED", "look at images"),
    (None, [cloud(), VECTORS], CHAT, set(), "MODEL_EXTERNAL", "no Admin has allowed"),
    (None, [hidden(SMALL), VECTORS], CHAT, set(), "MODEL_NOT_ALLOWED", "Your role"),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "candidates", "purpose", "need", "code", "words"), REFUSED)
def test_what_cannot_be_had_is_refused_with_its_reason(
    wanted: str | None,
    candidates: list[Candidate],
    purpose: Purpose,
    need: set[str],
    code: str,
    words: str,
) -> None:
    with pytest.raises(NoModel) as caught:
        choose(purpose, candidates=candidates, wanted=wanted, need=frozenset(need))
    assert caught.value.code == code
    assert words in caught.value.sentence


def test_a_refusal_names_what_could_be_used_instead() -> None:
    with pytest.raises(NoModel) as caught:
        choose(CHAT, candidates=[VECTORS, SMALL, cloud(), loaded(LARGE)], wanted="absent")
    assert [each.name for each in caught.value.others] == ["qwen2.5:32b", "llama3.2:3b"]


def test_alike_on_two_providers_it_is_the_same_one_every_time() -> None:
    twins = [replace(SMALL, provider_id=number) for number in (2, 1, 3)]
    shouted = replace(SMALL, name=SMALL.name.upper())
    for candidates in ([*twins, shouted], [shouted, *reversed(twins)]):
        choice = choose(CHAT, candidates=candidates)
        keys = [each.key for each in (choice.candidate, *choice.others)]
        assert keys == ["1/LLAMA3.2:3B", "1/llama3.2:3b", "2/llama3.2:3b", "3/llama3.2:3b"]


def test_others_are_in_order() -> None:
    choice = choose(SQL, candidates=[SMALL, HUGE, VECTORS, USUAL, down(LARGE)])
    names = [each.name for each in (choice.candidate, *choice.others)]
    assert names == ["llama3.3:70b", "llama3.1:8b", "llama3.2:3b", "qwen2.5:32b"]


def test_vectors_of_another_model_are_no_substitute() -> None:
    elsewhere = replace(VECTORS, provider_id=2, provider_order=200, name="Nomic-Embed-Text")
    other = model("bge-m3", capabilities=EMBEDS)
    choice = choose(EMBED, candidates=[other, VECTORS, elsewhere], preferences=[VECTORS.name])
    assert choice.others == (elsewhere,)
    with pytest.raises(NoModel) as caught:
        choose(EMBED, candidates=[other, VECTORS], wanted="absent")
    assert caught.value.others == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("llama3.2", "llama3.2:latest", True),
        ("Llama3.2:LATEST", " llama3.2 ", True),
        ("llama3.2:3b", "llama3.2", False),
        ("llama3.2", "llama3", False),
        ("host:5000/x/y", "host:5000/x/y:latest", True),
        ("", ":latest", True),
    ],
)
def test_names_of_the_same_model(one: str, other: str, same: bool) -> None:
    assert same_model(one, other) is same


@pytest.mark.parametrize(
    ("candidate", "billions"),
    [
        (model("x", parameters="3.2B"), 3.2),
        (model("x", parameters="137M"), 0.137),
        (model("x", parameters="1.5T"), 1500),
        (model("mixtral:8x7b"), 56),
        (model("Qwen2.5-0.5B-Instruct"), 0.5),
        (model("gpt-4o"), None),
        (model("phi4", size=6_000_000_000), 10),
        (model("x:70b", parameters="8.0B", size=1), 8.0),
    ],
)
def test_how_large_a_model_is(candidate: Candidate, billions: float | None) -> None:
    assert candidate.billions == (None if billions is None else pytest.approx(billions))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("", SIMPLE),
        ("Hello!", SIMPLE),
        ("How many customers do we have?", SIMPLE),
        ("Show sales by month", SIMPLE),
        ("Please show me the sales of the last three months by region and product group", NORMAL),
        ("Who sold most? And where?", NORMAL),
        ("Who? What? Where?", COMPLEX),
        ("Why did sales fall in March?", COMPLEX),
        ("Compare this year with last year", COMPLEX),
        ("Forecast the next quarter", COMPLEX),
        ("SELECT a FROM b WHERE c > 1", COMPLEX),
        ("What does this do? ```x = 1```", COMPLEX),
        ("Fix it: def f(x): return x", COMPLEX),
        ("word " * 31, NORMAL),
        ("word " * 81, COMPLEX),
        ("Do this:\n- a list\n- of things", NORMAL),
        ("whydah and selected from afar", SIMPLE),
        ("Please select the best from these", SIMPLE),
        ("select a\nfrom b", COMPLEX),
    ],
)
def test_how_much_a_question_asks(question: str, expected: Complexity) -> None:
    assert complexity(question) is expected


@given(st.text())
def test_any_question_has_a_complexity(question: str) -> None:
    assert complexity(question) is complexity(question)


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        provider_id=st.integers(1, 3),
        name=st.sampled_from(["a", "A", "a:latest", "b:7b", "gpt-oss", "bge-m3", "c-70b"]),
        provider_order=st.integers(1, 2),
        parameters=st.sampled_from(["", "500M", "3B", "70B"]),
        context_length=st.none() | st.sampled_from([2048, 8192]),
        capabilities=st.none()
        | st.frozensets(st.sampled_from(["completion", "embedding", "tools"])),
        loaded=st.booleans(),
        external=st.booleans(),
        external_allowed=st.booleans(),
        access=st.booleans(),
        health=st.sampled_from(["ok", "degraded", "down", "unknown"]),
        breaker_open=st.booleans(),
    ),
    unique_by=lambda each: each.key,
    max_size=8,
)
WISHES = st.fixed_dictionaries(
    {
        "wanted": st.none() | st.sampled_from(["a", "1/a", "bge-m3", "absent"]),
        "preferences": st.lists(st.sampled_from(["a", "b:7b", "2/c-70b"]), max_size=2),
        "need": st.frozensets(st.sampled_from(["tools", "vision"]), max_size=1),
        "complexity": st.none() | st.sampled_from(list(Complexity)),
        "tokens": st.sampled_from([0, 4000]),
    }
)


@given(st.sampled_from(list(Purpose)), CANDIDATES, WISHES, st.randoms())
def test_whatever_is_there(
    purpose: Purpose, candidates: list[Candidate], wishes: dict[str, Any], mix: random.Random
) -> None:
    """Only what may be used is; what is wanted is not replaced; the order given plays no part."""
    outcome = result(purpose, candidates, wishes)
    mixed = list(candidates)
    mix.shuffle(mixed)
    assert result(purpose, mixed, wishes) == outcome
    first, others, words = outcome
    offered = [each for each in (first, *others) if each is not None]
    assert len({each.key for each in offered}) == len(offered)
    for each in offered:
        assert each.access
        assert each.external_allowed or not each.external
        assert each.capabilities is None or wishes["need"] <= each.capabilities
        assert purpose is Purpose.EMBED or not each.embeds_only
    if first and wishes["wanted"]:
        assert first.is_named(wishes["wanted"])
    assert words.endswith(".")


def result(
    purpose: Purpose, candidates: list[Candidate], wishes: dict[str, Any]
) -> tuple[Candidate | None, tuple[Candidate, ...], str]:
    try:
        choice = choose(purpose, candidates=candidates, **wishes)
    except NoModel as error:
        return None, error.others, error.sentence
    return choice.candidate, choice.others, choice.reason
