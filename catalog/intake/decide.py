"""From counts to the type of a column, with evidence and findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from catalog.connectors.base import BaseType
from catalog.intake import limits
from catalog.intake.engine import quoted
from catalog.intake.errors import IntakeError
from catalog.intake.findings import Report, count, listed
from catalog.intake.formats import MARKERS, Format
from catalog.intake.staged import Column, Staged
from catalog.intake.tally import Tally, fill, trimmed

NOUNS = {
    "integer": "whole numbers",
    "decimal": "numbers",
    "number": "numbers",
    "boolean": "yes/no values",
    "date": "dates",
    "datetime": "dates with time",
    "time": "times of day",
}


@dataclass(slots=True)
class Decision:
    """From counts to a type, evidence and findings for one column."""

    connection: duckdb.DuckDBPyConnection
    staged: Staged
    column: Column
    tally: Tally
    candidates: Sequence[Format]
    report: Report

    def decide(self, index: int, forced: BaseType | None) -> None:
        column, tally = self.column, self.tally
        column.sql = f"nullif({column.source}, '')"
        self._check_length()
        if not tally.filled:
            column.evidence = "all cells are empty"
            if forced and forced != "text":
                column.type, column.sql_type = forced, _sql_type(forced, 2)
                column.sql = "NULL"
            return
        if forced == "text":
            column.evidence = "text, as you chose"
        elif forced is not None:
            self._force(forced)
        else:
            self._choose(index)

    def _choose(self, index: int) -> None:
        tally, values = self.tally, self.tally.filled - self.tally.markers
        winners = [f for f in self.candidates if values and tally.hits[f.key] == values]
        if not winners:
            self._stay_text(index)
        elif tally.zeros and winners[0].key in {"integer", "number", "written"}:
            self._keep_zeros()
        elif tally.whole > 18 and not tally.scale and not tally.exponents:
            self._keep_digits()
        elif self.staged.only_text(index) and winners[0].family == "number":
            self._text_numbers()
        else:
            self._take(self._prefer(winners))

    def _prefer(self, winners: list[Format]) -> Format:
        """Between day/month and month/day, if the values allow both."""
        first = winners[0]
        other = next((f for f in winners if f.key == first.key.replace("dmy", "mdy", 1)), None)
        if "dmy" not in first.key or other is None or other is first:
            return first
        chosen = first if self.staged.day_first else other
        if not self.staged.day_first_given:
            self.report.warn(
                "ambiguous_dates",
                f"“{self.column.label}” could be day/month or month/day; it was read as "
                f"{chosen.noun}. Say which if that is wrong.",
                f"column {self.column.label}",
            )
        return chosen

    def _take(self, chosen: Format) -> None:
        column, tally = self.column, self.tally
        values = tally.filled - tally.markers
        v = trimmed(column.source)
        column.type, column.sql_type = self._typed(chosen)
        parsed = fill(chosen.parse, v)
        check = fill(chosen.check, v)
        # Where every cell fits, the check need not be repeated for each.
        fits = f"{v} <> ''" if tally.hits[chosen.key] == tally.filled else check
        column.sql = f"CASE WHEN {fits} THEN CAST({parsed} AS {column.sql_type}) END"
        noun = "whole numbers" if column.type == "integer" else chosen.noun
        column.evidence = f"all {count(values, 'cell')} are {noun}"
        if values == 1:
            column.evidence = f"the only filled cell is one of: {noun}"
        self._tell_repairs(chosen)

    def _typed(self, chosen: Format) -> tuple[BaseType, str]:
        """Exact decimals while they fit: money must not become a binary float by accident."""
        tally = self.tally
        if chosen.family != "number":
            return chosen.type, _sql_type(chosen.type, 0)
        if chosen.key == "integer" or (
            not tally.scale and not tally.exponents and tally.whole <= 18
        ):
            return "integer", "BIGINT"
        if tally.exponents or tally.scale > 6 or tally.whole + tally.scale > 18:
            return "number", "DOUBLE"
        return "decimal", f"DECIMAL(18, {tally.scale})"

    def _tell_repairs(self, chosen: Format) -> None:
        label, tally, where = self.column.label, self.tally, f"column {self.column.label}"
        if tally.markers:
            self.column.evidence += (
                f"; {count(tally.markers, 'cell')} such as “n/a” or “-” left empty"
            )
            rows = self._rows(f"{trimmed(self.column.source)} IN ({self._markers()})")
            self.report.info(
                "empty_markers",
                f"{count(tally.markers, 'cell')} of “{label}” say “n/a”, “-” or the like and were "
                f"taken as empty: {listed(rows, tally.markers, self.staged.row_word)}.",
                where,
            )
        if chosen.key == "written":
            what = "Currency signs and thousands separators" if tally.symbols else (
                "Thousands separators"
            )  # fmt: skip
            self.report.info("number_format", f"{what} of “{label}” were removed.", where)
        elif chosen.family == "number" and self.staged.decimal == "," and tally.scale:
            self.report.info(
                "decimal_comma",
                f"The numbers of “{label}” are written with a decimal comma.",
                where,
            )
        if chosen.key == "datetime_iso" and tally.zoned:
            self.report.info("time_zone", f"Times of “{label}” were converted to UTC.", where)

    def _stay_text(self, index: int) -> None:
        tally, column = self.tally, self.column
        best = max(self.candidates, key=lambda f: tally.hits[f.key], default=None)
        hits = tally.hits[best.key] if best else 0
        origin = self.staged.origins[index] if self.staged.origins else None
        if origin is not None and origin.nested:
            column.evidence = f"{count(origin.nested, 'cell')} hold nested data, kept as JSON text"
            return
        strangers = tally.filled - tally.markers - hits
        if best is None or hits < 0.5 * (tally.filled - tally.markers):
            column.evidence = "text"
            return
        rows = self._strangers(best)
        noun = NOUNS[best.type]
        verb = "is not one of" if strangers == 1 else "are not"
        column.evidence = (
            f"{strangers:,} of {count(tally.filled, 'cell')} {verb} {noun}: "
            f"{listed(rows, strangers, self.staged.row_word)}"
        )
        self.report.warn(
            "mixed_types",
            f"“{column.label}” stays text: {column.evidence}.",
            listed(rows, strangers, self.staged.row_word),
        )

    def _keep_zeros(self) -> None:
        zeros = self.tally.zeros
        verb = "begins" if zeros == 1 else "begin"
        self.column.evidence = f"{count(zeros, 'cell')} {verb} with a zero, like 007: kept as text"
        self.report.info(
            "leading_zeros", f"“{self.column.label}”: {self.column.evidence}.",
            f"column {self.column.label}",
        )  # fmt: skip

    def _keep_digits(self) -> None:
        self.column.evidence = "numbers of more than 18 digits: kept as text, to the last digit"
        self.report.info(
            "long_numbers",
            f"“{self.column.label}” holds {self.column.evidence}.",
            f"column {self.column.label}",
        )

    def _text_numbers(self) -> None:
        self.column.evidence = f"{count(self.tally.filled, 'cell')} hold numbers stored as text"
        self.report.info(
            "numbers_as_text",
            f"“{self.column.label}” holds numbers that the file stores as text; they stay text "
            "unless you choose another type.",
            f"column {self.column.label}",
        )

    def _force(self, forced: BaseType) -> None:
        tally, column = self.tally, self.column
        ordered = sorted(self.candidates, key=lambda f: -tally.hits[f.key])
        best = [f for f in ordered if tally.hits[f.key] == tally.hits[ordered[0].key]]
        self._take(self._prefer(best) if best[0].family != "number" else best[0])
        if forced in {"integer", "number", "decimal"}:
            self._force_number(forced, best[0])
        strangers = tally.filled - tally.markers - tally.hits[best[0].key]
        column.evidence = f"{NOUNS[forced]}, as you chose"
        if strangers:
            rows = self._strangers(best[0])
            word = self.staged.row_word
            column.evidence += f"; {strangers:,} of {count(tally.filled, 'cell')} left empty"
            self.report.warn(
                "forced_empty",
                f"{strangers:,} of {count(tally.filled, 'cell')} of “{column.label}” are not "
                f"{NOUNS[forced]} and were left empty: {listed(rows, strangers, word)}.",
                listed(rows, strangers, word),
            )

    def _force_number(self, forced: BaseType, chosen: Format) -> None:
        column, v = self.column, trimmed(self.column.source)
        column.type = forced
        column.sql_type = _sql_type(forced, min(self.tally.scale, 6))
        parsed, check = fill(chosen.parse, v), fill(chosen.check, v)
        column.sql = f"CASE WHEN {check} THEN TRY_CAST({parsed} AS {column.sql_type}) END"

    def _strangers(self, chosen: Format) -> list[int]:
        v = trimmed(self.column.source)
        fits = fill(chosen.check, v)
        return self._rows(f"{v} <> '' AND {v} NOT IN ({self._markers()}) AND NOT {fits}")

    def _rows(self, condition: str) -> list[int]:
        found = self.connection.execute(
            f"SELECT r FROM {self.staged.numbered} WHERE {condition} LIMIT {limits.ROWS_NAMED}"
        )
        return [row[0] for row in found.fetchall()]

    @staticmethod
    def _markers() -> str:
        return ", ".join(quoted(marker) for marker in MARKERS)

    def _check_length(self) -> None:
        if self.tally.longest > limits.CELL_CHARACTERS * 4:  # bytes
            rows = self._rows(f"length({self.column.source}) > {limits.CELL_CHARACTERS}")
            if not rows:
                return
            raise IntakeError(
                f"A cell of “{self.column.label}” in row {rows[0]} has {self.tally.longest:,} "
                f"characters; at most {limits.CELL_CHARACTERS:,} are taken.",
                hint="Shorten it or leave the column out.",
                code="CELL_TOO_LONG",
            )


def _sql_type(type: BaseType, scale: int) -> str:
    return {
        "integer": "BIGINT", "decimal": f"DECIMAL(18, {scale})", "number": "DOUBLE",
        "text": "VARCHAR", "boolean": "BOOLEAN", "date": "DATE", "datetime": "TIMESTAMP",
        "time": "TIME",
    }[type]  # fmt: skip
