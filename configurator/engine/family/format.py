"""The form of a family file: which keys it has and what each holds, before names and expressions are checked."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from contracts.texts import Localised
from contracts.units import Currency, Unit

Word = Annotated[str, StringConstraints(pattern=r"^[^\W\d]\w*$", max_length=40)]
"""A name: letters, digits and underscores, not beginning with a digit."""
ValueWord = Annotated[
    str,
    StringConstraints(pattern=r"^\w+$", max_length=40),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^\w+$", "maxLength": 40}),
]
"""A value's name may begin with a digit, as in ``12x142``."""
NumberText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000),
    WithJsonSchema({"type": ["string", "integer"], "maxLength": 2_000, "description": "a numeric expression"}),
]
ConditionText = Annotated[str, StringConstraints(min_length=1, max_length=2_000), Field(description="a condition")]
Choose = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,3}(\.\.[0-9]{1,3})?$"),
    WithJsonSchema(
        {"type": ["string", "integer"], "pattern": r"^[0-9]{1,3}(\.\.[0-9]{1,3})?$", "description": "how many values: 1, 0..1, 0..3"}
    ),
]
Pattern = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    Field(description="a text with {option}, {option.fact} or {dimension} in it"),
]
Whole = Annotated[int, Field(ge=-(10**9), le=10**9)]
Size = Annotated[int, Field(ge=0, le=10**6)]


class Section(BaseModel):
    """A part of the file: frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GroupSection(Section):
    """A section of the studio's page."""

    label: Localised
    description: Localised | None = None


class ValueSection(Section):
    label: Localised
    description: Localised | None = None
    price: Whole = 0
    """Added to the net price when chosen, in minor units."""
    facts: dict[Word, Annotated[Whole | str, Field(union_mode="left_to_right")]] = {}
    """Numbers for expressions (``option.fact``), texts for patterns (``{option.fact}``)."""


class AskSection(Section):
    """What only the customer can tell: while ``when`` holds, the option's default stands for nothing told."""

    say: Localised
    when: ConditionText | None = None


class OptionSection(Section):
    group: Word
    label: Localised
    description: Localised | None = None
    choose: Choose = "1"
    default: ValueWord | tuple[ValueWord, ...] = ()
    ask: AskSection | None = None
    values: Annotated[dict[ValueWord, ValueSection], Field(min_length=1, max_length=500)]

    @property
    def bounds(self) -> tuple[int, int]:
        """How many values are chosen at least and at most."""
        low, dots, high = self.choose.partition("..")
        return int(low), int(high if dots else low)


class GarmentSection(Section):
    """How a body measure shows at a garment that fits."""

    like: Annotated[Word, Field(description="the derived dimension that is measured at the garment")]
    description: Localised
    """How it is taken."""


class DimensionSection(Section):
    """Chosen (min, max, step), a body measure (also ``measure: true``), or derived (``value``)."""

    group: Word
    label: Localised
    description: Localised | None = None
    unit: Literal["mm"] = "mm"
    min: Size | None = None
    max: Size | None = None
    step: Annotated[int, Field(ge=1, le=10_000)] = 1
    default: Size | None = None
    measure: bool = False
    example: Size | None = None
    survey: Annotated[
        NumberText | None, Field(description="of a body measure: how a survey's columns give it; it is then checked against real bodies")
    ] = None
    garment: GarmentSection | None = None
    """Of a body measure: what of a garment that fits can be measured instead."""
    value: NumberText | None = None
    when: ConditionText | None = None
    """Of a derived one: a product for which it does not hold has no such dimension."""


class TableSection(Section):
    columns: Annotated[tuple[Word, ...], Field(min_length=2, max_length=6)]
    allow: Annotated[tuple[tuple[ValueWord, ...], ...], Field(min_length=1, max_length=5_000)]


class RuleSection(Section):
    """One of ``require`` (with or without ``when``), ``table``, ``exclude``."""

    id: Word
    say: Localised
    when: ConditionText | None = None
    require: ConditionText | None = None
    table: TableSection | None = None
    exclude: tuple[tuple[Pattern, Pattern], ...] | None = None
    """Pairs ``option.value`` that do not go together."""


class PriceSection(Section):
    """One of ``base``; ``add`` (with ``when``); ``per``, ``step``, ``add`` for each whole step of a number (with or without ``when``)."""

    label: Localised
    base: Whole | None = None
    when: ConditionText | None = None
    per: NumberText | None = None
    step: Annotated[int, Field(ge=1, le=10**6)] | None = None
    add: Whole | None = None


class BomSection(Section):
    item: Pattern
    label: Localised | None = None
    """Without one the label of the option in ``item`` is used."""
    quantity: NumberText
    marker: Word | None = None
    """A cloth of ``pieces``: an order takes the length of its layout; ``quantity`` stands for it before."""
    unit: Unit = "piece"
    at: Word
    """The operation that consumes it."""
    when: ConditionText | None = None


class ParameterSection(Section):
    name: Word
    label: Localised
    value: NumberText
    unit: Unit | None = None


