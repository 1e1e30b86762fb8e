"""Pulls: layers, errors, a client that leaves, one that comes back, two at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from llm.standin import StandIn, cut, disk_full, error_line, pullable


async def pull(http: httpx.AsyncClient, name: str) -> list[dict[str, Any]]:
    response = await http.post("/api/pull", json={"model": name})
    assert response.status_code == 200
    return [json.loads(line) for line in response.content.splitlines()]


async def begin(
    http: httpx.AsyncClient, name: str, until: int
) -> AsyncIterator[list[dict[str, Any]]]:
    """Reads a pull until so many bytes of a layer are there, and stays connected until closed."""
    read = []
    async with http.stream("POST", "/api/pull", json={"model": name}) as response:
        async for line in response.aiter_lines():
            read.append(json.loads(line))
            if read[-1].get("completed", 0) >= until:
                yield read


async def test_layers_one_after_the_other(http: httpx.AsyncClient, server: StandIn) -> None:
    server.offer(pullable("tiny", 1000, 200))
    lines = await pull(http, "tiny")
    layers = [line for line in lines if "digest" in line]
    digests = list(dict.fromkeys(line["digest"] for line in layers))
    assert len(digests) == 2
    for digest, total in zip(digests, (1000, 200), strict=True):
        own = [line for line in layers if line["digest"] == digest]
        assert {line["total"] for line in own} == {total}
        assert {line["status"] for line in own} == {f"pulling {digest[7:19]}"}
        assert "completed" not in own[0]
        done = [line.get("completed", 0) for line in own]
        assert done == sorted(done)
        assert done[-1] == total
    assert [line["status"] for line in lines if "digest" not in line] == [
        "pulling manifest", "verifying sha256 digest", "writing manifest",
        "removing unused layers", "success",
    ]  # fmt: skip
    tags = (await http.get("/api/tags")).json()["models"]
    assert {model["name"]: model["size"] for model in tags}["tiny:latest"] == 1200


async def test_unknown_names_are_an_error_line_on_200(http: httpx.AsyncClient) -> None:
    lines = await pull(http, "no-such-model")
    assert lines[-1] == {"error": "pull model manifest: file does not exist"}
    answer = await http.post("/api/pull", json={"model": "no-such-model", "stream": False})
    assert answer.status_code == 500


async def test_a_client_that_leaves_stops_it_and_the_next_resumes(
    http: httpx.AsyncClient, server: StandIn
) -> None:
    server.offer(pullable("held", 1000, 50, hold_at=600))
    started = begin(http, "held", until=600)
    await anext(started)
    await started.aclose()
    await server.wait_until(lambda: server.closed_early == 1)
    assert "held:latest" not in server.installed
    server.offer(pullable("held", 1000, 50))
    lines = await pull(http, "held")
    first = next(line for line in lines if "digest" in line)
    assert first["completed"] == 600
    assert lines[-1]["status"] == "success"
    assert "held:latest" in server.installed


async def test_two_pulls_of_one_name_share_what_comes(
    http: httpx.AsyncClient, server: StandIn
) -> None:
    server.offer(pullable("held", 1000, hold_at=500))
    first = begin(http, "held", until=500)
    await anext(first)
    second = begin(http, "held", until=500)
    lines = await anext(second)
    assert lines[1]["completed"] == 500
    # One leaving does not stop it for the other.
    await first.aclose()
    await server.wait_until(lambda: server.closed_early == 1)
    server.release()
    rest = [line[-1]["completed"] async for line in second]
    assert rest[-1] == 1000
    assert server.installed.count("held:latest") == 1


async def test_a_full_disk(http: httpx.AsyncClient, server: StandIn) -> None:
    server.offer(disk_full("big", 1000, 500, at=1200))
    lines = await pull(http, "big")
    assert lines[-2]["completed"] == 200
    assert lines[-1]["error"].endswith("no space left on device")
    # As long as it is full, the next one ends at the same place; with room it goes on there.
    assert (await pull(http, "big"))[-1] == lines[-1]
    server.offer(pullable("big", 1000, 500))
    again = await pull(http, "big")
    assert [line["completed"] for line in again if "digest" in line][:2] == [1000, 200]
    assert again[-1]["status"] == "success"


async def test_a_rate_paces_the_lines(http: httpx.AsyncClient, server: StandIn) -> None:
    server.offer(pullable("slow", 600, rate=2000))
    done = [line.get("completed", 0) for line in await pull(http, "slow") if "digest" in line]
    assert done == [0, 120, 240, 360, 480, 600]


@pytest.mark.parametrize("behaviour", [cut(after=3), error_line("registry gone", after=3)])
async def test_scripted_ends(http: httpx.AsyncClient, server: StandIn, behaviour: Any) -> None:
    server.script(behaviour, on="/api/pull")
    lines = await pull(http, "tinyllama")
    assert len(lines) - ("error" in lines[-1]) == 3
    assert "tinyllama:latest" not in server.installed


async def test_deleted_models_are_pulled_from_the_start(
    http: httpx.AsyncClient, server: StandIn
) -> None:
    await pull(http, "tinyllama")
    gone = await http.request("DELETE", "/api/delete", json={"model": "tinyllama"})
    assert (gone.status_code, gone.content) == (200, b"")
    first = next(line for line in await pull(http, "tinyllama") if "digest" in line)
    assert "completed" not in first


async def test_many_at_once(http: httpx.AsyncClient, server: StandIn) -> None:
    names = ["tinyllama", "mistral", "all-minilm", "library/team/assistant:v2"]
    results = await asyncio.gather(*(pull(http, name) for name in names))
    assert {lines[-1]["status"] for lines in results} == {"success"}
    assert "library/team/assistant:v2" in server.installed
