"""The fair queue as callers see it, the same in memory and in Redis."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from llm.orchestration.queue import FairQueue, QueueFull, QueueTimeout, Snapshot, open_queue
from tests.llm.orchestration.limits.callers import KEY, PATIENCE, Callers


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.services)])
async def queue(request: Any) -> AsyncIterator[FairQueue]:
    server = None if request.param == "memory" else request.getfixturevalue("redis_server")
    queue = open_queue(server.url if server else "")
    yield queue
    if server:  # it was used, not the line of this process
        assert server.client.keys("llm:queue:*")
    await queue.close()


@pytest.fixture
async def callers(queue: FairQueue) -> AsyncIterator[Callers]:
    callers = Callers(queue)
    yield callers
    await callers.end()


async def until_empty(queue: FairQueue, key: str = KEY) -> Snapshot:
    """Leaving is not waited for."""
    async with asyncio.timeout(PATIENCE):
        while (snapshot := await queue.snapshot(key)).running:
            await asyncio.sleep(0.005)
    assert snapshot.waiting == 0
    return snapshot


async def test_ten_of_one_user_and_one_of_another(callers: Callers) -> None:
    await callers(*(f"a{number}" for number in range(10)), per_user_limit=10)
    await callers("b0")
    await callers.everybody_finishes()
    assert callers.turns == ["a0", "b0", *(f"a{number}" for number in range(1, 10))]


async def test_users_take_turns(callers: Callers) -> None:
    await callers("a0", "a1", "a2", "b0", "b1", "c0", "c1", "b2")
    await callers.everybody_finishes()
    assert callers.turns == ["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2"]


async def test_positions_as_they_change(callers: Callers) -> None:
    a0, a1, a2 = await callers("a0", "a1", "a2")
    assert (a0.heard, a1.heard, a2.heard) == ([], [1], [2])
    (b0,) = await callers("b0")
    assert b0.heard == [1]
    await a1.at(2)
    await a2.at(3)
    await a0.finish()
    await b0.turn()
    await a1.at(1)
    await b0.finish()
    await a1.turn()
    await a2.at(1)
    await a1.finish()
    await a2.finish()
    assert (a1.heard, a2.heard) == ([1, 2, 1], [2, 3, 2, 1])
    assert a2.place is not None
    assert a2.place.waited > 0


async def test_rough_wait_once_a_turn_was_seen(callers: Callers, queue: FairQueue) -> None:
    a0, b0 = await callers("a0", "b0")
    assert b0.waits == [None]
    await a0.finish()
    await b0.turn()
    c0, d0 = await callers("c0", "d0")
    turn = c0.waits[0]
    assert turn is not None
    assert d0.waits[0] == pytest.approx(2 * turn)
    snapshot = await queue.snapshot(KEY)
    assert (snapshot.running, snapshot.waiting, snapshot.limit) == (1, 2, 1)
    assert snapshot.rough_wait == pytest.approx(3 * turn)


async def test_leaving_frees_the_place(callers: Callers, queue: FairQueue) -> None:
    a0, b0, c0, d0 = await callers("a0", "b0", "c0", "d0")
    await b0.cancel()
    await c0.at(1)
    await a0.cancel()
    await c0.turn()
    await d0.at(1)
    await c0.finish()
    await d0.finish()
    assert callers.turns == ["a0", "c0", "d0"]
    await until_empty(queue)


async def test_an_exception_frees_the_place(callers: Callers, queue: FairQueue) -> None:
    with pytest.raises(ZeroDivisionError):
        async with queue.place(KEY, user="a"):
            raise ZeroDivisionError
    (b0,) = await callers("b0")
    await b0.turn()


async def test_a_callback_that_fails_frees_the_place(callers: Callers, queue: FairQueue) -> None:
    (a0,) = await callers("a0")

    def tell(position: int, wait: float | None) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with queue.place(KEY, user="b", on_position=tell):
            pass
    (c0,) = await callers("c0")
    assert c0.heard == [1]
    await a0.finish()
    await c0.turn()


async def test_the_newest_limit_wins(callers: Callers, queue: FairQueue) -> None:
    a0, b0, c0 = await callers("a0", "b0", "c0")
    (d0,) = await callers("d0", limit=3)
    await b0.turn()
    await c0.turn()
    assert (await queue.snapshot(KEY)).running == 3
    (e0,) = await callers("e0", limit=1)
    await a0.finish()
    await b0.finish()
    await d0.at(1)
    assert (await queue.snapshot(KEY)).running == 1
    await c0.finish()
    await d0.finish()
    await e0.finish()
    assert callers.turns == ["a0", "b0", "c0", "d0", "e0"]


async def test_keys_have_lines_of_their_own(callers: Callers) -> None:
    await callers("a0")
    (a1,) = await callers("a1", key="ollama:other")
    await a1.turn()


async def test_users_of_two_organisations_are_two(callers: Callers) -> None:
    await callers("a0", "a1", per_user_limit=2)
    with pytest.raises(QueueFull):
        await callers("a2", per_user_limit=2)
    await callers("a3", per_user_limit=2, organization="8")


async def test_a_full_line_says_so_at_once(callers: Callers, queue: FairQueue) -> None:
    a0, b0, _c0 = await callers("a0", "b0", "c0", waiting_limit=2)
    with pytest.raises(QueueFull) as full:
        await callers("d0", waiting_limit=2)
    assert (full.value.own, full.value.retry_after) == (False, 5)
    await b0.cancel()
    (e0,) = await callers("e0", waiting_limit=2)
    with pytest.raises(QueueFull) as own:
        await callers("e1", per_user_limit=1)
    assert own.value.own
    await a0.finish()
    assert (await e0.in_line()).heard[0] == 2
    snapshot = await queue.snapshot(KEY)
    assert (snapshot.running, snapshot.waiting) == (1, 1)


async def test_an_endless_wait_ends(callers: Callers, queue: FairQueue) -> None:
    a0, b0 = await callers("a0", "b0")
    with pytest.raises(QueueTimeout) as over:
        await (await callers("c0", wait_seconds=0.05))[0].turn()
    assert over.value.position == 2
    assert over.value.waited > 0
    assert (await queue.snapshot(KEY)).waiting == 1
    await a0.finish()
    await b0.finish()


async def test_no_patience_but_a_free_place(queue: FairQueue) -> None:
    async with queue.place(KEY, user="a", wait_seconds=30), asyncio.timeout(PATIENCE):
        with pytest.raises(QueueTimeout):
            async with queue.place(KEY, user="b", wait_seconds=0):
                pass


async def test_a_generator_tells_its_positions(callers: Callers, queue: FairQueue) -> None:
    a0, b0 = await callers("a0", "b0")
    heard = []
    async with queue.join(KEY, user="c", organization="7") as place:
        async for standing in place.changes():
            heard.append((standing.position, place.position))
            await (a0 if standing.position == 2 else b0).finish()
        assert place.position == 0
        assert (await queue.snapshot(KEY)).running == 1
    assert heard == [(2, 2), (1, 1)]
    await until_empty(queue)


async def test_who_is_cancelled_with_the_turn_in_hand(callers: Callers, queue: FairQueue) -> None:
    """The turn and the cancellation come together: nobody keeps it."""
    for _number in range(30):
        holder, waiting = await callers("a0", "b0")
        finished = asyncio.create_task(holder.finish())
        await asyncio.sleep(0)
        await waiting.cancel()
        await finished
    await until_empty(queue)


async def test_who_is_cancelled_while_joining(callers: Callers, queue: FairQueue) -> None:
    async def join() -> None:
        async with queue.place(KEY, user="a", per_user_limit=500, waiting_limit=500):
            await asyncio.Event().wait()

    for turns in range(60):
        task = asyncio.create_task(join())
        for _turn in range(turns % 6):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    (b0,) = await callers("b0")
    await b0.turn()
    await b0.finish()
    await until_empty(queue)


async def test_two_hundred_at_once(queue: FairQueue) -> None:
    running, most, served = 0, 0, 0

    async def call(number: int) -> None:
        nonlocal running, most, served
        await asyncio.sleep(number % 7 / 1000)
        options = {"limit": 3, "waiting_limit": 200, "per_user_limit": 200}
        async with queue.place(KEY, user=str(number % 9), **options):  # type: ignore[arg-type]
            running += 1
            most = max(most, running)
            try:
                await asyncio.sleep(0.001)
            finally:
                running -= 1
            served += 1
            if number % 10 == 0:
                raise ZeroDivisionError

    tasks = [asyncio.create_task(call(number)) for number in range(200)]
    await asyncio.sleep(0.03)
    for task in tasks[::11]:
        task.cancel()
    async with asyncio.timeout(120):
        await asyncio.gather(*tasks, return_exceptions=True)
    assert most == 3
    assert served >= 180
    await until_empty(queue)


async def test_loops_in_threads(queue: FairQueue) -> None:
    """Ten threads with a loop each, ten requests a thread; the line is one."""
    guard, running, most = threading.Lock(), [0], [0]

    async def call(user: str) -> None:
        async with queue.place(KEY, user=user, limit=2, waiting_limit=200, per_user_limit=20):
            with guard:
                running[0] += 1
                most[0] = max(most[0], running[0])
            await asyncio.sleep(0.001)
            with guard:
                running[0] -= 1

    async def calls(user: str) -> None:
        async with asyncio.timeout(120):
            await asyncio.gather(*(call(user) for _number in range(10)))

    with ThreadPoolExecutor(10) as pool:
        loop = asyncio.get_running_loop()
        threads = [
            loop.run_in_executor(pool, lambda user=str(number): asyncio.run(calls(user)))
            for number in range(10)
        ]
        await asyncio.gather(*threads)
    assert most[0] == 2
    await until_empty(queue)


async def test_a_loop_that_died_without_leaving(callers: Callers, queue: FairQueue) -> None:
    """Its thread was ended hard: who waits there is passed over."""
    (a0,) = await callers("a0")
    dead = asyncio.new_event_loop()
    heard = threading.Event()
    waiting = dead.create_task(_wait(queue, heard))

    def stop(_position: int = 0) -> None:
        dead.call_soon_threadsafe(dead.stop)

    thread = threading.Thread(target=dead.run_forever)
    thread.start()
    assert await asyncio.to_thread(heard.wait, PATIENCE)
    stop()
    await asyncio.to_thread(thread.join)
    dead.close()
    (c0,) = await callers("c0")
    await a0.finish()
    await c0.turn()
    await c0.finish()
    await until_empty(queue)
    waiting._log_destroy_pending = False  # type: ignore[attr-defined]


async def _wait(queue: FairQueue, heard: threading.Event) -> None:
    async with queue.place(KEY, user="b", on_position=lambda position, wait: heard.set()):
        pass
