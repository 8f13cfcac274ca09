"""The linear model behind the day plan, in PuLP: which choice of each order, with every scarce thing of the plant as a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pulp

from scheduler.engine.daychoices import Choices, Floats, Ints
from scheduler.engine.dayload import Cell, DayCapacity
from scheduler.engine.daysupply import Shares, Supply
from scheduler.engine.plant import Plant
from scheduler.engine.solving import Again, Solution, solve

CLEAR = 0.98
"""What the relaxation decides to this share is taken as it stands."""
BATCH = 0.1
"""Of the orders that it does not decide, so many are fixed at once, the clearest first."""


@dataclass(frozen=True)
class Relaxed:
    """A solved linear model: a bound for every plan, and prices of capacity."""

    objective: float
    taken: Floats
    """Share of each choice of the model."""
    cell_price: Floats
    """What an hour of load costs in each cell."""
    prices: Mapping[Cell, float]
    """What an hour more of machines would save in each cell."""
    shares: Shares
    excess_h: float
    """Hours bought at the excess price."""


class DayModel:
    """Hours throughout. A setup is divided among the orders of its slot: ``carried`` says how much of it an hour of each entry carries.

    When that times hours sums to at most one over what can meet in a slot, then no plan is better than the relaxation. Any other
    division only guides. ``excess_price``: where ``elastic``, hours that nobody can work are bought at it, so that there is a solution.
    """

    def __init__(
        self,
        plant: Plant,
        capacity: DayCapacity,
        choices: Choices,
        columns: Ints,
        carried: Floats,
        excess_price: float,
        elastic: bool,
    ) -> None:
        self.columns = columns
        self._choices = choices
        self._problem = pulp.LpProblem("days", pulp.LpMinimize)
        prices, cells, at, hours = self._divided(carried)
        variables = [self._problem.add_variable(f"x{number}", 0, 1) for number in range(len(columns))]
        begins = np.searchsorted(choices.order[columns], np.arange(len(choices.works) + 1)).tolist()
        for begin, end in pairwise(begins):
            self._problem.addConstraint(pulp.lpSum_vars(variables[begin:end]) == 1)
        self._supply = Supply(plant, capacity, choices, self._problem, len(choices.works), len(columns))
        edges = np.flatnonzero(np.diff(cells, prepend=-1, append=-1)).tolist() if len(cells) else []
        taking, worth = [variables[place] for place in at.tolist()], hours.tolist()
        loads = {int(cells[begin]): (list(zip(taking[begin:end], worth[begin:end], strict=True)), 0.0) for begin, end in pairwise(edges)}
        self._supply.cover(loads, excess_price, elastic)
        self._problem.setObjective(pulp.lpSum_vars_coefs([*zip(variables, prices.tolist(), strict=True), *self._supply.objective]))
        self._again: Again | None = None

    def _divided(self, carried: Floats) -> tuple[Floats, Ints, Ints, Floats]:
        """Prices of the columns; cell, column and hours of each entry, by cell."""
        choices = self._choices
        slot, hours = choices.slot[self.columns], choices.hours[self.columns]
        part = carried[self.columns] * hours
        prices = choices.price[self.columns] + (part * choices.setup_price[slot]).sum(axis=1)
        cell = choices.slot_cell[slot].ravel()
        column = np.repeat(np.arange(len(self.columns)), slot.shape[1])
        load = (hours + part * choices.setup_h[slot]).ravel()
        ranked = np.lexsort((column, cell))
        ranked = ranked[cell[ranked] < choices.cells]
        if not len(ranked):
            return prices, np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
        key = cell[ranked] * len(self.columns) + column[ranked]
        begin = np.flatnonzero(np.diff(key, prepend=-1))
        return prices, cell[ranked][begin], column[ranked][begin], np.add.reduceat(load[ranked], begin)

    def relax(self, left_s: float) -> tuple[bool, Relaxed | None]:
        """By interior points, then to a corner. Whether no choice of each order fits; and the solution, when there is one in time."""
        solved = solve(self._problem, left_s, solver="ipm")
        if not solved.optimal:
            return solved.infeasible, None
        self._again = Again(self._problem)
        return False, self._relaxed(self._again.solution())

    def divide(self, carried: Floats, left_s: float) -> Relaxed | None:
        """Relax again with setups divided in another way, and elastic; nothing when time runs out."""
        assert self._again is not None, "relax it first"
        prices, cells, at, hours = self._divided(carried)
        rows = np.array([self._supply.rows[cell] for cell in cells.tolist()], dtype=np.int64)
        self._again.change(prices, rows, at, hours, self._supply.excess)
        found = self._again.relax(left_s)
        return None if found is None else self._relaxed(found)

    def _relaxed(self, solution: Solution) -> Relaxed:
        supply, days = self._supply, self._choices.days
        cell_price = np.zeros(self._choices.cells + 1)
        for cell, row in supply.rows.items():
            cell_price[cell] = max(0.0, -solution.row_price[row])
        prices = ((divmod(cell, days), -solution.column_price[column]) for cell, column in supply.work.items())
        return Relaxed(
            solution.objective,
            solution.values[: len(self.columns)],
            cell_price,
            {(self._choices.rows[row][0], day): float(price) for (row, day), price in prices if price > 0},
            supply.shares(solution.values),
            float(solution.values[supply.excess].sum()),
        )

    def fix(self, relaxed: Relaxed, left_s: Callable[[], float]) -> Ints:
        """Relax and fix (Pochet and Wolsey 2006): fix what is clear, relax the rest again from where the last solution ended, and so on.

        A choice of each order, as places in the choices. When time runs out the largest share of each order decides.
        """
        assert self._again is not None, "relax it first"
        orders = len(self._choices.works)
        order = self._choices.order[self.columns]
        taken = relaxed.taken
        fixed = np.zeros(orders, dtype=bool)
        best = np.zeros(orders, dtype=np.int64)
        low, high = np.zeros(len(self.columns)), np.ones(len(self.columns))
        while True:
            ranked = np.argsort(taken, kind="stable")
            largest = np.zeros(orders, dtype=np.int64)
            largest[order[ranked]] = ranked
            best = np.where(fixed, best, largest)
            free = np.flatnonzero(~fixed)
            if not len(free) or left_s() <= 0:
                return self.columns[best]
            clearest = free[np.argsort(-taken[best[free]], kind="stable")]
            clear = int((taken[best[free]] > CLEAR).sum())
            batch = clearest[: clear + max(1, round(BATCH * (len(free) - clear)))]
            fixed[batch] = True
            low[best[batch]] = 1.0
            high[fixed[order]] = 0.0
            high[best[fixed]] = 1.0
            found = self._again.bounded(low, high, left_s())
            if found is None:
                return self.columns[best]
            taken = found
