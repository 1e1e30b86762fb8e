"""How a result is drawn. Stored as JSON (``Report.chart``), mirrored in task plans."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.query.spec import FieldKey


class ChartKind(StrEnum):
    BAR = "bar"
    LINE = "line"
    AREA = "area"
    PIE = "pie"
    SCATTER = "scatter"
    TABLE = "table"
    NUMBER = "number"


class ChartSpec(BaseModel):
    """``x`` and ``y`` are field keys of the result; left out, the first dimension and all
    measures are drawn. ``series`` splits one measure by a second dimension."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: Literal[1] = 1
    kind: ChartKind
    x: FieldKey | None = None
    y: tuple[FieldKey, ...] = ()
    series: FieldKey | None = None
    stacked: bool = False
    horizontal: bool = False
    log_scale: bool = False
    labels: bool = False
    totals: bool = False
    goal: float | None = None
    top_n: Annotated[int, Field(ge=1, le=100)] | None = None
    number_format: Literal["auto", "integer", "decimal", "percent", "compact", "currency"] = "auto"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    decimals: Annotated[int, Field(ge=0, le=6)] | None = None
    x_title: Annotated[str, Field(max_length=100)] = ""
    y_title: Annotated[str, Field(max_length=100)] = ""
