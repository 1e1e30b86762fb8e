"""What ``redis.lua`` answers and publishes: a line as it is now, as JSON."""

from __future__ import annotations

from typing import Any

from llm.orchestration.queue.line import QueueFull, Snapshot, Standing, retry_after, rough_wait

Picture = dict[str, Any]
"""``key``, ``born`` and ``version`` (which line, which change of it), ``running`` and ``waiting``
(ids; Lua writes an empty list as ``{}``), ``limit``, ``service`` once known, ``refused``."""


def standings(picture: Picture) -> dict[str, Standing]:
    here = {ticket_id: Standing(0) for ticket_id in picture["running"]}
    for position, ticket_id in enumerate(picture["waiting"], start=1):
        wait = rough_wait(position, picture.get("service"), picture["limit"])
        here[ticket_id] = Standing(position, wait)
    return here


def snapshot(picture: Picture) -> Snapshot:
    running, waiting, limit = len(picture["running"]), len(picture["waiting"]), picture["limit"]
    wait = 0.0 if running < limit else rough_wait(waiting + 1, picture.get("service"), limit)
    return Snapshot(running, waiting, limit, wait)


def refusal(picture: Picture) -> QueueFull:
    wait = retry_after(picture.get("service"), picture["limit"])
    return QueueFull(wait, own=picture["refused"] == "own")
