"""What do the reports of finished operations teach about their times, and is it worth telling a planner?"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from sqlmodel import Session, col, select

from contracts.access import SYSTEM
from contracts.model import Instant
from contracts.plan import OperationState
from contracts.texts import Localised
from ledger.identifiers import new_id
from ledger.unit_of_work import Ledger, LedgerTransaction
from scheduler.accepting import accept_by_rule
from scheduler.engine.calendar import Breakdown, Calendar
from scheduler.engine.learning import LearnedTime, Observed, Work, known, learn
from scheduler.engine.operations import DAY_S, seconds_of
from scheduler.engine.plant import Plant
from scheduler.engine.times import Times
from scheduler.engine.working_time import worked_s
from scheduler.learned import DECLINED, PROPOSED, time_of, times_in_force, work_of
from scheduler.live_plan import LivePlan
from scheduler.tables import BlockedRow, LearnedTimeRow, OperationRow

LEARN = "scheduler.learn"
"""Agenda and job kind: look at what was reported; key: the plant."""
WORTH = 0.05
"""A change of the duration, or of what the service level allows it, from which a planner is asked."""
MOST = 20_000
"""Of the last so many finished operations."""


@dataclass(frozen=True)
class Taught:
    """What is learned of each kind of work, and how the operations are called."""

    times: Mapping[Work, LearnedTime]
    labels: Mapping[tuple[str, str], dict[str, str]]
    """By kind of work and operation; of a setup the machine group."""


def look_tomorrow(transaction: LedgerTransaction, plant: str) -> None:
    """Something was finished: what it teaches is looked at once the day (UTC) is over, for all reports of the day together."""
    transaction.schedule(LEARN, plant, _next_midnight(transaction.now))


def look(ledger: Ledger, live: LivePlan) -> None:
    """Learn outside any transaction, then propose, and accept what the plant's rule lets pass."""
    now_s = seconds_of(ledger.clock.now())
    with ledger.reading() as session:
        plant = live.plant_as_published(session)
        taught = learned_from(session, plant, now_s)
    with ledger.transaction(SYSTEM) as transaction:
        transaction.lock_plant(live.plant)
        propose(transaction, plant, taught)
        accept_by_rule(transaction, live)


def learned_from(session: Session, plant: Plant, now_s: int) -> Taught:
    """From operations reported from start to end. Only first attempts tell how long work takes: rework is another work."""
    since_s = now_s - plant.learning.days * DAY_S
    wanted = select(OperationRow).where(
        OperationRow.plant == plant.plant,
        OperationRow.state == OperationState.DONE,
        col(OperationRow.began_s).is_not(None),
        col(OperationRow.ended_s) >= since_s,
    )
    rows = session.exec(wanted.order_by(col(OperationRow.ended_s).desc()).limit(MOST)).all()
    down = session.exec(select(BlockedRow).where(BlockedRow.plant == plant.plant, BlockedRow.to_s >= since_s)).all()
    begun_s = min((row.began_s for row in rows if row.began_s is not None), default=now_s)
    calendar = Calendar(plant, begun_s - 7 * DAY_S, now_s + DAY_S, (), [Breakdown(row.machine, row.from_s, row.to_s) for row in down])
    known_rows = [row for row in rows if row.machine in plant.machines]
    runs = [_run(plant, calendar, row) for row in known_rows if row.attempt == 1]
    setups = _setups(plant, calendar, known_rows)
    labels = {("run", row.name): row.label for row in reversed(rows)}
    labels |= {("setup", name): _setup_label(group.label) for name, group in plant.groups.items()}
    return Taught(learn([*runs, *setups]), labels)


