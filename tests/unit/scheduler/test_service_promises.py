"""Promises hold with a margin learned from finished orders, and the carrier's time decides whether one does."""

from datetime import datetime, timedelta

import pytest

from contracts.access import SYSTEM
from contracts.events import PromiseChanged
from contracts.ports import Shipment
from contracts.problems import TransitionRefused
from contracts.promise import PromiseQuote
from ledger.unit_of_work import Ledger
from scheduler.engine.delivery import promised_at
from scheduler.engine.opening import later_s
from scheduler.engine.operations import instant, seconds_of
from scheduler.engine.plant import parse_plant
from scheduler.service import Service
from scheduler.tables import ReservationRow
from tests.scheduling import (
    PLANT,
    demand,
    emitted,
    opened,
    operation,
    operations,
    placed,
    report_completed,
    report_started,
    request,
    reservation,
    reserve,
    wind,
)

HOUR_S = 3600
CAREFUL = PLANT.replace("planning: {", "planning: {service_level_percent: 90, first_margin_h: 6, ")


def quoted(service: Service) -> PromiseQuote:
    return service.quote([request()])[0]


def margin_h(ledger: Ledger, service: Service) -> float:
    with ledger.reading() as session, service.live.read(session, seconds_of(ledger.clock.now())) as book:
        return book.margin_s / HOUR_S


def finished(number: int, late: bool) -> ReservationRow:
    noon_s = seconds_of(datetime.fromisoformat("2026-11-23T11:00:00Z"))
    promised_s = promised_at(parse_plant(CAREFUL), noon_s, "NL") - (86_400 if late else 0)
    return ReservationRow(
        order=f"done_{number}", plant="small", state="done", weight=1, promised_s=promised_s, told_s=promised_s, country="NL",
        finish_s=noon_s, seq=0,
    )  # fmt: skip


def shipped(ledger: Ledger, service: Service, order: str, finished_at: datetime) -> Shipment:
    with ledger.transaction(SYSTEM) as transaction:
        return service.shipment(transaction, order, finished_at)


def made_until(ledger: Ledger, service: Service, order: str, sequence: int) -> None:
    """Every operation before ``sequence`` as planned."""
    rows = [row for row in operations(ledger, order) if row.sequence < sequence]
    for at_s, report, row in sorted(
        [(row.start_s, report_started, row) for row in rows] + [(row.end_s, report_completed, row) for row in rows],
        key=lambda deed: deed[0],
    ):
        wind(ledger, service, instant(at_s))
        report(ledger, service, operation(ledger, row.key), instant(at_s))


def test_a_quote_has_the_first_margin_and_a_reservation_the_same(ledger: Ledger) -> None:
    service = opened(ledger, CAREFUL)
    quote = quoted(service)
    assert quote.finish_at is not None
    plant = parse_plant(CAREFUL)
    assert quote.promised_at == instant(promised_at(plant, later_s(plant, seconds_of(quote.finish_at), 6 * HOUR_S), "NL"))
    placed(ledger, service, "order_1")
    assert instant(reservation(ledger, "order_1").promised_s) == quote.promised_at


def test_finished_orders_teach_the_margin_at_once(ledger: Ledger) -> None:
    service = opened(ledger, CAREFUL)
    placed(ledger, service, "order_1")
    assert margin_h(ledger, service) == 6
    with ledger.transaction(SYSTEM) as transaction:
        transaction.session.add_all([finished(number, late=number < 3) for number in range(19)])
    made_until(ledger, service, "order_1", 50)
    assert reservation(ledger, "order_1").state == "done"
    learned = 6 + (90 * 3 - 10 * 17) / 100
    assert margin_h(ledger, service) == learned
    assert margin_h(ledger, opened(ledger, CAREFUL)) == learned


def test_an_order_that_misses_the_carrier_by_a_minute_moves_its_promise_and_the_customer_is_told(ledger: Ledger) -> None:
    """A few minutes of drift change no place in the plan; the carrier leaves all the same."""
    service = opened(ledger, PLANT.replace("16:00", "11:35"))
    placed(ledger, service, "order_1")
    last = operations(ledger, "order_1")[-1]
    promised = reservation(ledger, "order_1").promised_s
    leaves = instant(last.end_s).replace(hour=10, minute=35, second=0)
    assert timedelta() <= leaves - instant(last.end_s) < timedelta(minutes=9), "the plan ends shortly before the carrier comes"
    made_until(ledger, service, "order_1", last.sequence)
    late = leaves + timedelta(minutes=1)
    wind(ledger, service, instant(last.start_s))
    report_started(ledger, service, operation(ledger, last.key), instant(last.start_s))
    wind(ledger, service, late)
    report_completed(ledger, service, operation(ledger, last.key), late)
    told = emitted(ledger, PromiseChanged)
    assert [(event.old_promised_at, event.new_promised_at) for event in told] == [
        (instant(promised), shipped(ledger, service, "order_1", late).delivered_by),
    ]
    assert told[0].new_promised_at > told[0].old_promised_at


def test_the_carrier_knows_the_plants_holidays(ledger: Ledger) -> None:
    holidays = "holidays: [{day: 2026-11-26, label: {en: Feast, zh: 节日}}]\n"
    service = opened(ledger, PLANT + holidays)
    placed(ledger, service, "order_1")
    shipment = shipped(ledger, service, "order_1", datetime.fromisoformat("2026-11-25T15:00:01Z"))
    assert shipment.pick_up_at == datetime.fromisoformat("2026-11-27T15:00:00Z")
    assert shipment.delivered_by == datetime.fromisoformat("2026-11-30T22:59:59Z")


def test_the_same_slots_are_promised_later_for_a_country_farther_away(ledger: Ledger) -> None:
    service = opened(ledger)
    at_home = reserve(ledger, service, "order_1", demand("p1"), hold=timedelta(minutes=15))
    with ledger.transaction(SYSTEM) as transaction:
        abroad = service.send_to(transaction, "order_1", "DE")
    assert abroad.finish_at == at_home.finish_at
    assert abroad.promised_at == service.date_for(at_home.promised_at, "DE") > at_home.promised_at
    assert reservation(ledger, "order_1").country == "DE"
    with ledger.transaction(SYSTEM) as transaction:
        assert service.send_to(transaction, "order_1", "NL").promised_at == at_home.promised_at


def test_an_order_that_is_firm_is_sent_nowhere_else(ledger: Ledger) -> None:
    service = opened(ledger)
    placed(ledger, service, "order_1")
    with pytest.raises(TransitionRefused), ledger.transaction(SYSTEM) as transaction:
        service.send_to(transaction, "order_1", "DE")


def test_a_change_keeps_where_the_order_goes(ledger: Ledger) -> None:
    service = opened(ledger)
    with ledger.transaction(SYSTEM) as transaction:
        first = service.reserve(transaction, "order_1", [demand("p1")], None, "DE")
    with ledger.transaction(SYSTEM) as transaction:
        service.release(transaction, "order_1")
        again = service.reserve(transaction, "order_1", [demand("p2")], None)
    assert again.promised_at == first.promised_at
