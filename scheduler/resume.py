"""How does the plan go back when a failed check turns out to have been a wrongly recorded value?"""

from collections.abc import Mapping, Sequence

from contracts.events import NonConformanceWithdrawn
from contracts.plan import OperationKey, OperationState
from contracts.problems import NotFound, TransitionRefused
from contracts.texts import Localised, Message
from ledger.unit_of_work import LedgerTransaction
from scheduler.change import Change, changing
from scheduler.engine.operations import WAITING
from scheduler.live_plan import LivePlan
from scheduler.reports import close_order
from scheduler.reservations import allocated, take_stock
from scheduler.restart import latest_of, replan, rewire, runs_of
from scheduler.standing import parse_key
from scheduler.tables import OperationRow


def resumed(transaction: LedgerTransaction, live: LivePlan, event: NonConformanceWithdrawn) -> None:
    """The runs that were given up count again, their further attempts are not needed; the plan is repaired, the promise counted anew.

    Raises TransitionRefused while the failure itself has not come here yet: the event is delivered again.
    """
    with changing(transaction, live, "resume", str(event.nonconformance.key)) as change:
        rows = {row.key: row for row in runs_of(change, event.nonconformance.key.piece)}
        given_up = [_row(rows, key) for key in event.resumed]
        for row in given_up:
            if row.state not in (OperationState.SCRAPPED, OperationState.CANCELLED):
                raise TransitionRefused("operation", row.state, "resumed")
        repairs = {row.key: _repair_of(row, list(rows.values())) for row in given_up}
        if any(row.state == OperationState.CANCELLED or repairs[row.key] is None for row in given_up):
            return
        needless = [repair for repair in repairs.values() if repair is not None]
        _take_back(change, event, needless)
        for row in given_up:
            _put_back(change, row)
        rewired = rewire(change, latest_of(rows.values()))
        sooner = Message(id="scheduler.cause.corrected", params={"characteristic": _characteristic(event)})
        replan(change, given_up, rewired, {row.key for row in needless}, sooner, sooner)
        close_order(change, given_up[0].order, change.now_s, sooner)


def _row(rows: Mapping[str, OperationRow], key: OperationKey) -> OperationRow:
    if str(key) not in rows:
        raise NotFound("operation", str(key))
    return rows[str(key)]


def _repair_of(given_up: OperationRow, rows: Sequence[OperationRow]) -> OperationRow | None:
    """Its further attempt, still to be made; None when the plan took that back: the piece is not made any more."""
    later = [row for row in rows if row.sequence == given_up.sequence and row.attempt > given_up.attempt]
    return next((row for row in later if row.state in WAITING), None)


def _take_back(change: Change, event: NonConformanceWithdrawn, repairs: Sequence[OperationRow]) -> None:
    for row in repairs:
        take_stock(change, allocated(row), sign=1)
        row.allocated, row.state = [], OperationState.CANCELLED
        change.touch(row)
    withdrawn = [parse_key(row.key) for row in repairs if row.revision > 0]
    change.withdraw(event.order, withdrawn, Message(id="scheduler.withdrawn.corrected"))


def _put_back(change: Change, row: OperationRow) -> None:
    """As far as it was reported. One that had begun is expected to end after its time, at the earliest now."""
    if row.ended_s is not None:
        row.state = OperationState.DONE
    elif row.began_s is not None:
        row.state, row.end_s = OperationState.RUNNING, max(row.start_s + row.run_s, change.now_s)
    else:
        row.state = OperationState.RELEASED if row.revision > 0 else OperationState.PLANNED
    change.touch(row)


def _characteristic(event: NonConformanceWithdrawn) -> Localised:
    measured = event.nonconformance.measurement
    if measured is None:
        raise NotFound("measurement", event.nonconformance.nonconformance)
    return measured.label
