"""The Models page and the pages of one model: what they show to whom, and what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Organization
from accounts.roles import ADMIN
from llm import actions, registry, survey
from llm.models import ModelCall, ModelSetting, Provider
from llm.registry import Use
from llm.standin import EVERYTHING, MODELS, Model, Running, Script, hangs, running
from tests.llm.django.seen import Seen, seen
from tests.world import World, add_user

NAME = "llama3.2:latest"
LIST = reverse("llm:model-list")
HOSTILE = "hf.co/o'brien/<script>alert(1)</script>\"&?#%:Q4_K_M"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def alone(own: Provider, shared: Provider) -> Provider:
    """Acme's own server is the only one in use."""
    shared.enabled = False
    shared.save()
    return own


def url(page: str, provider: Provider, name: str = NAME) -> str:
    return f"{reverse(f'llm:model-{page}')}?{urlencode({'provider': provider.pk, 'name': name})}"


def models_page(world: World, user: Any, query: str = "", **options: Any) -> Seen:
    response = world.client(user).get(LIST + query, **options)
    assert response.status_code == 200
    return seen(response)


Serve = Callable[..., Any]


@pytest.fixture
def serve(world: World, shared: Provider, settings: Any) -> Serve:
    """``with serve(models…) as (box, server)``: Acme's only server, with these models."""

    @contextmanager
    def serve(*models: Model) -> Iterator[tuple[Provider, Running]]:
        Provider.objects.update(enabled=False)
        with running(Script(models=models)) as server:
            settings.LLM_ALLOWED_HOSTS = ["127.0.0.1"]
            box = Provider.objects.create(
                organization=world.acme,
                name=f"Box {server.port}",
                kind="ollama",
                base_url=server.url,
            )
            yield box, server

    return serve


def many(count: int) -> tuple[Model, ...]:
    return tuple(Model(name=f"team/m{number:02}:v1") for number in range(count))


def test_everything_about_installed_models_is_there(world: World, alone: Provider) -> None:
    page = models_page(world, world.bob)
    for words in (
        "Acme's",
        "Answers",
        "Ollama 0.32.9",
        "5 models",
        "qwen3:4b thinking tools",
        "4.0B Q4_K_M",
        "262,144",
        "nomic-embed-text:latest embeddings",
        "261.6 MB",
        "gpt-oss:120b-cloud runs elsewhere",
        "Not allowed",
    ):
        assert words in page.text, words
    assert "384 bytes" not in page.text


def test_an_admin_is_offered_what_may_be_done(world: World, alone: Provider) -> None:
    page = models_page(world, world.amy)
    assert page.links[f"Load {NAME}"] == url("loading", alone)
    assert page.links[f"Delete {NAME}"] == url("deletion", alone)
    assert "Load gpt-oss:120b-cloud" not in page.links
    assert reverse("llm:pull-create") in page.forms
    assert alone.base_url in page.text


@pytest.mark.parametrize("role", ["bob", "alice"])
def test_others_read_only(world: World, alone: Provider, role: str) -> None:
    actions.load_model(actor=world.amy, provider=alone, name=NAME)
    actions.start_pull(actor=world.amy, provider=alone, name="mistral")
    page = models_page(world, getattr(world, role))
    assert "mistral:latest" in page.text
    assert "Loaded now" in page.text
    assert [action for action in page.forms if action.startswith(LIST)] == []
    assert [label for label in page.links if label.split()[0] in {"Load", "Delete"}] == []
    assert alone.base_url not in page.text


def test_what_is_loaded_and_for_how_long(world: World, alone: Provider) -> None:
    actions.load_model(actor=world.amy, provider=alone, name=NAME, keep_alive=300)
    actions.load_model(actor=world.amy, provider=alone, name="qwen3:4b", keep_alive=-1)
    page = models_page(world, world.amy)
    assert "of GPU memory in use" in page.text
    assert "only when told to" in page.text
    assert len(page.having(data_over="any moment")) == 1
    assert f"Load {NAME}" not in page.links
    assert url("unloading", alone) in page.forms


def test_with_several_servers_each_model_says_where(
    world: World, own: Provider, shared: Provider
) -> None:
    page = models_page(world, world.bob)
    assert page.text.count("gemma3:4b images Acme's") == 1
    assert page.text.count("gemma3:4b images Ollama") == 1


