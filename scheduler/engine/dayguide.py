"""What linear models tell of a day plan: a proof, prices of capacity, and one choice of each order near to their solution."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from scheduler.engine.daybound import raised
from scheduler.engine.daychoices import BEYOND, Choices, Floats, Ints
from scheduler.engine.dayload import HOUR_S, Cell, DayCapacity
from scheduler.engine.daymodel import DayModel, Relaxed
from scheduler.engine.daysupply import Market, Shares
from scheduler.engine.plant import Plant

WHOLE = 12_000
"""Up to so many choices the first linear model has them all; of more, each order has every so many-th at first."""
WORTH = 1.5
"""Looked at again is what costs at most so many mean days of waiting more than what is taken, at the prices of capacity."""
PLENTY = 12
"""Half as much, where less time is left than so many times what the first model took."""
PRICED = 3
"""So often choices that were left out and would be cheaper than what is taken come in and the model is solved again."""
CLOSE = 0.002
"""Not where they would be cheaper by no more than this part of the whole."""
SLOPES = 4
"""Linear models in which setups are divided among the orders that came together in the one before."""
ROUNDS = 100
"""Rounds in which the bound is raised."""
PROVING = 0.25
"""Share of what is left that it may take."""
SPARED = 2
"""Nothing more is relaxed when less is left than so many times what the last model took: choices must still be fixed."""
IMPOSSIBLE_H = 1e-4
Left = Callable[[], float]


@dataclass
class Guide:
    """``taken``: a choice of each order; None when no linear model was solved in time."""

    relaxed: float = 0.0
    bound: float = 0.0
    prices: Mapping[Cell, float] = field(default_factory=dict)
    shares: Shares = field(default_factory=Shares)
    impossible: bool = False
    """More hours are asked than there are."""
    taken: Ints | None = None


def relaxations(plant: Plant, capacity: DayCapacity, choices: Choices, excess_price: float, left_s: Left, rounding: bool) -> Guide:
    """One linear model for proof and prices; for ``rounding`` others after it.

    A relaxation divides a setup among all that could come together; so it is divided anew among those that did (dynamic slope scaling:
    Kim and Pardalos, *A solution approach to the fixed charge network flow problem*, 1999), before choices are fixed.
    """
    guide = Guide()
    if overfull(capacity, choices):
        guide.impossible = True
        return guide
    light = _carried(choices, np.minimum(choices.most, _open_hours(capacity, choices)))

    def model_of(columns: Ints, carried: Floats, elastic: bool) -> DayModel:
        return DayModel(plant, capacity, choices, columns, carried, excess_price, elastic)

    columns, whole = np.arange(len(choices.order)), len(choices.order) <= WHOLE
    thin: tuple[DayModel, Relaxed] | None = None
    if not whole:
        began_s = left_s()
        sparse = model_of(_sparse(choices), light, elastic=True)
        _, found = sparse.relax(left_s())
        if found is None:
            return guide
        thin = sparse, found
        worth = WORTH if left_s() > PLENTY * (began_s - left_s()) else WORTH / 2
        columns = _worthwhile(choices, light, sparse.columns, found, worth)
    model = model_of(columns, light, elastic=not whole)
    began_s = left_s()
    infeasible, relaxed = model.relax(left_s())
    took_s = began_s - left_s()
    if relaxed is None:
        guide.impossible = infeasible
        if thin is None:
            return guide
        model, relaxed = thin
    for _ in range(PRICED):
        missing = _missing(choices, light, model.columns, relaxed)
        if not len(missing) or left_s() < SPARED * took_s:
            break
        more = model_of(np.union1d(model.columns, missing), light, elastic=True)
        began_s = left_s()
        _, found = more.relax(left_s())
        took_s = began_s - left_s()
        if found is None:
            break
        model, relaxed = more, found
    guide.impossible = guide.impossible or relaxed.excess_h > IMPOSSIBLE_H
    if guide.impossible and rounding:
        return guide
    proof = raised(choices, Market(plant, capacity, choices), relaxed, light, ROUNDS, _slice(left_s, PROVING))
    guide.relaxed, guide.bound, guide.prices, guide.shares = proof.relaxed, proof.bound, relaxed.prices, relaxed.shares
    if not rounding:
        return guide
    for _ in range(SLOPES):
        if left_s() < SPARED * took_s:
            break
        divided = _carried(choices, _together(choices, model.columns, relaxed))
        found = model.divide(divided, left_s())
        if found is None:
            break
        relaxed = found
    guide.shares = relaxed.shares
    guide.taken = model.fix(relaxed, left_s)
    return guide


def _together(choices: Choices, columns: Ints, relaxed: Relaxed) -> Floats:
    """Hours of each slot in the solution."""
    hours = relaxed.taken[:, None] * choices.hours[columns]
    return np.bincount(choices.slot[columns].ravel(), hours.ravel(), minlength=len(choices.slot_cell))


def _slice(left_s: Left, share: float) -> Left:
    rest = (1 - share) * left_s()
    return lambda: left_s() - rest


def _sparse(choices: Choices) -> Ints:
    """Every so many-th choice of each order, from one order to the next another day of them, and the last."""
    step = -(-len(choices.order) // WHOLE)
    place = np.arange(len(choices.order)) - choices.first[choices.order] + choices.order
    last = np.append(choices.order[1:] != choices.order[:-1], True)
    return np.flatnonzero((place % step == 0) | last | (choices.route == BEYOND))


def _open_hours(capacity: DayCapacity, choices: Choices) -> Floats:
    """Hours that each slot's cell is open at most."""
    hours = np.full(choices.cells + 1, np.inf)
    for row, (group, partner) in enumerate(choices.rows):
        if not partner:
            for day in range(choices.days):
                hours[row * choices.days + day] = (capacity.machines.get((group, day), 0) + capacity.overtime.get((group, day), 0)) / HOUR_S
    return hours[choices.slot_cell]


