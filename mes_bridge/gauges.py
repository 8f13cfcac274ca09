"""The gauge registry: what values are taken with, which calibrations hold, recording a new one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field
from sqlmodel import Session, col, func, select

from contracts.access import Principal
from contracts.gauges import DecisionRule, Gauge, InspectionRules
from contracts.model import Contract, Instant
from contracts.ports import Inspection, Transaction
from contracts.problems import FieldProblem, GaugeOverdue, InvalidInput, NotFound
from contracts.product import CharacteristicSpec
from contracts.units import Quantity, Unit
from ledger.identifiers import new_id
from ledger.unit_of_work import Ledger, LedgerTransaction
from ledger.upsert import inserted
from mes_bridge.engine import gauges as rules
from mes_bridge.tables import CALIBRATION, CalibrationRow

CertificateNumber = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]


class RecordCalibration(Contract):
    """``calibrated_until``: the last day on which the gauge's values may be believed, in plant time."""

    calibrated_on: date
    calibrated_until: date
    certificate: CertificateNumber
    """Of the calibration."""


class Calibration(Contract):
    calibrated_on: date
    calibrated_until: date
    certificate: str
    recorded_by: str
    recorded_at: Instant


class RegisteredGauge(Contract):
    """A gauge of the plant file with its calibrations, newest first."""

    gauge: str
    kind: str
    serial: str
    uncertainty: Quantity
    """Expanded (k = 2)."""
    calibrated_until: date
    standing: rules.Standing
    calibrations: tuple[Calibration, ...]


@dataclass(frozen=True)
class Taken:
    """With what, and by which rule, a value is judged."""

    gauge: str
    rule: DecisionRule
    uncertainty: Quantity | None
    overdue: bool

    @property
    def guard(self) -> Quantity | None:
        return self.uncertainty if self.rule == "guarded" else None


class NoGauges:
    """For a plant that names none: every value is judged by simple acceptance, no alarm holds a machine."""

    def inspection_rules(self, transaction: Transaction | None = None) -> InspectionRules:
        return InspectionRules()


class Gauges:
    def __init__(self, ledger: Ledger, inspection: Inspection, zone: ZoneInfo) -> None:
        self._ledger = ledger
        self._inspection = inspection
        self._zone = zone

    def rules(self) -> InspectionRules:
        return self._inspection.inspection_rules()

    def taken_with(self, transaction: LedgerTransaction, gauge: str, unit: Unit, at: datetime) -> Taken:
        """Raises GaugeOverdue when the calibration was over at ``at`` and the plant refuses such values.

        Calibrations recorded here are looked up only when the plant file's own day is over.
        """
        plant = self._inspection.inspection_rules(transaction)
        day = at.astimezone(self._zone).date()
        found = rules.instrument(plant, gauge, unit)
        if found.overdue(day):
            found = rules.instrument(plant, gauge, unit, _recorded(transaction.session, found.gauges))
        overdue = found.overdue(day)
        if overdue and plant.overdue_gauges == "refuse":
            params = {"gauge": gauge, "until": _end_of(found.until, self._zone)}
            raise GaugeOverdue(params, errors=(FieldProblem("/gauge", "problem.gauge-overdue.detail", params),))
        rule = plant.decision_rule if found.uncertainty is not None else "simple"
        return Taken(gauge, rule, found.uncertainty, overdue)

    def bands(self, characteristics: Iterable[CharacteristicSpec]) -> dict[str, Quantity | None]:
        """The guard band that a value of each checkpoint would be judged with."""
        plant = self.rules()
        guarded = plant.decision_rule == "guarded"
        return {one.checkpoint: rules.instrument(plant, one.gauge, one.unit).uncertainty if guarded else None for one in characteristics}

    def registered(self) -> list[RegisteredGauge]:
        """Every gauge of the plant file, those first that are due first."""
        plant = self.rules()
        with self._ledger.reading() as session:
            rows = session.exec(select(CalibrationRow).order_by(col(CalibrationRow.id).desc())).all()
        today = self._ledger.clock.now().astimezone(self._zone).date()
        found = [_shown(name, gauge, [row for row in rows if row.gauge == name], today) for name, gauge in plant.gauges.items()]
        return sorted(found, key=lambda each: (each.calibrated_until, each.gauge))

    def one(self, gauge: str) -> RegisteredGauge:
        """Raises NotFound."""
        for each in self.registered():
            if each.gauge == gauge:
                return each
        raise NotFound("gauge", gauge)

    def record(self, gauge: str, wanted: RecordCalibration, principal: Principal) -> RegisteredGauge:
        """A calibration is done; the same one again changes nothing. Raises NotFound, InvalidInput."""
        self.one(gauge)
        with self._ledger.transaction(principal) as transaction:
            today = transaction.now.astimezone(self._zone).date()
            faults = (
                *((FieldProblem("/calibrated_on", "gauges.not_yet"),) if wanted.calibrated_on > today else ()),
                *((FieldProblem("/calibrated_until", "gauges.before"),) if wanted.calibrated_until <= wanted.calibrated_on else ()),
            )
            if faults:
                raise InvalidInput(errors=faults)
            certificate = wanted.certificate.strip()
            row = {
                "id": new_id("calibration"),
                "gauge": gauge,
                "calibrated_on": wanted.calibrated_on,
                "calibrated_until": wanted.calibrated_until,
                "certificate": certificate,
                "recorded_by": principal.id,
                "recorded_at": transaction.now,
            }
            if inserted(transaction.connection, CALIBRATION, row):
                facts = {"until": wanted.calibrated_until.isoformat(), "certificate": certificate}
                transaction.audit("gauge.calibrate", gauge, facts=facts)
            else:
                same = select(CalibrationRow).where(CalibrationRow.gauge == gauge, CalibrationRow.certificate == certificate)
                known = transaction.session.exec(same).one()
                if (known.calibrated_on, known.calibrated_until) != (wanted.calibrated_on, wanted.calibrated_until):
                    raise InvalidInput(errors=(FieldProblem("/certificate", "gauges.other_days"),))
            transaction.outcome({"gauge": gauge})
        return self.one(gauge)


def _recorded(session: Session, gauges: tuple[str, ...]) -> dict[str, date]:
    latest = select(CalibrationRow.gauge, func.max(CalibrationRow.calibrated_until)).where(col(CalibrationRow.gauge).in_(gauges))
    return dict(session.exec(latest.group_by(col(CalibrationRow.gauge))).all())


def _end_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, 23, 59, tzinfo=zone)


def _shown(name: str, gauge: Gauge, rows: list[CalibrationRow], today: date) -> RegisteredGauge:
    until = rules.valid_until(name, gauge, {name: max(row.calibrated_until for row in rows)} if rows else {})
    return RegisteredGauge(
        gauge=name,
        kind=gauge.kind,
        serial=gauge.serial,
        uncertainty=gauge.expanded,
        calibrated_until=until,
        standing=rules.standing(until, today),
        calibrations=tuple(Calibration.model_validate(row.model_dump(include=set(Calibration.model_fields))) for row in rows),
    )
