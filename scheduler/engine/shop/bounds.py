"""Which value can no schedule beat? Loads of jobs and machines, at no cost."""

from scheduler.engine.shop.shop import Objective, Shop


def lower_bound(shop: Shop, objective: Objective) -> int:
    """A proved bound: the longest job, and the work of a set of machines shared out evenly between its shortest head and tail.

    Sets tried: all machines, and for each operation its eligible machines. Carlier and Pinson 1989 (heads and tails).
    """
    shortest = [[min(duration for _, duration in eligible) for eligible in job] for job in shop.eligible]
    ends = [release + sum(durations) for release, durations in zip(shop.release, shortest, strict=True)]
    if objective is Objective.WEIGHTED_TARDINESS:
        return sum(weight * max(0, end - due) for end, due, weight in zip(ends, shop.due, shop.weight, strict=True))
    work: dict[frozenset[int], list[int]] = {}
    for job, durations in enumerate(shortest):
        head, tail = shop.release[job], sum(durations)
        for eligible, duration in zip(shop.eligible[job], durations, strict=True):
            tail -= duration
            entry = work.setdefault(frozenset(machine for machine, _ in eligible), [0, head, tail])
            entry[:] = entry[0] + duration, min(entry[1], head), min(entry[2], tail)
            head += duration
    sets = sorted(work, key=lambda machines: (len(machines), sorted(machines)))[:MOST_SETS]
    best = max(ends, default=0)
    for machines in [*sets, frozenset(range(shop.machines))]:
        inside = [entry for candidate, entry in work.items() if candidate <= machines]
        if inside and machines:
            load = -(-sum(entry[0] for entry in inside) // len(machines))
            best = max(best, load + min(entry[1] for entry in inside) + min(entry[2] for entry in inside))
    return best


MOST_SETS = 400
