"""Which of some groups of clauses cannot be missed for a contradiction: a few solutions show it of many.

Source: Belov, Marques-Silva: Accelerating MUS extraction with recursive model rotation, FMCAD 2011.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

Clauses = Sequence[Sequence[int]]


def irreducible_groups(
    groups: Mapping[int, Clauses], fixed: int, solve: Callable[[Sequence[int]], tuple[frozenset[int], Sequence[int]]]
) -> list[int]:
    """Names of groups that contradict the literal ``fixed`` together while no fewer of them do; all of them together must.

    ``solve(names)``: what of the names is refuted together with ``fixed``, or nothing and a solution, a literal for each variable.
    Where there is a choice the earlier ones are kept.
    """
    left = dict.fromkeys(groups)
    rotation = _Rotation(groups, fixed)
    for name in reversed(list(groups)):
        if name in left and name not in rotation.needed:
            without = [each for each in left if each != name]
            refuted, solution = solve(without)
            if refuted or not solution:
                left = dict.fromkeys(each for each in without if each in refuted)
            else:
                rotation.turn(name, solution, left)
    return list(left)


class _Rotation:
    def __init__(self, groups: Mapping[int, Clauses], fixed: int) -> None:
        self._groups = groups
        self._fixed = abs(fixed)
        self._having: dict[int, list[tuple[int, Sequence[int]]]] = {}
        """Literal → clauses with it, and their groups."""
        for name, clauses in groups.items():
            for clause in clauses:
                for literal in clause:
                    self._having.setdefault(literal, []).append((name, clause))
        self.needed: set[int] = set()

    def turn(self, name: int, solution: Sequence[int], left: Mapping[int, None]) -> None:
        """``solution`` breaks nothing but ``name``, which is needed therefore; so is what alone is broken when a literal is turned."""
        true = set(solution)
        self.needed.add(name)
        waiting: list[tuple[int, Iterator[int], int]] = [(name, self._false_in(name, true), 0)]
        while waiting:
            group, literals, turned = waiting[-1]
            for literal in literals:
                true.discard(-literal)
                true.add(literal)
                broken = self._broken(group, literal, true, left)
                if len(broken) == 1 and (next_group := broken.pop()) not in self.needed:
                    self.needed.add(next_group)
                    waiting.append((next_group, self._false_in(next_group, true), literal))
                    break
                true.discard(literal)
                true.add(-literal)
            else:
                waiting.pop()
                true.discard(turned)
                true.add(-turned)

    def _false_in(self, name: int, true: set[int]) -> Iterator[int]:
        """Literals of the group's broken clauses."""
        broken = [clause for clause in self._groups[name] if true.isdisjoint(clause)]
        return iter([literal for clause in broken for literal in clause if abs(literal) != self._fixed])

    def _broken(self, before: int, literal: int, true: set[int], left: Mapping[int, None]) -> set[int]:
        """Groups that are broken since ``literal`` was turned, two at most, and the one that was broken before if it still is."""
        found = {before} if any(true.isdisjoint(clause) for clause in self._groups[before]) else set()
        for name, clause in self._having.get(-literal, ()):
            if name in left and true.isdisjoint(clause):
                found.add(name)
                if len(found) > 1:
                    break
        return found
