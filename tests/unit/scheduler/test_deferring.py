"""While it is asked whether a failed piece may stay as it is, the plan counts on a no at the last moment, and says so."""

from datetime import datetime, timedelta

from contracts.access import SYSTEM
from contracts.events import ConcessionAsked, ConcessionSettled, PromiseChanged
from contracts.plan import OperationKey, OperationState
from contracts.quality import Concession, ConcessionState, NonConformance
from ledger.unit_of_work import Ledger
from scheduler.engine.operations import instant, seconds_of
from scheduler.service import Service
from tests.scheduling import emitted, fail, failure, faults, opened, operation, operations, placed, report_started


def _failed(ledger: Ledger) -> tuple[Service, NonConformance]:
    service = opened(ledger)
    placed(ledger, service, "order_1")
    cut = next(row for row in operations(ledger, "order_1") if row.sequence == 10)
    report_started(ledger, service, cut, instant(cut.start_s))
    fail(ledger, service, cut, (10,), ledger.clock.now(), rework_s=300)
    return service, failure(cut, (10,), ledger.clock.now(), rework_s=300)


def _told(service: Service, ledger: Ledger, found: NonConformance, until: datetime, state: ConcessionState, *resumed: OperationKey) -> None:
    concession = Concession(
        concession="concession_1", nonconformance=found.nonconformance, order=found.order, plant=found.plant, piece=found.key.piece,
        measurements=(), reason="r", meaning="m", reduction=None, days=3, state=state, until=until,
        proposed_by="staff_a", proposed_at=found.raised_at,
    )  # fmt: skip
    about = {"order": found.order, "plant": found.plant, "nonconformance": found, "concession": concession}
    with ledger.transaction(SYSTEM) as transaction:
        if state is ConcessionState.ASKED:
            service.on_concession_asked(transaction, ConcessionAsked.model_validate(about))
        else:
            service.on_concession_settled(transaction, ConcessionSettled.model_validate({**about, "resumed": resumed}))


def test_the_rework_is_planned_for_after_the_answer_and_comes_forward_on_a_no(ledger: Ledger) -> None:
    service, found = _failed(ledger)
    rework = f"{found.key.piece}/10.2"
    soonest, until = operation(ledger, rework).start_s, ledger.clock.now() + timedelta(days=7)
    _told(service, ledger, found, until, ConcessionState.ASKED)
    assert operation(ledger, rework).start_s >= seconds_of(until)
    moved = emitted(ledger, PromiseChanged)[-1]
    assert moved.cause.id == "scheduler.cause.waits_for_answer"
    assert faults(ledger, service) == []
    _told(service, ledger, found, until, ConcessionState.DECLINED)
    assert operation(ledger, rework).start_s == soonest
    back = emitted(ledger, PromiseChanged)[-1]
    assert (back.cause.id, back.new_promised_at < moved.new_promised_at) == ("scheduler.cause.no_concession", True)
    assert faults(ledger, service) == []


def test_after_a_yes_there_is_no_rework(ledger: Ledger) -> None:
    service, found = _failed(ledger)
    until = ledger.clock.now() + timedelta(days=7)
    _told(service, ledger, found, until, ConcessionState.ASKED)
    _told(service, ledger, found, until, ConcessionState.ACCEPTED, found.key)
    assert operation(ledger, str(found.key)).state == OperationState.RUNNING
    assert operation(ledger, f"{found.key.piece}/10.2").state == OperationState.CANCELLED
    assert emitted(ledger, PromiseChanged)[-1].cause.id == "scheduler.cause.conceded"
    assert faults(ledger, service) == []
