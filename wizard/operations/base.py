"""What carries out one step: a class per operation and entity, one instance in the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from accounts.models import Project
from catalog.models import CatalogItem
from wizard.operations.contexts import MODELS, CheckContext, Made, RunContext
from wizard.operations.findings import find, find_project, fresh, name_free, permitted
from wizard.plan.describe import describe_value
from wizard.plan.model import Entity, Finding, Operation, ParamValue, Step
from wizard.plan.snapshot import to_data
from wizard.plan.summary import label_of

Json = dict[str, Any]
VERBS = {
    Operation.CREATE: "add",
    Operation.UPDATE: "change",
    Operation.DELETE: "delete",
    Operation.RESTORE: "delete",
    Operation.LIST: "view",
}


class StepOperation:
    """The default of everything: nothing to prepare, nothing to look at."""

    operation: ClassVar[Operation]
    entity: ClassVar[Entity]

    @property
    def permission(self) -> str:
        """The one the catalog's own page asks for."""
        return f"catalog.{VERBS[self.operation]}_{MODELS[self.entity]._meta.model_name}"

    def check(self, step: Step, ctx: CheckContext) -> Iterator[Finding]:
        """Layers 6 to 8; leaves in ``ctx`` what later steps need to know."""
        raise NotImplementedError

    def key(self, step: Step, run: RunContext) -> str:
        """What ``prepare`` depends on: the same key, the same outcome. Empty: no preparation."""
        return ""

    def prepare(self, step: Step, run: RunContext) -> Json:
        """Slow work, outside any transaction."""
        return {}

    def usable(self, prepared: Json) -> bool:
        """Is what was prepared earlier still there, unchanged?"""
        return True

    def compensate(self, prepared: Json) -> None:
        """Undo ``prepare``. Any number of times."""

    def outlook(self, step: Step, run: RunContext) -> Json:
        """For the review, before ``apply``: old and new values, the impact."""
        return {}

    def before(self, step: Step, run: RunContext) -> dict[str, str | None]:
        """The values that ``apply`` will overwrite, as undo needs them."""
        return {}

    def apply(self, step: Step, run: RunContext) -> CatalogItem | None:
        """Database only, through the catalog's actions; the caller holds the transaction."""
        raise NotImplementedError

    def preview(self, step: Step, item: Any, run: RunContext) -> Callable[[], Json] | None:
        """For the review, after ``apply``: what is read here is looked at (slowly) after the
        transaction has been rolled back."""
        return None


class Create(StepOperation):
    operation = Operation.CREATE

    def check(self, step: Step, ctx: CheckContext) -> Iterator[Finding]:
        yield from permitted(step, ctx, self.permission)
        project = yield from find_project(step, ctx)
        yield from name_free(step, ctx, project, str(step.params.get("name", "")))
        made = Made(self.entity)
        yield from self.check_contents(step, ctx, made)
        if step.output:
            ctx.made[step.output] = made

    def check_contents(self, step: Step, ctx: CheckContext, made: Made) -> Iterator[Finding]:
        return iter(())

    def common(self, step: Step, run: RunContext) -> dict[str, Any]:
        """What all catalog actions take."""
        return {
            "actor": run.user,
            "project": project_for(step, run),
            "name": str(step.params["name"]),
            "description": str(step.params.get("description", "")),
        }


class Update(StepOperation):
    operation = Operation.UPDATE

    def check(self, step: Step, ctx: CheckContext) -> Iterator[Finding]:
        item = yield from find(step, ctx, self.entity, step.target, "target")
        if not isinstance(item, CatalogItem):
            yield from permitted(step, ctx, self.permission)
            yield from self.check_changes(step, ctx, item)
        else:
            yield from permitted(step, ctx, self.permission, item)
            yield from fresh(step, item)
            yield from self._check_place(step, ctx, item)
            yield from self.check_changes(step, ctx, item)
        if step.output:
            ctx.made[step.output] = self.made(step, ctx, item)

    def _check_place(self, step: Step, ctx: CheckContext, item: CatalogItem) -> Iterator[Finding]:
        project: Project | None = item.project
        if "projectId" in step.params:
            project = yield from find_project(step, ctx)
        if {"name", "projectId"} & step.params.keys():
            name = str(step.params.get("name", item.name))
            yield from name_free(step, ctx, project, name, keep=item.pk)

    def check_changes(
        self, step: Step, ctx: CheckContext, item: CatalogItem | Made | None
    ) -> Iterator[Finding]:
        return iter(())

    def made(self, step: Step, ctx: CheckContext, item: CatalogItem | Made | None) -> Made:
        return item if isinstance(item, Made) else Made(self.entity)

    def values(self, item: Any) -> dict[str, ParamValue | None]:
        """Every parameter of the item as it is now."""
        return {"name": item.name, "description": item.description, "projectId": item.project_id}

    def touched(self, step: Step) -> set[str]:
        """The parameters whose values will be others; what gives way is one of them."""
        return set(step.params)

    def new_values(self, step: Step, run: RunContext) -> Mapping[str, ParamValue]:
        return step.params

    def before(self, step: Step, run: RunContext) -> dict[str, str | None]:
        now = self.values(run.find(self.entity, step.target))
        touched = self.touched(step)
        return to_data({name: value for name, value in now.items() if name in touched})

    def outlook(self, step: Step, run: RunContext) -> Json:
        """Old → new for each property that changes."""
        now = self.values(run.find(self.entity, step.target))
        changes = []
        for name, new in step.params.items():
            old = now.get(name)
            if old != new:
                old_words = describe_value(old, run.plan) if old is not None else None
                new_words = describe_value(new, run.plan)
                changes.append({"name": label_of(name), "old": old_words, "new": new_words})
        return {"changes": changes}

    def common(self, step: Step, run: RunContext) -> dict[str, Any]:
        changes: dict[str, Any] = {"actor": run.user}
        for name in ("name", "description"):
            if name in step.params:
                changes[name] = str(step.params[name]).strip()
        if "projectId" in step.params:
            changes["project"] = project_for(step, run)
        return changes


def project_for(step: Step, run: RunContext) -> Project:
    organization = run.user.organization
    assert organization is not None  # noqa: S101  (checked by the permissions before)
    wanted = step.params.get("projectId")
    if wanted is None:
        return organization.default_project
    assert isinstance(wanted, int)  # noqa: S101  (a project is never a reference)
    return Project.objects.visible_to(run.user).get(pk=wanted)
