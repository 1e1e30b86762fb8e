"""What the sixth to eighth layer of checks have in common: items, names, projects, permissions."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from django.utils.translation import gettext as _

from accounts.models import Project
from accounts.permissions import explain
from catalog.actions.base import same_name
from catalog.models import CatalogItem
from wizard.operations.contexts import CheckContext, Made, missing_sentence, model_of
from wizard.plan.model import Entity, Finding, Ref, Step, place, step_name
from wizard.plan.words import ENTITY_NOUN

Search = Generator[Finding, None, "CatalogItem | Made | None"]


def database(
    step: Step, code: str, message: str, hint: str = "", part: str = "", severity: str = "error"
) -> Finding:
    return _finding("database", step, code, message, hint, part, severity)


def impact(step: Step, code: str, message: str, severity: str = "warning") -> Finding:
    return _finding("impact", step, code, message, "", "target", severity)


def permitted(
    step: Step, ctx: CheckContext, permission: str, item: CatalogItem | None = None
) -> Iterator[Finding]:
    """The missing permission by name, once: of the role, or on this item."""
    user = ctx.user
    if user.organization_id is None or not user.has_perm(permission):
        yield _finding("permissions", step, "missing_permission", explain(permission))
    elif item is not None and not user.has_perm(permission, item):
        yield _finding("permissions", step, "missing_permission", explain(permission, item))


def find(step: Step, ctx: CheckContext, entity: Entity, value: object, part: str) -> Search:
    """What an ID or a reference means; a finding and ``None`` when it is not there."""
    if isinstance(value, Ref):
        return ctx.made.get(value.name)  # a wrong one is a finding of the graph
    if not isinstance(value, int):
        return None
    item = ctx.item(entity, value)
    if item is None:
        hint = _("Choose another one, or create it.")
        yield database(step, "missing_item", missing_sentence(entity, value), hint, part)
        return None
    if remover := ctx.gone.get((entity, value)):
        words = {"name": item.name, "step": step_name(remover).lower()}
        message = _("“%(name)s” is no longer there after %(step)s.") % words
        yield database(step, "deleted_before", message, "", part)
        return None
    return item


def find_project(step: Step, ctx: CheckContext) -> Generator[Finding, None, Project | None]:
    """The project named, or the organisation's default one."""
    if ctx.user.organization is None:
        return None  # said by the permissions
    value = step.params.get("projectId")
    if value is None:
        return ctx.user.organization.default_project
    known = Project.objects.visible_to(ctx.user)
    project = known.filter(pk=value).first() if isinstance(value, int) else None
    if project is None:
        message = _("There is no project with the ID %(id)s.") % {"id": value}
        yield database(step, "missing_project", message, "", "projectId")
        return None
    if not Project.objects.editable_by(ctx.user).filter(pk=project.pk).exists():
        message = _("You may not add items to the project “%(name)s”.") % {"name": project.name}
        yield _finding("permissions", step, "missing_permission", message, "", "projectId")
        return None
    return project


def name_free(
    step: Step, ctx: CheckContext, project: Project | None, name: str, keep: int | None = None
) -> Iterator[Finding]:
    """Neither a live item of the project nor an earlier step has the name."""
    if project is None:
        return
    entity, name = step.entity, " ".join(name.split())
    key = (entity, project.pk, name.casefold())
    rows = model_of(entity)._default_manager.live().filter(project=project)
    leaving = {pk for kind, pk in (*ctx.gone, *ctx.moved) if kind is entity}
    if keep is not None:
        leaving.add(keep)
    if key in ctx.names or same_name(rows.exclude(pk__in=leaving), name):
        words = {"noun": ENTITY_NOUN[entity].one, "name": name, "project": project.name}
        message = _("A %(noun)s called “%(name)s” already exists in “%(project)s”.") % words
        yield database(step, "name_taken", message, _("Choose another name."), "name")
    ctx.names.add(key)
    if keep is not None:
        ctx.moved.add((entity, keep))


def fresh(step: Step, item: CatalogItem) -> Iterator[Finding]:
    """The item still has the version that was reviewed."""
    if step.expected_version is not None and item.version != step.expected_version:
        message = _("“%(name)s” was changed since the plan was made.") % {"name": item.name}
        hint = _("Renew the plan and review the change.")
        yield database(step, "stale", message, hint, "target")


def unsupported(step: Step, part: str, message: str, hint: str = "") -> Iterator[Finding]:
    if step.params.get(part):
        yield database(step, "not_possible", message, hint, part)


def _finding(
    layer: str,
    step: Step,
    code: str,
    message: str,
    hint: str = "",
    part: str = "",
    severity: str = "error",
) -> Finding:
    text = f"{step_name(step.id)}: {message}"
    return Finding(layer, code, text, hint, step.id, place(step.id, part), severity)
