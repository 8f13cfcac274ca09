"""A rush order: three ways, each naming who pays for it; going one is one change that can be taken back."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from contracts.access import Principal, Role
from contracts.problems import InvalidInput, NotFound, PlanChanged, PlanInvalid
from contracts.texts import Message
from ledger.unit_of_work import Ledger
from scheduler.rush import Rush, Seen
from scheduler.service import Service
from scheduler.tables import PlannerChangeRow, PlantRow
from tests.scheduling import demand, faults, opened, operations, reserve, settled
from tests.unit.scheduler.test_board import planner_app
from tests.unit.scheduler.test_scenarios import OVERTIME

KIM = Principal(id="staff_kim", role=Role.PLANNER, name="kim")
LEE = Principal(id="staff_lee", role=Role.PLANNER, name="lee")
NUMBER = "00000000000000000000"
"""Of an order as the ledger gives it, but for its end."""


def order(number: int) -> str:
    return f"order_{NUMBER}ABCD{number}"


LAST = order(9)


@pytest.fixture
def service(ledger: Ledger) -> Service:
    """The welders are booked for days: who came last waits longest."""
    service = opened(ledger, OVERTIME)
    for number in range(1, 10):
        reserve(ledger, service, order(number), demand(f"{order(number)}-p", tube=100))
    settled(ledger, service)
    service.make_plan(Message(id="scheduler.reason.order"))
    return service


def places(ledger: Ledger) -> list[tuple[str, str, int, bool]]:
    return sorted((row.key, row.machine, row.start_s, row.pinned) for row in operations(ledger))


def last_of(ledger: Ledger, service: Service) -> str:
    """The order that is expected last."""
    with ledger.reading() as session, service.live.read(session, 0) as book:
        return max(book.promises.values(), key=lambda promise: (promise.finish_s, promise.order)).order


def test_three_ways_name_who_pays_and_change_nothing(ledger: Ledger, service: Service) -> None:
    before = places(ledger)
    rush = service.rushes.ways(last_of(ledger, service), None)
    payers = {way.payer: way for way in rush.ways}
    assert {"house", "customers"} <= payers.keys()
    assert len(rush.ways) == len({way.way for way in rush.ways}) <= 3
    assert all(way.expected_at < (rush.expected_at or way.expected_at) for way in rush.ways)
    assert payers["house"].cost.amount == payers["house"].figures.overtime.amount - rush.now.overtime.amount > 0
    assert payers["house"].later == ()
    assert payers["customers"].cost.amount == 0
    assert all(each.expected_at > each.expected_before_at for each in payers["customers"].later)
    assert len(payers["customers"].later) > 0
    assert places(ledger) == before


def test_a_wanted_day_says_which_way_makes_it(ledger: Ledger, service: Service) -> None:
    last = last_of(ledger, service)
    earliest = service.rushes.ways(last, None).ways[0].expected_at
    by = service.rushes.ways(last, earliest.date() - timedelta(days=1))
    assert not any(way.in_time for way in by.ways)
    by = service.rushes.ways(last, earliest.date())
    assert by.ways[0].in_time
    with pytest.raises(InvalidInput):
        service.rushes.ways(last, date(2026, 11, 1))
    with pytest.raises(NotFound):
        service.rushes.ways("order_none", None)


def chosen(rush: Rush, payer: str) -> str:
    return next(way.way for way in rush.ways if way.payer == payer)


@pytest.mark.parametrize("payer", ["house", "customers"])
def test_a_way_that_is_gone_holds_in_every_plan_to_come(ledger: Ledger, service: Service, payer: str) -> None:
    last = last_of(ledger, service)
    shown = next(way for way in service.rushes.ways(last, None).ways if way.payer == payer)
    seen = Seen(shown.expected_at, {each.order: each.expected_at for each in shown.later})
    done = service.rushes.go(last, shown.way, None, "customer asks", seen, KIM)
    assert (done.kind, done.order, done.reason) == ("rush", last, "customer asks")
    assert faults(ledger, service) == []
    assert service.way(last).expected_at == shown.expected_at
    service.make_plan(Message(id="scheduler.reason.again"))
    assert service.way(last).expected_at <= shown.expected_at, "the next plan keeps it"
    assert faults(ledger, service) == []


@pytest.mark.parametrize("payer", ["house", "customers"])
def test_what_was_gone_is_undone_to_the_second(ledger: Ledger, service: Service, payer: str) -> None:
    last, before = last_of(ledger, service), places(ledger)
    service.rushes.go(last, chosen(service.rushes.ways(last, None), payer), None, "", Seen(), KIM)
    assert places(ledger) != before
    assert head(ledger).ordered != [] or payer == "customers"
    with pytest.raises(PlanInvalid):
        service.undo(LEE)
    assert service.undo(KIM).exact
    assert places(ledger) == before
    assert head(ledger).ordered == []
    assert faults(ledger, service) == []


def head(ledger: Ledger) -> PlantRow:
    with ledger.reading() as session:
        return session.get_one(PlantRow, "small")


def test_an_order_of_several_pieces_holds_each_piece_and_lets_go_of_each(ledger: Ledger, service: Service) -> None:
    reserve(ledger, service, "order_two", demand("one", tube=100), demand("two", tube=100))
    settled(ledger, service)
    before = places(ledger)
    service.rushes.go("order_two", "first", None, "", Seen(), KIM)
    held = [row for row in operations(ledger, "order_two") if row.pinned]
    assert {(row.piece, row.sequence) for row in held} == {("one", 40), ("two", 40)}
    assert service.undo(KIM).exact
    assert places(ledger) == before


def test_what_is_worse_than_shown_is_not_gone(ledger: Ledger, service: Service) -> None:
    last = last_of(ledger, service)
    way = next(way for way in service.rushes.ways(last, None).ways if way.payer == "customers")
    for seen in (Seen(way.expected_at - timedelta(days=1)), Seen(way.expected_at, {})):
        with pytest.raises(PlanChanged):
            service.rushes.go(last, way.way, None, "", seen, KIM)
    with pytest.raises(PlanInvalid):
        service.rushes.go(last, "partner:x:y", None, "", Seen(), KIM)
    with ledger.reading() as session:
        assert session.exec(select(PlannerChangeRow)).all() == []


def test_one_more_like_an_order_is_answered_and_takes_nothing(ledger: Ledger, service: Service) -> None:
    before = places(ledger)
    rush = service.rushes.ways_like(LAST, None)
    ways = {way.payer: way for way in rush.ways}
    assert rush.order is None
    assert {"nobody", "customers"} <= ways.keys()
    assert ways["customers"].expected_at < ways["nobody"].expected_at, "who waits for nobody is not earlier than who goes first"
    assert ways["nobody"].later == ()
    assert places(ledger) == before
    again = service.rushes.ways_like(LAST, None)
    assert again == rush, "no material was kept for it"


def test_an_order_is_called_by_its_end(service: Service) -> None:
    assert service.rushes.meant("abcd9") == LAST
    for code in ("ABCD", "ZZZZ9", ""):
        with pytest.raises(NotFound):
            service.rushes.meant(code)


def test_over_http_and_on_the_page(ledger: Ledger, service: Service) -> None:
    app = planner_app(service)
    app.config["WTF_CSRF_ENABLED"] = False
    client: FlaskClient = app.test_client()
    last = last_of(ledger, service)
    told = client.get(f"/api/v1/orders/{last}/rush").get_json()
    assert all(way["says"] for way in told["ways"])
    assert client.get(f"/api/v1/rush?like={last}").get_json()["like"] == last
    assert client.get(f"/api/v1/orders/{last}/rush?by=yesterday").status_code == 422
    page = client.get(f"/planner/rush?order={last[-5:]}&lang=en").text
    assert "Customers whose orders come later" in page
    assert "The house." in page
    assert "like order" in client.get(f"/planner/rush?order={last}&kind=like&lang=en").text
    for address, status, words in (
        ("/planner/rush?order=nothing", 404, "nothing"),
        (f"/planner/rush?order={last}&by=2026-11-01", 422, "over"),
        (f"/planner/rush?order={last}&by=x", 422, "date"),
    ):
        refused = client.get(f"{address}&lang=en")
        assert (refused.status_code, words in refused.text) == (status, True), address
    way = next(way for way in told["ways"] if way["payer"] == "customers")
    form = {"order": last, "way": way["way"], f"expected:{way['way']}": way["expected_at"], "reason": "asked"}
    refused = client.post("/planner/rush?lang=en", data=form)
    assert (refused.status_code, "Look at it again" in refused.text) == (409, True)
    later = [f"{each['order']} {each['expected_at']}" for each in way["later"]]
    done = client.post("/planner/rush?lang=en", data={**form, f"later:{way['way']}": later}, follow_redirects=True)
    assert "locked in its place" in done.text
    assert "hurried" in client.get("/planner/changes?lang=en").text
    assert client.post("/api/v1/plans/current/moves/undo", json={}).status_code == 200
    wish = {
        "way": way["way"],
        "reason": "r",
        "expected_at": way["expected_at"],
        "promises": {each["order"]: each["expected_at"] for each in way["later"]},
    }
    assert client.post(f"/api/v1/orders/{last}/rush", json=wish).get_json()["kind"] == "rush"
