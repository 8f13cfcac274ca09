"""A promise given is capacity reserved; held, confirmed and released with the caller's transaction."""

from datetime import timedelta

import pytest
from sqlmodel import select

from contracts.access import SYSTEM
from contracts.events import OperationsReleased, OperationsWithdrawn, OrderCancelled, OrderExpired, OrderPlanned
from contracts.plan import OperationState
from contracts.problems import NoPromise, TransitionRefused
from contracts.texts import Message
from ledger.dispatcher import Dispatcher
from ledger.unit_of_work import Ledger
from scheduler.service import Service
from scheduler.tables import StockRow
from tests.scheduling import demand, emitted, faults, opened, operations, placed, request, reservation, reserve, settled, wind


@pytest.fixture
def service(ledger: Ledger) -> Service:
    return opened(ledger)


def test_a_reservation_gives_the_quoted_date_and_books_every_operation(service: Service, ledger: Ledger) -> None:
    quoted = service.quote([request()])[0]
    booked = reserve(ledger, service, "order_1")
    assert booked.promised_at == quoted.promised_at
    assert booked.expires_at is None
    assert len(operations(ledger, "order_1")) == 4
    assert faults(ledger, service) == []


def test_quotes_of_one_call_do_not_compete_with_each_other(service: Service) -> None:
    quotes = service.quote([request(f"piece-{number}") for number in range(30)])
    assert len({quote.finish_at for quote in quotes}) == 1
    assert [quote.key for quote in quotes] == [f"piece-{number}" for number in range(30)]


def test_every_reservation_makes_the_next_quote_later_or_equal(service: Service, ledger: Ledger) -> None:
    seen = []
    for number in range(4):
        seen.append(service.quote([request()])[0].finish_at)
        reserve(ledger, service, f"order_{number}")
    assert seen == sorted(seen, key=lambda moment: moment or 0)  # type: ignore[type-var,return-value]
    assert seen[0] != seen[-1]


def test_a_rolled_back_reservation_leaves_no_trace(service: Service, ledger: Ledger) -> None:
    before = service.quote([request()])

    def place_three() -> None:
        with ledger.transaction(SYSTEM) as transaction:
            for order, weld_s in (("order_1", 600), ("order_2", 5400), ("order_3", 36_001)):
                service.reserve(transaction, order, [demand(f"{order}-p", weld_s=weld_s)], None)

    with pytest.raises(NoPromise):
        place_three()
    assert service.quote([request()]) == before
    assert operations(ledger) == []


def test_two_reservations_in_one_transaction_see_each_other(service: Service, ledger: Ledger) -> None:
    with ledger.transaction(SYSTEM) as transaction:
        service.reserve(transaction, "order_1", [demand("p")], None)
        service.reserve(transaction, "order_2", [demand("q")], None)
    assert faults(ledger, service) == []
    assert len(operations(ledger)) == 8


def test_material_is_taken_lot_by_lot_and_a_late_receipt_delays_the_promise(service: Service, ledger: Ledger) -> None:
    for number in range(9):
        reserve(ledger, service, f"order_{number}", demand(f"p{number}", tube=1000, weld_s=600))
    cuts = {row.order: row for row in operations(ledger) if row.sequence == 10}
    assert [cuts[f"order_{number}"].allocated[0]["lot"] for number in range(5)] == ["T-1"] * 4 + [None]
    assert cuts["order_5"].allocated[0]["supply"] == "R-1"
    assert cuts["order_8"].allocated[0]["supply"].startswith("purchase_")
    assert cuts["order_3"].start_s < cuts["order_5"].start_s < cuts["order_8"].start_s


def stock(ledger: Ledger) -> dict[str, tuple[int, int]]:
    with ledger.reading() as session:
        return {row.supply: (row.quantity, row.free) for row in session.exec(select(StockRow)).all()}


def test_every_released_operation_names_its_lots_also_awaited_and_purchased_ones(service: Service, ledger: Ledger) -> None:
    for number in range(9):
        reserve(ledger, service, f"order_{number}", demand(f"p{number}", tube=1000, weld_s=600))
    settled(ledger, service)
    service.make_plan(Message(id="scheduler.reason.order"))
    wind(ledger, service, ledger.clock.now() + timedelta(days=6))
    materials = [part for event in emitted(ledger, OperationsReleased) for entry in event.operations for part in entry.materials]
    lots = {part.lot for part in materials}
    assert {"T-1", "R-1"} < lots
    assert None not in lots
    assert any(str(lot).startswith("purchase_") for lot in lots)
    assert set(stock(ledger)) >= lots


