"""What the studio's page shows of a design: groups with their choices, figures, refusal, offer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from configurator.catalogue import Look, Side
from configurator.engine.configurator import neighbours
from configurator.engine.decisions import Change, Retract, Select, SetNumber
from configurator.state import (
    AlsoChanged,
    DesignState,
    Difference,
    DimensionState,
    ExplanationState,
    FamilyState,
    GroupState,
    OptionState,
    Resized,
    WishesState,
)
from configurator.web.garment import GarmentField
from configurator.web.measuring import BETWEEN, Question, Typed
from configurator.web.wishing import WishField, wish_fields
from contracts.model import Instant
from contracts.problems import DecisionRefused
from contracts.product import Price
from contracts.texts import Localised, Message, Text
from contracts.units import Country, Money, Quantity, Unit

Tone = Literal["info", "success", "warning", "refusal"]
FOLDED = "standards"
"""The group that follows from the others; folded until something in it is decided."""
UNDO, REST, MEASURES, WISHES, SIZE = "#undo", "#rest", "#measures", "#wishes", "#size"
"""Where an overtaken click is told that belongs to no option: beside its button. No option has such a name."""


NO_ERRORS: Mapping[str, Message] = MappingProxyType({})
NO_QUESTIONS: Mapping[str, Question] = MappingProxyType({})


@dataclass(frozen=True)
class Number:
    """A dimension to choose: its value, the nearest buildable ones beside it, and all of them as runs."""

    name: str
    label: Localised
    unit: Unit
    value: int
    own: bool
    filled: bool
    lower: int | None
    higher: int | None
    runs: tuple[tuple[int, int, int], ...]
    """From, to, step."""


@dataclass(frozen=True)
class Measure:
    """A field for a body measure; ``shown`` is what was typed, or the own value."""

    name: str
    label: Localised
    how: Localised | None
    unit: Unit
    shown: str
    error: Message | None = None
    question: Question | None = None


@dataclass(frozen=True)
class Group:
    name: str
    label: Localised
    description: Localised | None
    options: tuple[OptionState, ...]
    numbers: tuple[Number, ...]
    folded: bool


@dataclass(frozen=True)
class Repair:
    """``code`` is the button's value: what to have, then what to give up."""

    code: str
    gives_up: tuple[Text, ...]


@dataclass(frozen=True)
class Nearest:
    name: str
    value: int
    unit: Unit


@dataclass(frozen=True)
class Refusal:
    """Why something cannot be had, shown where it was asked for."""

    place: str
    """The option or dimension beside which it stands; a measure's stands above all."""
    wanted: tuple[Text, ...]
    reason: Text | None
    repairs: tuple[Repair, ...]
    nearest: tuple[Nearest, ...] = ()


@dataclass(frozen=True)
class Overtaken:
    """A click on a page that is older than the design: what it wanted, and the button that does it again."""

    place: str
    """As a refusal's."""
    wanted: tuple[Text, ...]
    form: str
    name: str = ""
    value: str = ""


@dataclass(frozen=True)
class Followed:
    """What else is different since a choice, shown where it was made; of the folded standards without a price only how many."""

    place: str
    names: tuple[Text, ...]
    standards: int


