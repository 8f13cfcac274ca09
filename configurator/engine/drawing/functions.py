"""The functions of a drawing's formula language, with what they take and give."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from configurator.engine.drawing import curves
from configurator.engine.drawing.curves import Curve

Value = float | complex | bool | str | frozenset[str] | Curve
Kind = Literal["number", "point", "curve", "condition"]


@dataclass(frozen=True)
class Function:
    takes: tuple[Kind, ...]
    gives: Kind
    compute: Callable[..., Value]
    more: bool = False
    """True when further arguments of the last kind may follow."""

    def fits(self, kinds: tuple[Kind, ...]) -> bool:
        """Whether arguments of these kinds are what it takes."""
        return kinds == self.expected(len(kinds))

    def expected(self, count: int) -> tuple[Kind, ...]:
        """The kinds of so many arguments."""
        further = (self.takes[-1],) * (count - len(self.takes)) if self.more else ()
        return self.takes + further


def _polar(length: float, degrees: float) -> complex:
    return complex(length * math.cos(math.radians(degrees)), length * math.sin(math.radians(degrees)))


FUNCTIONS: Mapping[str, tuple[Function, ...]] = {
    "sqrt": (Function(("number",), "number", math.sqrt),),
    "sin": (Function(("number",), "number", lambda degrees: math.sin(math.radians(degrees))),),
    "cos": (Function(("number",), "number", lambda degrees: math.cos(math.radians(degrees))),),
    "tan": (Function(("number",), "number", lambda degrees: math.tan(math.radians(degrees))),),
    "atan2": (Function(("number", "number"), "number", lambda y, x: math.degrees(math.atan2(y, x))),),
    "floor": (Function(("number",), "number", lambda number: float(math.floor(number))),),
    "abs": (Function(("number",), "number", abs),),
    "min": (Function(("number", "number"), "number", min, more=True),),
    "max": (Function(("number", "number"), "number", max, more=True),),
    "point": (Function(("number", "number"), "point", complex),),
    "polar": (Function(("number", "number"), "point", _polar),),
    "x": (Function(("point",), "number", lambda point: point.real),),
    "y": (Function(("point",), "number", lambda point: point.imag),),
    "length": (Function(("point",), "number", abs), Function(("curve",), "number", curves.length)),
    "angle": (Function(("point",), "number", lambda point: math.degrees(math.atan2(point.imag, point.real))),),
    "line": (Function(("point", "point"), "curve", curves.line, more=True),),
    "curve": (Function(("point", "point", "point", "point"), "curve", curves.curve),),
    "join": (Function(("curve", "curve"), "curve", curves.join, more=True),),
    "reverse": (Function(("curve",), "curve", curves.reverse),),
    "start": (Function(("curve",), "point", lambda way: way.start),),
    "end": (Function(("curve",), "point", lambda way: way.end),),
    "at": (Function(("curve", "number"), "point", curves.at),),
    "heading": (Function(("curve", "number"), "number", curves.heading),),
    "split": (Function(("curve", "number", "number"), "curve", curves.split),),
    "crossing": (Function(("curve", "point", "point"), "number", curves.crossing),),
    "offset": (Function(("curve", "number"), "curve", curves.offset),),
    "mirror": (
        Function(("curve", "point", "point"), "curve", curves.mirror),
        Function(("point", "point", "point"), "point", curves.mirror_point),
    ),
    "carry": (
        Function(("curve", "point", "point", "point", "point"), "curve", curves.carry),
        Function(
            ("point", "point", "point", "point", "point"),
            "point",
            lambda point, *ends: curves.carry(curves.line(point, point), *ends).start,
        ),
    ),
}
"""By name, one entry for each kind of first argument. Angles in degrees, counted from +x towards +y."""
