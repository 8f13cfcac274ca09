"""How does the plan wait for an answer: may a failed piece stay as it is, or is its rework or remake needed?"""

from contracts.events import ConcessionAsked, ConcessionProposed, ConcessionSettled
from contracts.model import Instant
from contracts.quality import NonConformance
from contracts.texts import Message
from ledger.unit_of_work import LedgerTransaction
from scheduler.change import changing
from scheduler.engine.operations import WAITING, seconds_of
from scheduler.live_plan import LivePlan
from scheduler.restart import behind, latest_of, replan, runs_of
from scheduler.resume import characteristic


def deferred(transaction: LedgerTransaction, live: LivePlan, event: ConcessionProposed | ConcessionAsked) -> None:
    """The repair is planned from the moment on at which silence counts as a no: every promise holds whatever the answer is."""
    _hold(transaction, live, event.nonconformance, event.concession.until, "waits_for_answer")


def no_longer(transaction: LedgerTransaction, live: LivePlan, event: ConcessionSettled) -> None:
    """No: the repair begins as soon as it can."""
    _hold(transaction, live, event.nonconformance, None, "no_concession")


def _hold(transaction: LedgerTransaction, live: LivePlan, found: NonConformance, until: Instant | None, because: str) -> None:
    until_s = 0 if until is None else seconds_of(until)
    with changing(transaction, live, "defer", str(found.key)) as change:
        rows = latest_of(runs_of(change, found.key.piece))
        repairs = [
            row
            for sequence in found.restart
            if (row := rows.get(sequence)) is not None and row.attempt > 1 and row.state in WAITING and row.held_until_s != until_s
        ]
        if not repairs:
            return
        for row in repairs:
            row.held_until_s = until_s
            change.touch(row)
        cause = Message(id=f"scheduler.cause.{because}", params={"characteristic": characteristic(found)})
        if until is None:
            replan(change, repairs, repairs, set(), cause, cause, behind(rows, repairs))
        else:
            replan(change, repairs, [], set(), cause)
