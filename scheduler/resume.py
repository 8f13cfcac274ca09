"""How does the plan go back when a failed piece goes on: its value was recorded wrongly, or its customer takes it as it is?"""

from collections.abc import Mapping, Sequence

from contracts.events import ConcessionSettled, NonConformanceWithdrawn
from contracts.plan import OperationKey, OperationState
from contracts.problems import NotFound, TransitionRefused
from contracts.quality import NonConformance
from contracts.texts import Localised, Message
from ledger.unit_of_work import LedgerTransaction
from scheduler.change import Change, changing
from scheduler.engine.operations import WAITING
from scheduler.live_plan import LivePlan
from scheduler.reports import close_order
from scheduler.reservations import allocated, take_stock
from scheduler.restart import behind, latest_of, replan, rewire, runs_of
from scheduler.standing import parse_key
from scheduler.tables import OperationRow


def corrected(transaction: LedgerTransaction, live: LivePlan, event: NonConformanceWithdrawn) -> None:
    """Nothing had failed."""
    _resumed(transaction, live, event.nonconformance, event.resumed, "corrected")


def conceded(transaction: LedgerTransaction, live: LivePlan, event: ConcessionSettled) -> None:
    """The customer takes the piece as it is."""
    _resumed(transaction, live, event.nonconformance, event.resumed, "conceded")


def _resumed(transaction: LedgerTransaction, live: LivePlan, found: NonConformance, resumed: Sequence[OperationKey], because: str) -> None:
    """The runs that were given up count again, their further attempts are not needed; the plan is repaired, the promise counted anew.

    Raises TransitionRefused while the failure itself has not come here yet: the event is delivered again.
    """
    with changing(transaction, live, "resume", str(found.key)) as change:
        rows = {row.key: row for row in runs_of(change, found.key.piece)}
        given_up = [_row(rows, key) for key in resumed]
        for row in given_up:
            if row.state not in (OperationState.SCRAPPED, OperationState.CANCELLED):
                raise TransitionRefused("operation", row.state, "resumed")
        repairs = {row.key: _repair_of(row, list(rows.values())) for row in given_up}
        if any(row.state == OperationState.CANCELLED or repairs[row.key] is None for row in given_up):
            return
        needless = [repair for repair in repairs.values() if repair is not None]
        _take_back(change, found, needless, because)
        for row in given_up:
            _put_back(change, row)
        latest = latest_of(rows.values())
        rewired = rewire(change, latest)
        sooner = Message(id=f"scheduler.cause.{because}", params={"characteristic": characteristic(found)})
        replan(change, given_up, rewired, {row.key for row in needless}, sooner, sooner, behind(latest, given_up))
        close_order(change, given_up[0].order, change.now_s, sooner)


def _row(rows: Mapping[str, OperationRow], key: OperationKey) -> OperationRow:
    if str(key) not in rows:
        raise NotFound("operation", str(key))
    return rows[str(key)]


def _repair_of(given_up: OperationRow, rows: Sequence[OperationRow]) -> OperationRow | None:
    """Its further attempt, still to be made; None when the plan took that back: the piece is not made any more."""
    later = [row for row in rows if row.sequence == given_up.sequence and row.attempt > given_up.attempt]
    return next((row for row in later if row.state in WAITING), None)


def _take_back(change: Change, found: NonConformance, repairs: Sequence[OperationRow], because: str) -> None:
    for row in repairs:
        take_stock(change, allocated(row), sign=1)
        row.allocated, row.state = [], OperationState.CANCELLED
        change.touch(row)
    withdrawn = [parse_key(row.key) for row in repairs if row.revision > 0]
    change.withdraw(found.order, withdrawn, Message(id=f"scheduler.withdrawn.{because}"))


def _put_back(change: Change, row: OperationRow) -> None:
    """As far as it was reported. One that had begun is expected to end after its time, at the earliest now."""
    if row.ended_s is not None:
        row.state = OperationState.DONE
    elif row.began_s is not None:
        row.state, row.end_s = OperationState.RUNNING, max(row.start_s + row.run_s, change.now_s)
    else:
        row.state = OperationState.RELEASED if row.revision > 0 else OperationState.PLANNED
    change.touch(row)


def characteristic(found: NonConformance) -> Localised:
    """What failed. Raises NotFound when that was no measurement."""
    if found.measurement is None:
        raise NotFound("measurement", found.nonconformance)
    return found.measurement.label
