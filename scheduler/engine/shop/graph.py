"""The schedule as a graph of operations: who follows whom on each machine, longest ways from the start and to the end.

Roy and Sussmann 1964 (disjunctive graph); heads and tails as in Adams, Balas and Zawack 1988.
"""

from typing import NamedTuple

import numpy as np

from scheduler.engine.compiled import compiled
from scheduler.engine.shop.arrays import AFTER, BEFORE, CLASS, MACHINE, NEXT, PREV, RELEASE, TOOK, Numbers, ShopArrays

HEAD, TAIL, WAITS = range(4, 7)


class Graph(NamedTuple):
    """One schedule, changed in place; -1 is nobody. The head is the start, the tail the longest way after the end."""

    ops: Numbers
    """n × 8: MACHINE, TOOK, PREV, NEXT, HEAD, TAIL, WAITS."""
    first: Numbers
    """The first operation of each machine."""
    order: Numbers
    """The operations, each after those before it in job and on its machine."""


def graph_of(shop: ShopArrays, machine: Numbers, start: Numbers) -> Graph:
    """The machine sequences of a schedule; heads and tails are counted by ``weigh``."""
    n, m = shop.took.shape
    graph = Graph(np.zeros((n, 8), dtype=np.int64), np.full(m, -1, dtype=np.int64), np.zeros(n, dtype=np.int64))
    graph.ops[:, MACHINE] = machine
    link(shop, graph, np.lexsort((np.arange(n), start + shop.took[np.arange(n), machine], start)))
    return graph


@compiled
def link(shop: ShopArrays, graph: Graph, sequence: Numbers) -> None:
    """Put the operations on their machines in this sequence."""
    last = np.full(len(graph.first), -1, dtype=np.int64)
    graph.first[:] = -1
    for operation in sequence:
        machine = graph.ops[operation, MACHINE]
        graph.ops[operation, TOOK] = shop.took[operation, machine]
        before = last[machine]
        graph.ops[operation, PREV] = before
        graph.ops[operation, NEXT] = -1
        if before < 0:
            graph.first[machine] = operation
        else:
            graph.ops[before, NEXT] = operation
        last[machine] = operation


@compiled
def setup_between(shop: ShopArrays, machine: int, before: int, after: int) -> int:
    """Setup when one operation follows the other."""
    return shop.setup[shop.matrix_of[machine], shop.ops[before, CLASS], shop.ops[after, CLASS]]  # type: ignore[no-any-return]


@compiled
def ready_at(shop: ShopArrays, graph: Graph, operation: int) -> int:
    """When its job lets an operation start."""
    before = shop.ops[operation, BEFORE]
    if before < 0:
        return shop.ops[operation, RELEASE]  # type: ignore[no-any-return]
    return graph.ops[before, HEAD] + graph.ops[before, TOOK]  # type: ignore[no-any-return]


@compiled
def job_tail(shop: ShopArrays, graph: Graph, operation: int) -> int:
    """The longest way through its job after an operation's end."""
    after = shop.ops[operation, AFTER]
    return 0 if after < 0 else graph.ops[after, TOOK] + graph.ops[after, TAIL]


@compiled
def weigh(shop: ShopArrays, graph: Graph) -> int:
    """Heads and tails anew; the makespan, or -1 when the sequences contradict the jobs (a circle)."""
    n = len(graph.ops)
    filled = 0
    for operation in range(n):
        waits = int(shop.ops[operation, BEFORE] >= 0) + int(graph.ops[operation, PREV] >= 0)
        graph.ops[operation, WAITS] = waits
        if waits == 0:
            graph.order[filled] = operation
            filled += 1
    at, makespan = 0, 0
    while at < filled:
        operation = graph.order[at]
        at += 1
        head = ready_at(shop, graph, operation)
        before = graph.ops[operation, PREV]
        if before >= 0:
            free = graph.ops[before, HEAD] + graph.ops[before, TOOK] + setup_between(shop, graph.ops[operation, MACHINE], before, operation)
            head = max(head, free)
        graph.ops[operation, HEAD] = head
        makespan = max(makespan, head + graph.ops[operation, TOOK])
        for follower in (shop.ops[operation, AFTER], graph.ops[operation, NEXT]):
            if follower >= 0:
                graph.ops[follower, WAITS] -= 1
                if graph.ops[follower, WAITS] == 0:
                    graph.order[filled] = follower
                    filled += 1
    if filled < n:
        return -1
    for at in range(n - 1, -1, -1):
        operation = graph.order[at]
        tail = job_tail(shop, graph, operation)
        after = graph.ops[operation, NEXT]
        if after >= 0:
            rest = graph.ops[after, TOOK] + graph.ops[after, TAIL] + setup_between(shop, graph.ops[operation, MACHINE], operation, after)
            tail = max(tail, rest)
        graph.ops[operation, TAIL] = tail
    return makespan


@compiled
def take_out(graph: Graph, operation: int) -> None:
    """Off its machine; its neighbours close up."""
    before, after = graph.ops[operation, PREV], graph.ops[operation, NEXT]
    if before < 0:
        graph.first[graph.ops[operation, MACHINE]] = after
    else:
        graph.ops[before, NEXT] = after
    if after >= 0:
        graph.ops[after, PREV] = before


@compiled
def put_in(shop: ShopArrays, graph: Graph, operation: int, machine: int, before: int) -> None:
    """Onto a machine, directly after another operation (-1: first)."""
    if before < 0:
        after = graph.first[machine]
        graph.first[machine] = operation
    else:
        after = graph.ops[before, NEXT]
        graph.ops[before, NEXT] = operation
    graph.ops[operation, PREV], graph.ops[operation, NEXT] = before, after
    if after >= 0:
        graph.ops[after, PREV] = operation
    graph.ops[operation, MACHINE] = machine
    graph.ops[operation, TOOK] = shop.took[operation, machine]
