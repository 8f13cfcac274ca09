"""The measures of a garment that fits, typed instead of a body's: which fields are there, what is wrong, and which body is it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from flask import request

from configurator.engine.garment import GarmentMeasure, OutOfRange
from configurator.engine.slips import Slip
from configurator.engine.typed_length import typed_length
from configurator.web.measuring import BETWEEN, Question, asked, in_millimetres, millimetres, offer, whole
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
    question: Question | None = None


def garment_fields(measures: Sequence[GarmentMeasure]) -> tuple[GarmentField, ...]:
    return tuple(GarmentField(PREFIX + each.name, each.label, each.how) for each in measures)


def typed_garment() -> dict[str, str]:
    """What the form says of a garment, by body measure, in millimetres; nothing when a body was measured.

    What was probably meant is there instead where its button was pressed.
    """
    typed = {name: text.strip() for name, text in request.form.items() if name.startswith(PREFIX)}
    for each in request.form.get("use", "").split(BETWEEN):
        name, _, number = each.partition("=")
        if name in typed:
            typed[name] = number
    return {name.removeprefix(PREFIX): in_millimetres(text) for name, text in typed.items()}


def garment_readings(typed: Mapping[str, str]) -> dict[str, int | Fraction]:
    """With the decimals, which may have been read off a tape in another unit."""
    lengths = {name: typed_length(text) for name, text in typed.items() if not whole(text)}
    return {**garment_numbers(typed), **{name: length for name, length in lengths.items() if length is not None}}


def settled_at_garment(typed: Mapping[str, str]) -> dict[str, str]:
    """What was said to be right as typed, by measure."""
    settled = {*request.form.getlist("keep"), *request.form.getlist("settled")}
    return {name: each for name, text in typed.items() if (each := f"{PREFIX}{name}={text}") in settled}


def garment_numbers(typed: Mapping[str, str]) -> dict[str, int]:
    return {name: int(text) for name, text in typed.items() if whole(text)}


def wrong_at_garment(
    typed: Mapping[str, str], bodies: Mapping[str, int | OutOfRange], slips: Mapping[str, Slip], readings: Mapping[str, int | Fraction]
) -> dict[str, Message]:
    """By body measure; with what was probably meant, it asks for that."""
    found = {}
    for name in typed:
        body = bodies.get(name)
        if isinstance(body, int):
            continue
        if name in slips:
            found[name] = asked({}, slips[name], name, readings[name])
        elif body is None:
            found[name] = Message(id="studio.garment.whole")
        else:
            found[name] = Message(id="studio.measures.range", params={"low": millimetres(body.low), "high": millimetres(body.high)})
    return found


def asked_at_garment(
    typed: Mapping[str, str], wrong: Mapping[str, Message], slips: Mapping[str, Slip], readings: Mapping[str, int | Fraction]
) -> dict[str, Question]:
    """By body measure. What cannot be has its sentence already: there only what was meant is left to offer."""
    return {
        name: Question(
            sentences=() if name in wrong else (asked({}, slip, name, readings[name]),),
            use=f"{PREFIX}{name}={slip.instead[name]}",
            use_words=offer(slip, name),
            keep="" if name in wrong else f"{PREFIX}{name}={typed[name]}",
        )
        for name, slip in slips.items()
    }


def as_typed(
    fields: Sequence[GarmentField], typed: Mapping[str, str], wrong: Mapping[str, Message], questions: Mapping[str, Question]
) -> tuple[GarmentField, ...]:
    """The fields with what is typed in them, what is wrong about it and what is asked."""
    names = {each.name: each.name.removeprefix(PREFIX) for each in fields}
    return tuple(
        replace(
            each,
            shown=typed.get(names[each.name], ""),
            error=wrong.get(names[each.name]),
            question=questions.get(names[each.name]),
        )
        for each in fields
    )
