"""A database as a source: its fields, its uploaded file where it has one, its tested connection."""

from __future__ import annotations

from dataclasses import replace

from pydantic import JsonValue

from catalog.connectors.base import FormField
from wizard.dialogue.catalog import SourceKind
from wizard.dialogue.drafts import SourceDraft
from wizard.dialogue.flows.upload import upload_for
from wizard.dialogue.question import Field, FieldKind, Question
from wizard.dialogue.talk import Objection, Talk
from wizard.dialogue.words import count, file_title, listed
from wizard.plan.model import FileSpec, SecretRef


def connect(talk: Talk, at: str, kind: SourceKind) -> SourceDraft:
    if kind.uploads:
        return _from_upload(talk, at, kind)
    return _from_fields(talk, at, kind)


def _from_upload(talk: Talk, at: str, kind: SourceKind) -> SourceDraft:
    upload = upload_for(talk, at, kind)
    names = [table.label or table.name for table in upload.tables]
    talk.notes.append(f"I found {count(len(names), 'table', 'tables')}: {listed(names)}.")
    talk.notes.extend(upload.warnings)
    file = FileSpec(upload.name, upload.id, upload.sha256)
    draft = SourceDraft(file_title(upload.name), upload.tables, kind=kind.key, file=file)
    draft.category = kind.category
    return draft


def _from_fields(talk: Talk, at: str, kind: SourceKind) -> SourceDraft:
    """The connection fields, tested before going on. Secrets stay names all the way."""
    question = Question(
        f"{at}.connection",
        f"How do I reach the {kind.label} database?",
        "form",
        fields=tuple(_field(field) for field in kind.form_fields),
        help="I test the connection before we go on. Passwords are stored encrypted.",
    )

    def refused(value: JsonValue) -> Objection | None:
        values = value if isinstance(value, dict) else {}
        test = talk.catalog.connection(kind.key, values)
        if test.ok:
            return None
        again = replace(question, current=values)
        return Objection(f"The connection failed: {test.message} {test.hint}".strip(), again)

    values = talk.fill(question, refused)
    test = talk.catalog.connection(kind.key, values)
    talk.notes.append(test.message)
    name = str(values.get("database") or values.get("host") or kind.label)
    return SourceDraft(
        name, test.tables, kind=kind.key, category=kind.category, connection=_connection(values)
    )


def _field(field: FormField) -> Field:
    secret = field.secret or field.kind == "password"
    return Field(
        field.name,
        field.label,
        "password" if secret else _KINDS[field.kind],
        required=field.required,
        default=_default(field, secret),
        help=field.help,
        choices=field.choices,
        max_length=1000,
    )


_KINDS: dict[str, FieldKind] = {
    "text": "text",
    "integer": "integer",
    "choice": "choice",
    "boolean": "boolean",
}


def _default(field: FormField, secret: bool) -> str | int | bool:
    if secret:
        return ""
    if field.kind == "integer" and field.default.isdecimal():
        return int(field.default)
    return field.default


def _connection(values: dict[str, JsonValue]) -> dict[str, str | SecretRef]:
    """As a plan writes it: texts, and references where a secret belongs."""
    connection: dict[str, str | SecretRef] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            connection[name] = SecretRef(str(value["secret"]))
        elif isinstance(value, bool):
            connection[name] = "true" if value else "false"
        elif value not in ("", None):
            connection[name] = str(value)
    return connection