def _carried(choices: Choices, together: Floats) -> Floats:
    """Part of a setup that an hour carries when so many hours come together in each slot; one order carries no more than the whole."""
    hours = np.maximum(np.maximum(together[choices.slot], choices.hours), 1e-9)
    return np.where(choices.setup_h[choices.slot] > 0, 1 / hours, 0.0)


def overfull(capacity: DayCapacity, choices: Choices) -> bool:
    """Whether a group has less hours up to some day than what must be done there, and nowhere else, by then; setups not counted."""
    count, days, rows = len(choices.order), choices.days, len(choices.rows)
    open_hours = np.full((rows + 1) * days, np.inf)
    open_hours[choices.slot_cell] = _open_hours(capacity, choices)
    row, day = np.divmod(choices.slot_cell[choices.slot], days)
    hours, last = np.zeros((count, rows + 1)), np.full((count, rows + 1), -1)
    choice = np.arange(count)
    for column in range(choices.slot.shape[1]):
        hours[choice, row[:, column]] += choices.hours[:, column]
        last[choice, row[:, column]] = np.maximum(last[choice, row[:, column]], day[:, column])
    least = np.minimum.reduceat(hours, choices.first[:-1])[:, :rows]
    by = np.maximum.reduceat(last, choices.first[:-1])[:, :rows]
    asked = np.zeros((rows, days))
    order, place = np.nonzero(least > 0)
    np.add.at(asked, (place, by[order, place]), least[order, place])
    given = open_hours.reshape(rows + 1, days)[:rows]
    return bool((asked.cumsum(axis=1) > given.cumsum(axis=1) + IMPOSSIBLE_H).any())


def _worthwhile(choices: Choices, carried: Floats, columns: Ints, relaxed: Relaxed, worth: float) -> Ints:
    """Choices that are taken or would cost little more."""
    cost = _cost(choices, carried, relaxed)
    begins = choices.first[:-1]
    spread = np.maximum.reduceat(choices.price, begins) - np.minimum.reduceat(choices.price, begins)
    day = float(spread.sum()) / max(1, len(choices.order) - len(choices.works))
    taken = np.zeros(len(choices.order))
    taken[columns] = relaxed.taken
    dear = cost - np.minimum.reduceat(cost, begins)[choices.order] > worth * day
    return np.flatnonzero(~dear | (taken > 1e-6) | (choices.route == BEYOND))


def _missing(choices: Choices, carried: Floats, columns: Ints, relaxed: Relaxed) -> Ints:
    """Choices that are no column and would cost less than what is taken; none where that hardly counts."""
    cost, begins = _cost(choices, carried, relaxed), choices.first[:-1]
    known = np.full(len(cost), np.inf)
    known[columns] = cost[columns]
    taken = np.minimum.reduceat(known, begins)
    spared = np.maximum(0.0, taken - np.minimum.reduceat(cost, begins)).sum()
    if spared <= CLOSE * abs(relaxed.objective):
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(cost < taken[choices.order] - 1e-9)


def _cost(choices: Choices, carried: Floats, relaxed: Relaxed) -> Floats:
    """Of each choice at the prices of capacity, its part of setups included."""
    part = carried * choices.hours
    hours = choices.hours + part * choices.setup_h[choices.slot]
    worked = (hours * relaxed.cell_price[choices.slot_cell[choices.slot]]).sum(axis=1)
    return np.asarray(choices.price + worked + (part * choices.setup_price[choices.slot]).sum(axis=1), dtype=np.float64)
