"""Answers made up from the question: plausible, always the same for the same words."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass
from typing import Any

from llm.standin.schema import instance

Messages = list[dict[str, Any]]
ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Answer:
    """Pieces as they are written, one token each."""

    thinking: list[str]
    text: list[str]
    tool_calls: list[dict[str, Any]]


def count(text: str) -> int:
    """Tokens of a text: its words. No real model counts so; it is simple and the same for all."""
    return len(text.split())


def split(text: str) -> list[str]:
    """Words with the space before them, and what space is left at the end."""
    return re.findall(r"\s*\S+|\s+$", text)


def count_message(message: dict[str, Any]) -> int:
    parts = [message.get("content"), message.get("thinking")]
    calls = message.get("tool_calls")
    return sum(count(str(part)) for part in parts if part) + (
        count(json.dumps(calls)) if calls else 0
    )


def last_user(messages: Messages) -> str:
    texts = [str(m.get("content") or "") for m in messages if m.get("role") == "user"]
    return texts[-1] if texts else ""


def thought(messages: Messages) -> str:
    return (
        f"The question is about “{_topic(last_user(messages))}”. First I look at what is known, "
        "then I answer in a few sentences."
    )


def text(messages: Messages) -> str:
    """A few sentences about the last question; a list, a table, code where it asks for that."""
    question = last_user(messages)
    last = messages[-1] if messages else {}
    if last.get("role") == "tool":
        result = " ".join(str(last.get("content") or "").split()[:30])
        return f"The tool {last.get('tool_name') or 'that was called'} says: {result}"
    pictures = sum(len(m.get("images") or ()) for m in messages[-1:])
    seen = f" I was given {pictures} picture{'s' * (pictures > 1)}." if pictures else ""
    return (
        f"You asked about **{_topic(question)}**.{seen} {_body(question)}\n\n{_closing(question)}"
    )


def _topic(question: str, words: int = 8) -> str:
    """The first words, without the marks that would break the emphasis around them."""
    plain = re.sub(r"[*_`#|<>\[\]]", "", question).split()
    return " ".join(plain[:words]).rstrip(".,;:?!") or "nothing in particular"


def _body(question: str) -> str:
    asked = question.lower()
    if "table" in asked:
        return (
            "Here is a table:\n\n| Region | Revenue | Change |\n|---|---:|---:|\n"
            "| North | 1,200 | +4 % |\n| South | 950 | −2 % |\n| West | 1,430 | +7 % |"
        )
    if any(word in asked for word in ("list", "steps", "points")):
        return (
            "The main points:\n\n- Look at the total first.\n- Compare it with the month before.\n"
            "- Ask what changed in between."
        )
    if any(word in asked for word in ("code", "sql", "python")):
        return (
            "It could look like this:\n\n```sql\nSELECT region, SUM(revenue) AS revenue\n"
            "FROM sales\nGROUP BY region\nORDER BY revenue DESC;\n```"
        )
    return (
        "This answer is made up by a stand-in, so its content means nothing. "
        "A real model would look at the data here and explain it in its own words."
    )


def _closing(question: str) -> str:
    closings = (
        "Tell me if you want to go deeper into one part.",
        "I can also show this as a chart.",
        "Shall I compare it with the year before?",
    )
    return closings[hashlib.sha256(question.encode()).digest()[0] % len(closings)]


def structured(format: Any, messages: Messages) -> str:
    topic = _topic(last_user(messages))
    value = {"answer": topic} if format == "json" else instance(format, topic)
    return json.dumps(value, ensure_ascii=False)


def pieces_of_json(text: str) -> list[str]:
    return re.findall(r'\s*(?:"(?:[^"\\]|\\.)*"|[^\s"{}\[\],:]+|.)', text, re.DOTALL)


def asked_tool(messages: Messages, tools: list[Any]) -> list[tuple[str, dict[str, Any]]]:
    """The tool whose name the user says, with arguments that fit its parameters."""
    if not messages or messages[-1].get("role") != "user":
        return []
    question = last_user(messages).lower()
    for tool in tools:
        function = tool.get("function", {}) if isinstance(tool, dict) else {}
        name = str(function.get("name", ""))
        if name and (name.lower() in question or name.lower().replace("_", " ") in question):
            arguments = instance(function.get("parameters") or {"type": "object"}, _topic(question))
            return [(name, arguments if isinstance(arguments, dict) else {})]
    return []


def tool_call(index: int, name: str, arguments: dict[str, Any], seed: str) -> dict[str, Any]:
    digest = hashlib.sha256(f"{seed} {index} {name}".encode()).digest()
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:8])
    function = {"index": index, "name": name, "arguments": arguments}
    return {"id": f"call_{letters}", "function": function}


def embedding(text: str, dimensions: int) -> list[float]:
    """A unit vector from the words: the same for the same text, near where words are shared."""
    total = [0.0] * dimensions
    for word in re.findall(r"\w+", text.lower()) or [text]:
        for index, value in enumerate(_directions(word, dimensions)):
            total[index] += value
    return normalised(total)


def normalised(vector: list[float]) -> list[float]:
    length = math.sqrt(sum(value * value for value in vector)) or 1e-12
    return [round(value / length, 7) for value in vector]


def _directions(word: str, dimensions: int) -> list[float]:
    data = hashlib.shake_256(word.encode()).digest(dimensions)
    return [byte / 127.5 - 1 for byte in data]
