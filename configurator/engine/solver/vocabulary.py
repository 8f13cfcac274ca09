"""Which variable of the solver stands for what: option values, thresholds of dimensions, rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from configurator.engine.family.family import Family

Clause = list[int]


@dataclass(frozen=True)
class Cell:
    """Neighbouring values of a dimension that no rule tells apart: positions ``first`` to ``last`` of its domain."""

    first: int
    last: int
    literals: tuple[int, ...]
    """All of these hold when the value is in the cell."""


@dataclass
class Vocabulary:
    """Gives out variables while a family is compiled."""

    family: Family
    top: int = 0
    values: dict[tuple[str, str], int] = field(default_factory=dict)
    """(option, value) → variable; the empty value stands for no value of an option that may stay open."""
    thresholds: dict[str, dict[int, int]] = field(default_factory=dict)
    """Dimension → position → variable of "at most the domain's value at this position"."""

    def __post_init__(self) -> None:
        for option in self.family.options.values():
            for value in option.values:
                self.values[option.name, value] = self.new()
        for option in self.family.options.values():
            if option.single and option.fewest == 0:
                self.values[option.name, ""] = self.new()
        self.thresholds = {name: {} for name in self.family.dimensions}

    def new(self) -> int:
        self.top += 1
        return self.top

    def at_most(self, dimension: str, position: int) -> int | None:
        """The literal of "at most this position"; None when it always holds (the last) or never (before the first)."""
        if not 0 <= position < len(self.family.dimensions[dimension].domain) - 1:
            return None
        known = self.thresholds[dimension]
        if position not in known:
            known[position] = self.new()
        return known[position]

    def orders(self) -> Iterable[Clause]:
        """At most 3 implies at most 4."""
        for known in self.thresholds.values():
            positions = sorted(known)
            for low, high in pairwise(positions):
                yield [-known[low], known[high]]

    def cells(self) -> Mapping[str, tuple[Cell, ...]]:
        """Each dimension's domain cut at its thresholds; once everything is encoded."""
        found: dict[str, tuple[Cell, ...]] = {}
        for name, dimension in self.family.dimensions.items():
            known = self.thresholds[name]
            ends = [*sorted(known), len(dimension.domain) - 1]
            cells, first = [], 0
            for end in ends:
                literals = ([known[end]] if end in known else []) + ([-known[first - 1]] if first else [])
                cells.append(Cell(first, end, tuple(literals)))
                first = end + 1
            found[name] = tuple(cells)
        return found
