"""How is weighted tardiness lowered, with setups, in shops of any size? Simulated annealing over a sequence of all operations.

A move takes one operation to another place of the sequence and maybe to another machine; only what it changes is timed anew. Moves
are drawn from the chains that make late jobs late (critical arcs as in Mati, Dauzère-Pérès and Lahlou 2011); Kirkpatrick, Gelatt and
Vecchi 1983 (annealing).
"""

from typing import NamedTuple

import numpy as np

from scheduler.engine.shop.arrays import Numbers, ShopArrays, arrays_of
from scheduler.engine.shop.atcs import dispatched_by_urgency, urgencies
from scheduler.engine.shop.compiled import compiled
from scheduler.engine.shop.drawing import Drawn, draw, draw_share, seeded
from scheduler.engine.shop.search import Exchange
from scheduler.engine.shop.shop import Schedule, Shop

CHUNK = 4_000_000
"""Operations looked at between two looks at the clock, roughly."""
DISPATCHING = 0.15
"""Share of the time in which settings of the dispatch may still be tried."""
COLDEST = 0.002
"""The last temperature as a share of the first."""
DEEPEST = 30
"""Steps back along a late job's chain."""


class Line(NamedTuple):
    """One schedule, changed in place; in ``sequence`` each operation follows its predecessors in job and on its machine."""

    machine: Numbers
    start: Numbers
    took: Numbers
    prev: Numbers
    next: Numbers
    last: Numbers
    """The last operation of each machine."""
    sequence: Numbers
    place: Numbers
    dirty: Numbers
    changed: Numbers
    """Operations timed anew by the move at hand, with their old starts in ``old``."""
    old: Numbers


def line_of(shop: ShopArrays, machine: Numbers, start: Numbers) -> Line:
    """The schedule of machines and starts."""
    n, m = shop.took.shape
    took = shop.took[np.arange(n), machine]
    sequence = np.lexsort((np.arange(n), start + took, start))
    line = Line(
        machine.copy(),
        start.copy(),
        took,
        np.full(n, -1, dtype=np.int64),
        np.full(n, -1, dtype=np.int64),
        np.full(m, -1, dtype=np.int64),
        sequence,
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=np.int64),
        np.zeros(n + 1, dtype=np.int64),
        np.zeros(n + 1, dtype=np.int64),
    )
    connect(shop, line)
    return line


@compiled
def connect(shop: ShopArrays, line: Line) -> int:
    """Machine lists and times anew from the sequence; the weighted tardiness."""
    line.last[:] = -1
    cost = 0
    for place in range(len(line.sequence)):
        operation = line.sequence[place]
        line.place[operation] = place
        machine = line.machine[operation]
        before = line.last[machine]
        line.prev[operation], line.next[operation] = before, -1
        if before >= 0:
            line.next[before] = operation
        line.last[machine] = operation
        line.start[operation] = earliest(shop, line, operation)
        if shop.after[operation] < 0:
            cost += late(shop, operation, line.start[operation] + line.took[operation])
    return cost


@compiled
def earliest(shop: ShopArrays, line: Line, operation: int) -> int:
    """When an operation can start behind its predecessors."""
    before = shop.before[operation]
    begin = shop.release[shop.job[operation]] if before < 0 else line.start[before] + line.took[before]
    previous = line.prev[operation]
    if previous >= 0:
        setup = shop.setup[shop.matrix_of[line.machine[operation]], shop.class_of[previous], shop.class_of[operation]]
        begin = max(begin, line.start[previous] + line.took[previous] + setup)
    return begin  # type: ignore[no-any-return]


@compiled
def late(shop: ShopArrays, operation: int, end: int) -> int:
    """Weighted tardiness of a job whose last operation ends then."""
    job = shop.job[operation]
    return max(0, end - shop.due[job]) * shop.weight[job]  # type: ignore[no-any-return]


@compiled
def shift(line: Line, operation: int, to: int) -> None:
    """Take an operation to another place of the sequence; those between close up."""
    at = line.place[operation]
    while at < to:
        line.sequence[at] = line.sequence[at + 1]
        line.place[line.sequence[at]] = at
        at += 1
    while at > to:
        line.sequence[at] = line.sequence[at - 1]
        line.place[line.sequence[at]] = at
        at -= 1
    line.sequence[to] = operation
    line.place[operation] = to


@compiled
def unlink(line: Line, operation: int) -> None:
    """Off its machine."""
    before, after = line.prev[operation], line.next[operation]
    if before >= 0:
        line.next[before] = after
    if after >= 0:
        line.prev[after] = before
    else:
        line.last[line.machine[operation]] = before


@compiled
def enlink(shop: ShopArrays, line: Line, operation: int, machine: int, after: int) -> None:
    """Onto a machine, directly before another operation (-1: last)."""
    before = line.last[machine] if after < 0 else line.prev[after]
    line.prev[operation], line.next[operation] = before, after
    if before >= 0:
        line.next[before] = operation
    if after >= 0:
        line.prev[after] = operation
    else:
        line.last[machine] = operation
    line.machine[operation] = machine
    line.took[operation] = shop.took[operation, machine]


