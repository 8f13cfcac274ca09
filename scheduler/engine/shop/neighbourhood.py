"""Which one change shortens the longest way of a schedule? Critical blocks and other machines, each judged without counting anew.

Moves within a machine: an operation of a critical block goes directly before the block's first or after its last one, or these go inside
(N6 of Balas and Vazacopoulos 1998, N7 of Zhang, Li, Guan and Rao 2007). Moves to another machine: to every place from which no circle can
arise (Mastrolilli and Gambardella 2000); setups as in González, Vela and Varela 2013.
"""

from typing import NamedTuple

import numpy as np

from scheduler.engine.shop.arrays import Numbers, ShopArrays
from scheduler.engine.shop.compiled import compiled
from scheduler.engine.shop.drawing import Drawn, draw
from scheduler.engine.shop.graph import Graph, job_tail, put_in, ready_at, setup_between, take_out

FAR = 1 << 60
SLOTS = 1 << 18
"""Forbidden pairs are kept by their remainder: two that share a slot are forbidden together, which is rare and harmless."""


class Memory(NamedTuple):
    """What the search remembers: until which step a pair must not come back, and room to work in."""

    pair_until: Numbers
    machine_until: Numbers
    """n × m: until when an operation must not return to a machine."""
    path: Numbers
    heads: Numbers
    tails: Numbers
    chosen: Numbers
    """The move: operation, machine, operation before it (-1: first), its value; 0 or more than 0 moves seen."""


def memory_of(shop: ShopArrays) -> Memory:
    """Nothing forbidden yet."""
    n, m = shop.took.shape
    sizes = (SLOTS, n * m, n + 1, n + 1, n + 1, 8)
    return Memory(*(np.zeros(size, dtype=np.int64) for size in sizes))


@compiled
def slot(before: int, after: int) -> int:
    """Where the pair "this one before that one" is kept."""
    return (before * 1_000_003 + after) & (SLOTS - 1)


