"""What is changed by others while a request waits or an answer is written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group

from accounts.models import User
from accounts.roles import ADMIN
from llm import survey
from llm.models import ModelAccess, Provider
from llm.orchestration.machinery import Machinery
from llm.orchestrator import Event, Failed, Finished, Queued, run, stream
from llm.providers.errors import Unreachable
from llm.standin import Script, StandIn, fails, holds, says
from tests.llm.orchestration.desk import CHAT, SECOND, Desk, chats, heard, text_of


@asynccontextmanager
async def waiting(
    desk: Desk, server: StandIn, **fields: Any
) -> AsyncIterator[asyncio.Task[list[Event]]]:
    """Bob's request, which waits behind alice's within the block and gets its turn after it."""
    server.script(holds(after=1))
    first = asyncio.create_task(heard(desk.ask()))
    await server.wait_until(lambda: len(chats(server)) == 1)
    told: list[Event] = []
    in_line = asyncio.Event()

    async def listen() -> list[Event]:
        async for event in stream(desk.ask(user=desk.world.bob, **fields)):
            told.append(event)
            if isinstance(event, Queued):
                in_line.set()
        return told

    second = asyncio.create_task(listen())
    await in_line.wait()
    yield second
    server.script(says("Your turn."))
    server.release()
    await asyncio.wait({first, second})


@sync_to_async
def for_admins_only(desk: Desk, provider: Provider) -> None:
    access = ModelAccess.objects.create(
        organization=desk.world.acme, provider=provider, external_allowed=True
    )
    access.groups.set(Group.objects.filter(name=ADMIN))


async def test_who_lost_the_right_in_line_gets_no_answer(
    desk: Desk, server: StandIn, machinery: Machinery
) -> None:
    provider = await desk.aprovider(server.url, parallel=1)
    async with waiting(desk, server) as second:
        await for_admins_only(desk, provider)
    last = second.result()[-1]
    assert isinstance(last, Failed)
    assert last.code == "PERMISSION_DENIED"
    assert len(chats(server)) == 1
    assert (await machinery.queue.snapshot(f"{provider.pk}:llama3.2:latest")).running == 0
    assert (await desk.calls())[-1].outcome == "refused"


async def test_consent_that_was_withdrawn_holds_for_those_in_line(
    desk: Desk, server: StandIn
) -> None:
    provider = await desk.aprovider(server.url, parallel=1, external=True)
    access = await ModelAccess.objects.acreate(
        organization=desk.world.acme, provider=provider, external_allowed=True
    )
    async with waiting(desk, server) as second:
        await access.adelete()
    last = second.result()[-1]
    assert isinstance(last, Failed)
    assert last.code == "EXTERNAL_REFUSED"
    assert len(chats(server)) == 1


@pytest.mark.parametrize(
    "change", [{"enabled": False}, {"base_url": "http://127.0.0.1:9", "version": 2}]
)
async def test_a_provider_that_was_changed_is_not_asked_as_it_was(
    desk: Desk, server: StandIn, change: dict[str, Any]
) -> None:
    provider = await desk.aprovider(server.url, parallel=1)
    async with waiting(desk, server) as second:
        await Provider.objects.filter(pk=provider.pk).aupdate(**change)
    last = second.result()[-1]
    assert isinstance(last, Failed)
    assert (last.code, last.retryable) == ("MODEL_UNREACHABLE", True)
    assert "changed while this request waited" in last.message
    assert len(chats(server)) == 1


async def test_another_takes_over_for_a_provider_that_was_removed(
    desk: Desk, server: StandIn
) -> None:
    async with StandIn(Script(models=(CHAT,))) as other:
        provider = await desk.aprovider(server.url, name="First", order=1, parallel=1)
        await desk.aprovider(other.url, name="Second", order=2)
        other.script(says("From the second."))
        async with waiting(desk, server) as second:
            await Provider.objects.filter(pk=provider.pk).adelete()
        assert text_of(second.result()) == "From the second."


async def test_a_call_of_a_provider_that_was_removed_is_recorded(
    desk: Desk, server: StandIn
) -> None:
    provider = await desk.aprovider(server.url)
    server.script(holds(after=1))
    asked = asyncio.create_task(heard(desk.ask()))
    await server.wait_until(lambda: len(chats(server)) == 1)
    await Provider.objects.filter(pk=provider.pk).adelete()
    server.release()
    assert isinstance((await asked)[-1], Finished)
    (call,) = await desk.calls()
    assert (call.outcome, call.provider_id, call.provider_name) == ("ok", None, "Own")


async def test_a_call_of_a_person_who_was_removed_is_recorded(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    user = await User.objects.acreate(email="gone@example.org", organization=desk.world.acme)
    ask = desk.ask(user=user)
    server.script(holds(after=1))
    asked = asyncio.create_task(heard(ask))
    await server.wait_until(lambda: len(chats(server)) == 1)
    await User.objects.filter(pk=user.pk).adelete()
    server.release()
    assert isinstance((await asked)[-1], Finished)
    (call,) = await desk.calls()
    assert (call.outcome, call.user_id) == ("ok", None)


async def test_a_model_that_is_gone_is_not_chosen_again(desk: Desk) -> None:
    async with StandIn(Script(models=(CHAT, SECOND))) as server:
        await desk.aprovider(server.url)
        for _ in range(2):
            first = (await run(desk.ask())).model
            await desk.calls()
        server.script(fails(404, f"model '{first}' not found"))
        lists = []
        for _ in range(2):
            await heard(desk.ask(model=first))
            await desk.calls()
            lists.append(sum(request.path == "/api/tags" for request in server.requests))
        assert lists[1] == lists[0] + 1


async def test_our_own_faults_say_nothing_of_the_server(desk: Desk, server: StandIn) -> None:
    provider = await desk.aprovider(server.url)
    await run(desk.ask())
    await desk.calls()
    await survey.survey(provider)
    await survey.note_failure(provider, Unreachable("It is off."))
    with pytest.raises(TypeError):
        await run(desk.ask(format={"type": object}))
    (*_, call) = await desk.calls()
    assert (call.outcome, call.error_code) == ("failed", "INTERNAL_ERROR")
    assert (await sync_to_async(survey.last_known)(provider)).state is survey.State.DOWN
