"""What a value was measured with: how sure it is, and whether the calibration still holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from contracts.gauges import Gauge, InspectionRules
from contracts.problems import UnitMismatch
from contracts.units import Quantity, Unit, exactly

DUE_SOON = timedelta(days=30)
Standing = Literal["valid", "due", "overdue"]


@dataclass(frozen=True)
class Instrument:
    """``gauges``: the registered ones that it can have been; none: nothing is known of it."""

    name: str
    gauges: tuple[str, ...] = ()
    uncertainty: Quantity | None = None
    until: date | None = None

    def overdue(self, day: date) -> bool:
        """Whether no calibration holds on that day; of what is not registered nobody knows."""
        return self.until is not None and day > self.until


def instrument(rules: InspectionRules, name: str, unit: Unit, recorded: Mapping[str, date] | None = None) -> Instrument:
    """The gauge of that name; of a kind alone the least sure one, its calibration as long as any of that kind's.

    ``unit``: of the characteristic; a gauge that measures something else says nothing of its uncertainty. ``recorded``: until when
    calibrations that were recorded here hold.
    """
    own = rules.gauges.get(name)
    known = {name: own} if own is not None else {each: gauge for each, gauge in rules.gauges.items() if gauge.kind == name}
    if not known:
        return Instrument(name)
    until = max(valid_until(each, gauge, recorded or {}) for each, gauge in known.items())
    return Instrument(name, tuple(sorted(known)), _least_sure(known.values(), unit), until)


def valid_until(name: str, gauge: Gauge, recorded: Mapping[str, date]) -> date:
    """The later of what the plant file says and what was recorded since."""
    return max(gauge.calibrated_until, recorded.get(name, gauge.calibrated_until))


def standing(until: date, today: date) -> Standing:
    """``due``: within thirty days."""
    if today > until:
        return "overdue"
    return "due" if until - today <= DUE_SOON else "valid"


def _least_sure(gauges: Iterable[Gauge], unit: Unit) -> Quantity | None:
    found = []
    for gauge in gauges:
        try:
            found.append((exactly(gauge.uncertainty, gauge.unit, unit), gauge.expanded))
        except UnitMismatch:
            continue
    return max(found, key=lambda one: one[0])[1] if found else None
