"""The audit trail."""

from __future__ import annotations

from datetime import timedelta

from accounts import audit
from common import clock, trace
from tests.world import World

AUDIT = "/organization/audit/"


def test_it_shows_the_own_organisation_with_who_what_and_how(world: World) -> None:
    with trace.scope(origin="plan", plan_sha256="f" * 64):
        audit.record("report.created", actor=world.alice, target=world.secret)
    audit.record("rival.deed", actor=world.carl)
    text = world.client(world.amy).get(AUDIT).content.decode()
    assert "report.created" in text
    assert "Alice" in text
    assert "plan" in text
    assert "rival.deed" not in text


def test_it_can_be_filtered(world: World) -> None:
    audit.record("report.created", actor=world.alice, target=world.general)
    with clock.frozen(clock.now() - timedelta(days=3)), trace.scope(origin="api"):
        audit.record("source.deleted", actor=world.dave)
    browser = world.client(world.amy)
    today = clock.now().date()
    for query, found in (
        ({"q": "report"}, "report.created"),
        ({"q": "General"}, "report.created"),
        ({"actor": world.dave.pk}, "source.deleted"),
        ({"origin": "api"}, "source.deleted"),
        ({"since": today - timedelta(days=1)}, "report.created"),
        ({"until": today - timedelta(days=1)}, "source.deleted"),
    ):
        text = browser.get(AUDIT, query).content.decode()
        (other,) = {"report.created", "source.deleted"} - {found}
        assert found in text, query
        assert other not in text, query


def test_people_of_elsewhere_are_no_choice(world: World) -> None:
    text = world.client(world.amy).get(AUDIT, {"actor": world.carl.pk}).content.decode()
    assert "Carl" not in text


def test_it_is_paged_and_makes_no_query_per_row(
    world: World, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    for number in range(60):
        audit.record(f"deed.number-{number:02}", actor=world.alice)
    browser = world.client(world.amy)
    browser.get(AUDIT)
    with django_assert_max_num_queries(12):
        first = browser.get(AUDIT).content.decode()
    assert "deed.number-59" in first
    assert "deed.number-09" not in first
    assert "deed.number-09" in browser.get(AUDIT, {"page": 2}).content.decode()


def test_changes_are_shown_as_text(world: World) -> None:
    audit.record("x.y", actor=world.alice, changes={"name": ["<script>", "b"]})
    text = world.client(world.amy).get(AUDIT).content.decode()
    assert "<script>&#x27;" not in text
    assert "&lt;script&gt;" in text
