"""Only the reviewed bytes are executed, in time, by their owner, and once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections

from accounts.models import User
from accounts.roles import VIEWER
from catalog.actions.reports import update_report
from catalog.models import Dashboard, DataSource, Report
from common import clock
from common.http.problems import Problem
from common.jobs import run_pending
from common.jobs.models import Job
from tests.wizard.execution.plans import (
    chain,
    codes,
    confirm,
    executed,
    planned,
    reviewed,
    source_step,
    statuses,
    stored_files,
    update,
    upload_csv,
)
from tests.world import World
from wizard.actions import plans
from wizard.models import WizardSession
from wizard.plan.build import build
from wizard.plan.model import Entity, Plan

pytestmark = pytest.mark.django_db(transaction=True)


def code_of(session: WizardSession, **more: object) -> str:
    with pytest.raises(Problem) as caught:
        confirm(session, **more)
    return caught.value.code


def ready(world: World) -> WizardSession:
    return reviewed(world.alice, source_step(upload_csv(world.alice)))


def executions() -> int:
    return Job.objects.filter(kind="wizard.execute").count()


def test_another_fingerprint_is_refused(world: World) -> None:
    session = ready(world)
    for other in ("", "0" * 64, session.fingerprint):
        with pytest.raises(Problem) as caught:
            plans.confirm(session=session, actor=world.alice, fingerprint=other)
        assert caught.value.code == "FINGERPRINT_MISMATCH"
    assert executions() == 0


def test_the_old_button_is_refused_after_an_edit(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    old = session.plan_sha256
    plans.remove_step(session, "step-4")
    run_pending()
    with pytest.raises(Problem) as caught:
        plans.confirm(session=session, actor=world.alice, fingerprint=old)
    assert caught.value.code == "FINGERPRINT_MISMATCH"


def test_too_late(world: World) -> None:
    session = ready(world)
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        assert code_of(session) == "PLAN_EXPIRED"
    session.refresh_from_db()
    assert (session.status, executions()) == ("EXPIRED", 0)


def test_expiry_by_the_clock_and_renewal(world: World) -> None:
    session = ready(world)
    old = session.plan_sha256
    assert plans.expire_sessions() == 0
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        assert plans.expire_sessions() == 1
    session.refresh_from_db()
    assert session.status == "EXPIRED"
    kept = stored_files()
    session = plans.renew(session)
    assert (session.status, session.dry_run["status"]) == ("CONFIRMING", "running")
    assert code_of(session) == "ILLEGAL_TRANSITION"  # still being tried out
    run_pending()
    session.refresh_from_db()
    assert session.plan_sha256 != old
    assert stored_files() == kept  # nothing was converted again
    confirm(session)
    run_pending()
    session.refresh_from_db()
    assert session.status == "COMPLETED"


def test_another_version(world: World) -> None:
    session = ready(world)
    assert code_of(session, version=session.version + 1) == "CONFLICT"
    assert confirm(session, version=session.version).status == "EXECUTING"


def test_before_the_review_there_is_nothing_to_confirm(world: World) -> None:
    session = planned(world.alice, source_step(upload_csv(world.alice)))
    assert code_of(session) == "ILLEGAL_TRANSITION"


def test_a_plan_with_errors_cannot_be_confirmed(world: World) -> None:
    session = reviewed(world.alice, update(Entity.REPORT, 4711, name="X"))
    assert (session.status, codes(session)) == ("CONFIRMING", ["missing_item"])
    assert session.dry_run["status"] == "skipped"
    assert code_of(session) == "VALIDATION_FAILED"


def test_others_do_not_see_the_session(world: World) -> None:
    session = ready(world)
    for other in (world.amy, world.charlie):
        with pytest.raises(Problem) as caught:
            plans.confirm(session=session, actor=other, fingerprint=session.plan_sha256)
        assert caught.value.code == "NOT_FOUND"
    with pytest.raises(PermissionDenied, match="execute_wizard_plan"):
        plans.confirm(session=session, actor=world.bob, fingerprint=session.plan_sha256)


def test_a_second_click_shows_the_state(world: World) -> None:
    session = ready(world)
    assert confirm(session).status == "EXECUTING"
    assert confirm(session).status == "EXECUTING"
    run_pending()
    assert confirm(session).status == "COMPLETED"
    run_pending()
    assert (executions(), DataSource.objects.count()) == (1, 1)


def test_many_at_once_execute_once(world: World) -> None:
    session = ready(world)
    start, outcomes = threading.Barrier(6, timeout=30), []

    def click() -> None:
        try:
            start.wait()  # before a connection is taken: there may be fewer of them than of us
            actor = User.objects.get(pk=world.alice.pk)
            found = plans.confirm(
                session=WizardSession.objects.get(pk=session.pk),
                actor=actor,
                fingerprint=session.plan_sha256,
            )
            outcomes.append(found.status)
        except Exception as error:
            outcomes.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == ["EXECUTING"] * 6
    assert executions() == 1
    run_pending()
    assert DataSource.objects.count() == 1


def test_a_job_delivered_again_does_nothing(world: World) -> None:
    session = ready(world)
    confirm(session)
    run_pending()
    job = Job.objects.get(kind="wizard.execute")
    Job.objects.filter(pk=job.pk).update(status="queued", owner="", finished_at=None)
    run_pending()
    session.refresh_from_db()
    assert (session.status, DataSource.objects.count()) == ("COMPLETED", 1)


def test_an_object_changed_since_makes_the_plan_stale(world: World) -> None:
    executed(world.alice, *chain(upload_csv(world.alice)))
    report = Report.objects.get()
    session = reviewed(world.alice, update(Entity.REPORT, report.pk, name="Turnover"))
    update_report(actor=world.alice, report=report, description="Now with words")
    assert code_of(session) == "STALE_PLAN"
    session.refresh_from_db()
    assert (session.status, codes(session)) == ("STALE", ["stale"])
    session = plans.renew(session)
    run_pending()
    session.refresh_from_db()
    assert codes(session) == []
    confirm(session)
    run_pending()
    report.refresh_from_db()
    assert (report.name, report.description) == ("Turnover", "Now with words")


def test_a_document_without_versions_is_held_to_what_was_reviewed(world: World) -> None:
    executed(world.alice, *chain(upload_csv(world.alice)))
    report = Report.objects.get()
    step = update(Entity.REPORT, report.pk, name="Turnover")
    raw = build(Plan((step,), "Test", world.alice.email, clock.now()))
    assert b"expectedVersion" not in raw
    session, _findings = plans.import_plan(actor=world.alice, raw=raw)
    assert session is not None
    run_pending()
    session.refresh_from_db()
    update_report(actor=world.alice, report=report, description="Now with words")
    assert code_of(session) == "STALE_PLAN"


def test_an_object_changed_between_click_and_execution(world: World) -> None:
    executed(world.alice, *chain(upload_csv(world.alice)))
    report = Report.objects.get()
    session = reviewed(world.alice, update(Entity.REPORT, report.pk, name="Turnover"))
    confirm(session)
    update_report(actor=world.alice, report=report, description="Now with words")
    run_pending()
    session.refresh_from_db()
    report.refresh_from_db()
    assert (session.status, report.name) == ("FAILED", "Revenue")
    assert "was changed since" in session.error
    assert statuses(session) == ["failed"]


def test_tampered_bytes_are_refused(world: World) -> None:
    session = ready(world)
    tampered = bytes(session.plan).replace(b"Sales", b"Evil!")
    confirm(session)
    WizardSession.objects.filter(pk=session.pk).update(plan=tampered)
    run_pending()
    session.refresh_from_db()
    assert (session.status, DataSource.objects.count()) == ("FAILED", 0)
    assert "not the one that was reviewed" in session.error
    assert statuses(session) == ["skipped"]
    assert stored_files() == set()


def test_bytes_tampered_with_before_the_click(world: World) -> None:
    session = ready(world)
    tampered = bytes(session.plan).replace(b"Sales", b"Evil!")
    WizardSession.objects.filter(pk=session.pk).update(plan=tampered)
    assert code_of(session) == "FINGERPRINT_MISMATCH"
    assert executions() == 0


def test_a_permission_lost_in_between(world: World) -> None:
    session = ready(world)
    confirm(session)
    world.alice.groups.set(world.bob.groups.all())
    assert world.bob.role == VIEWER
    run_pending()
    session.refresh_from_db()
    assert (session.status, DataSource.objects.count()) == ("FAILED", 0)
    assert "catalog.add_datasource" in session.error
    assert stored_files() == set()


def test_an_account_closed_in_between(world: World) -> None:
    session = ready(world)
    confirm(session)
    User.objects.filter(pk=world.alice.pk).update(is_active=False)
    run_pending()
    session.refresh_from_db()
    assert (session.status, DataSource.objects.count()) == ("FAILED", 0)


def test_an_upload_deleted_in_between_is_not_missed(world: World) -> None:
    upload = upload_csv(world.alice)
    session = reviewed(world.alice, source_step(upload))
    upload.path.unlink()
    upload.delete()
    confirm(session)
    run_pending()
    session.refresh_from_db()
    assert (session.status, DataSource.objects.count()) == ("COMPLETED", 1)


def test_upload_and_prepared_file_gone(world: World) -> None:
    upload = upload_csv(world.alice)
    session = reviewed(world.alice, source_step(upload))
    upload.path.unlink()
    _remove_stored()
    confirm(session)
    run_pending()
    session.refresh_from_db()
    assert (session.status, DataSource.objects.count()) == ("FAILED", 0)
    assert "sales.csv" in session.error


def test_a_prepared_file_that_went_is_made_again(world: World) -> None:
    session = ready(world)
    _remove_stored()
    confirm(session)
    run_pending()
    session.refresh_from_db()
    assert session.status == "COMPLETED"
    assert DataSource.objects.get().files.get().path.exists()


def test_a_prepared_file_that_was_changed_is_not_used(world: World) -> None:
    session = ready(world)
    (name,) = stored_files()
    path = _stored() / name
    path.write_bytes(path.read_bytes() + b"x")
    confirm(session)
    run_pending()
    session.refresh_from_db()
    assert session.status == "COMPLETED"
    assert stored_files() == {DataSource.objects.get().files.get().stored} != {name}


def test_uploaded_bytes_that_changed_are_refused(world: World) -> None:
    upload = upload_csv(world.alice)
    session = reviewed(world.alice, source_step(upload))
    _remove_stored()
    upload.path.write_bytes(b"Month,Revenue\n2026-01-01,999999\n")
    confirm(session)
    run_pending()
    session.refresh_from_db()
    assert (session.status, DataSource.objects.count()) == ("FAILED", 0)
    assert "was changed" in session.error


def test_a_name_taken_in_between(world: World) -> None:
    session = reviewed(world.alice, *chain(upload_csv(world.alice)))
    Dashboard.objects.create(
        organization=world.acme, project=world.general, owner=world.amy, name="kpis"
    )
    confirm(session)
    run_pending()
    session.refresh_from_db()
    assert (session.status, DataSource.objects.count()) == ("FAILED", 0)
    assert "kpis" in session.error.casefold()
    assert statuses(session) == ["skipped", "skipped", "failed", "skipped"]
    assert stored_files() == set()


def _stored():  # type: ignore[no-untyped-def]
    from catalog.models.sources import stored_path

    return stored_path("x").parent


def _remove_stored() -> None:
    for name in stored_files():
        (_stored() / name).unlink()
