"""What pages and programs see of a design: every option's and dimension's state, price, date."""

from typing import Literal

from configurator.engine.wishes import Mark, Wished
from contracts.model import Contract, Day, Instant
from contracts.product import Price
from contracts.texts import Localised, Text
from contracts.units import Country, Money, Unit

Status = Literal["decided", "forced", "open", "excluded"]


class ValueState(Contract):
    """``chosen``: the reference product has it. ``filled``: decided by a completion, not by the customer.

    ``replaces``: choosing it takes the place of something that a completion filled in elsewhere.
    """

    name: str
    label: Localised
    description: Localised | None
    status: Status
    reason: Text | None = None
    """Why it is excluded or forced; in answers of the API."""
    chosen: bool
    filled: bool = False
    replaces: bool = False
    price: Money
    """Net, as the family lists it."""
    swatch: str | None = None
    """The value's colour as ``#rrggbb``, when the family gives it as the fact ``swatch``."""


class OptionState(Contract):
    name: str
    group: str
    label: Localised
    description: Localised | None
    fewest: int
    most: int
    own: bool
    """The customer decided it."""
    filled: bool = False
    """A completion decided it, and the customer nothing of it since."""
    ask: Localised | None = None
    """What the customer still has to tell here before ordering; None when nothing is missing."""
    values: tuple[ValueState, ...]


class DimensionState(Contract):
    """``own`` and ``filled``: as an option's.

    ``allowed``: the exact values that still work, as (low, high, step); empty for a derived dimension, which has no ``domain``.
    """

    name: str
    group: str
    label: Localised
    description: Localised | None
    unit: Unit
    measure: bool
    derived: bool
    value: int
    own: bool
    filled: bool = False
    domain: tuple[int, int, int] | None
    """From, to, step: what the family declares, whatever else is decided."""
    allowed: tuple[tuple[int, int, int], ...]


class GroupState(Contract):
    name: str
    label: Localised
    description: Localised | None


class WishesState(Contract):
    """What the owner wishes of price and date, and what the design misses of it. A wish is no rule: nothing is refused for it."""

    price: Money | None
    """The most that it may cost, with tax; None: no such wish."""
    date: Day | None
    """The latest day of delivery; None: no such wish."""
    kept: bool
    over: Money | None
    """How much the design costs above ``price``; None when that is kept."""
    days: int | None
    """How many days after ``date`` it comes; None when that is kept, and when there is no date at all."""
    no_date: bool
    """A day is wished for, and there is no date at all."""
    least_price: Money | None = None
    """Told by a completion that found nothing to keep the wishes: the least price of what keeps the decisions, proved."""
    earliest_at: Instant | None = None
    """Told with it: the earliest date found of what keeps the decisions, and the price when that can be kept."""
    unreachable: tuple[Wished, ...] = ()
    """Told with them: the wishes that they miss. None of both: each can be kept alone, and nothing was found that keeps both."""


class Resized(Contract):
    """A dimension that the product has otherwise than the garment that was measured for it; ``name`` is the body measure's."""

    name: str
    label: Localised
    unit: Unit
    was: int
    now: int


class DesignState(Contract):
    """A design and its reference product: the decisions, completed nearest to the family's default."""

    design: str
    revision: int
    family: str
    family_version: str
    family_sha256: str
    family_label: Localised
    name: str
    """What the owner calls it; told to the owner alone."""
    example: Localised | None
    """Whose measures stand in while own ones are missing; None once all are given."""
    orderable: bool
    mine: bool
    """The caller may change it."""
    may_undo: bool
    groups: tuple[GroupState, ...]
    options: tuple[OptionState, ...]
    dimensions: tuple[DimensionState, ...]
    """Without those that the product does not have."""
    headline: tuple[str, ...] = ()
    """Dimensions that say how large the product is, before all others; none: all derived ones do."""
    price: Price
    finish_at: Instant | None
    promised_at: Instant | None
    binding: Text
    promised_for: Country
    """Where ``promised_at`` is for, until an address is known."""
    wishes: WishesState | None = None
    """Told to the owner alone; None: nothing is wished."""
    resized: tuple[Resized, ...] = ()
    """Told to the owner alone, when the measures were worked out from a garment and another cut was chosen since."""


class OwnDesign(Contract):
    """One of the caller's designs in their list: ``price`` with tax, ``changed_at`` its last click."""

    design: str
    revision: int
    family: str
    family_label: Localised
    name: str
    price: Money
    promised_at: Instant | None
    changed_at: Instant


class AlsoChanged(Contract):
    """An option or dimension that becomes different with a choice, in words."""

    name: str
    group: str
    texts: tuple[Text, ...]
    price: Money
    """Net, as the family lists the values: after it minus before."""


class Difference(Contract):
    """What choosing a value would do: *reference after choosing it* minus *reference now*."""

    name: str
    """The value's; ``dimension=number`` of a number."""
    price: Money
    """With tax."""
    days: int | None
    """Later (positive) or earlier; None when there is no date on either side."""
    promised_at: Instant | None
    also: tuple[AlsoChanged, ...]
    """What else the reference product then has differently."""
    chosen: bool = False
    """The reference product is this one already."""
    breaks: tuple[Mark, ...] = ()
    """Wishes that choosing it breaks. ``always``: no product with it and the other decisions keeps the price (proved), or none that was
    found comes in time; else the design as it stands keeps the wish, the one after the choice does not, and another with it does."""


class RepairState(Contract):
    """Own decisions to give up, in words and by name."""

    give_up: tuple[str, ...]
    text: tuple[Text, ...]


class ExplanationState(Contract):
    name: str
    status: Status
    decisions: tuple[str, ...]
    reason: Text | None
    rules: tuple[str, ...]
    repairs: tuple[RepairState, ...]


class FamilyState(Contract):
    """What can be designed; ``example`` names whose measures stand in."""

    family: str
    version: str
    sha256: str
    label: Localised
    description: Localised
    example: Localised | None = None
    groups: tuple[GroupState, ...]
    options: tuple[OptionState, ...]
    dimensions: tuple[DimensionState, ...]
    headline: tuple[str, ...] = ()
    price: Price
