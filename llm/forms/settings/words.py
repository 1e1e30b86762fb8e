"""What models are asked for, in words for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from llm.orchestration.purposes import Purpose


@dataclass(frozen=True)
class Words:
    name: Any
    sentence: Any


PURPOSES = {
    Purpose.CHAT: Words(
        _("Conversations"), _("Answers questions in the chat, with what your data says.")
    ),
    Purpose.EXTRACT: Words(
        _("Reading values out of texts"),
        _("Understands what somebody typed to the wizard: names, columns, dates."),
    ),
    Purpose.TITLE: Words(_("Titles"), _("Names a conversation after its first question.")),
    Purpose.SUMMARY: Words(
        _("Summaries"), _("Puts the older part of a long conversation into a few sentences.")
    ),
    Purpose.SQL: Words(
        _("Writing SQL"), _("Turns a question into a query, which is checked before it runs.")
    ),
    Purpose.EMBED: Words(
        _("Searching by meaning"), _("Compares texts by what they say. Takes an embedding model.")
    ),
}
