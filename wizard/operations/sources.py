"""Data sources: made from an upload, renamed, moved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from catalog.actions.sources import create_source, tables_of, update_source
from catalog.connectors import registry
from catalog.connectors.base import SourceError
from catalog.models import CatalogItem, DataSource, Upload
from wizard.operations import files
from wizard.operations.base import Create, Json, Update
from wizard.operations.contexts import CheckContext, Made, RunContext
from wizard.operations.findings import database, permitted, unsupported
from wizard.plan.model import Entity, FileSpec, Finding, Step


class CreateSource(Create):
    entity = Entity.DATA_SOURCE

    def check_contents(self, step: Step, ctx: CheckContext, made: Made) -> Iterator[Finding]:
        yield from unsupported(step, "tags", _("Data sources have no tags."))
        made.kind = kind = str(step.params.get("type", ""))
        try:
            connector = registry.get(kind)
        except SourceError as error:
            yield database(step, "unknown_type", error.message, error.hint, "type")
            return
        if connector.permission != self.permission:
            yield from permitted(step, ctx, connector.permission)
        spec = step.params.get("fileMetadata")
        if not isinstance(spec, FileSpec) or not connector.extensions:
            message = _("A plan makes data sources of the type “%(kind)s” from a file only.")
            hint = _("Give “fileMetadata”.") if connector.extensions else ""
            yield database(step, "needs_file", message % {"kind": connector.label}, hint, "type")
            return
        if prepared := _prepared(step, ctx.prepared):
            made.tables = tables_of(files.source_of(prepared))
            return
        info = yield from files.check_file(step, ctx, spec, kind)
        made.tables = list(info.tables) if info else None

    def key(self, step: Step, run: RunContext) -> str:
        spec = step.params["fileMetadata"]
        upload = self._upload(step, run)
        facts = [str(upload.pk), upload.sha256, files.options_of(spec)]  # type: ignore[arg-type]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def prepare(self, step: Step, run: RunContext) -> Json:
        spec = step.params["fileMetadata"]
        assert isinstance(spec, FileSpec)  # noqa: S101  (checked as a parameter)
        upload = self._upload(step, run)
        return files.prepare_file(run.user, upload, spec, run.cancelled, run.on_progress)

    def usable(self, prepared: Json) -> bool:
        return files.is_usable(prepared)

    def compensate(self, prepared: Json) -> None:
        files.discard_file(prepared)

    def apply(self, step: Step, run: RunContext) -> CatalogItem:
        source = files.source_of(run.prepared[step.id])
        return create_source(**self.common(step, run), prepared=source)

    def preview(self, step: Step, item: Any, run: RunContext) -> Callable[[], Json] | None:
        source = files.source_of(run.prepared[step.id])
        tables = [
            {
                "name": table.label,
                "rows": table.rows,
                "columns": [{"name": c.label, "type": c.type} for c in table.columns],
            }
            for table in tables_of(source)
        ]
        found = source.report.get("findings", [])
        facts = {"tables": tables, "rows": source.rows, "repairs": found}
        return lambda: facts

    def _upload(self, step: Step, run: RunContext) -> Upload:
        spec = step.params["fileMetadata"]
        assert isinstance(spec, FileSpec)  # noqa: S101
        found = files.candidates(spec, run.user)
        if len(found) != 1:
            message = _("There is no upload of yours called “%(name)s” any more.")
            raise files.FileGone(message % {"name": spec.name})
        return found[0]


class UpdateSource(Update):
    entity = Entity.DATA_SOURCE

    def check_changes(
        self, step: Step, ctx: CheckContext, item: CatalogItem | Made | None
    ) -> Iterator[Finding]:
        yield from unsupported(step, "tags", _("Data sources have no tags."))
        message = _("A plan cannot exchange what a data source reads.")
        hint = _("Create a new data source, and change the reports to it.")
        yield from unsupported(step, "fileMetadata", message, hint)
        yield from unsupported(step, "connection", message, hint)

    def made(self, step: Step, ctx: CheckContext, item: CatalogItem | Made | None) -> Made:
        if isinstance(item, DataSource):
            return Made(self.entity, item.kind, item.table_infos())
        return item if isinstance(item, Made) else Made(self.entity)

    def apply(self, step: Step, run: RunContext) -> CatalogItem:
        source = run.find(self.entity, step.target)
        return update_source(source=source, **self.common(step, run))


def _prepared(step: Step, prepared: Any) -> Json | None:
    found = prepared.get(step.id)
    return found if found and files.is_usable(found) else None
