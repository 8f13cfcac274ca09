"""A rush order: what would it take, and who pays for it? Asked without changing anything; a way is then gone under the plant's lock."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlmodel import Session, select

from contracts.access import Principal
from contracts.model import Contract, Instant
from contracts.naming import is_meant
from contracts.plan import OperationKey
from contracts.problems import FieldProblem, InvalidInput, NotFound, PlanChanged, PlanInvalid
from contracts.product import BomLine, OperationSpec
from contracts.promise import PieceDemand, PromiseRequest
from contracts.texts import Localised, Message
from contracts.units import Money
from ledger.unit_of_work import Ledger, LedgerTransaction
from scheduler.by_hand import RUSH, done_by_hand, pin, recorded
from scheduler.change import changing
from scheduler.comparing import PlanFigures, figures
from scheduler.engine.calendar import OvertimeDay, local_s
from scheduler.engine.delivery import due_s, promised_at
from scheduler.engine.materials import Allocation
from scheduler.engine.moving import frozen_until_s, standstill
from scheduler.engine.operations import Operation, Placement, instant, seconds_of
from scheduler.engine.promise import operations_of
from scheduler.engine.rushing import Payer, Way, ways
from scheduler.engine.trial import Trial
from scheduler.engine.validator import violations
from scheduler.live_plan import HELD, LIVE, Book, LivePlan
from scheduler.ordered_overtime import order_overtime
from scheduler.outcome import DoneByHand
from scheduler.releasing import release_due
from scheduler.snapshot import Snapshot, snapshot_of
from scheduler.standing import parse_key
from scheduler.tables import OperationRow, ReservationRow
from scheduler.telling import BY_HAND
from scheduler.wishes import moved_promises

NEW = "new"
"""What an order that is not there yet is called."""
TRIES = 3
"""A way is looked for anew when the plan changed in between, so often."""


class LaterOrder(Contract):
    """An order that gives way."""

    order: str
    promised_at: Instant
    expected_before_at: Instant
    expected_at: Instant
    late: bool
    """Expected after the promised date."""


class RushWay(Contract):
    """One way to hurry the order."""

    way: str
    """What it is called when it is to be gone: ``free``, ``overtime``, ``overtime:GROUP``, ``partner:OPERATION:MACHINE`` or ``first``."""
    what: Message
    payer: Payer
    """``nobody``, the ``house`` with money, or ``customers`` with a later date."""
    expected_at: Instant
    in_time: bool
    """By the wanted day."""
    cost: Money
    """Beyond what the plan as it stands costs: overtime, partner."""
    later: tuple[LaterOrder, ...]
    """The late ones first."""
    moved: int
    """Operations of other orders that would stand elsewhere."""
    figures: PlanFigures
    """What the whole plan comes to with it."""


class Rush(Contract):
    """Up to three ways to hurry an order, the best first, beside the plan as it stands."""

    order: str | None
    like: str | None
    """Of an order that is not there yet: the one that it is like."""
    wanted: date | None
    promised_at: Instant | None
    expected_at: Instant | None
    """As the plan stands."""
    now: PlanFigures
    ways: tuple[RushWay, ...]
    why: str | None
    """When there are none: ``begun`` (nothing is left that may move) or ``first`` (nothing brings it to an earlier pick-up)."""
    seq: int
    """The change of the plant's log on which this rests."""


@dataclass(frozen=True)
class Seen:
    """What the planner was shown of the way."""

    expected_at: Instant | None = None
    promises: Mapping[str, Instant] | None = None
    """Expected dates of those who give way."""


@dataclass(frozen=True)
class _Worked:
    at: Snapshot
    rush: Rush
    ways: Mapping[str, Way]


