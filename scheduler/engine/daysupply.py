"""What a day's hours come from, in PuLP: machines, people shared among groups, overtime, energy by price band, the partner."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pulp

from scheduler.engine.daychoices import Choices, Floats
from scheduler.engine.dayload import HOUR_S, Cell, DayCapacity
from scheduler.engine.plant import Plant
from scheduler.engine.solving import Again, solve

Terms = list[tuple[Any, float]]
MARKET_S = 1.0
LEAST = 1e-6
"""An hour is offered also where it earns nothing."""


@dataclass(frozen=True)
class Shares:
    """Hours of each kind of people in each cell, and of overtime; what is left of either is shared out evenly."""

    helped: Mapping[tuple[frozenset[str], int, int], float] = field(default_factory=dict)
    called: Mapping[int, float] = field(default_factory=dict)


@dataclass
class Supply:
    """The rows and columns that stand against the load of each cell, added to a linear problem after ``constraints`` and ``columns``.

    They are counted here: PuLP makes an object of every row each time that it is asked how many there are.
    """

    plant: Plant
    capacity: DayCapacity
    choices: Choices
    problem: pulp.LpProblem
    constraints: int = 0
    columns: int = 0
    objective: Terms = field(default_factory=list)
    rows: dict[int, int] = field(default_factory=dict)
    """Where in the problem each cell's row stands."""
    work: dict[int, int] = field(default_factory=dict)
    """The column of each cell's regular hours; so for the others."""
    overtime: dict[int, int] = field(default_factory=dict)
    helpers: dict[tuple[frozenset[str], int], list[tuple[int, int]]] = field(default_factory=dict)
    """(cell, column) of hours that people of each kind spend on a day."""
    excess: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._calls: dict[int, Terms] = {}
        self._help: dict[tuple[frozenset[str], int], Terms] = {}

    def cover(self, loads: Mapping[int, tuple[Terms, float]], excess_price: float, elastic: bool) -> None:
        """A row for each cell: the load (terms and a constant) is worked. ``elastic``: hours that nobody works may be bought."""
        for cell, (terms, constant) in loads.items():
            row, day = divmod(cell, self.choices.days)
            group, partner = self.choices.rows[row]
            worked = self._partner(group, day) if partner else self._home(cell, group, day)
            column, excess = self._variable(None if elastic else 0)
            self.excess.append(column)
            self.objective.append((excess, excess_price))
            self.rows[cell] = self.constraints
            self._constrain(pulp.lpSum_vars_coefs([*terms, *worked, (excess, -1.0)]) <= -constant)
        for key, helpers in self._help.items():
            self._constrain(pulp.lpSum_vars_coefs(helpers) <= self.capacity.people[key] / HOUR_S)
        for day, calls in self._calls.items():
            self._constrain(pulp.lpSum_vars_coefs(calls) <= self.capacity.overtime_people.get(day, 0) / HOUR_S)

    def shares(self, values: Floats) -> Shares:
        """Of people in a solution."""
        helped = {(kind, day, cell): float(values[column]) for (kind, day), each in self.helpers.items() for cell, column in each}
        return Shares(helped, {cell: float(values[column]) for cell, column in self.overtime.items()})

    def _constrain(self, row: Any) -> None:
        self.problem.addConstraint(row)
        self.constraints += 1

    def _variable(self, high: float | None = None) -> tuple[int, Any]:
        self.columns += 1
        return self.columns - 1, self.problem.add_variable(f"s{self.columns}", 0, high)

    def _partner(self, group: str, day: int) -> Terms:
        _, hours = self._variable(self.capacity.partners.get((group, day), 0) / HOUR_S)
        return [(hours, -1.0)]

    def _home(self, cell: int, group: str, day: int) -> Terms:
        attended = self.plant.groups[group].attended
        self.work[cell], work = self._variable(self.capacity.machines.get((group, day), 0) / HOUR_S)
        worked: Terms = [(work, -1.0)]
        limit = self.capacity.overtime.get((group, day), 0) / HOUR_S
        if self.plant.overtime is not None and limit > 0:
            self.overtime[cell], extra = self._variable(limit)
            worked.append((extra, -1.0))
            if attended:
                self._calls.setdefault(day, []).append((extra, 1.0))
            if self.choices.counts_money:
                self.objective.append((extra, float(self.plant.overtime.price_minor_per_h)))
        if attended:
            terms: Terms = [(work, 1.0)]
            for kind in _kinds(self.capacity, group, day):
                column, helper = self._variable()
                terms.append((helper, -1.0))
                self._help.setdefault((kind, day), []).append((helper, 1.0))
                self.helpers.setdefault((kind, day), []).append((cell, column))
            self._constrain(pulp.lpSum_vars_coefs(terms) <= 0)
        if self.choices.counts_money:
            self._add_energy((group, day), worked)
        return worked

    def _add_energy(self, cell: Cell, worked: Terms) -> None:
        """Cheap hours of the day are filled first; what they do not hold pays the next price."""
        bands = bands_of(self.plant, self.capacity, cell)
        if not bands:
            return
        covered = [(variable, 1.0) for variable, _ in worked]
        for number, (price, hours) in enumerate(bands):
            _, part = self._variable(hours if number + 1 < len(bands) else None)
            covered.append((part, -1.0))
            self.objective.append((part, price))
        self._constrain(pulp.lpSum_vars_coefs(covered) <= 0)


