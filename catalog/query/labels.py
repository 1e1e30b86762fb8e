"""The words for columns of a result: in table heads, axis titles and sentences."""

from __future__ import annotations

from catalog.query.spec import Aggregate, Dimension, Grain, Measure, Operator

AGGREGATES: dict[Aggregate, str] = {
    Aggregate.SUM: "Sum of {}",
    Aggregate.AVG: "Average {}",
    Aggregate.MEDIAN: "Median {}",
    Aggregate.MIN: "Smallest {}",
    Aggregate.MAX: "Largest {}",
    Aggregate.COUNT: "Count of {}",
    Aggregate.COUNT_DISTINCT: "Distinct {}",
}
GRAINS: dict[Grain, str] = {grain: grain.value for grain in Grain}
OPERATORS: dict[Operator, str] = {
    Operator.EQ: "is",
    Operator.NE: "is not",
    Operator.LT: "is less than",
    Operator.LE: "is at most",
    Operator.GT: "is more than",
    Operator.GE: "is at least",
    Operator.IN: "is one of",
    Operator.NOT_IN: "is none of",
    Operator.BETWEEN: "is between",
    Operator.CONTAINS: "contains",
    Operator.STARTS: "starts with",
    Operator.EMPTY: "is empty",
    Operator.NOT_EMPTY: "is not empty",
    Operator.RELATIVE: "is in",
}


def dimension_label(dimension: Dimension, column_label: str) -> str:
    if dimension.label:
        return dimension.label
    return f"{column_label} ({GRAINS[dimension.grain]})" if dimension.grain else column_label


def measure_label(measure: Measure, column_label: str | None) -> str:
    if measure.label:
        return measure.label
    if column_label is None:
        return "Number of rows"
    return AGGREGATES[measure.aggregate].format(column_label)
