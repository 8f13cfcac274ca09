"""From release to certificate, with and without failures."""

import pytest

from contracts.access import SYSTEM
from contracts.events import (
    MeasurementJudged,
    NonConformanceClosed,
    NonConformanceRaised,
    OperationCompleted,
    OperationStarted,
    OrderCancelled,
    PieceCompleted,
)
from contracts.plan import AllocatedMaterial, OperationKey
from contracts.problems import InvalidInput, NotFound, TransitionRefused, UnitMismatch
from contracts.work_order import LeaseRequest
from mes_bridge.engine.judgement import judge
from tests.unit.mes_bridge.shop import MES, OPERATOR, SPECIFICATION, START, Shop


def test_a_piece_made_without_fault_gets_a_certificate_of_all_values(shop: Shop) -> None:
    shop.release()
    shop.make(10, 20, 30, 40, 50, 60)
    certificate = shop.service.certificate("piece_1")
    assert [value.checkpoint for value in certificate.measurements] == ["twist", "runout", "tension", "play"]
    assert all(value.value == 10_000 for value in certificate.measurements)
    assert not certificate.simulated
    (completed,) = shop.events(PieceCompleted)
    assert completed.certificate == certificate
    assert len(shop.events(OperationStarted)) == len(shop.events(OperationCompleted)) == 6


def test_what_somebody_leased_or_began_is_in_hand_until_it_is_done(shop: Shop) -> None:
    shop.release()
    assert shop.service.in_hand() == frozenset()
    (leased,) = shop.service.lease(LeaseRequest(count=1, seconds=60), MES)
    assert {key.sequence for key in shop.service.in_hand()} == {leased.operation.sequence}
    shop.report(shop.id_of(10), "started")
    assert OperationKey("piece_1", 10) in shop.service.in_hand()
    shop.report(shop.id_of(10), "completed")
    assert OperationKey("piece_1", 10) not in shop.service.in_hand()


def test_there_is_no_certificate_while_an_operation_is_not_released(shop: Shop) -> None:
    shop.release(sequences=(10, 20, 30, 40, 50))
    shop.make(10, 20, 30, 40, 50)
    with pytest.raises(NotFound):
        shop.service.certificate("piece_1")
    shop.release(sequences=(60,))
    shop.make(60)
    assert shop.service.certificate("piece_1").piece == "piece_1"


def test_one_value_of_a_simulator_marks_the_certificate(shop: Shop) -> None:
    shop.release()
    shop.make(10, 20, 30, 40, 50)
    inspect = shop.id_of(60)
    shop.report(inspect, "completed")
    shop.measure(inspect, "play", source="simulator")
    assert shop.service.certificate("piece_1").simulated


def test_a_checkpoint_gates_its_operation_and_what_follows(shop: Shop) -> None:
    shop.release()
    shop.make(10, 20)
    align = shop.id_of(30)
    shop.report(align, "completed")
    assert shop.state(30) == "completed"
    assert [event.key.sequence for event in shop.events(OperationCompleted)] == [10, 20]
    shop.make(40)
    with pytest.raises(TransitionRefused):
        shop.report(shop.id_of(50), "started")
    shop.measure(align, "twist")
    assert shop.state(30) == "closed"
    assert shop.service.work_order(shop.id_of(50)).item.ready


@pytest.mark.parametrize("when", ["in progress", "completed"])
def test_a_failed_value_holds_the_piece_and_its_rework_frees_it(shop: Shop, when: str) -> None:
    shop.release()
    shop.make(10, 20, 30)
    true = shop.id_of(40)
    shop.report(true, "started")
    if when == "completed":
        shop.report(true, "completed")
    receipt = shop.measure(true, "runout", "10.2")
    assert (receipt.verdict, receipt.state) == ("out_of_tolerance", "held")
    raised = shop.last_nonconformance()
    assert (raised.disposition, raised.restart, raised.rework_s) == ("rework", (40,), 300)
    assert shop.state(50) == shop.state(60) == "held"
    assert shop.service.piece_story("piece_1").held
    shop.answer_nonconformance(raised)
    shop.make(40, attempt=2)
    (closed,) = shop.events(NonConformanceClosed)
    assert closed.nonconformance == raised.nonconformance
    assert (shop.state(40), shop.state(40, 2), shop.state(50)) == ("scrapped", "closed", "released")
    shop.make(50, 60)
    certificate = shop.service.certificate("piece_1")
    assert certificate.nonconformances == (raised.nonconformance,)
    assert {value.checkpoint: value.key.attempt for value in certificate.measurements}["runout"] == 2


