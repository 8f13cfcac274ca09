"""What happens when a planner moves, locks or unlocks an operation? One transaction under the plant's lock each."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from contracts.model import Instant
from contracts.naming import named
from contracts.plan import OperationKey
from contracts.problems import FieldProblem, PlanChanged, PlanInvalid
from contracts.texts import Message
from ledger.unit_of_work import LedgerTransaction
from scheduler.by_hand import LOCK, MOVE, UNLOCK, changes_since, done_by_hand, last_hold, pin, recorded, touches
from scheduler.change import Change, changing
from scheduler.engine.moving import Wish, standstill
from scheduler.engine.operations import WAITING, Placement
from scheduler.live_plan import LivePlan
from scheduler.outcome import DoneByHand, Outcome
from scheduler.releasing import release_due
from scheduler.telling import BY_HAND
from scheduler.wishes import Worked, outcome_of, standing_of_key, work_out


@dataclass(frozen=True)
class Seen:
    """What the planner knew: the board's change number, and the dates that were shown as consequences."""

    seq: int | None = None
    promises: Mapping[str, Instant] | None = None


def move(
    transaction: LedgerTransaction,
    live: LivePlan,
    wish: Wish,
    in_hand: Collection[OperationKey],
    seen: Seen,
    reason: str,
    worked: Worked,
) -> Outcome:
    """Give the operation its new place and hold it there; what follows is repaired around it, customers whose date moves are told.

    ``worked``: the wish as it was held against the plan before the lock was taken; counted again only when the plan changed since.
    Raises NotFound, PlanInvalid when it cannot stand there, PlanChanged when it would not do what the planner saw.
    """
    with changing(transaction, live, MOVE, str(wish.key)) as change:
        if change.book.seq != worked.seq or standstill(change.book.laid, change.now_s, in_hand).keys() != worked.still:
            worked = work_out(change.session, change.book, wish, change.now_s, in_hand, transaction.actor)
        outcome = outcome_of(change.book, worked)
        if worked.hindered is not None or worked.place is None or worked.places is None:
            raise _refused(outcome)
        _as_seen(change, seen, worked.places, outcome)
        row = recorded(change, MOVE, worked.standing, worked.place, reason, outcome.promises, worked.places)
        pin(change, wish.key, True)
        change.place(worked.places)
        change.settle(worked.places, {}, BY_HAND)
        transaction.audit(
            "plan.move",
            str(wish.key),
            plant=live.plant,
            facts={"change": row.id, "order": row.order, "machine": row.machine, "start_s": row.start_s, "reason": reason},
        )
        outcome = outcome.model_copy(update={"change": row.id, "seq": change.seq})
        transaction.outcome({**outcome.model_dump(mode="json"), "why": None})
    release_due(transaction, live)
    return outcome


def hold(transaction: LedgerTransaction, live: LivePlan, key: OperationKey, held: bool, reason: str) -> DoneByHand:
    """Lock an operation in its place, or let plans move it again; already so: nothing is done twice. Raises NotFound, PlanInvalid."""
    kind = LOCK if held else UNLOCK
    with changing(transaction, live, kind, str(key)) as change:
        standing = standing_of_key(change.book, key)
        if standing.state not in WAITING:
            raise PlanInvalid(errors=(FieldProblem("/operation", f"scheduler.move.{standing.state.value}"),))
        last = last_hold(change.session, key)
        if standing.operation.pinned == held and last is not None:
            done = done_by_hand(last)
            transaction.outcome(done.model_dump(mode="json"))
            return done
        row = recorded(change, kind, standing, standing.place, reason, (), {})
        pin(change, key, held)
        transaction.audit(f"plan.{kind}", str(key), plant=live.plant, facts={"change": row.id, "order": row.order, "reason": reason})
        done = done_by_hand(row)
        transaction.outcome(done.model_dump(mode="json"))
        return done


def _refused(outcome: Outcome) -> PlanInvalid:
    why = outcome.hindered or Message(id="scheduler.move.horizon")
    nearest = outcome.nearest_start_at.isoformat() if outcome.nearest_start_at is not None else None
    pointer = "/machine" if why.id == "scheduler.move.group" else "/start" if why.id in _OF_THE_START else "/operation"
    return PlanInvalid(errors=(FieldProblem(pointer, why.id, dict(named(why).params)),), extra={"nearest_start_at": nearest})


_OF_THE_START = frozenset(
    f"scheduler.move.{each}" for each in ("too_near", "busy", "closed", "absent", "predecessor", "material", "horizon", "no_room", "breaks")
)


def _as_seen(change: Change, seen: Seen, places: Mapping[OperationKey, Placement], outcome: Outcome) -> None:
    """Raises PlanChanged when another planner touched the same operations since, or when dates move that were not shown to move so."""
    if seen.seq is not None:
        touched = {str(key) for key in places}
        later = changes_since(change.session, change.plant.plant, seen.seq)
        others = [row for row in later if row.person != change.transaction.actor.id and touched & touches(row)]
        if others:
            told = [done_by_hand(row).model_dump(mode="json") for row in others]
            raise PlanChanged({"by": others[-1].name}, extra={"changes": told, "outcome": outcome.model_dump(mode="json")})
    if seen.promises is not None:
        worse = [
            each
            for each in outcome.promises
            if each.late and each.by_s > 0 and each.expected_at > seen.promises.get(each.order, each.expected_before_at)
        ]
        if worse:
            raise PlanChanged({"by": ""}, extra={"changes": [], "outcome": outcome.model_dump(mode="json")})
