"""Which behaviour a request gets, and what a whole script says."""

from __future__ import annotations

import httpx
import pytest

from llm.standin import EVERYTHING, Behaviour, Script, StandIn, fails, says

CHAT = {"model": "llama3.2", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("models.example", 403), ("localhost", 200), ("127.0.0.1:11434", 200), ("[::1]:11434", 200),
        ("box.local", 200), ("10.1.2.3", 200), ("8.8.8.8", 403),
    ],
)  # fmt: skip
async def test_foreign_hosts_get_an_empty_403(host: str, status: int) -> None:
    async with (
        StandIn(Script(loopback_hosts_only=True)) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
    ):
        response = await http.get("/api/version", headers={"Host": host})
    assert response.status_code == status
    assert (response.content == b"") == (status == 403)


async def test_what_goes_first(http: httpx.AsyncClient, server: StandIn) -> None:
    async def status() -> int:
        return (await http.post("/api/chat", json=CHAT)).status_code

    server.script(fails(501), on=EVERYTHING)
    server.script(fails(502))
    assert await status() == 502
    server.script(fails(503), on="llama3.2:latest")
    assert await status() == 503
    server.script(fails(504), on="/api/chat")
    assert await status() == 504
    server.then(fails(505))
    assert [await status(), await status()] == [505, 504]
    assert (await http.get("/api/tags")).status_code == 501
    server.reset()
    assert await status() == 200


async def test_a_script_has_it_all_from_the_start() -> None:
    script = Script(
        default=says("By default."),
        behaviours={"/api/tags": fails(500), "qwen3:4b": says("From qwen.")},
        once=(says("Once."), ("/api/version", Behaviour(status=418))),
    )
    async with (
        StandIn(script) as server,
        httpx.AsyncClient(base_url=server.url, trust_env=False) as http,
    ):
        said = [
            (await http.post("/api/chat", json={**CHAT, "model": model, "stream": False})).json()
            for model in ("llama3.2", "llama3.2", "qwen3:4b")
        ]
        assert [answer["message"]["content"] for answer in said] == [
            "Once.", "By default.", "From qwen.",
        ]  # fmt: skip
        assert (await http.get("/api/tags")).status_code == 500
        assert (await http.get("/api/version")).status_code == 418