@compiled
def critical_path(shop: ShopArrays, graph: Graph, makespan: int, path: Numbers, drawn: Drawn) -> int:
    """A random longest way, start to end, into ``path``; its length."""
    n = len(graph.head)
    at, seen = -1, 0
    for operation in range(n):
        if graph.head[operation] + graph.took[operation] == makespan:
            seen += 1
            if draw(drawn, seen) == 0:
                at = operation
    length = 0
    while at >= 0:
        path[length] = at
        length += 1
        by_job, by_machine = shop.before[at], graph.prev[at]
        if by_job >= 0 and graph.head[by_job] + graph.took[by_job] != graph.head[at]:
            by_job = -1
        if by_machine >= 0:
            free = graph.head[by_machine] + graph.took[by_machine] + setup_between(shop, graph.machine[at], by_machine, at)
            if free != graph.head[at]:
                by_machine = -1
        either = by_job >= 0 and by_machine >= 0
        at = (by_job if draw(drawn, 2) == 0 else by_machine) if either else max(by_job, by_machine)
    for left in range(length // 2):
        right = length - 1 - left
        path[left], path[right] = path[right], path[left]
    return length


@compiled
def moved_value(shop: ShopArrays, graph: Graph, memory: Memory, path: Numbers, low: int, high: int, forward: bool) -> int:
    """The longest way through a block's part ``low..high`` after its first one went to the end, or its last one to the front."""
    machine = graph.machine[path[low]]
    count = high - low + 1
    before, after = graph.prev[path[low]], graph.next[path[high]]
    end = -1
    for place in range(count):
        operation = path[low + (place + 1) % count] if forward else path[low + (place + count - 1) % count]
        head = ready_at(shop, graph, operation)
        if before >= 0:
            free = (graph.head[before] + graph.took[before] if end < 0 else end) + setup_between(shop, machine, before, operation)
            head = max(head, free)
        memory.heads[place] = head
        end = head + graph.took[operation]
        before = operation
    longest, rest = 0, -1
    for place in range(count - 1, -1, -1):
        operation = path[low + (place + 1) % count] if forward else path[low + (place + count - 1) % count]
        tail = job_tail(shop, graph, operation)
        if after >= 0:
            way = (graph.took[after] + graph.tail[after] if rest < 0 else rest) + setup_between(shop, machine, operation, after)
            tail = max(tail, way)
        rest = tail + graph.took[operation]
        longest = max(longest, memory.heads[place] + rest)
        after = operation
    return longest


@compiled
def may_pass(shop: ShopArrays, graph: Graph, low: int, high: int, forward: bool) -> bool:
    """Whether no way through jobs leads from the earlier operation around to the later one, so that their exchange makes no circle."""
    if forward:
        after = shop.after[low]
        if after < 0 or graph.head[high] < graph.head[after] + graph.took[after]:
            return after != high  # type: ignore[no-any-return]
        return graph.tail[high] + graph.took[high] >= graph.tail[after] + graph.took[after] and graph.took[after] > 0 and after != high  # type: ignore[no-any-return]
    before = shop.before[high]
    return before < 0 or (before != low and graph.head[low] + graph.took[low] > graph.head[before])  # type: ignore[no-any-return]


@compiled
def consider(memory: Memory, drawn: Drawn, operation: int, machine: int, before: int, value: int, allowed: bool) -> None:
    """Keep the best allowed move (of equals any one), and any one of the others in case none is allowed."""
    chosen = memory.chosen
    if not allowed:
        chosen[5] += 1
        if chosen[4] == 0 and draw(drawn, chosen[5]) == 0:
            chosen[0], chosen[1], chosen[2], chosen[3] = operation, machine, before, value
        return
    if chosen[4] == 0 or value < chosen[3]:
        chosen[0], chosen[1], chosen[2], chosen[3], chosen[4] = operation, machine, before, value, 1
    elif value == chosen[3]:
        chosen[4] += 1
        if draw(drawn, chosen[4]) == 0:
            chosen[0], chosen[1], chosen[2] = operation, machine, before


@compiled
def within_blocks(shop: ShopArrays, graph: Graph, memory: Memory, length: int, step: int, best: int, drawn: Drawn) -> None:
    """Consider the moves within each critical block."""
    path = memory.path
    low = 0
    while low < length:
        machine = graph.machine[path[low]]
        high = low
        while high + 1 < length and graph.next[path[high]] == path[high + 1]:
            high += 1
        for inner in range(low, high + 1):
            for left, right in ((low, inner), (inner, high)):
                if left == right or (left == low and right == high and inner == high):
                    continue
                for forward in (True, False):
                    if right - left == 1 and not forward:
                        continue
                    if not may_pass(shop, graph, path[left], path[right], forward):
                        continue
                    value = moved_value(shop, graph, memory, path, left, right, forward)
                    allowed = True
                    if value >= best:
                        mover = path[left] if forward else path[right]
                        for other in range(left, right + 1):
                            if path[other] == mover:
                                continue
                            pair = slot(path[other], mover) if forward else slot(mover, path[other])
                            if memory.pair_until[pair] > step:
                                allowed = False
                                break
                    if forward:
                        consider(memory, drawn, path[left], machine, path[right], value, allowed)
                    else:
                        consider(memory, drawn, path[right], machine, graph.prev[path[left]], value, allowed)
        low = high + 1


@compiled
def to_other_machines(shop: ShopArrays, graph: Graph, memory: Memory, length: int, step: int, best: int, drawn: Drawn) -> None:
    """Consider every place on another machine for each operation of the longest way."""
    machines = len(graph.first)
    for at in range(length):
        operation = memory.path[at]
        here = graph.machine[operation]
        if shop.choice_at[operation + 1] - shop.choice_at[operation] < 2:
            continue
        ready, rest = ready_at(shop, graph, operation), job_tail(shop, graph, operation)
        job_before, job_after = shop.before[operation], shop.after[operation]
        left, right = graph.prev[operation], graph.next[operation]
        closed = 0
        if left >= 0 and right >= 0:
            closed = graph.head[left] + graph.took[left] + setup_between(shop, here, left, right) + graph.took[right] + graph.tail[right]
        latest = FAR if job_after < 0 else graph.head[job_after] + graph.took[job_after]
        for choice in range(shop.choice_at[operation], shop.choice_at[operation + 1]):
            machine = shop.choices[choice]
            if machine == here:
                continue
            allowed = memory.machine_until[operation * machines + machine] <= step
            took = shop.took[operation, machine]
            before, after = -1, graph.first[machine]
            while True:
                if before >= 0 and (before == job_after or graph.head[before] >= latest):
                    break
                too_early = after >= 0 and job_before >= 0 and graph.head[after] + graph.took[after] <= graph.head[job_before]
                if not too_early and (after < 0 or after != job_before):
                    head, tail = ready, rest
                    if before >= 0:
                        free = graph.head[before] + graph.took[before] + setup_between(shop, machine, before, operation)
                        head = max(head, free)
                    if after >= 0:
                        way = graph.took[after] + graph.tail[after] + setup_between(shop, machine, operation, after)
                        tail = max(tail, way)
                    value = max(closed, head + took + tail)
                    consider(memory, drawn, operation, machine, before, value, allowed or value < best)
                if after < 0:
                    break
                before, after = after, graph.next[after]


@compiled
def make(shop: ShopArrays, graph: Graph, memory: Memory, step: int, tenure: int) -> None:
    """Make the chosen move, and forbid its way back for some steps."""
    operation, machine, before = memory.chosen[0], memory.chosen[1], memory.chosen[2]
    here = graph.machine[operation]
    if machine != here:
        memory.machine_until[operation * len(graph.first) + here] = step + tenure
    else:
        at, forward = graph.next[operation], False
        while at >= 0 and before >= 0:
            if at == before:
                forward = True
                break
            at = graph.next[at]
        if forward:
            at = graph.next[operation]
            while True:
                memory.pair_until[slot(operation, at)] = step + tenure
                if at == before:
                    break
                at = graph.next[at]
        else:
            at = graph.prev[operation]
            while at != before:
                memory.pair_until[slot(at, operation)] = step + tenure
                at = graph.prev[at]
    take_out(graph, operation)
    put_in(shop, graph, operation, machine, before)
