"""Which learned times did a planner or the plant's rule accept?"""

from typing import Any

from sqlalchemy import Row
from sqlmodel import Session, select

from scheduler.engine.learning import LearnedTime, Work
from scheduler.engine.times import Times
from scheduler.tables import LearnedTimeRow

TIMES = "times"
"""The kind of change that accepting learned times is."""
PROPOSED, ACCEPTED, DECLINED, REPLACED = TIME_STATES = "proposed", "accepted", "declined", "replaced"


def times_in_force(session: Session, plant: str) -> Times:
    """What the next plans, quotes and orders count with."""
    rows = session.exec(select(LearnedTimeRow).where(LearnedTimeRow.plant == plant, LearnedTimeRow.state == ACCEPTED)).all()
    return Times({work_of(row): time_of(row) for row in rows})


def work_of(row: LearnedTimeRow) -> Work:
    return Work("setup" if row.kind == "setup" else "run", row.operation, row.machine, row.material)


def time_of(row: LearnedTimeRow | Row[Any]) -> LearnedTime:
    return LearnedTime(factor=row.factor, spread=row.spread, sample=row.sample, aside=row.aside, figure_s=row.figure_s, since_s=row.since_s)
