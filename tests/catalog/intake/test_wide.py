"""A wide file goes all the way: through the sandbox, with the limits the product sets."""

from pathlib import Path

import pytest

from catalog.intake.run import convert_file, inspect_file


@pytest.mark.parametrize("rows", [1, 50])
def test_three_hundred_and_twenty_columns(tmp_path: Path, rows: int) -> None:
    lines = [",".join(f"column{n}" for n in range(320)), *([",".join("1" * 320)] * rows)]
    path = tmp_path / "wide.csv"
    path.write_text("\n".join(lines) + "\n")
    found = inspect_file(path, path.name, {})
    assert len(found["columns"]) == 320
    made = convert_file(path, path.name, found["options"], tmp_path / "wide.parquet")
    assert (made["rows"], {column["type"] for column in made["columns"]}) == (rows, {"integer"})
