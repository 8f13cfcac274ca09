"""Gauges of a plant, and by which rules their values are judged."""

from datetime import date
from typing import Literal

from pydantic import Field

from contracts.model import Contract
from contracts.units import Quantity, Unit

DecisionRule = Literal["simple", "guarded"]
"""``simple``: both limits belong to the tolerance (simple acceptance, ILAC-G8:09/2019: no guard band).

``guarded``: conforming only inside the tolerance less the guard band, non-conforming only outside the tolerance and the guard band,
in between not proven (the three zones of ISO 14253-1). The guard band is the gauge's expanded uncertainty.
"""


ChartRule = Literal[
    "western_electric_1", "western_electric_2", "western_electric_3", "western_electric_4",
    "nelson_2", "nelson_3", "nelson_4", "nelson_7", "nelson_8", "ewma",
]  # fmt: skip
"""Alarms of control charts (docs/charts.md)."""


class Gauge(Contract):
    """One gauge: what it is, how sure its values are, until which day its calibration holds."""

    kind: str = Field(min_length=1, max_length=80)
    """As quality plans name it."""
    serial: str = Field(min_length=1, max_length=80)
    uncertainty: int = Field(ge=0)
    """Expanded measurement uncertainty U (k = 2, about 95 %) of a value, in whole ``unit``."""
    unit: Unit
    calibrated_until: date
    """The last day, in plant time; a calibration recorded later goes on from there."""

    @property
    def expanded(self) -> Quantity:
        return Quantity(value=self.uncertainty, unit=self.unit)


class InspectionRules(Contract):
    """A plant's rules for measured values. Without gauges every value is judged by simple acceptance."""

    decision_rule: DecisionRule = "simple"
    overdue_gauges: Literal["mark", "refuse"] = "mark"
    """What becomes of a value whose gauge's calibration is over: taken and marked for ever, or refused."""
    alarms_hold: tuple[ChartRule, ...] = ()
    """Alarms that hold the machine's next pieces until a person of quality releases it; none: alarms are only shown."""
    gauges: dict[str, Gauge] = {}
    """By the name under which they report."""
