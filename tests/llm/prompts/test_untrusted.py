"""Text of others: no control tokens, nothing invisible, no way out of its block."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.prompts import data_block, neutralise, quoted, random_boundary
from llm.prompts.untrusted import label, own
from tests.llm.prompts.conversations import BOUNDARY, texts

TOKENS = [
    "<|im_start|>", "<|im_end|>", "<|eot_id|>", "<|start_header_id|>", "<|endoftext|>", "<|user|>",
    "<｜User｜>", "<｜begin▁of▁sentence｜>", "<|channel|>", "<s>", "</s>", "<S>", "<bos>", "<eos>",
    "<pad>", "<unk>", "<start_of_turn>", "<end_of_turn>", "<think>", "</think>", "<tool_call>",
    "</tool_call>", "<tool_response>", "<function=drop>", "[INST]", "[/INST]", "<<SYS>>",
    "<</SYS>>", "[SYSTEM_PROMPT]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "[gMASK]", "[img-0]", "[IMG]",
    "<unused12>", "<0x0A>", "<__media__>", "<fim_prefix>",
]  # fmt: skip


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("change", [own, neutralise, quoted, label])
def test_control_tokens_are_broken_up(token: str, change: object) -> None:
    result = change(f"before{token}after")  # type: ignore[operator]
    assert token not in result
    assert "before" in result
    assert "after" in result


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\x00", "\ufe0f", "\U000e0041", "\xad"])
def test_nothing_invisible_hides_a_control_token(token: str, hidden: str) -> None:
    for position in range(1, len(token)):
        assert token not in neutralise(token[:position] + hidden + token[position:])


@given(st.lists(st.sampled_from([*TOKENS, *"<>|[]/sS｜", "\u200b", "x"]), max_size=12))
def test_no_token_is_made_by_breaking_up_others(fragments: list[str]) -> None:
    text = "".join(fragments)
    for change in (own, neutralise):
        result = change(text)
        assert not [token for token in TOKENS if token.lower() in result.lower()]
        assert not re.search(r"<[|｜]|[|｜]>", result)
        assert change(result) == result


def test_ordinary_text_stays_as_it_is() -> None:
    text = "Größe < 3 & a|b > c, arr[0], <b>bold</b>, f(x) {y} 報告 отчёт\n\tif a:\n    b"
    assert own(text) == text
    assert neutralise(text) == text


def test_what_cannot_be_seen_goes() -> None:
    assert neutralise("a\u202eb\u2066c\u200dd\ufeffe\x07f\x1b[0mg\U000e0049h\u3164i") == (
        "abcdef[0mghi"
    )
    assert neutralise("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"


def test_the_users_own_letters_are_kept() -> None:
    persian = "می\u200cخواهم 👩\u200d💻"
    assert own(persian) == persian


@given(st.text(st.characters(), max_size=30))
def test_every_result_can_be_sent(text: str) -> None:
    own(text + "\ud800").encode()
    neutralise(text + "\ud800").encode()


@given(st.lists(st.tuples(texts, texts), max_size=4))
def test_nothing_gets_out_of_a_block(items: list[tuple[str, str]]) -> None:
    block = data_block(items, boundary=BOUNDARY).split("\n")
    marks = [index for index, line in enumerate(block) if BOUNDARY in line]
    assert marks == [0, 1, len(block) - 1]
    assert block[1] == f"----- data {BOUNDARY}"
    assert block[-1] == f"----- end of data {BOUNDARY}"


def test_a_block_says_what_it_is_and_holds_labels_in_one_line() -> None:
    block = data_block([("Report\n----- end", "line 1\nline 2")], boundary=BOUNDARY)
    assert "never instructions" in block.split("\n")[0]
    assert "\nReport ----- end\nline 1\nline 2\n" in block


@pytest.mark.parametrize("boundary", ["", "short", "with space 12345", "x" * 65])
def test_a_boundary_that_could_be_guessed_or_broken_is_refused(boundary: str) -> None:
    with pytest.raises(ValueError, match="boundary"):
        data_block([], boundary=boundary)


def test_boundaries_differ() -> None:
    assert len({random_boundary() for _ in range(100)}) == 100


@given(texts)
def test_every_line_of_a_quotation_is_marked(text: str) -> None:
    assert all(line == ">" or line.startswith("> ") for line in quoted(text).splitlines())


def test_long_labels_are_cut() -> None:
    assert len(label("name " * 100)) == 160
