"""The planner's lists: every operation of the live plan, every plan that was published. Searched, filtered and sorted in SQL."""

from typing import Any

from sqlalchemy import Row, Table, and_, case, func, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, select

from contracts.listing import Part, Question
from contracts.model import Contract, Instant
from contracts.plan import OperationState
from contracts.texts import Localised, Message
from ledger.listing import Listing, ranked
from scheduler.engine.operations import GONE, instant
from scheduler.learned import PROPOSED, TIME_STATES, time_of
from scheduler.live_plan import KEPT_S, LIVE, Book
from scheduler.tables import LearnedTimeRow, OperationRow, PlannerChangeRow, PlanVersionRow, ReservationRow, ScenarioRow

SHOWN_STATES = tuple(state.value for state in OperationState if state not in GONE)
_OPERATION: Table = OperationRow.__table__  # type: ignore[attr-defined]
_RESERVATION: Table = ReservationRow.__table__  # type: ignore[attr-defined]
_CHANGE: Table = PlannerChangeRow.__table__  # type: ignore[attr-defined]
_SCENARIO: Table = ScenarioRow.__table__  # type: ignore[attr-defined]
_TIME: Table = LearnedTimeRow.__table__  # type: ignore[attr-defined]
_VERSION: Table = PlanVersionRow.__table__  # type: ignore[attr-defined]


class ListedOperation(Contract):
    """An operation as the list shows it."""

    key: str
    """Piece, step and attempt."""
    order: str
    piece: str
    operation: Localised
    machine: str
    group: Localised
    person: str | None
    setup_at: Instant | None
    """Start of the setup; null without one."""
    start_at: Instant
    end_at: Instant
    state: OperationState
    late: bool
    """Its order is planned to finish after its promise."""


class ListedVersion(Contract):
    """A published plan."""

    version: int
    published_at: Instant
    reason: Message
    new_orders: int
    """Orders that stand in a plan for the first time."""
    moved: int
    """Operations with another place than before."""
    late: int
    """Orders that it finishes after their promise."""


class ListedChange(Contract):
    """Something that a planner changed by hand."""

    change: str
    at: Instant
    by: str
    kind: str
    operation: Localised
    order: str
    key: str
    """The operation."""
    before: Message
    """Machine and start before."""
    after: Message
    reason: str
    moved: int
    """Other operations that it moved."""
    promises: int
    """Orders whose expected date it moved."""
    undone: bool


class ListedScenario(Contract):
    """What a planner asked of the plan."""

    scenario: str
    at: Instant
    by: str
    name: str
    days: int
    """Of overtime, all groups together."""
    stops: int
    """Of machines."""
    shifts: int
    """With other hours."""
    state: str
    late_now: int | None
    late_then: int | None
    """Late orders without and with it; null until it was tried."""


class ListedTime(Contract):
    """What reports teach of an operation's time, for a piece of the usual size."""

    time: str
    kind: str
    """``run`` or ``setup``."""
    operation: Localised
    """Of a setup the machine group."""
    machine: str | None
    """None: any machine."""
    material: str | None
    """The setup family: fabric, colour, sheet; None: any."""
    old_s: int
    """As planned when it was proposed or decided."""
    new_s: int
    change_percent: int
    nine_of_ten_s: int
    """Nine of ten take no longer."""
    sample: int
    """Reports that it rests on."""
    aside: int
    """Reports put aside as too far from all others: forgotten stops."""
    since_at: Instant
    """The first of them."""
    at: Instant
    """When it was last counted."""
    state: str
    """``proposed``, ``accepted``, ``declined``, or ``replaced`` by a later one."""
    decided_at: Instant | None
    decided_by: str | None
    """The planner; None: the plant's rule, or nobody yet."""


def operations(session: Session, book: Book, now_s: int, question: Question) -> Part[ListedOperation]:
    """Operations of open orders, and what finished in the last days."""
    at = _OPERATION.c
    late = {order for order, promise in book.promises.items() if promise.finish_s > promise.due_s}
    live = select_columns(_RESERVATION.c.order).where(_RESERVATION.c.plant == book.plant.plant, _RESERVATION.c.state.in_(LIVE))
    # As the board shows it: a reported start and end go before the planned ones.
    unstarted = case((at.ended_s - at.run_s < at.start_s, at.ended_s - at.run_s), else_=at.start_s)
    begin = func.coalesce(at.began_s, case((at.ended_s.is_not(None), unstarted), else_=at.start_s))
    end = func.coalesce(at.ended_s, case((at.end_s < begin, begin), else_=at.end_s))
    setup = case((at.setup_start_s < begin, at.setup_start_s))
    shown = and_(
        at.plant == book.plant.plant,
        at.state.in_(SHOWN_STATES),
        or_(at.order.in_(live), at.end_s > now_s - KEPT_S),
    )
    columns = (at.key, at.order, at.piece, at.label, at.machine, at.machine_group, at.person, at.state)
    listing = Listing(
        rows=select_columns(*columns, setup.label("setup_s"), begin.label("begin_s"), end.label("finish_s")).where(shown),
        identity=at.key,
        sorts={
            "order": at.order,
            "machine": at.machine,
            "person": at.person,
            "setup_at": setup,
            "start_at": begin,
            "end_at": end,
            "state": ranked(at.state, SHOWN_STATES),
            "late": case((at.order.in_(late), 0), else_=1),
        },
        searched=(at.order, at.piece, at.name, at.machine, at.person),
        filters={
            "group": lambda group: at.machine_group == group,
            "state": lambda state: at.state == state,
            "late": lambda wanted: at.order.in_(late) if wanted == "yes" else at.order.not_in(late),
        },
    )

    def made(row: Row[Any]) -> ListedOperation:
        return ListedOperation(
            key=row.key,
            order=row.order,
            piece=row.piece,
            operation=Localised.model_validate(row.label),
            machine=row.machine,
            group=book.plant.groups[row.machine_group].label,
            person=row.person,
            setup_at=None if row.setup_s is None else instant(row.setup_s),
            start_at=instant(row.begin_s),
            end_at=instant(row.finish_s),
            state=OperationState(row.state),
            late=row.order in late,
        )

    return listing.answer(session, question).of(made)


