"""What comes of running the plant by one policy in one world? Event by event, in open seconds.

Work that meets a breakdown or the end of a shift goes on where it stopped. Everybody gets the machine that is set up best.
"""

from bisect import bisect_right
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import ceil
from random import Random
from typing import NamedTuple

from scheduler.engine.results.job import Job
from scheduler.engine.results.planner import Forecast, Planner
from scheduler.engine.results.policy import Policy
from scheduler.engine.results.world import Order, World

LOOK_AHEAD = 4.0
"""Slack is weighed in so many mean operations of all that wait for a machine."""
SETUP_WEIGHT = 0.3
"""... and setups in so many of the longest setup."""


class Busy(NamedTuple):
    """A machine's occupation by one operation."""

    step: int
    machine: int
    start_s: float
    setup_s: float
    run_s: float
    end_s: float
    """Breakdowns on the way included."""


class Delivered(NamedTuple):
    order: Order
    at_s: float
    forecast: Forecast | None


@dataclass
class Course:
    """All that happened."""

    busy: list[Busy] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    in_work: list[tuple[float, float]] = field(default_factory=list)
    """From the first operation's start to the last one's end, of each piece."""
    stocked: list[tuple[float, int]] = field(default_factory=list)
    """Pieces in stock from a moment on."""


def run(world: World, policy: Policy, day_s: float) -> Course:
    """Until every order is delivered; ``day_s``: open seconds of an average day."""
    return _Run(world, policy, day_s).course()


