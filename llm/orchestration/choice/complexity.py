"""How much a question asks of a model, guessed from its words alone."""

from __future__ import annotations

import re
from enum import StrEnum

_ANALYSIS = re.compile(
    r"\b(analy[sz]e|analysis|anomal\w+|calculat\w+|caus\w+|compar\w+|correlat\w+|deriv\w+"
    r"|difference between|evaluat\w+|explain\w*|extrapolat\w+|forecast\w*|impact|optimi[sz]\w+"
    r"|outliers?|pre?dict\w*|prove|regression|relationship|root cause|scenario|step by step"
    r"|strateg\w+|trade-?offs?|trends?|versus|vs|what if|why)\b",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"```|^\s*select\b.{1,300}\bfrom\b|(?-i:\bSELECT\b.{1,300}\bFROM\b)"
    r"|\b(insert into|update \w+ set|left join|group by|window function)\b"
    r"|\bdef \w+\(|\bfunction\s*\w*\(|\bclass \w+[:({]|\bimport \w+|Traceback \(most recent"
    r"|[{};][ \t]*\n",
    re.IGNORECASE | re.DOTALL,
)
_ITEM = re.compile(r"^[ \t]*(?:[-*•]|\d+[.)])\s+\S", re.MULTILINE)

SHORT_WORDS = 12
MANY_WORDS = 30
VERY_MANY_WORDS = 80
LOOKED_AT = 20_000
"""Characters that are looked at; what is longer is complex by its length."""


class Complexity(StrEnum):
    SIMPLE = "simple"
    NORMAL = "normal"
    COMPLEX = "complex"


def complexity(question: str) -> Complexity:
    """The same question always gives the same answer; no model is asked."""
    text = question[:LOOKED_AT]
    words = len(text.split())
    points = _points(text, words)
    if points >= 2:
        return Complexity.COMPLEX
    return Complexity.SIMPLE if not points and words <= SHORT_WORDS else Complexity.NORMAL


def _points(text: str, words: int) -> int:
    points = (words >= MANY_WORDS) + (words >= VERY_MANY_WORDS)
    points += 2 * bool(_ANALYSIS.search(text)) + 2 * bool(_CODE.search(text))
    points += min(2, max(0, text.count("?") - 1))
    return points + (len(_ITEM.findall(text)) >= 2)
