"""What a model is given: the messages, and what of them its context has room for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm.standin.answers import Messages, count_message
from llm.standin.parameters import Refusal

if TYPE_CHECKING:
    from llm.standin.ask import Ask
    from llm.standin.models import Model

TOO_LONG = (
    "the prompt is longer than the context length currently available to the model; shorten the "
    "prompt, adjust the context length in settings, or use a model with a longer context length"
)
EXCEEDS = "the input length exceeds the context length"


@dataclass(frozen=True, slots=True)
class Fitted:
    tokens: int
    dropped: int


def messages(body: dict[str, Any], model: Model, *, chat: bool) -> Messages:
    """The conversation; a prompt of /api/generate is one of a single message."""
    given: Any = body.get("messages")
    if not chat:
        user = {"role": "user", "content": body.get("prompt"), "images": body.get("images")}
        given = [user] if body.get("prompt") else []
        if given and body.get("system"):
            given.insert(0, {"role": "system", "content": body["system"]})
    given = given or []
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise Refusal(400, "json: cannot unmarshal messages into Go struct field of type Message")
    if given and given[0].get("role") != "system" and model.system:
        return [{"role": "system", "content": model.system}, *given]
    return given


def format_of(given: Any) -> Any:
    """ "json", a schema, or nothing."""
    if given in (None, ""):
        return None
    if given == "json" or isinstance(given, dict):
        return given
    raise Refusal(500, f'invalid format: "{given}"; expected "json" or a valid JSON Schema')


def fit(ask: Ask) -> Fitted:
    """Silently leaves out the oldest messages, unless told not to; never system nor last ones."""
    room = ask.options.num_ctx
    sizes = [count_message(message) for message in ask.messages]
    if sum(sizes) <= room or ask.model.remote:
        return Fitted(sum(sizes), 0)
    if not ask.truncate:
        raise Refusal(400, EXCEEDS)
    kept = [
        message.get("role") == "system" or index == len(sizes) - 1
        for index, message in enumerate(ask.messages)
    ]
    fixed = sum(size for size, keep in zip(sizes, kept, strict=True) if keep)
    if fixed > room:
        return Fitted(_shortened(ask), kept.count(False))
    dropped, total = 0, sum(sizes)
    for size, keep in zip(sizes, kept, strict=True):
        if total > room and not keep:
            total, dropped = total - size, dropped + 1
    return Fitted(total, dropped)


def _shortened(ask: Ask) -> int:
    """Even the last message does not fit: cut to half the context, where the model can."""
    if not ask.shift or not ask.model.shifts:
        raise Refusal(400, TOO_LONG)
    return max(ask.options.num_keep, ask.options.num_ctx // 2)
