"""Orders change places over days: a few are taken out and put back where they cost least, and what is better stays."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scheduler.engine.daychoices import BEYOND, Choices, Floats, Ints
from scheduler.engine.daysupply import Room

FEWEST, MOST = 4, 20
"""So many orders are taken out at once."""
NEIGHBOURS = 8
"""Days that are emptied together are at most so far from each other."""
HEAT = 0.005
"""At first a plan is taken that is worse by so much of a mean order's cost."""
STALLED = 100
STALLED_PER_ORDER = 4
"""The search ends when so many rounds have brought nothing."""
ROUNDS_PER_ORDER = 40
TOLERANCE_H = 1e-5
NEAR = 1e-3
"""Or when the plan is so near to the bound."""
Left = Callable[[], float]


@dataclass
class _State:
    """A plan being changed: a choice of each order (-1: none), and what follows from it."""

    choices: Choices
    room: Room

    def __post_init__(self) -> None:
        choices = self.choices
        self.taken: Ints = np.full(len(choices.works), -1)
        self.count: Ints = np.zeros(len(choices.slot_cell), dtype=np.int64)
        self.load: Floats = np.zeros(choices.cells + 1)
        self.cost: Floats = self.room.cost(self.load, slice(None))
        self.cell: Ints = choices.slot_cell[choices.slot]
        self.setup_h: Floats = choices.setup_h[choices.slot]
        self.setup_price: Floats = choices.setup_price[choices.slot]

    def cheapest(self, order: int) -> int:
        """The order's best choice as things stand."""
        choices = self.choices
        begin, end = choices.first[order], choices.first[order + 1]
        cell = self.cell[begin:end]
        fresh = self.count[choices.slot[begin:end]] == 0
        load = self.load[cell] + choices.hours[begin:end] + fresh * self.setup_h[begin:end]
        cost = (self.room.cost(load, cell) - self.cost[cell] + fresh * self.setup_price[begin:end]).sum(axis=1)
        return int(begin + np.argmin(choices.price[begin:end] + cost))

    def put(self, order: int, choice: int) -> None:
        slot = self.choices.slot[choice]
        np.add.at(self.load, self.cell[choice], self.choices.hours[choice] + (self.count[slot] == 0) * self.setup_h[choice])
        self.count[slot] += 1
        self._settle(choice)
        self.taken[order] = choice

    def take_out(self, order: int) -> None:
        choice = self.taken[order]
        slot = self.choices.slot[choice]
        self.count[slot] -= 1
        np.subtract.at(self.load, self.cell[choice], self.choices.hours[choice] + (self.count[slot] == 0) * self.setup_h[choice])
        self._settle(choice)
        self.taken[order] = -1

    def _settle(self, choice: int) -> None:
        cell = self.cell[choice]
        self.load[-1] = 0.0
        self.cost[cell] = self.room.cost(self.load[cell], cell)

    def value(self) -> float:
        prices = self.choices.price[self.taken].sum() + self.choices.setup_price[self.count > 0].sum()
        return float(prices + self.cost.sum())

    def excess_h(self) -> float:
        return float(np.maximum(self.load - self.room.full, 0.0).sum())


def searched(
    choices: Choices, room: Room, taken: Ints | None, bound: float, random: np.random.Generator, first_s: Left, left_s: Left
) -> Ints | None:
    """A plan as a choice of each order, no worse than ``taken``; None when some hours are more than there are.

    ``first_s``: time until the hours must suffice; ``left_s``: for making the plan better.
    Ruin and recreate (Schrimpf, Schneider, Stamm-Wilbrandt and Dueck, *Record breaking optimization results*, 2000) with annealing.
    """
    state = _State(choices, room)
    works = choices.works
    if taken is None:
        for order in sorted(range(len(works)), key=lambda number: (works[number].due_day, -works[number].weight)):
            state.put(order, state.cheapest(order))
    else:
        for order, choice in enumerate(taken):
            state.put(order, int(choice))
    _improve(state, bound, random, first_s, left_s)
    if state.excess_h() > TOLERANCE_H:
        _give_up(state)
    return None if state.excess_h() > TOLERANCE_H else state.taken.copy()


