"""A small plant and small pieces that the scheduler's service tests share."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import select

from contracts.access import SYSTEM
from contracts.events import EVENTS, Event, NonConformanceRaised, NonConformanceWithdrawn, OperationCompleted, OperationStarted
from contracts.product import BomLine, OperationSpec
from contracts.promise import PieceDemand, PromiseRequest, Reservation
from contracts.quality import JudgedMeasurement, NonConformance, Verdict
from contracts.texts import Localised, Message
from ledger.dispatcher import Dispatcher
from ledger.job_runner import JobRunner
from ledger.tables import EventRow
from ledger.unit_of_work import Ledger
from scheduler.engine.operations import seconds_of
from scheduler.engine.validator import violations
from scheduler.service import Service
from scheduler.standing import parse_key
from scheduler.tables import OperationRow, ReservationRow

PLANT = """
plant: small
label: {en: Small works, zh: 小工厂}
time_zone: Europe/Amsterdam
currency: EUR
planning: {horizon_days: 30, release_horizon_h: 24, frozen_horizon_h: 2, start_grace_s: 600, repair_threshold_s: 1800}
shipping: {pick_up: "16:00", home: NL, zones: [{countries: [NL], days: 1}, {countries: [DE], days: 3}]}
shifts:
  day: {days: [mon, tue, wed, thu, fri], start: "08:00", end: "18:00"}
groups:
  CUT: {label: {en: Cutting, zh: 切割}, setup_s: 600}
  WELD: {label: {en: Welding, zh: 焊接}, setup_s: 600}
  OVEN: {label: {en: Oven, zh: 烘箱}, attended: false}
machines:
  CUT-1: {group: CUT, shifts: [day]}
  CUT-2: {group: CUT, shifts: [day]}
  WELD-1: {group: WELD, shifts: [day]}
  OVEN-1: {group: OVEN}
people:
  P1: {shift: day, groups: [CUT, WELD]}
  P2: {shift: day, groups: [CUT]}
  P3: {shift: day, groups: [WELD]}
items:
  tube: {unit: mm, lead_days: 3, lots: [{lot: T-1, quantity: 4000}], receipts: [{receipt: R-1, quantity: 2000, in_days: 1}]}
"""


def opened(ledger: Ledger, text: str = PLANT, plant: str = "small") -> Service:
    """A service whose plant is live."""
    service = Service(ledger, plant, planning_time_s=2.0)
    service.publish_plant(text, SYSTEM)
    return service


def step(sequence: int, group: str, run_s: int, *after: int, family: str = "steel") -> OperationSpec:
    label = Localised(en=group.title(), zh=group)
    return OperationSpec(sequence=sequence, name=group, label=label, machine_group=group, setup_family=family, run_s=run_s, after=after)


def request(key: str = "piece", family: str = "steel", tube: int = 500, weld_s: int = 5400) -> PromiseRequest:
    """Two branches that meet: cut 10 → weld 20, oven 30, then weld 40."""
    routing = (
        step(10, "CUT", 1800, family=family),
        step(20, "WELD", weld_s, 10, family=family),
        step(30, "OVEN", 2400),
        step(40, "WELD", 1200, 20, 30, family=family),
    )
    line = BomLine(item="tube", label=Localised(en="Tube", zh="管"), quantity=tube, unit="mm", operation=10)
    return PromiseRequest(key=key, routing=routing, materials=(line,))


def demand(piece: str, **choices: Any) -> PieceDemand:
    return PieceDemand(piece=piece, specification_sha256="ab" * 32, request=request(piece, **choices))


def reserve(ledger: Ledger, service: Service, order: str, *pieces: PieceDemand, hold: timedelta | None = None) -> Reservation:
    """An order's reservation, firm unless held."""
    with ledger.transaction(SYSTEM) as transaction:
        expires_at = transaction.real_now + hold if hold is not None else None
        return service.reserve(transaction, order, pieces or (demand(f"{order}-p"),), expires_at)


def placed(ledger: Ledger, service: Service, *orders: str) -> None:
    """Firm, planned orders of one piece each."""
    for order in orders:
        reserve(ledger, service, order)
    settled(ledger, service)
    service.make_plan(Message(id="scheduler.reason.order"))


def settled(ledger: Ledger, service: Service) -> None:
    """Everything that is due now has happened: agenda and jobs."""
    dispatcher, runner = Dispatcher(ledger, [], service.agenda()), JobRunner(ledger, service.jobs())
    while dispatcher.run_once() or runner.run_once():
        pass


