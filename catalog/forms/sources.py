"""Forms around uploads: the file itself, how to read it, what to call it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.forms.items import ItemForm

DELIMITERS = [("", _("As found")), (",", _("Comma ,")), (";", _("Semicolon ;")), ("\t", _("Tab")), ("|", _("Bar |"))]
ENCODINGS = [
    ("", _("As found")),
    ("utf-8", "UTF-8"),
    ("cp1252", "Windows-1252"),
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


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, Excel (xlsx, xls, ods), Parquet, JSON or SQLite."),
        allow_empty_file=True,
    )


class IntakeForm(forms.Form):
    """How to read the file: only what differs from what was found is an override."""

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
        sheets = [sheet["name"] for sheet in inspection.get("sheets") or []]
        self.fields["sheet"].choices = [(name, name) for name in sheets]  # type: ignore[attr-defined]
        if inspection["kind"] != "csv":
            del self.fields["delimiter"], self.fields["encoding"]
        if len(sheets) < 2 or inspection["kind"] == "sqlite":
            del self.fields["sheet"]
        if inspection["kind"] not in {"csv", "excel"}:
            del self.fields["header_row"]
        self.columns = inspection.get("columns") or []
        for number, column in enumerate(self.columns[:300]):
            self.fields[f"type_{number}"] = forms.ChoiceField(
                choices=TYPES, initial=column["type"], required=False, label=column["label"]
            )

    def options(self) -> dict[str, Any]:
        """Intake options as far as the person chose them."""
        chosen = {
            name: value
            for name, value in self.cleaned_data.items()
            if value not in ("", None) and not name.startswith("type_")
        }
        types = {
            column["name"]: self.cleaned_data.get(f"type_{number}")
            for number, column in enumerate(self.columns[:300])
            if self.cleaned_data.get(f"type_{number}") not in ("", None, column["type"])
        }
        return chosen | ({"types": types} if types else {})

    def type_fields(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith("type_")]


class SourceForm(ItemForm):
    """What a source is called and where it lives."""
