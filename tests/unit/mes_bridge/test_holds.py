"""An alarm holds the machine's next pieces by the plant's rule, for everybody, until a person of quality says what it was."""

from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlmodel import select

from contracts.access import Principal, Role
from contracts.gauges import InspectionRules
from contracts.problems import MachineHeld
from contracts.work_order import LeaseRequest, Report
from ledger.tables import AuditRow
from mes_bridge.engine.holding import holding
from mes_bridge.engine.protocols.opcua import Command, ReturnStatus
from mes_bridge.holds import ReleaseMachine
from mes_bridge.job_control import Called, JobControl
from tests.unit.mes_bridge.shop import MES, OPERATOR, Shop
from tests.unit.mes_bridge.site import site

QUALITY = Principal(id="staff_q", role=Role.QUALITY, name="quinn")
STEADY = ("10.000", "10.003", "9.998", "10.001", "9.999", "10.002")
JUMP = "10.08"
"""In tolerance, and nothing like what came before."""


def test_only_the_rules_that_the_plant_names_hold_and_only_for_the_latest_value() -> None:
    steady = [0.5, 0.51, 0.49, 0.505, 0.495, 0.5]
    assert holding([*steady, 0.9], ["western_electric_1"], one_sided=False) == ("western_electric_1",)
    assert holding([*steady, 0.9], ["nelson_3"], one_sided=False) == ()
    assert holding([*steady, 0.9, 0.5], ["western_electric_1"], one_sided=False) == ()
    assert holding([*steady, 0.1], ["western_electric_1", "ewma"], one_sided=True) == ()
    assert holding([0.5, 0.9], ["western_electric_1"], one_sided=False) == ()


def true_wheels(shop: Shop, values: tuple[str, ...], first: int = 1) -> None:
    for piece, value in enumerate(values, first):
        shop.ledger.clock.advance(shop.ledger.clock.now() + timedelta(minutes=1))
        shop.release(piece=f"piece_{piece}", sequences=(40,))
        wheel = shop.id_of(40, piece=f"piece_{piece}")
        shop.report(wheel, "started")
        shop.measure(wheel, "runout", value)


@pytest.fixture
def held(shop: Shop) -> Shop:
    shop.inspection.rules = InspectionRules(alarms_hold=("western_electric_1",))
    true_wheels(shop, (*STEADY, JUMP))
    shop.release(piece="piece_8", sequences=(40,))
    return shop


def test_the_next_piece_waits_and_what_is_under_way_is_finished(held: Shop) -> None:
    (hold,) = held.service.holds.all()
    assert (hold.machine, hold.checkpoint, hold.rules) == ("TRUE-1", "runout", ("western_electric_1",))
    assert held.service.lease(LeaseRequest(machine_group="TRUE"), MES) == []
    with pytest.raises(MachineHeld):
        held.report(held.id_of(40, piece="piece_8"), "started")
    with pytest.raises(MachineHeld):
        held.service.start(held.id_of(40, piece="piece_8"), OPERATOR)
    held.report(held.id_of(40, piece="piece_7"), "completed")
    assert held.measure(held.id_of(40, piece="piece_7"), "tension").state == "closed"
    page = site(held, Role.OPERATOR, OPERATOR.id).test_client().get("/terminal/TRUE-1").text
    assert "alarm of a control chart holds this machine" in page
    assert 'class="big" autofocus>Start' not in page


@pytest.mark.parametrize("command", [Command.STORE, Command.START, Command.STORE_AND_START])
def test_job_control_says_that_the_machine_is_held(held: Shop, command: Command) -> None:
    wheel = held.id_of(40, piece="piece_8")
    called = Called(command, "riverside", "TRUE", wheel, None, MES)
    assert JobControl(held.service).call(called) == ReturnStatus.UNABLE_TO_ACCEPT | ReturnStatus.MACHINE_HELD
    assert held.service.work_order(wheel).item.state == "released"


def test_what_was_begun_before_the_alarm_and_is_told_later_is_taken(held: Shop) -> None:
    wheel, (hold,) = held.id_of(40, piece="piece_8"), held.service.holds.all()
    started = Report(report="r", revision=1, kind="started", at=hold.held_at)
    with pytest.raises(MachineHeld):
        held.service.report(wheel, started, MES)
    before = started.model_copy(update={"at": hold.held_at - timedelta(seconds=1)})
    assert held.service.report(wheel, before, MES).state == "in_progress"


