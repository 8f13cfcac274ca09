"""Reports move only what must move, and whoever's promise moves is told."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlmodel import col, select

from contracts.access import SYSTEM
from contracts.events import MachineStateChanged, OperationPaused, OperationsReleased, OperationsWithdrawn, PromiseChanged
from contracts.plan import OperationState
from contracts.problems import NotFound, TransitionRefused
from contracts.texts import Message
from contracts.work_order import MachineState
from ledger.unit_of_work import Ledger
from scheduler.engine.operations import instant, seconds_of
from scheduler.service import Service
from scheduler.standing import parse_key
from scheduler.tables import OperationRow, PlanVersionRow, StockRow
from tests.scheduling import (
    demand,
    emitted,
    fail,
    failure,
    faults,
    opened,
    operation,
    operations,
    placed,
    report_completed,
    report_started,
    reservation,
    reserve,
    settled,
    wind,
    withdraw,
)

REPLAN_S = 16 * 3600


@pytest.fixture
def service(ledger: Ledger) -> Service:
    service = opened(ledger)
    placed(ledger, service, "order_1", "order_2")
    return service


def stock(ledger: Ledger) -> dict[str, int]:
    with ledger.reading() as session:
        return {row.supply: row.free for row in session.exec(select(StockRow)).all()}


def machine(ledger: Ledger, service: Service, name: str, state: MachineState) -> None:
    with ledger.transaction(SYSTEM) as transaction:
        event = MachineStateChanged(plant="small", machine=name, state=state, at=transaction.now, reason=None)
        service.on_machine_state_changed(transaction, event)


def test_a_start_as_planned_moves_nothing(service: Service, ledger: Ledger) -> None:
    before = {row.key: (row.machine, row.start_s, row.end_s) for row in operations(ledger)}
    first = operations(ledger, "order_1")[0]
    wind(ledger, service, instant(first.start_s))
    report_started(ledger, service, first, instant(first.start_s + 120))
    assert operation(ledger, first.key).state == OperationState.RUNNING
    assert {row.key: (row.machine, row.start_s, row.end_s) for row in operations(ledger)} == before


def test_a_late_completion_pushes_what_follows_and_keeps_the_plan_valid(service: Service, ledger: Ledger) -> None:
    cut = next(row for row in operations(ledger, "order_1") if row.sequence == 10)
    weld = next(row for row in operations(ledger, "order_1") if row.sequence == 20)
    late = instant(cut.end_s) + timedelta(hours=2)
    report_started(ledger, service, cut, instant(cut.start_s))
    wind(ledger, service, late)
    report_completed(ledger, service, cut, late)
    assert operation(ledger, cut.key).ended_s == seconds_of(late)
    assert operation(ledger, weld.key).start_s >= seconds_of(late)
    assert faults(ledger, service) == []


def test_a_released_operation_that_moved_is_released_again_with_a_raised_revision(service: Service, ledger: Ledger) -> None:
    cut = next(row for row in operations(ledger, "order_1") if row.sequence == 10)
    late = instant(cut.end_s) + timedelta(hours=2)
    wind(ledger, service, late)
    report_started(ledger, service, cut, late)
    report_completed(ledger, service, cut, late)
    again = [entry for event in emitted(ledger, OperationsReleased) for entry in event.operations if entry.revision == 2]
    assert any(str(entry.key) == f"{cut.piece}/20.1" for entry in again)
    for entry in again:
        row = operation(ledger, str(entry.key))
        assert row.revision >= 2


def test_a_start_on_another_machine_is_a_fact(service: Service, ledger: Ledger) -> None:
    cut = next(row for row in operations(ledger, "order_1") if row.sequence == 10)
    other = "CUT-2" if cut.machine == "CUT-1" else "CUT-1"
    report_started(ledger, service, cut, instant(cut.start_s), machine=other)
    assert operation(ledger, cut.key).machine == other
    assert faults(ledger, service) == []


def test_reports_of_unknown_operations_and_machines_are_refused(service: Service, ledger: Ledger) -> None:
    cut = operations(ledger, "order_1")[0]
    with pytest.raises(NotFound):
        report_started(ledger, service, cut, instant(cut.start_s), machine="CUT-77")
    cut.key = "nobody/10.1"
    with pytest.raises(NotFound):
        report_started(ledger, service, cut, instant(cut.start_s))


def test_a_paused_operation_keeps_its_machine(service: Service, ledger: Ledger) -> None:
    cut = operations(ledger, "order_1")[0]
    report_started(ledger, service, cut, instant(cut.start_s))
    with ledger.transaction(SYSTEM) as transaction:
        event = OperationPaused(
            order="order_1", plant="small", key=parse_key(cut.key), machine=cut.machine, reason=None, at=transaction.now
        )
        service.on_operation_paused(transaction, event)
    row = operation(ledger, cut.key)
    assert (row.paused, row.state) == (True, OperationState.RUNNING)


def test_a_machine_that_is_down_loses_its_work_to_others_and_gets_its_time_back(service: Service, ledger: Ledger) -> None:
    weld = next(row for row in operations(ledger, "order_1") if row.sequence == 20)
    wind(ledger, service, instant(weld.setup_start_s))
    cut = next(row for row in operations(ledger, "order_1") if row.sequence == 10)
    report_completed(ledger, service, cut, instant(cut.end_s))
    machine(ledger, service, "WELD-1", "down")
    assert operation(ledger, weld.key).start_s >= weld.setup_start_s + 3600
    assert faults(ledger, service) == []
    later = service.quote([demand("x").request])[0].finish_at
    machine(ledger, service, "WELD-1", "idle")
    assert (service.quote([demand("x").request])[0].finish_at or later) <= later  # type: ignore[operator]
    assert faults(ledger, service) == []


def plans_for_risk(ledger: Ledger) -> list[int]:
    """When plans were made because an order was at risk."""
    with ledger.reading() as session:
        versions = session.exec(select(PlanVersionRow).order_by(col(PlanVersionRow.version))).all()
    return [version.at_s for version in versions if version.reason["id"] == "scheduler.reason.risk"]


def test_an_order_at_risk_has_the_plan_made_anew_at_most_once_in_so_many_hours(service: Service, ledger: Ledger) -> None:
    begun = ledger.clock.now()
    machine(ledger, service, "CUT-2", "down")
    machine(ledger, service, "CUT-2", "running")
    wind(ledger, service, begun + timedelta(hours=1))
    assert plans_for_risk(ledger) == []
    wind(ledger, service, begun + timedelta(days=1, hours=9))
    assert emitted(ledger, PromiseChanged)
    made = plans_for_risk(ledger)
    assert made
    assert all(later - earlier >= REPLAN_S for earlier, later in pairwise(made))


def test_a_machine_that_stays_down_past_the_estimate_stays_out_of_the_plan(service: Service, ledger: Ledger) -> None:
    machine(ledger, service, "WELD-1", "down")
    wind(ledger, service, ledger.clock.now() + timedelta(minutes=90))
    open_welds = [row for row in operations(ledger) if row.machine == "WELD-1" and row.state != OperationState.DONE]
    assert all(row.setup_start_s >= seconds_of(ledger.clock.now()) for row in open_welds)
    assert faults(ledger, service) == []


def test_missing_reports_push_the_plan_and_tell_who_is_late(service: Service, ledger: Ledger) -> None:
    wind(ledger, service, ledger.clock.now() + timedelta(days=1, hours=9))
    told = emitted(ledger, PromiseChanged)
    assert {event.order for event in told} == {"order_1", "order_2"}
    assert all(event.new_promised_at == instant(reservation(ledger, event.order).told_s) for event in told[-2:])
    assert all(row.start_s + 2 * 3600 >= seconds_of(ledger.clock.now()) for row in operations(ledger))
    assert faults(ledger, service) == []


def test_a_failed_check_restarts_only_its_branch_and_what_follows_waits_for_it(service: Service, ledger: Ledger) -> None:
    rows = {row.sequence: row for row in operations(ledger, "order_1")}
    wind(ledger, service, instant(rows[20].end_s))
    for sequence in (10, 30, 20):
        report_started(ledger, service, rows[sequence], instant(rows[sequence].start_s))
        if sequence != 20:
            report_completed(ledger, service, rows[sequence], instant(rows[sequence].end_s))
    fail(ledger, service, rows[20], (10, 20), ledger.clock.now())
    after = {row.key: row for row in operations(ledger, "order_1")}
    piece = rows[10].piece
    assert after[f"{piece}/10.1"].state == after[f"{piece}/20.1"].state == OperationState.SCRAPPED
    assert after[f"{piece}/30.1"].state == OperationState.DONE
    assert after[f"{piece}/20.2"].after == [f"{piece}/10.2"]
    assert after[f"{piece}/40.1"].after == [f"{piece}/20.2", f"{piece}/30.1"]
    assert after[f"{piece}/10.2"].allocated[0]["quantity"] == 500
    assert after[f"{piece}/10.2"].revision == 1
    assert after[f"{piece}/40.1"].start_s >= after[f"{piece}/20.2"].end_s >= seconds_of(ledger.clock.now())
    assert faults(ledger, service) == []


def test_a_rework_repeats_one_operation_with_its_own_time_and_no_new_material(service: Service, ledger: Ledger) -> None:
    cut = next(row for row in operations(ledger, "order_1") if row.sequence == 10)
    report_started(ledger, service, cut, instant(cut.start_s))
    fail(ledger, service, cut, (10,), instant(cut.end_s), rework_s=300)
    again = operation(ledger, f"{cut.piece}/10.2")
    assert (again.run_s, again.allocated, again.weight) == (300, [], cut.weight)
    assert faults(ledger, service) == []


def test_a_remake_after_a_rework_takes_the_whole_time_and_new_material(service: Service, ledger: Ledger) -> None:
    cut = next(row for row in operations(ledger, "order_1") if row.sequence == 10)
    report_started(ledger, service, cut, instant(cut.start_s))
    fail(ledger, service, cut, (10,), instant(cut.end_s), rework_s=300)
    again = operation(ledger, f"{cut.piece}/10.2")
    report_started(ledger, service, again, ledger.clock.now())
    fail(ledger, service, again, (10,), ledger.clock.now())
    remade = operation(ledger, f"{cut.piece}/10.3")
    assert (remade.run_s, remade.allocated[0]["quantity"]) == (cut.run_s, 500)


def at_the_end_of_welding(ledger: Ledger) -> tuple[Service, dict[int, OperationRow]]:
    """A tight order whose long welding is about to end; its operations by sequence."""
    service = opened(ledger)
    reserve(ledger, service, "order_1", demand("p", weld_s=15_000))
    settled(ledger, service)
    rows = {row.sequence: row for row in operations(ledger, "order_1")}
    for sequence in (10, 30, 20):
        wind(ledger, service, instant(rows[sequence].start_s))
        report_started(ledger, service, rows[sequence], ledger.clock.now())
        if sequence != 20:
            wind(ledger, service, instant(rows[sequence].end_s))
            report_completed(ledger, service, rows[sequence], ledger.clock.now())
    wind(ledger, service, instant(rows[20].end_s))
    return service, rows


def test_the_customer_is_told_once_when_a_remake_moves_the_promise(ledger: Ledger) -> None:
    service, rows = at_the_end_of_welding(ledger)
    fail(ledger, service, rows[20], (10, 20), ledger.clock.now())
    told = [event for event in emitted(ledger, PromiseChanged) if event.order == "order_1"]
    row = reservation(ledger, "order_1")
    assert len(told) == 1
    assert told[0].old_promised_at < told[0].new_promised_at == instant(row.told_s)
    assert told[0].cause.id == "scheduler.cause.remake"
    assert row.promised_s < row.told_s


def test_a_corrected_value_takes_the_remake_out_of_the_plan_and_the_customer_gets_the_old_date_back(ledger: Ledger) -> None:
    service, rows = at_the_end_of_welding(ledger)
    free = stock(ledger)
    fail(ledger, service, rows[20], (10, 20), ledger.clock.now())
    assert stock(ledger) != free
    found = failure(rows[20], (10, 20), ledger.clock.now())
    withdraw(ledger, service, found, rows[10], rows[20])
    after = {row.key: row for row in operations(ledger, "order_1")}
    assert [after[f"p/{sequence}.1"].state for sequence in (10, 20)] == [OperationState.DONE, OperationState.RUNNING]
    assert [after[f"p/{sequence}.2"].state for sequence in (10, 20)] == [OperationState.CANCELLED] * 2
    assert after["p/40.1"].after == ["p/20.1", "p/30.1"]
    assert stock(ledger) == free
    assert [str(key) for key in emitted(ledger, OperationsWithdrawn)[-1].keys] == ["p/10.2", "p/20.2"]
    moved, back = emitted(ledger, PromiseChanged)
    assert (back.old_promised_at, back.new_promised_at) == (moved.new_promised_at, moved.old_promised_at)
    assert back.cause.id == "scheduler.cause.corrected"
    assert faults(ledger, service) == []
    fail(ledger, service, rows[20], (10, 20), ledger.clock.now())
    assert operation(ledger, "p/20.3").state == OperationState.RELEASED
    assert faults(ledger, service) == []


def test_a_withdrawal_that_overtakes_its_failure_waits_for_it(service: Service, ledger: Ledger) -> None:
    cut = next(row for row in operations(ledger, "order_1") if row.sequence == 10)
    report_started(ledger, service, cut, instant(cut.start_s))
    with pytest.raises(TransitionRefused):
        withdraw(ledger, service, failure(cut, (10,), ledger.clock.now(), rework_s=300), cut)
    assert operation(ledger, cut.key).state == OperationState.RUNNING


def test_a_withdrawal_for_an_order_that_was_cancelled_meanwhile_changes_nothing(service: Service, ledger: Ledger) -> None:
    cut = next(row for row in operations(ledger, "order_1") if row.sequence == 10)
    report_started(ledger, service, cut, instant(cut.start_s))
    fail(ledger, service, cut, (10,), instant(cut.end_s), rework_s=300)
    with ledger.transaction(SYSTEM) as transaction:
        service.release(transaction, "order_1")
    before = operations(ledger)
    withdraw(ledger, service, failure(cut, (10,), ledger.clock.now(), rework_s=300), cut)
    assert operations(ledger) == before


def test_a_running_branch_that_starts_again_is_withdrawn(service: Service, ledger: Ledger) -> None:
    rows = {row.sequence: row for row in operations(ledger, "order_1")}
    report_started(ledger, service, rows[10], instant(rows[10].start_s))
    report_started(ledger, service, rows[30], instant(rows[30].start_s))
    fail(ledger, service, rows[10], (10, 30), instant(rows[10].end_s))
    (withdrawn,) = emitted(ledger, OperationsWithdrawn)
    assert [str(key) for key in withdrawn.keys] == [rows[30].key]


def test_a_finished_order_leaves_the_plan(service: Service, ledger: Ledger) -> None:
    for row in operations(ledger, "order_1"):
        wind(ledger, service, instant(row.end_s))
        report_started(ledger, service, row, instant(row.start_s))
        report_completed(ledger, service, row, instant(row.end_s))
    assert reservation(ledger, "order_1").state == "done"
    assert emitted(ledger, PromiseChanged) == []
    service.make_plan(Message(id="scheduler.reason.again"))
    assert faults(ledger, service) == []


def test_a_failure_after_the_last_operation_opens_the_order_again(service: Service, ledger: Ledger) -> None:
    rows = operations(ledger, "order_1")
    for row in rows:
        wind(ledger, service, instant(row.end_s))
        report_started(ledger, service, row, instant(row.start_s))
        report_completed(ledger, service, row, instant(row.end_s))
    fail(ledger, service, rows[-1], (40,), ledger.clock.now())
    assert reservation(ledger, "order_1").state == "firm"
    assert operation(ledger, f"{rows[0].piece}/40.2").state == OperationState.RELEASED
    reserve(ledger, service, "order_3")
    assert faults(ledger, service) == []


def test_what_a_machine_last_did_counts_for_setups_though_its_order_was_cancelled(ledger: Ledger) -> None:
    service = opened(ledger)
    reserve(ledger, service, "order_1", demand("p", family="alloy"))
    settled(ledger, service)
    service.make_plan(Message(id="scheduler.reason.order"))
    cut = next(row for row in operations(ledger, "order_1") if row.sequence == 10)
    wind(ledger, service, instant(cut.start_s))
    report_started(ledger, service, cut, ledger.clock.now())
    wind(ledger, service, instant(cut.end_s))
    report_completed(ledger, service, cut, ledger.clock.now())
    with ledger.transaction(SYSTEM) as transaction:
        service.release(transaction, "order_1")
    reserve(ledger, service, "order_2", demand("q", family="alloy"))
    again = next(row for row in operations(ledger, "order_2") if row.sequence == 10)
    assert (again.machine, again.setup_start_s) == (cut.machine, again.start_s)
    assert faults(ledger, service) == []
    service.make_plan(Message(id="scheduler.reason.order"))
    assert faults(ledger, service) == []
