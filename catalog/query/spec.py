"""What a report asks of its data: one description for builder, wizard, chat and API.

The models here are stored as JSON (``Report.query``) and written into task plans one to one, so
every field has a version-stable name. A query speaks of columns by their *name* (the intake's
stable key, or the database's column name), never by the label people see.

Result columns are named by position: dimensions ``d1, d2, …``, then measures ``m1, m2, …``, then
computed columns by their own name. Sorting and charts refer to these field keys.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

ColumnName = Annotated[str, Field(min_length=1, max_length=200)]
FieldKey = Annotated[str, Field(min_length=1, max_length=64)]
Label = Annotated[str, Field(min_length=1, max_length=200)]


def _scalar(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Text is a date only when it is written exactly as one: left alone, pydantic reads the text
    "12" of a JSON document as twelve seconds past midnight in 1970."""
    if not isinstance(value, str):
        return handler(value)
    for kind in (date, datetime):
        try:
            moment = kind.fromisoformat(value)
        except ValueError:
            continue
        if moment.isoformat() == value:
            return moment
    return value


Scalar = Annotated[bool | int | float | date | datetime | str, WrapValidator(_scalar)]


class Aggregate(StrEnum):
    SUM = "sum"
    AVG = "avg"
    MEDIAN = "median"
    MIN = "min"
    MAX = "max"
    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"


class Grain(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Operator(StrEnum):
    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    NOT_IN = "not_in"
    BETWEEN = "between"
    CONTAINS = "contains"
    STARTS = "starts"
    EMPTY = "empty"
    NOT_EMPTY = "not_empty"
    RELATIVE = "relative"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dimension(_Frozen):
    """A column to group by; time columns may be cut to a grain."""

    column: ColumnName
    grain: Grain | None = None
    label: Label | None = None


class Measure(_Frozen):
    """An aggregate over a column; ``count`` without a column counts rows."""

    aggregate: Aggregate
    column: ColumnName | None = None
    label: Label | None = None


class Computed(_Frozen):
    """A column computed from the result's fields, e.g. ``m1 / m2 * 100``."""

    name: Annotated[str, Field(pattern=r"^c[1-9][0-9]?$")]
    expression: Annotated[str, Field(min_length=1, max_length=500)]
    label: Label | None = None


class Filter(_Frozen):
    """A condition on a source column, before grouping.

    ``values`` holds none for ``empty``/``not_empty``, one for comparisons, two for ``between``,
    any number for ``in``/``not_in``. ``relative`` takes one phrase of the closed vocabulary in
    ``catalog.query.relative`` such as ``last_30_days`` or ``this_quarter``.
    """

    column: ColumnName
    operator: Operator
    values: tuple[Scalar, ...] = ()


class Sort(_Frozen):
    by: FieldKey
    direction: Literal["asc", "desc"] = "asc"


class Join(_Frozen):
    """An equality join of another table of the same source."""

    table: ColumnName
    kind: Literal["inner", "left"] = "left"
    left_column: ColumnName
    right_column: ColumnName


class ReportQuery(_Frozen):
    """Builder mode. Without measures the dimensions are plain columns of ungrouped rows;
    with neither, all columns of the table. Columns of a joined table are ``table.column``."""

    v: Literal[1] = 1
    kind: Literal["builder"] = "builder"
    table: ColumnName
    joins: tuple[Join, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    measures: tuple[Measure, ...] = ()
    computed: tuple[Computed, ...] = ()
    filters: tuple[Filter, ...] = ()
    series: FieldKey | None = None
    sort: tuple[Sort, ...] = ()
    limit: Annotated[int, Field(ge=1, le=100_000)] | None = None


class SqlQuery(_Frozen):
    """SQL mode, for people with ``catalog.use_sql``; always judged by the SQL guard."""

    v: Literal[1] = 1
    kind: Literal["sql"] = "sql"
    sql: Annotated[str, Field(min_length=1, max_length=20_000)]
    parameters: dict[str, Scalar] = {}


AnyQuery = Annotated[ReportQuery | SqlQuery, Field(discriminator="kind")]