def test_released_with_a_cause_the_chart_begins_anew(held: Shop) -> None:
    (hold,) = held.service.holds.all()
    client = site(held, Role.QUALITY, QUALITY.id).test_client()
    assert "TRUE-1 is held" in client.get("/quality/charts").text
    assert client.post(f"/quality/holds/{hold.hold}", data={"cause": " "}).status_code == 422
    assert client.post(f"/quality/holds/{hold.hold}", data={"cause": "Stand <adjusted>"}).status_code == 303
    assert "Stand &lt;adjusted&gt;" in client.get("/quality/charts").text
    again = held.service.holds.release(hold.hold, ReleaseMachine(cause="something else"), QUALITY)
    assert (again.cause, again.released_by) == ("Stand <adjusted>", QUALITY.id)
    (leased,) = held.service.lease(LeaseRequest(machine_group="TRUE"), MES)
    assert leased.piece == "piece_8"
    true_wheels(held, (JUMP, JUMP), first=9)
    assert [one.released_at is None for one in held.service.holds.all()] == [False]
    with held.ledger.reading() as session:
        actions = [row.action for row in session.exec(select(AuditRow).where(AuditRow.subject == "TRUE-1")).all()]
    assert actions == ["machine.hold", "machine.release"]


def test_the_chart_is_looked_at_before_changes_are_numbered(held: Shop) -> None:
    said: list[str] = []
    held.report(held.id_of(40, piece="piece_7"), "completed")
    (hold,) = held.service.holds.all()
    held.service.holds.release(hold.hold, ReleaseMachine(cause="Spindle dressed."), QUALITY)
    engine = held.ledger.engine
    event.listen(engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    held.measure(held.id_of(40, piece="piece_7"), "tension")
    asked = [at for at, statement in enumerate(said) if "FROM mes_bridge_measurement JOIN mes_bridge_work_order" in statement]
    numbered = [at for at, statement in enumerate(said) if statement.startswith("UPDATE mes_bridge_feed")]
    assert asked
    assert numbered
    assert asked[-1] < numbered[0]


def test_no_paper_is_read_for_a_value_and_its_chart_is_looked_at_to_the_same_end(shop: Shop) -> None:
    said: list[str] = []
    true_wheels(shop, STEADY)
    shop.inspection.rules = InspectionRules(alarms_hold=("western_electric_1",))
    event.listen(shop.ledger.engine, "before_cursor_execute", lambda *told: said.append(told[2]))
    true_wheels(shop, ("10.001", JUMP), first=7)
    assert [hold.rules for hold in shop.service.holds.all()] == [("western_electric_1",)]
    (looked, *_) = [one for one in said if "mes_bridge_measurement.place" in one and one.startswith("SELECT")]
    assert "document" not in looked
    last = shop.service.charts.one("TRUE-1", "runout").points[-1]
    assert "western_electric_1" in last.alarms


def test_a_corrected_value_is_no_part_of_what_later_ones_are_compared_with(shop: Shop) -> None:
    true_wheels(shop, STEADY[:3])
    shop.release(piece="piece_7", sequences=(40,))
    wheel = shop.id_of(40, piece="piece_7")
    shop.measure(wheel, "runout", "10.09", measurement="typed")
    shop.measure(wheel, "runout", "10.001", corrects="typed")
    true_wheels(shop, STEADY[3:], first=8)
    shop.inspection.rules = InspectionRules(alarms_hold=("western_electric_1",))
    true_wheels(shop, (JUMP,), first=20)
    assert [hold.rules for hold in shop.service.holds.all()] == [("western_electric_1",)]


def test_without_the_rule_alarms_are_only_shown(shop: Shop) -> None:
    true_wheels(shop, (*STEADY, JUMP))
    assert shop.service.holds.all() == []
    assert shop.service.charts.one("TRUE-1", "runout").recent_alarms == 1


def test_a_value_that_comes_late_is_not_the_latest(shop: Shop) -> None:
    shop.inspection.rules = InspectionRules(alarms_hold=("western_electric_1",))
    true_wheels(shop, STEADY)
    shop.release(piece="piece_7", sequences=(40,))
    shop.measure(shop.id_of(40, piece="piece_7"), "runout", JUMP, at="2026-11-01T00:00:00Z")
    assert shop.service.holds.all() == []
