"""How is weighted tardiness lowered, with setups, in shops of any size? Simulated annealing over a sequence of all operations.

A move takes one operation to another place of the sequence and maybe to another machine; only what it changes is timed anew. Moves
are drawn from the chains that make late jobs late (critical arcs as in Mati, Dauzère-Pérès and Lahlou 2011); Kirkpatrick, Gelatt and
Vecchi 1983 (annealing).
"""

from typing import NamedTuple

import numpy as np

from scheduler.engine.compiled import compiled
from scheduler.engine.drawing import Drawn, draw, draw_share, seeded
from scheduler.engine.shop.arrays import (
    AFTER,
    BEFORE,
    CLASS,
    DUE,
    FIRST_CHOICE,
    LAST_CHOICE,
    MACHINE,
    NEXT,
    PREV,
    RELEASE,
    TOOK,
    WEIGHT,
    Numbers,
    ShopArrays,
    arrays_of,
)
from scheduler.engine.shop.atcs import dispatched_by_urgency, urgencies
from scheduler.engine.shop.search import Exchange
from scheduler.engine.shop.shop import Schedule, Shop

CHUNK = 4_000_000
"""Operations looked at between two looks at the clock, roughly."""
DISPATCHING = 0.5
"""Share of the time in which settings of the dispatch may still be tried."""
COLDEST = 0.002
"""The last temperature as a share of the first."""
MARGIN = 20.0
"""How far above what is taken a move's change may rise, in temperatures, before the rest of it is not looked at."""
DEEPEST = 30
"""Steps back along a late job's chain."""


START, PLACE, DIRTY = range(4, 7)


class Line(NamedTuple):
    """One schedule, changed in place; in ``sequence`` each operation follows its predecessors in job and on its machine."""

    ops: Numbers
    """n × 8: MACHINE, TOOK, PREV, NEXT, START, PLACE in the sequence, DIRTY while it waits to be timed anew."""
    last: Numbers
    """The last operation of each machine."""
    sequence: Numbers
    changed: Numbers
    """(operation, old start) of each one timed anew by the move at hand; how many, in the last row."""
    marked: Numbers
    """Operations that waited to be timed anew in it."""


def line_of(shop: ShopArrays, machine: Numbers, start: Numbers) -> Line:
    """The schedule of machines and starts."""
    n, m = shop.took.shape
    took = shop.took[np.arange(n), machine]
    sequence = np.lexsort((np.arange(n), start + took, start))
    changed, marked = np.zeros((n + 1, 2), dtype=np.int64), np.zeros(n + 3, dtype=np.int64)
    line = Line(np.zeros((n, 8), dtype=np.int64), np.full(m, -1, dtype=np.int64), sequence, changed, marked)
    line.ops[:, MACHINE], line.ops[:, TOOK] = machine, took
    connect(shop, line)
    return line


@compiled
def connect(shop: ShopArrays, line: Line) -> int:
    """Machine lists and times anew from the sequence; the weighted tardiness."""
    line.last[:] = -1
    cost = 0
    for place in range(len(line.sequence)):
        operation = line.sequence[place]
        line.ops[operation, PLACE] = place
        machine = line.ops[operation, MACHINE]
        before = line.last[machine]
        line.ops[operation, PREV], line.ops[operation, NEXT] = before, -1
        if before >= 0:
            line.ops[before, NEXT] = operation
        line.last[machine] = operation
        line.ops[operation, START] = earliest(shop, line, operation)
        if shop.ops[operation, AFTER] < 0:
            cost += late(shop, operation, line.ops[operation, START] + line.ops[operation, TOOK])
    return cost


@compiled
def earliest(shop: ShopArrays, line: Line, operation: int) -> int:
    """When an operation can start behind its predecessors."""
    before = shop.ops[operation, BEFORE]
    begin = shop.ops[operation, RELEASE] if before < 0 else line.ops[before, START] + line.ops[before, TOOK]
    previous = line.ops[operation, PREV]
    if previous >= 0:
        setup = shop.setup[shop.matrix_of[line.ops[operation, MACHINE]], shop.ops[previous, CLASS], shop.ops[operation, CLASS]]
        begin = max(begin, line.ops[previous, START] + line.ops[previous, TOOK] + setup)
    return begin  # type: ignore[no-any-return]


@compiled
def late(shop: ShopArrays, operation: int, end: int) -> int:
    """Weighted tardiness of a job whose last operation ends then."""
    return max(0, end - shop.ops[operation, DUE]) * shop.ops[operation, WEIGHT]  # type: ignore[no-any-return]


@compiled
def shift(line: Line, operation: int, to: int) -> None:
    """Take an operation to another place of the sequence; those between close up."""
    at = line.ops[operation, PLACE]
    while at < to:
        line.sequence[at] = line.sequence[at + 1]
        line.ops[line.sequence[at], PLACE] = at
        at += 1
    while at > to:
        line.sequence[at] = line.sequence[at - 1]
        line.ops[line.sequence[at], PLACE] = at
        at -= 1
    line.sequence[to] = operation
    line.ops[operation, PLACE] = to