def bands_of(plant: Plant, capacity: DayCapacity, cell: Cell) -> list[tuple[float, float]]:
    """Price of an hour of machine and hours at that price, cheapest first; none where energy does not count."""
    kilowatts = plant.groups[cell[0]].power_w / 1000
    return [(kilowatts * price, seconds / HOUR_S) for price, seconds in capacity.bands.get(cell, ()) if seconds > 0 and kilowatts > 0]


def _kinds(capacity: DayCapacity, group: str, day: int) -> list[frozenset[str]]:
    return sorted((kind for kind, at in capacity.people if at == day and group in kind), key=sorted)


@dataclass(frozen=True)
class Settled:
    """What it takes to work given loads: at least cost."""

    value: float
    overtime_s: Mapping[Cell, int]
    shares: Shares


def settled(plant: Plant, capacity: DayCapacity, choices: Choices, load: Floats, left_s: float) -> Settled | None:
    """None: the hours are not there."""
    problem = pulp.LpProblem("supply", pulp.LpMinimize)
    supply = Supply(plant, capacity, choices, problem)
    supply.cover({int(cell): ([], float(load[cell]) - 1e-6) for cell in np.flatnonzero(load[:-1] > 1e-6)}, 0.0, elastic=False)
    if not supply.rows:
        return Settled(0.0, {}, Shares())
    problem.setObjective(pulp.lpSum_vars_coefs(supply.objective))
    if not solve(problem, left_s).optimal:
        return None
    solution = Again(problem).solution()
    hours = {_cell(choices, cell): float(solution.values[column]) for cell, column in supply.overtime.items()}
    return Settled(
        solution.objective, {cell: round(each * HOUR_S) for cell, each in hours.items() if each > 0.01}, supply.shares(solution.values)
    )


class Market:
    """What hours are offered at given prices."""

    def __init__(self, plant: Plant, capacity: DayCapacity, choices: Choices) -> None:
        self._cells = sorted({int(cell) for cell in np.unique(choices.slot_cell[np.unique(choices.slot)]) if cell < choices.cells})
        self._count = choices.cells + 1
        problem = pulp.LpProblem("market", pulp.LpMinimize)
        offers = {cell: problem.add_variable(f"o{cell}", 0) for cell in self._cells}
        supply = Supply(plant, capacity, choices, problem, columns=len(offers))
        supply.cover({cell: ([(offer, 1.0)], 0.0) for cell, offer in offers.items()}, 0.0, elastic=False)
        problem.setObjective(pulp.lpSum_vars_coefs([*((offer, -LEAST) for offer in offers.values()), *supply.objective]))
        self._again = Again(problem) if solve(problem, MARKET_S).optimal else None

    def worth(self, price: Floats) -> tuple[float, Floats] | None:
        """Cost of what is offered less what it earns, and the hours offered in each cell."""
        found = self._again.priced(-(price[self._cells] + LEAST), MARKET_S) if self._again is not None else None
        if found is None:
            return None
        offered = np.zeros(self._count)
        offered[self._cells] = found.values[: len(self._cells)]
        return found.objective, offered


