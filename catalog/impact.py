"""What depends on an item: one function for page, bulk, API and plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from accounts.models import User
from catalog.models import CatalogItem, Dashboard, DataSource, Report, Schedule

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Dependent:
    type: str
    id: int
    name: str
    effect: str


@dataclass(slots=True)
class Impact:
    """``dependents`` are those the reader may see (the first twenty); ``total`` counts all."""

    dependents: list[Dependent] = field(default_factory=list)
    total: int = 0
    hidden: int = 0

    @property
    def more(self) -> int:
        return max(0, self.total - self.hidden - len(self.dependents))


def impact_of(item: CatalogItem, *, reader: User) -> Impact:
    """Everything live that would stop or lose something if ``item`` went to the trash."""
    impact = Impact()
    visible: dict[type[CatalogItem], set[int]] = {}
    for dependent, effect in _walk(item):
        impact.total += 1
        model: Any = type(dependent)
        if model not in visible:
            visible[model] = set(model.objects.visible_to(reader).values_list("pk", flat=True))
        if dependent.pk not in visible[model]:
            impact.hidden += 1
        elif len(impact.dependents) < SHOWN:
            impact.dependents.append(
                Dependent(str(model._meta.verbose_name), dependent.pk, dependent.name, effect)
            )
    return impact


def dependents(item: CatalogItem) -> list[CatalogItem]:
    """The live items that go to the trash with ``item``: reports of a source, schedules."""
    return [dependent for dependent, effect in _walk(item) if effect == "trashed"]


def _walk(item: CatalogItem) -> Iterator[tuple[CatalogItem, str]]:
    """Each live dependent once, in a handful of queries however many there are."""
    if isinstance(item, Dashboard):
        yield from _schedules(Q(dashboard=item))
        return
    reports: list[Report] = []
    if isinstance(item, DataSource):
        reports = list(Report.objects.live().filter(source=item))
        yield from ((report, "trashed") for report in reports)
    elif isinstance(item, Report):
        reports = [item]
    if reports:
        shown = Dashboard.objects.live().filter(widgets__report__in=reports)
        yield from ((dashboard, "loses a widget") for dashboard in shown.distinct())
        yield from _schedules(Q(report__in=reports))


def _schedules(condition: Q) -> Iterator[tuple[CatalogItem, str]]:
    yield from ((schedule, "trashed") for schedule in Schedule.objects.live().filter(condition))