def wind(ledger: Ledger, service: Service, to: datetime) -> None:
    """Business time goes on, and what falls due on the way happens."""
    settled(ledger, service)
    while ledger.clock.advance(to) < to:
        settled(ledger, service)
    settled(ledger, service)


def report_started(ledger: Ledger, service: Service, row: OperationRow, at: datetime, machine: str | None = None) -> None:
    event = OperationStarted(order=row.order, plant=row.plant, key=parse_key(row.key), name=row.name, machine=machine or row.machine, at=at)
    with ledger.transaction(SYSTEM) as transaction:
        service.on_operation_started(transaction, event)


def report_completed(ledger: Ledger, service: Service, row: OperationRow, at: datetime) -> None:
    event = OperationCompleted(order=row.order, plant=row.plant, key=parse_key(row.key), name=row.name, machine=row.machine, at=at)
    with ledger.transaction(SYSTEM) as transaction:
        service.on_operation_completed(transaction, event)


def failure(row: OperationRow, restart: Sequence[int], at: datetime, rework_s: int | None = None) -> NonConformance:
    """A measurement of the operation is out of tolerance."""
    key = parse_key(row.key)
    measurement = JudgedMeasurement(
        measurement="m1", key=key, checkpoint="c1", characteristic="width", label=Localised(en="Width", zh="宽度"),
        nominal=1000, lower=990, upper=1010, unit="um", value=1100, verdict=Verdict.OUT_OF_TOLERANCE,
        gauge="caliper", gauge_label=Localised(en="Caliper", zh="卡尺"), source="person", at=at,
    )  # fmt: skip
    return NonConformance(
        nonconformance=f"nc-{row.key}", order=row.order, plant=row.plant, key=key, measurement=measurement,
        disposition="remake" if rework_s is None else "rework", restart=tuple(restart), rework_s=rework_s, raised_at=at,
    )  # fmt: skip


def fail(ledger: Ledger, service: Service, row: OperationRow, restart: Sequence[int], at: datetime, rework_s: int | None = None) -> None:
    found = failure(row, restart, at, rework_s)
    with ledger.transaction(SYSTEM) as transaction:
        service.on_nonconformance_raised(transaction, NonConformanceRaised(order=row.order, plant=row.plant, nonconformance=found))


def withdraw(ledger: Ledger, service: Service, found: NonConformance, *resumed: OperationRow) -> None:
    """The value of the failed operation is corrected."""
    keys = tuple(parse_key(row.key) for row in resumed)
    with ledger.transaction(SYSTEM) as transaction:
        event = NonConformanceWithdrawn(
            order=found.order, plant=found.plant, nonconformance=found, resumed=keys, correction="m2", at=transaction.now
        )
        service.on_nonconformance_withdrawn(transaction, event)


def operation(ledger: Ledger, key: str) -> OperationRow:
    with ledger.reading() as session:
        row = session.get(OperationRow, key)
        assert row is not None
        return row


def operations(ledger: Ledger, order: str | None = None) -> list[OperationRow]:
    with ledger.reading() as session:
        query = select(OperationRow) if order is None else select(OperationRow).where(OperationRow.order == order)
        return sorted(session.exec(query).all(), key=lambda row: row.start_s)


def reservation(ledger: Ledger, order: str) -> ReservationRow:
    with ledger.reading() as session:
        row = session.get(ReservationRow, order)
        assert row is not None
        return row


def emitted[E: Event](ledger: Ledger, event: type[E]) -> list[E]:
    """Events of a type in the order they were emitted."""
    with ledger.reading() as session:
        rows = session.exec(select(EventRow).where(EventRow.type == event.type)).all()
    return [EVENTS[event.type].model_validate(row.content) for row in sorted(rows, key=lambda row: row.seq or 0)]  # type: ignore[misc]


def faults(ledger: Ledger, service: Service) -> list[str]:
    """Rules of the plant that the live plan breaks, by the independent validator; every promise not backed by its operations."""
    now_s = seconds_of(ledger.clock.now())
    with ledger.reading() as session, service.live.read(session, now_s) as book:
        found = violations(book.plant, book.operations(), book.places(), book.overtime, book.breakdowns)
        listed = [f"{fault.pointer} {fault.message} {fault.params}" for fault in found]
        for order, promise in book.promises.items():
            ends = [standing.place.end_s for standing in book.of_order(order)]
            if not ends or max(ends) > promise.finish_s:
                listed.append(f"{order}: finish {promise.finish_s} but operations end {ends}")
        return listed
