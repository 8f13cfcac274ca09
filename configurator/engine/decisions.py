"""What a customer has decided: the decisions of a design, and the changes that lead from one set to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Discriminator, Field, Tag

from configurator.engine.family.family import Dimension, Family
from contracts.model import Contract
from contracts.problems import DecisionRefused, FieldProblem, InvalidInput
from contracts.texts import Localised, Message
from contracts.units import Quantity, Unit, convert

Name = Annotated[str, Field(min_length=1, max_length=100)]


class Select(Contract):
    """Have an option's value (``option.value``)."""

    select: Name


class Deselect(Contract):
    """Do not have an option's value."""

    deselect: Name


class SetNumber(Contract):
    """Give a dimension its value. For a measure: given and confirmed by the customer."""

    set: Name
    value: Annotated[int, Field(ge=-(10**9), le=10**9)]
    unit: Unit = "mm"


class Retract(Contract):
    """Take back what was decided of an option's value, a whole option or a dimension."""

    retract: Name


_KINDS: dict[str, type[Contract]] = {"select": Select, "deselect": Deselect, "set": SetNumber, "retract": Retract}


def _kind(change: object) -> str | None:
    """Which change it is: by the one member that it has of its own."""
    if isinstance(change, dict):
        return next((kind.__name__ for member, kind in _KINDS.items() if member in change), None)
    return type(change).__name__


Change = Annotated[
    Annotated[Select, Tag("Select")]
    | Annotated[Deselect, Tag("Deselect")]
    | Annotated[SetNumber, Tag("SetNumber")]
    | Annotated[Retract, Tag("Retract")],
    Discriminator(
        _kind,
        custom_error_type="members",
        custom_error_message="none of the kinds of change",
        custom_error_context={"expected": ", ".join(_KINDS)},
    ),
]


@dataclass(frozen=True, order=True)
class Decision:
    """``value``: True to have it, False not to have it, a number for a dimension."""

    name: str
    value: bool | int


class OutOfRange(Exception):
    """A number that its dimension does not have."""

    def __init__(self, dimension: Dimension, number: int) -> None:
        super().__init__(dimension.name, number)
        self.dimension = dimension
        self.number = number


Decisions = frozenset[Decision]
NONE: Decisions = frozenset()


def still_filled(filled: Decisions, decisions: Decisions, changes: Sequence[Change]) -> Decisions:
    """What a completion filled in and the decisions still have, without what the changes themselves name: that is the customer's now."""
    return frozenset(each for each in filled & decisions if each.name not in names_of(changes))


def names_of(changes: Sequence[Change]) -> set[str]:
    """The values, options and dimensions that the changes are about."""
    found = set()
    for change in changes:
        match change:
            case Select(select=name) | Deselect(deselect=name) | SetNumber(set=name) | Retract(retract=name):
                found.add(name)
    return found


def ordered(decisions: Decisions, family: Family) -> list[Decision]:
    """In the order of the file, whatever the order of the clicks was."""
    places = {name: place for place, name in enumerate((*family.dimensions, *family.options))}
    values = {f"{option.name}.{value}": place for option in family.options.values() for place, value in enumerate(option.values)}
    return sorted(decisions, key=lambda each: (places[each.name.partition(".")[0]], values.get(each.name, 0), each.value))


def changed(family: Family, decisions: Decisions, changes: Sequence[Change], *, replacing: bool) -> Decisions:
    """The decisions after the changes; whether they can be had together is not asked here.

    ``replacing``: a value of an option that allows one takes the place of the one chosen before, a number that of the number before.
    Raises InvalidInput for an unknown name, OutOfRange for a number that the dimension does not have, UnitMismatch.
    """
    found = set(decisions)
    for index, change in enumerate(changes):
        match change:
            case Select(select=name):
                option, _ = _value(family, name, f"/decisions/{index}/select")
                found -= _of(found, name)
                if replacing and family.options[option].single:
                    found -= {each for each in found if each.name.partition(".")[0] == option and each.value is True}
                found.add(Decision(name, True))
            case Deselect(deselect=name):
                _value(family, name, f"/decisions/{index}/deselect")
                found -= _of(found, name)
                found.add(Decision(name, False))
            case SetNumber(set=name, value=value, unit=unit):
                dimension = _dimension(family, name, f"/decisions/{index}/set")
                number = convert(value, unit, dimension.unit)
                if number not in dimension.domain:
                    raise OutOfRange(dimension, number)
                if not replacing and any(each.value != number for each in _of(found, name)):
                    raise already_set(dimension)
                found -= _of(found, name)
                found.add(Decision(name, number))
            case Retract(retract=name):
                _known(family, name, f"/decisions/{index}/retract")
                found -= {each for each in found if name in (each.name, each.name.partition(".")[0])}
    return frozenset(found)


def require_known(family: Family, changes: Sequence[Change]) -> None:
    """Raises InvalidInput when a change names what the family does not have."""
    for index, change in enumerate(changes):
        match change:
            case Select(select=name):
                _value(family, name, f"/decisions/{index}/select")
            case Deselect(deselect=name):
                _value(family, name, f"/decisions/{index}/deselect")
            case SetNumber(set=name):
                _dimension(family, name, f"/decisions/{index}/set")
            case Retract(retract=name):
                _known(family, name, f"/decisions/{index}/retract")


def out_of_range(dimension: Dimension, nearest: Sequence[int]) -> DecisionRefused:
    """Why a number is none of the dimension's, with the nearest ones that can be had."""
    reason = dimension_range(dimension.label, dimension.low, dimension.high, dimension.step, dimension.unit)
    return DecisionRefused(
        {"reason": reason},
        extra={
            "wanted": [dimension.name],
            "decisions": [],
            "reasons": [{"rule": None, "line": dimension.line, "text": reason.model_dump(mode="json")}],
            "repairs": [],
            "nearest": [{"set": dimension.name, "value": value, "unit": dimension.unit} for value in nearest],
        },
    )


def dimension_range(label: Localised, low: int, high: int, step: int, unit: Unit) -> Message:
    """From where to where a dimension goes; steps of one need no word."""
    ends = {"dimension": label, "low": Quantity(value=low, unit=unit), "high": Quantity(value=high, unit=unit)}
    if step == 1:
        return Message(id="configurator.reason.range", params=ends)
    return Message(id="configurator.reason.range_in_steps", params={**ends, "step": Quantity(value=step, unit=unit)})


def already_set(dimension: Dimension) -> DecisionRefused:
    """A dimension has one value at a time."""
    return DecisionRefused(
        {"reason": Message(id="configurator.reason.one_only")},
        extra={"wanted": [dimension.name], "decisions": [dimension.name], "reasons": [], "repairs": [[dimension.name]], "nearest": []},
    )


def _of(found: set[Decision], name: str) -> set[Decision]:
    return {each for each in found if each.name == name}


def _value(family: Family, name: str, pointer: str) -> tuple[str, str]:
    option, _, value = name.partition(".")
    if option not in family.options or value not in family.options[option].values:
        raise InvalidInput(errors=(FieldProblem(pointer, "configurator.field.unknown_option", {"name": name}),))
    return option, value


def _dimension(family: Family, name: str, pointer: str) -> Dimension:
    if name not in family.dimensions:
        message = "derived_dimension" if name in family.derived else "unknown_dimension"
        raise InvalidInput(errors=(FieldProblem(pointer, f"configurator.field.{message}", {"name": name}),))
    return family.dimensions[name]


def _known(family: Family, name: str, pointer: str) -> None:
    if name not in family.options and name not in family.dimensions:
        _value(family, name, pointer)
