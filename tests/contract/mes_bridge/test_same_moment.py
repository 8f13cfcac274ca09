"""What happens twice at the same moment, on each database: one hold of a machine, one calibration of a certificate."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlmodel import select

import mes_bridge.gauges
import mes_bridge.holds
from contracts.access import Principal, Role
from contracts.gauges import Gauge, InspectionRules
from contracts.problems import InvalidInput
from ledger.database import is_sqlite
from ledger.tables import AuditRow
from mes_bridge.gauges import RecordCalibration
from tests.unit.mes_bridge.shop import Shop
from tests.unit.mes_bridge.test_holds import JUMP, STEADY, true_wheels

QUALITY = Principal(id="staff_q", role=Role.QUALITY, name="quinn")


def meeting(shop: Shop, monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> None:
    """Two that are about to write wait for each other. SQLite has one writer at a time: there nobody can."""
    if is_sqlite(shop.ledger.engine):
        return
    together, written = Barrier(2), getattr(module, name)

    def wait(*given: Any) -> Any:
        together.wait(timeout=20)
        return written(*given)

    monkeypatch.setattr(module, name, wait)


def audited(shop: Shop, action: str) -> int:
    with shop.ledger.reading() as session:
        return len(session.exec(select(AuditRow).where(AuditRow.action == action)).all())


def test_two_values_that_alarm_hold_the_machine_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.inspection.rules = InspectionRules(alarms_hold=("western_electric_1",))
    true_wheels(shop, STEADY)
    shop.ledger.clock.advance(shop.ledger.clock.now() + timedelta(minutes=1))
    wheels = []
    for piece in ("piece_7", "piece_8"):
        shop.release(piece=piece, sequences=(40,))
        wheels.append(shop.id_of(40, piece=piece))
        shop.report(wheels[-1], "started")
    meeting(shop, monkeypatch, mes_bridge.holds, "inserted")
    with ThreadPoolExecutor(2) as threads:
        told = list(threads.map(lambda wheel: shop.measure(wheel, "runout", JUMP), wheels))
    assert [each.result for each in told] == ["accepted", "accepted"]
    assert [hold.machine for hold in shop.service.holds.all()] == ["TRUE-1"]
    assert audited(shop, "machine.hold") == 1


@pytest.mark.parametrize(
    ("other_until", "answers"), [(date(2027, 1, 1), ["recorded", "recorded"]), (date(2027, 6, 1), ["/certificate", "recorded"])]
)
def test_a_certificate_is_recorded_once(shop: Shop, monkeypatch: pytest.MonkeyPatch, other_until: date, answers: list[str]) -> None:
    gauge = Gauge(kind="caliper", serial="1", uncertainty=20, unit="um", calibrated_until=date(2026, 1, 31))
    shop.inspection.rules = InspectionRules(gauges={"C-1": gauge})
    meeting(shop, monkeypatch, mes_bridge.gauges, "inserted")

    def record(until: date) -> str:
        wanted = RecordCalibration(calibrated_on=date(2026, 1, 2), calibrated_until=until, certificate="K 1")
        try:
            shop.service.gauges.record("C-1", wanted, QUALITY)
        except InvalidInput as refused:
            return refused.errors[0].pointer
        return "recorded"

    with ThreadPoolExecutor(2) as threads:
        told = sorted(threads.map(record, (date(2027, 1, 1), other_until)))
    assert told == answers
    assert len(shop.service.gauges.one("C-1").calibrations) == 1
    assert audited(shop, "gauge.calibrate") == 1
