"""The schedule as a graph of operations: who follows whom on each machine, longest ways from the start and to the end.

Roy and Sussmann 1964 (disjunctive graph); heads and tails as in Adams, Balas and Zawack 1988.
"""

from typing import NamedTuple

import numpy as np

from scheduler.engine.shop.arrays import Numbers, ShopArrays
from scheduler.engine.shop.compiled import compiled


class Graph(NamedTuple):
    """One schedule, changed in place; -1 is nobody. ``head`` is the start, ``tail`` the longest way after the end."""

    machine: Numbers
    took: Numbers
    prev: Numbers
    next: Numbers
    first: Numbers
    """The first operation of each machine."""
    head: Numbers
    tail: Numbers
    order: Numbers
    """The operations, each after those before it in job and on its machine."""
    waits: Numbers


def graph_of(shop: ShopArrays, machine: Numbers, start: Numbers) -> Graph:
    """The machine sequences of a schedule; heads and tails are counted by ``weigh``."""
    n, m = shop.took.shape
    graph = Graph(machine.copy(), *(np.full(size, -1, dtype=np.int64) for size in (n, n, n, m, n, n, n, n)))
    link(shop, graph, np.lexsort((np.arange(n), start + shop.took[np.arange(n), machine], start)))
    return graph


@compiled
def link(shop: ShopArrays, graph: Graph, sequence: Numbers) -> None:
    """Put the operations on their machines in this sequence."""
    last = np.full(len(graph.first), -1, dtype=np.int64)
    graph.first[:] = -1
    for operation in sequence:
        machine = graph.machine[operation]
        graph.took[operation] = shop.took[operation, machine]
        before = last[machine]
        graph.prev[operation] = before
        graph.next[operation] = -1
        if before < 0:
            graph.first[machine] = operation
        else:
            graph.next[before] = operation
        last[machine] = operation


@compiled
def setup_between(shop: ShopArrays, machine: int, before: int, after: int) -> int:
    """Setup when one operation follows the other."""
    return shop.setup[shop.matrix_of[machine], shop.class_of[before], shop.class_of[after]]  # type: ignore[no-any-return]


@compiled
def ready_at(shop: ShopArrays, graph: Graph, operation: int) -> int:
    """When its job lets an operation start."""
    before = shop.before[operation]
    if before < 0:
        return shop.release[shop.job[operation]]  # type: ignore[no-any-return]
    return graph.head[before] + graph.took[before]  # type: ignore[no-any-return]


@compiled
def job_tail(shop: ShopArrays, graph: Graph, operation: int) -> int:
    """The longest way through its job after an operation's end."""
    after = shop.after[operation]
    return 0 if after < 0 else graph.took[after] + graph.tail[after]


@compiled
def weigh(shop: ShopArrays, graph: Graph) -> int:
    """Heads and tails anew; the makespan, or -1 when the sequences contradict the jobs (a circle)."""
    n = len(graph.machine)
    filled = 0
    for operation in range(n):
        waits = (shop.before[operation] >= 0) + (graph.prev[operation] >= 0)
        graph.waits[operation] = waits
        if waits == 0:
            graph.order[filled] = operation
            filled += 1
    at, makespan = 0, 0
    while at < filled:
        operation = graph.order[at]
        at += 1
        head = ready_at(shop, graph, operation)
        before = graph.prev[operation]
        if before >= 0:
            free = graph.head[before] + graph.took[before] + setup_between(shop, graph.machine[operation], before, operation)
            head = max(head, free)
        graph.head[operation] = head
        makespan = max(makespan, head + graph.took[operation])
        for follower in (shop.after[operation], graph.next[operation]):
            if follower >= 0:
                graph.waits[follower] -= 1
                if graph.waits[follower] == 0:
                    graph.order[filled] = follower
                    filled += 1
    if filled < n:
        return -1
    for at in range(n - 1, -1, -1):
        operation = graph.order[at]
        tail = job_tail(shop, graph, operation)
        after = graph.next[operation]
        if after >= 0:
            rest = graph.took[after] + graph.tail[after] + setup_between(shop, graph.machine[operation], operation, after)
            tail = max(tail, rest)
        graph.tail[operation] = tail
    return makespan


@compiled
def take_out(graph: Graph, operation: int) -> None:
    """Off its machine; its neighbours close up."""
    before, after = graph.prev[operation], graph.next[operation]
    if before < 0:
        graph.first[graph.machine[operation]] = after
    else:
        graph.next[before] = after
    if after >= 0:
        graph.prev[after] = before


@compiled
def put_in(shop: ShopArrays, graph: Graph, operation: int, machine: int, before: int) -> None:
    """Onto a machine, directly after another operation (-1: first)."""
    if before < 0:
        after = graph.first[machine]
        graph.first[machine] = operation
    else:
        after = graph.next[before]
        graph.next[before] = operation
    graph.prev[operation], graph.next[operation] = before, after
    if after >= 0:
        graph.prev[after] = operation
    graph.machine[operation] = machine
    graph.took[operation] = shop.took[operation, machine]
