"""The measures of a garment that fits, typed instead of a body's: which fields are there, what is wrong, and which body is it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import request

from configurator.engine.garment import GarmentMeasure, OutOfRange
from configurator.web.measuring import in_millimetres, millimetres, whole
from contracts.texts import Localised, Message

PREFIX = "garment."
"""Before the measure's name in the name of its field."""


@dataclass(frozen=True)
class GarmentField:
    name: str
    label: Localised
    how: Localised
    shown: str = ""
    error: Message | None = None


def garment_fields(measures: Sequence[GarmentMeasure]) -> tuple[GarmentField, ...]:
    return tuple(GarmentField(PREFIX + each.name, each.label, each.how) for each in measures)


def typed_garment() -> dict[str, str]:
    """What the form says of a garment, by body measure, in millimetres; nothing when a body was measured."""
    return {name.removeprefix(PREFIX): in_millimetres(text.strip()) for name, text in request.form.items() if name.startswith(PREFIX)}


def garment_numbers(typed: Mapping[str, str]) -> dict[str, int]:
    return {name: int(text) for name, text in typed.items() if whole(text)}


def wrong_at_garment(typed: Mapping[str, str], bodies: Mapping[str, int | OutOfRange]) -> dict[str, Message]:
    """By body measure."""
    found = {}
    for name in typed:
        body = bodies.get(name)
        if body is None:
            found[name] = Message(id="studio.garment.whole")
        elif isinstance(body, OutOfRange):
            found[name] = Message(id="studio.measures.range", params={"low": millimetres(body.low), "high": millimetres(body.high)})
    return found


def as_typed(fields: Sequence[GarmentField], typed: Mapping[str, str], wrong: Mapping[str, Message]) -> tuple[GarmentField, ...]:
    """The fields with what is typed in them and what is wrong about it."""
    names = {each.name: each.name.removeprefix(PREFIX) for each in fields}
    return tuple(replace(each, shown=typed.get(names[each.name], ""), error=wrong.get(names[each.name])) for each in fields)
