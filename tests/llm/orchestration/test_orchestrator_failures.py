"""What people hear when a model does not answer, or not to the end."""

from __future__ import annotations

from typing import Any

import pytest

from llm.orchestrator import Budget, Failed, Finished, Loading, Noted, Purpose, Unanswered, run
from llm.providers.base import Text
from llm.standin import (
    EVERYTHING,
    Script,
    StandIn,
    cut,
    endless,
    error_line,
    fails,
    hangs,
    html,
    says,
)
from tests.llm.orchestration.desk import CHAT, SECOND, Desk, chats, heard, text_of

CLOSED = "http://127.0.0.1:9"


async def test_without_any_server_it_says_so(desk: Desk) -> None:
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask())
    assert caught.value.code == "NO_MODEL"
    assert "none answers at http://127.0.0.1:9" in caught.value.message
    assert "Models page" in caught.value.next_step
    (call,) = await desk.calls()
    assert (call.outcome, call.error_code, call.provider) == ("refused", "NO_MODEL", None)


async def test_a_stream_without_any_server_ends_with_the_reason(desk: Desk) -> None:
    (only,) = await heard(desk.ask())
    assert isinstance(only, Failed)
    assert (only.code, only.retryable) == ("NO_MODEL", False)


async def test_a_provider_that_is_off_is_named(desk: Desk) -> None:
    await desk.aprovider(CLOSED, name="Basement")
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask())
    assert caught.value.code == "MODEL_UNREACHABLE"
    assert caught.value.message.startswith("“Basement” does not answer: Nothing answers at this")
    assert caught.value.retryable


async def test_a_server_that_went_away_is_tried_and_named(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    await run(desk.ask())
    await server.stop()
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask())
    assert caught.value.code == "MODEL_UNREACHABLE"


async def test_the_built_in_server_does_not_count_once_it_is_off(
    desk: Desk, server: StandIn, settings: Any
) -> None:
    settings.OLLAMA_URL = server.url
    await run(desk.ask())
    await server.stop()
    codes = []
    for _ in range(2):
        with pytest.raises(Unanswered) as caught:
            await run(desk.ask())
        await desk.calls()
        codes.append(caught.value.code)
    assert codes[-1] == "NO_MODEL"


async def test_a_server_without_models(desk: Desk) -> None:
    async with StandIn(Script(models=())) as empty:
        await desk.aprovider(empty.url, name="Empty")
        with pytest.raises(Unanswered) as caught:
            await run(desk.ask())
    assert caught.value.code == "NO_MODEL"
    assert caught.value.message == "“Empty” answers, but no model is installed on it."


async def test_a_model_that_is_not_installed(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask(model="qwen3:4b"))
    assert caught.value.code == "MODEL_MISSING"
    assert chats(server) == []


