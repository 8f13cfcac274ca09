"""Which operation runs next on which machine: dispatching to the second by apparent tardiness cost with setups (ATCS)."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp

from contracts.plan import OperationKey
from scheduler.engine.calendar import Breakdown
from scheduler.engine.capacity import CapacityIndex, Insertion
from scheduler.engine.dayplan import DayPlan
from scheduler.engine.operations import Operation, Placement, alive, followers_of, in_routing_order
from scheduler.engine.plant import Plant

LOOK_AHEADS = ((1.0, 0.3), (2.0, 0.5), (4.0, 1.0))
"""Scaling parameters (k1 of slack, k2 of setups) that are tried; Lee, Bhaskaran and Pinedo 1997 give them as functions of the load."""


def dispatch(
    plant: Plant,
    operations: Sequence[Operation],
    day_plan: DayPlan | None,
    now_s: int,
    to_s: int | None = None,
    breakdowns: Sequence[Breakdown] = (),
) -> list[Placement]:
    """A place for every open operation that is not fixed (those that find no room in the horizon have none), and the fixed ones.

    The best of several parameter settings by weighted tardiness, then by the sum of finishes; overtime and partners are the day plan's.
    Vepsalainen and Morton 1987 (remaining work), Lee, Bhaskaran and Pinedo 1997 (setups).
    """
    end_s = to_s if to_s is not None else now_s + plant.planning.horizon_days * 86_400
    best: list[Placement] | None = None
    best_value: tuple[int, int, int] | None = None
    for slack_scale, setup_scale in LOOK_AHEADS:
        overtime = day_plan.overtime if day_plan is not None else ()
        run = _Run(plant, operations, day_plan, CapacityIndex(plant, now_s - 86_400, end_s, overtime, breakdowns), now_s)
        placements = run.dispatched(slack_scale, setup_scale)
        value = _value(operations, placements)
        if best_value is None or value < best_value:
            best, best_value = placements, value
    return best or []


def _value(operations: Sequence[Operation], placements: Sequence[Placement]) -> tuple[int, int, int]:
    finish = finishes(placements)
    orders = {operation.order: operation for operation in operations if operation.order in finish}
    tardiness = sum(operation.weight * max(0, finish[order] - operation.due_s) for order, operation in orders.items())
    return -len(placements), tardiness, sum(finish.values())


def finishes(placements: Sequence[Placement]) -> dict[str, int]:
    """When each order's last operation ends."""
    result: dict[str, int] = {}
    for placement in placements:
        result[placement.order] = max(result.get(placement.order, 0), placement.end_s)
    return result


def tails_s(operations: Sequence[Operation]) -> dict[OperationKey, int]:
    """Longest work after each operation until the end of its piece."""
    followers = followers_of(operations)
    tails: dict[OperationKey, int] = {}
    for operation in reversed(in_routing_order(operations)):
        tails[operation.key] = max((entry.run_s + tails[entry.key] for entry in followers.get(operation.key, ())), default=0)
    return tails


@dataclass
class _Queue:
    """Operations of one machine group that are ready or soon ready, as (ready, arrival number, operation)."""

    waiting: list[tuple[int, int, Operation]] = field(default_factory=list)
    wake_s: int | None = None


