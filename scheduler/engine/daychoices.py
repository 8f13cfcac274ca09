"""Every way to make every order, as arrays: route and start day, what it costs, and the hours it asks of groups, families and days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scheduler.engine.dayload import HOUR_S, DayCapacity, OrderWork, Route
from scheduler.engine.plant import Plant

EARLY = 1e-4
"""Where only lateness counts, a day earlier still counts so much: it spares the solver from countless equal plans."""
BEYOND = -1
"""The route of an order that is not made within the horizon."""
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Choices:
    """One entry a choice, those of an order side by side. A slot is a setup family of a group on a day, a cell all families together.

    The last slot and the last cell stand for nothing: rows are filled up with them.
    """

    works: Sequence[OrderWork]
    days: int
    order: Ints
    route: Ints
    start: Ints
    finish: Ints
    price: Floats
    slot: Ints
    """A row a choice."""
    hours: Floats
    rows: Sequence[tuple[str, bool]]
    """(group, at the partner's) of each row of cells; cell = row × days + day."""
    slot_cell: Ints
    setup_h: Floats
    """Of each slot; zero where nothing is set up."""
    setup_price: Floats
    counts_money: bool
    """False: only lateness counts."""

    @cached_property
    def first(self) -> Ints:
        """Where each order's choices begin; one more for the end."""
        return np.searchsorted(self.order, np.arange(len(self.works) + 1))

    @cached_property
    def cells(self) -> int:
        return len(self.rows) * self.days

    @cached_property
    def most(self) -> Floats:
        """Hours of all orders together that could meet in each slot."""
        most = np.zeros(len(self.slot_cell))
        entries = np.repeat(self.order, self.slot.shape[1]) * len(most) + self.slot.ravel()
        ranked = np.lexsort((-self.hours.ravel(), entries))
        largest = ranked[np.unique(entries[ranked], return_index=True)[1]]
        np.add.at(most, self.slot.ravel()[largest], self.hours.ravel()[largest])
        return most

    def loads(self, taken: Ints) -> tuple[Floats, Ints]:
        """Hours in each cell, setups included, and orders in each slot, when these choices are taken."""
        count = np.bincount(self.slot[taken].ravel(), minlength=len(self.slot_cell))
        load = np.zeros(self.cells + 1)
        np.add.at(load, self.slot_cell[self.slot[taken]], self.hours[taken])
        np.add.at(load, self.slot_cell, self.setup_h * (count > 0))
        load[-1] = 0.0
        return load, count


def choices_of(plant: Plant, capacity: DayCapacity, works: Sequence[OrderWork], deadlines: Mapping[str, int] | None) -> Choices | None:
    """``deadlines``: last finish day of each order, at least cost; None lets orders be late and counts only lateness.

    None when an order has no start at all that keeps its deadline.
    """
    days = len(capacity.days.dates)
    rows, families = _rows(works)
    found: list[tuple[Any, ...]] = []
    width = 1
    for number, work in enumerate(works):
        deadline = days if deadlines is None else deadlines[work.order]
        possible = False
        for index, route in enumerate(work.routes):
            slots, hours = _template(route, rows, families, days)
            starts = np.arange(route.earliest, min(deadline, days - 1) - route.span + 1)
            if len(starts):
                found.append((number, index, starts, starts + route.span, slots, hours))
                width, possible = max(width, len(slots)), True
        if deadline >= days:
            found.append((number, BEYOND, np.array([days]), np.array([days]), np.zeros(0, np.int64), np.zeros(0)))
        elif not possible:
            return None
    nothing = len(families) * days
    order = np.concatenate([np.full(len(starts), number) for number, _, starts, _, _, _ in found])
    route_of = np.concatenate([np.full(len(starts), index) for _, index, starts, _, _, _ in found])
    slot, hours_of = np.full((len(order), width), nothing), np.zeros((len(order), width))
    at = 0
    for _, _, starts, _, slots, hours in found:
        slot[at : at + len(starts), : len(slots)] = slots[None, :] + starts[:, None]
        hours_of[at : at + len(starts), : len(slots)] = hours
        at += len(starts)
    finish = np.concatenate([entry[3] for entry in found])
    setup_h = _setups(plant, rows, families, days)
    money = plant.planning.setup_price_minor_per_h if deadlines is not None else 0
    return Choices(
        works=works,
        days=days,
        order=order,
        route=route_of,
        start=np.concatenate([entry[2] for entry in found]),
        finish=finish,
        price=_prices(plant, capacity, works, order, route_of, finish, deadlines is not None),
        slot=slot,
        hours=hours_of,
        rows=list(rows),
        slot_cell=np.append(np.concatenate([rows[row] * days + np.arange(days) for row, _ in families]), len(rows) * days)
        if families
        else np.array([0]),
        setup_h=setup_h,
        setup_price=setup_h * money,
        counts_money=deadlines is not None,
    )


Rows = Mapping[tuple[str, bool], int]
Families = Mapping[tuple[tuple[str, bool], str], int]


def _rows(works: Sequence[OrderWork]) -> tuple[Rows, Families]:
    """Numbers for the groups, at home and at the partner's, and for the families that each works on."""
    families: dict[tuple[tuple[str, bool], str], None] = {}
    for work in works:
        for route in work.routes:
            families |= dict.fromkeys(((group, False), family) for group, family, _, _ in route.load)
            families |= dict.fromkeys(((group, True), "") for group, _, _ in route.partner_load)
    ranked = sorted(families)
    rows = {row: number for number, row in enumerate(sorted({row for row, _ in ranked}))}
    return rows, {entry: number for number, entry in enumerate(ranked)}


def _template(route: Route, rows: Rows, families: Families, days: int) -> tuple[Ints, Floats]:
    """Slots and hours of a route that starts on day 0."""
    hours: dict[int, float] = {}
    for group, family, offset, seconds in route.load:
        slot = families[(group, False), family] * days + offset
        hours[slot] = hours.get(slot, 0.0) + seconds / HOUR_S
    for group, offset, seconds in route.partner_load:
        slot = families[(group, True), ""] * days + offset
        hours[slot] = hours.get(slot, 0.0) + seconds / HOUR_S
    return np.array(list(hours), dtype=np.int64), np.array(list(hours.values()))


def _setups(plant: Plant, rows: Rows, families: Families, days: int) -> Floats:
    """Hours of setup of each slot: where a group works on more than one family."""
    several = {row for row in rows if sum(1 for other, _ in families if other == row) > 1}
    hours = [plant.groups[row[0]].setup_s / HOUR_S if row in several and not row[1] else 0.0 for row, _ in families]
    return np.append(np.repeat(np.array(hours), days), 0.0)


def _prices(plant: Plant, capacity: DayCapacity, works: Sequence[OrderWork], order: Ints, route: Ints, finish: Ints, money: bool) -> Floats:
    dates = capacity.days.dates
    if not money:
        weight = np.array([work.weight for work in works])[order]
        late = np.maximum(0, finish - np.array([work.due_day for work in works])[order])
        return np.asarray(weight * late + EARLY * finish, dtype=np.float64)
    waiting = np.array([(day - dates[0]).days for day in dates] + [0]) * float(plant.planning.waiting_price_minor)
    routes = np.array([0 if index == BEYOND else works[at].routes[index].price_minor for at, index in zip(order, route, strict=True)])
    return np.asarray(waiting[finish] + routes, dtype=np.float64)
