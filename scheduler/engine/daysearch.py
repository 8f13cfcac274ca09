"""Orders change places over days: a few are taken out and put back where they cost least, and what is better stays."""

from collections.abc import Callable

import numpy as np

from scheduler.engine.daychoices import BEYOND, Choices, Ints
from scheduler.engine.dayrounds import (
    BEST,
    FITS,
    SINCE,
    TOLERANCE_H,
    VALUE,
    Standing,
    Ways,
    cheapest,
    excess_h,
    put,
    retake,
    search,
    standing_of,
    take_out,
    ways_of,
)
from scheduler.engine.daysupply import Room
from scheduler.engine.drawing import seeded

HEAT = 0.005
"""At first a plan is taken that is worse by so much of a mean order's cost."""
STALLED = 25_000
STALLED_PER_ORDER = 80
"""The search ends when so many rounds have brought nothing."""
ROUNDS = 100_000
ROUNDS_PER_ORDER = 250
"""It has so many of the one or of the other, whichever is more."""
CHUNK = 100
"""Rounds between two looks at the clock."""
NEAR = 1e-3
"""Or when the plan is so near to the bound."""
Left = Callable[[], float]


def searched(choices: Choices, room: Room, taken: Ints | None, bound: float, seed: int, first_s: Left, left_s: Left) -> Ints | None:
    """A plan as a choice of each order, no worse than ``taken``; None when some hours are more than there are.

    ``first_s``: time until the hours must suffice; ``left_s``: for making the plan better.
    Ruin and recreate (Schrimpf, Schneider, Stamm-Wilbrandt and Dueck, *Record breaking optimization results*, 2000) with annealing.
    """
    ways, at = ways_of(choices, room), standing_of(choices)
    works = choices.works
    if taken is None:
        for order in sorted(range(len(works)), key=lambda number: (works[number].due_day, -works[number].weight)):
            put(ways, at, order, cheapest(ways, at, order))
        taken = at.taken.copy()
    _improve(ways, at, taken, bound, seed, first_s, left_s)
    if excess_h(ways, at) > TOLERANCE_H:
        _give_up(choices, ways, at)
    return None if excess_h(ways, at) > TOLERANCE_H else at.taken.copy()


def _improve(ways: Ways, at: Standing, taken: Ints, bound: float, seed: int, first_s: Left, left_s: Left) -> None:
    orders, drawn, marks = len(taken), seeded(seed), at.marks
    marks[VALUE] = marks[BEST] = retake(ways, at, taken)
    marks[SINCE], marks[FITS] = 0, excess_h(ways, at) <= TOLERANCE_H
    at.kept[:] = at.taken
    begun_s, done, rounds = left_s(), 0, max(ROUNDS, ROUNDS_PER_ORDER * orders)
    while done < rounds:
        left = left_s() if marks[FITS] else first_s()
        if left <= 0:
            break
        heat = HEAT * abs(marks[BEST]) / orders * min(1 - done / rounds, left / begun_s)
        near = bound + NEAR * abs(marks[BEST])
        wanted = min(CHUNK, rounds - done)
        if search(ways, at, drawn, wanted, heat, near, STALLED + STALLED_PER_ORDER * orders) < wanted:
            break
        done += wanted
    retake(ways, at, at.kept.copy())


def _give_up(choices: Choices, ways: Ways, at: Standing) -> None:
    """Where lateness is allowed, orders leave the horizon until the hours suffice, those first that are least missed."""
    leaving = {int(choices.order[at]): int(at) for at in np.flatnonzero(choices.route == BEYOND)}
    while leaving and excess_h(ways, at) > TOLERANCE_H:
        over = at.load > ways.full + 1e-7
        candidates = [order for order in leaving if choices.route[at.taken[order]] != BEYOND and over[ways.cell[at.taken[order]]].any()]
        if not candidates:
            return
        order = min(candidates, key=lambda number: choices.price[leaving[number]] - choices.price[at.taken[number]])
        take_out(ways, at, order)
        put(ways, at, order, leaving[order])
