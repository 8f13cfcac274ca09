"""Buyers racing for the last hour, on both databases: nothing is sold twice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from contracts.access import SYSTEM, Principal, Role
from contracts.problems import NoPromise, PlanChanged, PlanInvalid
from contracts.texts import Message
from ledger.unit_of_work import Ledger
from scheduler.engine.moving import Wish
from scheduler.moves import Seen
from scheduler.service import Service
from scheduler.standing import parse_key
from tests.scheduling import PLANT, demand, faults, opened, operations, placed, request

ONE_DAY = PLANT.replace("horizon_days: 30", "horizon_days: 1")


def test_racing_buyers_never_get_the_same_hour(ledger_on: Ledger) -> None:
    opened(ledger_on, ONE_DAY)
    services = [Service(ledger_on, "small") for _ in range(2)]
    buyers = 8
    start = Barrier(buyers)

    def buy(number: int) -> bool:
        service = services[number % 2]
        start.wait()
        assert service.quote([request()])
        try:
            with ledger_on.transaction(SYSTEM) as transaction:
                service.reserve(transaction, f"order_{number}", [demand(f"p{number}", weld_s=7200, tube=100)], None)
        except NoPromise:
            return False
        return True

    with ThreadPoolExecutor(buyers) as pool:
        sold = list(pool.map(buy, range(buyers)))
    assert 0 < sum(sold) < buyers
    rows = operations(ledger_on)
    assert len(rows) == 4 * sum(sold)
    assert faults(ledger_on, services[0]) == []


def test_quotes_reservations_and_plans_at_once_leave_a_sound_plan(ledger_on: Ledger) -> None:
    service = opened(ledger_on)
    start = Barrier(4)

    def work(kind: int) -> None:
        start.wait()
        for number in range(5):
            if kind == 0:
                service.make_plan(Message(id="scheduler.reason.again"))
            elif kind == 1:
                service.quote([request()] * 10)
            else:
                with ledger_on.transaction(SYSTEM) as transaction:
                    service.reserve(transaction, f"order_{kind}_{number}", [demand(f"p{kind}-{number}", weld_s=900)], None)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    service.make_plan(Message(id="scheduler.reason.again"))
    assert len(operations(ledger_on)) == 40
    assert faults(ledger_on, service) == []
    assert service.quote([request()]) == Service(ledger_on, "small").quote([request()])


def test_of_two_planners_who_move_the_same_operation_at_once_one_is_told(ledger_on: Ledger) -> None:
    services = [opened(ledger_on), Service(ledger_on, "small")]
    placed(ledger_on, services[0], "order_1", "order_2")
    last = next(row for row in operations(ledger_on, "order_2") if row.sequence == 40)
    seen, start = Seen(services[0].board().seq), Barrier(2)

    def move(number: int) -> bool:
        planner = Principal(id=f"staff_{number}", role=Role.PLANNER, name=f"planner {number}")
        wish = Wish(parse_key(last.key), "WELD-1", last.start_s + (number + 1) * 24 * 3600)
        start.wait()
        try:
            services[number].move(wish, planner, "mine", seen)
        except (PlanChanged, PlanInvalid) as refused:
            told = str(refused.params.get("by") or refused.errors[0].params["by"])
            assert told == f"planner {1 - number}"
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        moved = list(pool.map(move, range(2)))
    assert sum(moved) == 1
    (row,) = (row for row in operations(ledger_on, "order_2") if row.sequence == 40)
    assert row.start_s == last.start_s + (moved.index(True) + 1) * 24 * 3600
    assert faults(ledger_on, services[0]) == []
