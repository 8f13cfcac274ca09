"""The inner loop of the search for a day plan, compiled: orders are taken out and put back where they cost least."""

from typing import NamedTuple

import numpy as np

from scheduler.engine.compiled import compiled
from scheduler.engine.daychoices import Choices, Floats, Ints
from scheduler.engine.daysupply import Room
from scheduler.engine.drawing import Drawn, draw, draw_share

FEWEST, MOST = 4, 20
"""So many orders are taken out at once."""
NEIGHBOURS = 8
"""Days that are emptied together are at most so far from each other."""
TOLERANCE_H = 1e-5
VALUE, BEST, SINCE, FITS = range(4)
"""What ``Standing.marks`` holds: value of the plan, of the best one, rounds since that was found, 1 when its hours suffice."""
DAYS, SLOT = 0.4, 0.8
"""Up to this share of the rounds two days are emptied; up to that a slot and a day; else orders from anywhere."""


class Ways(NamedTuple):
    """What ``Choices`` and ``Room`` say, as a compiled loop reads it: a row a choice or a cell."""

    first: Ints
    price: Floats
    start: Ints
    finish: Ints
    width: Ints
    """Entries of each choice."""
    slot: Ints
    cell: Ints
    hours: Floats
    work: Floats
    """Hours of each order's first choice."""
    setup_h: Floats
    setup_price: Floats
    steps: Floats
    prices: Floats
    full: Floats
    days: int


class Standing(NamedTuple):
    """A plan being changed: a choice of each order (-1: none), what follows from it, and the best one so far."""

    taken: Ints
    kept: Ints
    held: Ints
    """Orders in each slot."""
    load: Floats
    cost: Floats
    extra: Floats
    """Hours that the choice at hand would add to each cell; zero in between."""
    pool: Ints
    """Orders that could be taken out, room for those of two draws."""
    out: Ints
    old: Ints
    rank: Floats
    marks: Floats


def ways_of(choices: Choices, room: Room) -> Ways:
    """The same as arrays."""
    nothing = len(choices.slot_cell) - 1
    begins = choices.first[:-1]
    return Ways(
        choices.first.astype(np.int64),
        np.ascontiguousarray(choices.price, dtype=np.float64),
        choices.start.astype(np.int64),
        choices.finish.astype(np.int64),
        (choices.slot != nothing).sum(axis=1).astype(np.int64),
        np.ascontiguousarray(choices.slot, dtype=np.int64),
        np.ascontiguousarray(choices.slot_cell[choices.slot], dtype=np.int64),
        np.ascontiguousarray(choices.hours, dtype=np.float64),
        choices.hours[begins].sum(axis=1),
        np.ascontiguousarray(choices.setup_h, dtype=np.float64),
        np.ascontiguousarray(choices.setup_price, dtype=np.float64),
        np.ascontiguousarray(room.steps.T),
        np.ascontiguousarray(room.prices.T),
        np.ascontiguousarray(room.full),
        choices.days,
    )


def standing_of(choices: Choices) -> Standing:
    """No order has a choice yet."""
    orders, cells = len(choices.works), choices.cells + 1
    return Standing(
        np.full(orders, -1, dtype=np.int64),
        np.full(orders, -1, dtype=np.int64),
        np.zeros(len(choices.slot_cell), dtype=np.int64),
        np.zeros(cells),
        np.zeros(cells),
        np.zeros(cells),
        np.zeros(orders + MOST, dtype=np.int64),
        np.zeros(orders, dtype=np.int64),
        np.zeros(orders, dtype=np.int64),
        np.zeros(orders),
        np.zeros(4),
    )


@compiled
def cell_cost(ways: Ways, cell: int, load: float) -> float:
    """Of so many hours."""
    total = 0.0
    for step in range(ways.steps.shape[1]):
        over = load - ways.steps[cell, step]
        if over > 0.0:
            total += over * ways.prices[cell, step]
    return total


@compiled
def added(ways: Ways, at: Standing, choice: int, most: float) -> float:
    """What the choice would cost as things stand; when that is ``most`` or more, anything that is too."""
    total = float(ways.price[choice])
    width = ways.width[choice]
    for entry in range(width):
        slot = ways.slot[choice, entry]
        hours = ways.hours[choice, entry]
        if at.held[slot] == 0:
            hours += ways.setup_h[slot]
            total += ways.setup_price[slot]
        at.extra[ways.cell[choice, entry]] += hours
    for entry in range(width):
        cell = ways.cell[choice, entry]
        if at.extra[cell] > 0.0:
            if total < most:
                total += cell_cost(ways, cell, at.load[cell] + at.extra[cell]) - at.cost[cell]
            at.extra[cell] = 0.0
    return total


@compiled
def cheapest(ways: Ways, at: Standing, order: int) -> int:
    """The order's best choice as things stand."""
    best, least = -1, np.inf
    for choice in range(ways.first[order], ways.first[order + 1]):
        if ways.price[choice] < least:
            cost = added(ways, at, choice, least)
            if cost < least:
                best, least = choice, cost
    return best


@compiled
def put(ways: Ways, at: Standing, order: int, choice: int) -> float:
    """What it costs."""
    total = float(ways.price[choice])
    for entry in range(ways.width[choice]):
        slot, cell = ways.slot[choice, entry], ways.cell[choice, entry]
        hours = ways.hours[choice, entry]
        if at.held[slot] == 0:
            hours += ways.setup_h[slot]
            total += ways.setup_price[slot]
        at.held[slot] += 1
        at.load[cell] += hours
        found = cell_cost(ways, cell, at.load[cell])
        total += found - at.cost[cell]
        at.cost[cell] = found
    at.taken[order] = choice
    return total


