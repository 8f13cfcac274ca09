"""What if a group worked overtime: tried beside the plan, adopted with every plan to come, or put aside."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient

from contracts.access import Principal, Role
from contracts.problems import InvalidInput, NotFound, TransitionRefused
from contracts.texts import Message
from ledger.unit_of_work import Ledger
from scheduler.engine.operations import instant
from scheduler.scenarios import OvertimeSpan
from scheduler.service import Service
from tests.scheduling import PLANT, faults, opened, operations, placed, report_started, reserve, settled
from tests.unit.scheduler.test_board import planner_app

KIM = Principal(id="staff_kim", role=Role.PLANNER, name="kim")
OVERTIME = f"""{PLANT}
overtime:
  price_minor_per_h: 6000
  hours:
    - {{days: [mon, tue, wed, thu, fri], start: "18:00", end: "22:00", shift: day}}
"""
TODAY, NEXT_WEEK = date(2026, 11, 24), date(2026, 12, 1)
WELDING = (OvertimeSpan(group="WELD", first=TODAY, last=NEXT_WEEK),)


@pytest.fixture
def service(ledger: Ledger) -> Service:
    """The welders are behind: the first piece takes a day more than planned."""
    service = opened(ledger, OVERTIME)
    placed(ledger, service, *(f"order_{number}" for number in range(1, 6)))
    weld = min((row for row in operations(ledger) if row.machine_group == "WELD"), key=lambda row: row.start_s)
    report_started(ledger, service, weld, instant(weld.start_s) + timedelta(hours=7))
    settled(ledger, service)
    return service


def test_a_scenario_is_tried_beside_the_plan_and_changes_nothing(ledger: Ledger, service: Service) -> None:
    before = [(row.key, row.machine, row.start_s) for row in operations(ledger)]
    scenario, _ = service.ask_what_if("Welding longer", WELDING, KIM)
    assert service.scenario(scenario).state == "asked"
    settled(ledger, service)
    tried = service.scenario(scenario)
    assert tried.state == "tried"
    assert tried.outcome is not None
    assert {entry.day for entry in tried.overtime} == {TODAY + timedelta(days=step) for step in (0, 1, 2, 3, 6, 7)}, "no weekend"
    assert tried.outcome.then.overtime_s > tried.outcome.now.overtime_s
    assert tried.outcome.then.late_by_s <= tried.outcome.anew.late_by_s
    assert tried.outcome.then.cost.amount == -(-tried.outcome.then.overtime_s * 6000 // 3600)
    assert [(row.key, row.machine, row.start_s) for row in operations(ledger)] == before


def test_what_is_adopted_holds_for_every_plan_to_come(ledger: Ledger, service: Service) -> None:
    scenario, _ = service.ask_what_if("Welding longer", WELDING, KIM)
    with pytest.raises(TransitionRefused):
        service.adopt(scenario, KIM)
    settled(ledger, service)
    service.adopt(scenario, KIM)
    settled(ledger, service)
    assert service.plan_version().reason == Message(id="scheduler.reason.adopted", params={"by": "kim", "title": "Welding longer"})
    assert in_overtime(ledger) > 0
    assert faults(ledger, service) == []
    reserve(ledger, service, "order_9")
    service.make_plan(Message(id="scheduler.reason.again"))
    assert in_overtime(ledger) > 0
    assert faults(ledger, service) == []
    with pytest.raises(TransitionRefused):
        service.discard(scenario, KIM)


def in_overtime(ledger: Ledger) -> int:
    """Welds that run after six in the evening."""
    zone = ZoneInfo("Europe/Amsterdam")
    welds = [row for row in operations(ledger) if row.machine_group == "WELD" and row.state in ("planned", "released")]
    return sum(instant(row.end_s).astimezone(zone).hour >= 18 for row in welds)


def test_questions_that_make_no_sense_are_refused_with_their_place(service: Service) -> None:
    for span, pointer in (
        (OvertimeSpan(group="NONE", first=TODAY, last=TODAY), "/overtime/0/group"),
        (OvertimeSpan(group="WELD", first=TODAY - timedelta(days=1), last=TODAY), "/overtime/0/last"),
        (OvertimeSpan(group="WELD", first=TODAY, last=TODAY + timedelta(days=40)), "/overtime/0/last"),
        (OvertimeSpan(group="WELD", first=date(2026, 11, 28), last=date(2026, 11, 29)), "/overtime"),
    ):
        with pytest.raises(InvalidInput) as refused:
            service.ask_what_if("x", (span,), KIM)
        assert refused.value.errors[0].pointer == pointer
    with pytest.raises(NotFound):
        service.scenario("nothing")


def test_over_http_and_on_the_page(ledger: Ledger, service: Service) -> None:
    app = planner_app(service)
    app.config["WTF_CSRF_ENABLED"] = False
    client: FlaskClient = app.test_client()
    wish = {"name": "Longer", "overtime": [{"group": "WELD", "first": "2026-11-24", "last": "2026-11-27"}]}
    asked = client.post("/api/v1/scenarios", json=wish)
    assert asked.status_code == 202
    page = f"/planner/scenarios/{asked.get_json()['scenario']}?lang=en"
    assert "It is being tried" in client.get(page).text
    settled(ledger, service)
    assert client.get(asked.get_json()["href"]).get_json()["state"] == "tried"
    assert "With the overtime" in client.get(page).text
    listed = client.get("/planner/scenarios?lang=en").text
    assert "Longer" in listed
    refused = client.post("/planner/scenarios", data={"name": "x", "group": "WELD", "first": "2026-11-28", "last": "2026-11-29"})
    assert refused.status_code == 422
    assert "On none of these days" in refused.text
    discarded = client.post(page.replace("?", "/discard?"), follow_redirects=True)
    assert "Put aside." in discarded.text
    refused = client.post(f"{asked.get_json()['href']}/adopt")
    assert (refused.status_code, refused.get_json()["type"]) == (409, "/problems/transition-refused")
