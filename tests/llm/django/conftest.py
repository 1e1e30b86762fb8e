"""The stand-in at the address of the built-in provider, and a provider of Acme's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from common.jobs import embedded
from llm.models import Provider
from llm.standin import Running, running
from tests.llm.django.pulling import Listener
from tests.world import World


@pytest.fixture
def server(settings: Any) -> Iterator[Running]:
    with running() as standin:
        settings.OLLAMA_URL = standin.url
        settings.LLM_ALLOWED_HOSTS = ["127.0.0.1"]
        yield standin


@pytest.fixture(autouse=True)
def _unhurried(settings: Any) -> None:
    settings.RATE_LIMITS = {"second": 1000}


@pytest.fixture
def shared(db: None) -> Provider:
    """The installation's, at ``settings.OLLAMA_URL``; a flushed table has lost it."""
    found, _made = Provider.objects.get_or_create(
        builtin=True, defaults={"name": "Ollama", "kind": "ollama", "order": 1000}
    )
    return found


@pytest.fixture
def own(world: World, server: Running) -> Provider:
    """Acme's."""
    return Provider.objects.create(
        organization=world.acme, name="Acme's", kind="ollama", base_url=server.url, order=1
    )


@pytest.fixture
def managed(shared: Provider) -> Provider:
    """Shared, and the operator lets organisations manage its models."""
    shared.shared_management = True
    shared.save()
    return shared


@pytest.fixture
def carrier(settings: Any) -> Iterator[None]:
    """The threads of ``manage.py serve`` that run downloads."""
    settings.JOB_POLL = 0.1
    embedded.start(["transfer"])
    yield
    embedded.stop()


@pytest.fixture
def listener(world: World) -> Iterator[Listener]:
    follower = Listener(f"models:{world.acme.pk}")
    yield follower
    follower.stop()
