"""A data source: one that exists, one already named in this conversation, or a new one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from pydantic import JsonValue

from catalog.connectors.base import BaseType, TableInfo
from wizard.dialogue.catalog import SourceKind, UploadInfo
from wizard.dialogue.drafts import SourceDraft
from wizard.dialogue.flows.connection import connect
from wizard.dialogue.flows.upload import actual_kind, upload_for
from wizard.dialogue.question import Field, Option, Question
from wizard.dialogue.talk import Objection, Talk
from wizard.dialogue.words import (
    PERMISSIONS,
    count,
    existing,
    file_title,
    guarded,
    listed,
    pick,
    pick_one,
    taken,
)
from wizard.plan.model import Entity, FileSpec

TYPE_WORDS = {
    "integer": "whole number",
    "decimal": "exact decimal number",
    "number": "number",
    "text": "text",
    "boolean": "yes or no",
    "date": "date",
    "datetime": "date and time",
    "time": "time of day",
}


def source_for(talk: Talk, owner: str) -> SourceDraft:
    """The source of ``owner`` (``report[1]`` or ``dashboard``)."""
    question = Question(
        f"{owner}.have_source",
        "Do you already have a data source for it?",
        "choice",
        options=(*_already(talk), _pick_option(talk), _create_option(talk)),
    )
    choice = talk.choose(question)
    if choice.startswith("same:"):
        return talk.sources[int(choice.removeprefix("same:")) - 1]
    if choice == "create":
        return new_source(talk)
    return _existing_source(talk, owner)


def _already(talk: Talk) -> tuple[Option, ...]:
    return tuple(
        Option(
            f"same:{n}",
            f"Use “{source.name}” again",
            "" if source.existing else "New in this plan",
            icon="database",
            aliases=("same", "the same", source.name) if n == len(talk.sources) else (source.name,),
        )
        for n, source in enumerate(talk.sources, start=1)
    )


def _pick_option(talk: Talk) -> Option:
    option = Option("pick", "Yes, use a data source I have", icon="list", aliases=("yes",))
    return existing(talk, option, Entity.DATA_SOURCE)


def _create_option(talk: Talk) -> Option:
    option = Option("create", "No, create a new data source", icon="plus", aliases=("no", "new"))
    return guarded(talk, option, PERMISSIONS[Entity.DATA_SOURCE])


def _existing_source(talk: Talk, owner: str) -> SourceDraft:
    question = pick(talk, Entity.DATA_SOURCE, f"{owner}.source", "Which data source?")
    new = replace(_create_option(talk), label="None of these: create a new one", aliases=("new",))
    question = replace(question, options=(*question.options, new))
    item = pick_one(talk, Entity.DATA_SOURCE, _readable(talk, question))
    if isinstance(item, str):
        return new_source(talk)
    draft = SourceDraft(item.name, tuple(talk.catalog.tables(item.id)), existing=item.id)
    known = next((s for s in talk.sources if s.existing == item.id), None)
    if known is None:
        talk.sources.append(draft)
    return known or draft


def _readable(talk: Talk, question: Question) -> Question:
    """The question, objecting to a source whose tables nobody knows."""
    answer = talk.answers.get(question.key)
    if answer and not answer.withdrawn and type(answer.value) is int:
        item = talk.catalog.item(Entity.DATA_SOURCE, answer.value)
        if item and not talk.catalog.tables(item.id):
            problem = f"“{item.name}” has no tables we can read yet. Please choose another one."
            talk.object(replace(question, problem=problem))
    return question


def new_source(talk: Talk) -> SourceDraft:
    number = talk.number(Entity.DATA_SOURCE)
    at = "source" if number == 1 else f"source[{number}]"
    kind = _kind(talk, at)
    draft = _from_file(talk, at, kind) if kind.category == "file" else connect(talk, at, kind)
    draft.name = _name(talk, at, draft.name)
    talk.sources.append(draft)
    return draft


def _kind(talk: Talk, at: str) -> SourceKind:
    kinds = {kind.key: kind for kind in talk.catalog.source_kinds()}
    options = tuple(
        guarded(
            talk,
            Option(kind.key, kind.label, kind.description, kind.icon, aliases=kind.extensions),
            kind.permission,
        )
        for kind in kinds.values()
    )
    text = "What type of data source shall it be?"
    return kinds[talk.choose(Question(f"{at}.kind", text, "choice", options=options))]


def _from_file(talk: Talk, at: str, kind: SourceKind) -> SourceDraft:
    upload = upload_for(talk, at, kind)
    actual = actual_kind(talk, kind, upload) or kind
    if actual != kind:
        talk.notes.append(f"“{upload.name}” is {actual.label}, so it is read as that.")
    upload = _columns(talk, at, _sheet(talk, at, upload))
    options = {k: v for k, v in upload.options.items() if k != "sheet" and v not in (None, {})}
    file = FileSpec(upload.name, upload.id, upload.sha256, upload.sheet, options)
    name = file_title(upload.name)
    return SourceDraft(name, upload.tables, kind=actual.key, category="file", file=file)


def _sheet(talk: Talk, at: str, upload: UploadInfo) -> UploadInfo:
    if len(upload.sheets) <= 1:
        return upload
    options = tuple(
        Option(sheet.name, sheet.name, _size(sheet.rows, sheet.columns), icon="table")
        for sheet in upload.sheets
    )
    text = f"I found {len(options)} sheets in “{upload.name}”. Which one should be used?"
    sheet = talk.choose(Question(f"{at}.sheet", text, "choice", options=options))
    return _read(talk, at, upload, {"sheet": sheet}, f"{at}.sheet")


def _size(rows: int | None, columns: int | None) -> str:
    sizes = [count(rows, "row", "rows")] if rows is not None else []
    return " × ".join([*sizes, *([count(columns, "column", "columns")] if columns else [])])


def _read(
    talk: Talk, at: str, upload: UploadInfo, options: Mapping[str, object], asked: str
) -> UploadInfo:
    """Read the file again with other options; ask ``asked`` again when that fails."""
    wanted = {"sheet": upload.sheet} if upload.sheet else {}
    again = talk.catalog.upload(upload.id, {**wanted, **options})
    if again is not None and not again.problem and again.tables:
        return replace(again, options={**again.options, **options})
    reason = (again.problem if again else "") or "nothing could be read that way."
    return talk.object_to(asked, f"“{upload.name}”: {reason}")


def _columns(talk: Talk, at: str, upload: UploadInfo) -> UploadInfo:
    """Columns and types to confirm; another header row makes other columns, shown once more."""
    key, header = f"{at}.columns", upload.options.get("header_row")
    answer = talk.fill(_columns_question(key, upload, header))
    row = answer.get("header_row", header)
    if row != header and row != "":
        upload = _read(talk, at, upload, {"header_row": row}, key)
        key = f"{at}.columns[2]"
        answer = talk.fill(_columns_question(key, upload, None))
    types = _changed_types(upload.tables[0], answer)
    if not types:
        return upload
    chosen = {"header_row": row} if row not in (None, "") else {}
    return _read(talk, at, upload, {**chosen, "types": types}, key)


def _columns_question(key: str, upload: UploadInfo, header: object) -> Question:
    table = upload.tables[0]
    fields = tuple(
        Field(
            f"type.{column.name}",
            column.label or column.name,
            "choice",
            default=column.type,
            choices=tuple((t, TYPE_WORDS[t]) for t in get_args(BaseType)),
        )
        for column in table.columns
    )
    if isinstance(header, int):
        fields = (
            Field("header_row", "Row with the column names", "integer", default=header,
                  minimum=0, maximum=1000),
            *fields,
        )  # fmt: skip
    names = listed([column.label or column.name for column in table.columns])
    size = f"{upload.rows:,} rows and " if upload.rows is not None else ""
    return Question(
        key,
        f"I found {size}{count(len(table.columns), 'column', 'columns')}. Are the types right?",
        "form",
        fields=fields,
        notes=(f"Columns: {names}", *upload.warnings),
        help="“Keep” takes them as they are.",
    )


def _changed_types(table: TableInfo, answer: Mapping[str, JsonValue]) -> dict[str, str]:
    return {
        column.name: str(answer[f"type.{column.name}"])
        for column in table.columns
        if answer[f"type.{column.name}"] != column.type
    }


def _name(talk: Talk, at: str, proposal: str) -> str:
    entity = Entity.DATA_SOURCE
    free = talk.free_name(entity, proposal)
    question = Question(
        f"{at}.name", "What should the data source be called?", "text", default=free
    )

    def clash(value: JsonValue) -> Objection | None:
        if talk.name_free(entity, str(value)):
            return None
        other = talk.free_name(entity, str(value))
        return Objection(taken(entity, str(value), other), replace(question, default=other))

    name = talk.choose(question, clash)
    talk.take_name(entity, name)
    return name