def test_a_shared_server_of_several_organisations_is_not_theirs_to_manage(
    world: World, shared: Provider, server: Running
) -> None:
    page = models_page(world, world.amy)
    assert "whoever runs this installation manages their models" in page.text
    assert reverse("llm:pull-create") not in page.forms
    assert f"Delete {NAME}" not in page.links
    assert server.url not in page.text
    for name in ("loading", "deletion"):
        assert world.client(world.amy).get(url(name, shared)).status_code == 403
    for name in ("loading", "unloading", "deletion", "setting"):
        assert world.client(world.amy).post(url(name, shared)).status_code == 403


def test_a_shared_server_of_the_only_organisation_is(shared: Provider, server: Running) -> None:
    acme = Organization.objects.create(name="Acme", slug="acme")
    world = World(*[None] * 12)  # type: ignore[arg-type]
    page = models_page(world, add_user("amy", ADMIN, acme))
    assert reverse("llm:pull-create") in page.forms
    deletion = seen(world.client(acme.users.get()).get(page.links[f"Delete {NAME}"]))
    assert "other organizations" not in deletion.text


@pytest.mark.parametrize("name", ["detail", "loading", "unloading", "deletion", "setting"])
def test_another_organisations_server_is_not_found(
    world: World, own: Provider, name: str, server: Running
) -> None:
    browser = world.client(world.carl)
    send = browser.post if name in {"unloading", "setting"} else browser.get
    assert send(url(name, own)).status_code == 404
    assert server.loaded == []


def test_hostile_names_are_text_and_their_links_work(world: World, serve: Serve) -> None:
    with serve(Model(name=HOSTILE)) as (box, server):
        response = world.client(world.amy).get(LIST)
        assert b"<script>alert" not in response.content
        links = seen(response).links
        assert HOSTILE in seen(world.client(world.amy).get(links[HOSTILE])).text
        loading = links[f"Load {HOSTILE}"]
        assert HOSTILE in seen(world.client(world.amy).get(loading)).text
        answer = world.client(world.amy).post(loading, {"keep_alive": "300"})
        assert answer.status_code == 303
        assert server.loaded == [HOSTILE]
        page = seen(world.client(world.amy).get(LIST))
        assert url("unloading", box, HOSTILE) in page.forms
        deletion = world.client(world.amy).get(page.links[f"Delete {HOSTILE}"])
        assert b"<script>alert" not in deletion.content
        world.client(world.amy).post(
            page.links[f"Delete {HOSTILE}"], {"confirmation": HOSTILE}, follow=True
        )
        assert server.installed == []


def test_a_server_that_hangs_does_not_take_the_page_along(
    world: World, alone: Provider, server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "PATIENCE", 0.3)
    server.script(hangs(), on=EVERYTHING)
    page = models_page(world, world.amy)
    assert "Does not answer" in page.text
    assert "It did not answer within" in page.text
    assert "No language model answers" in page.text


def test_no_server_at_all(world: World, settings: Any, shared: Provider) -> None:
    settings.OLLAMA_URL = "http://127.0.0.1:9"
    page = models_page(world, world.amy)
    assert "No language model answers" in page.text
    assert "Install Ollama on this machine" in page.text
    assert page.links["Connect a server"] == reverse("llm:settings-connection")
    reader = models_page(world, world.bob)
    assert "An Admin of your organization can connect one." in reader.text
    assert reverse("llm:settings-connection") not in reader.links.values()


def test_what_a_server_had_is_shown_when_it_is_away(world: World, serve: Serve) -> None:
    with serve(*MODELS) as (box, _server):
        actions.load_model(actor=world.amy, provider=box, name=NAME)
        models_page(world, world.amy)
    survey.forget(box)
    page = models_page(world, world.amy)
    assert "qwen3:4b" in page.text
    assert "Unknown" in page.text
    assert "Loaded now" not in page.text
    assert "start it again" in page.text
    assert f"Delete {NAME}" not in page.links
    detail = seen(world.client(world.amy).get(url("detail", box)))
    assert "Its server does not answer" in detail.text
    assert "Errno" not in detail.text


def test_a_server_without_models(world: World, serve: Serve) -> None:
    with serve():
        assert "Name one above" in models_page(world, world.amy).text
        assert (
            "An Admin of your organization can download one" in models_page(world, world.bob).text
        )


