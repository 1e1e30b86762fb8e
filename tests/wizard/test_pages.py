"""The wizard's pages as a browser without JavaScript uses them."""

from __future__ import annotations

import pytest

from catalog.models import Dashboard, DataSource, Report
from common.jobs import run_pending
from tests.wizard.talking import Person
from tests.world import World
from wizard.dialogue import Status

@pytest.fixture
def person(world: World) -> Person:
    return Person(world.client(world.alice))


def test_from_a_file_to_a_dashboard(person: Person, world: World) -> None:
    person.to_dashboard()
    assert person.session.status == Status.PLANNING
    person.reviewed()
    assert person.session.status == Status.CONFIRMING, person.session.findings
    assert "Execute plan" in person.text
    assert person.session.fingerprint in person.text
    assert not DataSource.objects.exists()
    person.execute()
    assert person.session.status == Status.EXECUTING
    run_pending()
    person.look()
    assert person.session.status == Status.COMPLETED, person.session.error
    dashboard = Dashboard.objects.visible_to(world.alice).get(name="Q4 dashboard")
    assert dashboard.widgets.count() == Report.objects.count() > 0
    assert f'href="/dashboards/{dashboard.pk}/"' in person.text
    assert "View dashboard" in person.text
