"""What the plan needs of each material: from stock, awaited, or bought by a day; begun work took its own already."""

from datetime import date, datetime, timedelta

from flask.testing import FlaskClient

from contracts.listing import Question
from ledger.unit_of_work import Ledger
from scheduler.engine.operations import instant, seconds_of
from scheduler.engine.plant import parse_plant
from scheduler.engine.requirements import Need, Source, left_after, requirements
from scheduler.service import Service
from tests.scheduling import PLANT, demand, opened, operations, report_started, reserve, settled
from tests.unit.scheduler.test_board import planner_app

SMALL = parse_plant(PLANT)
NOON_S = seconds_of(datetime.fromisoformat("2026-11-24T11:00:00+00:00"))


def need(order: str, quantity: int, source: Source, days: int = 0) -> Need:
    return Need("tube", "mm", quantity, source, order, NOON_S + days * 86_400, NOON_S)


def test_needs_of_a_day_are_added_up_by_source_and_late_evenings_belong_to_the_plants_day() -> None:
    late = Need("tube", "mm", 7, Source.STOCK, "c", NOON_S + 12 * 3600 + 1800, NOON_S)
    found = requirements(SMALL, [need("a", 100, Source.STOCK), need("a", 50, Source.AWAITED), need("b", 30, Source.BOUGHT), late])
    assert [(row.day, row.quantity, len(row.orders)) for row in found] == [(date(2026, 11, 24), 180, 2), (date(2026, 11, 25), 7, 1)]
    assert found[0].by_source == {Source.STOCK: 100, Source.AWAITED: 50, Source.BOUGHT: 30}
    assert found[0].order_by_s == NOON_S - 3 * 86_400, "three days of lead time"
    assert found[1].order_by_s is None
    assert left_after(found, {"tube": 1000}) == {0: 900, 1: 893}


def filled(ledger: Ledger) -> Service:
    """4,000 mm in stock, 2,000 awaited: the thirteenth piece of 500 mm is bought for."""
    service = opened(ledger)
    for number in range(13):
        reserve(ledger, service, f"order_{number:02}", demand(f"p{number:02}"))
    settled(ledger, service)
    return service


def asked(service: Service, **question: object) -> list[tuple[int, int, int, int]]:
    rows = service.material_requirements(Question(**{"sort": "day", **question})).rows  # type: ignore[arg-type]
    return [(row.needed.value, row.from_stock.value, row.awaited.value, row.to_buy.value) for row in rows]


def test_what_orders_reserve_is_listed_by_day_and_sums_to_what_they_need(ledger: Ledger) -> None:
    service = filled(ledger)
    every = asked(service)
    assert [sum(column) for column in zip(*every, strict=True)] == [6500, 4000, 2000, 500]
    bought = service.material_requirements(Question("order_by", filters={"buy": "yes"})).rows
    assert [row.to_buy.value for row in bought] == [500]
    assert bought[0].order_by is not None
    assert bought[0].order_by <= bought[0].day - timedelta(days=3)
    assert not bought[0].overdue
    assert service.material_requirements(Question("day", search="tub nothing")).matching == 0
    assert service.material_requirements(Question("day", search="TUB")).rows[-1].stock_left.value == 0


def test_begun_work_took_its_material(ledger: Ledger) -> None:
    service = filled(ledger)
    first = operations(ledger)[0]
    cut = next(row for row in operations(ledger) if row.machine_group == "CUT" and row.order == first.order)
    report_started(ledger, service, cut, instant(cut.start_s))
    assert sum(row[0] for row in asked(service)) == 6000


def test_page_api_and_sheets(ledger: Ledger) -> None:
    client: FlaskClient = planner_app(filled(ledger)).test_client()
    page = client.get("/planner/materials?buy=yes&lang=en").text
    assert "tube" in page
    assert "500" in page
    assert [row["to_buy"]["value"] for row in client.get("/api/v1/material-requirements?buy=yes").get_json()["items"]] == [500]
    assert client.get("/api/v1/material-requirements.csv").text.count("\r\n") > 1
    assert client.get("/api/v1/material-requirements.xlsx").data[:2] == b"PK"
