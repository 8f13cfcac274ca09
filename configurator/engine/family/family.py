"""What a checked product family consists of: every name known, every expression parsed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from configurator.engine.boards.sections import Boards
from configurator.engine.drawing import Drawing
from configurator.engine.expressions import Condition, Numeric
from configurator.engine.family.patterns import Pattern
from configurator.engine.pattern.sections import PiecesSection
from contracts.texts import Localised
from contracts.units import Currency, Unit


@dataclass(frozen=True)
class Group:
    """A section of the page."""

    name: str
    label: Localised
    description: Localised | None


@dataclass(frozen=True)
class Value:
    name: str
    label: Localised
    description: Localised | None
    price: int
    facts: Mapping[str, int | str]
    line: int


@dataclass(frozen=True)
class Ask:
    """``say`` asks the customer for what only they can tell, while ``when`` holds."""

    say: Localised
    when: Condition


@dataclass(frozen=True)
class Option:
    """``fewest`` to ``most`` of the values are chosen."""

    name: str
    group: str
    label: Localised
    description: Localised | None
    fewest: int
    most: int
    default: tuple[str, ...]
    ask: Ask | None
    """The default then stands for nothing told."""
    values: Mapping[str, Value]
    line: int

    @property
    def single(self) -> bool:
        """At most one value is chosen."""
        return self.most == 1

    def said(self, value: str) -> Localised:
        """The choice with its option's name: a value's label alone may be a bare number."""
        label = self.values[value].label
        return Localised(en=f"{self.label.en}: {label.en}", zh=f"{self.label.zh}：{label.zh}")


@dataclass(frozen=True)
class Garment:
    """``like``: the derived dimension that is measured at a garment that fits; ``description``: how."""

    like: str
    description: Localised


@dataclass(frozen=True)
class Dimension:
    """A number that the customer chooses. A measure is of the body: private, never part of the specification."""

    name: str
    group: str
    label: Localised
    description: Localised | None
    unit: Unit
    low: int
    high: int
    step: int
    default: int
    """For a measure the example customer's."""
    measure: bool
    survey: Numeric | None
    """A measure from the columns of a survey of bodies, which are its dimensions."""
    garment: Garment | None
    """A measure that a garment shows too."""
    line: int

    @property
    def domain(self) -> range:
        return range(self.low, self.high + 1, self.step)


@dataclass(frozen=True)
class Derived:
    """A dimension that follows from others; ``value`` speaks of chosen dimensions only."""

    name: str
    group: str
    label: Localised
    description: Localised | None
    unit: Unit
    value: Numeric
    when: Condition
    """Products for which it does not hold have no such dimension."""
    line: int


@dataclass(frozen=True)
class Table:
    """Only the listed combinations go together."""

    options: tuple[str, ...]
    allow: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Rule:
    """``condition`` holds in every buildable product, or (table) one of its rows does."""

    id: str
    say: Localised
    condition: Condition | Table
    line: int


@dataclass(frozen=True)
class PriceRule:
    """``add`` when ``when`` holds, for each whole step of ``per`` (never less than none) when there is one."""

    label: Localised
    add: int
    when: Condition
    per: Numeric | None
    step: int
    line: int


@dataclass(frozen=True)
class BomRule:
    item: Pattern
    label: Localised | None
    quantity: Numeric
    marker: str | None
    """The cloth whose layout gives an order's quantity."""
    unit: Unit
    at: str
    when: Condition
    line: int


@dataclass(frozen=True)
class Parameter:
    """An option's or dimension's value under its own name, or a number with a name of its own."""

    name: str
    label: Localised
    option: str | None
    value: Numeric | None
    unit: Unit | None


@dataclass(frozen=True)
class Operation:
    name: str
    label: Localised
    group: str
    setup: Pattern
    run_s: Numeric
    after: tuple[str, ...]
    branch: str | None
    when: Condition
    parameters: tuple[Parameter, ...]
    picture: str | None
    """``contracts.product.OperationStory.picture``."""
    story: Localised | None
    line: int


@dataclass(frozen=True)
class Checkpoint:
    id: str
    at: str
    characteristic: str
    label: Localised
    nominal: Numeric
    unit: Unit
    minus: Numeric
    plus: Numeric
    least: Numeric | None
    """The physical minimum; None: any value can be."""
    gauge: str
    gauge_label: Localised
    critical: bool
    when: Condition
    rework_s: Numeric | None
    """None: a failure leads to a remake."""
    line: int


@dataclass(frozen=True)
class CareRule:
    say: Localised
    when: Condition
    line: int


@dataclass(frozen=True)
class Proof:
    """A test in the file."""

    given: Mapping[str, str | int | tuple[str, ...]]
    expect: Literal["possible", "impossible"]
    follows: Mapping[str, str | int]
    because: tuple[str, ...]
    price: int | None
    asks: tuple[str, ...] | None
    """What the completed product still asks for; None: not tested."""
    line: int


@dataclass(frozen=True)
class Family:
    """A product family; ``sha256`` is the hash of its file's text."""

    name: str
    version: str
    sha256: str
    label: Localised
    description: Localised
    currency: Currency
    tax_percent: int
    gtin: str | None
    """Of 14 digits."""
    groups: tuple[Group, ...]
    options: Mapping[str, Option]
    dimensions: Mapping[str, Dimension]
    derived: Mapping[str, Derived]
    headline: tuple[str, ...]
    """Dimensions that say how large the product is."""
    example: Localised | None
    rules: tuple[Rule, ...]
    price: tuple[PriceRule, ...]
    bom: tuple[BomRule, ...]
    routing: tuple[Operation, ...]
    """In the order of the file, every operation after those it waits for."""
    quality: tuple[Checkpoint, ...]
    care: tuple[CareRule, ...]
    drawing: Drawing | None
    pieces: PiecesSection | None
    boards: Boards
    tests: tuple[Proof, ...]

    def is_measure(self, name: str) -> bool:
        """Whether the name is a measure of a body or a room, told to nobody but its customer."""
        return name in self.dimensions and self.dimensions[name].measure
