"""Small rules about the list of messages that is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from llm.providers.base import ChatMessage


def alternating(messages: Iterable[ChatMessage]) -> tuple[ChatMessage, ...]:
    """Questions that follow each other (the first one's answer failed) as one message: some chat
    templates refuse two in a row."""
    result: list[ChatMessage] = []
    for message in messages:
        if result and message.role == "user" and result[-1].role == "user":
            result[-1] = _joined(result[-1], message)
        else:
            result.append(message)
    return tuple(result)


def after_conversation(messages: Sequence[ChatMessage], request: str) -> tuple[ChatMessage, ...]:
    """A request about a conversation (title, summary), put behind it.

    Give the messages as they were sent, and the answer: the model then reads only the request
    anew, the rest is in its prefix cache. Same model, same num_ctx, while its queue is idle.
    """
    return alternating((*messages, ChatMessage("user", request)))


def _joined(first: ChatMessage, second: ChatMessage) -> ChatMessage:
    content = "\n\n".join(filter(None, (first.content, second.content)))
    return replace(first, content=content, images=(*first.images, *second.images))
