"""A wrongly typed value that is corrected: its non-conformance is withdrawn as long as nothing was done about it."""

import pytest
from sqlmodel import select

from contracts.events import NonConformanceRaised, NonConformanceWithdrawn, OperationCompleted
from contracts.work_order import LeaseRequest, Receipt
from ledger.tables import AuditRow
from tests.unit.mes_bridge.shop import MES, OPERATOR, Shop


def fail_runout(shop: Shop, value: str = "100") -> None:
    """The wheel's run-out is typed wrongly, in the middle of the work."""
    shop.release()
    shop.make(10, 20, 30)
    shop.report(shop.id_of(40), "started")
    shop.measure(shop.id_of(40), "runout", value, measurement="typed", by=OPERATOR, source="person")


def correct(shop: Shop, value: str = "10", **fields: str) -> Receipt:
    return shop.measure(shop.id_of(40), "runout", value, measurement="mended", corrects="typed", by=OPERATOR, source="person", **fields)


def test_the_corrected_value_takes_its_nonconformance_back_and_the_piece_goes_on(shop: Shop) -> None:
    fail_runout(shop)
    raised = shop.last_nonconformance()
    shop.answer_nonconformance(raised)
    receipt = correct(shop)
    assert (receipt.reason, receipt.state, receipt.nonconformance) == ("nonconformance-withdrawn", "in_progress", raised.nonconformance)
    assert (shop.state(40), shop.state(40, 2), shop.state(50)) == ("in_progress", "cancelled", "released")
    (withdrawn,) = shop.events(NonConformanceWithdrawn)
    assert (withdrawn.nonconformance, withdrawn.correction) == (raised, "mended")
    assert [str(key) for key in withdrawn.resumed] == ["piece_1/40.1"]
    (view,) = shop.service.nonconformances()
    assert (view.state, view.correction) == ("withdrawn", "mended")
    shop.release_operations([shop.operation("piece_1", 50, revision=3)])
    shop.report(shop.id_of(40), "completed")
    shop.measure(shop.id_of(40), "tension")
    shop.make(50, 60)
    certificate = shop.service.certificate("piece_1")
    assert certificate.nonconformances == ()
    assert {one.checkpoint: one.measurement for one in certificate.measurements}["runout"] == "mended"


def test_both_versions_stay_with_who_recorded_them_and_when(shop: Shop) -> None:
    fail_runout(shop)
    correct(shop)
    entries = [entry.measured for entry in shop.service.piece_story("piece_1").entries if entry.measured and entry.key.sequence == 40]
    assert [(one.measurement.value, one.sender, one.corrects, one.counts) for one in entries] == [
        (100_000, OPERATOR.id, None, False),
        (10_000, OPERATOR.id, "typed", True),
    ]
    with shop.ledger.reading() as session:
        actions = [row.action for row in session.exec(select(AuditRow).where(AuditRow.actor == OPERATOR.id)).all()]
    assert actions == ["nonconformance.raise", "measurement.record", "nonconformance.withdraw", "measurement.record"]


def test_a_remake_is_not_needed_and_its_branch_is_again_what_it_was(shop: Shop) -> None:
    shop.release()
    shop.make(10, 20)
    shop.report(shop.id_of(30), "completed")
    shop.measure(shop.id_of(30), "twist", "1", measurement="typed")
    shop.answer_nonconformance(shop.last_nonconformance())
    (leased, *_) = shop.service.lease(LeaseRequest(machine_group="CUT"), MES)
    assert leased.attempt == 2
    shop.measure(shop.id_of(30), "twist", "10", measurement="mended", corrects="typed")
    assert [shop.state(one) for one in (10, 20, 30)] == ["closed"] * 3
    assert [shop.state(one, 2) for one in (10, 20, 30)] == ["cancelled"] * 3
    assert [event.key.sequence for event in shop.events(OperationCompleted)] == [10, 20, 30]
    ended = [one for one in shop.service.work_orders(MES, limit=100) if one.state == "cancelled"]
    assert {one.work_order for one in ended} >= {leased.work_order}


def test_what_the_plan_releases_too_late_for_the_withdrawn_repair_is_not_made(shop: Shop) -> None:
    fail_runout(shop)
    raised = shop.last_nonconformance()
    correct(shop)
    shop.answer_nonconformance(raised)
    with pytest.raises(LookupError):
        shop.id_of(40, 2)
    assert shop.state(40) == "in_progress"


