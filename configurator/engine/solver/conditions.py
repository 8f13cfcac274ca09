"""How conditions become clauses that hold for exactly the same products."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from configurator.engine.expressions import Chosen, Comparison, Condition, Junction, Not, Truth
from configurator.engine.family.family import Table
from configurator.engine.solver.grid import Axis, ChoiceAxis, FlagAxis, NumberAxis, TooFine, Truths, grid_of
from configurator.engine.solver.vocabulary import Clause, Vocabulary

MOST_CLAUSES = 400_000


class Encoder:
    """Writes clauses over a vocabulary; every literal it makes is equivalent to its condition."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._known: dict[Condition, int] = {}
        self.clauses: list[Clause] = []
        self._true = vocabulary.new()
        self.clauses.append([self._true])

    def require(self, condition: Condition, guard: Clause) -> None:
        """The condition holds, or a literal of ``guard`` does. Raises TooFine."""
        match condition:
            case Truth(True):
                return
            case Junction("and", items):
                for item in items:
                    self.require(item, guard)
            case Junction("or", items):
                self.clauses.append(guard + [literal for item in items for literal in self._either(item)])
            case Not(Not(item)):
                self.require(item, guard)
            case Not(Junction(operator, items)):
                self.require(Junction("or" if operator == "and" else "and", tuple(Not(item) for item in items)), guard)
            case Comparison():
                self._grid(condition, true_to=None, false_to=guard)
            case _:
                self.clauses.append(guard + self._either(condition))

    def require_row(self, table: Table, guard: Clause) -> None:
        """One of the table's rows is the product's, or a literal of ``guard`` holds."""
        rows = []
        for row in table.allow:
            chosen = self._vocabulary.new()
            rows.append(chosen)
            self.clauses.extend([-chosen, self._vocabulary.values[option, value]] for option, value in zip(table.options, row, strict=True))
        self.clauses.append(guard + rows)

    def literal(self, condition: Condition) -> int:
        """A literal that holds exactly when the condition does. Raises TooFine."""
        match condition:
            case Truth(value):
                return self._true if value else -self._true
            case Not(item):
                return -self.literal(item)
            case Chosen(option, values) if len(values) == 1:
                return self._vocabulary.values[option, next(iter(values))]
        if condition not in self._known:
            self._known[condition] = self._defined(condition)
        return self._known[condition]

    def _defined(self, condition: Condition) -> int:
        found = self._vocabulary.new()
        match condition:
            case Chosen() | Junction("or", _):
                literals = self._either(condition)
                self.clauses.append([-found, *literals])
                self.clauses.extend([found, -literal] for literal in literals)
            case Junction("and", items):
                literals = [self.literal(item) for item in items]
                self.clauses.append([found, *(-literal for literal in literals)])
                self.clauses.extend([-found, literal] for literal in literals)
            case Comparison():
                self._grid(condition, true_to=[found], false_to=[-found])
        return found

    def _either(self, condition: Condition) -> list[int]:
        """Literals of which one holds exactly when the condition does."""
        match condition:
            case Chosen(option, values):
                return [self._vocabulary.values[option, value] for value in sorted(values)]
            case Junction("or", items):
                return [literal for item in items for literal in self._either(item)]
            case Not(Junction("and", items)):
                return [literal for item in items for literal in self._either(Not(item))]
            case Not(Not(item)):
                return self._either(item)
        return [self.literal(condition)]

    def _grid(self, comparison: Comparison, true_to: Clause | None, false_to: Clause) -> None:
        grid = grid_of(comparison, self._vocabulary.family.options, self._vocabulary.family.dimensions)
        self._boxes(grid.truths, grid.axes, [], true_to, false_to)

    def _boxes(self, truths: Truths, axes: Sequence[Axis], outside: Clause, true_to: Clause | None, false_to: Clause) -> None:
        """A clause for each box of equal truth: outside the box, or the truth's clause. ``outside`` says how far we are in."""
        if truths.all():
            if true_to is not None:
                self._add(outside + true_to)
            return
        if not truths.any():
            self._add(outside + false_to)
            return
        for array, literals in self._slices(truths, axes[0]):
            self._boxes(array, axes[1:], outside + literals, true_to, false_to)

    def _add(self, clause: Clause) -> None:
        self.clauses.append(clause)
        if len(self.clauses) > MOST_CLAUSES:
            raise TooFine

    def _slices(self, truths: Truths, axis: Axis) -> list[tuple[Truths, list[int]]]:
        """The slices along the first axis, equal ones together, each with the literals of which one holds outside of it."""
        values = self._vocabulary.values
        match axis:
            case FlagAxis(option, value):
                variable = values[option, value]
                return [(truths[0], [variable]), (truths[1], [-variable])]
            case ChoiceAxis(option, groups):
                equal: dict[bytes, list[int]] = {}
                for place in range(len(groups)):
                    equal.setdefault(np.packbits(truths[place]).tobytes(), []).append(place)
                everything = {values[option, value] for group in groups for value in group}
                found = []
                for places in equal.values():
                    inside = {values[option, value] for place in places for value in groups[place]}
                    found.append((truths[places[0]], sorted(everything - inside)))
                return found
            case NumberAxis(dimension):
                return self._runs(truths, dimension)

    def _runs(self, truths: Truths, dimension: str) -> list[tuple[Truths, list[int]]]:
        flat = truths.reshape(len(truths), -1)
        cuts = [0, *(np.flatnonzero((flat[1:] != flat[:-1]).any(axis=1)) + 1).tolist(), len(truths)]
        found = []
        for first, end in pairwise(cuts):
            below, within = self._vocabulary.at_most(dimension, first - 1), self._vocabulary.at_most(dimension, end - 1)
            outside = ([below] if below is not None else []) + ([-within] if within is not None else [])
            found.append((truths[first], outside))
        return found