def _setups(plant: Plant, calendar: Calendar, rows: Sequence[OperationRow]) -> Iterator[Observed]:
    """Of machines that report when they are set up, and by the plant's own figures needed it after what they did before."""
    by_machine: defaultdict[str, list[OperationRow]] = defaultdict(list)
    for row in rows:
        by_machine[row.machine].append(row)
    for machine, there in by_machine.items():
        for before, row in pairwise(sorted(there, key=lambda row: (row.began_s or 0, row.key))):
            if row.setup_began_s is None or row.began_s is None or row.began_s <= row.setup_began_s:
                continue
            yield Observed(
                Work("setup", row.machine_group),
                figure_s=plant.setup_s(row.machine_group, before.setup_family, row.setup_family),
                took_s=worked_s(row.setup_began_s, row.began_s, calendar.machine(machine)),
                at_s=row.began_s,
            )


def _setup_label(group: Localised) -> dict[str, str]:
    return {"en": f"Setup: {group.en}", "zh": f"换型：{group.zh}"}


def _run(plant: Plant, calendar: Calendar, row: OperationRow) -> Observed:
    assert row.began_s is not None
    assert row.ended_s is not None
    pauses = [(pause[0], pause[1]) for pause in row.pauses if len(pause) > 1]
    return Observed(
        Work("run", row.name, row.machine, row.setup_family),
        figure_s=plant.run_s(row.machine, row.standard_s),
        took_s=worked_s(row.began_s, row.ended_s, calendar.machine(row.machine), pauses),
        at_s=row.ended_s,
    )


def propose(transaction: LedgerTransaction, plant: Plant, taught: Taught) -> None:
    """Each kind of work whose time is worth another figure: told anew when it is already proposed, not again when it was declined."""
    session, now_s = transaction.session, seconds_of(transaction.now)
    rows = session.exec(
        select(LearnedTimeRow)
        .where(LearnedTimeRow.plant == plant.plant, col(LearnedTimeRow.state).in_((PROPOSED, DECLINED)))
        .order_by(col(LearnedTimeRow.at_s))
    ).all()
    open_now = {work_of(row): row for row in rows if row.state == PROPOSED}
    declined = {work_of(row): time_of(row) for row in rows if row.state == DECLINED}
    in_force, percent = times_in_force(session, plant.plant), plant.planning.service_level_percent
    for work, time in taught.times.items():
        old = known(in_force.by_work, work)
        row = open_now.pop(work, None)
        coarser = taught.times.get(work.coarser) if work.coarser is not None else None
        fresh = _worth(time, old, percent) and (coarser is None or _worth(time, coarser, percent) or _stands_in(in_force, work))
        if not fresh or (work in declined and not _worth(time, declined[work], percent)):
            if row is not None:
                session.delete(row)
            continue
        if row is None:
            row = LearnedTimeRow(
                id=new_id("time"),
                plant=plant.plant,
                kind=work.kind,
                operation=work.operation,
                machine=work.machine,
                material=work.material,
                label=taught.labels[work.kind, work.operation],
                state=PROPOSED,
                old_factor=old.factor,
                factor=time.factor,
                spread=time.spread,
                figure_s=time.figure_s,
                sample=time.sample,
                aside=time.aside,
                since_s=time.since_s,
                at_s=now_s,
            )
            transaction.audit("times.propose", row.id, plant=plant.plant, facts={**work._asdict(), "factor": round(time.factor, 4)})
        else:
            row.old_factor, row.factor, row.spread, row.figure_s = old.factor, time.factor, time.spread, time.figure_s
            row.sample, row.aside, row.since_s, row.at_s = time.sample, time.aside, time.since_s, now_s
        session.add(row)
    for row in open_now.values():
        session.delete(row)


def _stands_in(in_force: Times, work: Work) -> bool:
    """A finer time that stands is kept up to date whatever the coarser one says."""
    return work in in_force.by_work


def _worth(new: LearnedTime, old: LearnedTime, percent: float) -> bool:
    return abs(new.factor / old.factor - 1) >= WORTH or abs(new.quantile(percent) / old.quantile(percent) - 1) >= WORTH


def _next_midnight(now: Instant) -> Instant:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
