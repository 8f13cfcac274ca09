"""Which one change shortens the longest way of a schedule? Critical blocks and other machines, each judged without counting anew.

Moves within a machine: an operation of a critical block goes directly before the block's first or after its last one, or these go inside
(N6 of Balas and Vazacopoulos 1998, N7 of Zhang, Li, Guan and Rao 2007). Moves to another machine: to every place from which no circle can
arise (Mastrolilli and Gambardella 2000); setups as in González, Vela and Varela 2013.
"""

from typing import NamedTuple

import numpy as np

from scheduler.engine.compiled import compiled
from scheduler.engine.drawing import Drawn, draw
from scheduler.engine.shop.arrays import AFTER, BEFORE, FIRST_CHOICE, LAST_CHOICE, MACHINE, NEXT, PREV, TOOK, Numbers, ShopArrays
from scheduler.engine.shop.graph import HEAD, TAIL, Graph, job_tail, put_in, ready_at, setup_between, take_out

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
    chosen: Numbers
    """The move: operation, machine, operation before it (-1: first), its value; 0 or more than 0 moves seen."""


def memory_of(shop: ShopArrays) -> Memory:
    """Nothing forbidden yet."""
    n, m = shop.took.shape
    sizes = (SLOTS, n * m, n + 1, n + 1, 8)
    return Memory(*(np.zeros(size, dtype=np.int64) for size in sizes))


@compiled
def slot(before: int, after: int) -> int:
    """Where the pair "this one before that one" is kept."""
    return (before * 1_000_003 + after) & (SLOTS - 1)