@compiled
def unlink(line: Line, operation: int) -> None:
    """Off its machine."""
    before, after = line.ops[operation, PREV], line.ops[operation, NEXT]
    if before >= 0:
        line.ops[before, NEXT] = after
    if after >= 0:
        line.ops[after, PREV] = before
    else:
        line.last[line.ops[operation, MACHINE]] = before


@compiled
def enlink(shop: ShopArrays, line: Line, operation: int, machine: int, after: int) -> None:
    """Onto a machine, directly before another operation (-1: last)."""
    before = line.last[machine] if after < 0 else line.ops[after, PREV]
    line.ops[operation, PREV], line.ops[operation, NEXT] = before, after
    if before >= 0:
        line.ops[before, NEXT] = operation
    if after >= 0:
        line.ops[after, PREV] = operation
    else:
        line.last[machine] = operation
    line.ops[operation, MACHINE] = machine
    line.ops[operation, TOOK] = shop.took[operation, machine]


@compiled
def retime(shop: ShopArrays, line: Line, first: int, second: int, third: int, took: int, limit: float) -> int:
    """Time anew what hangs on up to three operations (-1: none); the change of the weighted tardiness. ``changed`` undoes it.

    ``took``: what the first one's duration was. Ends as soon as the change so far is above the limit: a delay is handed on and
    seldom made good.
    """
    waiting, place, count, marks, change = 0, len(line.sequence), 0, 0, 0
    for operation in (first, second, third):
        if operation >= 0 and line.ops[operation, DIRTY] == 0:
            line.ops[operation, DIRTY] = 1
            line.marked[marks] = operation
            marks += 1
            waiting += 1
            place = min(place, line.ops[operation, PLACE])
    while waiting > 0:
        operation = line.sequence[place]
        place += 1
        if line.ops[operation, DIRTY] == 0:
            continue
        line.ops[operation, DIRTY] = 0
        waiting -= 1
        start = earliest(shop, line, operation)
        if start == line.ops[operation, START] and operation != first:
            continue
        after = shop.ops[operation, AFTER]
        if after < 0:
            before = took if operation == first else line.ops[operation, TOOK]
            change += late(shop, operation, start + line.ops[operation, TOOK]) - late(shop, operation, line.ops[operation, START] + before)
        elif line.ops[after, DIRTY] == 0:
            line.ops[after, DIRTY] = 1
            line.marked[marks] = after
            marks += 1
            waiting += 1
        line.changed[count, 0], line.changed[count, 1] = operation, line.ops[operation, START]
        count += 1
        line.ops[operation, START] = start
        if change > limit:
            break
        follower = line.ops[operation, NEXT]
        if follower >= 0 and line.ops[follower, DIRTY] == 0:
            line.ops[follower, DIRTY] = 1
            line.marked[marks] = follower
            marks += 1
            waiting += 1
    for mark in range(marks if waiting > 0 else 0):
        line.ops[line.marked[mark], DIRTY] = 0
    line.changed[len(line.sequence), 0] = count
    return change


@compiled
def choose_operation(shop: ShopArrays, line: Line, ends: Numbers, drawn: Drawn) -> int:
    """An operation that starts when its machine lets it, somewhere back along the chain of a late job; or any operation."""
    n = len(line.sequence)
    if draw(drawn, 8) == 0 or len(ends) == 0:
        return draw(drawn, n)
    operation, highest = -1, 0
    for _ in range(12):
        last = ends[draw(drawn, len(ends))]
        cost = late(shop, last, line.ops[last, START] + line.ops[last, TOOK])
        if cost > highest:
            operation, highest = last, cost
            if draw(drawn, 2) == 0:
                break
    if operation < 0:
        return draw(drawn, n)
    chosen = operation
    for _ in range(1 + draw(drawn, DEEPEST)):
        before = shop.ops[operation, BEFORE]
        ready = shop.ops[operation, RELEASE] if before < 0 else line.ops[before, START] + line.ops[before, TOOK]
        if line.ops[operation, START] > ready:
            chosen = operation
            operation = line.ops[operation, PREV]
        elif before >= 0:
            operation = before
        else:
            break
    return chosen


