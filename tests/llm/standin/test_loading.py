"""Models in memory: loaded, kept, waited for, loaded anew, let go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from llm.standin import MODELS, Behaviour, Script, StandIn, holds

MESSAGES = [{"role": "user", "content": "Hi"}]


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 8, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Client:
    """Requests to one model, with what a test wants to know of the answers."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def chat(self, model: str = "llama3.2", **more: Any) -> dict[str, Any]:
        body = {"model": model, "messages": MESSAGES, "stream": False, **more}
        response = await self._http.post("/api/chat", json=body)
        response.raise_for_status()
        return response.json()  # type: ignore[no-any-return]

    async def loaded(self) -> dict[str, dict[str, Any]]:
        models = (await self._http.get("/api/ps")).json()["models"]
        return {model["name"]: model for model in models}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def timed(clock: Clock) -> AsyncIterator[StandIn]:
    async with StandIn(now=clock) as server:
        yield server


@pytest.fixture
async def client(timed: StandIn) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(base_url=timed.url, timeout=20, trust_env=False) as http:
        yield Client(http)


@pytest.mark.parametrize(
    ("keep_alive", "seconds"), [(None, 300), (60, 60), ("10m", 600), ("1h30m", 5400), (0.5, 0.5)]
)
async def test_a_model_goes_when_its_time_is_over(
    client: Client, clock: Clock, keep_alive: Any, seconds: float
) -> None:
    await client.chat(**({} if keep_alive is None else {"keep_alive": keep_alive}))
    [loaded] = (await client.loaded()).values()
    stays = datetime.fromisoformat(loaded["expires_at"]) - clock.moment
    assert stays == timedelta(seconds=seconds)
    clock.advance(seconds - 0.1)
    assert await client.loaded()
    clock.advance(0.2)
    assert not await client.loaded()


async def test_each_request_sets_its_own_time(client: Client, clock: Clock) -> None:
    await client.chat(keep_alive=-1)
    clock.advance(1e8)
    [loaded] = (await client.loaded()).values()
    assert datetime.fromisoformat(loaded["expires_at"]).year > 2300
    await client.chat(keep_alive=10)
    clock.advance(11)
    assert not await client.loaded()
    await client.chat(keep_alive="-1s")
    await client.chat(keep_alive=0)
    assert not await client.loaded()


async def test_load_and_unload_are_requests_without_messages(
    client: Client, timed: StandIn
) -> None:
    loaded = await client.chat(messages=[], options={"num_ctx": 2048})
    assert (loaded["done"], loaded["done_reason"]) == (True, "load")
    assert "eval_count" not in loaded
    assert timed.loaded == ["llama3.2:latest"]
    unloaded = await client.chat(messages=[], keep_alive=0)
    assert unloaded["done_reason"] == "unload"
    assert timed.loaded == []


async def test_loading_answers_in_one_piece_even_when_streamed(timed: StandIn) -> None:
    async with httpx.AsyncClient(base_url=timed.url, trust_env=False) as http:
        for path in ("/api/chat", "/api/generate"):
            response = await http.post(path, json={"model": "llama3.2"})
            assert response.headers["content-type"].startswith("application/json")
            assert response.json()["done_reason"] == "load"


async def test_other_load_options_load_anew(client: Client, timed: StandIn) -> None:
    await client.chat()
    await client.chat(options={"temperature": 0.1, "num_predict": 4})
    assert (timed.loads, timed.reloads) == (1, 0)
    await client.chat(options={"num_ctx": 8192})
    assert (await client.loaded())["llama3.2:latest"]["context_length"] == 8192
    await client.chat(options={"num_ctx": 8192}, shift=False)
    assert (timed.loads, timed.reloads) == (3, 2)
    await client.chat()
    assert timed.reloads == 3