@compiled
def critical_path(shop: ShopArrays, graph: Graph, makespan: int, path: Numbers, drawn: Drawn) -> int:
    """A random longest way, start to end, into ``path``; its length."""
    n = len(graph.ops)
    at, seen = -1, 0
    for operation in range(n):
        if graph.ops[operation, HEAD] + graph.ops[operation, TOOK] == makespan:
            seen += 1
            if draw(drawn, seen) == 0:
                at = operation
    length = 0
    while at >= 0:
        path[length] = at
        length += 1
        by_job, by_machine = shop.ops[at, BEFORE], graph.ops[at, PREV]
        if by_job >= 0 and graph.ops[by_job, HEAD] + graph.ops[by_job, TOOK] != graph.ops[at, HEAD]:
            by_job = -1
        if by_machine >= 0:
            free = graph.ops[by_machine, HEAD] + graph.ops[by_machine, TOOK] + setup_between(shop, graph.ops[at, MACHINE], by_machine, at)
            if free != graph.ops[at, HEAD]:
                by_machine = -1
        either = by_job >= 0 and by_machine >= 0
        at = (by_job if draw(drawn, 2) == 0 else by_machine) if either else max(by_job, by_machine)
    for left in range(length // 2):
        right = length - 1 - left
        path[left], path[right] = path[right], path[left]
    return length


@compiled
def moved_value(shop: ShopArrays, graph: Graph, heads: Numbers, path: Numbers, low: int, high: int, forward: bool) -> int:
    """The longest way through a block's part ``low..high`` after its first one went to the end, or its last one to the front."""
    machine = graph.ops[path[low], MACHINE]
    count = high - low + 1
    before, after = graph.ops[path[low], PREV], graph.ops[path[high], NEXT]
    end = -1
    for place in range(count):
        operation = path[low + (place + 1) % count] if forward else path[low + (place + count - 1) % count]
        head = ready_at(shop, graph, operation)
        if before >= 0:
            free = (graph.ops[before, HEAD] + graph.ops[before, TOOK] if end < 0 else end) + setup_between(shop, machine, before, operation)
            head = max(head, free)
        heads[place] = head
        end = head + graph.ops[operation, TOOK]
        before = operation
    longest, rest = 0, -1
    for place in range(count - 1, -1, -1):
        operation = path[low + (place + 1) % count] if forward else path[low + (place + count - 1) % count]
        tail = job_tail(shop, graph, operation)
        if after >= 0:
            way = (graph.ops[after, TOOK] + graph.ops[after, TAIL] if rest < 0 else rest) + setup_between(shop, machine, operation, after)
            tail = max(tail, way)
        rest = tail + graph.ops[operation, TOOK]
        longest = max(longest, heads[place] + rest)
        after = operation
    return longest


@compiled
def may_pass(shop: ShopArrays, graph: Graph, low: int, high: int, forward: bool) -> bool:
    """Whether no way through jobs leads from the earlier operation around to the later one, so that their exchange makes no circle."""
    if forward:
        after = shop.ops[low, AFTER]
        if after < 0 or after == high:
            return bool(after < 0)
        sooner = graph.ops[high, HEAD] < graph.ops[after, HEAD] + graph.ops[after, TOOK]
        longer = graph.ops[high, TAIL] + graph.ops[high, TOOK] >= graph.ops[after, TAIL] + graph.ops[after, TOOK]
        return bool(sooner or (longer and graph.ops[after, TOOK] > 0))
    before = shop.ops[high, BEFORE]
    return bool(before < 0 or (before != low and graph.ops[low, HEAD] + graph.ops[low, TOOK] > graph.ops[before, HEAD]))


@compiled
def consider(chosen: Numbers, drawn: Drawn, operation: int, machine: int, before: int, value: int, allowed: bool) -> None:
    """Keep the best allowed move (of equals any one), and any one of the others in case none is allowed."""
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
        machine = graph.ops[path[low], MACHINE]
        high = low
        while high + 1 < length and graph.ops[path[high], NEXT] == path[high + 1]:
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
                    value = moved_value(shop, graph, memory.heads, path, left, right, forward)
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
                        consider(memory.chosen, drawn, path[left], machine, path[right], value, allowed)
                    else:
                        consider(memory.chosen, drawn, path[right], machine, graph.ops[path[left], PREV], value, allowed)
        low = high + 1


@compiled
def to_other_machines(shop: ShopArrays, graph: Graph, memory: Memory, length: int, step: int, best: int, drawn: Drawn) -> None:
    """Consider every place on another machine for each operation of the longest way."""
    machines = len(graph.first)
    for at in range(length):
        operation = memory.path[at]
        here = graph.ops[operation, MACHINE]
        if shop.ops[operation, LAST_CHOICE] - shop.ops[operation, FIRST_CHOICE] < 2:
            continue
        ready, rest = ready_at(shop, graph, operation), job_tail(shop, graph, operation)
        job_before, job_after = shop.ops[operation, BEFORE], shop.ops[operation, AFTER]
        left, right = graph.ops[operation, PREV], graph.ops[operation, NEXT]
        closed = 0
        if left >= 0 and right >= 0:
            closed = (
                graph.ops[left, HEAD]
                + graph.ops[left, TOOK]
                + setup_between(shop, here, left, right)
                + graph.ops[right, TOOK]
                + graph.ops[right, TAIL]
            )
        latest = FAR if job_after < 0 else graph.ops[job_after, HEAD] + graph.ops[job_after, TOOK]
        for choice in range(shop.ops[operation, FIRST_CHOICE], shop.ops[operation, LAST_CHOICE]):
            machine = shop.choices[choice]
            if machine == here:
                continue
            allowed = memory.machine_until[operation * machines + machine] <= step
            took = shop.took[operation, machine]
            before, after = -1, graph.first[machine]
            while True:
                if before >= 0 and (before == job_after or graph.ops[before, HEAD] >= latest):
                    break
                too_early = (
                    after >= 0 and job_before >= 0 and graph.ops[after, HEAD] + graph.ops[after, TOOK] <= graph.ops[job_before, HEAD]
                )
                if not too_early and (after < 0 or after != job_before):
                    head, tail = ready, rest
                    if before >= 0:
                        free = graph.ops[before, HEAD] + graph.ops[before, TOOK] + setup_between(shop, machine, before, operation)
                        head = max(head, free)
                    if after >= 0:
                        way = graph.ops[after, TOOK] + graph.ops[after, TAIL] + setup_between(shop, machine, operation, after)
                        tail = max(tail, way)
                    value = max(closed, head + took + tail)
                    consider(memory.chosen, drawn, operation, machine, before, value, allowed or value < best)
                if after < 0:
                    break
                before, after = after, graph.ops[after, NEXT]


@compiled
def make(shop: ShopArrays, graph: Graph, memory: Memory, step: int, tenure: int) -> None:
    """Make the chosen move, and forbid its way back for some steps."""
    operation, machine, before = memory.chosen[0], memory.chosen[1], memory.chosen[2]
    here = graph.ops[operation, MACHINE]
    if machine != here:
        memory.machine_until[operation * len(graph.first) + here] = step + tenure
    else:
        at, forward = graph.ops[operation, NEXT], False
        while at >= 0 and before >= 0:
            if at == before:
                forward = True
                break
            at = graph.ops[at, NEXT]
        if forward:
            at = graph.ops[operation, NEXT]
            while True:
                memory.pair_until[slot(operation, at)] = step + tenure
                if at == before:
                    break
                at = graph.ops[at, NEXT]
        else:
            at = graph.ops[operation, PREV]
            while at != before:
                memory.pair_until[slot(at, operation)] = step + tenure
                at = graph.ops[at, PREV]
    take_out(graph, operation)
    put_in(shop, graph, operation, machine, before)
