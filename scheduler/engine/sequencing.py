"""Which operation runs next on which machine: dispatching to the second by apparent tardiness cost with setups (ATCS)."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import log

from contracts.plan import OperationKey
from scheduler.engine.calendar import Breakdown, local_s
from scheduler.engine.capacity import CapacityIndex
from scheduler.engine.dayplan import DayPlan
from scheduler.engine.operations import Operation, Placement, alive, followers_of, in_routing_order
from scheduler.engine.plant import Plant

LOOK_AHEADS = (0.05, 0.3, 1.0, 3.0)
"""How far ahead urgency looks, in twenty mean operation times: the scaling parameter k1 of ATCS, tried one after the other."""
SETUP_AVERSION = 2.0
"""How much a change of setup family lowers urgency (1 / k2 of ATCS, for a setup of the group's usual length)."""


def dispatch(
    plant: Plant,
    operations: Sequence[Operation],
    day_plan: DayPlan | None,
    now_s: int,
    to_s: int | None = None,
    breakdowns: Sequence[Breakdown] = (),
) -> list[Placement]:
    """A place for every open operation that is not fixed (those that find no room in the horizon have none), and the fixed ones.

    The best of several settings by weighted tardiness, then by the sum of finishes; overtime and partners are the day plan's, its finish
    days are tried as due dates beside the promises themselves.
    Vepsalainen and Morton 1987 (remaining work), Lee, Bhaskaran and Pinedo 1997 (setups).
    """
    end_s = to_s if to_s is not None else now_s + plant.planning.horizon_days * 86_400
    overtime = day_plan.overtime if day_plan is not None else ()
    wishes: list[Mapping[str, int]] = [{}]
    if day_plan is not None and day_plan.finish:
        wishes.append({order: local_s(plant, day, 1440) for order, day in day_plan.finish.items()})
    best: list[Placement] = []
    best_value: tuple[int, int, int] | None = None
    for wish, look_ahead in product(wishes, LOOK_AHEADS):
        index = CapacityIndex(plant, now_s - 86_400, end_s, overtime, breakdowns)
        placements = _Run(plant, operations, day_plan, index, now_s, wish).dispatched(look_ahead)
        value = plan_value(operations, placements)
        if best_value is None or value < best_value:
            best, best_value = placements, value
    return best


def plan_value(operations: Sequence[Operation], placements: Sequence[Placement]) -> tuple[int, int, int]:
    """How good a plan is, smaller is better: missing placements, weighted tardiness in seconds, sum of finishes."""
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


@dataclass(slots=True, eq=False)
class _Job:
    """An operation to be dispatched, with what its urgency is made of."""

    operation: Operation
    latest_start_s: int
    """Start after which its order is probably late: the work after it counts double, for its waiting."""
    log_worth: float
    """Logarithm of weight a second of work."""
    machines: tuple[str, ...] | None
    missing: int = 0
    ready_s: int = 0
    followers: "list[_Job]" = field(default_factory=list)


@dataclass(slots=True)
class _Queue:
    """Jobs of one machine group: those that will come, as (ready, arrival number, job), and those that are there."""

    rank: int
    coming: list[tuple[int, int, _Job]] = field(default_factory=list)
    there: list[_Job] = field(default_factory=list)
    wake_s: int | None = None


class _Run:
    """One pass through simulated time."""

    def __init__(
        self,
        plant: Plant,
        operations: Sequence[Operation],
        day_plan: DayPlan | None,
        index: CapacityIndex,
        now_s: int,
        wish: Mapping[str, int],
    ) -> None:
        self._plant, self._index, self._now_s = plant, index, now_s
        living = alive(operations)
        tails = tails_s(living)
        free = [operation for operation in living if operation.placement is None and operation.open]
        self._jobs = {operation.key: self._job(operation, tails[operation.key], day_plan, wish) for operation in free}
        back: dict[OperationKey, int] = {}
        for operation in living:
            if operation.placement is not None:
                index.add(operation.placement)
                back[operation.key] = operation.placement.end_s + plant.after_s(operation.placement.machine)
        for job in self._jobs.values():
            job.ready_s = max([now_s, job.operation.not_before_s, *(back.get(key, 0) for key in job.operation.after)])
            before = [self._jobs[key] for key in job.operation.after if key in self._jobs]
            job.missing = len(before)
            for entry in before:
                entry.followers.append(job)
        self._look_s = 20 * max(1.0, sum(operation.run_s for operation in free) / max(1, len(free)))
        ranks = self._nearest_to_the_end(tails)
        self._queues = {group: _Queue(ranks[group]) for group in plant.groups}
        self._agenda: list[tuple[int, int, str]] = []
        self._arrivals = 0

    def _job(self, operation: Operation, tail_s: int, day_plan: DayPlan | None, wish: Mapping[str, int]) -> _Job:
        due = wish.get(operation.order, operation.due_s)
        partnered = day_plan is not None and operation.order in day_plan.partnered.get(operation.machine_group, ())
        machines = self._plant.partners_of[operation.machine_group] if partnered else None
        return _Job(operation, due - operation.run_s - 2 * tail_s, log(operation.weight / operation.run_s), machines)

    def _nearest_to_the_end(self, tails: Mapping[OperationKey, int]) -> dict[str, int]:
        """Groups in the order in which they may call for people: who finishes pieces comes first, so that work does not pile up."""
        of_group: dict[str, list[int]] = {group: [] for group in self._plant.groups}
        for job in self._jobs.values():
            of_group[job.operation.machine_group].append(tails[job.operation.key])
        mean = {group: sum(entries) / len(entries) if entries else 0.0 for group, entries in of_group.items()}
        return {group: rank for rank, group in enumerate(sorted(mean, key=lambda group: (mean[group], group)))}

    def dispatched(self, look_ahead: float) -> list[Placement]:
        for job in self._jobs.values():
            if job.missing == 0:
                self._arrive(job)
        while self._agenda:
            at_s, _, group = heapq.heappop(self._agenda)
            queue = self._queues[group]
            if queue.wake_s == at_s:
                queue.wake_s = None
                self._serve(group, queue, at_s, look_ahead * self._look_s)
        return self._index.placements()

    def _arrive(self, job: _Job) -> None:
        queue = self._queues[job.operation.machine_group]
        self._arrivals += 1
        heapq.heappush(queue.coming, (job.ready_s, self._arrivals, job))
        self._wake(job.operation.machine_group, queue, job.ready_s)

    def _wake(self, group: str, queue: _Queue, at_s: int) -> None:
        if queue.wake_s is None or at_s < queue.wake_s:
            queue.wake_s = at_s
            heapq.heappush(self._agenda, (at_s, queue.rank, group))

    def _serve(self, group: str, queue: _Queue, at_s: int, look_s: float) -> None:
        """Start what is most urgent of what is there; if it cannot start yet, come back when it can."""
        while queue.coming and queue.coming[0][0] <= at_s:
            queue.there.append(heapq.heappop(queue.coming)[2])
        if not queue.there:
            if queue.coming:
                self._wake(group, queue, queue.coming[0][0])
            return
        job = self._most_urgent(group, queue.there, at_s, look_s)
        insertion = self._index.earliest(job.operation, at_s, at_s, job.machines)
        at_home = job.machines is None
        if insertion is not None and at_home and insertion.placement.setup_start_s > at_s:
            coming = queue.coming[0][0] if queue.coming else insertion.placement.setup_start_s
            self._wake(group, queue, min(coming, insertion.placement.setup_start_s))
            return
        queue.there.remove(job)
        self._wake(group, queue, at_s)
        if insertion is None:
            return
        self._index.insert(insertion)
        back = insertion.placement.end_s + self._plant.after_s(insertion.placement.machine)
        for follower in job.followers:
            follower.ready_s = max(follower.ready_s, back)
            follower.missing -= 1
            if follower.missing == 0:
                self._arrive(follower)

    def _most_urgent(self, group: str, there: Sequence[_Job], at_s: int, look_s: float) -> _Job:
        """The highest ATCS index (its logarithm): worth, less slack, less setup; of equals the first that came."""
        families = self._families_set_up(group, at_s)
        change = SETUP_AVERSION if self._plant.groups[group].setup_s else 0.0
        best, best_urgency = there[0], float("-inf")
        for job in there:
            slack = job.latest_start_s - at_s
            urgency = job.log_worth - (slack / look_s if slack > 0 else 0.0)
            if job.operation.setup_family not in families:
                urgency -= change
            if urgency > best_urgency:
                best, best_urgency = job, urgency
        return best

    def _families_set_up(self, group: str, at_s: int) -> set[str]:
        families = set()
        for machine in self._plant.machines_of[group]:
            before = [placement for placement in self._index.on_machine(machine)[-3:] if placement.setup_start_s <= at_s]
            if before:
                families.add(before[-1].family)
        return families