class _Run:
    def __init__(self, world: World, policy: Policy, day_s: float) -> None:
        self._world, self._floor, self._policy = world, world.floor, policy
        self._planned = policy.planner is not None
        self._planner = Planner(world.floor, policy.planner == "knows", policy.planner == "learned") if policy.planner else None
        self._steps = len(self._floor.steps)
        self._queues: list[list[Job]] = [[] for _ in range(self._steps)]
        self._idle = [list(range(len(each))) for each in self._floor.machines]
        self._set_up = [[-1] * len(each) for each in self._floor.machines]
        self._believed = [[0.0] * len(each) for each in self._floor.machines]
        self._mean_s = [self._floor.mean_s(step) for step in range(self._steps)]
        self._mean_setup_s = [max(1.0, max(each[-1])) for each in self._floor.setups]
        self._events: list[tuple[float, int, int, int, Job | None]] = []
        self._number = 0
        self._open: dict[int, Job] = {}
        self._forecasts: dict[int, Forecast] = {}
        self._waking: set[tuple[int, int, float]] = set()
        self._course = Course()
        self._stock = _Stock(world, policy, day_s) if policy.cover_days is not None else None

    def course(self) -> Course:
        if self._stock is not None:
            self._course.stocked.append((0.0, self._stock.pieces))
        orders, place, left = self._world.orders, 0, len(self._world.orders)
        while left > len(self._course.delivered):
            if place < left and (not self._events or orders[place].at_s <= self._events[0][0]):
                self._arrive(orders[place])
                place += 1
                continue
            now_s, _, step, machine, job = heappop(self._events)
            if job is None:
                self._dispatch(step, now_s)
                continue
            self._idle[step].append(machine)
            job.next_step, job.running_until_s = step + 1, None
            if job.next_step == self._steps:
                self._done(job, now_s)
            else:
                self._queues[job.next_step].append(job)
                self._dispatch(job.next_step, now_s)
            self._dispatch(step, now_s)
        return self._course

    def _arrive(self, order: Order) -> None:
        now_s = order.at_s
        if self._stock is not None and order.variant in self._stock.kept:
            if self._stock.taken(order):
                self._course.delivered.append(Delivered(order, now_s, None))
                self._course.stocked.append((now_s, self._stock.pieces))
            for job in self._stock.wanted(order.variant, now_s):
                self._queues[0].append(job)
            self._dispatch(0, now_s)
            return
        job = Job(now_s, order.variant, order.family, order.figures, order.luck, order)
        if self._planner is not None:
            waiting = sorted(self._open.values(), key=lambda other: other.due_s)
            free_s = [[max(now_s, each) for each in believed] for believed in self._believed]
            forecast = self._planner.forecast(job, now_s, waiting, free_s)
            self._forecasts[order.number], job.due_s = forecast, forecast.finish_s
            self._open[order.number] = job
        self._queues[0].append(job)
        self._dispatch(0, now_s)

    def _dispatch(self, step: int, now_s: float) -> None:
        """Start what can be started at the step."""
        queue = self._queues[step]
        while queue:
            free = [machine for machine in self._idle[step] if self._up(step, machine, now_s)]
            if not free:
                return
            ready = self._gathered(queue, now_s) if step == 0 and self._policy.campaigns else queue
            found = self._best(step, queue, ready, free, now_s) if self._planned else self._first(step, queue, free)
            if found is None:
                return
            job, machine = found
            queue.remove(job)
            self._start(job, step, machine, now_s)

    def _up(self, step: int, machine: int, now_s: float) -> bool:
        """Whether the machine works; a broken one is looked at again when it is repaired."""
        downs = self._world.downs[step][machine]
        place = bisect_right(downs, (now_s, float("inf"))) - 1
        if place < 0 or downs[place][1] <= now_s:
            return True
        repaired_s = downs[place][1]
        if (step, machine, repaired_s) not in self._waking:
            self._waking.add((step, machine, repaired_s))
            self._push(repaired_s, step, machine, None)
        return False

    def _gathered(self, queue: list[Job], now_s: float) -> list[Job]:
        """Those for whose family a machine may be set up; the next look comes when the first of the others has waited long enough."""
        campaigns = self._floor.demand.campaigns
        longest_s = campaigns.longest_h * 3600
        count = Counter(job.family for job in queue)
        oldest: dict[int, float] = {}
        for job in queue:
            oldest[job.family] = min(oldest.get(job.family, job.rank), job.rank)
        may = {family for family, rank in oldest.items() if count[family] >= campaigns.enough or rank + longest_s <= now_s}
        due_s = min((rank + longest_s for family, rank in oldest.items() if family not in may), default=None)
        if due_s is not None and (0, -1, due_s) not in self._waking:
            self._waking.add((0, -1, due_s))
            self._push(due_s, 0, -1, None)
        return [job for job in queue if job.family in may]

    def _first(self, step: int, queue: list[Job], free: list[int]) -> tuple[Job, int]:
        job = min(queue, key=lambda job: job.rank)
        setups, set_up = self._floor.setups[step], self._set_up[step]
        return job, min(free, key=lambda machine: setups[set_up[machine]][job.family])

    def _best(self, step: int, queue: list[Job], ready: list[Job], free: list[int], now_s: float) -> tuple[Job, int] | None:
        """In the order of the plan (due when the forecast says), setups weighed.

        The slack and setup terms of apparent tardiness cost with setups (Lee, Bhaskaran and Pinedo 1997), as logarithms and without its
        preference for short work: who is overtaken again and again by shorter ones cannot be promised a date.
        """
        setups, set_up, mean_s = self._floor.setups[step], self._set_up[step], self._mean_s[step]
        look_s = LOOK_AHEAD * mean_s * max(1.0, len(queue) / len(free))
        setup_s = SETUP_WEIGHT * self._mean_setup_s[step]
        rest_s = sum(self._mean_s[step:]) * 2
        may = {job.family for job in ready}
        best: tuple[float, Job, int] | None = None
        for job in queue:
            urgent = -(job.due_s - rest_s - now_s) / look_s
            for machine in free:
                needed_s = setups[set_up[machine]][job.family]
                if needed_s and job.family not in may:
                    continue
                value = urgent - needed_s / setup_s
                if best is None or value > best[0]:
                    best = value, job, machine
        return None if best is None else (best[1], best[2])

    def _start(self, job: Job, step: int, machine: int, now_s: float) -> None:
        self._idle[step].remove(machine)
        setup_s = self._floor.setups[step][self._set_up[step][machine]][job.family]
        run_s = job.run_s(self._floor, step, machine)
        end_s = self._through(step, machine, now_s, setup_s + run_s)
        self._set_up[step][machine] = job.family
        if job.begun_s is None:
            job.begun_s = now_s
        if self._planner is not None:
            self._planner.set_up(step, setup_s)
            if step == 0 and self._policy.campaigns:
                self._planner.held(now_s - job.rank)
            believed_s = now_s + setup_s + self._planner.run_s(job, step, machine)
            self._believed[step][machine] = job.running_until_s = believed_s
            job.next_step = step + 1
        self._course.busy.append(Busy(step, machine, now_s, setup_s, run_s, end_s))
        self._push(end_s, step, machine, job)

    def _through(self, step: int, machine: int, start_s: float, work_s: float) -> float:
        """When work that begins then is done, breakdowns on the way sat out."""
        downs = self._world.downs[step][machine]
        end_s, place = start_s + work_s, bisect_right(downs, (start_s, float("inf")))
        while place < len(downs) and downs[place][0] < end_s:
            end_s += downs[place][1] - downs[place][0]
            place += 1
        return end_s

    def _push(self, at_s: float, step: int, machine: int, job: Job | None) -> None:
        self._number += 1
        heappush(self._events, (at_s, self._number, step, machine, job))

    def _done(self, job: Job, now_s: float) -> None:
        assert job.begun_s is not None
        self._course.in_work.append((job.begun_s, now_s))
        if job.order is None:
            assert self._stock is not None
            waited = self._stock.made(job.variant)
            if waited is not None:
                self._course.delivered.append(Delivered(waited, now_s, None))
            self._course.stocked.append((now_s, self._stock.pieces))
            return
        forecast = self._forecasts.pop(job.order.number, None)
        self._open.pop(job.order.number, None)
        self._course.delivered.append(Delivered(job.order, now_s, forecast))
        if self._planner is not None and forecast is not None:
            self._planner.finished(forecast, now_s)


