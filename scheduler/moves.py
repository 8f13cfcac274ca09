"""What happens when a planner moves, locks or unlocks an operation, or takes that back? One transaction under the plant's lock each."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel import Session, col, or_, select

from contracts.access import Principal
from contracts.model import Instant
from contracts.naming import named
from contracts.plan import OperationKey
from contracts.problems import FieldProblem, NotFound, PlanChanged, PlanInvalid
from contracts.texts import Localised, Message
from ledger.identifiers import new_id
from ledger.unit_of_work import LedgerTransaction
from scheduler.change import Change, changing
from scheduler.engine.delivery import promised_at
from scheduler.engine.moving import Consequences, Wish, consequences, frozen_until_s, may_not_move, place_for, standstill
from scheduler.engine.operations import WAITING, Placement, instant, seconds_of
from scheduler.engine.replan import finishes_of
from scheduler.live_plan import FIRM, HELD, Book, LivePlan
from scheduler.outcome import DoneByHand, MovedOperation, MovedPromise, Outcome, Undone
from scheduler.releasing import release_due
from scheduler.standing import Standing, parse_key
from scheduler.tables import PlannerChangeRow

MOVE, LOCK, UNLOCK, UNDO = "move", "lock", "unlock", "undo"
BY_HAND = Message(id="scheduler.cause.planner")
"""What customers are told whose date a planner's change moves."""


@dataclass(frozen=True)
class Seen:
    """What the planner knew: the board's change number, and the dates that were shown as consequences."""

    seq: int | None = None
    promises: Mapping[str, Instant] | None = None


@dataclass(frozen=True)
class Worked:
    """A wish held against the plan at a number of its log."""

    seq: int
    still: frozenset[OperationKey]
    standing: Standing
    machine: str
    hindered: Message | None
    place: Placement | None = None
    places: Mapping[OperationKey, Placement] | None = None


def preview(book: Book, worked: Worked) -> Outcome:
    """What the move would do; the book is as the wish was held against it."""
    return _outcome(book, worked)


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
        outcome = _outcome(change.book, worked)
        if worked.hindered is not None or worked.place is None or worked.places is None:
            raise _refused(outcome)
        _as_seen(change, seen, worked.places, outcome)
        row = _recorded(change, MOVE, worked.standing, worked.place, reason, outcome, worked.places)
        _pin(change, wish.key, True)
        change.place(worked.places)
        change.settle(worked.places, {}, BY_HAND)
        transaction.audit(
            "plan.move",
            str(wish.key),
            plant=live.plant,
            facts={"change": row.id, "order": row.order, "machine": row.machine, "start_s": row.start_s, "reason": reason},
        )
        outcome = outcome.model_copy(update={"change": row.id, "seq": change.seq})
        transaction.outcome({"change": row.id})
    release_due(transaction, live)
    return outcome


def hold(transaction: LedgerTransaction, live: LivePlan, key: OperationKey, held: bool, reason: str) -> DoneByHand:
    """Lock an operation in its place, or let plans move it again; already so: nothing is done twice. Raises NotFound, PlanInvalid."""
    kind = LOCK if held else UNLOCK
    with changing(transaction, live, kind, str(key)) as change:
        standing = _standing(change.book, key)
        if standing.state not in WAITING:
            raise PlanInvalid(errors=(FieldProblem("/operation", f"scheduler.move.{standing.state.value}"),))
        last = last_hold(change.session, key)
        if standing.operation.pinned == held and last is not None:
            return done_by_hand(last)
        row = _recorded(change, kind, standing, standing.place, reason, None, {})
        _pin(change, key, held)
        transaction.audit(f"plan.{kind}", str(key), plant=live.plant, facts={"change": row.id, "order": row.order, "reason": reason})
        transaction.outcome({"change": row.id})
        return done_by_hand(row)


