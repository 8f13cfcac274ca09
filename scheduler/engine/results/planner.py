"""When will an order be finished, and by when is it surely? A planner's forecast with quantiles that learn from their own errors."""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, exp, sqrt

from scheduler.engine.learning import FIGURE, LearnedTime, known
from scheduler.engine.results.job import Job
from scheduler.engine.results.world import Floor, work_of

REMEMBERED = 1500
"""The errors of the last so many finished orders count."""
DISORDER = 0.1
"""Squared coefficient of variation of the work ahead, because others come in between; the errors that are remembered set its size."""
ENOUGH = 200
"""With fewer errors no quantile is told."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was told when the order came; open seconds."""

    finish_s: float
    scale_s: float
    quantiles: tuple[float, ...]
    """By the floor's levels; empty while nothing is known of the errors."""


class Planner:
    """Lays all open orders step by step, as they come, on the machine that is free first, by the times that it believes.

    ``knows``: the real durations (never breakdowns); else those of ``times``, at first the plant's own figures. The error of a forecast
    over its scale (the spread of the work ahead and of its own) is remembered when the order is finished, and their quantiles are the
    forecast's: conformal prediction with a normalised score (Papadopoulos, Gammerman and Vovk 2008; Lei and others 2018).
    """

    def __init__(self, floor: Floor, knows: bool, learned: bool) -> None:
        self._floor, self._knows = floor, knows
        self._times = [
            [known(floor.learned, work_of(step, machine)) if learned else FIGURE for machine in range(len(machines))]
            for step, machines in enumerate(floor.machines)
        ]
        self._factors = [[_mean(time) for time in each] for each in self._times]
        self._setup_s = [max(each[-1]) / 2 for each in floor.setups]
        broken = floor.demand.breakdowns
        self._slower = 1 + broken.repair_h / broken.every_h
        self._broken_rate = 2 * broken.repair_h**2 * 3600 / broken.every_h
        self._held_s = 0.0
        self._mean_s = [floor.mean_s(step) for step in range(len(floor.steps))]
        self._errors: list[float] = []
        self._recent: deque[float] = deque()

    def run_s(self, job: Job, step: int, machine: int) -> float:
        """How long it believes the work takes there."""
        if self._knows:
            return job.run_s(self._floor, step, machine)
        return job.figures[step] * self._factors[step][machine]

    def forecast(self, job: Job, now_s: float, open_jobs: Iterable[Job], free_s: Sequence[Sequence[float]]) -> Forecast:
        """``free_s``: when each machine is believed to be free; ``open_jobs``: all others with steps to go, in their order."""
        waiting = [(other.running_until_s or self._may_begin_s(other, now_s), other) for other in open_jobs]
        own_s, variance = self._may_begin_s(job, now_s), 0.0
        waiting.append((own_s, job))
        for step, free_at in enumerate(free_s):
            free, setup_s, times = list(free_at), self._setup_s[step], self._times[step]
            waiting.sort(key=_by_time)
            for place, (ready_s, other) in enumerate(waiting):
                if other.next_step > step:
                    continue
                machine = min(range(len(free)), key=free.__getitem__)
                begin_s = max(ready_s, free[machine])
                free[machine] = end_s = begin_s + (self.run_s(other, step, machine) + setup_s) * self._slower
                waiting[place] = end_s, other
                if other is job:
                    unknown = DISORDER if self._knows else DISORDER + exp(times[machine].spread ** 2) - 1
                    mean_s = self._mean_s[step]
                    variance += (mean_s + begin_s - ready_s) * mean_s * unknown + self._broken_rate * (end_s - ready_s)
                    own_s = end_s
        scale_s = sqrt(variance)
        return Forecast(own_s, scale_s, tuple(own_s + error * scale_s for error in self._quantiles()))

    def _may_begin_s(self, job: Job, now_s: float) -> float:
        return now_s if job.next_step else max(now_s, job.rank + self._held_s)

    def set_up(self, step: int, setup_s: float) -> None:
        """A setup was really made, or none was needed: how long one takes on average follows."""
        self._setup_s[step] += (setup_s - self._setup_s[step]) / 200

    def held(self, waited_s: float) -> None:
        """An order began after so long, for the sake of campaigns: how long they wait on average follows."""
        self._held_s += (waited_s - self._held_s) / 200

    def finished(self, forecast: Forecast, finish_s: float) -> None:
        """Learn from what became of a forecast."""
        error = (finish_s - forecast.finish_s) / forecast.scale_s
        insort(self._errors, error)
        self._recent.append(error)
        if len(self._recent) > REMEMBERED:
            del self._errors[bisect_left(self._errors, self._recent.popleft())]

    def _quantiles(self) -> tuple[float, ...]:
        count = len(self._errors)
        if count < ENOUGH:
            return ()
        return tuple(self._errors[min(count - 1, ceil((count + 1) * level / 100) - 1)] for level in self._floor.levels)


def _by_time(entry: tuple[float, Job]) -> float:
    return entry[0]


def _mean(time: LearnedTime) -> float:
    return time.factor * exp(time.spread**2 / 2)
