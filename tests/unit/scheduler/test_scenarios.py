"""What if: tried beside the plan, adopted with every plan to come, taken back, or put aside."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlmodel import select

from contracts.access import Principal, Role
from contracts.problems import InvalidInput, NotFound, TransitionRefused
from contracts.texts import Message
from ledger.unit_of_work import Ledger
from scheduler.engine.operations import instant, seconds_of
from scheduler.scenarios import adopt
from scheduler.service import Service
from scheduler.supposing import Asked, OvertimeSpan, ShiftSpan, StopSpan
from scheduler.tables import BlockedRow, PlantRow
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
WELDING = Asked([OvertimeSpan(group="WELD", first=TODAY, last=NEXT_WEEK)])


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
    scenario, _ = service.scenarios.ask("Welding longer", WELDING, KIM)
    assert service.scenarios.shown(scenario).state == "asked"
    settled(ledger, service)
    tried = service.scenarios.shown(scenario)
    assert tried.state == "tried"
    assert tried.outcome is not None
    assert {entry.day for entry in tried.overtime} == {TODAY + timedelta(days=step) for step in (0, 1, 2, 3, 6, 7)}, "no weekend"
    assert tried.outcome.then.overtime_s > tried.outcome.now.overtime_s
    assert tried.outcome.then.late_by_s <= tried.outcome.anew.late_by_s
    assert tried.outcome.then.overtime.amount == -(-tried.outcome.then.overtime_s * 6000 // 3600)
    assert [(row.key, row.machine, row.start_s) for row in operations(ledger)] == before


def test_what_is_adopted_holds_for_every_plan_to_come(ledger: Ledger, service: Service) -> None:
    scenario, _ = service.scenarios.ask("Welding longer", WELDING, KIM)
    with pytest.raises(TransitionRefused):
        service.scenarios.adopt(scenario, KIM)
    settled(ledger, service)
    service.scenarios.adopt(scenario, KIM)
    settled(ledger, service)
    assert service.plan_version().reason == Message(id="scheduler.reason.adopted", params={"by": "kim", "title": "Welding longer"})
    assert in_overtime(ledger) > 0
    assert faults(ledger, service) == []
    reserve(ledger, service, "order_9")
    service.make_plan(Message(id="scheduler.reason.again"))
    assert in_overtime(ledger) > 0
    assert faults(ledger, service) == []
    with pytest.raises(TransitionRefused):
        service.scenarios.discard(scenario, KIM)


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
            service.scenarios.ask("x", Asked([span]), KIM)
        assert refused.value.errors[0].pointer == pointer
    with pytest.raises(NotFound):
        service.scenarios.shown("nothing")


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
    assert "With it" in client.get(page).text
    listed = client.get("/planner/scenarios?lang=en").text
    assert "Longer" in listed
    refused = client.post("/planner/scenarios", data={"name": "x", "group": "WELD", "first": "2026-11-28", "last": "2026-11-29"})
    assert refused.status_code == 422
    assert "On none of these days" in refused.text
    discarded = client.post(page.replace("?", "/discard?"), follow_redirects=True)
    assert "Put aside." in discarded.text
    refused = client.post(f"{asked.get_json()['href']}/adopt")
    assert (refused.status_code, refused.get_json()["type"]) == (409, "/problems/transition-refused")


def stop(machine: str, hours: int, days: int = 1) -> Asked:
    start = instant(seconds_of(datetime(2026, 11, 24, 8, tzinfo=ZoneInfo("Europe/Amsterdam")))) + timedelta(days=days)
    return Asked(stops=[StopSpan(machine=machine, start=start, end=start + timedelta(hours=hours))])


SATURDAY = Asked(shifts=[ShiftSpan(shift="day", days=("sat",), start="06:00", end="14:00", first=TODAY, last=NEXT_WEEK)])


LONGER = Asked(shifts=[ShiftSpan(shift="day", days=("tue", "wed", "thu", "fri"), start="08:00", end="22:00", first=TODAY, last=NEXT_WEEK)])


def places(ledger: Ledger) -> list[tuple[str, str, int]]:
    return [(row.key, row.machine, row.start_s) for row in operations(ledger)]


def tried(ledger: Ledger, service: Service, name: str, asked: Asked) -> str:
    scenario, _ = service.scenarios.ask(name, asked, KIM)
    settled(ledger, service)
    assert service.scenarios.shown(scenario).state == "tried"
    return scenario


def test_a_machine_that_stands_still_costs_time_and_touches_nothing(ledger: Ledger, service: Service) -> None:
    before = places(ledger)
    scenario = tried(ledger, service, "Welder serviced", stop("WELD-1", 10))
    outcome = service.scenarios.shown(scenario).outcome
    assert outcome is not None
    assert outcome.then.late_by_s > outcome.anew.late_by_s
    assert [each.order for each in outcome.promises], "somebody waits a day longer"
    assert places(ledger) == before


def test_an_adopted_stop_keeps_its_machine_free_at_once_and_is_taken_back(ledger: Ledger, service: Service) -> None:
    scenario = tried(ledger, service, "Welder serviced", stop("WELD-1", 10))
    shown = service.scenarios.shown(scenario).stops[0]
    service.scenarios.adopt(scenario, KIM)
    assert faults(ledger, service) == [], "what stood there moved in the same transaction"
    settled(ledger, service)
    assert faults(ledger, service) == []
    taken = [row for row in operations(ledger) if row.machine == "WELD-1" and row.state != "done"]
    assert all(instant(row.end_s) <= shown.start_at or instant(row.setup_start_s) >= shown.end_at for row in taken)
    service.scenarios.withdraw(scenario, KIM)
    settled(ledger, service)
    assert service.plan_version().reason.params["title"] == "Welder serviced"
    with ledger.reading() as session:
        assert [row.to_s - row.from_s for row in session.exec(select(BlockedRow)).all()] == [0]
    assert service.scenarios.shown(scenario).state == "withdrawn"
    with pytest.raises(TransitionRefused):
        service.scenarios.withdraw(scenario, KIM)


def test_a_longer_shift_is_worked_once_it_is_adopted_and_no_longer_when_it_is_taken_back(ledger: Ledger, service: Service) -> None:
    scenario = tried(ledger, service, "Until ten", LONGER)
    outcome = service.scenarios.shown(scenario).outcome
    assert outcome is not None
    assert outcome.then.overtime_s > 0, "hours beyond the weekly ones"
    assert outcome.then.overtime.amount == -(-outcome.then.overtime_s * 6000 // 3600)
    assert outcome.then.cost.amount == outcome.then.overtime.amount + outcome.then.setups.amount
    assert in_overtime(ledger) == 0
    service.scenarios.adopt(scenario, KIM)
    settled(ledger, service)
    assert in_overtime(ledger) > 0
    assert faults(ledger, service) == []
    service.scenarios.withdraw(scenario, KIM)
    assert in_overtime(ledger) == 0, "in the same transaction"
    assert faults(ledger, service) == []
    settled(ledger, service)
    assert (in_overtime(ledger), faults(ledger, service)) == (0, [])


def test_what_another_adopted_scenario_wants_too_stays_when_one_is_taken_back(ledger: Ledger, service: Service) -> None:
    first, second = (tried(ledger, service, name, WELDING) for name in ("One", "Two"))
    for scenario in (first, second):
        service.scenarios.adopt(scenario, KIM)
    with ledger.reading() as session:
        both = session.get_one(PlantRow, "small").ordered
    service.scenarios.withdraw(first, KIM)
    with ledger.reading() as session:
        assert session.get_one(PlantRow, "small").ordered == both != []
    service.scenarios.withdraw(second, KIM)
    with ledger.reading() as session:
        assert session.get_one(PlantRow, "small").ordered == []


def test_a_refused_adoption_leaves_the_plan_in_memory_as_it_was(ledger: Ledger, service: Service) -> None:
    scenario = tried(ledger, service, "Saturday", SATURDAY)
    before = places(ledger)
    with pytest.raises(NotFound):
        adopted_then_failed(ledger, service, scenario)
    assert faults(ledger, service) == []
    assert service.scenarios.plant().shift_changes == ()
    assert places(ledger) == before
    service.scenarios.adopt(scenario, KIM)
    settled(ledger, service)
    assert len(service.scenarios.plant().shift_changes) == 1


def adopted_then_failed(ledger: Ledger, service: Service, scenario: str) -> None:
    with ledger.transaction(KIM) as transaction:
        adopt(transaction, service.live, scenario)
        adopt(transaction, service.live, "nothing")


def test_stops_and_shifts_that_make_no_sense_are_refused_with_their_place(service: Service) -> None:
    shift = SATURDAY.shifts[0]
    for asked, pointer in (
        (Asked(), "/"),
        (stop("NONE", 1), "/stops/0/machine"),
        (stop("WELD-1", 0), "/stops/0/end"),
        (stop("WELD-1", 24 * 40), "/stops/0/end"),
        (stop("WELD-1", 1, days=-1), "/stops/0/end"),
        (Asked(shifts=[shift.model_copy(update={"shift": "night"})]), "/shifts/0/shift"),
        (Asked(shifts=[shift.model_copy(update={"last": TODAY})]), "/shifts/0/days"),
        (Asked(shifts=[shift.model_copy(update={"last": TODAY + timedelta(days=40)})]), "/shifts/0/last"),
    ):
        with pytest.raises(InvalidInput) as refused:
            service.scenarios.ask("x", asked, KIM)
        assert refused.value.errors[0].pointer == pointer


def test_scenarios_stand_side_by_side_and_are_tried_again(ledger: Ledger, service: Service) -> None:
    app = planner_app(service)
    app.config["WTF_CSRF_ENABLED"] = False
    client: FlaskClient = app.test_client()
    form = {"name": "Serviced", "machine": "WELD-1", "stop_start": "2026-11-25T08:00", "stop_end": "2026-11-25T18:00"}
    page = client.post("/planner/scenarios", data=form).headers["Location"]
    form = {"name": "Saturday", "shift": "day", "day": ["sat", "sun"], "shift_start": "06:00", "shift_end": "14:00"}
    span = {"shift_first": "2026-11-24", "shift_last": "2026-12-01"}
    other = client.post("/planner/scenarios", data={**form, **span}).headers["Location"].rpartition("/")[2]
    settled(ledger, service)
    assert ">Saturday</th>" not in client.get(f"{page}?lang=en").text
    beside = client.get(f"{page}?lang=en&with={other}").text
    assert ">Saturday</th>" in beside
    assert "kWh" in beside
    again = client.post(f"/api/v1{page.removeprefix('/planner')}/again")
    assert (again.status_code, client.get(again.get_json()["href"]).get_json()["state"]) == (202, "asked")
    for fault, data in (
        ("Choose at least one", {"name": "x"}),
        ("None of these weekdays", {**form, "shift_first": "2026-11-24", "shift_last": "2026-11-24"}),
        ("not", {"name": "x", "machine": "WELD-1", "stop_start": "soon", "stop_end": "later"}),
    ):
        refused = client.post("/planner/scenarios?lang=en", data=data)
        assert (refused.status_code, fault in refused.text) == (422, True)
