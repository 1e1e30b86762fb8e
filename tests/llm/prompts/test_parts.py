"""Parts other apps register: their order, and that a bad one never costs the prompt."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Sequence

import pytest

from llm.prompts import (
    Part,
    PartRegistry,
    Piece,
    PromptContext,
    Slot,
    Window,
    build_prompt,
    data_part,
    gather,
    prompt,
    prompt_part,
)
from tests.llm.prompts.conversations import boundary

CONTEXT = PromptContext("How much?")


def part(name: str, slot: Slot = Slot.CONTEXT, **more: object) -> Part:
    async def build(context: PromptContext) -> Sequence[Piece]:
        return [Piece(f"{name} for {context.question}")]

    return Part(name, slot, build, **more)  # type: ignore[arg-type]


def failing(name: str, error: BaseException) -> Part:
    async def build(context: PromptContext) -> Sequence[Piece]:
        raise error

    return Part(name, Slot.CONTEXT, build, label="Searching the catalog")


async def test_slot_then_order_then_name_whatever_the_registration() -> None:
    parts = [
        part("z", Slot.SYSTEM),
        part("b"),
        part("a"),
        part("first", order=1),
        part("s", Slot.SUMMARY),
        part("p", Slot.PINNED),
    ]
    expected = ["z", "p", "s", "first", "a", "b"]
    for registered in (parts, parts[::-1]):
        result = await gather(CONTEXT, PartRegistry(registered))
        assert [piece.text.split()[0] for _, piece in result.pieces] == expected


async def test_order_does_not_depend_on_who_is_ready_first() -> None:
    async def late(context: PromptContext) -> Sequence[Piece]:
        await asyncio.sleep(0.02)
        return [Piece("a")]

    registry = PartRegistry([Part("a", Slot.CONTEXT, late), part("b")])
    result = await gather(CONTEXT, registry)
    assert [piece.text[0] for _, piece in result.pieces] == ["a", "b"]


async def test_parts_are_asked_only_for_their_purposes() -> None:
    registry = PartRegistry([part("chat", purposes=frozenset({"chat"})), part("all")])
    result = await gather(PromptContext("q", purpose="sql"), registry)
    assert [piece.text for _, piece in result.pieces] == ["all for q"]


def test_a_name_belongs_to_one_part() -> None:
    registry = PartRegistry()
    one = part("x")
    registry.register(one)
    registry.register(one)
    with pytest.raises(ValueError, match="x"):
        registry.register(part("x"))


@pytest.mark.parametrize("error", [RuntimeError("secret words"), TimeoutError(), KeyError(1)])
async def test_a_failing_part_is_left_out_with_a_note(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        result = await gather(CONTEXT, PartRegistry([failing("bad", error), part("good")]))
    assert [piece.text for _, piece in result.pieces] == ["good for How much?"]
    assert [(note.code, note.part) for note in result.notes] == [("PART_FAILED", "bad")]
    assert "Searching the catalog" in result.notes[0].message
    assert type(error).__name__ in caplog.text
    assert "secret words" not in caplog.text


async def test_a_part_that_cancels_itself_has_failed() -> None:
    result = await gather(CONTEXT, PartRegistry([failing("bad", asyncio.CancelledError())]))
    assert [note.code for note in result.notes] == ["PART_FAILED"]


async def test_something_else_than_pieces_has_failed() -> None:
    async def build(context: PromptContext) -> Sequence[Piece]:
        return ["text"]  # type: ignore[list-item]

    result = await gather(CONTEXT, PartRegistry([Part("odd", Slot.CONTEXT, build)]))
    assert [note.code for note in result.notes] == ["PART_FAILED"]


async def test_a_slow_part_is_cancelled_and_left_out() -> None:
    cancelled = asyncio.Event()

    async def build(context: PromptContext) -> Sequence[Piece]:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return []

    slow = Part("slow", Slot.CONTEXT, build, seconds=0.02)
    result = await gather(CONTEXT, PartRegistry([slow, part("good")]))
    assert [piece.text for _, piece in result.pieces] == ["good for How much?"]
    assert [note.code for note in result.notes] == ["PART_SLOW"]
    await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_part_that_will_not_be_cancelled_is_not_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    release = asyncio.Event()

    async def build(context: PromptContext) -> Sequence[Piece]:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        raise RuntimeError

    stubborn = Part("stubborn", Slot.CONTEXT, build, seconds=0.02)
    result = await asyncio.wait_for(gather(CONTEXT, PartRegistry([stubborn])), 5)
    assert [note.code for note in result.notes] == ["PART_SLOW"]
    release.set()
    await asyncio.sleep(0.01)
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_stopping_the_prompt_stops_its_parts() -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def build(context: PromptContext) -> Sequence[Piece]:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return []

    registry = PartRegistry([Part("p", Slot.CONTEXT, build, seconds=60)])
    task = asyncio.create_task(gather(CONTEXT, registry))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(stopped.wait(), 5)


async def test_parts_know_how_much_fits() -> None:
    seen: list[int] = []

    async def build(context: PromptContext) -> Sequence[Piece]:
        seen.append(context.budget)
        return []

    await build_prompt(
        CONTEXT, Window(4096), registry=PartRegistry([Part("p", Slot.CONTEXT, build)])
    )
    assert seen == [int((4096 - 1024) * 0.4)]


async def test_ready_made_parts_hand_on_files_and_data() -> None:
    registry = PartRegistry(
        [
            prompt_part("system"),
            data_part("system_prompt", Slot.SYSTEM, trusted=True),
            data_part("summary", Slot.SUMMARY),
            data_part("pinned", Slot.PINNED),
        ]
    )
    data = {"system_prompt": "Be brief.", "summary": "They like bars.", "pinned": ["a", " ", "b"]}
    built = await build_prompt(
        PromptContext("q", data=data), Window(4096), registry=registry, boundary=boundary
    )
    system = built.messages[0].content
    assert system.startswith(prompt("system").render())
    order = [system.index(text) for text in ("Be brief.", "> a", "> b", "> They like bars.")]
    assert order == sorted(order)
    assert built.prompt_keys == ("system@1",)
    empty = await build_prompt(PromptContext("q"), Window(4096), registry=registry)
    assert empty.messages[0].content == prompt("system").render()
