"""Whatever a model server answers, the pages and the API come, and what they keep is bounded."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache

from common.http.outgoing import Policy
from llm import survey
from llm.models import Provider
from llm.providers.base import Endpoint, PullProgress
from llm.providers.bounds import LARGEST, MOST_MODELS
from llm.providers.errors import AnswerTooLong, NotUnderstood
from llm.providers.meter import PullMeter
from llm.providers.ollama import OllamaProvider
from tests.contracts import text_of
from tests.security.hostile import Hostile, hostile
from tests.world import World

PAGES = (
    "/models/",
    "/models/health/",
    "/models/settings/",
    "/models/settings/preferences/",
    "/models/settings/access/",
    "/api/v1/models",
    "/api/v1/models/running",
)
HTML = "<img src=x onerror=alert(1)>\"'"


@pytest.fixture
def server() -> Iterator[Hostile]:
    with hostile() as running:
        yield running


@pytest.fixture
def own(world: World, server: Hostile, settings: Any) -> Provider:
    settings.LLM_ALLOWED_HOSTS = ["127.0.0.1"]
    return Provider.objects.create(
        organization=world.acme, name="Acme's", kind="ollama", base_url=server.url, order=1
    )


def check_pages(world: World) -> dict[str, str]:
    browser = world.client(world.amy)
    found = {page: browser.get(page) for page in PAGES}
    assert {page: answer.status_code for page, answer in found.items()} == dict.fromkeys(PAGES, 200)
    return {page: text_of(answer) for page, answer in found.items()}


def engine(server: Hostile) -> OllamaProvider:
    return OllamaProvider(Endpoint(server.url, Policy(loopback=True)))


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


NUMBERS = {
    "beyond every float": b"1" + b"0" * 400,
    "a float's largest": b"1e308",
    "infinite": b"1e999",
    "below zero": b"-5",
    "a text": b'"many"',
    "too large for a database": str(2**63).encode(),
}


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_no_number_breaks_a_page(
    world: World, server: Hostile, own: Provider, number: bytes
) -> None:
    details = b'"details": {"context_length": %s}' % number
    server.answers["/api/tags"] = b'{"models": [{"name": "m:1", "size": %s, %s}]}' % (
        number,
        details,
    )
    server.answers["/api/ps"] = (
        b'{"models": [{"name": "m:1", "size": 1, "size_vram": %s, "context_length": %s}]}'
        % (number, number)
    )
    assert "m:1" in check_pages(world)["/models/"]


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+14:00", 5]
)
def test_no_moment_breaks_a_page(
    world: World, server: Hostile, own: Provider, settings: Any, moment: Any
) -> None:
    settings.TIME_ZONE = "Pacific/Kiritimati"
    server.lists({"name": "m:1", "modified_at": moment})
    server.lists({"name": "m:1", "size": 1, "expires_at": moment}, at="/api/ps")
    check_pages(world)
    detail = world.client(world.amy).get(f"/models/detail/?provider={own.pk}&name=m:1")
    assert detail.status_code == 200


@pytest.mark.parametrize("place", ["version", "family", "template", "fact"])
def test_half_a_character_breaks_no_page(
    world: World, server: Hostile, own: Provider, place: str
) -> None:
    half = rb'"\ud800"'
    server.answers |= {
        "version": {"/api/version": b'{"version": %s}' % half},
        "family": {"/api/tags": b'{"models": [{"name": "m:1", "details": {"family": %s}}]}' % half},
        "template": {"/api/show": b'{"template": %s}' % half},
        "fact": {"/api/show": b'{"model_info": {"a": %s, "b": 1e999}}' % half},
    }[place]
    check_pages(world)
    browser = world.client(world.amy)
    assert browser.get(f"/models/detail/?provider={own.pk}&name=m:1").status_code == 200
    shown = browser.get("/api/v1/models/show?name=m:1")
    assert shown.status_code == 200
    json.loads(text_of(shown), parse_constant=pytest.fail)


def test_names_that_cannot_be_asked_for_are_not_listed(
    world: World, server: Hostile, own: Provider
) -> None:
    bad = ["a\nb", "right\u202eleft", "nul\0", "x" * 201, " lead", "", "m:1"]
    server.lists(*({"name": name} for name in ["m:1", *bad, HTML]))
    pages = check_pages(world)
    listed = json.loads(pages["/api/v1/models"])["items"]
    assert [model["name"] for model in listed] == [HTML, "m:1"]
    assert "<img" not in "".join(pages[page] for page in PAGES if "api" not in page)


def test_words_are_shortened_and_abilities_counted(server: Hostile) -> None:
    server.lists(
        {
            "name": "m:1",
            "digest": "d" * 10_000,
            "details": {"family": "f" * 10_000, "parameter_size": "p" * 10_000},
            "capabilities": ["c" * 1000, 5, {}, *(f"c{n}" for n in range(1000))],
        }
    )
    [info] = run(engine(server).models())
    assert len(pickle.dumps(info)) < 2000


def test_long_texts_of_a_model_are_cut(server: Hostile) -> None:
    facts = {f"key{n}": "v" * 500 for n in range(5000)}
    texts = dict.fromkeys(("template", "license", "system", "parameters"), "t" * 200_000)
    server.answers["/api/show"] = json.dumps(texts | {"model_info": facts}).encode()
    found = run(engine(server).show("m:1"))
    assert len(pickle.dumps(found)) < 500_000
    assert found.template.endswith("…")


def test_a_version_is_a_word(server: Hostile) -> None:
    server.answers["/api/version"] = json.dumps({"version": "9" * 100_000}).encode()
    assert len(run(engine(server).version())) < 100


def test_a_list_without_end_is_not_read(server: Hostile) -> None:
    server.answers["/api/tags"] = b'{"models": [' + b"[]," * 2_000_000 + b"[]]}"
    with pytest.raises(AnswerTooLong):
        run(engine(server).models())


def test_more_models_than_anybody_has_are_not_shown_and_that_is_said(
    world: World, server: Hostile, own: Provider
) -> None:
    server.lists(*({"name": f"m:{n}"} for n in range(MOST_MODELS + 500)))
    text = check_pages(world)["/models/"]
    assert text.count('<tr id="model-') == MOST_MODELS
    assert f"Only the first {MOST_MODELS}" in text.replace(",", "")


def test_vectors_beyond_every_float_are_not_understood(server: Hostile) -> None:
    server.answers["/api/embed"] = b'{"embeddings": [[1' + b"0" * 400 + b"]]}"
    with pytest.raises(NotUnderstood):
        run(engine(server).embed("m:1", ["x"]))


def test_what_is_kept_of_a_server_replaces_what_was_kept(
    world: World, server: Hostile, own: Provider
) -> None:
    """Else each change of an address would leave a list of a thousand models in memory."""
    survey.surveys_of([own])
    key = survey._key(own)
    own.version += 1
    own.save()
    assert survey._key(own) == key
    assert survey.last_known(own).state == survey.State.UNKNOWN
    assert survey.surveys_of([own])[0].answers
    assert cache.get(key).of.startswith(f"{own.version}:")


def test_those_who_do_not_answer_hold_up_nobody_else(world: World, settings: Any) -> None:
    """The periodic look asks side by side: the last of many is asked in the time of a few."""
    settings.LLM_ALLOWED_HOSTS = ["127.0.0.1"]
    most = 0

    async def meet() -> None:
        nonlocal most
        together = 0

        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal together, most
            together += 1
            most = max(most, together)
            await reader.read(-1)  # until the client leaves
            together -= 1
            writer.close()

        service = await asyncio.start_server(hang, "127.0.0.1", 0)
        port = service.sockets[0].getsockname()[1]
        rows = [
            await Provider.objects.acreate(
                organization=world.acme,
                name=f"P{n}",
                kind="ollama",
                base_url=f"http://127.0.0.1:{port}",
            )
            for n in range(3)
        ]
        await survey._refresh(rows)
        service.close()

    async_to_sync(meet)()
    assert most == 3


def test_a_meter_keeps_to_what_a_database_and_a_page_can_hold() -> None:
    now = [0.0]
    meter = PullMeter(clock=lambda: now[0])
    for n in range(5000):
        meter.feed(PullProgress("pulling x", str(n), total=LARGEST, completed=LARGEST - 1))
    assert len(meter.layers) <= 1000
    assert meter.total <= LARGEST
    assert meter.completed <= LARGEST


def test_a_rate_that_dies_away_leaves_no_endless_time() -> None:
    """A server that says the same for an hour: the time left is unknown, not infinite."""
    now = [0.0]
    meter = PullMeter(clock=lambda: now[0])
    for completed in (1, 1_000_000):
        meter.feed(PullProgress("pulling x", "d", total=10**10, completed=completed))
        now[0] += 1
    for _ in range(8000):
        meter.feed(PullProgress("pulling x", "d", total=10**10, completed=1_000_000))
        now[0] += 0.5
    assert meter.seconds_left is None


def test_a_download_may_be_talked_about_for_days(server: Hostile) -> None:
    """A server says twenty lines a second: more bytes in four hours than an answer may have."""
    line = json.dumps(
        {"status": "pulling x", "digest": "d", "total": 9, "completed": 1, "pad": "." * 60_000}
    )
    server.answers["/api/pull"] = (line + "\n").encode() * 600 + b'{"status": "success"}\n'
    assert len(server.answers["/api/pull"]) > 32 * 2**20

    async def follow() -> list[str]:
        return [progress.status async for progress in engine(server).pull("m:1")]

    assert run(follow())[-1] == "success"


def test_a_status_without_end_is_not_read(server: Hostile) -> None:
    server.answers["/api/pull"] = b'{"status": "' + b"s" * 200_000 + b'"}\n'

    async def follow() -> None:
        async for _ in engine(server).pull("m:1"):
            pass

    with pytest.raises(NotUnderstood):
        run(follow())
