"""A file in the conversation: asked for until it is there and can be read."""

from __future__ import annotations

from pydantic import JsonValue

from wizard.dialogue.catalog import SourceKind, UploadInfo
from wizard.dialogue.question import Question
from wizard.dialogue.talk import Objection, Talk


def upload_for(talk: Talk, at: str, kind: SourceKind) -> UploadInfo:
    """The file, once it is there and can be read. The conversation stays here until it is."""
    question = Question(
        f"{at}.upload",
        f"Please upload the file ({', '.join(kind.extensions)}).",
        "upload",
        extensions=kind.extensions,
        help="Click to choose it, or drop it here.",
    )

    def unreadable(value: JsonValue) -> Objection | None:
        upload = talk.catalog.upload(str(value))
        if upload is None:
            return Objection("That upload is not there any more. Please upload the file again.")
        if upload.problem:
            return Objection(f"“{upload.name}” could not be read: {upload.problem}")
        return _unfit(talk, kind, upload)

    upload = talk.catalog.upload(talk.choose(question, unreadable))
    if upload is None:  # gone between two looks
        return talk.object(question)
    return upload


def _unfit(talk: Talk, chosen: SourceKind, upload: UploadInfo) -> Objection | None:
    """A file of another kind than was chosen is fine as long as it is a kind of file we take."""
    actual = actual_kind(talk, chosen, upload)
    if actual is None:
        return Objection(f"“{upload.name}” does not look like {chosen.label}.")
    allowed, reason = talk.catalog.may(actual.permission)
    return None if allowed else Objection(reason)


def actual_kind(talk: Talk, chosen: SourceKind, upload: UploadInfo) -> SourceKind | None:
    if upload.kind == chosen.key:
        return chosen
    kinds = {kind.key: kind for kind in talk.catalog.source_kinds()}
    found = kinds.get(upload.kind)
    return found if found and found.category == chosen.category == "file" else None