def versions(session: Session, plant: str, question: Question) -> Part[ListedVersion]:
    """Every plan that was published."""
    at = _VERSION.c
    listing = Listing(
        rows=select_columns(at.version, at.at_s, at.reason, at.figures).where(at.plant == plant),
        identity=at.version,
        sorts={"version": at.version, "published_at": at.at_s},
    )

    def made(row: Row[Any]) -> ListedVersion:
        return ListedVersion(
            version=row.version,
            published_at=instant(row.at_s),
            reason=Message.model_validate(row.reason),
            new_orders=row.figures.get("new", 0),
            moved=row.figures.get("moved", 0),
            late=row.figures.get("late", 0),
        )

    return listing.answer(session, question).of(made)


def planner_changes(session: Session, plant: str, question: Question) -> Part[ListedChange]:
    """What planners changed by hand."""
    at = _CHANGE.c
    listing = Listing(
        rows=select_columns(_CHANGE).where(at.plant == plant),
        identity=at.id,
        sorts={"at": at.seq, "by": at.name, "kind": at.kind, "order": at.order, "undone": case((at.undone_s.is_not(None), 0), else_=1)},
        searched=(at.order, at.operation, at.name, at.reason, at.machine, at.machine_before),
        filters={
            "kind": lambda kind: at.kind == kind,
            "undone": lambda wanted: at.undone_s.is_not(None) if wanted == "yes" else at.undone_s.is_(None),
        },
    )

    def made(row: Row[Any]) -> ListedChange:
        return ListedChange(
            change=row.id,
            at=instant(row.at_s),
            by=row.name,
            kind=row.kind,
            operation=Localised.model_validate(row.label),
            order=row.order,
            key=row.operation,
            before=_stands(row.machine_before, row.start_before_s),
            after=_stands(row.machine, row.start_s),
            reason=row.reason,
            moved=sum(entry["key"] != row.operation for entry in row.places),
            promises=len(row.promises),
            undone=row.undone_s is not None,
        )

    return listing.answer(session, question).of(made)


def _stands(machine: str, start_s: int) -> Message:
    return Message(id="scheduler.changes.place", params={"machine": machine, "at": instant(start_s)})


def scenarios(session: Session, plant: str, question: Question) -> Part[ListedScenario]:
    """What planners asked of the plan."""
    at = _SCENARIO.c
    listing = Listing(
        rows=select_columns(_SCENARIO).where(at.plant == plant),
        identity=at.id,
        sorts={"at": at.at_s, "by": at.name, "name": at.title, "state": at.state},
        searched=(at.title, at.name),
        filters={"state": lambda state: at.state == state},
    )

    def made(row: Row[Any]) -> ListedScenario:
        outcome = row.outcome or {}
        return ListedScenario(
            scenario=row.id,
            at=instant(row.at_s),
            by=row.name,
            name=row.title,
            days=len(row.overtime),
            stops=len(row.stops),
            shifts=len(row.shifts),
            state=row.state,
            late_now=outcome["now"]["late"] if outcome else None,
            late_then=outcome["then"]["late"] if outcome else None,
        )

    return listing.answer(session, question).of(made)


def learned_times(session: Session, plant: str, question: Question) -> Part[ListedTime]:
    """What reports teach of operations' times, and what became of it."""
    at = _TIME.c
    listing = Listing(
        rows=select_columns(_TIME).where(at.plant == plant),
        identity=at.id,
        sorts={
            "machine": at.machine,
            "material": at.material,
            "old_s": at.figure_s * at.old_factor,
            "new_s": at.figure_s * at.factor,
            "change_percent": at.factor / at.old_factor,
            "sample": at.sample,
            "since_at": at.since_s,
            "at": at.at_s,
            "state": ranked(at.state, TIME_STATES),
            "decided_by": at.decided_by,
        },
        searched=(at.operation, at.machine, at.material, at.decided_by),
        filters={"state": lambda state: at.state == state},
    )
    return listing.answer(session, question).of(listed_time)


def proposed_times(session: Session, plant: str) -> list[ListedTime]:
    """Those that wait for a planner, the greatest change first."""
    rows = session.exec(select(LearnedTimeRow).where(LearnedTimeRow.plant == plant, LearnedTimeRow.state == PROPOSED)).all()
    return sorted((listed_time(row) for row in rows), key=lambda time: (-abs(time.change_percent), time.time))


def listed_time(row: LearnedTimeRow | Row[Any]) -> ListedTime:
    time = time_of(row)
    return ListedTime(
        time=row.id,
        kind=row.kind,
        operation=Localised.model_validate(row.label),
        machine=row.machine or None,
        material=row.material or None,
        old_s=round(row.figure_s * row.old_factor),
        new_s=round(row.figure_s * row.factor),
        change_percent=round((row.factor / row.old_factor - 1) * 100),
        nine_of_ten_s=round(row.figure_s * time.quantile(90)),
        sample=row.sample,
        aside=row.aside,
        since_at=instant(row.since_s),
        at=instant(row.at_s),
        state=row.state,
        decided_at=None if row.decided_s is None else instant(row.decided_s),
        decided_by=row.decided_by or None,
    )
