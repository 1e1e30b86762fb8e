"""Downloads that break off, are refused, put away, or outlive their worker."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from common.http.problems import Problem
from common.jobs import embedded
from common.jobs.models import Job
from llm import actions, pulling, queries
from llm.models import Provider
from llm.standin import (
    EVERYTHING,
    Running,
    cut,
    disk_full,
    fails,
    hangs,
    lines,
    pullable,
)
from tests.common.jobs.processes import wait_for
from tests.llm.django.pulling import (
    MB,
    Listener,
    failure_of,
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


def test_starting_what_broke_off_resumes_it(
    world: World, own: Provider, server: Running, carrier: None
) -> None:
    server.offer(disk_full("big", 9 * MB, at=4 * MB))
    pull = start(world, own, "big")
    assert failure_of(pull)["message"].startswith("The disk of the model server is full.")
    assert fresh(pull).completed == 4 * MB
    server.offer(pullable("big", 9 * MB))
    assert start(world, own, "big").pk == pull.pk
    wait_for_state(pull, "succeeded")
    update = start(world, own, "big")
    assert update.pk != pull.pk
    assert [each.pk for each in queries.pulls_of(world.amy)] == [update.pk]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("no-such-model", "There is no model of this name to download.")],
)
def test_what_does_not_exist(
    world: World, own: Provider, carrier: None, name: str, sentence: str
) -> None:
    pull = start(world, own, name)
    error = failure_of(pull)
    assert (error["message"], error["code"]) == (sentence, "MODEL_MISSING")


@pytest.mark.parametrize(
    "name", ["", "../etc", "http://evil.example/x", "evil.example/a/b", "10.0.0.1:80/a/b", "a b"]
)
def test_names_from_elsewhere_are_refused(world: World, own: Provider, name: str) -> None:
    with pytest.raises(Problem) as caught:
        start(world, own, name)
    assert "name" in caught.value.fields
    assert not Job.objects.exists()


def test_registries_the_operator_allows(
    world: World, own: Provider, server: Running, settings: Any, carrier: None
) -> None:
    settings.LLM_REGISTRIES = ["hf.co"]
    pull = start(world, own, "hf.co/team/model:Q4")
    wait_for(lambda: fresh(pull).state == "failed")
    assert pulls_seen(server)[0].json["model"] == "hf.co/team/model:Q4"


def test_a_lost_connection_is_taken_up_again(
    world: World, own: Provider, server: Running, carrier: None, listener: Listener
) -> None:
    server.offer(pullable("tiny", 9 * MB))
    server.then(cut(after=2, abrupt=True), cut(after=3), fails(503), on="/api/pull")
    done = wait_for_state(start(world, own, "tiny"), "succeeded")
    assert done.completed == 9 * MB
    assert done.job is not None
    assert done.job.attempt == 1
    assert len(pulls_seen(server)) == 4
    said = {data["status"] for data in listener.named("pull-progressed")}
    assert "The connection was lost. It goes on in a moment." in said


def test_not_for_ever(world: World, own: Provider, server: Running, carrier: None) -> None:
    progress = b'{"status":"pulling manifest"}\n'
    server.script(lines(progress), on="/api/pull")  # and then nothing: it ends
    pull = start(world, own, "tiny")
    assert failure_of(pull)["code"] == "MODEL_CUT"
    assert len(pulls_seen(server)) == 1 + len(pulling.PAUSES)


def test_a_server_that_was_never_there_is_not_waited_for(
    world: World, own: Provider, settings: Any, carrier: None
) -> None:
    own.base_url = settings.OLLAMA_URL = "http://127.0.0.1:9"
    own.save()
    pull = start(world, own, "tiny")
    assert failure_of(pull)["code"] == "MODEL_UNREACHABLE"


def test_a_silent_server_is_given_up(
    world: World, own: Provider, server: Running, carrier: None, monkeypatch: Any
) -> None:
    monkeypatch.setattr(pulling, "SILENT_SECONDS", 0.5)
    server.script(hangs(), on=EVERYTHING)
    pull = start(world, own, "tiny")
    assert failure_of(pull)["code"] == "MODEL_TIMEOUT"
    server.wait_until(lambda: server.open == 0)


def test_put_away_when_it_has_ended(
    world: World, own: Provider, server: Running, carrier: None
) -> None:
    server.offer(pullable("tiny", 9 * MB, hold_at=MB))
    pull = start(world, own, "tiny")
    with pytest.raises(Problem, match="Cancel it first"):
        actions.dismiss_pull(actor=world.amy, pull=fresh(pull))
    wait_for(lambda: fresh(pull).completed == MB)
    server.release()
    wait_for_state(pull, "succeeded")
    for actor in (world.alice, world.bob):
        with pytest.raises(PermissionDenied):
            actions.dismiss_pull(actor=actor, pull=fresh(pull))
    with pytest.raises(Problem) as caught:
        actions.dismiss_pull(actor=world.carl, pull=fresh(pull))
    assert caught.value.code == "NOT_FOUND"
    assert [each.pk for each in queries.pulls_of(world.bob)] == [pull.pk]
    assert queries.pulls_of(world.carl) == []
    actions.dismiss_pull(actor=world.amy, pull=fresh(pull))
    assert queries.pulls_of(world.amy) == []


def test_organisations_download_from_one_server_without_seeing_each_other(
    world: World, managed: Provider, server: Running, carrier: None
) -> None:
    server.offer(pullable("tiny", 4 * MB, hold_at=MB))
    ours = start(world, managed, "tiny")
    theirs = actions.start_pull(actor=world.carl, provider=managed, name="tiny")
    assert ours.pk != theirs.pk
    assert [each.pk for each in queries.pulls_of(world.carl)] == [theirs.pk]
    wait_for(lambda: fresh(ours).completed == fresh(theirs).completed == MB)
    actions.cancel_pull(actor=world.amy, pull=fresh(ours))
    wait_for_state(ours, "cancelled")
    server.release()
    wait_for_state(theirs, "succeeded")


def test_the_server_ends_while_it_runs(
    world: World, own: Provider, server: Running, carrier: None
) -> None:
    """An orderly end of our process: the job goes back into the queue, and on elsewhere."""
    server.offer(pullable("tiny", 9 * MB, hold_at=MB))
    pull = start(world, own, "tiny")
    wait_for(lambda: fresh(pull).completed == MB)
    embedded.stop()
    server.wait_until(lambda: server.closed_early == 1)
    assert fresh(pull).state == "queued"
    server.offer(pullable("tiny", 9 * MB))
    embedded.start(["transfer"])
    wait_for_state(pull, "succeeded")