def undo(transaction: LedgerTransaction, live: LivePlan, in_hand: Collection[OperationKey]) -> Undone:
    """Take the planner's own last change back: its operation and, where they still stand as it left them, the others return.

    Raises NotFound when there is none, PlanInvalid when what happened since stands in the way.
    """
    with changing(transaction, live, UNDO, transaction.actor.id) as change:
        row = last_own(change.session, live.plant, transaction.actor)
        if row is None:
            raise PlanInvalid(errors=(FieldProblem("/", "scheduler.undo.nothing"),))
        key = parse_key(row.operation)
        standing = change.book.standings.get(key)
        if standing is None or standing.state not in WAITING:
            raise _not_undone("scheduler.undo.begun", row)
        exact = _put_back(change, row, standing, in_hand) if row.places else True
        _pin(change, key, row.pinned_before)
        row.undone_s, row.undone_seq = change.now_s, change.seq
        change.session.add(row)
        transaction.audit("plan.undo", row.operation, plant=live.plant, facts={"change": row.id, "exact": exact})
        transaction.outcome({"change": row.id})
        undone = Undone(change=done_by_hand(row), exact=exact, seq=change.seq)
    release_due(transaction, live)
    return undone


def last_own(session: Session, plant: str, planner: Principal) -> PlannerChangeRow | None:
    """What an undo of the planner would take back."""
    own = select(PlannerChangeRow).where(PlannerChangeRow.plant == plant, PlannerChangeRow.person == planner.id)
    return session.exec(own.where(col(PlannerChangeRow.undone_s).is_(None)).order_by(col(PlannerChangeRow.seq).desc()).limit(1)).first()


def last_hold(session: Session, key: OperationKey) -> PlannerChangeRow | None:
    """The change that locked or unlocked the operation last."""
    of = select(PlannerChangeRow).where(PlannerChangeRow.operation == str(key), col(PlannerChangeRow.undone_s).is_(None))
    return session.exec(of.order_by(col(PlannerChangeRow.seq).desc()).limit(1)).first()


def changes_since(session: Session, plant: str, seq: int) -> list[PlannerChangeRow]:
    """What planners changed or took back after a number of the plant's log, oldest first."""
    later = or_(col(PlannerChangeRow.seq) > seq, col(PlannerChangeRow.undone_seq) > seq)
    query = select(PlannerChangeRow).where(PlannerChangeRow.plant == plant, later)
    return list(session.exec(query.order_by(col(PlannerChangeRow.seq))).all())


def done_by_hand(row: PlannerChangeRow) -> DoneByHand:
    return DoneByHand(
        change=row.id,
        at=instant(row.at_s),
        by=row.name,
        kind=row.kind,
        operation=row.operation,
        order=row.order,
        label=Localised.model_validate(row.label),
        machine_before=row.machine_before,
        machine=row.machine,
        start_before_at=instant(row.start_before_s),
        start_at=instant(row.start_s),
        reason=row.reason,
        undone=row.undone_s is not None,
    )


def _standing(book: Book, key: OperationKey) -> Standing:
    standing = book.standings.get(key)
    if standing is None:
        raise NotFound("operation", str(key))
    return standing


def work_out(session: Session, book: Book, wish: Wish, now_s: int, in_hand: Collection[OperationKey], planner: Principal) -> Worked:
    """Hold a wish against the plan; nothing is changed. Raises NotFound."""
    standing = _standing(book, wish.key)
    still = standstill(book.laid, now_s, in_hand)
    begun = Worked(book.seq, frozenset(still), standing, wish.machine, None)
    hindered = may_not_move(book.laid, wish.key, still, in_hand) or _locked_by_another(session, standing, planner)
    if hindered is not None:
        return replace(begun, hindered=hindered)
    found = place_for(book.laid, wish, now_s, still)
    if found.place is None:
        return replace(begun, hindered=found.hindered)
    if _stored(found.place) == _stored(standing.place):
        stands = Message(id="scheduler.move.same")
        return replace(begun, hindered=_with(found.hindered, stands) if found.hindered is not None else stands)
    outcome = consequences(book.laid, {wish.key: found.place}, now_s, still)
    there = outcome.hindered or _breaks_a_held_promise(book, outcome.places)
    if there is not None:
        return replace(begun, hindered=found.hindered or there)
    return replace(begun, hindered=found.hindered, place=found.place, places=outcome.places)