async def test_another_stands_in_for_a_model_that_is_gone(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    answer = await run(desk.ask(model="qwen3:4b", fallback=True))
    assert answer.model == "llama3.2:latest"
    assert answer.notes == (
        "The model “qwen3:4b” is not installed on any provider. "
        "“llama3.2:latest” is asked instead.",
    )


async def test_another_page_at_the_address(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(html(), on=EVERYTHING)
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask())
    assert caught.value.code == "MODEL_UNREACHABLE"
    assert "not as an Ollama server" in caught.value.message


@pytest.mark.parametrize("abrupt", [False, True])
async def test_what_came_before_a_cut_is_kept(desk: Desk, server: StandIn, abrupt: bool) -> None:
    await desk.aprovider(server.url)
    server.script(cut(after=2, abrupt=abrupt, tokens=("One ", "two ", "three.")))
    events = await heard(desk.ask())
    assert text_of(events) == "One two "
    last = events[-1]
    assert isinstance(last, Failed)
    assert (last.code, last.answer.text, last.retryable) == ("MODEL_CUT", "One two ", True)
    (call,) = await desk.calls()
    assert (call.outcome, call.error_code, call.estimated) == ("failed", "MODEL_CUT", True)
    assert call.completion_tokens > 0


async def test_an_error_in_mid_stream(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(error_line("out of memory", after=1))
    events = await heard(desk.ask())
    last = events[-1]
    assert isinstance(last, Failed)
    assert last.code == "MODEL_FAILED"
    assert "out of memory" in last.message
    assert last.answer.text == text_of(events) != ""


async def test_an_answer_of_nothing_is_a_failure(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(says(""))
    events = await heard(desk.ask())
    assert isinstance(events[-1], Failed)
    assert events[-1].message == "The model answered with nothing."


async def test_a_model_that_does_not_begin(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(hangs())
    events = await heard(desk.ask(budget=Budget(total=30, first_token=0.2)))
    last = events[-1]
    assert isinstance(last, Failed)
    assert Loading("llama3.2:latest") in events
    assert last.code == "MODEL_TIMEOUT"
    assert "did not begin to answer" in last.message
    assert "may still be loading" in last.message
    await server.wait_until(lambda: server.closed_early == 1)


async def test_a_model_that_never_ends_is_cut_and_kept(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(endless(rate=200))
    events = await heard(desk.ask(budget=Budget(total=1.5)))
    last = events[-1]
    assert isinstance(last, Failed)
    assert last.code == "MODEL_TIMEOUT"
    assert "was not complete within 1.5 seconds" in last.message
    assert last.answer.text
    await server.wait_until(lambda: server.closed_early == 1)


async def test_a_server_that_never_says_what_it_has(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(hangs(), on=EVERYTHING)
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask(budget=Budget(total=0.2)))
    assert caught.value.code == "MODEL_TIMEOUT"
    assert "did not say in time" in caught.value.message


async def test_a_title_is_asked_once_more(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.then(fails(503), says("Sales"))
    answer = await run(desk.ask(purpose=Purpose.TITLE))
    assert answer.text == "Sales"
    assert answer.notes == ("The first attempt failed, so the model was asked once more.",)
    assert len(chats(server)) == 2
    calls = await desk.calls()
    assert [(each.attempt, each.outcome) for each in calls] == [(1, "failed"), (2, "ok")]


async def test_a_title_is_asked_only_twice(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(fails(503))
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask(purpose=Purpose.TITLE))
    assert caught.value.code == "MODEL_BUSY"
    assert len(chats(server)) == 2


async def test_a_chat_is_asked_once(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.then(fails(503), says("Too late"))
    events = await heard(desk.ask())
    assert isinstance(events[-1], Failed)
    assert (events[-1].code, len(chats(server))) == ("MODEL_BUSY", 1)


async def test_a_refused_request_is_not_repeated(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(fails(400, "invalid request"))
    with pytest.raises(Unanswered) as caught:
        await run(desk.ask(purpose=Purpose.TITLE))
    assert (caught.value.code, caught.value.retryable) == ("MODEL_REFUSED", False)
    assert len(chats(server)) == 1


async def test_another_provider_answers_and_that_is_said(desk: Desk, server: StandIn) -> None:
    async with StandIn(Script(models=(CHAT,))) as other:
        await desk.aprovider(server.url, name="First", order=1)
        second = await desk.aprovider(other.url, name="Second", order=2)
        server.script(fails(500))
        other.script(says("From the second."))
        events = await heard(desk.ask())
    last = events[-1]
    assert isinstance(last, Finished)
    assert (last.answer.text, last.answer.provider_id) == ("From the second.", second.pk)
    (note,) = [event.text for event in events if isinstance(event, Noted)]
    assert note.startswith("“llama3.2:latest” (First) did not answer: ")
    assert note.endswith(" “llama3.2:latest” (Second) is asked instead.")
    assert last.answer.notes == (note,)
    calls = await desk.calls()
    assert [(each.provider_name, each.outcome) for each in calls] == [
        ("First", "failed"),
        ("Second", "ok"),
    ]


async def test_nobody_takes_over_once_a_word_was_read(desk: Desk, server: StandIn) -> None:
    async with StandIn(Script(models=(CHAT,))) as other:
        await desk.aprovider(server.url, name="First", order=1)
        await desk.aprovider(other.url, name="Second", order=2)
        server.script(cut(after=1, tokens=("Half ", "of it")))
        events = await heard(desk.ask())
        assert isinstance(events[-1], Failed)
        assert [event.text for event in events if isinstance(event, Text)] == ["Half "]
        assert chats(other) == []


async def test_nobody_reads_along_so_another_takes_over(desk: Desk, server: StandIn) -> None:
    async with StandIn(Script(models=(CHAT,))) as other:
        await desk.aprovider(server.url, name="First", order=1)
        await desk.aprovider(other.url, name="Second", order=2)
        server.script(cut(after=1))
        other.script(says("Whole."))
        assert (await run(desk.ask(purpose=Purpose.SUMMARY))).text == "Whole."


async def test_a_model_asked_for_by_name_is_not_replaced(desk: Desk) -> None:
    async with StandIn(Script(models=(CHAT, SECOND))) as server:
        await desk.aprovider(server.url)
        server.script(fails(500), on="llama3.2")
        events = await heard(desk.ask(model="llama3.2:latest"))
        assert isinstance(events[-1], Failed)
        events = await heard(desk.ask(model="llama3.2:latest", fallback=True))
        assert isinstance(events[-1], Finished)
        assert events[-1].answer.model == "mistral:latest"


async def test_at_most_two_others_are_tried(desk: Desk) -> None:
    models = tuple(CHAT.__class__(name=f"model{n}:latest") for n in range(5))
    async with StandIn(Script(models=models)) as server:
        await desk.aprovider(server.url)
        server.script(fails(500))
        events = await heard(desk.ask())
        assert isinstance(events[-1], Failed)
        assert len({request.model for request in chats(server)}) == 3
