"""What time does: forgotten sessions lose their files, and files that belong to nobody go."""

from __future__ import annotations

import os
import time
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from catalog.models import DataSource
from catalog.models.sources import stored_path
from common import clock
from common.jobs import submit
from common.jobs.models import JobStep
from tests.wizard.execution.plans import executed, reviewed, source_step, stored_files, upload_csv
from tests.world import World
from wizard.executor.leftovers import sweep
from wizard.executor.upkeep import discard_abandoned
from wizard.models import WizardSession

pytestmark = pytest.mark.django_db(transaction=True)


def aged(path: Path, hours: float = 48) -> Path:
    moment = time.time() - hours * 3600
    os.utime(path, (moment, moment))
    return path


def orphan(name: str = "", hours: float = 48) -> Path:
    path = stored_path(name or f"{uuid.uuid4()}.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"PAR1")
    return aged(path, hours)


def test_a_forgotten_review_loses_its_files(world: World) -> None:
    session = reviewed(world.alice, source_step(upload_csv(world.alice)))
    assert (discard_abandoned(), len(stored_files())) == (0, 1)
    with clock.frozen(clock.now() + timedelta(hours=settings.UPLOAD_HOURS + 1)):
        assert discard_abandoned() == 1
    session.refresh_from_db()
    assert (stored_files(), session.prepared) == (set(), {})


def test_only_old_files_of_nobody_go(world: World) -> None:
    executed(world.alice, source_step(upload_csv(world.alice)))
    reviewed(world.alice, source_step(upload_csv(world.alice), name="Under review"))
    owned = stored_files()
    assert len(owned) == 2
    for name in owned:
        aged(stored_path(name))
    young, foreign = orphan(hours=1), orphan("notes.parquet")
    sqlite = orphan(f"{uuid.uuid4()}.sqlite")
    DataSource.objects.update(config={"stored_file": sqlite.name})
    old = orphan()
    scratch = stored_path(".intake-ab12")
    scratch.mkdir()
    (scratch / "out.parquet").write_bytes(b"")
    aged(scratch)
    assert sweep() == 2
    assert stored_files() == owned | {young.name, foreign.name, sqlite.name}
    assert not old.exists()


def test_what_a_job_under_way_has_converted_stays(world: World) -> None:
    path = orphan()
    job = submit("wizard.dry_run", payload={"session_id": str(uuid.uuid4()), "sha256": ""})
    JobStep.objects.create(job=job, key="convert", result={"source": {"stored": path.name}})
    assert sweep() == 0
    job.steps.all().delete()
    assert sweep() == 1


def test_expired_sessions_keep_their_files_for_a_renewal(world: World) -> None:
    session = reviewed(world.alice, source_step(upload_csv(world.alice)))
    WizardSession.objects.filter(pk=session.pk).update(status="EXPIRED")
    assert (discard_abandoned(), len(stored_files())) == (0, 1)
    WizardSession.objects.filter(pk=session.pk).update(status="CANCELLED")
    assert (discard_abandoned(), len(stored_files())) == (1, 0)