def _improve(state: _State, bound: float, random: np.random.Generator, first_s: Left, left_s: Left) -> None:
    orders = len(state.taken)
    value = best = state.value()
    kept, since, rounds = state.taken.copy(), 0, ROUNDS_PER_ORDER * orders
    begun_s, fits = left_s(), state.excess_h() <= TOLERANCE_H
    for number in range(rounds):
        left = left_s() if fits else first_s()
        if left <= 0 or since > STALLED + STALLED_PER_ORDER * orders or (best - bound <= NEAR * abs(best)):
            break
        heat = HEAT * abs(best) / orders * min(1 - number / rounds, left / begun_s)
        out = _ruined(state, random)
        before = state.load.copy(), state.count.copy(), state.cost.copy(), state.taken[out].copy()
        for order in out:
            state.take_out(order)
        for order in _in_sequence(state, out, random):
            state.put(order, state.cheapest(order))
        found = state.value()
        since += 1
        if found <= value - heat * np.log(max(1e-12, random.random())):
            value = found
            if found < best - 1e-9 * abs(best):
                best, kept, since, fits = found, state.taken.copy(), 0, state.excess_h() <= TOLERANCE_H
        else:
            state.load, state.count, state.cost = before[:3]
            state.taken[out] = before[3]
    changed = np.flatnonzero(state.taken != kept).tolist()
    for order in changed:
        state.take_out(order)
    for order in changed:
        state.put(order, int(kept[order]))


def _ruined(state: _State, random: np.random.Generator) -> Ints:
    """Orders of two days, of a slot and another day, or of anywhere."""
    choices, taken = state.choices, state.taken
    chosen, way, size = int(random.integers(len(taken))), random.random(), int(random.integers(FEWEST, MOST))
    start = choices.start[taken]
    other = start[chosen] + random.integers(-NEIGHBOURS, NEIGHBOURS + 1)
    if way < 0.4:
        pool = np.flatnonzero((start == start[chosen]) | (start == other))
    elif way < 0.8:
        slot = choices.slot[taken[chosen], random.integers(choices.slot.shape[1])]
        pool = np.flatnonzero((choices.slot[taken] == slot).any(axis=1))[:MOST]
        pool = np.append(pool, random.permutation(np.flatnonzero(start == other))[: len(pool)])
        size = len(pool)
    else:
        pool = random.integers(len(taken), size=size)
    return np.unique(np.append(random.permutation(pool)[:size], chosen))


def _in_sequence(state: _State, out: Ints, random: np.random.Generator) -> Ints:
    way = random.random()
    first = state.choices.first[out]
    hours = state.choices.hours[first].sum(axis=1)
    if way < 0.4:
        return out[np.argsort(-hours, kind="stable")]
    if way < 0.6:
        return out[np.argsort(hours, kind="stable")]
    if way < 0.8:
        return out[np.argsort(state.choices.slot[first, random.integers(state.choices.slot.shape[1])], kind="stable")]
    return random.permutation(out)


def _give_up(state: _State) -> None:
    """Where lateness is allowed, orders leave the horizon until the hours suffice, those first that are least missed."""
    choices = state.choices
    leaving = {int(choices.order[at]): int(at) for at in np.flatnonzero(choices.route == BEYOND)}
    while leaving and state.excess_h() > TOLERANCE_H:
        over = state.load > state.room.full + 1e-7
        candidates = [
            order for order in leaving if over[state.cell[state.taken[order]]].any() and choices.route[state.taken[order]] != BEYOND
        ]
        if not candidates:
            return
        order = min(candidates, key=lambda number: choices.price[leaving[number]] - choices.price[state.taken[number]])
        state.take_out(order)
        state.put(order, leaving[order])
