"""What people ask of the storefront, parsed: orders, changes, choices."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from contracts.model import Contract, Instant
from contracts.texts import Language
from contracts.units import Country, Money
from storefront.engine.basket import MOST_DESIGNS

Choice = Literal["wait", "change", "cancel"]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
"""Not blank. Whatever is typed is kept; letters and papers take it as text."""
Mailbox = Annotated[
    str,
    StringConstraints(
        max_length=254,
        pattern=r"^[^\s@<>\"(),:;\\\[\]\x00-\x1f\x7f]+@[^\s@<>\"(),:;\\\[\]\x00-\x1f\x7f]+\.[^\s@<>\"(),:;\\\[\]\x00-\x1f\x7f]+$",
    ),
]
"""One address; nothing in it can end a mail header."""

Region = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]


class Expected(Contract):
    """What the buyer saw of a design."""

    price: Money
    promised_at: Instant


class WantedDesign(Contract):
    design: Identifier
    revision: int = Field(ge=0)
    expected: Expected


class Customer(Contract):
    """Whom a piece is made for and where it goes."""

    name: Line
    email: Mailbox
    street: Line
    city: Line
    region: Region = Field(default="", exclude_if=lambda region: not region)
    """State or province, by the key of ``addresses.regions``; programs may leave it out."""
    postcode: Annotated[Line, StringConstraints(max_length=20)]
    country: Country
    language: Language = "en"


class AskDelivery(Contract):
    """Designs to one country."""

    design: tuple[Identifier, ...] | Identifier
    country: Country

    @property
    def designs(self) -> list[str]:
        return [self.design] if isinstance(self.design, str) else list(self.design)


class PlaceOrder(Contract):
    """An order. ``expected_total`` covers delivery too; without it the designs' expected prices are all that the buyer saw."""

    designs: tuple[WantedDesign, ...] = Field(min_length=1, max_length=MOST_DESIGNS)
    customer: Customer
    expected_total: Money | None = None
    payment: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    """A method of the payment provider; None is its usual one."""
    hold: Identifier | None = None
    """The hold that an earlier answer named."""


class ChangedDesign(Contract):
    """``piece`` names which piece changes; an order of one piece, or a design that stands in the order, needs no naming."""

    design: Identifier
    revision: int = Field(ge=0)
    piece: Identifier | None = None
    expected: Expected | None = None


class ChangeOrder(Contract):
    designs: tuple[ChangedDesign, ...] = Field(min_length=1, max_length=MOST_DESIGNS)
    preview: bool = True
