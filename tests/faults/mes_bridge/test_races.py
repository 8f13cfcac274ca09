"""Many clients at once: each work order has one holder, each report one effect, each failure one non-conformance."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contracts.access import Principal, Role
from contracts.events import NonConformanceRaised, OperationCompleted, OperationStarted
from contracts.problems import Problem
from contracts.work_order import LeaseRequest, Report
from ledger.unit_of_work import Ledger
from tests.unit.mes_bridge.shop import MES, START, Shop

CLIENTS = [Principal(id=f"client_{number}", role=Role.MACHINE_CLIENT) for number in range(6)]


@pytest.fixture
def shop(ledger_on: Ledger) -> Shop:
    return Shop(ledger_on)


def at_once(*acts: Any) -> list[Any]:
    """The answers, or the problems raised."""

    def guarded(act: Any) -> Any:
        try:
            return act()
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(guarded, acts))


def test_no_two_clients_get_the_same_work_order(shop: Shop) -> None:
    for number in range(10):
        shop.release(f"piece_{number}")

    def lease_all(client: Principal) -> list[str]:
        got: list[str] = []
        while items := shop.service.lease(LeaseRequest(count=2), client):
            got += [item.work_order for item in items]
        return got

    answers = at_once(*[lambda client=client: lease_all(client) for client in CLIENTS])
    leased = Counter(work_order for got in answers for work_order in got)
    assert set(leased.values()) == {1}
    assert len(shop.service.lease(LeaseRequest(count=200), MES)) + len(leased) == 20, "one cut and one wheel of each piece"


def test_a_report_sent_by_six_connections_has_one_effect(shop: Shop) -> None:
    shop.release()
    cut = shop.id_of(10)
    answers = at_once(*[lambda: shop.report(cut, "completed", report="same", minutes=1) for _ in range(6)])
    assert {answer.state.value for answer in answers} == {"closed"}
    assert len(shop.events(OperationStarted)) == len(shop.events(OperationCompleted)) == 1


def test_values_of_both_checkpoints_at_once_close_the_operation_once(shop: Shop) -> None:
    shop.release()
    true = shop.id_of(40)
    shop.report(true, "completed")
    at_once(*[lambda name=name: shop.measure(true, name, measurement=name) for name in ("runout", "tension")])
    assert shop.state(40) == "closed"
    assert len(shop.events(OperationCompleted)) == 1


def test_two_failures_at_once_open_one_nonconformance_and_nothing_starts_on_them(shop: Shop) -> None:
    shop.release()
    shop.make(10, 20, 30)
    true = shop.id_of(40)
    shop.report(true, "completed")
    shop.measure(true, "runout", measurement="good")
    answers = at_once(
        lambda: shop.measure(true, "tension", "11", measurement="bad"),
        lambda: shop.measure(true, "runout", "11", measurement="worse", corrects="good"),
        lambda: shop.service.lease(LeaseRequest(machine_group="ASSY"), MES),
    )
    assert answers[2] == []
    assert len(shop.events(NonConformanceRaised)) == 1
    assert (shop.state(40), shop.state(50)) == ("held", "held")


def test_a_list_misses_no_change_while_others_write(shop: Shop) -> None:
    for number in range(8):
        shop.release(f"piece_{number}")
    first = [(one.piece, one.work_order) for one in shop.listed() if one.operation.sequence == 10]

    def complete(pairs: list[tuple[str, str]]) -> None:
        for piece, work_order in pairs:
            shop.service.report(work_order, _completed(piece), MES)

    def follow() -> set[str]:
        seen, since = set(), 0
        for _ in range(400):
            items = shop.service.work_orders(MES, since=since, limit=3)
            for item in items:
                since = item.change
                if item.state.value == "closed":
                    seen.add(item.work_order)
            if len(seen) == len(first):
                break
        return seen

    *_, seen = at_once(*[lambda part=part: complete(first[part::3]) for part in range(3)], follow)
    assert seen == {work_order for _, work_order in first}


def _completed(piece: str) -> Report:
    return Report(report=f"done-{piece}", revision=1, kind="completed", at=START)
