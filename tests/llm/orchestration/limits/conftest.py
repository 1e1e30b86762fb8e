from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.llm.orchestration.limits.redis_server import RedisServer, program


@pytest.fixture(scope="session")
def running_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(program(), tmp_path_factory.mktemp("redis"))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def redis_server(running_redis: RedisServer) -> RedisServer:
    """Shared and empty; not to be stopped."""
    running_redis.client.flushall()
    return running_redis


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One that the test may stop and start."""
    server = RedisServer(program(), tmp_path_factory.mktemp("redis"))
    server.start()
    try:
        yield server
    finally:
        server.stop()
