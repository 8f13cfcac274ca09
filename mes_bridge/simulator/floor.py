"""What the simulated machines do, one work order at a time each, and when."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contracts.work_order import LeasedWorkOrder, ReportKind
from mes_bridge.simulator.habits import Habits, Life, life_of
from mes_bridge.simulator.voice import Voice

AFTERWARDS = timedelta(seconds=60)
"""So long after the completion comes what was told late."""

AHEAD = timedelta(minutes=15)
"""A machine that has just become free goes straight on when the next work order is planned within so much."""

Deed = Callable[[datetime], object]


@dataclass
class Job:
    """A work order on the floor."""

    item: LeasedWorkOrder
    life: Life
    started_at: datetime | None = None
    resumed: bool = False
    """Begun before a restart of ours: what was measured then is not known."""
    lost: bool = False
    """Refused, held or withdrawn: nothing more is done on it."""

    def progress(self, now: datetime) -> int | None:
        """Percent done; None when nobody has begun."""
        if self.started_at is None:
            return None
        return max(0, min(99, int(100 * ((now - self.started_at) / self.life.work))))


@dataclass
class Machine:
    name: str
    free_at: datetime
    queue: list[Job] = field(default_factory=list)
    job: Job | None = None

    def next_at(self) -> datetime:
        """When the first of the queue begins: as planned, straight after the work before it, or when that is over."""
        planned = self.queue[0].item.operation.planned_start
        return self.free_at if self.free_at > planned - AHEAD else planned


@dataclass(frozen=True)
class Outage:
    """A machine that is found broken while nothing runs on it, and runs again when it is repaired."""

    machine: str
    begins_at: datetime
    ends_at: datetime


class Floor:
    """Deeds in the order of business time; each may lead to further ones."""

    def __init__(self, voice: Voice, seed: int, habits: Habits) -> None:
        self._voice = voice
        self._seed = seed
        self._habits = habits
        self._machines: dict[str, Machine] = {}
        self._pieces: dict[str, int] = {}
        self._jobs: dict[tuple[str, int], Job] = {}
        """By work order and revision: what may be taken back from us."""
        self._due: list[tuple[datetime, int, Deed]] = []
        self._count = 0

    def next_at(self) -> datetime | None:
        return self._due[0][0] if self._due else None

    def last_within(self, span: timedelta) -> datetime | None:
        """The latest deed that is due at most ``span`` after the next one: they are done in one step of the clock."""
        first = self.next_at()
        return None if first is None else max(at for at, _, _ in self._due if at <= first + span)

    def waiting(self) -> list[Job]:
        """Jobs that nobody has begun."""
        return [job for machine in self._machines.values() for job in machine.queue]

    def holding(self, work_order: str, revision: int) -> Job | None:
        """What we received under that revision and have not completed; afterwards it is not held any more."""
        return self._jobs.pop((work_order, revision), None)

    def put_aside(self, job: Job, now: datetime) -> None:
        """Nothing more is done on it; its machine goes on with another."""
        self._lose(self._machine(job.item.operation.machine, now), job, now)

    def expect(self, outage: Outage, now: datetime) -> None:
        """Nothing begins on the machine before the outage is over, if that is still to come."""
        if outage.ends_at <= now:
            return
        self._machine(outage.machine, now).free_at = outage.ends_at
        self._at(max(now, outage.begins_at), lambda at: self._voice.machine(outage.machine, "down", at, "breakdown"))
        self._at(outage.ends_at, lambda at: self._voice.machine(outage.machine, "running", at))

    def do_due(self, now: datetime) -> None:
        """Everything due at ``now``, in order, told together; then what the answers lead to, as long as it is due too."""
        doing = True
        while doing:
            while self._due and self._due[0][0] <= now:
                at, _, deed = heapq.heappop(self._due)
                deed(at)
            doing = self._voice.tell()

    def receive(self, item: LeasedWorkOrder, now: datetime) -> None:
        """A newly leased work order, which is acknowledged; an older revision is put aside, or goes on as the new one if it was begun."""
        for each in self._machines.values():
            if each.job is not None and each.job.item.work_order == item.work_order and not each.job.lost:
                self._take_over(each, each.job, item, now)
                return
        machine = self._machine(item.operation.machine, now)
        for each in self._machines.values():
            each.queue = [job for job in each.queue if job.item.work_order != item.work_order]
        job = self._jobs[item.work_order, item.revision] = Job(item, self._life(item))
        machine.queue.append(job)
        machine.queue.sort(key=lambda job: (job.item.operation.planned_start, self._pieces[job.item.piece], job.item.operation.sequence))
        self._voice.acknowledge(item, lambda state: self._hear_of_lease(machine, job, state, now))
        self._plan_start(machine, now)

    def _take_over(self, machine: Machine, job: Job, item: LeasedWorkOrder, now: datetime) -> None:
        """The product was not told yet that it was begun, and has planned it anew: what is told from now on is told of the new revision."""
        job.item = item
        self._jobs[item.work_order, item.revision] = job
        self._voice.acknowledge(item, lambda state: self._hear(machine, job, state, now))

    def resume(self, item: LeasedWorkOrder, state: str, now: datetime) -> None:
        """A work order that we held before a restart of ours."""
        if state in {"leased", "acknowledged"}:
            self.receive(item, now)
            return
        machine = self._machine(item.operation.machine, now)
        job = self._jobs[item.work_order, item.revision] = Job(item, self._life(item), started_at=now, resumed=True)
        if state == "completed":
            self._at(now, lambda at: self._measure(machine, job, at, early=None))
            return
        machine.job = job
        if state == "paused":
            self._at(now, lambda at: self._say(machine, job, "started", at))
        self._at(now + job.life.work / 2, lambda at: self._complete(machine, job, at))

    def _machine(self, name: str, now: datetime) -> Machine:
        return self._machines.setdefault(name, Machine(name, free_at=now))

    def _life(self, item: LeasedWorkOrder) -> Life:
        piece = self._pieces.setdefault(item.piece, len(self._pieces) + 1)
        return life_of(item, f"{piece}/{item.operation.sequence}/{item.attempt}", self._seed, self._habits)

    def _at(self, at: datetime, deed: Deed) -> None:
        self._count += 1
        heapq.heappush(self._due, (at, self._count, deed))

    def _plan_start(self, machine: Machine, now: datetime) -> None:
        if machine.job is None and machine.queue:
            self._at(max(now, machine.next_at()), lambda at: self._start_next(machine, at))

    def _start_next(self, machine: Machine, now: datetime) -> None:
        if machine.job is not None or not machine.queue:
            return
        if machine.next_at() > now:
            self._plan_start(machine, now)
            return
        job = machine.job = machine.queue.pop(0)
        job.started_at = now
        if not job.life.start_told_late:
            self._say(machine, job, "started", now)
        if job.life.breaks_down_after is not None:
            self._at(now + job.life.breaks_down_after, lambda at: self._break_down(machine, job, at))
            return
        if job.life.progress and not job.life.progress_told_late:
            self._at(now + job.life.work / 2, lambda at: self._say(machine, job, "progress", at))
        self._at(now + job.life.work * 0.9, lambda at: self._measure(machine, job, at, early=True))
        self._at(now + job.life.work, lambda at: self._complete(machine, job, at))

    def _break_down(self, machine: Machine, job: Job, at: datetime) -> None:
        if job.lost:
            return
        self._say(machine, job, "paused", at, "breakdown")
        self._voice.machine(machine.name, "down", at, "breakdown")
        machine.free_at = at + job.life.repair
        left = job.life.work - (job.life.breaks_down_after or timedelta())

        def repaired(then: datetime) -> None:
            self._voice.machine(machine.name, "running", then)
            self._say(machine, job, "started", then)
            self._at(then + left, lambda end: self._complete(machine, job, end))

        self._at(machine.free_at, repaired)

    def _complete(self, machine: Machine, job: Job, at: datetime) -> None:
        if job.lost:
            return
        self._say(machine, job, "completed", at)
        self._measure(machine, job, at, early=None)
        self._tell_late(machine, job, at)
        self.holding(job.item.work_order, job.item.revision)
        self._free(machine, job, at)

    def _tell_late(self, machine: Machine, job: Job, at: datetime) -> None:
        begun = job.started_at or at
        if job.life.start_told_late:
            self._voice.told["late"] += 1
            self._at(at + AFTERWARDS, lambda _: self._voice.report(job.item, job.life, "started", begun, machine.name))
        if job.life.progress_told_late:
            self._voice.told["late"] += 1
            middle = begun + (at - begun) / 2
            self._at(at + AFTERWARDS, lambda _: self._voice.report(job.item, job.life, "progress", middle, machine.name))

    def _measure(self, machine: Machine, job: Job, at: datetime, *, early: bool | None) -> None:
        """``early``: only what is measured before the completion; None: all the rest."""
        for reading in job.life.readings:
            taken_early = reading.early and job.life.breaks_down_after is None and not job.resumed
            if job.lost or (early is None and taken_early) or (early is True and not taken_early):
                continue
            self._voice.measure(job.item, reading, at, lambda state: self._hear(machine, job, state, at))

    def _say(self, machine: Machine, job: Job, kind: ReportKind, at: datetime, reason: str | None = None) -> None:
        if not job.lost:
            self._voice.report(job.item, job.life, kind, at, machine.name, reason, lambda state: self._hear(machine, job, state, at))

    def _hear_of_lease(self, machine: Machine, job: Job, state: str | None, at: datetime) -> None:
        """Of what is told as begun together with it, the answer to the start decides: it counts also under a revised paper."""
        if state is not None or job.started_at is None:
            self._hear(machine, job, state, at)

    def _hear(self, machine: Machine, job: Job, state: str | None, at: datetime) -> None:
        """A work order that is not ours any more, or is held, is put aside; the machine goes on with another."""
        if state is None or state in {"held", "scrapped"}:
            self._lose(machine, job, at)

    def _lose(self, machine: Machine, job: Job, at: datetime) -> None:
        job.lost = True
        machine.queue = [each for each in machine.queue if each is not job]
        self._free(machine, job, at)

    def _free(self, machine: Machine, job: Job, at: datetime) -> None:
        if machine.job is job:
            machine.job = None
            machine.free_at = max(machine.free_at, at)
        self._plan_start(machine, at)
