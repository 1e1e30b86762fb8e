"""How much a file may hold. All limits of the intake, in one place."""

from __future__ import annotations

COLUMNS = 2_000
ROWS = 10_000_000
CELL_CHARACTERS = 100_000
SPREADSHEET_CELLS = 20_000_000  # calamine holds the whole sheet in memory, 32 bytes a cell

ZIP_ENTRIES = 10_000
ZIP_BYTES = 1_000 * 2**20
ZIP_RATIO = 200  # deflate of real sheets gives 5 to 30
ZIP_RATIO_FROM = 20 * 2**20
ZIP_DEPTH = 12

HEADER_ROWS = 60  # the header is looked for in so many rows
SAMPLE_BYTES = 2**20
SAMPLE_ROWS = 2_000
SAMPLE_CELLS = 200_000
PREVIEW_ROWS = 100
PREVIEW_CHARACTERS = 500
ROWS_NAMED = 3  # in evidence: "rows 17, 204, 9001"
SAMPLES = 20
FEW_VALUES = 50  # columns with at most so many distinct values show them as samples

LABEL_CHARACTERS = 200
NAME_CHARACTERS = 60

DUCKDB_THREADS = 2
DUCKDB_MEMORY = "700MB"
JSON_OBJECT_BYTES = 16 * 2**20
