"""With many open orders, no date moves without its customer being told, and the new date is the plan's finish and shipping."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from benchmarks.scheduler.moved_promise import changes_of, fail_frame, letters_of, open_orders, settle, tightest
from contracts.access import SYSTEM, Principal, Role
from contracts.work_order import MachineStateReport
from lotone.wiring import House

MACHINE = Principal(id="client_floor", role=Role.MACHINE_CLIENT, name="floor")


@pytest.fixture
def thirty() -> Iterator[House]:
    with open_orders(30, seed=1) as (house, placed):
        assert len(placed) == 30
        yield house


@pytest.fixture
def two_hundred() -> Iterator[House]:
    with open_orders(200, seed=1) as (house, placed):
        assert len(placed) == 200
        yield house


def everybody_knows(house: House) -> None:
    """Each order's customer was last told the plan's date, or the promised one where the plan keeps it; by event and letter alike."""
    told: dict[str, str] = {}
    changes = changes_of(house)
    for change in changes:
        told[change.order] = change.new_promised_at.isoformat()
    for order in house.scheduler.board().orders:
        with house.ledger.transaction(SYSTEM) as transaction:
            planned = house.scheduler.shipment(transaction, order.order, order.finish_at).delivered_by
        assert order.expected_at == planned
        assert told.get(order.order, order.promised_at.isoformat()) == max(order.promised_at, planned).isoformat()
    for name, moved in Counter(change.order for change in changes).items():
        assert len(letters_of(house, name)) == moved
    settled = house.scheduler.board().orders
    assert all(not letters_of(house, order.order) for order in settled if order.order not in told)


@pytest.mark.long
def test_a_remade_frame_moves_its_promise_and_whoever_else_moves_is_told(two_hundred: House) -> None:
    house = two_hundred
    order = tightest(house)
    fail_frame(house, order)
    settle(house)
    assert order in {change.order for change in changes_of(house)}
    letter = letters_of(house, order)[-1]
    change = [change for change in changes_of(house) if change.order == order][-1]
    params = letter["message"]["params"]  # type: ignore[index]
    assert params["old"] == change.model_dump(mode="json")["old_promised_at"]
    assert params["new"] == change.model_dump(mode="json")["new_promised_at"]
    assert params["cause"]["id"] == "scheduler.cause.remake"
    assert house.storefront.order(SYSTEM, order).choice_open, "wait, change or cancel"
    everybody_knows(house)


def test_a_broken_machine_moves_many_and_everybody_is_told(thirty: House) -> None:
    house = thirty
    before = len(changes_of(house))
    for _ in range(6):
        now = house.ledger.clock.now()
        house.mes_bridge.machine_state(MachineStateReport(machine="WELD-1", state="down", at=now, reason="breakdown"), MACHINE)
        settle(house)
        house.ledger.clock.step_from(now + timedelta(hours=1))  # letters wait to be counted, so the ledger never comes to rest
        settle(house)
        everybody_knows(house)
    assert len(changes_of(house)) > before