async def test_an_answer_in_progress_finishes_before_its_model_goes(
    client: Client, timed: StandIn
) -> None:
    await client.chat()
    timed.then(holds(after=1))
    task = asyncio.create_task(client.chat())
    await timed.wait_until(lambda: timed.open == 1)
    assert (await client.chat(messages=[], keep_alive=0))["done_reason"] == "unload"
    timed.release()
    assert (await task)["done_reason"] == "stop"
    assert await client.loaded() == {}


async def test_requests_for_one_model_wait_in_silence() -> None:
    async with (
        StandIn(holds(after=1)) as server,
        httpx.AsyncClient(base_url=server.url, timeout=20, trust_env=False) as http,
    ):
        body = {"model": "llama3.2", "messages": MESSAGES}
        tasks = [asyncio.create_task(http.post("/api/chat", json=body)) for _ in range(3)]
        await server.wait_until(lambda: server.waiting == 2)
        assert sorted(request.chunks for request in server.requests) == [0, 0, 1]
        # One that waits and leaves takes no place.
        waiting = [r for r in server.requests if r.chunks == 0]
        tasks[server.requests.index(waiting[0])].cancel()
        await server.wait_until(lambda: server.closed_early == 1)
        assert server.waiting == 1
        server.release()
        server.reset()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        assert sum(isinstance(answer, httpx.Response) for answer in done) == 2
        assert server.waiting == 0


async def test_parallel_places() -> None:
    async with (
        StandIn(Script(default=holds(after=1), num_parallel=2)) as server,
        httpx.AsyncClient(base_url=server.url, timeout=20, trust_env=False) as http,
    ):
        body = {"model": "llama3.2", "messages": MESSAGES}
        tasks = [asyncio.create_task(http.post("/api/chat", json=body)) for _ in range(3)]
        await server.wait_until(lambda: sum(r.chunks for r in server.requests) == 2)
        assert server.waiting == 1
        server.release()
        await asyncio.gather(*tasks)


async def test_a_full_queue_is_a_503_only_where_a_model_must_load() -> None:
    async with (
        StandIn(Script(max_queue=0)) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
    ):
        answer = await http.post("/api/chat", json={"model": "llama3.2", "messages": MESSAGES})
        assert answer.status_code == 503
        assert "maximum pending requests exceeded" in answer.json()["error"]


async def test_no_more_models_than_there_is_room_for(clock: Clock) -> None:
    models = tuple(model for model in MODELS if not model.remote)[:3]
    async with (
        StandIn(Script(models=models, max_loaded=2), now=clock) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
    ):
        for model in models:
            await http.post("/api/embed", json={"model": model.name, "input": "x"})
            clock.advance(1)
        assert server.loaded == [models[2].full_name, models[1].full_name]


async def test_memory_that_does_not_fit_the_card_is_on_the_processor() -> None:
    async with (
        StandIn(Script(vram=2**30)) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
    ):
        await Client(http).chat()
        [loaded] = (await Client(http).loaded()).values()
    assert loaded["size_vram"] == 2**30 < loaded["size"]


async def test_load_duration_is_there_only_when_it_took_some(
    client: Client, timed: StandIn
) -> None:
    timed.then(Behaviour(load_delay=0.05))
    answer = await client.chat()
    assert answer["load_duration"] >= 40_000_000
    assert answer["total_duration"] >= answer["load_duration"]


async def test_the_wait_for_a_place_is_in_none_of_the_metrics() -> None:
    async with (
        StandIn() as server,
        httpx.AsyncClient(base_url=server.url, timeout=20, trust_env=False) as http,
    ):
        server.then(holds(after=1))
        first = asyncio.create_task(Client(http).chat())
        await server.wait_until(lambda: len(server.loaded) == 1)
        waited = asyncio.create_task(Client(http).chat())
        await server.wait_until(lambda: server.waiting == 1)
        await asyncio.sleep(0.05)
        server.release()
        await first
        answer = await waited
    known = ("load_duration", "prompt_eval_duration", "eval_duration")
    rest = answer["total_duration"] - sum(answer.get(key, 0) for key in known)
    assert rest >= 50_000_000
