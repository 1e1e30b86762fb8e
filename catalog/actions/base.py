"""What every catalog action does in the same order: check, save, revise, audit, publish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import Project, User
from accounts.permissions import require_project
from catalog.models import CatalogItem, Revision, Widget
from common import realtime, trace
from common.http.problems import Problem
from common.models import snapshot

_I = TypeVar("_I", bound=CatalogItem)

FIELDS: dict[str, tuple[str, ...]] = {
    "datasource": ("name", "description", "project", "kind", "config", "restricted"),
    "report": ("name", "description", "project", "source", "query", "chart", "status", "tags"),
    "dashboard": ("name", "description", "project", "filters", "refresh_seconds"),
    "schedule": (
        "name", "description", "project", "task_type", "report", "dashboard", "cron", "timezone",
        "active",
    ),
}  # fmt: skip


class Conflict(Problem):
    """The item changed since it was read; nothing was written."""

    def __init__(self, item: CatalogItem) -> None:
        super().__init__(
            "CONFLICT",
            _(
                "“%(name)s” was changed by someone else in the meantime. "
                "Look at it, then save again: what you save replaces it."
            )
            % {"name": item.name},
        )
        self.version = item.version


class Invalid(Problem):
    """A value is not right; ``fields`` says which and why."""

    def __init__(self, **fields: str) -> None:
        super().__init__(
            "VALIDATION_FAILED",
            " ".join(fields.values()),
            fields={name: [message] for name, message in fields.items()},
        )


def free_name(model: type[CatalogItem], project: Project, wanted: str) -> str:
    """``wanted``, or the first of “wanted 2”, “wanted 3” … that is free in the project."""
    wanted = wanted.strip()[:190]
    taken = {name.casefold() for name in _live(model, project).values_list("name", flat=True)}
    candidate, number = wanted, 2
    while candidate.casefold() in taken:
        candidate, number = f"{wanted} {number}", number + 1
    return candidate


def check_name(
    model: type[CatalogItem], project: Project, name: str, *, keep: int | None = None
) -> str:
    """The cleaned name, or ``Invalid`` when it is empty or taken."""
    name = " ".join(name.split())
    if not name:
        raise Invalid(name=_("Give it a name."))
    if len(name) > 200:
        raise Invalid(name=_("The name is longer than 200 characters."))
    if is_taken(model, project, name, keep=keep):
        raise Invalid(name=_name_taken(model, name))
    return name


def is_taken(
    model: type[CatalogItem], project: Project, name: str, *, keep: int | None = None
) -> bool:
    """Whether a live item of the project has the name, whatever its case."""
    return same_name(_live(model, project, keep=keep), name)


def same_name(rows: models.QuerySet[Any], name: str) -> bool:
    """Whether one of ``rows`` has the name, whatever its case.

    Compared here and not in SQL: SQLite takes “Ä” and “ä” for different letters.
    """
    wanted = name.casefold()
    return any(other.casefold() == wanted for other in rows.values_list("name", flat=True))


def _live(
    model: type[CatalogItem], project: Project, *, keep: int | None = None
) -> models.QuerySet[Any]:
    rows = model._default_manager.filter(project=project, trashed_at__isnull=True)
    return rows if keep is None else rows.exclude(pk=keep)


def check_move(actor: User, item: CatalogItem, changes: dict[str, Any]) -> None:
    """An item stays where it is, or goes to a project that ``actor`` may add to."""
    if "project" in changes and changes["project"].pk != item.project_id:
        require_project(actor, changes["project"])


def create(item: _I, *, actor: User, after: Callable[[_I], None] | None = None) -> _I:
    """Insert ``item`` (and, by ``after``, what belongs to it) with revision and audit."""
    try:
        with transaction.atomic():
            item.save()
            if after:
                after(item)
            revise(item, actor=actor)
            audit.record(f"{item._meta.model_name}.created", actor=actor, target=item)
            publish(item, "created")
    except IntegrityError as error:
        raise _integrity(item, error) from error
    return item


def update(
    item: _I,
    *,
    actor: User,
    changes: dict[str, Any],
    expected_version: int | None = None,
    after: Callable[[_I], bool] | None = None,
) -> _I:
    """Write ``changes`` if the item still has ``expected_version``; nothing changed writes nothing.

    ``after`` writes what belongs to the item and says whether it changed anything.
    """
    version = item.version if expected_version is None else expected_version
    model = type(item)
    try:
        with transaction.atomic():
            fresh = model._default_manager.select_for_update().get(pk=item.pk)
            if fresh.is_trashed:
                raise Problem("NOT_FOUND", _("“%(name)s” is in the trash.") % {"name": fresh.name})
            if fresh.version != version:
                raise Conflict(fresh)
            before = snapshot(fresh, FIELDS[_key(item)])
            for name, value in changes.items():
                setattr(fresh, name, value)
            difference = _difference(before, snapshot(fresh, FIELDS[_key(item)]))
            touched = after(fresh) if after else False
            if not difference and not touched:
                return fresh
            fresh.version += 1
            fresh.save()
            revise(fresh, actor=actor)
            audit.record(
                f"{item._meta.model_name}.changed", actor=actor, target=fresh, changes=difference
            )
            publish(fresh, "changed")
    except IntegrityError as error:
        raise _integrity(item, error) from error
    return fresh


def revise(item: CatalogItem, *, actor: User | None) -> None:
    """Keep what the item looks like now, under its version."""
    data = snapshot(item, FIELDS[_key(item)])
    if _key(item) == "dashboard":
        data["widgets"] = list(
            Widget.objects.filter(dashboard_id=item.pk).values(
                "kind", "report_id", "title", "text", "x", "y", "w", "h", "tab"
            )
        )
    Revision.objects.create(
        organization_id=item.organization_id,
        item_type=_key(item),
        item_id=item.pk,
        version=item.version,
        snapshot=data,
        actor=actor,
        origin=trace.origin(),
    )


def publish(item: CatalogItem, event: str) -> None:
    """Tell open pages of the organisation, once the change is committed."""
    realtime.publish(f"catalog:{item.organization_id}", f"{_key(item)}-{event}", {"id": item.pk})


def _key(item: models.Model) -> str:
    return str(item._meta.model_name)


def _difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}


def _name_taken(model: type[models.Model], name: str) -> str:
    return _("A %(type)s called “%(name)s” already exists in this project.") % {
        "type": model._meta.verbose_name,
        "name": name,
    }


def _integrity(item: CatalogItem, error: IntegrityError) -> Exception:
    if "name_unique_in_project" in str(error):
        return Invalid(name=_name_taken(type(item), item.name))
    return error
