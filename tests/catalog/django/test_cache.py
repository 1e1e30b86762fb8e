"""Kept results: whose they are, how long they hold, and that equal questions run once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import caches

from catalog import cache
from catalog.actions.sources import update_source
from catalog.connectors.base import SourceError
from catalog.models import DataSource
from catalog.query.result import Result, ResultColumn
from catalog.query.spec import Filter, Operator
from catalog.running import context_for, run_query, run_report
from common import clock
from tests.catalog.django.things import BY_MONTH, BY_REGION, make_report, make_source
from tests.world import World

RESULT = Result(columns=[ResultColumn("m1", "Amount", "number")], rows=[[1.5]])
KEY = ("result:test", 60)


def test_the_second_time_it_is_kept(world: World) -> None:
    report = make_report(world)
    first, second = (run_report(report, reader=world.bob) for _ in range(2))
    assert (first.cached, second.cached) == (False, True)
    assert replace(second, cached=False) == first


def test_refresh_runs_again_and_is_kept(world: World) -> None:
    report = make_report(world)
    run_report(report, reader=world.bob)
    assert run_report(report, reader=world.bob, refresh=True).cached is False
    assert run_report(report, reader=world.bob).cached is True


def test_people_who_see_the_same_share_a_result(world: World) -> None:
    source = make_source(world)
    run_query(source, BY_REGION, reader=world.alice)
    assert run_query(source, BY_REGION, reader=world.bob).cached is True
    assert run_query(source, BY_REGION, reader=world.amy).cached is False


def test_the_key_holds_all_that_decides_the_answer(world: World) -> None:
    source, other = make_source(world), make_source(world)
    context = context_for(source, world.bob)
    base = cache.key_for(source, BY_REGION, context)
    assert cache.key_for(source, BY_REGION, dict(context)) == base
    assert context["masked"] == ["data.email"]
    filtered = BY_REGION.model_copy(
        update={"filters": (Filter(column="region", operator=Operator.EQ, values=("North",)),)}
    )
    others = [
        cache.key_for(other, BY_REGION, context),
        cache.key_for(source, BY_MONTH, context),
        cache.key_for(source, filtered, context),
        cache.key_for(source, BY_REGION, context_for(source, world.amy)),
        cache.key_for(source, BY_REGION, context | {"timezone": "Asia/Tokyo"}),
    ]
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with clock.frozen(tomorrow):
        others.append(cache.key_for(source, BY_REGION, context_for(source, world.bob)))
    update_source(actor=world.alice, source=source, config={"changed": True})
    others.append(cache.key_for(DataSource.objects.get(pk=source.pk), BY_REGION, context))
    assert len({base[0], *(key for key, _seconds in others)}) == 1 + len(others)


def test_a_masked_column_marked_later_leaves_kept_results_behind(world: World) -> None:
    source = make_source(world)
    run_query(source, BY_REGION, reader=world.bob)
    source.tables.get().columns.filter(name="quantity").update(sensitive=True)
    fresh = DataSource.objects.get(pk=source.pk)
    assert run_query(fresh, BY_REGION, reader=world.bob).cached is False


def test_two_equal_misses_run_once() -> None:
    running, release = threading.Event(), threading.Event()
    runs = []

    def slow() -> Result:
        runs.append(1)
        running.set()
        assert release.wait(timeout=20)
        return RESULT

    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(cache.get_or_run, KEY, slow, refresh=False)
        assert running.wait(timeout=20)
        others = [threads.submit(cache.get_or_run, KEY, slow, refresh=False) for _ in range(3)]
        release.set()
        answers = [each.result(timeout=20) for each in (first, *others)]
    assert len(runs) == 1
    assert [answer.rows for answer in answers] == [[[1.5]]] * 4
    assert [answer.cached for answer in answers].count(True) == 3
    assert not cache._running


def test_a_failure_is_not_kept_and_the_next_one_tries(world: World) -> None:
    def fails() -> Result:
        raise SourceError("It is away.")

    for _ in range(2):
        with pytest.raises(SourceError):
            cache.get_or_run(KEY, fails, refresh=False)
    assert cache.get_or_run(KEY, lambda: RESULT, refresh=False).cached is False
    assert not cache._running


def test_a_huge_result_is_not_kept() -> None:
    huge = replace(RESULT, rows=[["x" * cache.MAX_BYTES]])
    cache.get_or_run(KEY, lambda: huge, refresh=False)
    assert caches[cache.CACHE].get(KEY[0]) is None


def test_different_questions_do_not_wait_for_each_other() -> None:
    release = threading.Event()

    def slow() -> Result:
        assert release.wait(timeout=20)
        return RESULT

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(cache.get_or_run, ("result:slow", 60), slow, refresh=False)
        assert cache.get_or_run(KEY, lambda: RESULT, refresh=False).rows == [[1.5]]
        release.set()
        waiting.result(timeout=20)