class _Run:
    """One pass through simulated time."""

    def __init__(self, plant: Plant, operations: Sequence[Operation], day_plan: DayPlan | None, index: CapacityIndex, now_s: int) -> None:
        self._plant, self._index, self._now_s = plant, index, now_s
        self._partnered = day_plan.partnered if day_plan is not None else {}
        living = alive(operations)
        self._tails = tails_s(living)
        self._followers = followers_of(living)
        self._known = {operation.key for operation in living}
        self._open = [operation for operation in living if operation.placement is None and operation.open]
        self._back: dict[OperationKey, int] = {}
        for operation in living:
            placement = operation.placement
            if placement is not None:
                index.add(placement)
                self._back[operation.key] = placement.end_s + plant.after_s(placement.machine)
            elif not operation.open:
                self._back[operation.key] = 0
        self._mean_run = max(1.0, sum(operation.run_s for operation in self._open) / max(1, len(self._open)))
        self._queues = {group: _Queue() for group in plant.groups}
        self._agenda: list[tuple[int, str]] = []
        self._arrivals = 0

    def dispatched(self, slack_scale: float, setup_scale: float) -> list[Placement]:
        for operation in self._open:
            self._arrive(operation)
        while self._agenda:
            at_s, group = heapq.heappop(self._agenda)
            queue = self._queues[group]
            if queue.wake_s != at_s:
                continue
            queue.wake_s = None
            self._serve(group, at_s, slack_scale, setup_scale)
        return self._index.placements()

    def _arrive(self, operation: Operation) -> None:
        """Queue the operation once everything before it has a place."""
        before = [key for key in operation.after if key in self._known]
        if any(key not in self._back for key in before):
            return
        ready = max([self._now_s, operation.not_before_s, *(self._back[key] for key in before)])
        queue = self._queues[operation.machine_group]
        self._arrivals += 1
        heapq.heappush(queue.waiting, (ready, self._arrivals, operation))
        self._wake(operation.machine_group, ready)

    def _wake(self, group: str, at_s: int) -> None:
        queue = self._queues[group]
        if queue.wake_s is None or at_s < queue.wake_s:
            queue.wake_s = at_s
            heapq.heappush(self._agenda, (at_s, group))

    def _serve(self, group: str, at_s: int, slack_scale: float, setup_scale: float) -> None:
        """Start what is most urgent of what has arrived; if nothing can start yet, come back when it can."""
        queue = self._queues[group]
        if not queue.waiting:
            return
        if queue.waiting[0][0] > at_s:
            self._wake(group, queue.waiting[0][0])
            return
        families = self._last_families(group, at_s)
        arrived = [entry for entry in queue.waiting if entry[0] <= at_s]
        urgent = max(arrived, key=lambda entry: (self._urgency(entry[2], at_s, families, slack_scale, setup_scale), -entry[1]))
        insertion = self._place(urgent[2], urgent[0])
        if insertion is None:
            queue.waiting.remove(urgent)
            heapq.heapify(queue.waiting)
            self._wake(group, at_s)
            return
        if insertion.placement.setup_start_s > at_s:
            self._wake(group, insertion.placement.setup_start_s)
            return
        queue.waiting.remove(urgent)
        heapq.heapify(queue.waiting)
        self._index.insert(insertion)
        operation, placement = urgent[2], insertion.placement
        self._back[operation.key] = placement.end_s + self._plant.after_s(placement.machine)
        for follower in self._followers.get(operation.key, ()):
            if follower.placement is None and follower.open:
                self._arrive(follower)
        self._wake(group, at_s)

    def _place(self, operation: Operation, ready_s: int) -> Insertion | None:
        partners = self._plant.partners_of[operation.machine_group]
        machines = partners if partners and operation.order in self._partnered.get(operation.machine_group, ()) else None
        return self._index.earliest(operation, ready_s, self._now_s, machines)

    def _last_families(self, group: str, at_s: int) -> set[str]:
        families = set()
        for machine in self._plant.machines_of[group]:
            before = [placement for placement in self._index.on_machine(machine)[-3:] if placement.setup_start_s <= at_s]
            if before:
                families.add(before[-1].family)
        return families

    def _urgency(self, operation: Operation, at_s: int, families: set[str], slack_scale: float, setup_scale: float) -> float:
        group = operation.machine_group
        setup = 0 if operation.setup_family in families else self._plant.groups[group].setup_s
        slack = max(0, operation.due_s - operation.run_s - 2 * self._tails[operation.key] - at_s)
        wait = exp(-min(60.0, slack / (slack_scale * self._mean_run * 20)))
        change = exp(-min(60.0, setup / (setup_scale * max(1, self._plant.groups[group].setup_s))))
        return operation.weight / operation.run_s * wait * change