class OperationSection(Section):
    op: Word
    label: Localised
    group: Word
    """Machine group."""
    setup: Pattern = "any"
    """Setup family."""
    run: NumberText
    """Seconds."""
    after: tuple[Word, ...] = ()
    branch: Word | None = None
    """What a remake repeats: operations of the same branch; without it the chain up to where parts join."""
    when: ConditionText | None = None
    parameters: tuple[Word | ParameterSection, ...] = ()
    """Names of options and dimensions, or values with a name of their own."""
    view: Word | None = None
    """View of the drawing that shows what the operation works on."""
    layout: Word | None = None
    """Cloth whose layout shows it instead."""
    story: Localised | None = None
    """What is being done while it runs, in the customer's words."""


class ToleranceSection(Section):
    minus: NumberText
    plus: NumberText


class ReworkSection(Section):
    rework: NumberText
    """Seconds of the repeated operation."""


class CheckpointSection(Section):
    id: Word
    at: Word
    characteristic: Word
    label: Localised
    nominal: NumberText
    unit: Unit
    tolerance: NumberText | ToleranceSection
    physical_minimum: NumberText | None = None
    """Below it no value can be: a distance, a force, a run-out is never less than nothing."""
    gauge: Word
    """One of ``gauges``."""
    critical: bool = False
    when: ConditionText | None = None
    on_failure: Literal["remake"] | ReworkSection


Spot = tuple[NumberText, NumberText]
"""Two numeric expressions in micrometres, from the board's start and front."""


class StockSection(Section):
    """What boards are cut from."""

    label: Localised
    item: Pattern
    thickness: NumberText
    """Micrometres."""


class HoleSection(Section):
    """``times`` equal holes, ``by`` apart, from ``at``; micrometres. On an edge: along it, and up from the lower face."""

    face: Literal["face", "start", "end", "front", "back"] = "face"
    diameter: NumberText
    depth: NumberText
    at: Spot
    times: Spot = ("1", "1")
    by: Spot = ("0", "0")
    when: ConditionText | None = None


class GrooveSection(Section):
    """Along its middle line; micrometres."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True)

    start: Annotated[Spot, Field(alias="from")]
    end: Annotated[Spot, Field(alias="to")]
    width: NumberText
    depth: NumberText
    when: ConditionText | None = None


class BoardSection(Section):
    """``quantity`` equal boards; finished sizes in micrometres, edging included."""

    board: Word
    label: Localised
    stock: Word
    quantity: NumberText = "1"
    length: NumberText
    width: NumberText
    grain: Literal["length", "width", "none"]
    edges: dict[Literal["start", "end", "front", "back"], NumberText] = {}
    """Thickness of the edging on each edge."""
    holes: Annotated[tuple[HoleSection, ...], Field(max_length=50)] = ()
    grooves: Annotated[tuple[GrooveSection, ...], Field(max_length=10)] = ()


class BoardsSection(Section):
    """What a product is sawn from; ``let`` names numbers, each may use those above it."""

    let: Annotated[dict[Word, NumberText], Field(max_length=100)] = {}
    stocks: Annotated[dict[Word, StockSection], Field(min_length=1, max_length=50)]
    cut: Annotated[tuple[BoardSection, ...], Field(min_length=1, max_length=100)]


class CareSection(Section):
    """Something to know about looking after the product."""

    say: Localised
    when: ConditionText | None = None


class ProofSection(Section):
    """A test of the family: decisions, and what must follow."""

    given: dict[Word, ValueWord | tuple[ValueWord, ...]]
    expect: Literal["possible", "impossible"] | dict[Word, ValueWord] = "possible"
    """A mapping names values that must follow from the decisions; ``price`` the net price of the completed product."""
    because: tuple[Word, ...] = ()
    """Rules of which at least these must be among the reasons."""
    price: Whole | None = None
    asks: tuple[Word, ...] | None = None
    """Options that the completed product still asks the customer for, all of them."""


class FamilyFile(Section):
    """A product family."""

    family: Word
    version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.\-]{1,20}$")]
    label: Localised
    description: Localised
    currency: Currency
    tax_percent: Annotated[int, Field(ge=0, le=100)]
    gtin: Annotated[str, StringConstraints(pattern=r"^[0-9]{8,14}$")] | None = None
    """Global Trade Item Number that GS1 gave the maker for this family; every piece has its address by it."""
    groups: Annotated[dict[Word, GroupSection], Field(min_length=1, max_length=50)]
    options: Annotated[dict[Word, OptionSection], Field(max_length=500)] = {}
    dimensions: Annotated[dict[Word, DimensionSection], Field(max_length=100)] = {}
    headline: Annotated[tuple[Word, ...], Field(max_length=12)] = ()
    """Dimensions that say how large the product is, before all others; without any all derived ones do."""
    example: Localised | None = None
    """Name of the example customer whose measures stand in until own ones are given."""
    rules: Annotated[tuple[RuleSection, ...], Field(max_length=5_000)] = ()
    price: Annotated[tuple[PriceSection, ...], Field(max_length=1_000)] = ()
    bom: Annotated[tuple[BomSection, ...], Field(max_length=1_000)] = ()
    routing: Annotated[tuple[OperationSection, ...], Field(max_length=200)] = ()
    gauges: Annotated[dict[Word, Localised], Field(max_length=100)] = {}
    quality: Annotated[tuple[CheckpointSection, ...], Field(max_length=500)] = ()
    care: Annotated[tuple[CareSection, ...], Field(max_length=100)] = ()
    drawing: dict[str, Any] | None = None
    pieces: dict[str, Any] | None = None
    boards: BoardsSection | None = None
    tests: Annotated[tuple[ProofSection, ...], Field(max_length=1_000)] = ()
