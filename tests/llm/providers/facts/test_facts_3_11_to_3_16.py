"""Stopping, keeping models loaded, lists, pulls, deleting, embedding (facts 3.11 to 3.16)."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from llm.providers.base import KeepAlive, ModelInfo, PullProgress, RunningModel, Text
from llm.providers.errors import (
    ModelMissing,
    NotUnderstood,
    PromptTooLong,
    RequestRefused,
    ServerFailed,
    StreamCut,
)
from llm.providers.ollama import check_keep_alive
from tests.llm.providers.servers import (
    HOLD,
    RawServer,
    ask,
    ended,
    head,
    line,
    ollama,
    reply,
    said,
)

LOADED = reply({"model": "m", "done": True, "done_reason": "load"})
DIGEST = "sha256:" + "ab" * 32


async def test_fact_3_11_leaving_closes_the_connection() -> None:
    async with RawServer(head(), said("Hel"), HOLD) as server:
        async with aclosing(ollama(server).stream(ask())) as deltas:
            assert await anext(deltas) == Text("Hel")
        await asyncio.wait_for(server.left.wait(), 5)


async def test_fact_3_11_so_does_cancelling_an_answer_at_once() -> None:
    async with RawServer(HOLD) as server:
        task = asyncio.create_task(ollama(server).chat(ask()))
        while not server.seen:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.left.wait(), 5)


async def test_fact_3_11_and_leaving_a_pull() -> None:
    async with RawServer(head(), line(status="pulling manifest"), HOLD) as server:
        async with aclosing(ollama(server).pull("m")) as lines:
            await anext(lines)
        await asyncio.wait_for(server.left.wait(), 5)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (300, 300),
        (-1, -1),
        (0, 0),
        ("300", 300),
        ("-1", -1),
        ("10m", "10m"),
        ("1h30m", "1h30m"),
        (" 10 M ", "10m"),
        ("-1m", "-1m"),
        ("1.5h", "1.5h"),
    ],
)
def test_fact_3_12_times_as_the_server_reads_them(given: KeepAlive, sent: KeepAlive) -> None:
    assert check_keep_alive(given) == sent


@pytest.mark.parametrize("given", ["", "soon", "10 minutes", "10m!", "m", "1e9", 10**9, "9" * 9])
def test_fact_3_12_other_times_are_refused(given: KeepAlive) -> None:
    with pytest.raises(RequestRefused):
        check_keep_alive(given)


async def test_fact_3_12_load_is_a_chat_without_messages() -> None:
    async with RawServer(LOADED) as server:
        await ollama(server).load("m", keep_alive="300", num_ctx=8192)
    assert server.seen[0].path == "/api/chat"
    assert "messages" not in server.last
    assert server.last["keep_alive"] == 300
    assert server.last["options"] == {"num_ctx": 8192}


async def test_fact_3_12_a_model_for_embeddings_is_loaded_its_own_way() -> None:
    paths = {
        "/api/chat": [reply({"error": '"m" does not support chat'}, 400)],
        "/api/embed": [reply({"model": "m", "embeddings": []})],
    }
    async with RawServer(by_path=paths) as server:
        await ollama(server).load("m", keep_alive="10m")
    assert server.last == {"model": "m", "input": "", "keep_alive": "10m"}


async def test_fact_3_12_unload_is_empty_messages_and_no_time() -> None:
    async with RawServer(reply({"done": True, "done_reason": "unload"})) as server:
        await ollama(server).unload("m")
    assert server.last["messages"] == []
    assert server.last["keep_alive"] == 0


async def test_fact_3_12_a_chat_without_messages_would_only_load_and_is_not_sent() -> None:
    request = ask()
    request = type(request)(request.model, ())
    async with RawServer(LOADED) as server:
        with pytest.raises(RequestRefused, match="no message"):
            await ollama(server).chat(request)
        assert server.seen == []


async def test_fact_3_13_what_is_loaded() -> None:
    entry = {
        "name": "lib/m:8b",
        "model": "lib/m:8b",
        "size": 4000,
        "size_vram": 1000,
        "digest": "ab",
        "expires_at": "2026-11-20T12:00:00.123456789+02:00",
        "context_length": 4096,
    }
    async with RawServer(reply({"models": [entry]})) as server:
        assert await ollama(server).running() == [
            RunningModel(
                name="lib/m:8b",
                size=4000,
                vram=1000,
                digest="ab",
                expires_at=datetime(2026, 11, 20, 10, 0, 0, 123456, UTC),
                context_length=4096,
            )
        ]


async def test_fact_3_13_what_is_installed_and_what_runs_elsewhere() -> None:
    details = {
        "family": "llama",
        "parameter_size": "8.0B",
        "quantization_level": "Q4_K_M",
        "context_length": 8192,
    }
    cloud = {"name": "big:cloud", "remote_model": "big", "remote_host": "https://ollama.com:443"}
    here = {"name": "m", "size": 4000, "digest": "ab", "details": details}
    here["modified_at"] = "2026-11-20T10:00:00Z"
    models = {"models": [here, cloud, {"name": "old-cloud", "remote_model": "big"}]}
    async with RawServer(reply(models)) as server:
        local, remote, older = await ollama(server).models()
    assert local == ModelInfo(
        name="m",
        size=4000,
        digest="ab",
        modified_at=datetime(2026, 11, 20, 10, tzinfo=UTC),
        family="llama",
        parameters="8.0B",
        quantization="Q4_K_M",
        context_length=8192,
    )
    assert remote.remote_host == "https://ollama.com:443"
    assert older.remote_host


async def test_fact_3_13_no_models_may_be_null_and_no_time_the_year_one() -> None:
    entry = {"name": "m", "expires_at": "0001-01-01T00:00:00Z"}
    paths = {"/api/tags": [reply({"models": None})], "/api/ps": [reply({"models": [entry]})]}
    async with RawServer(by_path=paths) as server:
        assert await ollama(server).models() == []
        assert (await ollama(server).running())[0].expires_at is None


@pytest.mark.parametrize("answer", [{}, {"models": {}}, {"models": "none"}, {"data": []}])
async def test_fact_3_13_another_list_is_not_understood(answer: object) -> None:
    async with RawServer(reply(answer)) as server:
        with pytest.raises(NotUnderstood):
            await ollama(server).models()


async def test_fact_3_14_a_pull_goes_through_its_steps() -> None:
    lines = [
        line(status="pulling manifest"),
        line(status="pulling abababababab", digest=DIGEST, total=100),
        line(status="pulling abababababab", digest=DIGEST, total=100, completed=50),
        line(status="verifying sha256 digest"),
        line(status="success"),
    ]
    async with RawServer(head(), *lines, HOLD) as server:
        got = [progress async for progress in ollama(server).pull("m")]
    assert server.last == {"model": "m:latest", "stream": True}
    assert got == [
        PullProgress("pulling manifest"),
        PullProgress("pulling abababababab", DIGEST, 100, 0),
        PullProgress("pulling abababababab", DIGEST, 100, 50),
        PullProgress("verifying sha256 digest"),
        PullProgress("success"),
    ]


async def test_fact_3_14_errors_come_as_a_line_with_status_200() -> None:
    missing = line(error="pull model manifest: file does not exist")
    async with RawServer(head(), line(status="pulling manifest"), missing) as server:
        with pytest.raises(ModelMissing, match="to download") as caught:
            [_ async for _ in ollama(server).pull("m")]
    assert not caught.value.counts
    full = line(error="write /models/x: no space left on device")
    async with RawServer(head(), full) as server:
        with pytest.raises(ServerFailed, match="no space left"):
            [_ async for _ in ollama(server).pull("m")]


async def test_fact_3_14_a_pull_that_ends_early_is_cut() -> None:
    async with RawServer(head(), line(status="pulling manifest")) as server:
        with pytest.raises(StreamCut, match="can go on"):
            [_ async for _ in ollama(server).pull("m")]


async def test_fact_3_15_delete_has_a_body_and_its_answer_none() -> None:
    async with RawServer(reply()) as server:
        await ollama(server).delete("lib/m:8b")
    assert server.seen[0].method == "DELETE"
    assert server.last == {"model": "lib/m:8b"}
    async with RawServer(reply({"error": "model 'm' not found"}, 404)) as server:
        with pytest.raises(ModelMissing):
            await ollama(server).delete("m")


async def test_fact_3_15_embedding_several_texts_at_once() -> None:
    async with RawServer(reply({"embeddings": [[1, 0.5], [0, -1]]})) as server:
        vectors = await ollama(server).embed("m", ["a", "b"], keep_alive=60)
        assert vectors == [[1.0, 0.5], [0.0, -1.0]]
        assert await ollama(server).embed("m", []) == []
        assert len(server.seen) == 1
    assert server.last == {"model": "m", "input": ["a", "b"], "truncate": False, "keep_alive": 60}


async def test_fact_3_15_a_text_is_not_cut_in_silence() -> None:
    error = {"error": "input length exceeds the context length"}
    async with RawServer(reply(error, 400)) as server:
        with pytest.raises(PromptTooLong):
            await ollama(server).embed("m", ["a"])


@pytest.mark.parametrize(
    "rows",
    [None, [], [[1.0], [1.0]], [[]], ["ab"], [["a"]], [[None]], [[1e400]], {"0": [1.0]}],
)
async def test_fact_3_15_other_vectors_are_not_understood(rows: object) -> None:
    body = reply({"embeddings": rows})
    async with RawServer(body) as server:
        with pytest.raises(NotUnderstood):
            await ollama(server).embed("m", ["a"])


async def test_fact_3_15_version() -> None:
    async with RawServer(reply({"version": "0.13.0"})) as server:
        assert await ollama(server).version() == "0.13.0"
    async with RawServer(reply({"version": 13})) as server:
        with pytest.raises(NotUnderstood):
            await ollama(server).version()


async def test_fact_3_16_the_native_api_is_used() -> None:
    async with RawServer(reply(ended("Hi").strip())) as server:
        await ollama(server).chat(ask())
    assert server.seen[0].path == "/api/chat"
