"""The trash: items go there together, come back together, and leave for good after a while."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from accounts.permissions import require
from catalog import impact
from catalog.actions import base
from catalog.actions.schedules import plan_next
from catalog.models import CatalogItem, Dashboard, DataSource, Report, Schedule
from catalog.models.sources import stored_path
from common import clock

_I = TypeVar("_I", bound=CatalogItem)
MODELS: tuple[type[CatalogItem], ...] = (Schedule, Dashboard, Report, DataSource)


def trash_item(*, actor: User, item: CatalogItem, expected_version: int | None = None) -> uuid.UUID:
    """Move ``item`` and what cannot live without it to the trash; returns the batch for undo."""
    require(actor, f"catalog.delete_{item._meta.model_name}", item)
    batch, moment = uuid.uuid4(), clock.now()
    with transaction.atomic():
        model: Any = type(item)
        fresh = model.objects.select_for_update().get(pk=item.pk)
        if expected_version is not None and fresh.version != expected_version:
            raise base.Conflict(fresh)
        if fresh.is_trashed:
            return uuid.UUID(str(fresh.trash_batch))
        for each in [*impact.dependents(fresh), fresh]:
            _move(each, actor=actor, batch=batch, moment=moment)
    return batch


def restore_item(*, actor: User, item: _I) -> _I:
    """Bring ``item`` back with all that went with it; a taken name gets “(restored)”."""
    require(actor, f"catalog.delete_{item._meta.model_name}", item)
    if item.trash_batch is None:
        return item
    with transaction.atomic():
        rows = [
            row
            for model in reversed(MODELS)
            for row in model._default_manager.select_for_update()
            .filter(trash_batch=item.trash_batch, trashed_at__isnull=False)
            .order_by("pk")
        ]
        _check_parents(rows)
        for row in rows:
            _bring_back(row, actor=actor)
    item.refresh_from_db()
    return item


def purge_item(*, actor: User, item: CatalogItem, typed_name: str) -> None:
    """Delete a trashed item for good; the person types its name."""
    require(actor, f"catalog.delete_{item._meta.model_name}", item)
    if typed_name.strip() != item.name:
        raise base.Invalid(name=_("Type the name “%(name)s” exactly.") % {"name": item.name})
    if not item.is_trashed:
        raise base.Invalid(item=_("Only what is in the trash can be deleted for good."))
    with transaction.atomic():
        _purge(item, actor=actor)


def purge_old() -> int:
    """Delete what has been in the trash for longer than it is kept. Returns how many items."""
    limit = clock.now() - timedelta(days=settings.TRASH_DAYS)
    count = 0
    for model in MODELS:
        for item in model._default_manager.filter(trashed_at__lt=limit):
            with transaction.atomic():
                _purge(item, actor=None)
                count += 1
    return count


def _move(item: CatalogItem, *, actor: User, batch: uuid.UUID, moment: Any) -> None:
    if item.trashed_at is not None:
        return
    item.trashed_at, item.trashed_by, item.trash_batch = moment, actor, batch
    item.save(update_fields=["trashed_at", "trashed_by", "trash_batch", "updated_at"])
    audit.record(f"{item._meta.model_name}.trashed", actor=actor, target=item)
    base.publish(item, "trashed")


def _bring_back(item: CatalogItem, *, actor: User) -> None:
    if base.is_taken(type(item), item.project, item.name, keep=item.pk):
        item.name = base.free_name(type(item), item.project, f"{item.name[:180]} (restored)")
    item.trashed_at = item.trashed_by = item.trash_batch = None
    if isinstance(item, Schedule):
        plan_next(item)  # the slots it spent in the trash are not made up
    item.save()
    audit.record(f"{item._meta.model_name}.restored", actor=actor, target=item)
    base.publish(item, "restored")


def _check_parents(rows: list[CatalogItem]) -> None:
    """An item cannot come back without what it stands on, unless that comes along."""
    for row in rows:
        parent = _parent(row)
        if parent is not None and parent.is_trashed and parent not in rows:
            raise base.Invalid(
                item=_("Restore “%(name)s” first: “%(item)s” stands on it.")
                % {"name": parent.name, "item": row.name}
            )


def _parent(item: CatalogItem) -> CatalogItem | None:
    if isinstance(item, Report):
        return item.source
    return item.target if isinstance(item, Schedule) else None


def _purge(item: CatalogItem, *, actor: User | None) -> None:
    """Delete the item after what stands on it; files go when all of it is committed."""
    if isinstance(item, Report | Dashboard):
        for schedule in item.schedules.all():
            _purge(schedule, actor=actor)
    if isinstance(item, Report):
        item.widgets.all().delete()
    elif isinstance(item, DataSource):
        for report in item.reports.all():
            _purge(report, actor=actor)
        stored = [file.stored for file in item.files.all()]
        transaction.on_commit(lambda: _remove(stored))
    audit.record(f"{item._meta.model_name}.purged", actor=actor, target=item)
    item.delete()


def _remove(stored: list[str]) -> None:
    for name in stored:
        stored_path(name).unlink(missing_ok=True)
