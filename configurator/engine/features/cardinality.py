"""How many of some literals hold, said in clauses whose depth is the logarithm of their number.

Sources: Klieber, Kwon: Efficient CNF encoding for selecting 1 from N objects, CFV 2007 (commanders); Batcher: Sorting networks and
their applications, AFIPS 1968; Asín, Nieuwenhuis, Oliveras, Rodríguez-Carbonell: Cardinality networks, Constraints 2011 (no more
places than are asked for); Abío et al.: A parametric approach for smaller and better encodings of cardinality constraints, CP 2013
(small merges said directly).
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Protocol


class Writing(Protocol):
    """Where clauses go."""

    add: Callable[[list[int]], None]

    def new(self) -> int:
        """A variable that is not used yet."""
        ...


_PAIRWISE = 5
"""Of up to so many literals "at most one" is said of each pair."""
_TOGETHER = 4
_DIRECT = 40
"""Two sorted lists with so many pairs of places are merged directly."""


def at_most_one(writing: Writing, literals: Sequence[int], defined: bool) -> None:
    """Of more than a few literals every few get a commander, who holds where one of them does. ``defined``: and only there."""
    left = list(literals)
    while len(left) > _PAIRWISE:
        commanders = []
        for begin in range(0, len(left), _TOGETHER):
            some = left[begin : begin + _TOGETHER]
            _pairs(writing, some)
            commander = some[0]
            if len(some) > 1:
                commander = writing.new()
                for literal in some:
                    writing.add([-literal, commander])
                if defined:
                    writing.add([-commander, *some])
            commanders.append(commander)
        left = commanders
    _pairs(writing, left)


def _pairs(writing: Writing, literals: Sequence[int]) -> None:
    for first, second in combinations(literals, 2):
        writing.add([-first, -second])


def at_least(writing: Writing, literals: Sequence[int], most: int) -> list[int]:
    """Literals that hold exactly where one, two, … ``most`` of the given ones do, or as many as there are."""
    if len(literals) <= 1:
        return list(literals[:most])
    half = len(literals) // 2
    return _merged(writing, at_least(writing, literals[:half], most), at_least(writing, literals[half:], most), most)


def _merged(writing: Writing, first: Sequence[int], second: Sequence[int], most: int) -> list[int]:
    """One sorted list of two; places beyond ``most`` are neither read nor written."""
    if not first or not second:
        return [*first, *second][:most]
    if len(first) * len(second) <= _DIRECT:
        return _directly(writing, first, second, most)
    odd = _merged(writing, first[::2], second[::2], most // 2 + 1)
    even = _merged(writing, first[1::2], second[1::2], most // 2)
    found = odd[:1]
    for place in range(max(len(odd) - 1, len(even))):
        pair = [*odd[place + 1 : place + 2], *even[place : place + 1]]
        found += _directly(writing, pair[:1], pair[1:], most - len(found)) if len(pair) == 2 else pair
    return found[:most]


def _directly(writing: Writing, first: Sequence[int], second: Sequence[int], most: int) -> list[int]:
    found = [writing.new() for _ in range(min(most, len(first) + len(second)))]
    for some in range(len(first) + 1):
        for others in range(len(second) + 1):
            reached = some + others
            if 0 < reached <= len(found):
                having = [-first[some - 1]] if some else []
                having += [-second[others - 1]] if others else []
                writing.add([*having, found[reached - 1]])
            if reached < len(found):
                lacking = [first[some]] if some < len(first) else []
                lacking += [second[others]] if others < len(second) else []
                writing.add([*lacking, -found[reached]])
    return found
