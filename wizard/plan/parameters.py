"""Which parameters each operation on each entity takes: the one table of the plan's vocabulary.

``PARAMETERS`` says what a parameter name means wherever it stands (its kind, its limits, what it
refers to); ``RULES`` says who takes which. Whatever carries operations out registers under the
same (operation, entity) keys. The order of ``PARAMETERS`` is the order in which plans are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from wizard.plan.model import Entity, Operation


class Kind(StrEnum):
    """The form of a parameter's value; the value is how a sentence calls it."""

    TEXT = "text"
    INTEGER = "a whole number"
    BOOLEAN = "“true” or “false”"
    ID = "an ID or a reference"
    FILE = "a file"
    CONNECTION = "a connection"
    QUERY = "a query"
    CHART = "a chart"
    LAYOUT = "widgets"
    ITEMS = "a list of items"


@dataclass(frozen=True, slots=True)
class Parameter:
    """``label`` is the word for people; ``max_size`` bounds characters of text and list entries;
    ``refers`` is what an ID belongs to (``None``: something no step makes, so never a reference);
    ``pattern`` is matched by the whole text and explained by ``form``."""

    name: str
    kind: Kind
    label: str
    max_size: int = 0
    refers: Entity | None = None
    pattern: str = ""
    form: str = ""
    blank: bool = False


_WORD = r"[a-z][a-z0-9_.-]{0,39}"
_WORD_FORM = "one word of small letters, digits, “_”, “-” and “.”"

PARAMETERS: dict[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        Parameter("name", Kind.TEXT, "name", 200),
        Parameter("description", Kind.TEXT, "description", 2000, blank=True),
        Parameter("projectId", Kind.ID, "project"),
        Parameter("tags", Kind.ITEMS, "tags", 20),
        Parameter("type", Kind.TEXT, "type", 40, pattern=_WORD, form=_WORD_FORM),
        Parameter(
            "connectionType", Kind.TEXT, "connection type", 40,
            pattern="file|database", form="“file” or “database”",
        ),
        Parameter("fileMetadata", Kind.FILE, "file"),
        Parameter("connection", Kind.CONNECTION, "connection", 40),
        Parameter("sourceId", Kind.ID, "data source", refers=Entity.DATA_SOURCE),
        Parameter("query", Kind.QUERY, "query"),
        Parameter("config", Kind.CHART, "chart"),
        Parameter("layout", Kind.LAYOUT, "widgets", 50),
        Parameter("reportId", Kind.ID, "report", refers=Entity.REPORT),
        Parameter("dashboardId", Kind.ID, "dashboard", refers=Entity.DASHBOARD),
        Parameter("cron", Kind.TEXT, "time plan", 100),
        Parameter("timezone", Kind.TEXT, "time zone", 64),
        Parameter("taskType", Kind.TEXT, "task", 40, pattern=_WORD, form=_WORD_FORM),
        Parameter("active", Kind.BOOLEAN, "active"),
        Parameter("recipients", Kind.ITEMS, "recipients", 100),
        Parameter("format", Kind.TEXT, "format", 40, pattern=_WORD, form=_WORD_FORM),
        Parameter("filter", Kind.TEXT, "search text", 200),
        Parameter("limit", Kind.INTEGER, "number of rows", 1000),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """Parameters of one operation on one entity. Of each group in ``exactly_one``,
    ``at_least_one`` and ``at_most_one`` that many must be given; groups are optional names."""

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    exactly_one: tuple[tuple[str, ...], ...] = ()
    at_least_one: tuple[tuple[str, ...], ...] = ()
    at_most_one: tuple[tuple[str, ...], ...] = ()
    target: bool = False
    output: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return self.required + self.optional


def _update(*names: str, at_most_one: tuple[tuple[str, ...], ...] = ()) -> Rule:
    return Rule(
        optional=names, at_least_one=(names,), at_most_one=at_most_one, target=True, output=True
    )


_COMMON = ("description", "projectId", "tags")
_SCHEDULE = ("timezone", "taskType", "active", "recipients", "format", *_COMMON)
_TARGETS = ("reportId", "dashboardId")
_LIST = ("filter", "limit", "projectId")
_ENTITIES = (Entity.DATA_SOURCE, Entity.REPORT, Entity.DASHBOARD, Entity.SCHEDULE)

RULES: dict[tuple[Operation, Entity], Rule] = {
    (Operation.CREATE, Entity.DATA_SOURCE): Rule(
        required=("name", "type"),
        optional=("connectionType", "fileMetadata", "connection", *_COMMON),
        exactly_one=(("fileMetadata", "connection"),),
        output=True,
    ),
    (Operation.CREATE, Entity.REPORT): Rule(
        required=("name", "sourceId"),
        optional=("query", "config", *_COMMON),
        at_least_one=(("query", "config"),),
        output=True,
    ),
    (Operation.CREATE, Entity.DASHBOARD): Rule(
        required=("name",), optional=("layout", *_COMMON), output=True
    ),
    (Operation.CREATE, Entity.SCHEDULE): Rule(
        required=("name", "cron"),
        optional=(*_TARGETS, *_SCHEDULE),
        exactly_one=(_TARGETS,),
        output=True,
    ),
    (Operation.UPDATE, Entity.DATA_SOURCE): _update(
        "name", "fileMetadata", "connection", *_COMMON,
        at_most_one=(("fileMetadata", "connection"),),
    ),
    (Operation.UPDATE, Entity.REPORT): _update("name", "sourceId", "query", "config", *_COMMON),
    (Operation.UPDATE, Entity.DASHBOARD): _update("name", "layout", *_COMMON),
    (Operation.UPDATE, Entity.SCHEDULE): _update(
        "name", "cron", *_TARGETS, *_SCHEDULE, at_most_one=(_TARGETS,)
    ),
    **{(Operation.DELETE, entity): Rule(target=True) for entity in _ENTITIES},
    **{(Operation.RESTORE, entity): Rule(target=True, output=True) for entity in _ENTITIES},
    (Operation.LIST, Entity.DATA_SOURCE): Rule(optional=(*_LIST, "type"), output=True),
    (Operation.LIST, Entity.REPORT): Rule(optional=(*_LIST, "sourceId"), output=True),
    (Operation.LIST, Entity.DASHBOARD): Rule(optional=_LIST, output=True),
    (Operation.LIST, Entity.SCHEDULE): Rule(
        optional=(*_LIST, "active", "reportId", "dashboardId"), output=True
    ),
    (Operation.LIST, Entity.ALL): Rule(optional=_LIST, output=True),
}  # fmt: skip