class Rushes:
    """The use cases. Nothing is worked out inside a transaction."""

    def __init__(self, ledger: Ledger, live: LivePlan, in_hand: Callable[[], Collection[OperationKey]]) -> None:
        self._ledger, self._live, self._in_hand = ledger, live, in_hand

    def meant(self, code: str) -> str:
        """The order that somebody typed: all of its number, or its end. Raises NotFound."""
        with self._ledger.reading() as session:
            orders = session.exec(
                select(ReservationRow.order).where(ReservationRow.plant == self._live.plant, ReservationRow.state.in_(LIVE))  # type: ignore[attr-defined]
            ).all()
        found = [order for order in orders if is_meant(order, code.strip())]
        if len(found) != 1:
            raise NotFound("order", code)
        return found[0]

    def ways(self, order: str, wanted: date | None) -> Rush:
        """How an order could be made earlier. Raises NotFound, InvalidInput."""
        return self._worked(order, wanted).rush

    def ways_like(self, like: str, wanted: date | None) -> Rush:
        """How one more order like another could be made. Raises NotFound, InvalidInput."""
        now_s = seconds_of(self._ledger.clock.now())
        with self._ledger.reading() as session, self._live.read(session, now_s) as book:
            at, still = snapshot_of(book, now_s), standstill(book.laid, now_s, self._in_hand())
            new = _like(session, book, like, now_s)
            country = session.get_one(ReservationRow, like).country
        at = replace(at, operations=[*at.operations, *new])
        return _rush(at, still.keys(), NEW, like, country, _finish_of(at, wanted, country), wanted).rush

    def go(self, order: str, way: str, wanted: date | None, reason: str, seen: Seen, planner: Principal) -> DoneByHand:
        """Go one of the ways; its last operations are held in their places. Raises NotFound, InvalidInput, PlanInvalid, PlanChanged."""
        for _ in range(TRIES):
            worked = self._worked(order, wanted)
            found = worked.ways.get(way)
            if found is None:
                raise PlanInvalid(errors=(FieldProblem("/way", "scheduler.rush.no_way"),))
            _as_seen(worked.rush, way, seen)
            with self._ledger.transaction(planner) as transaction:
                done = _gone(transaction, self._live, order, worked, found, reason)
            if done is not None:
                return done
        raise PlanChanged({"by": ""}, extra={"changes": []})

    def _worked(self, order: str, wanted: date | None) -> _Worked:
        now_s = seconds_of(self._ledger.clock.now())
        with self._ledger.reading() as session, self._live.read(session, now_s) as book:
            promise = book.promises.get(order)
            if promise is None:
                raise NotFound("order", order)
            at, still = snapshot_of(book, now_s), standstill(book.laid, now_s, self._in_hand())
        return _rush(at, still.keys(), order, None, promise.country, _finish_of(at, wanted, promise.country), wanted)


def _finish_of(at: Snapshot, wanted: date | None, country: str) -> int | None:
    """The finish that a wanted day of delivery asks for. Raises InvalidInput for a day that is over."""
    if wanted is None:
        return None
    end_s = local_s(at.plant, wanted, 1440) - 1
    if end_s < at.now_s:
        raise InvalidInput(errors=(FieldProblem("/by", "scheduler.rush.past"),))
    return due_s(at.plant, end_s, country)


def _rush(
    at: Snapshot, still: Collection[OperationKey], order: str, like: str | None, country: str, wanted_s: int | None, wanted: date | None
) -> _Worked:
    trial = Trial(
        at.plant,
        at.operations,
        at.places.values(),
        order,
        at.now_s,
        at.overtime,
        at.breakdowns,
        from_s=frozen_until_s(at.plant, at.now_s) + 1,
        still=still,
    )
    held = {promise.order for promise in at.promises.values() if promise.state == HELD}
    found = [way for way in ways(at.plant, trial, order, wanted_s, held - {order}) if _stands(at, way)]
    promise = at.promises.get(order)
    rush = Rush(
        order=order if like is None else None,
        like=like,
        wanted=wanted,
        promised_at=instant(promise.promised_s) if promise is not None else None,
        expected_at=instant(promised_at(at.plant, promise.finish_s, promise.country)) if promise is not None else None,
        now=figures(at, at.places),
        ways=tuple(_shown(at, order, country, way, wanted_s) for way in found),
        why=None if found else "first" if trial.movable else "begun",
        seq=at.seq,
    )
    return _Worked(at, rush, {way.tried.kind: way for way in found})


def _stands(at: Snapshot, way: Way) -> bool:
    """Whether the independent validator has nothing against the whole plan with it that it has not against the plan as it stands."""
    faults = _faults(at, {**at.places, **way.tried.places}, at.overtime | way.tried.overtime)
    return not faults or faults <= _faults(at, at.places, at.overtime)


def _faults(at: Snapshot, places: Mapping[OperationKey, Placement], overtime: frozenset[OvertimeDay]) -> set[tuple[str, str]]:
    return {(each.pointer, each.message) for each in violations(at.plant, at.operations, places.values(), overtime, at.breakdowns)}


def _shown(at: Snapshot, order: str, country: str, way: Way, wanted_s: int | None) -> RushWay:
    plant = at.plant
    later = []
    for other, finish_s in way.later.items():
        promise = at.promises[other]
        before_s, after_s = (promised_at(plant, each, promise.country) for each in (promise.finish_s, finish_s))
        later.append(
            LaterOrder(
                order=other,
                promised_at=instant(promise.promised_s),
                expected_before_at=instant(before_s),
                expected_at=instant(after_s),
                late=after_s > promise.promised_s,
            )
        )
    return RushWay(
        way=way.tried.kind,
        what=way.tried.what,
        payer=way.payer,
        expected_at=instant(promised_at(plant, way.finish_s, country)),
        in_time=wanted_s is None or way.finish_s <= wanted_s,
        cost=Money(amount=way.tried.cost_minor, currency=plant.currency),
        later=tuple(sorted(later, key=lambda each: (not each.late, each.order))),
        moved=sum(place.order != order for place in way.tried.places.values()),
        figures=figures(at, {**at.places, **way.tried.places}),
    )


