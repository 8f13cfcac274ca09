"""Where a value lies in its tolerance, as a strip to look at and as words."""

import re
from dataclasses import dataclass
from decimal import Decimal

from contracts.problems import FieldProblem, InvalidInput
from contracts.product import CharacteristicSpec
from contracts.texts import Localised, Message
from contracts.units import Quantity, Unit
from mes_bridge.engine.judgement import hard_to_believe
from presentation.formats import reading_unit, unit_sign

WIDTH = 240
_MARGIN = 60
_TYPED = re.compile(r"([+-]?\d{1,9}(?:[.,]\d{1,6})?)\s*([A-Za-zµμ°·]{0,5})")
_TYPED_UNITS = {"µm": "um", "μm": "um", "°": "deg", "N·m": "Nm", "nm": "Nm"}


@dataclass(frozen=True)
class Strip:
    """Positions on a strip ``WIDTH`` wide; the tolerance lies between its margins, a value beyond is drawn at the edge."""

    lower_x: int
    nominal_x: int
    upper_x: int
    value_x: int | None


def strip(characteristic: CharacteristicSpec, value: int | None) -> Strip:
    span = max(characteristic.upper - characteristic.lower, 1)
    inner = WIDTH - 2 * _MARGIN

    def place(at: int) -> int:
        return min(max(_MARGIN + (at - characteristic.lower) * inner // span, 6), WIDTH - 6)

    return Strip(_MARGIN, place(characteristic.nominal), WIDTH - _MARGIN, None if value is None else place(value))


def far_off(characteristic: CharacteristicSpec, value: int) -> FieldProblem | None:
    """What is asked once more before a value that is hard to believe is taken."""
    if not hard_to_believe(characteristic, value):
        return None
    limits = {
        name: Quantity(value=at, unit=characteristic.unit)
        for name, at in (("lower", characteristic.lower), ("upper", characteristic.upper))
    }
    return FieldProblem("/value", "terminal.far_off", limits)


def off_by(characteristic: CharacteristicSpec, value: int) -> Message:
    """How far a value is beyond its limit, or that it is within."""
    unit: Unit = characteristic.unit
    if value > characteristic.upper:
        beyond = Quantity(value=value - characteristic.upper, unit=unit)
        return Message(id="terminal.above", params={"by": beyond, "limit": Quantity(value=characteristic.upper, unit=unit)})
    if value < characteristic.lower:
        beyond = Quantity(value=characteristic.lower - value, unit=unit)
        return Message(id="terminal.below", params={"by": beyond, "limit": Quantity(value=characteristic.lower, unit=unit)})
    return Message(id="terminal.within")


def typed_value(text: str, unit: Unit) -> tuple[Decimal, str]:
    """A typed value with its unit; without one it is in the unit that people read. Raises InvalidInput."""
    found = _TYPED.fullmatch(text.strip())
    if found is None:
        sign = Localised(en=unit_sign(unit, "en"), zh=unit_sign(unit, "zh"))
        raise InvalidInput(errors=(FieldProblem("/value", "terminal.not_a_value", {"unit": sign}),))
    given = found[2]
    return Decimal(found[1].replace(",", ".")), _TYPED_UNITS.get(given, given) or reading_unit(unit)
