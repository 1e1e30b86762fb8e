"""A million rows of sales, the same ones every time."""

from __future__ import annotations

from pathlib import Path

import duckdb

ROWS = 1_000_000
_SALES = """
    SELECT
        i AS order_id,
        DATE '2020-01-01' + CAST(hash(i * 3) % 1826 AS INTEGER) AS ordered_on,
        ['North', 'South', 'East', 'West', 'Mid'][1 + CAST(hash(i * 5) % 5 AS INTEGER)] AS region,
        'Product ' || lpad(CAST(hash(i * 7) % 200 AS VARCHAR), 3, '0') AS product,
        1 + CAST(hash(i * 11) % 9 AS INTEGER) AS quantity,
        CAST((100 + hash(i * 13) % 99900) / 100.0 AS DECIMAL(10, 2)) AS amount
    FROM range({rows}) AS numbers(i)
"""


def write_csv(path: Path, rows: int = ROWS) -> None:
    with duckdb.connect() as connection:
        chosen = _SALES.format(rows=int(rows))
        connection.execute(f"COPY ({chosen}) TO '{path}' (HEADER)")
