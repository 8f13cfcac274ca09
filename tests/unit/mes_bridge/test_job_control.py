"""The methods of job control obey what everybody else's leases and reports obey."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.access import SYSTEM
from contracts.work_order import MeasurementReport
from mes_bridge.engine.protocols.opcua import Command, ReturnStatus
from mes_bridge.job_control import Called, JobControl
from mes_bridge.tables import WorkOrderRow
from tests.unit.mes_bridge.shop import MES, OPERATOR, OTHER_MES, START, Shop

NO_ERROR, INVALID, UNABLE = ReturnStatus.NO_ERROR, ReturnStatus.INVALID_STATUS, ReturnStatus.UNABLE_TO_ACCEPT


class Wheels:
    """Job control of the machine group TRUE."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.control = shop, JobControl(shop.service)

    def call(self, command: Command, work_order: str, by: Any = MES) -> ReturnStatus:
        return self.control.call(Called(command, "riverside", "TRUE", work_order, None, by))


@pytest.fixture
def wheels(shop: Shop) -> Wheels:
    shop.release()
    return Wheels(shop)


def test_a_station_where_a_person_works_is_passed_over(wheels: Wheels) -> None:
    work_order = wheels.shop.id_of(40)
    assert wheels.call(Command.STORE, work_order) == NO_ERROR
    wheels.shop.service.attend("TRUE-1", OPERATOR)
    assert wheels.call(Command.STORE, work_order) == INVALID
    wheels.shop.service.start(work_order, OPERATOR)
    assert wheels.call(Command.STOP, work_order) == UNABLE | ReturnStatus.HELD_BY_ANOTHER


def test_a_command_counts_after_what_a_faster_clock_has_reported(wheels: Wheels) -> None:
    work_order = wheels.shop.id_of(40)
    wheels.shop.report(work_order, "started", minutes=10)
    wheels.shop.report(work_order, "paused", minutes=30)
    assert wheels.shop.ledger.clock.now() <= START
    assert wheels.call(Command.RESUME, work_order) == NO_ERROR
    assert wheels.shop.state(40) == "in_progress"


def test_an_update_that_is_refused_leaves_the_old_revision_unanswered(wheels: Wheels) -> None:
    work_order = wheels.shop.id_of(40)
    assert wheels.call(Command.STORE, work_order) == NO_ERROR
    wheels.shop.release(sequences=(40,), revision=2)
    assert wheels.call(Command.STORE, work_order, OTHER_MES) == NO_ERROR
    assert wheels.call(Command.UPDATE, work_order) == UNABLE | ReturnStatus.HELD_BY_ANOTHER
    assert wheels.shop.service.unanswered(work_order, "superseded", MES) == 1
    assert wheels.call(Command.REVOKE_START, work_order, OTHER_MES) == NO_ERROR
    assert wheels.call(Command.UPDATE, work_order) == NO_ERROR
    assert wheels.shop.service.unanswered(work_order, "superseded", MES) is None


def test_a_piece_that_failed_waits_for_its_decision_whatever_is_called(wheels: Wheels) -> None:
    work_order = wheels.shop.id_of(40)
    assert wheels.call(Command.START, work_order) == NO_ERROR
    told = MeasurementReport(measurement="m", work_order=work_order, checkpoint="runout", value="11", unit="mm", at=START, source="gauge")
    assert wheels.control.measure(told, MES).receipt.state == "held"  # type: ignore[union-attr]
    for command in (Command.START, Command.PAUSE, Command.RESUME, Command.STOP):
        assert wheels.call(command, work_order) == INVALID
    assert wheels.call(Command.ABORT, work_order) == NO_ERROR
    assert wheels.shop.service.work_order(work_order).reports[-1].kind == "scrapped"
    assert wheels.shop.state(40) == "held", "its non-conformance decides"


def test_the_same_value_twice_is_one_and_another_under_its_name_is_refused(wheels: Wheels) -> None:
    told = MeasurementReport(
        measurement="m", work_order=wheels.shop.id_of(40), checkpoint="runout", value="10", unit="mm", at=START, source="gauge"
    )
    assert wheels.control.measure(told, MES) == wheels.control.measure(told, MES)
    other = wheels.control.measure(told.model_copy(update={"checkpoint": "tension"}), MES)
    assert (other.status, other.because) == (ReturnStatus.INVALID_REQUEST, "idempotency-mismatch")
    assert len(wheels.shop.service.measurements()) == 1


def test_what_lost_its_lease_is_taken_by_whoever_stores_it_next(wheels: Wheels) -> None:
    work_order = wheels.shop.id_of(40)
    assert wheels.call(Command.STORE, work_order, MES) == NO_ERROR
    assert wheels.call(Command.STORE, work_order, OTHER_MES) == UNABLE | ReturnStatus.HELD_BY_ANOTHER
    with wheels.shop.ledger.transaction(SYSTEM) as transaction:
        transaction.session.get_one(WorkOrderRow, work_order).lease_until = transaction.real_now - timedelta(seconds=1)
    assert wheels.call(Command.STORE, work_order, OTHER_MES) == NO_ERROR
    assert wheels.call(Command.START, work_order, MES) == UNABLE | ReturnStatus.HELD_BY_ANOTHER
    assert wheels.call(Command.REVOKE_START, work_order, OTHER_MES) == NO_ERROR
    assert wheels.call(Command.START, work_order, MES) == NO_ERROR
