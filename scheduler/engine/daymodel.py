"""The linear model behind the day plan, in PuLP: order by start day, with every scarce thing of the plant as a row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import pulp

from scheduler.engine.dayload import HOUR_S, Cell, DayCapacity, OrderWork, Route
from scheduler.engine.plant import Plant
from scheduler.engine.solving import Again, Solved, solve

WINDOW = 16
"""Start days looked at after the earliest, and before the last."""
LEFT_TO_INTEGERS = 20
"""Orders that the integer search may decide at once."""
DEAR = 0.005
"""Orders are fixed together only while that raises the relaxation's objective by no more than this share of it."""
EARLY = 1e-4
"""Where only lateness counts, a day earlier still counts so much: it spares the solver from countless equal plans."""
LONG_SETUP_S = 600
"""Setups from here on get the tight rows."""
Terms = list[tuple[Any, float]]


@dataclass
class _Choice:
    """One way to make an order: route and start day, with its 0/1 variable."""

    work: OrderWork
    route: Route
    start: int
    variable: Any

    @property
    def finish(self) -> int:
        return self.start + self.route.span


@dataclass(frozen=True)
class Chosen:
    """An order's decision; ``start`` None: beyond the horizon."""

    work: OrderWork
    route: Route
    start: int | None

    @property
    def finish(self) -> int | None:
        return None if self.start is None else self.start + self.route.span


