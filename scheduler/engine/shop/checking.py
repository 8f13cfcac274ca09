"""Is a schedule feasible? Counted from the shop alone, by other means than any search uses."""

from itertools import pairwise

from scheduler.engine.shop.shop import Schedule, Shop


class NotFeasible(AssertionError):
    """A search answered something that is no schedule; the message names the operation and the rule."""


def require_feasible(shop: Shop, schedule: Schedule) -> None:
    """Eligible machines, releases, the order in a job, one operation at a time with setups between. Raises NotFeasible."""
    if len(schedule.machine) != shop.operations or len(schedule.start) != shop.operations:
        raise NotFeasible(f"{len(schedule.start)} places for {shop.operations} operations")
    on_machine: dict[int, list[tuple[int, int, int]]] = {}
    number = 0
    for job, operations in enumerate(shop.eligible):
        ready = shop.release[job]
        for place, eligible in enumerate(operations):
            machine, start = schedule.machine[number], schedule.start[number]
            durations = [duration for candidate, duration in eligible if candidate == machine]
            if not durations:
                raise NotFeasible(f"job {job} operation {place}: machine {machine} is not eligible")
            if start < ready:
                raise NotFeasible(f"job {job} operation {place}: starts at {start}, before {ready}")
            ready = start + durations[0]
            on_machine.setdefault(machine, []).append((start, ready, number))
            number += 1
    for machine, busy in on_machine.items():
        busy.sort()
        for (_, end, before), (start, _, after) in pairwise(busy):
            needed = end + shop.setups.between(machine, before, after)
            if start < needed:
                raise NotFeasible(f"machine {machine}: operation {after} starts at {start}, before {needed} after operation {before}")