def test_a_remake_restarts_the_failed_branch_only(shop: Shop) -> None:
    shop.release()
    shop.make(10, 20)
    shop.report(shop.id_of(40), "started")
    shop.report(shop.id_of(30), "completed")
    shop.measure(shop.id_of(30), "twist", "9.8")
    raised = shop.last_nonconformance()
    assert (raised.disposition, raised.restart) == ("remake", (10, 20, 30))
    assert shop.state(10) == shop.state(20) == "scrapped"
    assert shop.state(40) == "in_progress"
    shop.report(shop.id_of(40), "completed")
    shop.answer_nonconformance(raised)
    with pytest.raises(TransitionRefused):
        shop.report(shop.id_of(20, 2), "started")
    shop.measure(shop.id_of(40), "runout")
    shop.measure(shop.id_of(40), "tension")
    shop.make(10, 20, 30, attempt=2)
    shop.make(50, 60)
    assert shop.service.certificate("piece_1").nonconformances == (raised.nonconformance,)


def test_a_scrapped_piece_is_made_again_with_all_the_work_that_was_in_it(shop: Shop) -> None:
    shop.release()
    shop.make(10, 20, 30, 40)
    shop.report(shop.id_of(50), "started")
    shop.report(shop.id_of(50), "scrapped", reason="dropped")
    raised = shop.last_nonconformance()
    assert (raised.disposition, raised.restart, raised.measurement) == ("remake", (10, 20, 30, 40, 50), None)
    assert shop.state(50) == "scrapped"
    assert shop.state(60) == "held"
    shop.answer_nonconformance(raised)
    shop.make(10, 20, 30, 40, 50, attempt=2)
    shop.make(60)
    assert shop.service.certificate("piece_1").piece == "piece_1"
    assert len(shop.events(NonConformanceClosed)) == 1


def test_the_second_failed_value_of_a_run_is_kept_with_the_first_nonconformance(shop: Shop) -> None:
    shop.release()
    true = shop.id_of(40)
    shop.report(true, "started")
    first = shop.measure(true, "runout", "11")
    second = shop.measure(true, "tension", "11")
    assert first.nonconformance == second.nonconformance
    assert len(shop.events(NonConformanceRaised)) == 1
    assert len(shop.events(MeasurementJudged)) == 2


def test_a_rework_that_fails_again_is_reworked_again(shop: Shop) -> None:
    shop.release()
    shop.make(10, 20, 30)
    shop.report(shop.id_of(40), "started")
    shop.measure(shop.id_of(40), "runout", "11")
    shop.answer_nonconformance(shop.last_nonconformance())
    shop.report(shop.id_of(40, 2), "started")
    shop.measure(shop.id_of(40, 2), "runout", "11")
    shop.answer_nonconformance(shop.last_nonconformance())
    shop.make(40, attempt=3)
    assert len(shop.events(NonConformanceClosed)) == 2
    shop.make(50, 60)
    assert len(shop.service.certificate("piece_1").nonconformances) == 2


def test_a_correction_that_fails_a_closed_operation_takes_back_what_was_begun_on_it(shop: Shop) -> None:
    shop.release()
    shop.make(10, 20, 30)
    shop.report(shop.id_of(40), "completed")
    shop.measure(shop.id_of(40), "runout", measurement="typed")
    shop.measure(shop.id_of(40), "tension")
    shop.report(shop.id_of(50), "started")
    shop.measure(shop.id_of(40), "runout", "11", measurement="mended", corrects="typed")
    raised = shop.last_nonconformance()
    assert raised.restart == (40, 50)
    assert (shop.state(40), shop.state(50), shop.state(60)) == ("held", "scrapped", "held")
    shop.answer_nonconformance(raised)
    shop.make(40, 50, attempt=2)
    shop.make(60)
    assert shop.service.certificate("piece_1").nonconformances == (raised.nonconformance,)


def test_a_correction_keeps_the_old_value_and_counts_instead_of_it(shop: Shop) -> None:
    shop.release()
    true = shop.id_of(40)
    shop.report(true, "completed")
    shop.measure(true, "runout", "10.01", measurement="first")
    shop.measure(true, "runout", "10.02", measurement="second", corrects="first")
    view = shop.service.work_order(true)
    runout = next(one for one in view.checkpoints if one.characteristic.checkpoint == "runout")
    assert runout.current is not None
    assert runout.current.value == 10_020
    assert [(one.measurement.measurement, one.counts) for one in runout.history] == [("first", False), ("second", True)]


