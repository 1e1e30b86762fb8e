"""What plans can say, somebody carries out; who may follow; the command."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from catalog.models import DataSource
from tests.wizard.execution.plans import (
    SAMPLE,
    chain,
    executed,
    planned,
    reviewed,
    upload_csv,
    upload_xlsx,
)
from tests.world import World
from wizard import operations
from wizard.actions import plans
from wizard.models import WizardSession
from wizard.plan.model import Entity, Operation, Step
from wizard.plan.parameters import RULES
from wizard.tasks import may_follow

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_rule_has_its_operation() -> None:
    assert operations.all_keys() == set(RULES)


def test_only_the_owner_follows(world: World) -> None:
    session = planned(world.alice, *chain(upload_csv(world.alice)))
    assert may_follow(world.alice, str(session.pk))
    for other in (world.amy, world.dave, world.charlie):
        assert not may_follow(other, str(session.pk))
    assert not may_follow(world.alice, "nonsense")


def run(*arguments: Any) -> tuple[bool, str]:
    out = io.StringIO()
    try:
        call_command("validate_plan", *arguments, stdout=out)
    except CommandError as error:
        return False, f"{out.getvalue()}{error}"
    return True, out.getvalue()


@pytest.fixture
def sample(tmp_path: Path) -> str:
    path = tmp_path / "plan.xml"
    path.write_bytes(SAMPLE.read_bytes().strip())
    return str(path)


def test_the_command_without_a_user_says_what_it_left_out(sample: str) -> None:
    valid, out = run(sample)
    assert valid
    assert "layers 1 to 5" in out


def test_the_command_with_a_user(world: World, sample: str) -> None:
    valid, out = run(sample, "--user", world.alice.email)
    assert not valid
    assert "database/missing_upload" in out
    upload_xlsx(world.alice)
    assert run(sample, "--user", world.alice.email)[0]
    valid, out = run(sample, "--user", world.bob.email)
    assert (valid, "permissions/missing_permission" in out) == (False, True)


def test_the_command_and_what_it_cannot_do(world: World, sample: str, tmp_path: Path) -> None:
    assert not run(sample, "--user", "nobody@example.org")[0]
    assert not run(str(tmp_path / "nowhere.xml"))[0]
    (tmp_path / "bad.xml").write_text("<!DOCTYPE a><a/>")
    valid, out = run(str(tmp_path / "bad.xml"))
    assert (valid, "envelope/" in out) == (False, True)


def test_a_document_with_errors_makes_no_session(world: World) -> None:
    session, findings = plans.import_plan(actor=world.alice, raw=SAMPLE.read_bytes().strip())
    assert session is None
    assert [f.code for f in findings if f.severity == "error"] == ["missing_upload"]
    assert not WizardSession.objects.exists()


def test_a_plan_travels_as_its_bytes(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    copy, findings = plans.import_plan(actor=world.alice, raw=bytes(session.plan))
    assert copy is not None
    assert [f.code for f in findings if f.severity == "error"] == []
    assert copy.plan_sha256 == session.plan_sha256


def test_lists_within_a_plan_read_only(world: World) -> None:
    executed(world.alice, *chain(upload_csv(world.alice)))
    step = Step("step-1", Operation.LIST, Entity.ALL, {"filter": "Sales"}, output="list-1")
    session = reviewed(world.alice, step)
    (found,) = session.dry_run["steps"][0]["items"]
    assert found["id"] == DataSource.objects.get().pk
    assert executed(world.alice, step).status == "COMPLETED"