@compiled
def anneal(
    shop: ShopArrays,
    line: Line,
    ends: Numbers,
    drawn: Drawn,
    counts: Numbers,
    best_machine: Numbers,
    best_start: Numbers,
    moves: int,
    heat: float,
) -> None:
    """So many tried moves at one temperature; ``counts`` is (cost, best cost, operations looked at, accepted)."""
    n = len(line.sequence)
    for _ in range(moves):
        operation = choose_operation(shop, line, ends, drawn)
        kind = draw(drawn, 4)
        if kind == 1 and line.ops[operation, PREV] >= 0:
            operation = line.ops[operation, PREV]
        here, at = line.ops[operation, MACHINE], line.ops[operation, PLACE]
        choices = shop.ops[operation, LAST_CHOICE] - shop.ops[operation, FIRST_CHOICE]
        machine = here
        if choices > 1 and kind >= 2:
            machine = shop.choices[shop.ops[operation, FIRST_CHOICE] + draw(drawn, choices)]
        low = 0 if shop.ops[operation, BEFORE] < 0 else line.ops[shop.ops[operation, BEFORE], PLACE] + 1
        high = n - 1 if shop.ops[operation, AFTER] < 0 else line.ops[shop.ops[operation, AFTER], PLACE] - 1
        to = at
        if machine == here:
            hops = 1 + draw(drawn, 1 + draw(drawn, 8))
            other = operation
            for _ in range(hops):
                further = line.ops[other, NEXT] if kind == 1 else line.ops[other, PREV]
                if further < 0:
                    break
                other = further
            if other == operation:
                continue
            to = line.ops[other, PLACE]
        else:
            reach = 1 + draw(drawn, 1 + 4 * len(line.last))
            to = at - reach if draw(drawn, 4) > 0 else at + reach
        to = min(max(to, low), high)
        after = -1
        for place in range(to if to <= at else to + 1, n):
            other = line.sequence[place]
            if line.ops[other, MACHINE] == machine and other != operation:
                after = other
                break
        old_after, took = line.ops[operation, NEXT], line.ops[operation, TOOK]
        if machine == here and after == old_after:
            continue
        unlink(line, operation)
        enlink(shop, line, operation, machine, after)
        shift(line, operation, to)
        limit = -heat * np.log(max(1e-300, draw_share(drawn)))
        change = retime(shop, line, operation, old_after, after, took, limit + MARGIN * heat)
        counts[2] += abs(to - at) + 40
        if change <= limit:
            counts[0] += change
            counts[3] += 1
            if counts[0] < counts[1]:
                counts[1] = counts[0]
                best_machine[:] = line.ops[:, MACHINE]
                best_start[:] = line.ops[:, START]
            continue
        for place in range(line.changed[n, 0]):
            line.ops[line.changed[place, 0], START] = line.changed[place, 1]
        unlink(line, operation)
        enlink(shop, line, operation, here, old_after)
        shift(line, operation, at)


@compiled
def straighten(line: Line) -> None:
    """The sequence by starts again: an operation then finds more room around it."""
    line.sequence[:] = line.sequence[np.argsort(line.ops[line.sequence, START], kind="mergesort")]
    for place in range(len(line.sequence)):
        line.ops[line.sequence[place], PLACE] = place


class Annealing:
    """Dispatch, then one annealing over the whole time; every better schedule is told to the exchange."""

    def __init__(self, shop: Shop, seed: int, stream: int, exchange: Exchange) -> None:
        self._shop, self._exchange = arrays_of(shop), exchange
        self._drawn = seeded(seed, stream)
        self._moves = max(20, min(2000, CHUNK // max(1, shop.operations)))

    def run(self) -> None:
        """Until the exchange says that it is over."""
        shop, exchange = self._shop, self._exchange
        line = self._dispatched()
        ends = np.flatnonzero(shop.ops[:, AFTER] < 0)
        cost = connect(shop, line)
        machine, start = line.ops[:, MACHINE].copy(), line.ops[:, START].copy()
        counts = np.array([cost, cost, 0, 0], dtype=np.int64)
        first = self._first_heat(line, ends)
        began = exchange.spent()
        while exchange.spent() < 1:
            share = (exchange.spent() - began) / max(1e-9, 1 - began)
            anneal(shop, line, ends, self._drawn, counts, machine, start, self._moves, first * COLDEST**share)
            straighten(line)
            self._tell(int(counts[1]), machine, start)
            exchange.work(self._moves)

    def _tell(self, cost: int, machine: Numbers, start: Numbers) -> None:
        if cost < self._exchange.best()[0]:
            self._exchange.found(cost, Schedule(machine.tolist(), start.tolist()))

    def _dispatched(self) -> Line:
        """The best of the exchange's schedule and of the dispatch with each setting."""
        shop, exchange = self._shop, self._exchange
        best, known = exchange.best()
        line = line_of(shop, np.array(known.machine, dtype=np.int64), np.array(known.start, dtype=np.int64))
        shortest = np.where(shop.took >= 0, shop.took, np.iinfo(np.int64).max).min(axis=1).astype(np.float64)
        for setting in urgencies():
            if exchange.spent() > DISPATCHING:
                break
            tried = line_of(shop, *dispatched_by_urgency(shop, shortest, *setting))
            cost = connect(shop, tried)
            if cost < best:
                best, line = cost, tried
                self._tell(cost, tried.ops[:, MACHINE], tried.ops[:, START])
        return line

    def _first_heat(self, line: Line, ends: Numbers) -> float:
        """A temperature at which a small worsening is taken now and then."""
        cost = connect(self._shop, line)
        late_jobs = max(1, int(np.count_nonzero(line.ops[ends, START] + line.ops[ends, TOOK] > self._shop.ops[ends, DUE])))
        return HEAT * cost / late_jobs


HEAT = 0.002
"""The first temperature as a share of a late job's mean cost."""
