"""Names bound to values for a product; a fitted name makes two numbers agree."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from configurator.engine.drawing.expressions import Formula
from configurator.engine.drawing.functions import Value

_MOST_STEPS = 100
_CLOSE_MM = 1e-9


class DrawingUndefined(Exception):
    """A formula has no value for this product (a root of a negative number, a division by zero, a fit that cannot be had)."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line


@dataclass(frozen=True)
class Let:
    """A name bound to a formula's value, for everything after it."""

    name: str
    formula: Formula
    line: int


@dataclass(frozen=True)
class Fit:
    """A number between ``low`` and ``high`` for which two formulas agree; ``lets`` depend on it and are bound with it."""

    name: str
    low: Formula
    high: Formula
    lets: tuple[Let, ...]
    one: Formula
    other: Formula
    line: int


Binding = Let | Fit


def valued[T](line: int, compute: Callable[[Mapping[str, Value]], T], scope: Mapping[str, Value]) -> T:
    """A value; raises DrawingUndefined where there is none."""
    try:
        return compute(scope)
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise DrawingUndefined(line, str(error)) from error


def bind(bindings: Sequence[Binding], scope: dict[str, Value]) -> None:
    """Adds each name's value to the scope. Raises DrawingUndefined."""
    for each in bindings:
        if isinstance(each, Let):
            scope[each.name] = valued(each.line, each.formula.evaluate, scope)
        else:
            _fit(each, scope)


def _fit(fit: Fit, scope: dict[str, Value]) -> None:
    """Regula falsi after Dowell and Jarratt (Illinois, BIT 11, 1971): the same product gives the same number to the last digit."""

    def apart(value: float) -> float:
        scope[fit.name] = value
        bind(fit.lets, scope)
        return valued(fit.line, lambda names: fit.one.number(names) - fit.other.number(names), scope)

    low, high = (valued(fit.line, bound.number, scope) for bound in (fit.low, fit.high))
    at_low, at_high = apart(low), apart(high)
    if at_low * at_high > 0:
        raise DrawingUndefined(fit.line, f"no {fit.name} between {low:.1f} and {high:.1f}: {at_low:+.1f} to {at_high:+.1f} mm apart")
    for _ in range(_MOST_STEPS):
        if at_low == at_high:
            break
        middle = high - at_high * (high - low) / (at_high - at_low)
        found = apart(middle)
        if abs(found) < _CLOSE_MM:
            break
        if found * at_high < 0:
            low, at_low = high, at_high
        else:
            at_low /= 2
        high, at_high = middle, found
