"""What is still possible after some decisions: exactly, for every option value and every number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configurator.engine.columns import Columns
from configurator.engine.decisions import Decisions
from configurator.engine.product import Product
from configurator.engine.solver.grid import along
from configurator.engine.solver.lease import Lease

Flags = NDArray[np.bool_]
Run = tuple[int, int, int]
"""Low, high, step."""


@dataclass(frozen=True)
class Possibilities:
    """``possible``: values that some buildable product has; ``forced``: values that every one has. Both as ``option.value``."""

    possible: frozenset[str]
    forced: frozenset[str]
    numbers: Mapping[str, tuple[Run, ...]]
    """Dimension → the exact set of its values that some buildable product has, as runs."""


def possibilities(columns: Columns, lease: Lease, decisions: Decisions) -> Possibilities | None:
    """The exact state; None when no buildable product agrees with the decisions."""
    found = possible_values(columns, lease, decisions)
    if found is None:
        return None
    decided = {each.name: int(each.value) for each in decisions if each.name in columns.of_dimension}
    numbers: dict[str, tuple[Run, ...]] = {}
    for name in columns.dimensions:
        step = columns.encoding.family.dimensions[name].step
        numbers[name] = ((decided[name], decided[name], step),) if name in decided else numbers_instead(columns, lease, decisions, name)
    return Possibilities(*found, numbers)


def possible_values(columns: Columns, lease: Lease, decisions: Decisions) -> tuple[frozenset[str], frozenset[str]] | None:
    """(possible, forced) values; None when no buildable product agrees with the decisions."""
    question = _Question(columns, lease, decisions)
    if not question.answerable:
        return None
    everything = range(len(columns.names))
    question.ask_having(everything)
    question.ask_lacking(everything)
    return (
        frozenset(columns.names[place] for place in np.flatnonzero(question.having)),
        frozenset(columns.names[place] for place in np.flatnonzero(~question.lacking)),
    )


def values_instead(columns: Columns, lease: Lease, decisions: Decisions, option: str) -> frozenset[str]:
    """What could be had of an option in place of the value chosen."""
    others = frozenset(each for each in decisions if each.name.partition(".")[0] != option or each.value is False)
    places = columns.of_option[option]
    seen = columns.agreeing(lease.witnesses, others)
    found = {place for place in places if seen & lease.witnesses.having[place]}
    if len(found) < len(places):
        assumptions = columns.all_assumptions(others)
        if seen or lease.holds(assumptions):
            implied = lease.implied(assumptions)
            for place in places:
                literal = columns.variables[place]
                if place not in found and -literal not in implied and lease.allows(assumptions, literal):
                    found.add(place)
    return frozenset(columns.names[place] for place in found)


def numbers_instead(columns: Columns, lease: Lease, decisions: Decisions, dimension: str) -> tuple[Run, ...]:
    """Which numbers a dimension could have, an own decision on it left aside; none when the others cannot be had together."""
    others = frozenset(each for each in decisions if each.name != dimension)
    question = _Question(columns, lease, others)
    return question.numbers(dimension) if question.answerable else ()


class _Question:
    """What some product has or lacks that agrees with the decisions.

    Products seen before answer most of it; then what follows at once; only the rest are questions to the solver.
    """

    def __init__(self, columns: Columns, lease: Lease, decisions: Decisions) -> None:
        self._columns = columns
        self._lease = lease
        self._assumptions = columns.all_assumptions(decisions)
        seen = lease.witnesses.places(columns.agreeing(lease.witnesses, decisions))
        self._values: list[Flags] = []
        self._cells: list[NDArray[np.int64]] = []
        self.having: Flags = np.zeros(len(columns.names), dtype=np.bool_)
        self.lacking: Flags = np.zeros(len(columns.names), dtype=np.bool_)
        if len(seen):
            values = lease.witnesses.values[seen]
            self.having, self.lacking = values.any(axis=0), (~values).any(axis=0)
            self._seen_cells = lease.witnesses.cells[seen]
            self._values.append(values[-1])
        else:
            self._seen_cells = np.zeros((0, len(columns.dimensions)), dtype=np.int64)
        self.answerable = bool(len(seen)) or self._holds(())

    def _allows(self, literal: int) -> bool:
        return self._lease.allows(self._assumptions, literal) and self._met()

    def _holds(self, literals: Sequence[int]) -> bool:
        return self._lease.holds([*self._assumptions, *literals]) and self._met()

    def _met(self) -> bool:
        """Remember the product that the solver found."""
        model = self._lease.model()
        values, cells = self._columns.values_of(model), self._columns.cells_of(model)
        self._lease.witnesses.add(values, cells)
        self._values.append(values)
        self._seen_cells = np.vstack((self._seen_cells, cells[None, :]))
        self.having = self.having | values
        self.lacking = self.lacking | ~values
        return True

    def ask_having(self, places: Sequence[int]) -> None:
        """Settle ``having`` for these values."""
        variables = self._columns.variables
        unseen = [place for place in places if not self.having[place]]
        implied = self._lease.implied(self._assumptions) if unseen else frozenset()
        open_ones = [place for place in unseen if -variables[place] not in implied]
        self._lease.prefer([variables[place] for place in open_ones])
        for place in open_ones:
            if not self.having[place]:
                self._allows(variables[place])

    def ask_lacking(self, places: Sequence[int]) -> None:
        """Settle ``lacking`` for these values."""
        variables = self._columns.variables
        unseen = [place for place in places if not self.lacking[place]]
        implied = self._lease.implied(self._assumptions) if unseen else frozenset()
        open_ones = [place for place in unseen if variables[place] not in implied]
        self._lease.prefer([-variables[place] for place in open_ones])
        for place in open_ones:
            if not self.lacking[place]:
                self._allows(-variables[place])

    def numbers(self, name: str) -> tuple[Run, ...]:
        """The exact set of a dimension's numbers.

        A product tells which other numbers it could have, everything else being equal; a stretch of unknown cells is one question.
        """
        columns = self._columns
        place = columns.of_dimension[name]
        cells = columns.encoding.cells[name]
        known = np.zeros(len(cells), dtype=np.bool_)
        possible = np.zeros(len(cells), dtype=np.bool_)
        possible[self._seen_cells[:, place]] = True
        if not possible.all():
            possible |= self._reached(name)
        known |= possible
        while not known.all():
            first = int(np.argmin(known))
            later = np.flatnonzero(known[first:])
            last = first + int(later[0]) - 1 if len(later) else len(cells) - 1
            if self._holds(columns.between(name, first, last)):
                possible |= self._reached(name)
                possible[self._seen_cells[-1, place]] = True
                known |= possible
            else:
                known[first : last + 1] = True
        return self._runs(name, possible)

    def _reached(self, name: str) -> Flags:
        """The cells that the latest product reaches along a dimension."""
        columns = self._columns
        family = columns.encoding.family
        product: Product = columns.product(self._values[-1], self._seen_cells[-1])
        good = np.ones(len(family.dimensions[name].domain), dtype=np.bool_)
        for condition in columns.rules_of[name]:
            good = good & along(condition, product, name, family.dimensions[name].domain)
        reached: Flags = good[columns.firsts[name]]
        return reached

    def _runs(self, name: str, possible: Flags) -> tuple[Run, ...]:
        dimension = self._columns.encoding.family.dimensions[name]
        runs: list[Run] = []
        last = -2
        for place in np.flatnonzero(possible):
            cell = self._columns.encoding.cells[name][place]
            high = dimension.domain[cell.last]
            if last == cell.first - 1:
                runs[-1] = (runs[-1][0], high, dimension.step)
            else:
                runs.append((dimension.domain[cell.first], high, dimension.step))
            last = cell.last
        return tuple(runs)
