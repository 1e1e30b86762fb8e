"""For the tests of downloads: what open pages are told, and what programs read."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

from channels.layers import get_channel_layer

from common.realtime import publishing
from common.realtime.topics import group_of
from llm import actions
from llm.models import ModelPull, Provider
from llm.standin import Running
from tests.common.jobs.processes import wait_for
from tests.world import World

MB = 2**20


class Listener:
    """Follows a topic from a loop of its own, as the server's sockets do."""

    def __init__(self, topic: str) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._topic = topic
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait(10)
        publishing.serve_on(self._loop)

    def named(self, name: str) -> list[dict[str, Any]]:
        return [data for event, data in list(self.events) if event == name]

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(timeout=10)

    def _run(self) -> None:
        self._task = self._loop.create_task(self._follow())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            self._loop.close()

    async def _follow(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(group_of(self._topic), channel)
        self._ready.set()
        while True:
            message = await layer.receive(channel)
            self.events.append((message["event"], message["data"]))


def start(world: World, provider: Provider, name: str) -> ModelPull:
    return actions.start_pull(actor=world.amy, provider=provider, name=name)


def fresh(pull: ModelPull) -> ModelPull:
    return ModelPull.objects.select_related("job", "provider").get(pk=pull.pk)


def wait_for_state(pull: ModelPull, state: str) -> ModelPull:
    wait_for(lambda: fresh(pull).state in {state, "failed"})
    found = fresh(pull)
    assert found.state == state, found.job and found.job.error
    return found


def failure_of(pull: ModelPull) -> dict[str, Any]:
    """Once it has failed."""
    wait_for(lambda: fresh(pull).state == "failed")
    job = fresh(pull).job
    assert job is not None
    assert job.error is not None
    return dict(job.error)


def pulls_seen(server: Running) -> list[Any]:
    return [request for request in server.requests if request.path == "/api/pull"]


def parsed(part: str) -> tuple[str, Any]:
    """One server-sent event: its name and data; a comment is named so."""
    assert part.endswith("\n\n")
    if part.startswith(":"):
        return "comment", part[1:].strip()
    name, data = part.strip().split("\n")
    return name.removeprefix("event: "), json.loads(data.removeprefix("data: "))
