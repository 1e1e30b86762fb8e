"""The record of calls: complete, without a word of what was said, and never in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import fields as fields_of
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from common import clock
from common.trace import scope
from llm import metrics
from llm.metrics import CallRecord, StateRecord
from llm.models import ModelCall
from llm.orchestration import usage
from llm.orchestration.health import health_of, model_health
from llm.orchestration.machinery import Machinery
from llm.orchestrator import Finished, Purpose, Unanswered, run, run_now, stream
from llm.standin import StandIn, error_line, fails, running, says
from tests.llm.orchestration.desk import Desk, chats, heard

SECRET = "Revenue of Zanzibar"


@pytest.fixture
def hooked() -> Iterator[list[Any]]:
    told: list[Any] = []
    metrics.register_call_hook(told.append)
    metrics.register_state_hook(told.append)
    yield told
    metrics.unregister(told.append)


async def test_a_row_tells_all_but_the_text(desk: Desk, server: StandIn) -> None:
    provider = await desk.aprovider(server.url)
    server.script(says(f"{SECRET} is 7.", rate=200, load_delay=0.05))
    with scope(origin="page", trace_id="ab" * 16):
        answer = await run(desk.ask(SECRET, prompt_key="chat@3"))
    (call,) = await desk.calls()
    assert (call.organization_id, call.user_id) == (desk.world.acme.pk, desk.world.alice.pk)
    assert (call.provider_id, call.provider_name) == (provider.pk, "Own")
    assert (call.purpose, call.model, call.prompt_key) == ("chat", "llama3.2:latest", "chat@3")
    assert (call.outcome, call.error_code, call.attempt) == ("ok", "", 1)
    assert answer.metrics is not None
    assert call.prompt_tokens == answer.metrics.prompt_tokens > 0
    assert call.completion_tokens == answer.metrics.completion_tokens > 0
    assert not call.estimated
    assert call.load_ms > 0
    assert call.decode_ms > 0
    assert call.tokens_per_second
    assert call.first_token_ms is not None
    assert 0 < call.first_token_ms < call.total_ms
    assert call.trace_id == answer.trace_id == "ab" * 16
    assert server.requests[-1].headers["traceparent"].split("-")[1] == "ab" * 16
    assert not any("Zanzibar" in str(value) for value in vars(call).values())


async def test_the_server_s_words_are_not_in_the_row(desk: Desk, server: StandIn) -> None:
    await desk.aprovider(server.url)
    server.script(error_line(f"cannot say {SECRET}"))
    await heard(desk.ask())
    (call,) = await desk.calls()
    assert not any("Zanzibar" in str(value) for value in vars(call).values())


async def test_no_prompt_is_in_the_log(
    desk: Desk, server: StandIn, caplog: pytest.LogCaptureFixture, capfd: Any
) -> None:
    caplog.set_level("DEBUG")
    await desk.aprovider(server.url)
    form = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    server.then(fails(503), says(f'{{"n": "{SECRET}"}}'), says(f'{{"{SECRET}": 1}}'))
    with pytest.raises(Unanswered):
        await run(desk.ask(SECRET, purpose=Purpose.EXTRACT, format=form))
    await desk.calls()
    said = capfd.readouterr()
    assert len(chats(server)) == 3
    assert "Zanzibar" not in caplog.text + said.out + said.err


async def test_hooks_hear_of_calls_and_of_the_breaker(
    desk: Desk, server: StandIn, hooked: list[Any]
) -> None:
    provider = await desk.aprovider(server.url)
    server.script(fails(500))
    for _ in range(4):
        await heard(desk.ask())
        await desk.calls()
    calls = [each for each in hooked if isinstance(each, CallRecord)]
    assert [each.labels for each in calls[:1]] == [
        {"purpose": "chat", "outcome": "failed", "kind": "ollama", "error_code": "MODEL_FAILED"}
    ]
    assert [each.outcome for each in calls] == ["failed", "failed", "failed", "refused"]
    states = [each for each in hooked if isinstance(each, StateRecord)]
    assert states == [StateRecord(provider.pk, "ollama", "llama3.2:latest", "open")]


def test_labels_come_from_closed_sets() -> None:
    record = CallRecord(
        purpose="gossip", organization_id=1, outcome="fun", kind="x", error_code="Y"
    )
    assert set(record.labels.values()) == {"other"}


def test_records_and_rows_have_the_same_fields() -> None:
    names = {field.name for field in fields_of(CallRecord)} - {"kind"}
    columns = {field.attname for field in ModelCall._meta.get_fields()}
    assert columns - names == {"id", "created_at", "updated_at"}
    assert names <= columns


async def test_a_failing_hook_harms_nothing(desk: Desk, server: StandIn) -> None:
    def broken(record: CallRecord) -> None:
        raise RuntimeError("no disk")

    await desk.aprovider(server.url)
    metrics.register_call_hook(broken)
    try:
        assert (await run(desk.ask())).text
    finally:
        metrics.unregister(broken)
    assert len(await desk.calls()) == 1


async def test_what_cannot_be_written_harms_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await heard(desk.unwritable())
    assert await desk.calls() == []
    assert "could not be recorded" in caplog.text


async def test_a_reader_who_stops_at_the_end_is_recorded_as_answered(
    desk: Desk, server: StandIn
) -> None:
    await desk.aprovider(server.url)

    async for event in stream(desk.ask()):
        if isinstance(event, Finished):
            break
    await asyncio.sleep(0)
    assert [each.outcome for each in await desk.calls()] == ["ok"]


def test_views_and_jobs_ask_too(desk: Desk) -> None:
    with running(says("Hello from a thread.")) as server:
        desk.provider(server.url)
        answer = run_now(desk.ask(model="llama3.2:latest"))
    assert answer.text == "Hello from a thread."
    assert ModelCall.objects.get().outcome == "ok"


def test_views_and_jobs_hear_why_not(desk: Desk) -> None:
    with pytest.raises(Unanswered) as caught:
        run_now(desk.ask())
    assert caught.value.code == "NO_MODEL"
    assert ModelCall.objects.get().outcome == "refused"


def test_old_rows_are_forgotten_in_batches(desk: Desk, settings: Any, monkeypatch: Any) -> None:
    settings.LLM_CALL_DAYS = 30
    monkeypatch.setattr(usage, "BATCH", 2)
    rows = [ModelCall(organization=desk.world.acme, purpose="chat", outcome="ok") for _ in range(7)]
    ModelCall.objects.bulk_create(rows)
    old = ModelCall.objects.order_by("pk").values_list("pk", flat=True)[:5]
    long_ago = clock.now() - timedelta(days=31)
    ModelCall.objects.filter(pk__in=list(old)).update(created_at=long_ago)
    assert usage.forget_old_calls() == 5
    assert ModelCall.objects.count() == 2


async def test_token_counts_correct_the_estimates(
    desk: Desk, server: StandIn, machinery: Machinery
) -> None:
    provider = await desk.aprovider(server.url)
    counts = {"prompt_eval_count": 4000, "eval_count": 3}
    server.script(says("Long.", metrics=counts))
    await run(desk.ask("word " * 1000))
    assert machinery.calibration.factor(f"{provider.pk}:llama3.2:latest") > 1


async def test_health_says_alive_there_and_loaded(
    desk: Desk, server: StandIn, machinery: Machinery
) -> None:
    provider = await desk.aprovider(server.url)
    (before, _other) = await health_of(provider, max_age=0)
    assert (before.alive, before.installed, before.loaded, before.usable) == (
        True,
        True,
        False,
        True,
    )
    await run(desk.ask())
    server.script(fails(500))
    for _ in range(3):
        await heard(desk.ask())
    after = await model_health(provider, "llama3.2:latest", max_age=0)
    assert (after.loaded, after.circuit, after.usable) == (True, "open", False)
    assert after.retry_after > 0
    missing = await model_health(provider, "nothing:1b")
    assert (missing.alive, missing.installed, missing.usable) == (True, False, False)


def test_each_thread_may_have_its_own_loop(desk: Desk) -> None:
    with running(says("Again.")) as server:
        desk.provider(server.url)
        for _ in range(3):
            assert run_now(desk.ask(model="llama3.2:latest")).text == "Again."
        assert async_to_sync(run)(desk.ask(model="llama3.2:latest")).text == "Again."
