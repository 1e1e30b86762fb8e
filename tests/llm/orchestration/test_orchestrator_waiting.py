"""Taking turns, leaving, and leaving a failing model alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import aclosing

import pytest

from llm.models import Provider
from llm.orchestration.breaker import Breaker
from llm.orchestration.journey import travel
from llm.orchestration.machinery import Machinery
from llm.orchestrator import (
    Budget,
    Event,
    Failed,
    Finished,
    Loading,
    Purpose,
    Queued,
    Unanswered,
    run,
    stream,
)
from llm.providers.base import Text
from llm.standin import Script, StandIn, endless, fails, hangs, holds, lines, says
from tests.llm.orchestration.desk import CHAT, Desk, chats, heard, own_machinery


def key(server_provider_pk: int) -> str:
    return f"{server_provider_pk}:llama3.2:latest"


async def test_who_waits_sees_the_position_move(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url, parallel=1)
    server.script(holds(after=1))
    first = asyncio.create_task(heard(desk.ask()))
    await server.wait_until(lambda: len(chats(server)) == 1)
    second = asyncio.create_task(heard(desk.ask(user=desk.world.bob)))
    await asyncio.sleep(0.05)
    third = asyncio.create_task(heard(desk.ask(user=desk.world.dave)))
    await asyncio.sleep(0.1)
    assert len(chats(server)) == 1
    server.script(says("Your turn."))
    server.release()
    told = await asyncio.gather(first, second, third)
    assert all(isinstance(events[-1], Finished) for events in told)
    assert positions(told[0]) == []
    assert positions(told[1]) == [1]
    assert positions(told[2]) == [2, 1]
    calls = await desk.calls()
    assert [each.waited_ms > 50 for each in calls] == [False, True, True]


async def test_when_all_places_are_taken_it_says_busy_at_once(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url, parallel=1, waiting=0)
    server.script(holds(after=1))
    async with aclosing(stream(desk.ask())) as events:
        await anext(events)
        await server.wait_until(lambda: len(chats(server)) == 1)
        refused = await heard(desk.ask(user=desk.world.bob))
    last = refused[-1]
    assert isinstance(last, Failed)
    assert (last.code, last.retryable) == ("MODEL_BUSY", True)
    assert last.message == "Too many requests are waiting for this model."
    calls = await desk.calls()
    assert sorted(each.outcome for each in calls) == ["cancelled", "refused"]


async def test_one_person_does_not_fill_the_line(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url, parallel=1)
    server.script(holds(after=1))
    many = [asyncio.create_task(heard(desk.ask())) for _ in range(8)]
    await server.wait_until(lambda: len(chats(server)) == 1)
    await asyncio.sleep(0.1)
    last = (await heard(desk.ask()))[-1]
    assert isinstance(last, Failed)
    assert last.message == "You have too many requests waiting for this model already."
    other = asyncio.create_task(heard(desk.ask(user=desk.world.bob)))
    await asyncio.sleep(0.1)
    server.script(says("Yours."))
    server.release()
    told = await asyncio.gather(other, *many)
    assert all(isinstance(events[-1], Finished) for events in told)
    assert positions(told[0])[0] == 1, "the newcomer comes before the second one of the other"


async def test_a_loaded_model_is_not_said_to_load(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    first = await heard(desk.ask())
    await desk.calls()
    second = await heard(desk.ask())
    assert Loading("llama3.2:latest") in first
    assert Loading("llama3.2:latest") not in second


async def test_waiting_ends_with_the_budget(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url, parallel=1)
    server.script(holds(after=1))
    async with aclosing(stream(desk.ask())) as events:
        await anext(events)
        await server.wait_until(lambda: len(chats(server)) == 1)
        with pytest.raises(Unanswered) as caught:
            await run(
                desk.ask(purpose=Purpose.TITLE, user=desk.world.bob, budget=Budget(total=1.0))
            )
    assert caught.value.code == "MODEL_BUSY"
    assert "busy with other requests" in caught.value.message
    assert len(chats(server)) == 1


async def test_leaving_closes_the_connection_and_frees_the_place(
    desk: Desk, server: StandIn, machinery: Machinery
) -> None:
    provider = await desk.aprovider(server.url, parallel=1)
    server.script(endless(rate=100))
    async with aclosing(stream(desk.ask())) as events:
        async for event in events:
            if isinstance(event, Text):
                break
    await server.wait_until(lambda: server.closed_early == 1)
    place = await machinery.queue.snapshot(key(provider.pk))
    assert (place.running, place.waiting) == (0, 0)
    server.script(says("Next, please."))
    assert isinstance((await heard(desk.ask()))[-1], Finished)
    stopped, answered = await desk.calls()
    assert (stopped.outcome, stopped.error_code, stopped.estimated) == ("cancelled", "", True)
    assert stopped.completion_tokens > 0
    assert stopped.prompt_tokens > 0
    assert answered.outcome == "ok"


async def test_cancelling_the_reader_before_the_first_word(
    desk: Desk, server: StandIn, machinery: Machinery
) -> None:
    provider = await desk.aprovider(server.url)
    server.script(hangs())
    reader = asyncio.create_task(heard(desk.ask()))
    await server.wait_until(lambda: len(chats(server)) == 1)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await server.wait_until(lambda: server.closed_early == 1)
    assert (await machinery.queue.snapshot(key(provider.pk))).running == 0
    (call,) = await desk.calls()
    assert (call.outcome, call.completion_tokens) == ("cancelled", 0)


@pytest.mark.parametrize("purpose", [Purpose.CHAT, Purpose.TITLE])
async def test_cancelling_a_whole_answer(desk: Desk, server: StandIn, purpose: Purpose) -> None:
    await desk.aprovider(server.url)
    server.script(hangs())
    caller = asyncio.create_task(run(desk.ask(purpose=purpose)))
    await server.wait_until(lambda: len(chats(server)) == 1)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await server.wait_until(lambda: server.closed_early == 1)
    assert [each.outcome for each in await desk.calls()] == ["cancelled"]


async def test_leaving_the_line_lets_the_next_one_come(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url, parallel=1)
    server.script(holds(after=1))
    first = asyncio.create_task(heard(desk.ask()))
    await server.wait_until(lambda: len(chats(server)) == 1)
    second = asyncio.create_task(heard(desk.ask(user=desk.world.bob)))
    await asyncio.sleep(0.05)
    third = asyncio.create_task(heard(desk.ask(user=desk.world.dave)))
    await asyncio.sleep(0.05)
    second.cancel()
    await asyncio.wait({second})
    server.script(says("Now you."))
    server.release()
    await first
    assert positions(await third) == [2, 1]
    assert len(chats(server)) == 2


async def test_a_model_that_failed_three_times_is_left_alone(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(fails(500))
    for _ in range(5):
        last = (await heard(desk.ask()))[-1]
        assert isinstance(last, Failed)
    assert len(chats(server)) == 3
    assert last.code == "MODEL_UNREACHABLE"
    assert "Too many calls to this model failed" in last.message
    outcomes = [each.outcome for each in await desk.calls()]
    assert outcomes == ["failed"] * 3 + ["refused"] * 2


async def test_a_model_that_never_begins_is_left_alone_too(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(hangs())
    for _ in range(4):
        last = (await heard(desk.ask(budget=Budget(total=30, first_token=0.1))))[-1]
    assert len(chats(server)) == 3
    assert isinstance(last, Failed)
    assert "Too many calls" in last.message


async def test_one_that_writes_at_length_is_not(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(endless(rate=100))
    for _ in range(4):
        last = (await heard(desk.ask(budget=Budget(total=1.0))))[-1]
        assert isinstance(last, Failed)
    assert last.code == "MODEL_TIMEOUT"
    assert len(chats(server)) == 4


async def test_of_twenty_that_come_back_one_tries(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url, parallel=16)
    people = [desk.world.alice, desk.world.bob, desk.world.dave, desk.world.amy]
    with own_machinery(first_pause=0.2, jitter=0.0) as machinery:
        server.script(fails(500))
        for _ in range(3):
            await heard(desk.ask())
        await until_half_open(machinery.breaker, chats(server)[0].model)
        server.script(holds(after=0, tokens=("Well ", "again.")))
        asked = [
            asyncio.create_task(heard(desk.ask(user=people[number % 4]))) for number in range(20)
        ]
        await server.wait_until(lambda: len(chats(server)) == 4)
        await server.wait_until(lambda: sum(task.done() for task in asked) == 19)
        done, probing = await asyncio.wait(asked, timeout=0.1)
        assert (len(done), len(probing)) == (19, 1)
        assert len(chats(server)) == 4
        server.release()
        (probe,) = await asyncio.gather(*probing)
        assert isinstance(probe[-1], Finished)
        assert all(isinstance(each.result()[-1], Failed) for each in done)
        server.script(says("As before."))
        assert isinstance((await heard(desk.ask()))[-1], Finished)


async def test_others_come_in_with_the_first_word_of_the_one_that_tries(desk: Desk) -> None:
    async with StandIn(Script(models=(CHAT,), num_parallel=4)) as server:
        await desk.aprovider(server.url, parallel=4)
        with own_machinery(first_pause=0.2, jitter=0.0) as machinery:
            server.script(fails(500))
            for _ in range(3):
                await heard(desk.ask())
            await until_half_open(machinery.breaker, chats(server)[0].model)
            server.then(holds(after=1))
            server.script(says("Me too."))
            async with aclosing(stream(desk.ask())) as probe:
                async for event in probe:
                    if isinstance(event, Text):
                        break
                assert isinstance((await heard(desk.ask()))[-1], Finished)


async def test_those_in_line_do_not_try_one_after_the_other(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url, parallel=1)
    people = [desk.world.alice, desk.world.bob, desk.world.dave, desk.world.amy]
    server.script(fails(500))
    await asyncio.gather(*(heard(desk.ask(user=people[number % 4])) for number in range(20)))
    assert len(chats(server)) == 3


async def test_client_errors_do_not_open_the_breaker(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(fails(400, "invalid request"))
    for _ in range(5):
        await heard(desk.ask())
    assert len(chats(server)) == 5


async def test_stopping_does_not_open_the_breaker(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(endless(rate=200))
    for number in range(5):
        async with aclosing(stream(desk.ask())) as events:
            async for event in events:
                if isinstance(event, Text):
                    break
        await server.wait_until(lambda n=number: server.closed_early == n + 1)
    server.script(says("Still here."))
    assert isinstance((await heard(desk.ask()))[-1], Finished)


async def test_another_model_stands_in_for_one_that_is_left_alone(
    desk: Desk, server: StandIn
) -> None:
    async with StandIn(Script(models=(CHAT,))) as other:
        await desk.aprovider(server.url, name="First", order=1)
        await desk.aprovider(other.url, name="Second", order=2)
        server.script(fails(500))
        for _ in range(4):
            last = (await heard(desk.ask()))[-1]
            assert isinstance(last, Finished)
        assert len(chats(server)) < 4
        assert last.answer.notes == (), "it is chosen at once, not fallen back to"


async def test_a_slow_reader_does_not_hold_up_the_model(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    words = tuple(f"w{number} " for number in range(2000))
    server.script(says("", tokens=words))
    async with aclosing(stream(desk.ask())) as events:
        await anext(events)
        await server.wait_until(lambda: chats(server)[-1:] != [] and server.open == 0)
        text = "".join([event.text async for event in events if isinstance(event, Text)])
    assert text == "".join(words)


async def test_others_have_their_turn_while_an_answer_comes_at_once(
    desk: Desk, server: StandIn
) -> None:
    """On the event loop: thousands of words may arrive in one piece."""
    await desk.aprovider(server.url)
    word = b'{"message":{"content":"x"},"done":false}\n'
    server.script(lines(word * 20_000 + b'{"message":{},"done":true,"done_reason":"stop"}\n'))
    turns = 0
    told: Counter[int] = Counter()

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def tell(event: Event) -> None:
        told[turns] += isinstance(event, Text)

    task = asyncio.create_task(others())
    try:
        answer = await travel(desk.ask(), tell, live=True)
    finally:
        task.cancel()
    assert len(answer.text) == told.total() == 20_000
    assert max(told.values()) <= 512


def positions(events: list[Event]) -> list[int]:
    return [event.position for event in events if isinstance(event, Queued)]


async def until_half_open(breaker: Breaker, model: str) -> None:
    provider = await Provider.objects.aget(name="Own")
    while (await breaker.state(f"{provider.pk}:{model}")).state != "half_open":
        await asyncio.sleep(0.02)