def test_a_value_of_another_kind_of_unit_is_refused_and_changes_nothing(shop: Shop) -> None:
    shop.release()
    true = shop.id_of(40)
    shop.report(true, "completed")
    with pytest.raises(UnitMismatch) as refused:
        shop.measure(true, "runout", "10", "deg", measurement="same")
    assert refused.value.errors[0].pointer == "/unit"
    assert shop.measure(true, "runout", "10", "mm", measurement="same").verdict == "in_tolerance"


def test_a_value_that_cannot_be_is_refused_and_changes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.release()
    true = shop.id_of(40)
    shop.report(true, "completed")
    (gate,) = (one.characteristic for one in shop.service.work_order(true).checkpoints if one.characteristic.checkpoint == "runout")
    one_sided = gate.model_copy(update={"physical_minimum": 9_000})
    monkeypatch.setattr("mes_bridge.reporting.judge", lambda _, value, unit, guard: judge(one_sided, value, unit, guard))
    with pytest.raises(InvalidInput) as refused:
        shop.measure(true, "runout", "8.9", "mm", measurement="same")
    assert refused.value.errors[0].pointer == "/value"
    assert shop.measure(true, "runout", "10", "mm", measurement="same").verdict == "in_tolerance"


def test_operators_act_as_persons_and_take_over_from_a_client(shop: Shop) -> None:
    shop.release()
    (leased, *_) = shop.service.lease(LeaseRequest(machine_group="CUT"), MES)
    shop.service.start(leased.work_order, OPERATOR, report="form")
    assert shop.service.start(leased.work_order, OPERATOR, report="form").state == "in_progress"
    assert len(shop.events(OperationStarted)) == 1
    shop.service.pause(leased.work_order, OPERATOR, "lunch")
    shop.service.start(leased.work_order, OPERATOR)
    assert shop.service.complete(leased.work_order, OPERATOR).state == "closed"
    assert [report.kind for report in shop.service.work_order(leased.work_order).reports] == ["started", "paused", "started", "completed"]


def test_withdrawn_work_orders_end_and_finished_ones_stay(shop: Shop) -> None:
    shop.release()
    shop.make(10)
    shop.withdraw(*(OperationKey(piece="piece_1", sequence=one) for one in (10, 20, 30, 40)))
    ended = [one for one in shop.listed() if one.state == "cancelled"]
    assert [one.operation.sequence for one in ended] == [20, 30, 40]
    assert shop.state(10) == "closed"


def test_a_cancelled_order_ends_everything_that_was_open_about_its_pieces(shop: Shop) -> None:
    shop.release()
    shop.report(shop.id_of(40), "started")
    shop.measure(shop.id_of(40), "runout", "11")
    with shop.ledger.transaction(SYSTEM) as transaction:
        shop.service.on_order_cancelled(transaction, OrderCancelled(order="order_1", plant="riverside", at=START))
    assert shop.service.lease(LeaseRequest(count=50), MES) == []
    assert [one.state for one in shop.service.nonconformances()] == ["void"]
    assert shop.service.nonconformances(open_only=True) == []
    shop.release(revision=5)
    assert shop.service.lease(LeaseRequest(count=50), MES) == []


def test_the_certificate_names_the_lots_of_the_runs_that_count(shop: Shop) -> None:
    shop.release()
    shop.make(10, 20)
    shop.report(shop.id_of(30), "completed")
    shop.measure(shop.id_of(30), "twist", "9")
    before = {one.sequence: one.after for one in SPECIFICATION.routing}
    lots = {10: (lot("L2"),), 20: (), 30: (lot("L3"), lot("R9"))}
    again = [
        shop.operation("piece_1", sequence, attempt=2, materials=materials, after=tuple(key(one, 2) for one in before[sequence]))
        for sequence, materials in lots.items()
    ]
    shop.release_operations([*again, shop.operation("piece_1", 50, revision=2, after=(key(30, 2), key(40)))])
    shop.make(10, 20, 30, attempt=2)
    shop.make(40, 50, 60)
    traced = [(str(one.key), one.lot) for one in shop.service.certificate("piece_1").materials]
    assert traced == [
        ("piece_1/10.2", "L2"),
        ("piece_1/20.1", "L1"),
        ("piece_1/30.2", "L3"),
        ("piece_1/30.2", "R9"),
        ("piece_1/40.1", "L1"),
        ("piece_1/50.1", "L1"),
        ("piece_1/60.1", "L1"),
    ]


def lot(name: str) -> AllocatedMaterial:
    return AllocatedMaterial(item="tube", lot=name, quantity=1, unit="piece")


def key(sequence: int, attempt: int = 1) -> OperationKey:
    return OperationKey(piece="piece_1", sequence=sequence, attempt=attempt)
