"""What follows when a learned time is accepted? The next plans, quotes and work orders count with it; what is released or runs stays."""

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session, col, select

from contracts.plan import OperationKey, OperationState
from contracts.problems import NotFound, TransitionRefused
from contracts.texts import Message
from ledger.unit_of_work import LedgerTransaction
from scheduler.change import Change, changing, difference
from scheduler.engine.learning import known
from scheduler.engine.operations import Operation
from scheduler.engine.plant import Plant
from scheduler.learned import ACCEPTED, DECLINED, PROPOSED, REPLACED, TIMES, times_in_force, work_of
from scheduler.live_plan import FIRM, LivePlan
from scheduler.reasons import learned_times
from scheduler.replanning import PLAN, ordered
from scheduler.reports import frozen
from scheduler.tables import LearnedTimeRow

CAUSE = Message(id="scheduler.cause.learned_times")


def accept(transaction: LedgerTransaction, live: LivePlan, time: str) -> None:
    """A planner takes the learned time over; a plan that uses it is ordered. Raises NotFound, TransitionRefused."""
    with changing(transaction, live, TIMES, time) as change:
        row = time_row(change.session, live.plant, time)
        if row.state != PROPOSED:
            raise TransitionRefused("learned time", row.state, ACCEPTED)
        _accept(change, live, [row], transaction.actor.name or transaction.actor.id)


def accept_by_rule(transaction: LedgerTransaction, live: LivePlan) -> None:
    """What rests on reports enough and changes little is accepted without a click, as the plant's file says."""
    plant = live.plant_now(transaction.session)
    open_now = select(LearnedTimeRow).where(LearnedTimeRow.plant == live.plant, LearnedTimeRow.state == PROPOSED)
    passing = [row for row in transaction.session.exec(open_now.order_by(col(LearnedTimeRow.id))).all() if _passes(plant, row)]
    if passing:
        with changing(transaction, live, TIMES, "rule") as change:
            _accept(change, live, passing, "")


def decline(transaction: LedgerTransaction, live: LivePlan, time: str) -> None:
    """The plan's figure stays; it is proposed again when the reports say something else. Raises NotFound, TransitionRefused."""
    transaction.lock_plant(live.plant)
    row = time_row(transaction.session, live.plant, time)
    if row.state != PROPOSED:
        raise TransitionRefused("learned time", row.state, DECLINED)
    row.state, row.decided_by = DECLINED, transaction.actor.name or transaction.actor.id
    row.decided_s = int(transaction.now.timestamp())
    transaction.session.add(row)
    transaction.audit("times.decline", row.id, plant=live.plant, facts=_facts(row))


def time_row(session: Session, plant: str, time: str) -> LearnedTimeRow:
    """Raises NotFound."""
    row = session.get(LearnedTimeRow, time)
    if row is None or row.plant != plant:
        raise NotFound("learned time", time)
    return row


def _passes(plant: Plant, row: LearnedTimeRow) -> bool:
    rule = plant.learning
    if rule.accept_sample is None or row.sample < rule.accept_sample:
        return False
    return abs(row.factor / row.old_factor - 1) * 100 <= rule.accept_percent


def _accept(change: Change, live: LivePlan, rows: Sequence[LearnedTimeRow], by: str) -> None:
    session, transaction, plant = change.session, change.transaction, change.plant
    standing = session.exec(select(LearnedTimeRow).where(LearnedTimeRow.plant == plant.plant, LearnedTimeRow.state == ACCEPTED)).all()
    before, works = times_in_force(session, plant.plant), {work_of(row) for row in rows}
    for old in standing:
        if work_of(old) in works:
            old.state = REPLACED
            session.add(old)
    for row in rows:
        row.old_factor = known(before.by_work, work_of(row)).factor
        row.state, row.decided_s, row.decided_by = ACCEPTED, change.now_s, by
        session.add(row)
        transaction.audit("times.accept", row.id, plant=plant.plant, facts={**_facts(row), "rule": not by, "seq": change.seq})
    session.flush()
    _count_anew(change, live)
    transaction.enqueue(PLAN, plant.plant, ordered(learned_times(len(rows))))


def _count_anew(change: Change, live: LivePlan) -> None:
    """Planned operations of placed orders get their new length and the plan is repaired around it.

    What is released, held by a planner or being paid for stays as it is, and so does rework, which has a time of its own. Setups are
    as long as was learned before whatever has not begun. The change is numbered already: every process reads the times anew, whether or
    not an operation changes.
    """
    plant, book = change.plant, change.book
    times = times_in_force(change.session, plant.plant)
    anew = times.with_setups(live.plant_as_published(change.session))
    set_up_anew, change.plant = anew.groups != plant.groups, anew
    waiting = [
        standing
        for standing in book.standings.values()
        if standing.state is OperationState.PLANNED
        and standing.key.attempt == 1
        and not standing.operation.pinned
        and standing.place.setup_start_s > change.now_s
        and (promise := book.promises.get(standing.order)) is not None
        and promise.state == FIRM
    ]
    now: dict[OperationKey, Operation] = {}
    for key, row in change.rows(standing.key for standing in waiting).items():
        run_s = times.run_s(row.name, row.standard_s)
        run_on = times.run_on(anew, row.name, row.machine_group, row.setup_family, row.standard_s)
        operation = book.standings[key].operation
        if (run_s, run_on) != (operation.run_s, operation.run_on):
            row.run_s, row.run_on = run_s, [list(each) for each in run_on]
            change.touch(row)
            now[key] = replace(operation, run_s=run_s, run_on=run_on)
    if now or set_up_anew:
        operations = [now.get(key, standing.operation) for key, standing in book.standings.items()]
        moved = difference(change, change.repaired(frozen(change, operations), book.places()).placements)
        change.place(moved)
        change.settle(moved, {}, CAUSE)


def _facts(row: LearnedTimeRow) -> dict[str, object]:
    return {
        "kind": row.kind,
        "operation": row.operation,
        "machine": row.machine,
        "material": row.material,
        "sample": row.sample,
        "old_factor": round(row.old_factor, 4),
        "factor": round(row.factor, 4),
    }
