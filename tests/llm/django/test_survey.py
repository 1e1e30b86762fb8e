"""What is known of providers when the clock or the cache is not as it should be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches

from common import cache, clock
from llm import survey
from llm.models import Provider
from llm.standin import Running

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_redis(settings: Any) -> Any:
    """A cache on a port where nothing answers."""
    away = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://127.0.0.1:9",
    }
    settings.CACHES = {**settings.CACHES, "default": away}
    yield
    del caches["default"]


def test_without_the_cache_the_server_is_asked_each_time(own: Provider, no_redis: Any) -> None:
    for _time in range(2):
        [known] = survey.surveys_of([own])
        assert known.state is survey.State.OK
    assert survey.last_known(own).state is survey.State.UNKNOWN
    survey.forget(own)
    survey.refresh_asked()


def test_a_cache_that_is_away_knows_nothing(no_redis: Any) -> None:
    cache.write("key", "value", 10)
    assert cache.read("key") is None


def test_a_survey_of_the_future_is_not_believed(own: Provider, server: Running) -> None:
    """The clock was set back: by its time, the last look has not been yet."""
    [known] = survey.surveys_of([own])
    later = known.at
    assert later is not None
    before = len(server.requests)
    with clock.frozen(later - timedelta(hours=1)):
        survey.surveys_of([own])
    assert len(server.requests) > before
