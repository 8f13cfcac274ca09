"""Which operation runs next where, by a rule that needs nothing but the queue? A feasible schedule at once, in plain Python."""

import heapq
from collections.abc import Iterator, Sequence
from enum import StrEnum

from scheduler.engine.shop.shop import Objective, Schedule, Shop, value


class Rule(StrEnum):
    """Priority rules whose order within a queue does not change with time. Panwalkar and Iskander 1977."""

    FIFO = "first in, first out"
    SPT = "shortest processing time"
    MWKR = "most work remaining"
    EDD = "earliest due date"
    WSPT = "weighted shortest remaining work"
    MDD = "earliest operation due date"


RULES = {
    Objective.MAKESPAN: (Rule.MWKR, Rule.FIFO, Rule.SPT),
    Objective.WEIGHTED_TARDINESS: (Rule.MDD, Rule.EDD, Rule.WSPT, Rule.FIFO),
}


def dispatches(shop: Shop, objective: Objective) -> Iterator[tuple[int, Schedule]]:
    """Value and schedule by each rule that suits the objective, one after the other."""
    for rule in RULES[objective]:
        schedule = dispatched(shop, rule)
        yield value(shop, schedule, objective), schedule


def dispatched(shop: Shop, rule: Rule) -> Schedule:
    """Non-delay: whenever a machine is free, the operation that comes first by the rule among those waiting for it starts there.

    A machine leaves an operation to a faster one that would finish it sooner.
    """
    firsts = shop.firsts()
    eligible = [entry for job in shop.eligible for entry in job]
    keys = _keys(shop, rule)
    machine, start = [-1] * len(eligible), [0] * len(eligible)
    last, free = [-1] * shop.machines, [0] * shop.machines
    coming: list[list[tuple[int, int]]] = [[] for _ in range(shop.machines)]
    there: list[list[tuple[float, int, int]]] = [[] for _ in range(shop.machines)]
    job_of = [job for job, operations in enumerate(shop.eligible) for _ in operations]
    agenda: list[tuple[int, int]] = []

    def arrive(operation: int, ready: int) -> None:
        for candidate, _ in eligible[operation]:
            heapq.heappush(coming[candidate], (ready, operation))
            heapq.heappush(agenda, (max(ready, free[candidate]), candidate))

    for job, operations in enumerate(shop.eligible):
        if operations:
            arrive(firsts[job], shop.release[job])
    while agenda:
        now, here = heapq.heappop(agenda)
        if now < free[here]:
            continue
        while coming[here] and coming[here][0][0] <= now:
            ready, operation = heapq.heappop(coming[here])
            heapq.heappush(there[here], (keys[operation] if rule is not Rule.FIFO else ready, operation, ready))
        left: list[tuple[float, int, int]] = []
        while there[here]:
            _, operation, ready = entry = heapq.heappop(there[here])
            if machine[operation] >= 0:
                continue
            begins = _begin(shop, last, free, ready, here, operation)
            ends = begins + _duration(eligible[operation], here)
            sooner, other = min((_begin(shop, last, free, ready, other, operation) + took, other) for other, took in eligible[operation])
            if ends > sooner and len(left) < LOOKED_AT:
                left.append(entry)
                heapq.heappush(agenda, (max(now, free[other]), other))
                continue
            machine[operation], start[operation] = here, begins
            last[here], free[here] = operation, ends
            heapq.heappush(agenda, (ends, here))
            follower = operation + 1
            if follower < firsts[job_of[operation] + 1]:
                arrive(follower, ends)
            break
        for entry in left:
            heapq.heappush(there[here], entry)
    return Schedule(machine, start)


LOOKED_AT = 20
"""So many operations at the head of a queue are left to faster machines before the next one is simply taken."""


def _begin(shop: Shop, last: Sequence[int], free: Sequence[int], ready: int, machine: int, operation: int) -> int:
    before = last[machine]
    return ready if before < 0 else max(ready, free[machine] + shop.setups.between(machine, before, operation))


def _duration(eligible: Sequence[tuple[int, int]], machine: int) -> int:
    return next(duration for candidate, duration in eligible if candidate == machine)


def _keys(shop: Shop, rule: Rule) -> list[float]:
    """What each operation is sorted by, least first."""
    keys: list[float] = []
    for job, operations in enumerate(shop.eligible):
        shortest = [min(duration for _, duration in eligible) for eligible in operations]
        remaining = sum(shortest)
        for duration in shortest:
            work = max(1, remaining)
            remaining -= duration
            keys.append(
                {
                    Rule.FIFO: 0.0,
                    Rule.SPT: float(duration),
                    Rule.MWKR: -float(work),
                    Rule.EDD: float(shop.due[job]),
                    Rule.WSPT: work / max(0.001, shop.weight[job]),
                    Rule.MDD: float(shop.due[job] - 2 * remaining),
                }[rule]
            )
    return keys
