"""Models over the API, without the streams."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.models import ApiToken
from common.jobs.models import Job
from llm import actions
from llm.models import ModelPull, Provider
from llm.standin import EVERYTHING, Running, fails, html
from tests.test_openapi import problem
from tests.world import World

BASE = "/api/v1"
NAME = "llama3.2:latest"
KEY = "sk-secret-of-acme"


class Program:
    """A client with a bearer token."""

    def __init__(self, world: World, user: Any, scopes: tuple[str, ...] = ("read", "write")):
        self.browser = world.client()
        _row, text = ApiToken.issue(user=user, name="t", scopes=[*scopes], expires_at=None)
        self.headers = {"Authorization": f"Bearer {text}"}

    def get(self, path: str) -> Any:
        return self.browser.get(f"{BASE}{path}", headers=self.headers)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        return self.browser.generic(
            method,
            f"{BASE}{path}",
            json.dumps(body or {}),
            content_type="application/json",
            headers=self.headers,
        )


@pytest.fixture
def admin(world: World) -> Program:
    return Program(world, world.amy)


@pytest.fixture
def reader(world: World) -> Program:
    return Program(world, world.bob)


def test_everybody_sees_what_is_installed(reader: Program, own: Provider, server: Running) -> None:
    found = reader.get("/models").json()
    mine = [item for item in found["items"] if item["provider"]["id"] == own.pk]
    assert [item["name"] for item in mine] == sorted(server.installed)
    small = next(item for item in mine if item["name"] == NAME)
    assert (small["size"], small["parameters"], small["canManage"]) == (2019393189, "3.2B", False)
    assert (small["loaded"], small["external"], small["allowed"]) == (None, False, True)
    assert found["providers"][0]["state"] == "ok"
    assert server.url not in json.dumps(found)


def test_what_is_loaded(admin: Program, own: Provider, server: Running) -> None:
    assert (
        admin.send("POST", "/models/load", {"name": "llama3.2", "keepAlive": -1}).status_code == 204
    )
    [running] = admin.get("/models/running").json()["items"][:1]
    assert (running["name"], running["provider"]["id"], running["gpuPercent"]) == (
        NAME,
        own.pk,
        100,
    )
    assert admin.send("POST", "/models/unload", {"name": NAME}).status_code == 204
    assert server.loaded == []
    assert admin.get("/models/running").json()["items"] == []


def test_one_model(reader: Program, own: Provider, server: Running) -> None:
    found = reader.get(f"/models/show?name=llama3.2&provider={own.pk}").json()
    assert (found["name"], found["contextLength"], found["problem"]) == (NAME, 131072, "")
    assert found["facts"]["general.architecture"] == "llama"
    problem(reader.get("/models/show?name=nothing"), 422, "MODEL_MISSING")
    problem(reader.get("/models/show"), 422, "VALIDATION_FAILED")


def test_deleting(admin: Program, own: Provider, server: Running) -> None:
    path = f"/models?name=llama3.2&provider={own.pk}"
    assert "confirmation" in problem(admin.send("DELETE", path), 422, "VALIDATION_FAILED")["fields"]
    assert NAME in server.installed
    assert admin.send("DELETE", f"{path}&confirm={NAME}").status_code == 204
    assert NAME not in server.installed
    problem(admin.send("DELETE", f"{path}&confirm={NAME}"), 422, "MODEL_MISSING")


CHANGES = [
    ("POST", "/models/load", {"name": NAME}),
    ("POST", "/models/unload", {"name": NAME}),
    ("POST", "/models/pull", {"name": "tinyllama"}),
    ("DELETE", f"/models?name={NAME}&confirm={NAME}", None),
    ("PATCH", "/config", {"defaults": {"top_k": 3}}),
    ("POST", "/config/test", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_who_may_not(
    method: str, path: str, body: Any, world: World, own: Provider, server: Running
) -> None:
    for user in (world.alice, world.bob):
        answer = Program(world, user).send(method, path, body)
        assert "manage language models" in problem(answer, 403, "PERMISSION_DENIED")["detail"]
    nobody = world.client().generic(method, f"{BASE}{path}", "{}", content_type="application/json")
    problem(nobody, 401, "NOT_AUTHENTICATED")
    only_reads = Program(world, world.amy, ("read",)).send(method, path, body)
    problem(only_reads, 403, "PERMISSION_DENIED")
    assert not Job.objects.exists()
    assert not [seen for seen in server.requests if seen.method != "GET"]


@pytest.mark.parametrize(
    "path", ["/models", "/models/running", "/models/pulls", "/config", "/version"]
)
def test_reading_takes_a_login(path: str, world: World, reader: Program, own: Provider) -> None:
    assert reader.get(path).status_code == 200
    problem(world.client().get(f"{BASE}{path}"), 401, "NOT_AUTHENTICATED")
    problem(world.client(world.operator).get(f"{BASE}{path}"), 401, "NOT_AUTHENTICATED")


def test_a_stranger_finds_nothing(world: World, own: Provider) -> None:
    stranger = Program(world, world.carl)
    pull = ModelPull.objects.create(organization=world.acme, provider=own, name="a")
    for method, path, body in (
        ("GET", f"/models/show?name={NAME}&provider={own.pk}", None),
        ("DELETE", f"/models?name={NAME}&provider={own.pk}&confirm={NAME}", None),
        ("POST", "/models/load", {"name": NAME, "provider": own.pk}),
        ("POST", "/models/unload", {"name": NAME, "provider": own.pk}),
        ("POST", "/models/pull", {"name": "tinyllama", "provider": own.pk}),
        ("POST", "/config/test", {"provider": own.pk}),
        ("DELETE", f"/models/pulls/{pull.pk}", None),
    ):
        problem(stranger.send(method, path, body), 404, "NOT_FOUND")
    assert stranger.get("/models/pulls").json() == {"items": []}
    assert own.name not in stranger.get("/config").content.decode()


def test_what_is_shared_may_be_the_operators_business(
    admin: Program, shared: Provider, server: Running
) -> None:
    body = {"name": NAME, "provider": shared.pk}
    answer = problem(admin.send("POST", "/models/load", body), 403, "PERMISSION_DENIED")
    assert "shared by several organizations" in answer["detail"]
    problem(admin.send("POST", "/models/pull", {"name": "tinyllama"}), 422, "MODEL_UNSUPPORTED")


def test_a_download_that_is_not_followed(admin: Program, reader: Program, own: Provider) -> None:
    answer = admin.send("POST", "/models/pull?stream=false", {"name": "tinyllama"})
    assert answer.status_code == 202
    pull = answer.json()
    assert (pull["name"], pull["state"], pull["provider"]["id"]) == (
        "tinyllama:latest",
        "queued",
        own.pk,
    )
    again = admin.send("POST", "/models/pull?stream=false", {"name": "tinyllama"}).json()
    assert again["id"] == pull["id"]
    assert [item["id"] for item in reader.get("/models/pulls").json()["items"]] == [pull["id"]]
    problem(reader.send("DELETE", f"/models/pulls/{pull['id']}"), 403, "PERMISSION_DENIED")
    assert admin.send("DELETE", f"/models/pulls/{pull['id']}").status_code == 204
    [ended] = admin.get("/models/pulls").json()["items"]
    assert (ended["state"], ended["canResume"]) == ("cancelled", True)
    assert admin.send("DELETE", f"/models/pulls/{pull['id']}").status_code == 204
    assert admin.get("/models/pulls").json() == {"items": []}


def test_programs_that_take_json_get_json(admin: Program, own: Provider) -> None:
    admin.headers["Accept"] = "application/json"
    answer = admin.send("POST", "/models/pull", {"name": "tinyllama"})
    assert (answer.status_code, answer["Content-Type"]) == (202, "application/json")


@pytest.mark.parametrize("name", ["", "../x", "http://evil.example/m", "evil.example/a/b"])
def test_names_that_are_refused(admin: Program, own: Provider, name: str) -> None:
    answer = admin.send("POST", "/models/pull", {"name": name})
    assert "name" in problem(answer, 422, "VALIDATION_FAILED")["fields"]


def test_the_settings(admin: Program, reader: Program, own: Provider) -> None:
    actions.update_provider(
        actor=Provider.objects.get(pk=own.pk).organization.users.get(name="Amy"),  # type: ignore[union-attr]
        provider=own,
        api_key=KEY,
    )
    change = {
        "defaults": {"temperature": 0.5, "top_k": 7},
        "preferences": {"chat": [NAME]},
        "advanced": {"keepAlive": 5},
    }
    assert admin.send("PATCH", "/config", change).status_code == 200
    change = {"defaults": {"top_k": None}, "advanced": {"budgets": {"chat": 60}}}
    after = admin.send("PATCH", "/config", change).json()
    assert after["defaults"] == {"temperature": 0.5}
    assert after["preferences"]["chat"] == [NAME]
    assert after["advanced"] == {"useShared": True, "keepAlive": 5, "budgets": {"chat": 60.0}}
    mine = next(each for each in after["providers"] if each["id"] == own.pk)
    assert (mine["hasApiKey"], mine["baseUrl"], mine["revision"]) == (True, own.url, 2)
    text = reader.get("/config").content.decode()
    assert own.url not in text
    assert "hasApiKey" not in text
    assert KEY not in text + json.dumps(after)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"defaults": {"temperature": 9}}, "temperature"),
        ({"preferences": {"poetry": []}}, "preferences"),
        ({"advanced": {"keepAlive": 10**6}}, "keepAlive"),
        ({"apiKey": "x"}, "apiKey"),
    ],
)
def test_settings_that_are_not_right(admin: Program, body: Any, field: str) -> None:
    """All or nothing."""
    sent = {"defaults": {"top_k": 1}} | body
    fields = problem(admin.send("PATCH", "/config", sent), 422, "VALIDATION_FAILED")["fields"]
    assert [name for name in fields if name.endswith(field)]
    assert admin.get("/config").json()["defaults"] == {}


def test_trying_a_connection(admin: Program, own: Provider, server: Running) -> None:
    found = admin.send("POST", "/config/test", {"provider": own.pk}).json()
    assert (found["ok"], found["models"]) == (True, len(server.installed))
    found = admin.send("POST", "/config/test", {"baseUrl": "http://169.254.169.254"}).json()
    assert (found["ok"], found["code"]) == (False, "ADDRESS_REFUSED")
    server.script(html(), on=EVERYTHING)
    found = admin.send("POST", "/config/test", {"kind": "ollama", "baseUrl": server.url}).json()
    assert (found["ok"], found["code"]) == (False, "MODEL_FAILED")


def test_versions(reader: Program, own: Provider, shared: Provider) -> None:
    providers = reader.get("/version").json()["providers"]
    assert [each["id"] for each in providers] == [own.pk, shared.pk]
    assert all(each["version"] and each["state"] == "ok" for each in providers)


def test_errors_of_the_server_are_problems(admin: Program, own: Provider, server: Running) -> None:
    admin.get("/models")
    server.script(fails(503), on=EVERYTHING)
    body = {"name": NAME, "provider": own.pk}
    answer = problem(admin.send("POST", "/models/load", body), 503, "MODEL_BUSY")
    assert answer["detail"].startswith("The model server is busy")
    found = admin.get(f"/models/show?name={NAME}&provider={own.pk}").json()
    assert found["problem"].startswith("The model server is busy")


def test_without_any_server_all_of_it_answers(
    admin: Program, shared: Provider, settings: Any
) -> None:
    settings.OLLAMA_URL = "http://127.0.0.1:9"
    found = admin.get("/models").json()
    assert found["items"] == []
    assert (found["providers"][0]["state"], found["providers"][0]["version"]) == ("down", "")
    assert "running?" in found["providers"][0]["reason"]
    problem(admin.get(f"/models/show?name={NAME}"), 502, "MODEL_UNREACHABLE")
    assert admin.get("/config").status_code == 200


def test_what_costs_the_server_is_counted(admin: Program, own: Provider, settings: Any) -> None:
    settings.RATE_LIMITS = {"hour": 2}
    path = f"/models/show?name={NAME}"
    assert [admin.get(path).status_code for _number in range(3)] == [200, 200, 429]
    assert admin.get(path)["Retry-After"]