def _with(why: Message, stands: Message) -> Message:
    return Message(id="scheduler.move.and", params={"why": named(why), "and": stands})


def _locked_by_another(session: Session, standing: Standing, planner: Principal) -> Message | None:
    if not standing.operation.pinned:
        return None
    last = last_hold(session, standing.key)
    if last is None or last.person == planner.id:
        return None
    return Message(id="scheduler.move.locked", params={"by": last.name, "reason": last.reason or Message(id="scheduler.change.no_reason")})


def _breaks_a_held_promise(book: Book, places: Mapping[OperationKey, Placement]) -> Message | None:
    """A date that a buyer was shown and pays for is not moved under the payment."""
    for order, finish_s in _finishes(book, places).items():
        promise = book.promises.get(order)
        if promise is not None and promise.state == HELD and finish_s > max(promise.due_s, promise.finish_s):
            return Message(id="scheduler.move.held", params={"order": order})
    return None


def _finishes(book: Book, places: Mapping[OperationKey, Placement]) -> dict[str, int]:
    """When each order that the places touch is finished with them."""
    orders = {place.order for place in places.values()}
    now = [places.get(standing.key, standing.place) for order in orders for standing in book.of_order(order)]
    return finishes_of(book.plant, now)


def _outcome(book: Book, worked: Worked) -> Outcome:
    standing, place, places = worked.standing, worked.place, worked.places or {}
    others = sorted((each for key, each in places.items() if key != standing.key), key=lambda each: each.start_s)
    listed = ([place] if place is not None else []) + others
    promises = sorted(_promises(book, places), key=lambda each: (-each.by_s, each.order))
    return Outcome(
        operation=str(standing.key),
        order=standing.order,
        label=standing.operation.label,
        possible=worked.hindered is None,
        hindered=worked.hindered,
        nearest_start_at=instant(place.start_s) if place is not None and worked.hindered is not None else None,
        machine=worked.machine,
        person=place.person if place is not None else None,
        setup_start_at=instant(place.setup_start_s) if place is not None else None,
        start_at=instant(place.start_s) if place is not None else None,
        end_at=instant(place.end_s) if place is not None else None,
        operations=tuple(_moved(book, each) for each in listed),
        promises=tuple(promises),
        seq=book.seq,
    )


def _moved(book: Book, place: Placement) -> MovedOperation:
    old = book.standings[place.key]
    return MovedOperation(
        operation=str(place.key),
        order=place.order,
        label=old.operation.label,
        machine_before=old.place.machine,
        machine=place.machine,
        start_before_at=instant(old.place.start_s),
        start_at=instant(place.start_s),
        end_at=instant(place.end_s),
        by_s=place.start_s - old.place.start_s,
    )


def _promises(book: Book, places: Mapping[OperationKey, Placement]) -> Iterable[MovedPromise]:
    for order, finish_s in _finishes(book, places).items():
        promise = book.promises.get(order)
        if promise is None:
            continue
        before_s, after_s = (promised_at(book.plant, each, promise.country) for each in (promise.finish_s, finish_s))
        if before_s != after_s:
            yield MovedPromise(
                order=order,
                promised_at=instant(promise.promised_s),
                expected_before_at=instant(before_s),
                expected_at=instant(after_s),
                by_s=after_s - before_s,
                late=after_s > promise.promised_s,
                told=promise.state == FIRM and max(after_s, promise.promised_s) > promise.told_s,
            )


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
        others = [row for row in later if row.person != change.transaction.actor.id and touched & _touches(row)]
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


def _touches(row: PlannerChangeRow) -> set[str]:
    return {row.operation, *(entry["key"] for entry in row.places)}


