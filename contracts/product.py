"""The manufacturing specification: bill of materials, routing and quality plan of one piece."""

from typing import Literal

from pydantic import Field

from contracts.model import Contract, sha256_of
from contracts.texts import Language, Localised
from contracts.units import Money, Quantity, Unit

DispositionRule = Literal["rework", "remake"]


class Choice(Contract):
    """A decided option: ids and the words a person reads."""

    option: str
    value: str
    option_label: Localised
    value_label: Localised
    own: bool = True
    """True when the customer decided it, False when it follows or was completed."""
    filled: bool = Field(default=False, exclude_if=lambda filled: not filled)
    """True when the customer left it to a completion (the least price, the earliest date)."""


class DimensionValue(Contract):
    """A decided dimension, in the unit of the family file."""

    name: str
    label: Localised
    value: int
    unit: Unit
    own: bool = True


class BomLine(Contract):
    """An item and how much of it one piece consumes at which operation."""

    item: str
    label: Localised
    quantity: int = Field(gt=0)
    unit: Unit
    operation: int
    """Sequence of the consuming operation."""


class OperationSpec(Contract):
    """One routing step (ISA-95 process segment) for one piece."""

    sequence: int
    name: str
    label: Localised
    machine_group: str
    setup_family: str
    """Setup is needed on a machine whose last operation had another setup family."""
    run_s: int = Field(gt=0)
    after: tuple[int, ...] = ()
    """Sequences of the operations that must be complete before."""
    parameters: tuple["OperationParameter", ...] = ()


class OperationParameter(Contract):
    """A customer's dimension or choice that the operation needs."""

    name: str
    label: Localised
    value: int | str
    unit: Unit | None = None


class CharacteristicSpec(Contract):
    """A characteristic to be measured after an operation, with this customer's own nominal."""

    checkpoint: str
    operation: int
    characteristic: str
    label: Localised
    nominal: int
    lower: int
    upper: int
    physical_minimum: int | None = Field(default=None, exclude_if=lambda least: least is None)
    """Below it no value can be (a run-out is never less than nothing); None: any can."""
    unit: Unit
    gauge: str
    gauge_label: Localised
    critical: bool = False
    balloon: int | None = Field(default=None, exclude_if=lambda number: number is None)
    """Its number on the inspection drawing; None: it has no place there."""
    disposition: DispositionRule
    """What a value out of tolerance leads to."""
    restart: tuple[int, ...]
    """Sequences of the operations that run again (rework: the operation itself; remake: its whole branch)."""
    rework_s: int | None = None
    """For rework: seconds of the repeated operation (the others keep their run_s)."""


class OperationStory(Contract):
    """How one operation is told and shown to people."""

    operation: int
    """Its sequence."""
    picture: str | None = None
    """The stored picture of what it works on, without language and ending (``drawing.inside``); None: the whole product."""
    sentence: Localised | None = None
    """What is being done while it runs, in the customer's words."""


class PriceLine(Contract):
    label: Localised
    amount: int
    """Net minor units."""


class Price(Contract):
    """A price with its breakdown; net + tax = total, in minor units of one currency."""

    lines: tuple[PriceLine, ...]
    net: Money
    tax_percent: int
    tax: Money
    total: Money


WHOLE = "drawing"
"""The picture of the whole product; others are called after the view (``drawing.inside``) or the cloth (``marker.shell``)."""


INSPECTION = "inspection"
"""Pictures with the quality plan's numbers in balloons, called after the view (``inspection.side``)."""


def picture_file(picture: str, language: Language) -> str:
    """The name of a picture's file in a language."""
    return f"{picture}.{language}.svg"


class StoredFile(Contract):
    name: str
    sha256: str
    media_type: str


class ManufacturingSpecification(Contract):
    """All that is needed to make one piece. Carries no personal data: product dimensions only."""

    family: str
    family_label: Localised
    family_version: str
    family_sha256: str
    gtin: str | None = Field(default=None, exclude_if=lambda number: number is None)
    """The family's Global Trade Item Number (GS1), of 14 digits."""
    choices: tuple[Choice, ...]
    dimensions: tuple[DimensionValue, ...]
    materials: tuple[BomLine, ...]
    routing: tuple[OperationSpec, ...]
    quality: tuple[CharacteristicSpec, ...]
    price: Price
    care: tuple[Localised, ...] = ()
    """How the customer looks after the piece, a sentence or two each."""
    files: tuple[StoredFile, ...] = ()
    story: tuple[OperationStory, ...] = ()
    """Of the operations that have a picture or a sentence of their own."""

    def sha256(self) -> str:
        """The specification's identity: hash of its canonical JSON."""
        return sha256_of(self)

    def story_of(self, sequence: int) -> OperationStory:
        """The story of an operation; a plain one when the family tells none."""
        return next((each for each in self.story if each.operation == sequence), OperationStory(operation=sequence))


__all__ = [
    "INSPECTION",
    "WHOLE",
    "BomLine",
    "CharacteristicSpec",
    "Choice",
    "DimensionValue",
    "DispositionRule",
    "ManufacturingSpecification",
    "OperationParameter",
    "OperationSpec",
    "OperationStory",
    "Price",
    "PriceLine",
    "Quantity",
    "StoredFile",
    "picture_file",
]
