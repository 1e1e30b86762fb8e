from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import ollama
import pytest

from llm.standin import StandIn


@pytest.fixture
async def server() -> AsyncIterator[StandIn]:
    async with StandIn() as server:
        yield server


@pytest.fixture
async def http(server: StandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, timeout=20, trust_env=False) as client:
        yield client


@pytest.fixture
def client(server: StandIn) -> ollama.AsyncClient:
    """The official client: what it accepts, and how it reads it, is the measure."""
    return ollama.AsyncClient(host=server.url, timeout=20, trust_env=False)
