"""One request to one answer: the script's own first, then the endpoint's."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable
from contextlib import suppress

from llm.standin import catalog, compat, native
from llm.standin.call import Call
from llm.standin.parameters import Refusal
from llm.standin.play import JSON, NDJSON, PLAIN, Player, Reply, Result, reply
from llm.standin.script import Behaviour
from llm.standin.wire import Exchange, Seen

ENDPOINTS = catalog.ENDPOINTS | native.ENDPOINTS | compat.ENDPOINTS
PATHS = {path for _, path in ENDPOINTS}
LOCAL = (".localhost", ".local", ".internal")


async def answer(exchange: Exchange, call: Call) -> None:
    behaviour = call.behaviour
    exchange.write_in(behaviour.write_sizes)
    if behaviour.hang:
        await call.state.released.wait()
    if behaviour.raw is not None:
        await exchange.raw(behaviour.raw)
        return
    v1 = call.seen.path.startswith("/v1/")
    refuse = compat.refused if v1 else _refused
    player = Player(exchange, behaviour, call.state.released, refuse)
    instead = _instead(behaviour, call.seen)
    if instead is not None:
        await player.reply(instead)
    elif behaviour.lines is not None:
        await player.lines(behaviour.lines, compat.SSE if v1 else NDJSON)
    else:
        await _played(player, call, refuse)


async def _played(player: Player, call: Call, refuse: Callable[[Refusal], Reply]) -> None:
    try:
        result = await _result(call)
    except Refusal as refusal:
        await player.reply(refuse(refusal))
        return
    await player.play(result)


async def _result(call: Call) -> Result:
    request = call.seen
    if call.state.script.loopback_hosts_only and not _local(request.headers.get("host", "")):
        return Reply(403)
    method = "GET" if request.method == "HEAD" else request.method
    if method == "GET" and request.path.startswith("/v1/models/"):
        return await compat.model(call)
    endpoint = ENDPOINTS.get((method, request.path))
    if endpoint is not None:
        return await endpoint(call)
    if request.path in PATHS:
        return Reply(405, b"405 method not allowed", PLAIN)
    return Reply(404, b"404 page not found", PLAIN)


def _refused(refusal: Refusal) -> Reply:
    return reply({"error": refusal.error, **refusal.more}, refusal.status)


def _instead(behaviour: Behaviour, request: Seen) -> Reply | None:
    """What the script answers with, whatever was asked."""
    if behaviour.status is None:
        return None
    body = behaviour.body
    if isinstance(body, dict) and behaviour.content_type == JSON:
        error = Refusal(behaviour.status, str(body.get("error", "")))
        if request.path.startswith("/v1/") and set(body) == {"error"}:
            return compat.refused(error)
        plain = reply(body, behaviour.status)
        return Reply(plain.status, plain.body, plain.content_type, dict(behaviour.headers))
    data = body.encode() if isinstance(body, str) else body
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Reply(behaviour.status, data, behaviour.content_type, dict(behaviour.headers))


def _local(host: str) -> bool:
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    name = name.strip("[]").lower()
    with suppress(ValueError):
        address = ipaddress.ip_address(name)
        return address.is_loopback or address.is_private or address.is_unspecified
    return name in ("", "localhost") or name.endswith(LOCAL)