@dataclass(frozen=True)
class Page:
    """``design`` is empty while nothing is stored yet."""

    design: str
    family: str
    revision: int
    label: Localised
    name: str
    look: Look
    mine: bool
    may_undo: bool
    orderable: bool
    example: Localised | None
    measures: tuple[Measure, ...]
    figures: tuple[DimensionState, ...]
    further: tuple[DimensionState, ...]
    """What follows beside the figures, for whoever looks inside."""
    groups: tuple[Group, ...]
    price: Price
    promised_at: Instant | None
    binding: Text | None
    promised_for: Country | None
    news: tuple[Tone, Text] | None = None
    refusal: Refusal | None = None
    overtaken: Overtaken | None = None
    followed: Followed | None = None
    differences: Mapping[str, Difference] = field(default_factory=dict)
    """What open values would do to price and date, by name; empty: asked for when they come into view."""
    wishes: WishesState | None = None
    wish_fields: Mapping[str, WishField] = field(default_factory=lambda: wish_fields(None))
    way_back: str | None = None
    """Where the order is that is changed with this design."""
    side: str = ""
    """The side that was turned to the front; empty until one was."""
    at_garment: tuple[GarmentField, ...] = ()
    """What can be measured at a garment that fits instead of the body."""
    garment: tuple[GarmentField, ...] = ()
    """These fields, while they stand in the place of the body's."""
    worked_out: bool = False
    """The shown measures were worked out from a garment."""
    resized: tuple[Resized, ...] = ()
    """Where the product is otherwise than the garment that was measured, since another cut was chosen."""
    settled: tuple[str, ...] = ()
    """Measures as they were typed that nobody is asked about again."""

    @property
    def address(self) -> str:
        return f"/d/{self.design}" if self.design else f"/studio/{self.family}"

    @property
    def seen_from(self) -> str:
        """The page's address with the side that is turned to the front."""
        return f"{self.address}?view={self.side}" if self.side else self.address

    def action(self, name: str) -> str:
        return f"{self.address}/{name}"

    @property
    def sides(self) -> tuple[Side, ...]:
        return self.look.sides

    def picture(self, name: str) -> str:
        """The address of the small picture of ``option.value`` or of a dimension; empty when there is none."""
        return f"{self.look.sprite_address}#{name}" if name in self.look.sprite.names else ""

    @property
    def front(self) -> str:
        """The name of the side that is shown."""
        return self.side or (self.sides[0].name if self.sides else "")

    @property
    def outline(self) -> tuple[object, ...]:
        """What decides all of the page that stands around its blocks."""
        numbers = [each.name for group in self.groups for each in group.numbers]
        return self.address, self.mine, self.look.sprite_address, [group.name for group in self.groups], numbers

    @property
    def forms(self) -> tuple[str, ...]:
        """Every form whose click changes the design."""
        numbers = (f"set-{each.name}" for group in self.groups for each in group.numbers)
        return "undo", "copy", "measure", "resize", "wish", "complete-cheapest", "complete-earliest", "choices", *numbers

    def told_in(self, group: Group) -> tuple[Refusal | Overtaken | Followed, ...]:
        """What is told of a click beside an option or a dimension of the group."""
        places = {each.name for each in group.options} | {each.name for each in group.numbers}
        return tuple(each for each in (self.refusal, self.overtaken, self.followed) if each is not None and each.place in places)

    @property
    def asked(self) -> tuple[OptionState, ...]:
        """Options in which the customer still has to tell something before ordering."""
        return tuple(option for group in self.groups for option in group.options if option.ask is not None)

    @property
    def wishing(self) -> bool:
        """Something about the wishes is to be mended or said again, so that their fields are open."""
        return self.overtakes(WISHES) or any(each.error is not None for each in self.wish_fields.values())

    @property
    def reached(self) -> bool:
        """A completion could not keep the wishes: what can be reached is told beside its button."""
        return self.news is not None and self.wishes is not None and self.wishes.least_price is not None

    @property
    def measured(self) -> bool:
        """Every measure is the customer's own, and none is typed wrong or asked for again."""
        known = not self.garment and all(each.shown and each.error is None and each.question is None for each in self.measures)
        return known and not self.refuses("") and not self.overtakes(MEASURES)

    def why(self, name: str) -> str:
        """The address that tells why a value cannot be had."""
        return f"{self.address}?why={name}"

    def amount(self, minor: int) -> Money:
        return Money(amount=minor, currency=self.price.total.currency)

    def refuses(self, place: str) -> bool:
        return self.refusal is not None and self.refusal.place == place

    def overtakes(self, place: str) -> bool:
        return self.overtaken is not None and self.overtaken.place == place

    def weighing(self, differences: Sequence[Difference]) -> "Page":
        return replace(self, differences={each.name: each for each in differences})

    def turned(self, side: str) -> "Page":
        """With a side to the front; a name that none has turns nothing."""
        return replace(self, side=side if any(each.name == side for each in self.sides) else "")

    def telling(self, tone: Tone, text: Text) -> "Page":
        return replace(self, news=(tone, text))

    def following(self, followed: Followed | None) -> "Page":
        return replace(self, followed=followed)

    def refusing(self, refusal: Refusal) -> "Page":
        return replace(self, refusal=refusal)

    def overtaking(self, overtaken: Overtaken) -> "Page":
        return replace(self, overtaken=overtaken)

    def wearing(self, garment: tuple[GarmentField, ...], settled: tuple[str, ...] = ()) -> "Page":
        """With the fields of a garment in the place of the body's."""
        return replace(self, garment=garment, settled=settled)

    @property
    def fields(self) -> tuple[GarmentField | Measure, ...]:
        """What is asked to be measured: a garment, or the body."""
        return self.garment or self.measures

    def with_garment(self, fields: tuple[GarmentField, ...]) -> "Page":
        return replace(self, at_garment=fields)

    def measured_at_garment(self, worked_out: bool) -> "Page":
        return replace(self, worked_out=worked_out)

    @property
    def measures_shown(self) -> dict[str, str]:
        return {each.name: each.shown for each in self.measures}

    @property
    def lengths(self) -> frozenset[str]:
        """The measures that are typed in millimetres."""
        return frozenset(each.name for each in self.measures if each.unit == "mm")

    @property
    def first_asked(self) -> GarmentField | Measure | None:
        """The first measure that can be, and is asked for again; none beside a refusal, which is read first."""
        asked = (each for each in self.fields if each.question is not None and each.error is None)
        return next(asked, None) if self.refusal is None else None

    @property
    def offered(self) -> tuple[str, ...]:
        """What was probably meant, of every measure for which that is offered."""
        return tuple(each.question.use for each in self.fields if each.question is not None and each.question.use)

    @property
    def offered_together(self) -> str:
        """The value of the button that uses all of it."""
        return BETWEEN.join(self.offered)

    def typed(self, typed: Typed, errors: Mapping[str, Message] = NO_ERRORS, questions: Mapping[str, Question] = NO_QUESTIONS) -> "Page":
        """The measures as they were typed, with what is wrong in them and what is asked about them."""
        measures = tuple(
            replace(each, shown=typed.values.get(each.name, each.shown), error=errors.get(each.name), question=questions.get(each.name))
            for each in self.measures
        )
        return replace(self, measures=measures, settled=typed.settled)

    def wished(self, fields: Mapping[str, WishField]) -> "Page":
        """The wishes as they were typed, with what is wrong in them."""
        return replace(self, wish_fields=fields)


