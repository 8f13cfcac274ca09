"""What may somebody have meant who typed this number? Another unit, a zero too many, the number of another field."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from configurator.engine.bodies import in_steps
from configurator.engine.family.family import Dimension, Family

SlipKind = Literal["centimetres", "inches", "inches_as_centimetres", "centimetres_as_inches", "tenfold", "rounded", "doubled", "exchanged"]
_FACTORS: tuple[tuple[SlipKind, int, int], ...] = (
    ("centimetres", 10, 1),
    ("inches", 254, 10),
    ("inches_as_centimetres", 254, 100),
    ("centimetres_as_inches", 100, 254),
    ("tenfold", 1, 10),
)
"""What was meant, in millimetres, is so many times what was typed."""
_ROUNDED: tuple[SlipKind, int, int] = ("rounded", 1, 1)
_LAID_FLAT: tuple[SlipKind, int, int] = ("doubled", 2, 1)


@dataclass(frozen=True)
class Slip:
    """``instead``: what was meant, by measure."""

    kind: SlipKind
    instead: Mapping[str, int]


def factors(typed: int | Fraction, *, laid_flat: bool = False) -> tuple[tuple[SlipKind, int, int], ...]:
    """What was meant is ``times`` ``by`` of what was typed. Only lengths are typed in millimetres, which are whole.

    ``laid_flat``: a width that was to be taken twice, and was not.
    """
    return (*_FACTORS, *(() if isinstance(typed, int) else (_ROUNDED,)), *((_LAID_FLAT,) if laid_flat else ()))


def misread(dimension: Dimension, typed: int | Fraction) -> Iterator[Slip]:
    """What the number would be in another unit, as far as the measure has it."""
    for kind, times, by in factors(typed) if dimension.unit == "mm" else ():
        meant = in_steps((2 * typed * times + by) // (2 * by), dimension)
        if meant in dimension.domain:
            yield Slip(kind, {dimension.name: meant})


def exchanges(family: Family, typed: Mapping[str, int], name: str, others: Collection[str]) -> Iterator[Slip]:
    """The numbers of two fields, each in the other's place."""
    for other in others:
        if other != name and typed[other] in family.dimensions[name].domain and typed[name] in family.dimensions[other].domain:
            yield Slip("exchanged", {name: typed[other], other: typed[name]})
