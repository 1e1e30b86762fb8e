"""A request on its way to an endpoint."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from llm.standin.parameters import Refusal
from llm.standin.play import Chunk, Result
from llm.standin.script import Behaviour
from llm.standin.state import State
from llm.standin.wire import Seen


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way to an endpoint."""

    state: State
    seen: Seen
    behaviour: Behaviour

    @property
    def body(self) -> Chunk:
        if not self.seen.body.strip():
            raise Refusal(400, "missing request body")
        if self.seen.json is None:
            raise Refusal(400, "invalid character in the body: it is not JSON")
        if not isinstance(self.seen.json, dict):
            raise Refusal(400, "json: cannot unmarshal array into Go value")
        return self.seen.json

    @property
    def name(self) -> str:
        name = self.body.get("model") or self.body.get("name") or ""
        if not isinstance(name, str) or not name:
            raise Refusal(400, "model is required")
        return name


Endpoint = Callable[[Call], Awaitable[Result]]
