"""How many tokens a text will be, before a model says so: cautious, and corrected by what it said.

The estimate is a sum over characters, so that an estimate of parts is never below that of the
whole. Weights are in thousandths of a token, rather too high than too low: tokenizers differ by
script far more than by model (English prose 4 to 5 characters a token, code about 3, a token a
digit in several families, about one a character in Chinese).
"""

from __future__ import annotations

import json
import math
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from llm.providers.base import ChatMessage

MESSAGE_TOKENS = 6
"""What a chat template puts around a message: start, role, end, newlines."""
REQUEST_TOKENS = 6
"""What it puts around them all, and before the answer."""
CALL_TOKENS = 12
IMAGE_TOKENS = 1000
_LATIN, _CAPITAL, _ACCENTED, _SCRIPT, _DENSE, _WIDE, _RARE = 278, 450, 600, 600, 900, 1100, 3000
_DIGIT, _MARK = 1000, 650
_BLANKS = {" ": 278, "\n": 500, "\t": 400}
_ALPHABETS = ("CYRILLIC", "GREEK", "ARABIC", "HEBREW", "ARMENIAN", "GEORGIAN")
_IDEOGRAPHS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "FULLWIDTH", "HALFWIDTH")


def estimate_tokens(text: str, *, factor: float = 1.0) -> int:
    """Cautious; ``factor`` is what a ``Calibration`` says of the model."""
    if not text:
        return 0
    return math.ceil(_thousandths(text) * factor / 1000)


def message_tokens(message: ChatMessage, *, factor: float = 1.0) -> int:
    texts = (message.content, message.thinking, message.tool_name, message.tool_call_id)
    calls = sum(
        CALL_TOKENS + estimate_tokens(each.name + _json(each.arguments), factor=factor)
        for each in message.tool_calls
    )
    text = sum(estimate_tokens(each, factor=factor) for each in texts)
    return MESSAGE_TOKENS + text + calls + IMAGE_TOKENS * len(message.images)


def prompt_tokens(
    messages: Iterable[ChatMessage],
    *,
    tools: Iterable[Mapping[str, Any]] = (),
    factor: float = 1.0,
) -> int:
    """All that is sent, with what the chat template adds."""
    said = sum(message_tokens(each, factor=factor) for each in messages)
    return REQUEST_TOKENS + said + tools_tokens(tools, factor=factor)


def tools_tokens(tools: Iterable[Mapping[str, Any]], *, factor: float = 1.0) -> int:
    return sum(CALL_TOKENS + estimate_tokens(_json(each), factor=factor) for each in tools)


@dataclass(slots=True)
class _Ratio:
    average: float
    used: float


class Calibration:
    """By model: tokens counted by the server / tokens estimated, averaged, within bounds.

    Kept in memory, for one process; safe between threads. It rises fast and falls slowly, because
    too low is what hurts. What is used moves in steps and only when the average has left its band,
    so that a small change does not move where the history is cut.
    """

    LOWEST, HIGHEST = 0.6, 3.0
    _RISE, _FALL, _STEP, _BAND = 0.5, 0.1, 0.05, 0.15
    _LEAST = 50
    """Estimates below this say more about the template than about the text."""

    def __init__(self, *, most_models: int = 500) -> None:
        self._ratios: dict[str, _Ratio] = {}
        self._most = most_models
        self._lock = threading.Lock()

    def update(self, model: str, estimated: int, actual: int) -> None:
        """``estimated`` without factor, ``actual`` as the server counted (0: it did not)."""
        if estimated < self._LEAST or actual <= 0:
            return
        observed = min(max(actual / estimated, self.LOWEST), self.HIGHEST)
        with self._lock:
            ratio = self._ratios.pop(model, None) or _Ratio(1.0, 1.0)
            weight = self._RISE if observed > ratio.average else self._FALL
            ratio.average += weight * (observed - ratio.average)
            if not ratio.used - self._BAND <= ratio.average <= ratio.used:
                ratio.used = self._stepped(ratio.average)
            self._ratios[model] = ratio
            while len(self._ratios) > self._most:
                del self._ratios[next(iter(self._ratios))]

    def factor(self, model: str) -> float:
        """1.0 for a model nothing is known of."""
        with self._lock:
            ratio = self._ratios.get(model)
            return ratio.used if ratio else 1.0

    def _stepped(self, average: float) -> float:
        return min(round(math.ceil(average / self._STEP - 1e-9) * self._STEP, 2), self.HIGHEST)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _thousandths(text: str) -> int:
    """The sum of all weights. A conversation of thousands of messages is counted at each turn, so
    the plain letters are counted as bytes, by weight."""
    plain = text.encode("ascii", "ignore").translate(_CLASSES)
    total = sum(plain.count(index) * weight for index, weight in enumerate(_WEIGHTS))
    if len(plain) < len(text):
        others = Counter(_OTHERS.findall(text))
        total += sum(_weight(each) * count for each, count in others.items())
    return total


@lru_cache(maxsize=8192)
def _weight(character: str) -> int:
    """Of a character beyond ASCII."""
    if ord(character) > 0xFFFF and not 0x20000 <= ord(character) <= 0x3FFFF:
        return _RARE
    name = unicodedata.name(character, "")
    if name.startswith("LATIN"):
        return _ACCENTED
    if name.startswith(_ALPHABETS):
        return _SCRIPT
    if name.startswith(_IDEOGRAPHS):
        return _WIDE if name.startswith("CJK") else 1000
    return _DENSE if unicodedata.category(character)[0] in "LM" else 1500


def _ascii_weight(character: str) -> int:
    if character in _BLANKS:
        return _BLANKS[character]
    if character.isdigit():
        return _DIGIT
    if character.isalpha():
        return _LATIN if character.islower() else _CAPITAL
    return _MARK if character.isprintable() else 1000


_OTHERS = re.compile(r"[^\x00-\x7f]")
_ASCII = [_ascii_weight(chr(code)) for code in range(128)]
_WEIGHTS = sorted(set(_ASCII))
_CLASSES = bytes(_WEIGHTS.index(weight) for weight in _ASCII).ljust(256, b"\0")