def _cell(choices: Choices, cell: int) -> Cell:
    row, day = divmod(cell, choices.days)
    return choices.rows[row][0], day


@dataclass(frozen=True)
class Room:
    """What each cell holds by itself, people shared out: hours, and from which load on an hour costs so much more."""

    steps: Floats
    """Loads from which an hour becomes dearer, a row a step."""
    prices: Floats
    full: Floats
    """Hours of each cell."""

    def cost(self, load: Floats, cells: Any) -> Floats:
        """Of loads of these cells."""
        steps, prices = self.steps[:, cells], self.prices[:, cells]
        return np.asarray((np.maximum(load - steps, 0.0) * prices).sum(axis=0), dtype=np.float64)


def room_of(plant: Plant, capacity: DayCapacity, choices: Choices, shares: Shares, excess_price: float) -> Room:
    """The room of each cell when people are shared out like this."""
    count, days = choices.cells + 1, choices.days
    width = 2 + max((len(bands) for bands in capacity.bands.values()), default=0)
    steps, prices, full = np.zeros((width, count)), np.zeros((width, count)), np.full(count, np.inf)
    steps[-1] = np.inf
    people = _shared_out(choices, capacity, shares.helped)
    calls = _calls(plant, capacity, choices, shares.called)
    for row, (group, partner) in enumerate(choices.rows):
        for day in range(days):
            cell = row * days + day
            if partner:
                full[cell] = capacity.partners.get((group, day), 0) / HOUR_S
            else:
                regular = capacity.machines.get((group, day), 0) / HOUR_S
                if plant.groups[group].attended:
                    regular = min(regular, people.get(cell, 0.0))
                full[cell] = regular + calls.get(cell, 0.0)
                if choices.counts_money:
                    _price(plant, capacity, (group, day), regular, steps[:, cell], prices[:, cell])
            steps[-1, cell], prices[-1, cell] = full[cell] + 1e-7, excess_price
    steps[:, -1] = np.inf
    prices[:, -1] = 0.0
    return Room(np.where(np.isinf(steps), 1e12, steps), prices, full)


def _price(plant: Plant, capacity: DayCapacity, cell: Cell, regular: float, steps: Floats, prices: Floats) -> None:
    if plant.overtime is not None:
        steps[0], prices[0] = regular, plant.overtime.price_minor_per_h
    begin, before = 0.0, 0.0
    for number, (price, hours) in enumerate(bands_of(plant, capacity, cell), 1):
        steps[number], prices[number] = begin, price - before
        begin, before = begin + hours, price


def _shared_out(choices: Choices, capacity: DayCapacity, helped: Mapping[tuple[frozenset[str], int, int], float]) -> dict[int, float]:
    at_home = {group: row for row, (group, partner) in enumerate(choices.rows) if not partner}
    result: dict[int, float] = {}
    for (kind, day), seconds in capacity.people.items():
        cells = [at_home[group] * choices.days + day for group in sorted(kind) if group in at_home and day < choices.days]
        busy = [helped.get((kind, day, cell), 0.0) for cell in cells]
        rest = max(0.0, seconds / HOUR_S - sum(busy))
        for cell, hours in zip(cells, busy, strict=True):
            result[cell] = result.get(cell, 0.0) + hours + rest / len(cells)
    return result


def _calls(plant: Plant, capacity: DayCapacity, choices: Choices, called: Mapping[int, float]) -> dict[int, float]:
    """Hours of overtime of each cell: of attended groups a part of what people there are for it."""
    if plant.overtime is None:
        return {}
    at_home = [row for row, (_, partner) in enumerate(choices.rows) if not partner]
    attended = [row for row in at_home if plant.groups[choices.rows[row][0]].attended]
    result = {}
    for day in range(choices.days):
        people = capacity.overtime_people.get(day, 0) / HOUR_S
        rest = max(0.0, people - sum(called.get(row * choices.days + day, 0.0) for row in attended)) / max(1, len(attended))
        for row in at_home:
            cell = row * choices.days + day
            hours = capacity.overtime.get((choices.rows[row][0], day), 0) / HOUR_S
            result[cell] = min(hours, called.get(cell, 0.0) + rest) if row in attended else hours
    return result
