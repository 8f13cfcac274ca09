"""Which literals of the solver a decision is, and which product a solver's model is."""

from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property
from operator import attrgetter

import numpy as np
from numpy.typing import NDArray

from configurator.engine.decisions import Decision, Decisions
from configurator.engine.expressions import Condition, dimensions_of
from configurator.engine.family.family import Table
from configurator.engine.product import Product
from configurator.engine.solver.encoding import Encoding
from configurator.engine.solver.lease import Model, Witnesses

_in_order = attrgetter("name", "value")
"""The order of decisions, without asking each pair: a click sorts them a hundred times."""


class Columns:
    """The family's option values, and its dimensions cut into cells, by place; immutable."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        family = encoding.family
        self.names = [f"{option.name}.{value}" for option in family.options.values() for value in option.values]
        self.variables = [encoding.values[option.name, value] for option in family.options.values() for value in option.values]
        self.of_value = {name: place for place, name in enumerate(self.names)}
        self.of_option = {
            option.name: [self.of_value[f"{option.name}.{value}"] for value in option.values] for option in family.options.values()
        }
        self.dimensions = list(encoding.cells)
        self.of_dimension = {name: place for place, name in enumerate(self.dimensions)}
        self.rules_of: dict[str, list[Condition]] = {
            name: [
                rule.condition for rule in family.rules if not isinstance(rule.condition, Table) and name in dimensions_of(rule.condition)
            ]
            for name in self.dimensions
        }
        self.firsts = {name: np.array([cell.first for cell in cells], dtype=np.int64) for name, cells in encoding.cells.items()}
        """Where in its domain each of a dimension's cells begins."""
        self._lasts = {name: [cell.last for cell in cells] for name, cells in encoding.cells.items()}
        self._variables = np.array(self.variables, dtype=np.int64)
        self._at_most = [np.array([cell.literals[0] for cell in cells[:-1]], dtype=np.int64) for cells in encoding.cells.values()]

    @cached_property
    def default_literals(self) -> list[int]:
        """What holds of the default of every option and dimension, each for itself."""
        encoding = self.encoding
        literals = []
        for (option, value), variable in encoding.values.items():
            default = encoding.family.options[option].default
            literals.append(variable if value in default or (not value and not default) else -variable)
        for name, cells in encoding.cells.items():
            dimension = encoding.family.dimensions[name]
            position = dimension.domain.index(dimension.default)
            literals.extend((cell.literals[0] if position <= cell.last else -cell.literals[0]) for cell in cells[:-1])
        return literals

    def values_of(self, model: Model) -> NDArray[np.bool_]:
        """Which option values the product has."""
        values: NDArray[np.bool_] = model[self._variables]
        return values

    def cells_of(self, model: Model) -> NDArray[np.int64]:
        """In which cell of each dimension the product is."""
        return np.array([len(at_most) - np.count_nonzero(model[at_most]) for at_most in self._at_most], dtype=np.int64)

    def product(self, values: NDArray[np.bool_], cells: NDArray[np.int64]) -> Product:
        """A product with these values, in these cells."""
        family = self.encoding.family
        chosen: dict[str, tuple[str, ...]] = dict.fromkeys(family.options, ())
        for place in np.flatnonzero(values):
            option, _, value = self.names[place].partition(".")
            chosen[option] += (value,)
        numbers = {name: family.dimensions[name].domain[int(self.firsts[name][cells[place]])] for name, place in self.of_dimension.items()}
        return Product(chosen, numbers)

    def cell(self, name: str, number: int) -> int:
        """The place of the cell that holds a dimension's number."""
        return bisect_left(self._lasts[name], self.encoding.family.dimensions[name].domain.index(number))

    def between(self, name: str, first: int, last: int) -> list[int]:
        """Literals that say: in one of the cells from ``first`` to ``last``."""
        cells = self.encoding.cells[name]
        above = [literal for literal in cells[first].literals if literal < 0]
        below = [literal for literal in cells[last].literals if literal > 0]
        return above + below

    def assumptions(self, decision: Decision) -> list[int]:
        """The literals that say the same as the decision."""
        place = self.of_value.get(decision.name)
        if place is not None:
            return [self.variables[place] if decision.value else -self.variables[place]]
        cell = self.cell(decision.name, int(decision.value))
        return list(self.encoding.cells[decision.name][cell].literals)

    def all_assumptions(self, decisions: Iterable[Decision]) -> list[int]:
        return [literal for decision in sorted(decisions, key=_in_order) for literal in self.assumptions(decision)]

    def agreeing(self, witnesses: Witnesses, decisions: Decisions) -> int:
        """The products seen before that agree with the decisions."""
        agree = witnesses.everybody
        for decision in decisions:
            place = self.of_value.get(decision.name)
            if place is None:
                agree &= witnesses.in_cell(self.of_dimension[decision.name], self.cell(decision.name, int(decision.value)))
            elif decision.value:
                agree &= witnesses.having[place]
            else:
                agree &= ~witnesses.having[place]
        return agree
