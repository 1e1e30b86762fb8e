"""What is on the wire, byte by byte: framing, cuts, garbage, silence."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from llm.standin import (
    EVERYTHING,
    StandIn,
    cut,
    endless,
    error_line,
    fails,
    garbage,
    hangs,
    holds,
    html,
    lines,
    long_line,
    pieces,
    redirects,
    says,
    wrong_json,
)

CHAT = {"model": "llama3.2", "messages": [{"role": "user", "content": "Hi"}]}


async def chunks(http: httpx.AsyncClient, body: dict[str, Any] | None = None) -> list[bytes]:
    """The stream in the pieces in which it was framed."""
    async with http.stream("POST", "/api/chat", json=body or CHAT) as response:
        return [chunk async for chunk in response.aiter_raw()]


def spoken(raw: bytes) -> str:
    parts = [json.loads(line) for line in raw.splitlines()]
    return "".join(part["message"]["content"] for part in parts if "message" in part)


async def test_one_json_per_line_per_chunk(http: httpx.AsyncClient, server: StandIn) -> None:
    server.script(pieces("Grüße", " an <alle> & jeden"))
    async with http.stream("POST", "/api/chat", json=CHAT) as response:
        read = [chunk async for chunk in response.aiter_raw()]
    assert response.headers["content-type"] == "application/x-ndjson"
    assert response.headers["transfer-encoding"] == "chunked"
    assert [chunk.count(b"\n") for chunk in read] == [1, 1, 1]
    assert "Grüße".encode() in read[0]
    assert b"\\u003calle\\u003e \\u0026" in read[1]
    last = json.loads(read[-1])
    assert last["done"] is True
    assert last["message"] == {"role": "assistant", "content": ""}
    # What is zero is left out; what is a duration is in nanoseconds, so whole.
    assert all(isinstance(last[key], int) for key in last if key.endswith(("duration", "count")))
    assert 0 not in last.values()


@pytest.mark.parametrize("sizes", [(1,), (1, 2, 3), (7,), (100_000,)])
async def test_bytes_are_split_anywhere(
    http: httpx.AsyncClient, server: StandIn, sizes: tuple[int, ...]
) -> None:
    server.script(says("Grüße, größer — 漢字 🙂", write_sizes=sizes))
    read = await chunks(http)
    assert spoken(b"".join(read)) == "Grüße, größer — 漢字 🙂"
    expected = [sizes[index % len(sizes)] for index in range(len(read))]
    assert [len(chunk) for chunk in read[:-1]] == expected[:-1]


async def test_a_clean_cut_has_no_done(http: httpx.AsyncClient, server: StandIn) -> None:
    server.script(cut(after=2))
    read = b"".join(await chunks(http))
    assert [json.loads(line)["done"] for line in read.splitlines()] == [False, False]
    assert server.requests[-1].outcome == "cut"


async def test_an_abrupt_cut_breaks_the_connection(
    http: httpx.AsyncClient, server: StandIn
) -> None:
    server.script(cut(after=2, abrupt=True))
    read = []
    with pytest.raises(httpx.TransportError):
        await read_into(http, read)
    assert len(b"".join(read).splitlines()) <= 2
    assert server.closed_early == 0


async def read_into(http: httpx.AsyncClient, read: list[bytes]) -> None:
    async with http.stream("POST", "/api/chat", json=CHAT) as response:
        async for chunk in response.aiter_raw():
            read.append(chunk)


async def test_an_error_line_keeps_the_status(http: httpx.AsyncClient, server: StandIn) -> None:
    server.script(error_line("boom", after=1))
    response = await http.post("/api/chat", json=CHAT)
    assert response.status_code == 200
    assert json.loads(response.content.splitlines()[-1]) == {"error": "boom"}
    assert b'"done":true' not in response.content


async def test_an_error_before_the_first_line_is_a_status(
    http: httpx.AsyncClient, server: StandIn
) -> None:
    server.script(error_line("boom", after=0))
    response = await http.post("/api/chat", json=CHAT)
    assert (response.status_code, response.json()) == (500, {"error": "boom"})


async def test_statuses(http: httpx.AsyncClient, server: StandIn) -> None:
    server.then(fails(503), fails(429, "slow down"), fails(400))
    answers = [await http.post("/api/chat", json=CHAT) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 429, 400, 200]
    busy = "server busy, please try again.  maximum pending requests exceeded"
    assert answers[0].json() == {"error": busy}
    assert answers[1].json() == {"error": "slow down"}


async def test_the_same_token_over_and_over_just_ends(
    http: httpx.AsyncClient, server: StandIn
) -> None:
    server.script(pieces("Ha", *[" ha"] * 100))
    read = b"".join(await chunks(http)).splitlines()
    assert len(read) == 32
    assert all(not json.loads(line)["done"] for line in read)


async def test_done_may_carry_text_and_metrics_may_be_missing(
    http: httpx.AsyncClient, server: StandIn
) -> None:
    server.script(pieces("a", done_text="b", metrics=False, done_reason="length"))
    read = b"".join(await chunks(http))
    assert spoken(read) == "ab"
    last = json.loads(read.splitlines()[-1])
    assert set(last) == {"model", "created_at", "message", "done", "done_reason"}
    assert last["done_reason"] == "length"
    server.script(pieces("a", metrics={"eval_count": 5}))
    last = json.loads((await chunks(http))[-1])
    assert (last["eval_count"], "total_duration" in last) == (5, False)


async def test_never_done(http: httpx.AsyncClient, server: StandIn) -> None:
    server.script(says("All of it.", never_done=True))
    read = b"".join(await chunks(http))
    assert spoken(read) == "All of it."
    assert b'"done":true' not in read


async def test_a_long_line(http: httpx.AsyncClient, server: StandIn) -> None:
    server.script(long_line(10_000_000))
    read = b"".join(await chunks(http))
    assert max(len(line) for line in read.splitlines()) > 10_000_000


async def test_wrong_json_and_exact_lines(http: httpx.AsyncClient, server: StandIn) -> None:
    server.then(wrong_json(), lines(b'{"a":1}\n{"b":', b"2}"))
    with pytest.raises(json.JSONDecodeError):
        spoken(b"".join(await chunks(http)))
    assert await chunks(http) == [b'{"a":1}\n{"b":', b"2}"]


async def test_html_redirect_and_garbage(http: httpx.AsyncClient, server: StandIn) -> None:
    server.script(html(), on=EVERYTHING)
    page = await http.get("/api/tags")
    assert page.headers["content-type"].startswith("text/html")
    server.script(redirects("http://127.0.0.1:1/x"), on=EVERYTHING)
    moved = await http.get("/api/version")
    assert (moved.status_code, moved.headers["location"]) == (307, "http://127.0.0.1:1/x")
    server.script(garbage(), on=EVERYTHING)
    with pytest.raises(httpx.RemoteProtocolError):
        await http.get("/api/version")
    server.reset()
    assert (await http.get("/api/version")).status_code == 200


async def test_a_client_that_leaves_is_seen(server: StandIn) -> None:
    server.script(endless())
    async with (
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
        http.stream("POST", "/api/chat", json=CHAT) as response,
    ):
        stream = response.aiter_lines()
        for _ in range(40):
            await anext(stream)
    await server.wait_until(lambda: server.closed_early == 1)
    assert server.open == 0
    # Its place is free again.
    server.reset()
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        assert (await http.post("/api/chat", json=CHAT)).status_code == 200


async def test_a_hang_is_accepted_and_never_answered(server: StandIn) -> None:
    server.script(hangs(), on=EVERYTHING)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /api/tags HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await server.wait_until(lambda: server.open == 1)
    writer.close()
    await server.wait_until(lambda: server.closed_early == 1)
    assert await reader.read() == b""


async def test_the_server_stops_with_requests_in_the_air() -> None:
    async with StandIn() as server, httpx.AsyncClient(base_url=server.url) as http:
        server.then(hangs(), holds(after=1), endless())
        tasks = [asyncio.create_task(http.post("/api/chat", json=CHAT)) for _ in range(3)]
        await server.wait_until(lambda: len(server.requests) == 3)
        await server.stop()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(answer, httpx.TransportError) for answer in ended)
    assert server.closed_early == 0


async def test_a_hold_goes_on_when_released(http: httpx.AsyncClient, server: StandIn) -> None:
    server.script(holds(after=2))
    task = asyncio.create_task(http.post("/api/chat", json=CHAT))
    await server.wait_until(lambda: bool(server.requests) and server.requests[0].chunks == 2)
    assert not task.done()
    server.release()
    assert b'"done":true' in (await task).content


async def test_a_connection_is_kept_and_used_again(server: StandIn) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for _ in range(2):
        writer.write(b"GET /api/version HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        await reader.readuntil(b"}")
    # Two requests at once, before the first is answered.
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2)
    await reader.readuntil(b"running")
    await reader.readuntil(b"running")
    writer.write(b"nonsense\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 400")
    writer.close()


async def test_unknown_paths_and_methods(http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/nothing")).text == "404 page not found"
    assert (await http.get("/api/chat")).status_code == 405
