"""A feature model: a tree of features with groups, and constraints across it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from configurator.engine.features.formula import AnyFormula

Attribute = bool | Fraction | str
ROOT = 1


@dataclass(frozen=True)
class Group:
    """Of the members ``low`` to ``high`` are chosen where the parent is. A mandatory or optional child is a group of its own."""

    parent: int
    members: tuple[int, ...]
    low: int
    high: int
    line: int


@dataclass(frozen=True)
class Constraint:
    formula: AnyFormula
    text: str
    line: int
    verbatim: bool = False
    """The text says the same in UVL, with the model's own names."""


@dataclass(frozen=True)
class FeatureModel:
    """Features are numbered from 1, the root; ``names`` and ``lines`` begin with an unused place."""

    names: tuple[str, ...]
    lines: tuple[int, ...]
    groups: tuple[Group, ...]
    constraints: tuple[Constraint, ...]
    attributes: Mapping[int, Mapping[str, Attribute]] = field(default_factory=dict)
    types: Mapping[int, str] = field(default_factory=dict)
    """Features with a value of their own: ``Integer``, ``Real`` or ``String``."""
    cardinalities: Mapping[int, str] = field(default_factory=dict)
    """Features that may be there more than once, as written: ``[0..3]``."""
    hidden: int = 0
    """Formulas speak of so many variables above the features: comparisons of values."""
    background: tuple[Constraint, ...] = ()
    """What always holds between those variables and the features."""
    rooted: bool = True
    """Whether feature 1 is in every product; a model without a tree (DIMACS) has no root."""
    left_out: tuple[str, ...] = ()
    """What the file says beyond choices, in sentences: it has no part in any answer."""

    @property
    def count(self) -> int:
        return len(self.names) - 1

    def numbers(self) -> dict[str, int]:
        """Name → number."""
        return {name: number for number, name in enumerate(self.names) if number}
