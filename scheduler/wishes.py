"""What would come of a planner's wish, held against the live plan?"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from sqlmodel import Session

from contracts.access import Principal
from contracts.naming import named
from contracts.plan import OperationKey
from contracts.problems import NotFound
from contracts.texts import Message
from scheduler.by_hand import last_hold, stored
from scheduler.engine.delivery import promised_at
from scheduler.engine.moving import Wish, consequences, may_not_move, place_for, standstill
from scheduler.engine.operations import Placement, instant
from scheduler.engine.replan import finishes_of
from scheduler.live_plan import FIRM, HELD, Book
from scheduler.outcome import MovedOperation, MovedPromise, Outcome
from scheduler.standing import Standing, parse_key

LATER_S = (0, 3600, 8 * 3600)
"""How much after the first place another one is looked for when what follows could not be."""


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


def work_out(
    session: Session, book: Book, wish: Wish, now_s: int, in_hand: Collection[OperationKey], planner: Principal, further: bool = False
) -> Worked:
    """Hold a wish against the plan; nothing is changed. ``further``: look for later places when what follows could not be.

    Raises NotFound.
    """
    standing = standing_of_key(book, wish.key)
    still = standstill(book.laid, now_s, in_hand)
    begun = Worked(book.seq, frozenset(still), standing, wish.machine, None)
    hindered = may_not_move(book.laid, wish.key, still, in_hand) or locked_by_another(session, standing, planner)
    if hindered is not None:
        return replace(begun, hindered=hindered)
    first, why = None, None
    for later_s in LATER_S if further else LATER_S[:1]:
        wanted = wish if first is None else replace(wish, start_s=first.start_s + later_s)
        found = place_for(book.laid, wanted, now_s, still)
        if first is None:
            first, why = found.place, found.hindered
        if found.place is None:
            break
        if stored(found.place) == stored(standing.place):
            return replace(begun, hindered=_and(why, Message(id="scheduler.move.same")))
        outcome = consequences(book.laid, {wish.key: found.place}, now_s, still)
        there = outcome.hindered or breaks_a_held_promise(book, outcome.places)
        if there is None:
            return replace(begun, hindered=why, place=found.place, places=outcome.places)
        why = _and(why, _with_who_locked(session, there)) if later_s == 0 else why
    return replace(begun, hindered=why)


def outcome_of(book: Book, worked: Worked) -> Outcome:
    standing, place, places = worked.standing, worked.place, worked.places or {}
    others = sorted((each for key, each in places.items() if key != standing.key), key=lambda each: each.start_s)
    listed = ([place] if place is not None else []) + others
    promises = sorted(moved_promises(book, places), key=lambda each: (-each.by_s, each.order))
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


def standing_of_key(book: Book, key: OperationKey) -> Standing:
    standing = book.standings.get(key)
    if standing is None:
        raise NotFound("operation", str(key))
    return standing


def _and(why: Message | None, what: Message) -> Message:
    return what if why is None else Message(id="scheduler.move.and", params={"why": named(why), "and": named(what)})


def locked_by_another(session: Session, standing: Standing, planner: Principal) -> Message | None:
    if not standing.operation.pinned:
        return None
    last = last_hold(session, standing.key)
    if last is None or last.person == planner.id:
        return None
    return Message(id="scheduler.move.locked", params={"by": last.name, "reason": last.reason or Message(id="scheduler.change.no_reason")})


def _with_who_locked(session: Session, why: Message) -> Message:
    """Of an operation that would have to make room and may not, who holds it."""
    last = last_hold(session, parse_key(str(why.params["key"]))) if why.id == "scheduler.move.displaces" else None
    return why if last is None else Message(id="scheduler.move.displaces_lock", params={**why.params, "by": last.name})


def breaks_a_held_promise(book: Book, places: Mapping[OperationKey, Placement]) -> Message | None:
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


def moved_promises(book: Book, places: Mapping[OperationKey, Placement]) -> Iterable[MovedPromise]:
    """Orders whose expected date the places change."""
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
