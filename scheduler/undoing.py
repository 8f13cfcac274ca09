"""How does a planner take a change back? Everything as before where that can be; else what was moved alone, and that is said."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from contracts.access import Principal
from contracts.naming import named
from contracts.plan import OperationKey
from contracts.problems import FieldProblem, PlanInvalid
from contracts.texts import Localised, Message
from ledger.unit_of_work import LedgerTransaction
from scheduler.by_hand import UNDO, done_by_hand, last_own, pin, stored
from scheduler.change import changing
from scheduler.engine.moving import Consequences, consequences, frozen_until_s, may_not_move, standstill
from scheduler.engine.operations import WAITING, Placement
from scheduler.live_plan import Book, LivePlan
from scheduler.ordered_overtime import take_back_overtime
from scheduler.outcome import Undone
from scheduler.releasing import release_due
from scheduler.standing import Standing, parse_key
from scheduler.tables import PlannerChangeRow
from scheduler.telling import BY_HAND
from scheduler.wishes import breaks_a_held_promise, locked_by_another


@dataclass(frozen=True)
class Way:
    """How the planner's last change goes back, counted on the plan at a number of its log."""

    seq: int
    still: frozenset[OperationKey]
    change: str
    places: Mapping[OperationKey, Placement]
    exact: bool


def way_back(session: Session, book: Book, planner: Principal, now_s: int, in_hand: Collection[OperationKey]) -> Way:
    """Nothing is changed. Raises PlanInvalid when there is nothing to take back, or what happened since stands in the way."""
    row = last_own(session, book.plant.plant, planner)
    if row is None:
        raise PlanInvalid(errors=(FieldProblem("/", "scheduler.undo.nothing"),))
    standing = book.standings.get(parse_key(row.operation))
    if standing is None or standing.state not in WAITING:
        raise _not_undone("scheduler.undo.begun", row)
    if (held := locked_by_another(session, standing, planner)) is not None:
        raise _not_undone("scheduler.undo.stays", row, why=named(held))
    still = standstill(book.laid, now_s, in_hand)
    if not row.places:
        return Way(book.seq, frozenset(still), row.id, {}, True)
    if (stays := may_not_move(book.laid, standing.key, still, in_hand)) is not None:
        raise _not_undone("scheduler.undo.stays", row, why=named(stays))
    found, exact = _put_back(book, row, standing, now_s, still)
    return Way(book.seq, frozenset(still), row.id, found.places, exact)


def undo(transaction: LedgerTransaction, live: LivePlan, in_hand: Collection[OperationKey], way: Way) -> Undone:
    """Take the planner's own last change back. ``way``: as counted before the lock was taken; anew only when the plan changed since.

    Raises PlanInvalid.
    """
    with changing(transaction, live, UNDO, transaction.actor.id) as change:
        book, session = change.book, change.session
        if book.seq != way.seq or standstill(book.laid, change.now_s, in_hand).keys() != way.still:
            way = way_back(session, book, transaction.actor, change.now_s, in_hand)
        row = session.get_one(PlannerChangeRow, way.change)
        change.place(way.places)
        change.settle(way.places, {}, BY_HAND)
        pin(change, parse_key(row.operation), row.pinned_before)
        for entry in row.places:
            if "pinned" in entry:
                pin(change, parse_key(entry["key"]), entry["pinned"])
        take_back_overtime(session, change.head, row.overtime, row.id)
        row.undone_s, row.undone_seq = change.now_s, change.seq
        session.add(row)
        transaction.audit("plan.undo", row.operation, plant=live.plant, facts={"change": row.id, "exact": way.exact})
        undone = Undone(change=done_by_hand(row), exact=way.exact, seq=change.seq)
        transaction.outcome(undone.model_dump(mode="json"))
    release_due(transaction, live)
    return undone


def _put_back(
    book: Book, row: PlannerChangeRow, standing: Standing, now_s: int, still: Mapping[OperationKey, Placement]
) -> tuple[Consequences, bool]:
    """Everything as before where that can be; else the moved operation alone, the plan repaired around it. Whether all is as before."""
    changed = {parse_key(entry["key"]): entry for entry in row.places}
    if stored(standing.place) != changed[standing.key]["after"]:
        raise _not_undone("scheduler.undo.moved_since", row)
    old = {key: _restored(book.standings[key].place, entry["before"]) for key, entry in changed.items() if key in book.standings}
    frozen_s = frozen_until_s(book.plant, now_s)
    if old[standing.key].setup_start_s <= frozen_s:
        raise _not_undone("scheduler.undo.too_late", row)
    back = {
        key: place
        for key, place in old.items()
        if key not in still
        and book.standings[key].state in WAITING
        and place.setup_start_s > frozen_s
        and (key == standing.key or not book.standings[key].operation.pinned or changed[key].get("pinned") is False)
        and stored(book.standings[key].place) == changed[key]["after"]
    }
    found = _last_that_can_be(book, ({standing.key: old[standing.key]}, back), now_s, still)
    if found.hindered is not None:
        raise _not_undone("scheduler.undo.hindered", row, why=named(found.hindered))
    now = {key: found.places.get(key, book.standings[key].place) for key in old}
    as_before = all(stored(now[key]) == changed[key]["before"] for key in old)
    return found, as_before and len(old) == len(changed) and found.places.keys() <= old.keys()


def _last_that_can_be(
    book: Book, wanted: Sequence[Mapping[OperationKey, Placement]], now_s: int, still: Mapping[OperationKey, Placement]
) -> Consequences:
    """The last of the wanted ways that nothing hinders, or why even the first one cannot be."""
    found: Consequences | None = None
    for places in reversed(wanted):
        found = consequences(book.laid, places, now_s, still)
        if found.hindered is None and (held := breaks_a_held_promise(book, found.places)) is not None:
            found = Consequences(found.places, held)
        if found.hindered is None:
            break
    assert found is not None
    return found


def _restored(place: Placement, kept: Sequence[Any]) -> Placement:
    machine, person, setup_start_s, start_s, end_s = kept
    return Placement(place.key, place.order, place.family, machine, person, setup_start_s, start_s, end_s)


def _not_undone(why_id: str, row: PlannerChangeRow, **params: Any) -> PlanInvalid:
    told = Message(id=why_id, params={"operation": Localised.model_validate(row.label), "order": row.order, **params})
    return PlanInvalid(errors=(FieldProblem("/", why_id, dict(named(told).params)),))