def _as_seen(rush: Rush, way: str, seen: Seen) -> None:
    """Raises PlanChanged when the way would by now be worse than what was shown."""
    now = next(each for each in rush.ways if each.way == way)
    worse = seen.expected_at is not None and now.expected_at > seen.expected_at
    if seen.promises is not None:
        worse = worse or any(each.expected_at > seen.promises.get(each.order, each.expected_before_at) for each in now.later)
    if worse:
        raise PlanChanged({"by": ""}, extra={"changes": [], "outcome": now.model_dump(mode="json")})


def _gone(transaction: LedgerTransaction, live: LivePlan, order: str, worked: _Worked, way: Way, reason: str) -> DoneByHand | None:
    """Give everybody their places; None when the plan is no longer the one that the way was found in."""
    with changing(transaction, live, RUSH, order) as change:
        if change.book.seq != worked.at.seq or change.now_s > worked.at.now_s + change.plant.planning.start_grace_s:
            return None
        places = way.tried.places
        lasts = _lasts(change.book, order, places)
        last = change.book.standings[lasts[0]]
        row = recorded(change, RUSH, last, places[last.key], reason, moved_promises(change.book, places), places)
        pinned = {str(key): change.book.standings[key].operation.pinned for key in lasts[1:]}
        row.places = [{**entry, "pinned": pinned[entry["key"]]} if entry["key"] in pinned else entry for entry in row.places]
        row.overtime = sorted([day.group, day.day.isoformat()] for day in way.tried.overtime)
        for key in lasts:
            pin(change, key, True)
        head = change.head
        order_overtime(head, row.overtime)
        head.overtime = [list(day) for day in sorted({tuple(day) for day in (*head.overtime, *row.overtime)})]
        transaction.session.add(head)
        change.place(places)
        change.settle(places, {}, BY_HAND)
        facts = {"change": row.id, "way": way.tried.kind, "overtime": row.overtime, "later": sorted(way.later), "reason": reason}
        transaction.audit("plan.rush", order, plant=live.plant, facts=facts)
        done = done_by_hand(row)
        transaction.outcome(done.model_dump(mode="json"))
    release_due(transaction, live)
    return done


def _lasts(book: Book, order: str, places: Mapping[OperationKey, Placement]) -> list[OperationKey]:
    """The order's moved operations that nothing waits for, the one that ends last first: holding them holds what they wait for too."""
    moved = [place for place in places.values() if place.order == order]
    ends = [place for place in moved if not any(True for _ in book.laid.waiting_for(place.key))]
    return [place.key for place in sorted(ends or moved, key=lambda place: (-place.end_s, str(place.key)))]


def _like(session: Session, book: Book, like: str, now_s: int) -> list[Operation]:
    """The operations of one more order of the same pieces, with material that is still free or bought for it. Raises NotFound."""
    query = select(OperationRow).where(OperationRow.plant == book.plant.plant, OperationRow.order == like, OperationRow.attempt == 1)
    rows = session.exec(query).all()
    if not rows:
        raise NotFound("order", like)
    weight = max(row.weight for row in rows)
    found: list[Operation] = []
    taken: list[Allocation] = []
    for number, piece in enumerate(sorted({row.piece for row in rows})):
        steps = [row for row in rows if row.piece == piece]
        request = PromiseRequest(key=f"{NEW}-{number}", routing=tuple(_step(row) for row in steps), materials=tuple(_lines(steps)))
        demand = PieceDemand(piece=request.key, specification_sha256=steps[0].specification_sha256, request=request, weight=weight)
        allocations = book.materials.allocate(request.materials, now_s)
        book.materials.take(allocations)
        taken += allocations
        found += operations_of(book.plant, demand, NEW, allocations, book.times)
    book.materials.give_back(taken)
    return found


def _step(row: OperationRow) -> OperationSpec:
    return OperationSpec(
        sequence=row.sequence,
        name=row.name,
        label=Localised.model_validate(row.label),
        machine_group=row.machine_group,
        setup_family=row.setup_family,
        run_s=row.standard_s,
        after=tuple(parse_key(text).sequence for text in row.after),
    )


def _lines(rows: Iterable[OperationRow]) -> Iterable[BomLine]:
    """What was reserved for the steps. An item that came from several lots is several lines."""
    for row in rows:
        for entry in row.allocated:
            label = Localised(en=entry["item"], zh=entry["item"])
            yield BomLine(item=entry["item"], label=label, quantity=entry["quantity"], unit=entry["unit"], operation=row.sequence)