@compiled
def take_out(ways: Ways, at: Standing, order: int) -> float:
    """What it spares."""
    choice = at.taken[order]
    total = float(ways.price[choice])
    for entry in range(ways.width[choice]):
        slot, cell = ways.slot[choice, entry], ways.cell[choice, entry]
        hours = ways.hours[choice, entry]
        at.held[slot] -= 1
        if at.held[slot] == 0:
            hours += ways.setup_h[slot]
            total += ways.setup_price[slot]
        at.load[cell] -= hours
        found = cell_cost(ways, cell, at.load[cell])
        total += at.cost[cell] - found
        at.cost[cell] = found
    at.taken[order] = -1
    return total


@compiled
def excess_h(ways: Ways, at: Standing) -> float:
    """Hours that nobody can work."""
    total = 0.0
    for cell in range(len(at.load)):
        total += max(0.0, at.load[cell] - ways.full[cell])
    return total


@compiled
def retake(ways: Ways, at: Standing, choices: Ints) -> float:
    """These choices and no others; their value, counted anew."""
    at.held[:] = 0
    at.load[:] = 0.0
    at.cost[:] = 0.0
    total = 0.0
    for order in range(len(choices)):
        total += put(ways, at, order, choices[order])
    return total


@compiled
def search(ways: Ways, at: Standing, drawn: Drawn, rounds: int, heat: float, near: float, stalled: int) -> int:
    """So many rounds, or fewer: until the plan is worth ``near``, or until ``stalled`` rounds have brought nothing. How many it were."""
    marks = at.marks
    for number in range(rounds):
        if marks[BEST] <= near or marks[SINCE] > stalled:
            return number
        count = _ruined(ways, at, drawn)
        change = 0.0
        for place in range(count):
            at.old[place] = at.taken[at.out[place]]
            change -= take_out(ways, at, at.out[place])
        for place in range(count):
            change += put(ways, at, at.out[place], cheapest(ways, at, at.out[place]))
        marks[SINCE] += 1
        if change <= -heat * np.log(max(1e-12, draw_share(drawn))):
            marks[VALUE] += change
            if marks[VALUE] < marks[BEST] - 1e-9 * abs(marks[BEST]):
                marks[BEST], marks[SINCE] = marks[VALUE], 0
                at.kept[:] = at.taken
                marks[FITS] = 1.0 if excess_h(ways, at) <= TOLERANCE_H else 0.0
        else:
            for place in range(count):
                take_out(ways, at, at.out[place])
            for place in range(count):
                put(ways, at, at.out[place], at.old[place])
    return rounds


@compiled
def _ruined(ways: Ways, at: Standing, drawn: Drawn) -> int:
    """Orders of two days, of a slot and another day, or of anywhere, in the sequence in which they are to be put back; how many."""
    orders = len(at.taken)
    chosen, way = draw(drawn, orders), draw_share(drawn)
    size = FEWEST + draw(drawn, MOST - FEWEST)
    choice = at.taken[chosen]
    day = ways.start[choice]
    other = day + draw(drawn, 2 * NEIGHBOURS + 1) - NEIGHBOURS
    count = 0
    if way < DAYS:
        for order in range(orders):
            start = ways.start[at.taken[order]]
            if start in (day, other):
                at.pool[count] = order
                count += 1
        count = _some(at, drawn, count, size, 0)
    elif way < SLOT and ways.width[choice] > 0:
        slot = ways.slot[choice, draw(drawn, ways.width[choice])]
        for order in range(orders):
            taken = at.taken[order]
            if ways.start[taken] <= ways.finish[choice] and ways.finish[taken] >= day:
                for entry in range(ways.width[taken]):
                    if ways.slot[taken, entry] == slot:
                        at.pool[count] = order
                        count += 1
                        break
        same = count = _some(at, drawn, count, MOST, 0)
        for order in range(orders):
            if ways.start[at.taken[order]] == other:
                at.pool[count] = order
                count += 1
        count = _some(at, drawn, count - same, same, same)
    else:
        for place in range(min(size, orders)):
            at.pool[place] = draw(drawn, orders)
        count = min(size, orders)
    return _in_sequence(ways, at, drawn, chosen, count)


@compiled
def _some(at: Standing, drawn: Drawn, count: int, most: int, begin: int) -> int:
    """At most so many of the pool's entries from ``begin`` on come to the front of them; where they end."""
    size = min(count, most)
    for place in range(size):
        swapped = begin + place + draw(drawn, count - place)
        at.pool[begin + place], at.pool[swapped] = at.pool[swapped], at.pool[begin + place]
    return begin + size


@compiled
def _in_sequence(ways: Ways, at: Standing, drawn: Drawn, chosen: int, count: int) -> int:
    """The pool's orders and the chosen one, each once: long ones first, short ones first, those of a family together, or as it falls."""
    way, column = draw_share(drawn), draw(drawn, ways.slot.shape[1])
    found = 0
    for place in range(-1, count):
        order = chosen if place < 0 else at.pool[place]
        known = False
        for other in range(found):
            if at.out[other] == order:
                known = True
                break
        if known:
            continue
        if way < 0.4:
            rank = -ways.work[order]
        elif way < 0.6:
            rank = ways.work[order]
        elif way < 0.8:
            rank = float(ways.slot[ways.first[order], column])
        else:
            rank = draw_share(drawn)
        spot = found
        while spot > 0 and at.rank[spot - 1] > rank:
            at.out[spot], at.rank[spot] = at.out[spot - 1], at.rank[spot - 1]
            spot -= 1
        at.out[spot], at.rank[spot] = order, rank
        found += 1
    return found
