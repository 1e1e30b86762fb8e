"""Forms around uploads: the file itself, how to read it, what to call it."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.forms.items import ItemForm

DELIMITERS = [
    ("", _("As found")),
    (",", _("Comma ,")),
    (";", _("Semicolon ;")),
    ("\t", _("Tab")),
    ("|", _("Bar |")),
]
ENCODINGS = [
    ("", _("As found")),
    ("utf-8", "UTF-8"),
    ("cp1252", "Windows-1252"),
    ("latin-1", "ISO 8859-1"),
    ("utf-16", "UTF-16"),
]
TYPES = [
    ("integer", _("Whole number")),
    ("number", _("Number")),
    ("decimal", _("Exact decimal")),
    ("text", _("Text")),
    ("boolean", _("Yes/no")),
    ("date", _("Date")),
    ("datetime", _("Date and time")),
    ("time", _("Time")),
]
MOST_TYPES = 300
HOW = ("sheet", "header_row", "delimiter", "encoding")


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, Excel (xlsx, xls, ods), Parquet, JSON or SQLite."),
        allow_empty_file=True,
    )


class IntakeForm(forms.Form):
    """How to read the file. It shows how it was read; what differs from that is an override."""

    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    header_row = forms.IntegerField(
        label=_("Header row"),
        min_value=0,
        max_value=1000,
        required=False,
        help_text=_("The row that holds the column names, counted from 1. 0: there is none."),
    )
    delimiter = forms.ChoiceField(label=_("Separator"), choices=DELIMITERS, required=False)
    encoding = forms.ChoiceField(label=_("Encoding"), choices=ENCODINGS, required=False)

    def __init__(self, *args: Any, inspection: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found: dict[str, Any] = inspection.get("options") or {}
        self.columns: list[dict[str, Any]] = inspection.get("columns") or []
        sheets = [sheet["name"] for sheet in inspection.get("sheets") or []]
        cast(forms.ChoiceField, self.fields["sheet"]).choices = [(name, name) for name in sheets]
        self._leave_out(inspection["kind"], len(sheets))
        for name in HOW:
            if name in self.fields:
                self.initial[name] = self._shown(name)
        if inspection["kind"] != "sqlite":
            self._add_types()

    def _leave_out(self, kind: str, sheets: int) -> None:
        if kind != "csv":
            del self.fields["delimiter"], self.fields["encoding"]
        if sheets < 2 or kind == "sqlite":
            del self.fields["sheet"]
        if kind not in {"csv", "excel"}:
            del self.fields["header_row"]

    def _add_types(self) -> None:
        for number, column in enumerate(self.columns[:MOST_TYPES]):
            self.fields[f"type_{number}"] = forms.ChoiceField(
                choices=TYPES, initial=column["type"], required=False, label=column["label"]
            )

    def _shown(self, name: str) -> Any:
        """How it was read; nothing where that is not among the choices."""
        value = self.found.get(name)
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField) and not field.valid_value(value):
            return ""
        return value

    def options(self) -> dict[str, Any]:
        """All options for another look, or nothing when the person changed nothing.

        Another sheet, header or encoding means other columns, so the chosen types are dropped.
        """
        data = self.cleaned_data
        changed = {
            name: data[name]
            for name in HOW
            if name in self.fields
            and data.get(name) not in ("", None)
            and data[name] != self.found.get(name)
        }
        if "sheet" in changed:
            return {"sheet": changed["sheet"]}
        if changed:
            return {**self._read_as(), **changed}
        if types := self._changed_types():
            known: dict[str, str] = self.found.get("types") or {}
            return {**self.found, "types": known | types}
        return {}

    def _read_as(self) -> dict[str, Any]:
        """What was found, without what depended on where the rows begin and end."""
        kept = ("sheet", "delimiter", "encoding", "header_row", "day_first")
        return {name: self.found[name] for name in kept if name in self.found}

    def _changed_types(self) -> dict[str, str]:
        chosen = {
            column["name"]: self.cleaned_data.get(f"type_{number}")
            for number, column in enumerate(self.columns[:MOST_TYPES])
        }
        now = {column["name"]: column["type"] for column in self.columns}
        return {name: kind for name, kind in chosen.items() if kind and kind != now[name]}

    def column_rows(self) -> list[tuple[dict[str, Any], Any]]:
        """Each column with its field; columns beyond the first few hundred have none."""
        return [
            (column, self[name] if (name := f"type_{number}") in self.fields else None)
            for number, column in enumerate(self.columns)
        ]


class SourceForm(ItemForm):
    """What a source is called and where it lives."""


class SourceEditForm(SourceForm):
    restricted = forms.BooleanField(
        label=_("Only those who may see the source see its data"),
        required=False,
        help_text=_("Reports on it then show nothing to people who may not see the source."),
    )
