"""A request for an answer, read and checked."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from llm.standin import prompt
from llm.standin.answers import Messages
from llm.standin.call import Call
from llm.standin.models import Model
from llm.standin.parameters import Options, Refusal, options, seconds, thinking
from llm.standin.play import Chunk
from llm.standin.script import Behaviour
from llm.standin.state import State
from llm.standin.wire import Seen


@dataclass(slots=True)
class Ask:
    """A request for an answer, with the same words for both endpoints."""

    state: State
    seen: Seen
    behaviour: Behaviour
    model: Model
    name: str
    """As the request spelled it: answers repeat that."""
    messages: Messages
    options: Options
    format: Any = None
    tools: list[Any] = field(default_factory=list)
    think: bool | str | None = None
    keep_alive: float | None = None
    truncate: bool = True
    shift: bool = True
    chat: bool = True
    started: int = field(default_factory=time.perf_counter_ns)

    def check(self) -> None:
        """What the real one refuses before it starts a model."""
        if self.model.remote and not self.state.script.signed_in:
            raise Refusal(401, "unauthorized", signin_url="https://ollama.com/connect?name=h&key=k")
        if self.tools and not self.model.can("tools"):
            full = f"registry.ollama.ai/library/{self.model.full_name}"
            raise Refusal(400, f"{full} does not support tools")
        if self.think and not self.model.can("thinking"):
            raise Refusal(400, f'"{self.name}" does not support thinking')
        if not self.model.can("completion"):
            verb = "chat" if self.chat else "generate"
            raise Refusal(400, f'"{self.name}" does not support {verb}')

    @property
    def thinks(self) -> bool:
        """Left out means yes; gpt-oss cannot be told not to."""
        if self.think is False and self.model.family != "gptoss":
            return False
        return self.model.can("thinking") or self.behaviour.thinking is not None

    def base(self, message: Chunk) -> Chunk:
        now = self.state.now().isoformat().replace("+00:00", "Z")
        head: Chunk = {"model": self.name}
        if self.model.remote:
            head |= {
                "remote_model": self.model.remote_model,
                "remote_host": self.model.remote_host,
            }
        head["created_at"] = now
        if self.chat:
            return head | {"message": {"role": "assistant", "content": ""} | message}
        spoken = {"response": message.get("content", "")}
        return head | spoken | {k: v for k, v in message.items() if k != "content"}

    def short(self, reason: str) -> Chunk:
        """The whole answer to a request that only loads or unloads."""
        return self.base({}) | {"done": True, "done_reason": reason}


def read(call: Call, body: Chunk, *, chat: bool) -> Ask:
    """The body of either endpoint, with the errors of the real one in its order."""
    keep_alive = body.get("keep_alive")
    stay = None if keep_alive is None else seconds(keep_alive)
    think = thinking(body.get("think"))
    if not 0 <= int(body.get("top_logprobs") or 0) <= 20:
        raise Refusal(400, "top_logprobs must be between 0 and 20")
    name = str(body.get("model") or body.get("name") or "")
    if not name and chat:
        raise Refusal(400, "model is required")
    model = call.state.model(name)
    return Ask(
        state=call.state,
        seen=call.seen,
        behaviour=call.behaviour,
        model=model,
        name=name,
        messages=prompt.messages(body, model, chat=chat),
        options=options(
            body.get("options"),
            default_num_ctx=model.num_ctx or call.state.script.default_num_ctx,
        ),
        format=prompt.format_of(body.get("format")),
        tools=body.get("tools") or [],
        think=think,
        keep_alive=stay,
        truncate=body.get("truncate") is not False,
        shift=body.get("shift") is not False,
        chat=chat,
    )