@dataclass
class DayModel:
    """Hours throughout. ``deadlines``: last finish day of each order; None lets orders be late and counts only lateness."""

    plant: Plant
    capacity: DayCapacity
    works: Sequence[OrderWork]
    deadlines: Mapping[str, int] | None
    impossible: bool = False
    """An order has no start at all that keeps its deadline."""
    _choices: list[_Choice] = field(default_factory=list)
    _beyond: dict[str, Any] = field(default_factory=dict)
    _overtime: dict[Cell, Any] = field(default_factory=dict)
    _setups: dict[tuple[str, str, int], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._problem = pulp.LpProblem("days", pulp.LpMinimize)
        self._columns = 0
        self._relaxed = 0.0
        self._objective: Terms = []
        self._load: dict[Cell, Terms] = {}
        self._partner_load: dict[Cell, Terms] = {}
        self._rows: dict[Cell, str] = {}
        last = len(self.capacity.days.dates) - 1
        for work in self.works:
            self._add_order(work, last)
        if not self.impossible:
            self._add_setups()
            self._add_capacity()
            self._problem.setObjective(pulp.lpSum_vars_coefs(self._objective))

    def _variable(self, high: float | None = None) -> Any:
        self._columns += 1
        return self._problem.add_variable(f"x{self._columns}", 0, high)

    def _add_order(self, work: OrderWork, last: int) -> None:
        terms: Terms = []
        for route in work.routes:
            for start in self._starts(work, route, last):
                variable = self._variable(1)
                choice = _Choice(work, route, start, variable)
                self._choices.append(choice)
                terms.append((variable, 1.0))
                self._objective.append((variable, self._price(choice)))
                for group, _, offset, seconds in route.load:
                    self._load.setdefault((group, start + offset), []).append((variable, seconds / HOUR_S))
                for group, offset, seconds in route.partner_load:
                    self._partner_load.setdefault((group, start + offset), []).append((variable, seconds / HOUR_S))
        if self.deadlines is None or self.deadlines[work.order] > last:
            beyond = self._variable(1)
            self._beyond[work.order] = beyond
            terms.append((beyond, 1.0))
            days = last + 1 - work.due_day
            self._objective.append((beyond, float(work.weight * days if self.deadlines is None else 0)))
        elif not terms:
            self.impossible = True
            return
        self._problem.addConstraint(pulp.lpSum_vars_coefs(terms) == 1)

    def _starts(self, work: OrderWork, route: Route, last: int) -> list[int]:
        """Start days worth looking at: the first ones, and the last ones that keep the promise (or come near it)."""
        deadline = last if self.deadlines is None else min(last, self.deadlines[work.order])
        latest = deadline - route.span
        if self.deadlines is None:
            latest = min(latest, max(route.earliest, work.due_day - route.span) + WINDOW)
        if latest - route.earliest <= 2 * WINDOW:
            return list(range(route.earliest, latest + 1))
        return [*range(route.earliest, route.earliest + WINDOW), *range(latest - WINDOW + 1, latest + 1)]

    def _price(self, choice: _Choice) -> float:
        if self.deadlines is None:
            return choice.work.weight * max(0, choice.finish - choice.work.due_day) + EARLY * choice.finish
        dates = self.capacity.days.dates
        waiting = (dates[choice.finish] - dates[0]).days * self.plant.planning.waiting_price_minor
        return float(waiting + choice.route.price_minor)

    def _add_setups(self) -> None:
        """At least one setup a day for each family that a group works on (Pochet and Wolsey 2006, strong form)."""
        families: dict[str, set[str]] = {}
        for work in self.works:
            for group, family, _, _ in work.routes[0].load:
                families.setdefault(group, set()).add(family)
        members: dict[tuple[str, str, int], dict[str, list[tuple[Any, float]]]] = {}
        for choice in self._choices:
            for group, family, offset, seconds in choice.route.load:
                if self.plant.groups[group].setup_s > 0 and len(families[group]) > 1:
                    cell_orders = members.setdefault((group, family, choice.start + offset), {})
                    cell_orders.setdefault(choice.work.order, []).append((choice.variable, seconds / HOUR_S))
        for key, orders in members.items():
            self._add_setup(key, orders)

    def _add_setup(self, key: tuple[str, str, int], orders: Mapping[str, Terms]) -> None:
        """Long setups: one row an order, which is tight; short ones: one row for all of them, which is light."""
        group, _, day = key
        hours = self.plant.groups[group].setup_s / HOUR_S
        setup = self._variable(1)
        self._setups[key] = setup
        self._load[group, day].append((setup, hours))
        if self.deadlines is not None:
            self._objective.append((setup, self.plant.planning.setup_price_minor_per_h * hours))
        if hours * HOUR_S >= LONG_SETUP_S:
            for terms in orders.values():
                self._problem.addConstraint(pulp.lpSum_vars_coefs([*((variable, 1.0) for variable, _ in terms), (setup, -1.0)]) <= 0)
        else:
            load = [term for terms in orders.values() for term in terms]
            open_s = self.capacity.machines.get((group, day), 0) + self.capacity.overtime.get((group, day), 0)
            room = max(open_s / HOUR_S, max(entry for _, entry in load))
            most = min(room, sum(max(entry for _, entry in terms) for terms in orders.values()))
            self._problem.addConstraint(pulp.lpSum_vars_coefs([*load, (setup, -most)]) <= 0)

    def _add_capacity(self) -> None:
        people_rows: dict[tuple[frozenset[str], int], Terms] = {}
        overtime_rows: dict[int, Terms] = {}
        for cell, load in sorted(self._load.items()):
            group, day = cell
            hours = self.capacity.machines.get(cell, 0) / HOUR_S
            terms = list(load)
            self._add_overtime(cell, terms, overtime_rows)
            self._rows[cell] = f"machines{len(self._rows)}"
            self._problem.addConstraint(pulp.lpSum_vars_coefs(terms) <= hours, self._rows[cell])
            if self.plant.groups[group].attended:
                for kind in sorted({kind for kind, at in self.capacity.people if at == day and group in kind}, key=sorted):
                    helper = self._variable()
                    terms.append((helper, -1.0))
                    people_rows.setdefault((kind, day), []).append((helper, 1.0))
                self._problem.addConstraint(pulp.lpSum_vars_coefs(terms) <= 0)
            if self.deadlines is not None:
                self._add_energy(cell, load)
        for key, helpers in people_rows.items():
            self._problem.addConstraint(pulp.lpSum_vars_coefs(helpers) <= self.capacity.people[key] / HOUR_S)
        for day, entries in overtime_rows.items():
            self._problem.addConstraint(pulp.lpSum_vars_coefs(entries) <= self.capacity.overtime_people.get(day, 0) / HOUR_S)
        for cell, load in self._partner_load.items():
            self._problem.addConstraint(pulp.lpSum_vars_coefs(load) <= self.capacity.partners.get(cell, 0) / HOUR_S)

    def _add_overtime(self, cell: Cell, terms: Terms, overtime_rows: dict[int, Terms]) -> None:
        limit = self.capacity.overtime.get(cell, 0) / HOUR_S
        if self.plant.overtime is None or limit <= 0:
            return
        variable = self._variable(limit)
        self._overtime[cell] = variable
        terms.append((variable, -1.0))
        if self.plant.groups[cell[0]].attended:
            overtime_rows.setdefault(cell[1], []).append((variable, 1.0))
        if self.deadlines is not None:
            self._objective.append((variable, float(self.plant.overtime.price_minor_per_h)))

    def _add_energy(self, cell: Cell, load: Terms) -> None:
        """Cheap hours of the day are filled first; what they do not hold pays the next price."""
        bands = [entry for entry in self.capacity.bands.get(cell, ()) if entry[1] > 0]
        kilowatts = self.plant.groups[cell[0]].power_w / 1000
        if not bands or kilowatts == 0:
            return
        first = bands[0][0]
        for variable, hours in load:
            self._objective.append((variable, hours * kilowatts * first))
        covered: Terms = list(load)
        for number, (price, seconds) in enumerate(bands):
            high = seconds / HOUR_S if number + 1 < len(bands) else None
            part = self._variable(high)
            covered.append((part, -1.0))
            if price > first:
                self._objective.append((part, kilowatts * (price - first)))
        self._problem.addConstraint(pulp.lpSum_vars_coefs(covered) <= 0)

    def relax(self, time_limit_s: float) -> Solved:
        """The linear relaxation: a bound for every plan, and prices of capacity."""
        solved = solve(self._problem, time_limit_s)
        self._relaxed = solved.objective
        return solved

    def late_value(self) -> int:
        """Weighted days late of the decisions, after ``round`` found some."""
        last = len(self.capacity.days.dates)
        return sum(
            entry.work.weight * max(0, (last if entry.finish is None else entry.finish) - entry.work.due_day) for entry in self.chosen()
        )

    def late_bound(self, relaxed: Solved) -> int:
        """Weighted days late that no plan can avoid, from the relaxation of a model without deadlines."""
        spared = EARLY * len(self.works) * len(self.capacity.days.dates)
        return max(0, ceil(relaxed.objective - spared - 1e-6))

    def prices(self) -> dict[Cell, float]:
        """What an hour more of each cell would save, after ``relax``."""
        rows = {cell: self._problem.get_constraint_by_name(name) for cell, name in self._rows.items()}
        return {cell: -(row.pi or 0.0) for cell, row in rows.items() if row is not None}

    def round(self, time_limit_s: float, gap: float) -> Solved:
        """Relax-and-fix after ``relax`` (Pochet and Wolsey 2006): fix what the relaxation decided, relax the rest again, and so on.

        What cannot be fixed together, or only dearly, is fixed in halves; a single decision that cannot stand is forbidden. The last
        orders are decided as integers. Where lateness is allowed a plan is always found.
        """
        fixed: dict[str, Any] = {}
        batch = self._decided(fixed)
        value, again = self._relaxed, Again(self._problem)
        while batch:
            self._bound((variable for _, variable in batch), 1, 1)
            solved = again.solve(time_limit_s)
            if solved.found and (len(batch) == 1 or solved.objective <= value + DEAR * abs(value)):
                fixed |= dict(batch)
                value = solved.objective
                batch = self._decided(fixed)
                continue
            self._bound((variable for _, variable in batch), 0, 1)
            if len(batch) > 1:
                batch = batch[: len(batch) // 2]
                continue
            self._bound((variable for _, variable in batch), 0, 0)
            batch = self._decided(fixed) if again.solve(time_limit_s).found else []
        return self._integers(fixed, time_limit_s, gap)

    @staticmethod
    def _bound(variables: Iterable[Any], low: int, high: int) -> None:
        for variable in variables:
            variable.bounds(low, high)

    def _decided(self, fixed: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Of the orders not fixed yet those nearest to a decision: the clear ones, else the clearest quarter; none when few are left."""
        best: dict[str, tuple[float, Any]] = {}
        for order, variable in self._options():
            if order not in fixed and variable.varValue > best.get(order, (0.0, None))[0]:
                best[order] = (variable.varValue, variable)
        if len(best) <= LEFT_TO_INTEGERS:
            return []
        ranked = sorted(best.items(), key=lambda item: (-item[1][0], item[0]))
        clear = [(order, variable) for order, (value, variable) in ranked if value > 0.9]
        return clear or [(order, variable) for order, (_, variable) in ranked[: max(1, len(ranked) // 4)]]

    def _options(self) -> list[tuple[str, Any]]:
        return [(choice.work.order, choice.variable) for choice in self._choices] + list(self._beyond.items())

    def _integers(self, fixed: Mapping[str, Any], time_limit_s: float, gap: float) -> Solved:
        """Decide what is not fixed; when time runs out without any decision and lateness is allowed, it goes beyond the horizon."""
        loose = [(order, variable) for order, variable in self._options() if order not in fixed]
        for _, variable in loose:
            variable.cat = pulp.LpInteger
        solved = solve(self._problem, time_limit_s, gap)
        if solved.found or self.deadlines is not None:
            return solved
        for order, variable in loose:
            variable.cat = pulp.LpContinuous
            self._bound([variable], int(variable is self._beyond[order]), int(variable is self._beyond[order]))
        return solve(self._problem, time_limit_s)

    def chosen(self) -> list[Chosen]:
        """Each order's decision, after ``round`` found one."""
        taken = {choice.work.order: choice for choice in self._choices if choice.variable.varValue > 0.5}
        return [
            Chosen(work, taken[work.order].route, taken[work.order].start) if work.order in taken else Chosen(work, work.routes[0], None)
            for work in self.works
        ]

    def overtime_s(self) -> dict[Cell, int]:
        """Overtime of each cell that is worth calling a person for."""
        return {cell: round(variable.varValue * HOUR_S) for cell, variable in self._overtime.items() if variable.varValue > 0.01}

    def setups(self) -> int:
        return sum(round(variable.varValue) for variable in self._setups.values())