@compiled
def retime(shop: ShopArrays, line: Line, first: int, second: int, third: int) -> int:
    """Time anew what hangs on up to three operations (-1: none); the change of the weighted tardiness. ``changed`` and ``old`` undo it."""
    waiting, place, count, change = 0, len(line.sequence), 0, 0
    for operation in (first, second, third):
        if operation >= 0 and line.dirty[operation] == 0:
            line.dirty[operation] = 1
            waiting += 1
            place = min(place, line.place[operation])
    while waiting > 0:
        operation = line.sequence[place]
        place += 1
        if line.dirty[operation] == 0:
            continue
        line.dirty[operation] = 0
        waiting -= 1
        start = earliest(shop, line, operation)
        if start == line.start[operation] and operation != first:
            continue
        after = shop.after[operation]
        if after < 0:
            change += late(shop, operation, start + line.took[operation])
        else:
            if line.dirty[after] == 0:
                line.dirty[after] = 1
                waiting += 1
        line.changed[count], line.old[count] = operation, line.start[operation]
        count += 1
        line.start[operation] = start
        follower = line.next[operation]
        if follower >= 0 and line.dirty[follower] == 0:
            line.dirty[follower] = 1
            waiting += 1
    line.changed[len(line.sequence)] = count
    return change


@compiled
def late_before(shop: ShopArrays, line: Line, moved: int, took: int) -> int:
    """Weighted tardiness, before the move, of the jobs whose last operations it timed anew; ``took`` was the moved one's duration."""
    cost = 0
    for at in range(line.changed[len(line.sequence)]):
        operation = line.changed[at]
        if shop.after[operation] < 0:
            cost += late(shop, operation, line.old[at] + (took if operation == moved else line.took[operation]))
    return cost


@compiled
def choose_operation(shop: ShopArrays, line: Line, ends: Numbers, drawn: Drawn) -> int:
    """An operation that starts when its machine lets it, somewhere back along the chain of a late job; or any operation."""
    n = len(line.sequence)
    if draw(drawn, 8) == 0 or len(ends) == 0:
        return draw(drawn, n)
    operation, highest = -1, 0
    for _ in range(12):
        last = ends[draw(drawn, len(ends))]
        cost = late(shop, last, line.start[last] + line.took[last])
        if cost > highest:
            operation, highest = last, cost
            if draw(drawn, 2) == 0:
                break
    if operation < 0:
        return draw(drawn, n)
    chosen = operation
    for _ in range(1 + draw(drawn, DEEPEST)):
        before = shop.before[operation]
        ready = shop.release[shop.job[operation]] if before < 0 else line.start[before] + line.took[before]
        if line.start[operation] > ready:
            chosen = operation
            operation = line.prev[operation]
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
        if kind == 1 and line.prev[operation] >= 0:
            operation = line.prev[operation]
        here, at = line.machine[operation], line.place[operation]
        choices = shop.choice_at[operation + 1] - shop.choice_at[operation]
        machine = here
        if choices > 1 and kind >= 2:
            machine = shop.choices[shop.choice_at[operation] + draw(drawn, choices)]
        low = 0 if shop.before[operation] < 0 else line.place[shop.before[operation]] + 1
        high = n - 1 if shop.after[operation] < 0 else line.place[shop.after[operation]] - 1
        to = at
        if machine == here:
            hops = 1 + draw(drawn, 1 + draw(drawn, 8))
            other = operation
            for _ in range(hops):
                further = line.next[other] if kind == 1 else line.prev[other]
                if further < 0:
                    break
                other = further
            if other == operation:
                continue
            to = line.place[other]
        else:
            reach = 1 + draw(drawn, 1 + 4 * len(line.last))
            to = at - reach if draw(drawn, 4) > 0 else at + reach
        to = min(max(to, low), high)
        after = -1
        for place in range(to if to <= at else to + 1, n):
            other = line.sequence[place]
            if line.machine[other] == machine and other != operation:
                after = other
                break
        old_after, took = line.next[operation], line.took[operation]
        if machine == here and after == old_after:
            continue
        unlink(line, operation)
        enlink(shop, line, operation, machine, after)
        shift(line, operation, to)
        change = retime(shop, line, operation, old_after, after)
        change -= late_before(shop, line, operation, took)
        counts[2] += abs(to - at) + 40
        if change <= 0 or (heat > 0 and change < -heat * np.log(max(1e-300, draw_share(drawn)))):
            counts[0] += change
            counts[3] += 1
            if counts[0] < counts[1]:
                counts[1] = counts[0]
                best_machine[:] = line.machine
                best_start[:] = line.start
            continue
        for place in range(line.changed[n]):
            line.start[line.changed[place]] = line.old[place]
        unlink(line, operation)
        enlink(shop, line, operation, here, old_after)
        shift(line, operation, at)


@compiled
def straighten(line: Line) -> None:
    """The sequence by starts again: an operation then finds more room around it."""
    line.sequence[:] = line.sequence[np.argsort(line.start[line.sequence], kind="mergesort")]
    for place in range(len(line.sequence)):
        line.place[line.sequence[place]] = place


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
        ends = np.flatnonzero(shop.after < 0)
        cost = connect(shop, line)
        machine, start = line.machine.copy(), line.start.copy()
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
                self._tell(cost, tried.machine, tried.start)
        return line

    def _first_heat(self, line: Line, ends: Numbers) -> float:
        """A temperature at which a small worsening is taken now and then."""
        cost = connect(self._shop, line)
        late_jobs = max(1, int(np.count_nonzero(line.start[ends] + line.took[ends] > self._shop.due[self._shop.job[ends]])))
        return HEAT * cost / late_jobs


HEAT = 0.05
"""The first temperature as a share of a late job's mean cost."""