def page_of_design(state: DesignState, look: Look, way_back: str | None) -> Page:
    """The page of a stored design."""
    return Page(
        design=state.design,
        family=state.family,
        revision=state.revision,
        label=state.family_label,
        name=state.name,
        look=look,
        mine=state.mine,
        may_undo=state.may_undo,
        orderable=state.orderable,
        example=state.example,
        measures=_measures(state.dimensions) if state.mine else (),
        figures=_figures(state),
        further=_further(state),
        groups=_groups(state.groups, state.options, state.dimensions),
        price=state.price,
        promised_at=state.promised_at,
        binding=state.binding,
        promised_for=state.promised_for,
        wishes=state.wishes,
        wish_fields=wish_fields(state.wishes),
        resized=state.resized,
        way_back=way_back,
    )


def page_of_family(family: FamilyState, look: Look, earliest_at: Instant | None) -> Page:
    """The page before the first click: the family's default product."""
    return Page(
        design="",
        family=family.family,
        revision=0,
        label=family.label,
        name="",
        look=look,
        mine=True,
        may_undo=False,
        orderable=False,
        example=family.example,
        measures=_measures(family.dimensions),
        figures=_figures(family),
        further=_further(family),
        groups=_groups(family.groups, family.options, family.dimensions),
        price=family.price,
        promised_at=earliest_at,
        binding=None,
        promised_for=None,
    )


def refusal_of(refused: DecisionRefused, changes: Sequence[Change], place: str, state: DesignState | FamilyState) -> Refusal:
    """A refused change with its reason, what to give up, and the nearest numbers that can be had."""
    repairs = tuple(Repair(code(changes, names), tuple(_words(state, name) for name in names)) for names in refused.extra["repairs"])
    units = {dimension.name: dimension.unit for dimension in state.dimensions}
    nearest = tuple(Nearest(each["set"], each["value"], units[each["set"]]) for each in refused.extra["nearest"])
    return Refusal(place, tuple(refused.params.get("wanted", ())), refused.params.get("reason"), repairs, nearest)


def overtaken_by_another(changes: Sequence[Change], place: str, button: tuple[str, str], state: DesignState) -> Overtaken:
    """A choice that another one overtook, with the button that makes it again."""
    numbers = {each.set: each.value for each in changes if isinstance(each, SetNumber)}
    wanted = [_words(state, each.select) for each in changes if isinstance(each, Select)]
    wanted += [_set_to(each, numbers[each.name]) for each in state.dimensions if each.name in numbers]
    return Overtaken(place, tuple(wanted), "choices", *button)


