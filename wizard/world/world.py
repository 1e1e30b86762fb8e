"""``wizard.dialogue.Catalog`` over the database: what one user may see, looked up once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Project as ProjectRow
from accounts.models import User
from accounts.permissions import explain
from catalog.connectors import registry
from catalog.connectors.base import TableInfo
from catalog.models import Upload
from catalog.queries import source_with_tables
from catalog.schedules import cron as crons
from catalog.schedules.registry import TASK_TYPES
from common import clock
from wizard.dialogue.advice import ChartAdvice
from wizard.dialogue.catalog import (
    ConnectionInfo,
    Item,
    Project,
    SourceKind,
    TaskType,
    UploadInfo,
)
from wizard.plan.model import Entity
from wizard.world import connections, files, items


class World(ChartAdvice):
    """``secrets`` are the session's, by the names that its answers give them."""

    def __init__(self, user: User, secrets: Mapping[str, str] | None = None) -> None:
        self.user = user
        self.secrets = secrets or {}
        self._listed: dict[Entity, list[Item]] = {}
        self._found: dict[tuple[Entity, int], Item | None] = {}
        self._tables: dict[int, list[TableInfo]] = {}
        self._names: dict[tuple[Entity, str, int | None], bool] = {}

    def may(self, permission: str) -> tuple[bool, str]:
        allowed = self.user.has_perm(permission)
        return allowed, "" if allowed else explain(permission)

    def projects(self) -> Sequence[Project]:
        return self._projects

    @cached_property
    def _projects(self) -> list[Project]:
        rows = ProjectRow.objects.editable_by(self.user)
        return [Project(row.pk, row.name, row.is_default) for row in rows]

    def source_kinds(self) -> Sequence[SourceKind]:
        return [
            SourceKind(
                key=kind.key,
                label=kind.label,
                category=kind.category,
                description=kind.description,
                icon=kind.icon,
                form_fields=kind.form_fields,
                extensions=kind.extensions,
                permission=kind.permission,
            )
            for kind in registry.all()
        ]

    def task_types(self) -> Sequence[TaskType]:
        return [TaskType(task.key, str(task.label)) for task in TASK_TYPES.values()]

    def sources(self, q: str = "") -> Sequence[Item]:
        return self._items(Entity.DATA_SOURCE, q)

    def reports(self, q: str = "") -> Sequence[Item]:
        return self._items(Entity.REPORT, q)

    def dashboards(self, q: str = "") -> Sequence[Item]:
        return self._items(Entity.DASHBOARD, q)

    def schedules(self, q: str = "") -> Sequence[Item]:
        return self._items(Entity.SCHEDULE, q)

    def _items(self, entity: Entity, q: str) -> list[Item]:
        if q:
            return items.listed(entity, self.user, q)
        if entity not in self._listed:
            self._listed[entity] = items.listed(entity, self.user)
        return self._listed[entity]

    def item(self, entity: Entity, pk: int) -> Item | None:
        for item in self._listed.get(entity, ()):
            if item.id == pk:
                return item
        if (entity, pk) not in self._found:
            self._found[entity, pk] = items.one(entity, self.user, pk)
        return self._found[entity, pk]

    def tables(self, source_id: int) -> Sequence[TableInfo]:
        if source_id not in self._tables:
            source = source_with_tables(self.user).filter(pk=source_id).first()
            self._tables[source_id] = source.table_infos() if source else []
        return self._tables[source_id]

    def upload(self, upload_id: str, options: Mapping[str, Any] | None = None) -> UploadInfo | None:
        row = self._upload_row(upload_id)
        return files.look(row, dict(options or {})) if row else None

    def _upload_row(self, upload_id: str) -> Upload | None:
        if upload_id not in self._uploads:
            self._uploads[upload_id] = files.find(self.user, upload_id)
        return self._uploads[upload_id]

    @cached_property
    def _uploads(self) -> dict[str, Upload | None]:
        return {}

    def connection(self, kind: str, values: Mapping[str, Any]) -> ConnectionInfo:
        return connections.tested(kind, values, self.secrets)

    def name_free(self, entity: Entity, name: str, project: int | None) -> bool:
        key = (entity, name.casefold(), project)
        if key not in self._names:
            self._names[key] = not items.taken(entity, self.user, name, project)
        return self._names[key]

    def timezone(self) -> str:
        return self.user.time_zone

    def next_runs(self, cron: str, timezone: str, n: int) -> Sequence[datetime]:
        crons.check(cron, timezone)
        zone = ZoneInfo(timezone)
        return [run.astimezone(zone) for run in crons.next_runs(cron, timezone, clock.now(), n)]
