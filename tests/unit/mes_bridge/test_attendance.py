"""Who is given a station's work: persons who work there, or machine clients?"""

from datetime import timedelta

import pytest

from contracts.access import Principal, Role
from contracts.problems import NotFound, StaleFence
from contracts.work_order import LeasedWorkOrder, LeaseReference, LeaseRequest
from ledger.dispatcher import Dispatcher
from mes_bridge import attendance
from tests.unit.mes_bridge.shop import MES, OPERATOR, Shop

SECOND = Principal(id="staff_p", role=Role.OPERATOR, name="second")


def leased(shop: Shop) -> dict[str, LeasedWorkOrder]:
    items = shop.service.lease(LeaseRequest(count=50, seconds=300), MES)
    for item in items:
        shop.service.acknowledge(item.work_order, LeaseReference(revision=item.revision, fence=item.fence), MES)
    return {item.operation.machine: item for item in items}


def run_agenda(shop: Shop) -> None:
    Dispatcher(shop.ledger, [], shop.service.agenda()).run_once()


def test_a_client_is_given_nothing_of_a_station_where_a_person_works(shop: Shop) -> None:
    shop.release()
    shop.service.attend("CUT-1", OPERATOR)
    assert set(leased(shop)) == {"TRUE-1"}
    shop.service.leave("CUT-1", OPERATOR)
    assert set(leased(shop)) == {"CUT-1"}


def test_what_a_client_holds_unbegun_is_taken_back_and_its_fence_is_stale(shop: Shop) -> None:
    shop.release()
    item = leased(shop)["CUT-1"]
    shop.service.attend("CUT-1", OPERATOR)
    assert shop.state(10) == "released"
    with pytest.raises(StaleFence):
        shop.report(item.work_order, "started", fence=item.fence)
    assert shop.service.start(item.work_order, OPERATOR).state == "in_progress"


def test_what_a_client_has_begun_stays_its_own(shop: Shop) -> None:
    shop.release()
    item = leased(shop)["CUT-1"]
    shop.report(item.work_order, "started", fence=item.fence)
    shop.service.attend("CUT-1", OPERATOR)
    assert shop.report(item.work_order, "completed", fence=item.fence).state == "closed"


def test_starting_an_operation_is_working_there(shop: Shop) -> None:
    shop.release()
    shop.release("piece_2")
    shop.service.start(shop.id_of(10), OPERATOR)
    assert {station.machine: station.attended_by for station in shop.service.stations()}["CUT-1"] == OPERATOR.id
    assert set(leased(shop)) == {"TRUE-1"}


def test_a_left_station_is_news_to_clients(shop: Shop) -> None:
    shop.release()
    shop.service.attend("CUT-1", OPERATOR)
    since = max(item.change for item in shop.listed())
    shop.service.leave("CUT-1", OPERATOR)
    assert [item.operation.machine for item in shop.service.work_orders(MES, since=since)] == ["CUT-1"]


def test_a_person_who_enters_nothing_for_five_minutes_has_gone(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.release()
    shop.service.attend("CUT-1", OPERATOR)
    run_agenda(shop)
    assert set(leased(shop)) == {"TRUE-1"}
    later = shop.ledger.clock.real_now() + attendance.STAYS + timedelta(seconds=1)
    monkeypatch.setattr(shop.ledger.clock, "real_now", lambda: later)
    run_agenda(shop)
    assert "CUT-1" in leased(shop)


def test_with_something_in_hand_a_person_is_still_there(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.release()
    shop.release("piece_2")
    shop.service.start(shop.id_of(10), OPERATOR)
    later = shop.ledger.clock.real_now() + attendance.STAYS + timedelta(seconds=1)
    monkeypatch.setattr(shop.ledger.clock, "real_now", lambda: later)
    run_agenda(shop)
    assert set(leased(shop)) == {"TRUE-1"}


def test_the_last_one_who_comes_has_the_station(shop: Shop) -> None:
    shop.release()
    shop.service.attend("CUT-1", OPERATOR)
    shop.service.attend("CUT-1", SECOND)
    assert {station.attended_by for station in shop.service.stations() if station.machine == "CUT-1"} == {SECOND.id}


def test_an_unknown_station_is_refused(shop: Shop) -> None:
    with pytest.raises(NotFound):
        shop.service.attend("NOWHERE-1", OPERATOR)