def test_preferred_models_that_are_missing_or_not_loaded(world: World, alone: Provider) -> None:
    actions.set_preferences(
        actor=world.amy,
        preferences={"chat": ["mistral:latest", "qwen3:4b"], "title": ["mistral:latest"]},
    )
    text = models_page(world, world.bob).text
    assert "mistral:latest (preferred for Conversations, Titles) is not installed" in text
    assert "qwen3:4b (preferred for Conversations) is not loaded" in text
    actions.load_model(actor=world.amy, provider=alone, name="qwen3:4b")
    assert "qwen3:4b (preferred" not in models_page(world, world.bob).text


def test_a_model_for_some_groups_only(world: World, alone: Provider) -> None:
    actions.set_access(
        actor=world.amy,
        provider=alone,
        model=NAME,
        groups=[Group.objects.get(name="Admin")],
        external_allowed=False,
    )
    assert "Not for your role" in models_page(world, world.bob).text
    assert "Not for your role" not in models_page(world, world.amy).text


def test_the_number_of_queries_does_not_depend_on_the_number_of_models(
    world: World, serve: Serve
) -> None:
    made = []
    for count in (3, 30):
        with serve(*many(count)) as (box, _server):
            browser = world.client(world.amy)
            browser.get(LIST)
            with CaptureQueriesContext(connection) as captured:
                page = seen(browser.get(LIST))
            assert page.text.count("Ready") == count
            made.append(len(captured))
            box.delete()
    assert made[0] == made[1]


def test_many_models_can_be_searched(world: World, serve: Serve) -> None:
    with serve(*many(13)):
        page = models_page(world, world.bob)
        assert page.having(type="search", name="q")
        page = models_page(world, world.bob, "?q=+TEAM+m07")
        assert "1 of 13" in page.text
        assert page.text.count("Ready") == 1
        page = models_page(world, world.bob, "?q=nothing")
        assert "No model is called like this" in page.text
        typed = {**HTMX, "HX-Target": "models", "HX-Trigger": "model-filter"}
        page = models_page(world, world.bob, "?q=m0", headers=typed)
        assert [named for _tag, named in page.tags if "data-announce" in named]
        assert "10 of 13" in page.text
        by_itself = {**HTMX, "HX-Target": "models", "HX-Trigger": "models"}
        page = models_page(world, world.bob, "?q=m0", headers=by_itself)
        assert not [named for _tag, named in page.tags if "data-announce" in named]


def test_few_models_need_no_search(world: World, alone: Provider) -> None:
    assert not models_page(world, world.bob).having(name="q", type="search")


def test_regions_come_alone(world: World, alone: Provider) -> None:
    page = models_page(world, world.bob, headers={**HTMX, "HX-Target": "models"})
    assert page.tags[0][1]["id"] == "models"
    assert not page.having(id="pulls")
    page = models_page(world, world.bob, headers={**HTMX, "HX-Target": "pulls"})
    assert page.tags[0][1]["id"] == "pulls"
    assert not page.having(id="models")


def test_details(world: World, alone: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        registry, "_finders", [lambda *_: [Use("Conversation", "About sales", "/chat/7/")]]
    )
    page = seen(world.client(world.bob).get(url("detail", alone)))
    for words in (NAME, "1.9 GB", "llama", "3.2B", "Q4_K_M", "131,072 tokens", "License"):
        assert words in page.text, words
    assert page.links["About sales"] == "/chat/7/"
    assert [action for action in page.forms if action.startswith(LIST)] == []
    assert not [label for label in page.links if label.startswith(("Load", "Delete"))]


def test_details_of_a_model_in_memory_offer_to_unload_it(world: World, alone: Provider) -> None:
    actions.load_model(actor=world.amy, provider=alone, name=NAME)
    page = seen(world.client(world.amy).get(url("detail", alone)))
    assert "Loaded" in page.text
    assert "Context window as loaded" in page.text
    assert url("unloading", alone) in page.forms


@pytest.mark.parametrize(
    "query", ["", "?provider=1", "?name=x", "?provider=x&name=y", "?provider=٣&name=y"]
)
def test_a_query_that_names_no_model(world: World, own: Provider, query: str) -> None:
    assert world.client(world.amy).get(reverse("llm:model-detail") + query).status_code == 404


