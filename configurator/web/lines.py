"""What a design is, line by line, and where two of them differ."""

from dataclasses import dataclass

from configurator.state import DesignState, DimensionState, OptionState
from contracts.texts import Localised
from contracts.units import Quantity


@dataclass(frozen=True)
class Line:
    """A choice in ``words`` (none: nothing is chosen), or a dimension's ``number``.

    ``own``: the customer decided it; ``filled``: they left it to a completion.
    """

    name: str
    label: Localised
    words: tuple[Localised, ...]
    number: Quantity | None
    own: bool
    filled: bool

    @property
    def says(self) -> tuple[tuple[Localised, ...], Quantity | None]:
        return self.words, self.number


@dataclass(frozen=True)
class Section:
    label: Localised
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Pair:
    """The same line of two designs; None where one of them does not tell it."""

    label: Localised
    first: Line | None
    second: Line | None

    @property
    def differs(self) -> bool:
        return self.first is None or self.second is None or self.first.says != self.second.says


@dataclass(frozen=True)
class PairedSection:
    label: Localised
    pairs: tuple[Pair, ...]


def sections_of(design: DesignState) -> tuple[Section, ...]:
    """All choices and dimensions in the page's order; body measures are told to the owner alone."""
    found = []
    for group in design.groups:
        lines = [_choice(each) for each in design.options if each.group == group.name]
        lines += [_number(each) for each in design.dimensions if each.group == group.name and (design.mine or not each.measure)]
        if lines:
            found.append(Section(group.label, tuple(lines)))
    return tuple(found)


def paired(first: DesignState, second: DesignState) -> tuple[PairedSection, ...]:
    """Both designs' lines beside each other; of two products that are told by different lines each has its own."""
    left, right = sections_of(first), sections_of(second)
    others = {line.name: line for section in right for line in section.lines}
    sections = [
        PairedSection(section.label, tuple(Pair(line.label, line, others.pop(line.name, None)) for line in section.lines))
        for section in left
    ]
    for section in right:
        alone = tuple(Pair(line.label, None, line) for line in section.lines if line.name in others)
        if alone:
            sections.append(PairedSection(section.label, alone))
    return tuple(sections)


def differing(sections: tuple[PairedSection, ...]) -> tuple[PairedSection, ...]:
    """Only what differs."""
    kept = (PairedSection(section.label, tuple(pair for pair in section.pairs if pair.differs)) for section in sections)
    return tuple(section for section in kept if section.pairs)


def _choice(option: OptionState) -> Line:
    return Line(option.name, option.label, tuple(each.label for each in option.values if each.chosen), None, option.own, option.filled)


def _number(dimension: DimensionState) -> Line:
    number = Quantity(value=dimension.value, unit=dimension.unit)
    return Line(dimension.name, dimension.label, (), number, dimension.own, dimension.filled)
