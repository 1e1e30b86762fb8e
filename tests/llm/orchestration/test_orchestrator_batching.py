"""Visits to the database that come together are one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from llm.models import ModelCall
from llm.orchestration.batching import Batched
from llm.orchestration.purposes import Purpose
from llm.orchestration.rows import rows_for
from llm.orchestration.usage import later
from llm.orchestrator import run_now, stream
from llm.standin import Script, StandIn, holds, running, says
from tests.llm.orchestration.desk import CHAT, Desk, chats, heard

pytestmark = pytest.mark.django_db(transaction=True)


class Visits:
    def __init__(self) -> None:
        self.made: list[list[int]] = []

    def __call__(self, questions: Sequence[int]) -> list[int]:
        self.made.append(list(questions))
        if 13 in questions:
            raise ValueError("no thirteen")
        return [question * 2 for question in questions]


async def test_who_comes_during_a_visit_shares_the_next() -> None:
    visits = Visits()
    ask = Batched(visits)
    assert await asyncio.gather(*(ask(number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert visits.made == [[0, 1, 2, 3, 4]]
    assert await ask(9) == 18


async def test_all_who_share_a_visit_hear_that_it_failed() -> None:
    ask = Batched(Visits())
    told = await asyncio.gather(ask(1), ask(13), return_exceptions=True)
    assert [str(each) for each in told] == ["no thirteen"] * 2
    assert await ask(2) == 4


async def test_who_leaves_takes_nothing_from_the_others() -> None:
    ask = Batched(Visits())
    leaving = asyncio.create_task(ask(1))
    staying = asyncio.create_task(ask(2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 4
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_views_of_a_busy_server_wait_for_nobody_else(desk: Desk) -> None:
    """A view in a thread asks by way of the server's own loop, on which a stream is running."""
    async with StandIn(Script(models=(CHAT,), num_parallel=4)) as server:
        await desk.aprovider(server.url, parallel=4)
        server.then(holds(after=1), says("Done."))
        async with aclosing(stream(desk.ask())) as events:
            await anext(events)
            await server.wait_until(lambda: len(chats(server)) == 1)
            later(lambda: asyncio.sleep(60))
            ask = desk.ask(user=desk.world.bob)
            answer = await asyncio.wait_for(sync_to_async(run_now)(ask), 20)
    assert answer.text == "Done."
    recorded = sync_to_async(ModelCall.objects.filter(user=desk.world.bob, outcome="ok").count)
    assert await recorded() == 1


def test_a_job_in_a_transaction_asks_and_records_in_it(desk: Desk) -> None:
    with running(says("Hello.")) as server:
        desk.provider(server.url)
        with transaction.atomic():
            desk.world.acme.save()
            run_now(desk.ask(model="llama3.2:latest"))
            assert ModelCall.objects.count() == 1
            transaction.set_rollback(True)
    assert ModelCall.objects.count() == 0


async def test_one_bad_record_harms_no_other(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url, parallel=4)
    asked = desk.unwritable(), desk.ask(), desk.ask(user=desk.world.bob)
    await asyncio.gather(*map(heard, asked))
    users = {call.user_id for call in await desk.calls()}
    assert users == {desk.world.alice.pk, desk.world.bob.pk}


async def test_people_asked_for_together_keep_their_own_rights(desk: Desk) -> None:
    people = [desk.world.alice, desk.world.bob, desk.world.charlie]
    rows = await asyncio.gather(
        *(rows_for((each.organization_id, each, Purpose.CHAT)) for each in people)
    )
    alone = [await rows_for((each.organization_id, each, Purpose.CHAT)) for each in people]
    assert [each.groups for each in rows] == [each.groups for each in alone]
    assert rows[0].groups != rows[1].groups