def test_once_the_rework_has_begun_the_nonconformance_stands(shop: Shop) -> None:
    fail_runout(shop)
    shop.answer_nonconformance(shop.last_nonconformance())
    shop.report(shop.id_of(40, 2), "started")
    receipt = correct(shop)
    assert (receipt.reason, receipt.state) == ("nonconformance-stands", "held")
    assert shop.events(NonConformanceWithdrawn) == []
    assert shop.state(40, 2) == "in_progress"


def test_another_value_out_of_tolerance_keeps_it(shop: Shop) -> None:
    fail_runout(shop)
    shop.measure(shop.id_of(40), "tension", "11", measurement="loose")
    assert correct(shop).reason == "nonconformance-stands"
    last = shop.measure(shop.id_of(40), "tension", "10", measurement="tight", corrects="loose")
    assert (last.reason, last.state) == ("nonconformance-withdrawn", "in_progress")


def test_measuring_again_is_no_correction(shop: Shop) -> None:
    fail_runout(shop)
    assert shop.measure(shop.id_of(40), "runout", "10").state == "held"


def test_a_correction_that_is_still_out_of_tolerance_changes_nothing(shop: Shop) -> None:
    fail_runout(shop)
    assert correct(shop, "11").state == "held"
    assert len(shop.events(NonConformanceRaised)) == 1


def test_reports_that_came_while_it_was_held_count(shop: Shop) -> None:
    fail_runout(shop)
    shop.measure(shop.id_of(40), "tension")
    shop.report(shop.id_of(40), "completed")
    assert shop.state(40) == "held"
    assert correct(shop).state == "closed"
    assert [event.key.sequence for event in shop.events(OperationCompleted)] == [10, 20, 30, 40]


def test_a_run_that_was_scrapped_meanwhile_does_not_come_back(shop: Shop) -> None:
    fail_runout(shop)
    shop.report(shop.id_of(40), "scrapped", reason="dropped")
    assert correct(shop).reason == "nonconformance-stands"


def test_a_correction_of_a_correction_raises_it_anew_with_a_further_attempt(shop: Shop) -> None:
    fail_runout(shop)
    shop.answer_nonconformance(shop.last_nonconformance())
    correct(shop)
    shop.measure(shop.id_of(40), "runout", "11", measurement="again", corrects="mended")
    assert len(shop.events(NonConformanceRaised)) == 2
    third = shop.operation("piece_1", 40, attempt=3)
    shop.release_operations([third])
    shop.make(40, attempt=3)
    assert (shop.state(40), shop.state(50)) == ("scrapped", "released")


def test_a_value_of_another_checkpoint_is_not_corrected(shop: Shop) -> None:
    fail_runout(shop)
    receipt = shop.measure(shop.id_of(40), "tension", "10", measurement="other", corrects="typed")
    assert (receipt.result, receipt.reason) == ("quarantined", "corrects-another")
    assert shop.state(40) == "held"


def test_a_run_before_which_another_nonconformance_lies_stays_given_up(shop: Shop) -> None:
    """The assembly was begun on a wheel whose value fails later by correction; its own typing error does not bring it back."""
    shop.release()
    shop.make(10, 20, 30)
    shop.make(40)
    shop.report(shop.id_of(50), "completed")
    shop.report(shop.id_of(60), "started")
    shop.measure(shop.id_of(60), "play", "1", measurement="typed")
    runout = next(one for one in shop.service.work_order(shop.id_of(40)).checkpoints if one.characteristic.checkpoint == "runout")
    assert runout.current is not None
    shop.measure(shop.id_of(40), "runout", "11", measurement="worse", corrects=runout.current.measurement)
    receipt = shop.measure(shop.id_of(60), "play", "10", measurement="mended", corrects="typed")
    assert receipt.reason == "nonconformance-stands"
    assert shop.state(60) == "held"


def test_a_revision_that_came_too_late_holds_once_the_run_is_held(shop: Shop) -> None:
    shop.release()
    shop.report(shop.id_of(40), "started")
    shop.release(sequences=(40,), revision=2)
    shop.measure(shop.id_of(40), "runout", "11")
    shop.release(sequences=(40,), revision=2)
    assert shop.service.work_order(shop.id_of(40)).document.revision == 2
