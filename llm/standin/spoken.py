"""One answer while it is spoken: what comes, how much, and why it ended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count as counting
from itertools import repeat
from typing import Any

from llm.standin import answers
from llm.standin.ask import Ask
from llm.standin.play import Chunk

Piece = tuple[str, Any]
"""("thinking" | "content", text) or ("tool_calls", a call)."""
MOST_REPEATED = 30


class Spoken:
    def __init__(self, ask: Ask, prompt_tokens: int) -> None:
        self.ask = ask
        self.prompt_tokens = prompt_tokens
        self.tokens = 0
        self.text_tokens = 0
        self.reason = "stop"
        self.cut = False

    def pieces(self) -> Iterator[Piece]:
        """With the limits of a real run: ``num_predict``, a full context, endless repetition."""
        last, repeated = "", 0
        for kind, value in self._all():
            if self._full():
                self.reason = "length"
                return
            same = kind != "tool_calls" and (value.strip() == last or not value.strip())
            repeated = repeated + 1 if same else 0
            last = value.strip() if kind != "tool_calls" else ""
            if repeated > MOST_REPEATED and not self.ask.behaviour.endless:
                self.cut = True
                return
            yield kind, value
            self.tokens += 1
            self.text_tokens += kind != "thinking"

    def _full(self) -> bool:
        limit = self.ask.options.num_predict
        if self.ask.behaviour.endless:
            return False
        if 0 < limit <= self.tokens:
            return True
        return not self.ask.shift and self.prompt_tokens + self.tokens >= self.ask.options.num_ctx

    def _all(self) -> Iterator[Piece]:
        behaviour = self.ask.behaviour
        if self.ask.thinks:
            thought = behaviour.thinking
            made_up = answers.thought(self.ask.messages) if thought is None else thought
            yield from zip(repeat("thinking"), answers.split(made_up), strict=False)
        if behaviour.long_line:
            yield "content", "x" * behaviour.long_line
        calls = self._calls()
        yield from zip(repeat("content"), self._text(bool(calls)), strict=False)
        seed = answers.last_user(self.ask.messages)
        for index, (name, arguments) in enumerate(calls):
            yield "tool_calls", answers.tool_call(index, name, arguments, seed)

    def _calls(self) -> list[tuple[str, dict[str, Any]]]:
        if self.ask.behaviour.tool_calls is not None:
            return list(self.ask.behaviour.tool_calls)
        spoken = self.ask.behaviour.text is not None or self.ask.behaviour.tokens is not None
        return [] if spoken else answers.asked_tool(self.ask.messages, self.ask.tools)

    def _text(self, calls: bool) -> Iterator[str]:
        behaviour = self.ask.behaviour
        if behaviour.endless:
            return (f"{'and on' if n % 2 else ' and so on'} {n}" for n in counting())
        if behaviour.tokens is not None:
            return iter(self._stopped(list(behaviour.tokens)))
        if behaviour.text is not None:
            return iter(self._stopped(answers.split(behaviour.text)))
        if calls:
            return iter(())
        if self.ask.format and not self.ask.model.remote:
            made_up = answers.structured(self.ask.format, self.ask.messages)
            return iter(self._stopped(answers.pieces_of_json(made_up)))
        return iter(self._stopped(answers.split(answers.text(self.ask.messages))))

    def _stopped(self, tokens: list[str]) -> list[str]:
        """Up to the first of the stop sequences, which is not said."""
        whole = "".join(tokens)
        ends = [at for stop in self.ask.options.stop if stop and (at := whole.find(stop)) >= 0]
        if not ends:
            return tokens
        kept, room = [], min(ends)
        for token in tokens:
            if room <= 0:
                break
            kept.append(token[:room])
            room -= len(token)
        return kept

    def figures(self, load: int, prefill: int, first: int) -> Chunk:
        """Nanoseconds and counts; what is zero is left out. Constrained thinking models are run
        twice, and only the second run is counted."""
        given = self.ask.behaviour.metrics
        if given is False:
            return {}
        twice = bool(self.ask.format) and self.ask.thinks
        now = time.perf_counter_ns()
        measured = {
            "total_duration": now - self.ask.started,
            "load_duration": 0 if self.ask.model.remote else load,
            "prompt_eval_count": self.prompt_tokens,
            "prompt_eval_duration": prefill,
            "eval_count": self.text_tokens if twice else self.tokens,
            "eval_duration": now - first,
        }
        figures = measured if given is True else dict(given)
        return {key: value for key, value in figures.items() if value}
