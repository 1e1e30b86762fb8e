"""What was found for this one question: chosen by priority, numbered for citations, delimited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llm.prompts.parts import Piece
from llm.prompts.tokens import estimate_tokens
from llm.prompts.untrusted import data_block, label, neutralise, own

_BETWEEN = "\n\n"


@dataclass(frozen=True, slots=True)
class Found:
    """``used``: pieces in their order, each with its tokens and its number (0: none)."""

    text: str = ""
    tokens: int = 0
    used: tuple[tuple[Piece, int, int], ...] = ()
    trimmed: tuple[Piece, ...] = ()


def chosen_context(pieces: Sequence[Piece], limit: int, boundary: str, factor: float) -> Found:
    """Those of the highest priority that fit ``limit`` tokens, in the order they came in.

    The estimate takes the boundary for the dearest text of its length, so that what is chosen does
    not depend on it.
    """
    dearest = "0" * len(boundary)
    opening = estimate_tokens(data_block((), boundary=dearest) + _BETWEEN, factor=factor)
    costs = [_cost(piece, len(pieces), factor) for piece in pieces]
    taken: set[int] = set()
    spent, opened = 0, False
    for index in sorted(range(len(pieces)), key=lambda index: (-pieces[index].priority, index)):
        opens = not opened and not pieces[index].trusted
        cost = costs[index] + (opening if opens else 0)
        if spent + cost <= limit:
            taken.add(index)
            spent += cost
            opened = opened or opens
    used = _numbered([(pieces[index], costs[index]) for index in sorted(taken)])
    trimmed = tuple(piece for index, piece in enumerate(pieces) if index not in taken)
    return Found(_rendered(used, boundary), spent, used, trimmed)


def _numbered(taken: Sequence[tuple[Piece, int]]) -> tuple[tuple[Piece, int, int], ...]:
    """Trusted pieces stand first in the text. Pieces with the same ID have the same number."""
    numbers: dict[str, int] = {}
    for piece, _ in sorted(taken, key=lambda each: not each[0].trusted):
        if piece.id:
            numbers.setdefault(piece.id, len(numbers) + 1)
    return tuple((piece, tokens, numbers.get(piece.id, 0)) for piece, tokens in taken)


def _rendered(used: Sequence[tuple[Piece, int, int]], boundary: str) -> str:
    trusted = [_trusted(piece, number) for piece, _, number in used if piece.trusted]
    others = [(_title(piece, number), piece.text) for piece, _, number in used if not piece.trusted]
    block = [data_block(others, boundary=boundary)] if others else []
    return _BETWEEN.join((*trusted, *block))


def _trusted(piece: Piece, number: int) -> str:
    title = _title(piece, number)
    return f"{title}\n{own(piece.text).strip()}" if title else own(piece.text).strip()


def _title(piece: Piece, number: int) -> str:
    source = label(piece.source)
    return f"[{number}] {source}".strip() if number else source


def _cost(piece: Piece, most: int, factor: float) -> int:
    title = _title(piece, most if piece.id else 0)
    body = own(piece.text) if piece.trusted else neutralise(piece.text)
    return estimate_tokens(f"{title}\n{body}{_BETWEEN}", factor=factor)
