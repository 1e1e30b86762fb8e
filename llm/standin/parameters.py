"""Reading what a request sets: durations and options, with the errors of the real one."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

FOREVER = math.inf
UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
THINK_LEVELS = ("high", "medium", "low", "max")

INTEGERS = {
    "num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "draft_num_predict",
    "num_keep", "seed", "num_predict", "top_k", "repeat_last_n",
}  # fmt: skip
FLOATS = {
    "top_p", "min_p", "typical_p", "temperature", "repeat_penalty", "presence_penalty",
    "frequency_penalty",
}  # fmt: skip
BOOLEANS = {"use_mmap"}
ARRAYS = {"stop"}
RELOADING = (
    "num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread", "draft_num_predict",
)  # fmt: skip
"""A change of any of these loads the model anew."""


class Refusal(Exception):
    """An answer that is an error: an HTTP status before the first line, a line after it."""

    def __init__(self, status: int, error: str, **more: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.more = more


@dataclass(frozen=True, slots=True)
class Options:
    """What of the options means something here; the rest is checked and forgotten."""

    num_ctx: int
    num_predict: int = -1
    num_keep: int = 4
    stop: tuple[str, ...] = ()
    loading: tuple[Any, ...] = ()


def seconds(value: Any) -> float:
    """A keep-alive: a number of seconds, or a text with units; below zero: for ever."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        kind = {bool: "bool", list: "[]interface {}"}.get(type(value), "map[string]interface {}")
        raise Refusal(400, f"unsupported duration type: '{kind}'")
    amount = _parse(value) if isinstance(value, str) else float(value)
    return FOREVER if amount < 0 else amount


def _parse(text: str) -> float:
    """As Go's ``time.ParseDuration``: "1h30m", "-1s", "0"; a unit must be there."""
    shown = json.dumps(text, ensure_ascii=False)
    sign, rest = (-1.0, text[1:]) if text[:1] == "-" else (1.0, text.removeprefix("+"))
    if rest == "0":
        return 0.0
    if not rest:
        raise Refusal(400, f"time: invalid duration {shown}")
    total = 0.0
    while rest:
        match = re.match(r"(\d+\.?\d*|\.\d+)([^\d.]*)", rest)
        if match is None:
            raise Refusal(400, f"time: invalid duration {shown}")
        number, unit = match.groups()
        if not unit:
            raise Refusal(400, f"time: missing unit in duration {shown}")
        if unit not in UNITS:
            raise Refusal(400, f"time: unknown unit {json.dumps(unit)} in duration {shown}")
        total += float(number) * UNITS[unit]
        rest = rest[match.end() :]
    return sign * total


def options(given: Any, *, default_num_ctx: int) -> Options:
    """Wrong types are an error 500, unknown names nothing at all."""
    values = given or {}
    if not isinstance(values, dict):
        raise Refusal(400, "json: cannot unmarshal options into Go value of type map[string]any")
    known = {key: value for key, value in values.items() if value is not None}
    for key, value in known.items():
        _check(key, value)
    num_ctx = int(known.get("num_ctx", default_num_ctx)) or default_num_ctx
    loading = tuple(num_ctx if key == "num_ctx" else known.get(key) for key in RELOADING)
    return Options(
        num_ctx=num_ctx,
        num_predict=int(known.get("num_predict", -1)),
        num_keep=int(known.get("num_keep", 4)),
        stop=tuple(known.get("stop", ())),
        loading=loading,
    )


def _check(key: str, value: Any) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if key in INTEGERS and not number:
        kind = "integer"
    elif key in FLOATS and not number:
        kind = "float32"
    elif key in BOOLEANS and not isinstance(value, bool):
        kind = "boolean"
    elif key in ARRAYS and not isinstance(value, list):
        kind = "array"
    elif key in ARRAYS and not all(isinstance(item, str) for item in value):
        raise Refusal(500, f'option "{key}" must be of an array of strings')
    else:
        return
    raise Refusal(500, f'option "{key}" must be of type {kind}')


def thinking(value: Any) -> bool | str | None:
    if value is None or isinstance(value, bool) or value in THINK_LEVELS:
        return value  # type: ignore[no-any-return]
    if isinstance(value, str):
        allowed = ", ".join(f'"{level}"' for level in THINK_LEVELS)
        raise Refusal(400, f'invalid think value: "{value}" (must be {allowed}, true, or false)')
    raise Refusal(400, "think must be a boolean or string")