def _recorded(
    change: Change,
    kind: str,
    standing: Standing,
    place: Placement,
    reason: str,
    outcome: Outcome | None,
    places: Mapping[OperationKey, Placement],
) -> PlannerChangeRow:
    actor, book = change.transaction.actor, change.book
    row = PlannerChangeRow(
        id=new_id("change"),
        plant=change.plant.plant,
        seq=change.seq,
        at_s=change.now_s,
        person=actor.id,
        name=actor.name or actor.id,
        kind=kind,
        operation=str(standing.key),
        order=standing.order,
        label={"en": standing.operation.label.en, "zh": standing.operation.label.zh},
        machine_before=standing.place.machine,
        start_before_s=standing.place.start_s,
        machine=place.machine,
        start_s=place.start_s,
        reason=reason,
        places=[{"key": str(key), "before": _stored(book.standings[key].place), "after": _stored(new)} for key, new in places.items()],
        promises=[
            {"order": each.order, "before_s": seconds_of(each.expected_before_at), "after_s": seconds_of(each.expected_at)}
            for each in (outcome.promises if outcome is not None else ())
        ],
        pinned_before=standing.operation.pinned,
    )
    change.session.add(row)
    return row


def _pin(change: Change, key: OperationKey, pinned: bool) -> None:
    row = change.rows([key])[key]
    row.pinned = pinned
    change.touch(row)


def _stored(place: Placement) -> list[Any]:
    return [place.machine, place.person, place.setup_start_s, place.start_s, place.end_s]


def _put_back(change: Change, row: PlannerChangeRow, standing: Standing, in_hand: Collection[OperationKey]) -> bool:
    """Everything as before where that can be; else the moved operation alone, the plan repaired around it. Whether all is as before."""
    book, now_s = change.book, change.now_s
    still = standstill(book.laid, now_s, in_hand)
    if (stays := may_not_move(book.laid, standing.key, still, in_hand)) is not None:
        raise _not_undone("scheduler.undo.stays", row, why=named(stays))
    changed = {parse_key(entry["key"]): entry for entry in row.places}
    if _stored(standing.place) != changed[standing.key]["after"]:
        raise _not_undone("scheduler.undo.moved_since", row)
    old = {key: _restored(book.standings[key].place, entry["before"]) for key, entry in changed.items() if key in book.standings}
    frozen_s = frozen_until_s(change.plant, now_s)
    if old[standing.key].setup_start_s <= frozen_s:
        raise _not_undone("scheduler.undo.too_late", row)
    back = {
        key: place
        for key, place in old.items()
        if key not in still
        and book.standings[key].state in WAITING
        and place.setup_start_s > frozen_s
        and (key == standing.key or not book.standings[key].operation.pinned)
        and _stored(book.standings[key].place) == changed[key]["after"]
    }
    found = _first_that_can_be(book, ({standing.key: old[standing.key]}, back), now_s, still)
    if found.hindered is not None:
        raise _not_undone("scheduler.undo.hindered", row, why=named(found.hindered))
    change.place(found.places)
    change.settle(found.places, {}, BY_HAND)
    now = {key: found.places.get(key, each.place) for key, each in book.standings.items()}
    return (
        found.places.keys() <= old.keys() and all(_stored(now[key]) == changed[key]["before"] for key in old) and len(old) == len(changed)
    )


def _first_that_can_be(
    book: Book, wanted: Sequence[Mapping[OperationKey, Placement]], now_s: int, still: Mapping[OperationKey, Placement]
) -> Consequences:
    """The last of the wanted ways that nothing hinders, or why even the first one cannot be."""
    found: Consequences | None = None
    for places in reversed(wanted):
        found = consequences(book.laid, places, now_s, still)
        if found.hindered is None and (held := _breaks_a_held_promise(book, found.places)) is not None:
            found = Consequences(found.places, held)
        if found.hindered is None:
            break
    assert found is not None
    return found


def _restored(place: Placement, stored: Sequence[Any]) -> Placement:
    machine, person, setup_start_s, start_s, end_s = stored
    return Placement(place.key, place.order, place.family, machine, person, setup_start_s, start_s, end_s)


def _not_undone(why_id: str, row: PlannerChangeRow, **params: Any) -> PlanInvalid:
    told = Message(id=why_id, params={"operation": Localised.model_validate(row.label), "order": row.order, **params})
    return PlanInvalid(errors=(FieldProblem("/", why_id, dict(named(told).params)),))