def test_a_purchase_on_its_way_is_given_up_with_its_order_and_one_that_came_is_free(service: Service, ledger: Ledger) -> None:
    reserve(ledger, service, "order_1", demand("p", tube=7000))
    reserve(ledger, service, "order_2", demand("q", tube=7000))
    bought = {row.order: row.allocated[-1]["supply"] for row in operations(ledger) if row.sequence == 10}
    with ledger.transaction(SYSTEM) as transaction:
        service.release(transaction, "order_1")
    assert stock(ledger)[bought["order_1"]] == (0, 0)
    settled(ledger, service)
    wind(ledger, service, ledger.clock.now() + timedelta(days=4))
    with ledger.transaction(SYSTEM) as transaction:
        service.release(transaction, "order_2")
    assert stock(ledger)[bought["order_2"]] == (7000, 7000)
    reserve(ledger, service, "order_3", demand("r", tube=7000))
    cut = next(row for row in operations(ledger, "order_3") if row.sequence == 10)
    assert bought["order_2"] in {entry["supply"] for entry in cut.allocated}


def test_released_capacity_and_material_are_free_again(service: Service, ledger: Ledger) -> None:
    before = service.quote([request()])
    reserve(ledger, service, "order_1")
    with ledger.transaction(SYSTEM) as transaction:
        service.release(transaction, "order_1")
        service.release(transaction, "order_1")
        service.release(transaction, "never_heard_of")
    assert service.quote([request()]) == before


def test_a_hold_that_runs_out_frees_its_capacity_and_can_no_longer_be_confirmed(service: Service, ledger: Ledger) -> None:
    before = service.quote([request()])
    booked = reserve(ledger, service, "order_1", hold=timedelta(seconds=-1))
    Dispatcher(ledger, [], service.agenda()).run_once()
    assert service.quote([request()]) == before
    with pytest.raises(TransitionRefused), ledger.transaction(SYSTEM) as transaction:
        service.confirm(transaction, "order_1", booked.promised_at)


def test_a_confirmed_hold_does_not_run_out(service: Service, ledger: Ledger) -> None:
    booked = reserve(ledger, service, "order_1", hold=timedelta(seconds=60))
    with ledger.transaction(SYSTEM) as transaction:
        service.confirm(transaction, "order_1", booked.promised_at)
    with ledger.transaction(SYSTEM) as transaction:
        service.on_order_expired(transaction, OrderExpired(order="order_1", plant="small"))
    row = reservation(ledger, "order_1")
    assert (row.state, row.expires_at) == ("firm", None)


def test_a_reservation_cannot_be_confirmed_for_an_earlier_date_than_its_slots_allow(service: Service, ledger: Ledger) -> None:
    booked = reserve(ledger, service, "order_1", hold=timedelta(seconds=60))
    with pytest.raises(NoPromise), ledger.transaction(SYSTEM) as transaction:
        service.confirm(transaction, "order_1", booked.promised_at - timedelta(days=5))
    assert reservation(ledger, "order_1").state == "held"


def test_no_room_in_the_horizon_is_refused_and_changes_nothing(service: Service, ledger: Ledger) -> None:
    before = service.quote([request()])
    with pytest.raises(NoPromise) as refused:
        reserve(ledger, service, "order_1", demand("p"), demand("q", weld_s=36_001))
    assert refused.value.extra["binding"]["id"] == "scheduler.binding.horizon"
    assert service.quote([request()]) == before
    assert service.quote([request("long", weld_s=36_001)])[0].promised_at is None


def test_a_cancelled_order_gives_back_and_withdraws_what_was_released(service: Service, ledger: Ledger) -> None:
    placed(ledger, service, "order_1", "order_2")
    with ledger.transaction(SYSTEM) as transaction:
        service.on_order_cancelled(transaction, OrderCancelled(order="order_1", plant="small", at=transaction.now))
    (withdrawn,) = emitted(ledger, OperationsWithdrawn)
    assert {str(key) for key in withdrawn.keys} == {row.key for row in operations(ledger, "order_1") if row.revision}
    assert {row.state for row in operations(ledger, "order_1")} == {OperationState.CANCELLED}
    assert [standing.state for standing in service.progress("order_1")] == []
    assert faults(ledger, service) == []


def test_an_order_is_planned_before_it_is_released(service: Service, ledger: Ledger) -> None:
    reserve(ledger, service, "order_1")
    with ledger.transaction(SYSTEM) as transaction:
        service.agenda()["scheduler.release"](transaction, {})
    assert emitted(ledger, OperationsReleased) == []
    service.make_plan(Message(id="scheduler.reason.order"))
    assert [event.order for event in emitted(ledger, OrderPlanned)] == ["order_1"]
    (released,) = emitted(ledger, OperationsReleased)
    assert {entry.revision for entry in released.operations} == {1}


def test_a_piece_reserved_anew_continues_with_the_next_attempt(service: Service, ledger: Ledger) -> None:
    reserve(ledger, service, "order_1", demand("p"))
    with ledger.transaction(SYSTEM) as transaction:
        service.release(transaction, "order_1")
        service.reserve(transaction, "order_1", [demand("p", weld_s=600)], None)
    live = [row for row in operations(ledger, "order_1") if row.state == OperationState.PLANNED]
    assert {row.attempt for row in live} == {2}
    assert {key for row in live for key in row.after} <= {row.key for row in live}
    assert faults(ledger, service) == []
