from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from asgiref.sync import SyncToAsync
from django.db import connections

from llm.models import Provider
from llm.orchestration.machinery import Machinery
from llm.standin import Script, StandIn
from tests.llm.orchestration.desk import CHAT, EMBED, Desk, own_machinery
from tests.world import build_world


@pytest.fixture
def desk(transactional_db: None, settings: Any) -> Iterator[Desk]:
    """Two organisations and no model server that answers."""
    settings.OLLAMA_URL = "http://127.0.0.1:9"
    settings.LLM_ALLOWED_HOSTS = ["127.0.0.1"]
    Provider.objects.get_or_create(
        builtin=True, defaults={"name": "Ollama", "kind": "ollama", "order": 1000}
    )
    yield Desk(build_world())
    # What was left to be recorded is written in this thread; the tables are emptied after it.
    SyncToAsync.single_thread_executor.submit(connections.close_all).result(30)


@pytest.fixture(autouse=True)
def machinery() -> Iterator[Machinery]:
    with own_machinery() as one:
        yield one


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    async with StandIn(Script(models=(CHAT, EMBED))) as one:
        yield one
