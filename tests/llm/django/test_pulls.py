"""Downloads: what is saved and told, what ends them, how they go on. In worker threads."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connections

from accounts.models import AuditEntry
from common.http.problems import Problem
from common.jobs.models import Job
from llm import actions, pulling, queries
from llm.models import ModelPull, Provider
from llm.standin import (
    Running,
    hangs,
    pullable,
)
from tests.common.jobs.processes import wait_for
from tests.llm.django.pulling import (
    MB,
    Listener,
    fresh,
    pulls_seen,
    start,
    wait_for_state,
)
from tests.world import World, build_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> World:
    return build_world()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulling, "PAUSES", (0.1, 0.1, 0.1))


def test_what_came_before_a_silence_is_saved(
    world: World, own: Provider, server: Running, carrier: None
) -> None:
    """It all comes at once, within the pause between two savings, and then nothing for long."""
    server.offer(pullable("tiny", 9 * MB, hold_at=3 * MB))
    pull = start(world, own, "tiny")
    wait_for(lambda: fresh(pull).completed == 3 * MB)
    server.release()
    wait_for_state(pull, "succeeded")


def test_a_download_is_saved_and_told(
    world: World, own: Provider, server: Running, carrier: None, listener: Listener
) -> None:
    server.offer(pullable("tiny", 9 * MB, 1 * MB, rate=5 * MB))
    pull = start(world, own, "tiny")
    assert (pull.name, pull.provider, pull.user) == ("tiny:latest", own, world.amy)
    wait_for(lambda: fresh(pull).completed > 0)
    midway = fresh(pull)
    assert midway.total >= 9 * MB > midway.completed
    assert midway.job is not None
    assert midway.status == "Downloading"
    done = wait_for_state(pull, "succeeded")
    assert (done.completed, done.total, done.bytes_per_second) == (10 * MB, 10 * MB, None)
    assert done.job is not None
    assert done.job.result == {"name": "tiny:latest", "bytes": 10 * MB}
    assert "tiny:latest" in [row.name for row in queries.installed(world.bob)]
    wait_for(lambda: listener.named("models-changed") and len(listener.named("pulls-changed")) > 1)
    told = [data for data in listener.named("pull-progressed") if data["total"]]
    assert {data["id"] for data in told} == {str(pull.pk)}
    assert [data["completed"] for data in told] == sorted(data["completed"] for data in told)
    assert any(data["rate"] and data["secondsLeft"] is not None for data in told)
    assert listener.named("models-changed") == [{"provider": own.pk}]


def test_it_tells_no_more_than_people_can_read(
    world: World, own: Provider, server: Running, carrier: None, listener: Listener
) -> None:
    server.offer(pullable("tiny", 20 * MB, rate=10 * MB))
    began = time.monotonic()
    wait_for_state(start(world, own, "tiny"), "succeeded")
    lasted = time.monotonic() - began
    assert len(pulls_seen(server)) == 1
    assert len(listener.named("pull-progressed")) <= lasted / pulling.LOOK_SECONDS + 2


def test_two_at_once_and_each_once(
    world: World, own: Provider, server: Running, carrier: None
) -> None:
    server.offer(pullable("one", 4 * MB, hold_at=MB), pullable("two", 4 * MB, hold_at=MB))
    first, second = start(world, own, "one"), start(world, own, "two")
    again = start(world, own, "ONE".lower() + ":latest")
    assert again.pk == first.pk
    wait_for(lambda: fresh(first).completed == MB and fresh(second).completed == MB)
    assert len(pulls_seen(server)) == 2
    server.release()
    for pull in (first, second):
        wait_for_state(pull, "succeeded")
    assert AuditEntry.objects.filter(action="model-pull.started").count() == 2


def test_a_double_click_starts_one(world: World, own: Provider) -> None:
    found: list[Any] = []

    def click() -> None:
        try:
            found.append(start(world, own, "tinyllama").pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert (ModelPull.objects.count(), Job.objects.count()) == (1, 1)


@pytest.mark.parametrize("silent", [False, True])
def test_a_cancellation_reaches_the_server(
    world: World, own: Provider, server: Running, carrier: None, silent: bool
) -> None:
    """Also while it says nothing."""
    if silent:
        server.script(hangs(), on="/api/pull")
    else:
        server.offer(pullable("tiny", 9 * MB, hold_at=3 * MB))
    pull = start(world, own, "tiny")
    wait_for(lambda: pulls_seen(server) and (silent or fresh(pull).completed == 3 * MB))
    assert actions.cancel_pull(actor=world.amy, pull=fresh(pull))
    server.wait_until(lambda: server.closed_early == 1)
    ended = wait_for_state(pull, "cancelled")
    assert ended.can_resume
    assert "tiny:latest" not in server.installed
    assert not actions.cancel_pull(actor=world.amy, pull=ended)


def test_it_goes_on_where_it_was(
    world: World, own: Provider, server: Running, carrier: None
) -> None:
    server.offer(pullable("tiny", 9 * MB, hold_at=6 * MB))
    pull = start(world, own, "tiny")
    wait_for(lambda: fresh(pull).completed == 6 * MB)
    actions.cancel_pull(actor=world.amy, pull=fresh(pull))
    cancelled = wait_for_state(pull, "cancelled")
    assert cancelled.completed == 6 * MB
    server.offer(pullable("tiny", 9 * MB, rate=6 * MB))
    resumed = actions.resume_pull(actor=world.amy, pull=cancelled)
    twice = actions.resume_pull(actor=world.amy, pull=cancelled)
    assert (resumed.pk, twice.pk) == (pull.pk, pull.pk)
    assert resumed.job != cancelled.job
    wait_for(lambda: len(pulls_seen(server)) == 2 and fresh(pull).status == "Downloading")
    assert fresh(pull).completed >= 6 * MB
    done = wait_for_state(pull, "succeeded")
    assert done.completed == 9 * MB
    assert len(pulls_seen(server)) == 2
    with pytest.raises(Problem, match="complete"):
        actions.resume_pull(actor=world.amy, pull=done)