class _Stock:
    """Finished goods of the popular variants: a lot is ordered when what is there and on its way covers too few days (s, Q)."""

    def __init__(self, world: World, policy: Policy, day_s: float) -> None:
        assert policy.cover_days is not None
        settings, chance = world.floor.demand.stock, Random(f"{world.seed} forecast")  # noqa: S311 - a repeatable play, no secret
        self._variants = world.variants
        self._luck = Random(f"{world.seed} stock")  # noqa: S311 - a repeatable play, no secret
        self._steps = len(world.floor.steps)
        self._points: dict[int, int] = {}
        self._lots: dict[int, int] = {}
        self._there: dict[int, int] = {}
        self._coming: defaultdict[int, int] = defaultdict(int)
        self._waiting: defaultdict[int, deque[Order]] = defaultdict(deque)
        for number, variant in enumerate(world.variants[: settings.variants]):
            error = max(0.2, chance.gauss(1, settings.forecast_error_percent / 100))
            cover = world.floor.rate * day_s * variant.share * error * policy.cover_days
            self._points[number] = ceil(cover)
            self._lots[number] = max(settings.least_lot, ceil(cover / 2))
            self._there[number] = self._points[number] + self._lots[number] // 2
        self.kept = frozenset(self._points)
        self.pieces = sum(self._there.values())

    def taken(self, order: Order) -> bool:
        """Whether the order gets a piece at once; else it waits for one."""
        if self._there[order.variant] == 0:
            self._waiting[order.variant].append(order)
            return False
        self._there[order.variant] -= 1
        self.pieces -= 1
        return True

    def wanted(self, number: int, now_s: float) -> list[Job]:
        """The lot that is due now."""
        position = self._there[number] + self._coming[number] - len(self._waiting[number])
        if position > self._points[number]:
            return []
        self._coming[number] += self._lots[number]
        variant = self._variants[number]
        return [
            Job(now_s, number, variant.family, variant.figures, tuple(self._luck.random() for _ in range(self._steps)), None)
            for _ in range(self._lots[number])
        ]

    def made(self, number: int) -> Order | None:
        """A piece is finished: for who waits longest, else into stock."""
        self._coming[number] -= 1
        if self._waiting[number]:
            return self._waiting[number].popleft()
        self._there[number] += 1
        self.pieces += 1
        return None
