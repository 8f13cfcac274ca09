"""Products of one part of a model, seen before and led along: after a decision most of them need little change to agree with it.

A witness that does not agree is led towards one that does, the guide: where a clause is broken, one literal that the guide has is
taken over, until none is broken. Everything taken over agrees with the guide, so this ends, at the guide itself at the latest; what
lies far from the decision stays as it was. All witnesses are led at once: a literal's truths in them are the bits of one whole number.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.bool_]
"""A row for each product, a truth for each variable."""
MOST_WITNESSES = 8_192
_WORD = 62


@dataclass(frozen=True, slots=True)
class Witnesses:
    """``truths[literal]``: bit i is set where witness i has the literal; negative literals are places from the end."""

    truths: list[int]
    count: int

    @property
    def all(self) -> int:
        """Every bit."""
        return (1 << self.count) - 1

    def having(self, literals: Iterable[int]) -> int:
        """The bits of the witnesses that have all the literals."""
        found = self.all
        for literal in literals:
            found &= self.truths[literal]
        return found

    @property
    def bits(self) -> int:
        """How large they are."""
        return self.count * len(self.truths)

    def doubts(self, features: int) -> NDArray[np.int8]:
        """Of each of the first variables 1 when no witness has it, -1 when none lacks it, 0 when both were seen."""
        found = np.zeros(features, dtype=np.int8)
        found[[place for place, having in enumerate(self.truths[1 : features + 1]) if not having]] = 1
        found[[place for place, lacking in enumerate(self.truths[: -features - 1 : -1]) if not lacking]] = -1
        return found


def witnesses(rows: Rows) -> Witnesses:
    """Shape of ``rows``: (witnesses, variables)."""
    return _made(_columns(rows), len(rows))


def joined(first: Witnesses, more: Rows) -> Witnesses:
    """With ``more`` after ``first``; the oldest go when there are too many."""
    kept = first.count
    positive = [before | new << kept for before, new in zip(first.truths[1 : len(first.truths) // 2 + 1], _columns(more), strict=True)]
    return _made(positive, kept + len(more))


def both(first: Witnesses, second: Witnesses) -> Witnesses:
    """Those of ``second`` after those of ``first``."""
    variables = len(first.truths) // 2
    kept = first.count
    pairs = zip(first.truths[1 : variables + 1], second.truths[1 : variables + 1], strict=True)
    return _made([before | new << kept for before, new in pairs], kept + second.count)


def _made(positive: list[int], count: int) -> Witnesses:
    if count > MOST_WITNESSES:
        gone = count - MOST_WITNESSES
        positive, count = [truths >> gone for truths in positive], MOST_WITNESSES
    everyone = (1 << count) - 1
    return Witnesses([0, *positive, *[everyone ^ truths for truths in reversed(positive)]], count)


def _columns(rows: Rows) -> list[int]:
    if len(rows) <= _WORD:
        bits = np.left_shift(np.int64(1), np.arange(len(rows), dtype=np.int64))
        return (rows.T @ bits).tolist() if len(rows) else [0] * rows.shape[1]
    packed = np.packbits(rows.T, axis=1, bitorder="little")
    width, written = packed.shape[1], packed.tobytes()
    return [int.from_bytes(written[begin : begin + width], "little") for begin in range(0, len(written), width)]


class Guide:
    """Leads witnesses of one part; ``clauses`` over variables from 1 to ``variables``."""

    def __init__(self, clauses: Sequence[Sequence[int]], variables: int) -> None:
        self._negated = [tuple(-literal for literal in clause) for clause in clauses]
        self._broken_by: list[list[int]] = [[] for _ in range(2 * variables + 1)]
        """Of each literal the places of the clauses that it may break."""
        for place, clause in enumerate(self._negated):
            for literal in clause:
                self._broken_by[literal].append(place)

    def led(self, found: Witnesses, literals: Iterable[int], guide: int) -> Witnesses:
        """All witnesses with all ``literals``. ``guide``: the bit of one that has them."""
        truths, everyone = found.truths.copy(), found.all
        waiting = bytearray(len(self._negated))
        queue: deque[int] = deque()

        def endangered(places: Iterable[int]) -> None:
            for place in places:
                if not waiting[place]:
                    waiting[place] = 1
                    queue.append(place)

        for literal in literals:
            if truths[literal] != everyone:
                truths[literal], truths[-literal] = everyone, 0
                endangered(self._broken_by[literal])
        while queue:
            place = queue.popleft()
            waiting[place] = 0
            clause = self._negated[place]
            broken = everyone
            for literal in clause:
                broken &= truths[literal]
                if not broken:
                    break
            else:
                taken = next(literal for literal in clause if not truths[literal] & guide)
                truths[taken] &= ~broken
                truths[-taken] |= broken
                endangered(self._broken_by[-taken])
        return Witnesses(truths, found.count)
