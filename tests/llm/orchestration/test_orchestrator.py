"""From a question to an answer, against real stand-in servers."""

from __future__ import annotations

from llm.orchestrator import Chosen, Finished, Loading, run
from llm.standin import StandIn, pieces
from tests.llm.orchestration.desk import Desk, heard, text_of


async def test_an_answer_comes_word_by_word(desk: Desk, server: StandIn) -> None:
    provider = await desk.aprovider(server.url)
    server.script(pieces("Sales ", "by ", "month."))
    events = await heard(desk.ask())
    assert text_of(events) == "Sales by month."
    assert events[0] == Chosen(provider.pk, "Own", "llama3.2:latest", events[0].reason)
    assert Loading("llama3.2:latest") in events
    assert isinstance(events[-1], Finished)
    answer = events[-1].answer
    assert (answer.text, answer.reason, answer.path) == ("Sales by month.", "stop", "model")
    (call,) = await desk.calls()
    assert (call.outcome, call.purpose, call.model) == ("ok", "chat", "llama3.2:latest")


async def test_the_whole_answer_at_once(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(pieces("All ", "of it."))
    answer = await run(desk.ask())
    assert answer.text == "All of it."
