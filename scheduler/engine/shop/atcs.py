"""Which operation is most urgent now, with due times, weights and setups? Dispatching by apparent tardiness cost with setups, compiled.

Vepsalainen and Morton 1987 (remaining work); Lee, Bhaskaran and Pinedo 1997 (setups).
"""

import heapq
from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from scheduler.engine.compiled import compiled
from scheduler.engine.shop.arrays import AFTER, BEFORE, CLASS, DUE, FIRST_CHOICE, LAST_CHOICE, RELEASE, WEIGHT, Numbers, ShopArrays

LOOK_AHEADS = (0.3, 1.0, 3.0, 10.0)
"""How far ahead urgency looks, in mean operation times times waiting operations a machine: k1."""
AVERSIONS = (0.2, 0.6, 2.0)
"""The scale of setups, in mean setups: k2."""
WAITINGS = (1.0, 2.0)
"""The work that follows counts so many times, for its waiting."""


def urgencies() -> Iterator[tuple[float, float, float]]:
    """The settings to try, the usual ones first."""
    yield from sorted(product(LOOK_AHEADS, AVERSIONS, WAITINGS), key=lambda entry: (entry[0] - 1) ** 2 + (entry[1] - 0.6) ** 2)


@compiled
def dispatched_by_urgency(
    shop: ShopArrays, shortest: NDArray[np.float64], look_ahead: float, aversion: float, waiting: float
) -> tuple[Numbers, Numbers]:
    """Machine and start of each operation; ``shortest`` holds its shortest duration."""
    n, m = shop.took.shape
    rest = np.zeros(n)
    for operation in range(n - 1, -1, -1):
        after = shop.ops[operation, AFTER]
        if after >= 0:
            rest[operation] = rest[after] + shortest[after]
    mean = max(1.0, shortest.mean())
    setup = max(1e-9, shop.setup.mean())
    room = np.zeros(m + 1, np.int64)
    for choice in shop.choices:
        room[choice + 1] += 1
    room = np.cumsum(room)
    queue, waits = np.zeros(len(shop.choices), np.int64), np.zeros(m, np.int64)
    machine, start, ready = np.full(n, -1, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    free, last = np.zeros(m, np.int64), np.full(m, -1, np.int64)
    agenda = [(np.int64(0), np.int64(0))]
    agenda.pop()
    for first in range(n):
        if shop.ops[first, BEFORE] >= 0:
            continue
        ready[first] = shop.ops[first, RELEASE]
        for at in range(shop.ops[first, FIRST_CHOICE], shop.ops[first, LAST_CHOICE]):
            here = shop.choices[at]
            queue[room[here] + waits[here]] = first
            waits[here] += 1
            heapq.heappush(agenda, (ready[first], here))
    while len(agenda) > 0:
        now, here = heapq.heappop(agenda)
        if now < free[here]:
            continue
        low, kept, chosen, highest = room[here], 0, -1, -np.inf
        matrix = shop.matrix_of[here]
        reach = look_ahead * mean
        for place in range(waits[here]):
            operation = queue[low + place]
            if machine[operation] >= 0:
                continue
            queue[low + kept] = operation
            kept += 1
            if ready[operation] > now:
                continue
            took = shop.took[operation, here]
            slack = shop.ops[operation, DUE] - took - waiting * rest[operation] - now
            urgency = np.log(max(1e-3, shop.ops[operation, WEIGHT]) / max(0.5, took))
            if slack > 0:
                urgency -= slack / reach
            if last[here] >= 0:
                urgency -= shop.setup[matrix, shop.ops[last[here], CLASS], shop.ops[operation, CLASS]] / (aversion * setup)
            urgency -= (took - shortest[operation]) / mean
            if urgency > highest:
                chosen, highest = operation, urgency
        waits[here] = kept
        if chosen < 0:
            continue
        begin = ready[chosen]
        if last[here] >= 0:
            begin = max(begin, free[here] + shop.setup[matrix, shop.ops[last[here], CLASS], shop.ops[chosen, CLASS]])
        machine[chosen], start[chosen] = here, begin
        end = begin + shop.took[chosen, here]
        free[here], last[here] = end, chosen
        heapq.heappush(agenda, (end, here))
        after = shop.ops[chosen, AFTER]
        if after >= 0:
            ready[after] = end
            for at in range(shop.ops[after, FIRST_CHOICE], shop.ops[after, LAST_CHOICE]):
                other = shop.choices[at]
                queue[room[other] + waits[other]] = after
                waits[other] += 1
                heapq.heappush(agenda, (max(end, free[other]), other))
    return machine, start