def followed(also: Sequence[AlsoChanged], place: str) -> Followed | None:
    """What changed with a choice; None when nothing else did."""
    told = [each for each in also if each.group != FOLDED or each.price.amount]
    return Followed(place, tuple(text for each in told for text in each.texts), len(also) - len(told)) if also else None


def refusal_explained(found: ExplanationState, state: DesignState) -> Refusal:
    """Why a value cannot be had, with what to give up."""
    changes = (Select(select=found.name),)
    repairs = tuple(Repair(code(changes, repair.give_up), repair.text) for repair in found.repairs)
    return Refusal(found.name.partition(".")[0], (_words(state, found.name),), found.reason, repairs)


def code(changes: Sequence[Change], give_up: Sequence[str]) -> str:
    """A button's value that says what to have and what to give up for it."""
    parts = [f"retract:{name}" for name in give_up]
    for change in changes:
        match change:
            case Select(select=name):
                parts.append(f"select:{name}")
            case SetNumber(set=name, value=value):
                parts.append(f"set:{name}={value}")
    return BETWEEN.join(parts)


def decoded(text: str) -> list[Change]:
    """The changes that a button's value says. Raises ValueError for a text that none of our buttons has."""
    changes: list[Change] = []
    for part in text.split(BETWEEN):
        kind, _, rest = part.partition(":")
        if kind == "select":
            changes.append(Select(select=rest))
        elif kind == "retract":
            changes.append(Retract(retract=rest))
        elif kind == "set":
            changes.append(number_change(rest))
        else:
            raise ValueError(part)
    return changes


def number_change(text: str) -> SetNumber:
    """``name=number`` as a change. Raises ValueError."""
    name, _, number = text.partition("=")
    return SetNumber(set=name, value=int(number))


def _words(state: DesignState | FamilyState, name: str) -> Message:
    """A choice or a dimension in words."""
    first, _, value = name.partition(".")
    for option in state.options:
        if option.name == first:
            label = next((each.label for each in option.values if each.name == value), option.label)
            return Message(id="configurator.decision.select", params={"option": option.label, "value": label})
    label = next((each.label for each in state.dimensions if each.name == first), Localised(en=name, zh=name))
    return Message(id="studio.dimension", params={"name": label})


def _set_to(dimension: DimensionState, value: int) -> Message:
    params = {"dimension": dimension.label, "value": Quantity(value=value, unit=dimension.unit)}
    return Message(id="configurator.decision.set", params=params)


def _measures(dimensions: Sequence[DimensionState]) -> tuple[Measure, ...]:
    return tuple(
        Measure(each.name, each.label, each.description, each.unit, shown=str(each.value) if each.own else "")
        for each in dimensions
        if each.measure
    )


def _figures(state: DesignState | FamilyState) -> tuple[DimensionState, ...]:
    """How large the product is: the family's headline, else all that follows from the measures outside the folded standards."""
    if state.headline:
        return tuple(each for name in state.headline for each in state.dimensions if each.name == name)
    return tuple(each for each in state.dimensions if each.derived and each.group != FOLDED)


def _further(state: DesignState | FamilyState) -> tuple[DimensionState, ...]:
    shown = {each.name for each in _figures(state)}
    return tuple(each for each in state.dimensions if each.derived and each.name not in shown)


def _groups(groups: Sequence[GroupState], options: Sequence[OptionState], dimensions: Sequence[DimensionState]) -> tuple[Group, ...]:
    """Groups with something to choose; one of measures or figures alone has its place elsewhere."""
    found = []
    for group in groups:
        own_options = tuple(option for option in options if option.group == group.name)
        numbers = tuple(_number(each) for each in dimensions if each.group == group.name and not each.derived and not each.measure)
        folded = group.name == FOLDED and not any(option.own or option.ask is not None for option in own_options)
        if own_options or numbers:
            found.append(Group(group.name, group.label, group.description, own_options, numbers, folded))
    return tuple(found)


def _number(dimension: DimensionState) -> Number:
    lower, higher = neighbours(dimension.allowed, dimension.value)
    return Number(
        name=dimension.name,
        label=dimension.label,
        unit=dimension.unit,
        value=dimension.value,
        own=dimension.own,
        filled=dimension.filled,
        lower=lower,
        higher=higher,
        runs=dimension.allowed,
    )