def test_settings_of_a_model_are_saved_and_checked(world: World, alone: Provider) -> None:
    amy = world.client(world.amy)
    answer = amy.post(url("setting", alone), {"context_window": "4096", "parallel": "3"})
    assert (answer.status_code, answer["Location"]) == (303, url("detail", alone))
    setting = ModelSetting.objects.get()
    assert (setting.context_window, setting.parallel) == (4096, 3)
    assert seen(amy.get(url("detail", alone))).having(name="context_window", value="4096")
    for wrong in ({"context_window": "7"}, {"parallel": "17"}, {"context_window": "x"}):
        answer = amy.post(url("setting", alone), wrong)
        assert answer.status_code == 422
        [field] = seen(answer).having(aria_invalid="true")
        assert field["name"] in wrong
    amy.post(url("setting", alone), {"context_window": "", "parallel": ""})
    assert not ModelSetting.objects.filter(context_window__isnull=False).exists()
    assert world.client(world.alice).post(url("setting", alone)).status_code == 403


def test_loading_asks_for_how_long(world: World, alone: Provider, server: Running) -> None:
    amy = world.client(world.amy)
    page = seen(amy.get(url("loading", alone)))
    assert "for 5 minutes" in page.text
    assert amy.post(url("loading", alone), {"keep_alive": "17"}).status_code == 422
    assert server.loaded == []
    answer = amy.post(url("loading", alone), {"keep_alive": "3600"}, follow=True)
    assert f"{NAME} is loaded." in seen(answer).text
    assert server.loaded == [NAME]
    body = next(each.json for each in server.requests if (each.json or {}).get("keep_alive"))
    assert body["keep_alive"] == 3600


def test_loading_a_model_that_is_gone_says_so(world: World, alone: Provider) -> None:
    answer = world.client(world.amy).post(
        url("loading", alone, "ghost:1b"), {"keep_alive": "server"}
    )
    assert answer.status_code == 422
    assert seen(answer).having(role="alert")


def test_unloading(world: World, alone: Provider, server: Running) -> None:
    actions.load_model(actor=world.amy, provider=alone, name=NAME)
    amy = world.client(world.amy)
    assert amy.get(url("unloading", alone)).status_code == 405
    answer = amy.post(url("unloading", alone), follow=True)
    assert f"{NAME} is unloaded." in seen(answer).text
    assert server.loaded == []
    answer = world.client(world.alice).post(url("unloading", alone))
    assert answer.status_code == 403


def test_deletion_says_what_uses_it(
    world: World, alone: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    amy = world.client(world.amy)
    assert "Nothing of your organization uses it." in seen(amy.get(url("deletion", alone))).text
    monkeypatch.setattr(
        registry, "_finders", [lambda *_: [Use("Conversation", "<b>Sales</b>", "/chat/7/")]]
    )
    actions.set_preferences(actor=world.amy, preferences={"chat": [NAME], "sql": [NAME]})
    actions.load_model(actor=world.amy, provider=alone, name=NAME)
    for organization, user in ((world.acme, world.bob), (world.rival, world.carl)):
        ModelCall.objects.create(
            organization=organization, user=user, provider=alone, model=NAME, purpose="chat",
            outcome="ok",
        )  # fmt: skip
    survey.surveys_of([alone])
    page = seen(amy.get(url("deletion", alone)))
    for words in (
        "Conversation: <b>Sales</b>",
        "preferred for: Conversations, Writing SQL",
        "1 answer in the last 7 days",
        "loaded now",
    ):
        assert words in page.text, words
    assert page.links["<b>Sales</b>"] == "/chat/7/"


def test_deletion_wants_the_name(world: World, alone: Provider, server: Running) -> None:
    amy = world.client(world.amy)
    for typed in ("", "llama3.2", "LLAMA3.2:latest"):
        answer = amy.post(url("deletion", alone), {"confirmation": typed})
        assert answer.status_code == 422
        [field] = seen(answer).having(aria_invalid="true")
        assert field["name"] == "confirmation"
        assert "aria-describedby" in field
    assert NAME in server.installed
    answer = amy.post(url("deletion", alone), {"confirmation": f" {NAME} "}, follow=True)
    assert f"{NAME} was deleted." in seen(answer).text
    assert NAME not in server.installed
    assert url("detail", alone) not in seen(answer).links.values()


def test_a_dialog_gets_the_form_alone_and_goes_on_by_itself(
    world: World, alone: Provider, server: Running
) -> None:
    amy = world.client(world.amy, headers=HTMX)
    response = amy.get(url("loading", alone))
    assert b"<html" not in response.content
    response = amy.post(url("loading", alone), {"keep_alive": "300"})
    assert (response.status_code, response["HX-Redirect"]) == (204, LIST)
