"""Downloads on the Models page: begun, refused, shown in each state, cancelled, put away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from common import clock
from common.jobs.models import Job, JobStatus
from llm import actions
from llm.models import ModelPull, Provider
from llm.standin import Running
from tests.llm.django.seen import Seen, seen
from tests.world import World

LIST = reverse("llm:model-list")
CREATE = reverse("llm:pull-create")
MB = 2**20


def start(world: World, provider: Provider, name: str) -> ModelPull:
    return actions.start_pull(actor=world.amy, provider=provider, name=name)


def place(page: str, pull: ModelPull) -> str:
    return reverse(f"llm:pull-{page}", args=[pull.pk])


def settle(pull: ModelPull, state: JobStatus, **values: Any) -> ModelPull:
    """As the worker would: no worker runs here."""
    Job.objects.filter(pk=str(pull.job_id)).update(status=state, finished_at=clock.now(), **values)
    return ModelPull.objects.select_related("job").get(pk=pull.pk)


def downloads(world: World, user: Any) -> Seen:
    headers = {"HX-Request": "true", "HX-Target": "pulls"}
    return seen(world.client(user).get(LIST, headers=headers))


def pull(world: World, provider: Provider, name: str, **options: Any) -> Any:
    return world.client(world.amy).post(CREATE, {"name": name, "provider": provider.pk}, **options)


def test_it_is_begun_and_the_page_says_so(world: World, own: Provider) -> None:
    answer = pull(world, own, " mistral ", follow=True)
    assert answer.redirect_chain == [(LIST, 303)]
    assert "mistral:latest is being downloaded." in seen(answer).text
    assert ModelPull.objects.get().provider == own


def test_a_double_click_is_one_download(world: World, own: Provider) -> None:
    assert [pull(world, own, "mistral").status_code for _twice in range(2)] == [303, 303]
    assert ModelPull.objects.count() == 1
    assert Job.objects.filter(kind="llm.pull_model").count() == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "required"),
        ("http://169.254.169.254/x", "not a web address"),
        ("evil.example/llama", "may not be downloaded from evil.example"),
        ("<script>alert(1)</script>", "not the name of a model"),
        ("a" * 400, "at most 300"),
    ],
)
def test_what_is_wrong_with_a_name_is_said_beside_it(
    world: World, own: Provider, name: str, words: str
) -> None:
    answer = pull(world, own, name)
    assert answer.status_code == 422
    assert b"<script>alert" not in answer.content
    page = seen(answer)
    assert words in page.text
    [field] = page.having(aria_invalid="true")
    assert field["name"] == "name"
    assert field["value"] == name if name else "value" not in field
    described = field["aria-describedby"].split()
    assert [named for each in described for named in page.having(id=each)]
    assert page.having(role="alert", tabindex="-1")
    assert not ModelPull.objects.exists()


def test_only_to_servers_of_the_organisation(
    world: World, own: Provider, shared: Provider, server: Running
) -> None:
    for user, provider, status in (
        (world.carl, own, 422),
        (world.amy, shared, 403),
        (world.alice, own, 403),
        (world.bob, own, 403),
    ):
        body = {"name": "mistral", "provider": provider.pk}
        assert world.client(user).post(CREATE, body).status_code == status
    assert not ModelPull.objects.exists()


def test_which_server_is_only_asked_where_there_are_several(
    world: World, own: Provider, managed: Provider
) -> None:
    page = seen(world.client(world.amy).get(LIST))
    assert [tag for tag, named in page.tags if named.get("name") == "provider"] == ["select"]
    managed.enabled = False
    managed.save()
    page = seen(world.client(world.amy).get(LIST))
    [(tag, named)] = [each for each in page.tags if each[1].get("name") == "provider"]
    assert (tag, named["type"], named["value"]) == ("input", "hidden", str(own.pk))


def test_a_server_that_answers_is_offered_first(world: World, own: Provider) -> None:
    away = Provider.objects.create(
        organization=world.acme, name="Away", kind="ollama", base_url="http://127.0.0.1:9", order=0
    )
    page = seen(world.client(world.amy).get(LIST))
    offered = [named.get("value") for tag, named in page.tags if tag == "option"][-2:]
    assert offered == [str(own.pk), str(away.pk)]


def test_one_under_way(world: World, own: Provider) -> None:
    under_way = start(world, own, "mistral")
    page = downloads(world, world.amy)
    assert "Waiting for its turn" in page.text
    assert [named for tag, named in page.tags if tag == "progress" and "max" not in named]
    Job.objects.update(status=JobStatus.RUNNING)
    ModelPull.objects.update(
        completed=3 * MB, total=12 * MB, bytes_per_second=MB / 10, status="Downloading"
    )
    page = downloads(world, world.amy)
    assert "3.0 MB of 12.0 MB · 102.4 KB per second · 1 min 30 s left" in page.text
    [bar] = page.having(aria_label="Download of mistral:latest")
    assert (bar["value"], bar["max"]) == (str(3 * MB), str(12 * MB))
    assert page.having(aria_label="Cancel: mistral:latest")
    assert place("cancellation", under_way) in page.forms
    assert page.having(data_name="mistral:latest")


def test_ended_ones_say_how_and_what_can_be_done(world: World, own: Provider) -> None:
    error = {"code": "MODEL_MISSING", "message": "There is <none>."}
    failed = settle(start(world, own, "one"), JobStatus.FAILED, error=error)
    stopped = settle(start(world, own, "two"), JobStatus.CANCELLED)
    ModelPull.objects.filter(pk=stopped.pk).update(completed=MB, total=4 * MB)
    done = settle(start(world, own, "three"), JobStatus.SUCCEEDED)
    ModelPull.objects.filter(pk=done.pk).update(completed=4 * MB, total=4 * MB)
    lost = settle(start(world, own, "four"), JobStatus.FAILED)
    ModelPull.objects.filter(pk=lost.pk).update(job=None)
    page = downloads(world, world.amy)
    assert "There is <none>." in page.text
    assert "1.0 MB of 4.0 MB" in page.text
    assert "the server keeps what has come" in page.text
    assert "Downloaded" in page.text
    assert "Interrupted" in page.text
    for each, again in ((failed, "Try again: one"), (stopped, "Resume: two")):
        assert page.having(aria_label=f"{again}:latest")
        assert place("resumption", each) in page.forms
    assert place("resumption", done) not in page.forms
    assert place("resumption", lost) in page.forms
    assert all(place("dismissal", each) in page.forms for each in (failed, stopped, done, lost))
    assert downloads(world, world.bob).forms == []


def act(world: World, page: str, pull: ModelPull, user: Any = None, **headers: str) -> Any:
    return world.client(user or world.amy).post(place(page, pull), headers=headers)


def test_cancelled_resumed_and_put_away(world: World, own: Provider) -> None:
    mine = start(world, own, "mistral")
    first = mine.job_id
    answer = act(world, "cancellation", mine)
    assert (answer.status_code, answer["Location"]) == (303, LIST)
    assert ModelPull.objects.get().state == JobStatus.CANCELLED
    act(world, "resumption", mine)
    again = ModelPull.objects.get()
    assert (again.pk, again.is_active) == (mine.pk, True)
    assert again.job_id != first
    assert "It is still running" in seen(act(world, "dismissal", mine, HX_Request="true")).text
    settle(again, JobStatus.SUCCEEDED)
    act(world, "dismissal", mine)
    assert "mistral" not in downloads(world, world.amy).text


def test_the_focus_stays_with_what_was_done(world: World, own: Provider) -> None:
    mine = start(world, own, "mistral")
    other = start(world, own, "phi4")
    page = seen(act(world, "cancellation", mine, HX_Request="true"))
    [focused] = [named for _tag, named in page.tags if "data-focus" in named]
    assert focused["id"] == f"pull-{mine.pk}"
    page = seen(act(world, "dismissal", mine, HX_Request="true"))
    assert [tag for tag, named in page.tags if "data-focus" in named] == ["h2"]
    assert not [named for _tag, named in downloads(world, world.amy).tags if "data-focus" in named]
    act(world, "cancellation", other)
    page = seen(act(world, "dismissal", other, HX_Request="true"))
    assert "No downloads." in page.text
    assert [tag for tag, named in page.tags if "data-focus" in named] == ["p"]


def test_too_late_to_cancel(world: World, own: Provider) -> None:
    mine = settle(start(world, own, "mistral"), JobStatus.SUCCEEDED)
    answer = act(world, "cancellation", mine, HX_Request="true")
    assert "It had ended already." in seen(answer).text
    assert (
        "This download is complete." in seen(act(world, "resumption", mine, HX_Request="true")).text
    )


@pytest.mark.parametrize("page", ["cancellation", "resumption", "dismissal"])
def test_who_may(world: World, own: Provider, page: str) -> None:
    mine = start(world, own, "mistral")
    assert act(world, page, mine, world.carl).status_code == 404
    assert act(world, page, mine, world.alice).status_code == 403
    assert world.client(world.amy).get(place(page, mine)).status_code == 405
    assert ModelPull.objects.get().state == JobStatus.QUEUED
    assert "mistral" not in downloads(world, world.carl).text


def test_an_update_is_seen_at_the_model(world: World, own: Provider, shared: Provider) -> None:
    start(world, own, "qwen3:4b")
    text = seen(world.client(world.bob).get(LIST)).text
    assert text.count("Updating") == 1


def test_old_ones_say_their_time_and_not_the_rate(world: World, own: Provider) -> None:
    mine = settle(start(world, own, "mistral"), JobStatus.CANCELLED)
    ModelPull.objects.update(completed=MB, total=2 * MB, bytes_per_second=MB)
    Job.objects.filter(pk=str(mine.job_id)).update(finished_at=clock.now() - timedelta(days=2))
    assert "per second" not in downloads(world, world.amy).text
