"""Which of the typed measures cannot be or are to be asked for again, and what does the studio offer instead?"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from flask import request

from configurator.engine.plausible import Doubt
from configurator.engine.slips import Slip
from configurator.engine.typed_length import typed_length
from configurator.state import DimensionState
from contracts.texts import Message
from contracts.units import Quantity

BETWEEN = "~"
"""Between the measures in a button's value."""
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Question:
    """Beside a measure's field. ``use`` and ``keep`` are the buttons' values: what was meant, and the measure as it is typed.

    Empty: there is no such button. What lies outside the range cannot be kept.
    """

    sentences: tuple[Message, ...]
    use: str
    use_words: Message | None
    keep: str


@dataclass(frozen=True)
class Typed:
    """The measures as they stand in the form; ``settled``: those about which nobody is asked (again), as ``name=number``."""

    values: Mapping[str, str]
    settled: tuple[str, ...] = ()

    @property
    def numbers(self) -> dict[str, int]:
        return {name: int(text) for name, text in self.values.items() if whole(text)}

    @property
    def readings(self) -> dict[str, int | Fraction]:
        """With the decimals, which may have been read off a tape in another unit."""
        decimals = {name: length for name, text in self.values.items() if isinstance(length := typed_length(text), Fraction)}
        return {**self.numbers, **decimals}

    def having(self, values: Mapping[str, str]) -> "Typed":
        return Typed({**self.values, **values}, self.settled)

    def settling(self, names: Iterable[str]) -> "Typed":
        """Nobody is asked about these as they are typed."""
        return Typed(self.values, (*self.settled, *(_as_typed(name, self.values[name]) for name in names)))

    @property
    def settled_names(self) -> set[str]:
        return {name for name, text in self.values.items() if _as_typed(name, text) in self.settled}


NOTHING_TYPED = Typed(NOTHING)


def typed_measures(shown: Mapping[str, str], lengths: Collection[str]) -> Typed:
    """What the form says; ``shown`` is the design's own value of each measure: what was accepted once is settled.

    ``lengths`` that were typed with a unit are in millimetres from here on. A question is answered by its buttons, or by sending the
    measures once more as they are.
    """
    form = request.form
    values = {name: form.get(name, "").strip() for name in shown}
    answers = [*form.getlist("use"), *form.getlist("keep")]
    settled = [*form.getlist("settled"), *form.getlist("keep"), *(() if answers else form.getlist("asked"))]
    for each in form.get("use", "").split(BETWEEN):
        name, _, number = each.partition("=")
        if name in values:
            values[name] = number
    values = {name: in_millimetres(text) if name in lengths else text for name, text in values.items()}
    accepted = [_as_typed(name, own) for name, own in shown.items() if own]
    return Typed(values, tuple(dict.fromkeys([*accepted, *settled])))


def wrong_measures(measures: Sequence[DimensionState], typed: Typed, doubts: Sequence[Doubt]) -> dict[str, Message]:
    """What cannot be, by measure; with what was probably meant, it asks for that."""
    by_name = {each.name: each for each in measures}
    slips = {doubt.name: doubt.slip for doubt in doubts if doubt.slip is not None}
    found = {each.name: _fault(each, typed.values[each.name]) for each in measures}
    said = {name: asked(by_name, slip, name, typed.readings[name]) for name, slip in slips.items()}
    return {name: said.get(name, fault) for name, fault in found.items() if fault is not None}


def questions(
    measures: Sequence[DimensionState], typed: Typed, doubts: Sequence[Doubt], wrong: Mapping[str, Message]
) -> dict[str, Question]:
    """What is asked at each measure. One that cannot be has its sentence already: there only what was meant is left to offer."""
    by_name = {each.name: each for each in measures}
    found = {}
    for doubt in doubts:
        out, slip = doubt.name in wrong, doubt.slip
        if out and slip is None:
            continue
        sentences = () if out else (_rare(by_name, typed, doubt), asked(by_name, slip, doubt.name, typed.readings[doubt.name]))
        use = "" if slip is None else BETWEEN.join(f"{name}={number}" for name, number in slip.instead.items())
        keep = "" if out else _as_typed(doubt.name, typed.values[doubt.name])
        found[doubt.name] = Question(sentences, use, None if slip is None else offer(slip, doubt.name), keep)
    return found


def proposals(measures: Sequence[DimensionState], typed: Typed, doubts: Sequence[Doubt]) -> dict[str, Question]:
    """What was probably meant by measures that cannot be built together: they cannot be kept either."""
    found = questions(measures, typed, [doubt for doubt in doubts if doubt.slip is not None], {})
    return {name: replace(question, keep="") for name, question in found.items()}


def whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 9


def in_millimetres(text: str) -> str:
    """As it stands when it has no unit, or is no length at all."""
    length = typed_length(text)
    return str(length) if isinstance(length, int) else text


def _fault(measure: DimensionState, text: str) -> Message | None:
    if measure.domain is None:
        return None
    low, high, _ = measure.domain
    ends = {"low": Quantity(value=low, unit=measure.unit), "high": Quantity(value=high, unit=measure.unit)}
    if not whole(text):
        return Message(id="studio.measures.whole", params=ends)
    return None if low <= int(text) <= high else Message(id="studio.measures.range", params=ends)


def _rare(measures: Mapping[str, DimensionState], typed: Typed, doubt: Doubt) -> Message:
    params = {"measure": measures[doubt.name].label, "value": millimetres(typed.numbers[doubt.name])}
    if doubt.against is None:
        return Message(id="studio.doubt.alone", params=params)
    other = {"other": measures[doubt.against].label, "other_value": millimetres(typed.numbers[doubt.against])}
    return Message(id="studio.doubt.together", params={**params, **other})


def asked(measures: Mapping[str, DimensionState], slip: Slip | None, name: str, number: int | Fraction) -> Message:
    """Whether it was meant otherwise: the number as it was read off the tape, and what it is in millimetres."""
    if slip is None:
        return Message(id="studio.doubt.again")
    value = millimetres(slip.instead[name])
    match slip.kind:
        case "inches":
            return Message(id="studio.doubt.inches", params={"read": _decimal(number), "value": value})
        case "inches_as_centimetres":
            return Message(id="studio.doubt.inches", params={"read": _decimal(Fraction(number, 10)), "value": value})
        case "centimetres" if isinstance(number, Fraction):
            return Message(id="studio.doubt.centimetres", params={"read": _decimal(number), "value": value})
        case "centimetres":
            return Message(id="studio.measures.centimetres", params={"value": value})
        case "centimetres_as_inches":
            return Message(id="studio.doubt.centimetres", params={"read": _decimal(Fraction(slip.instead[name], 10)), "value": value})
        case "tenfold" | "rounded":
            return Message(id="studio.doubt.meant", params={"value": value})
        case "doubled":
            return Message(id="studio.doubt.doubled", params={"value": value})
        case "exchanged":
            other = next(each for each in slip.instead if each != name)
            return Message(id="studio.doubt.exchanged", params={"other": measures[other].label})


def offer(slip: Slip, name: str) -> Message:
    if slip.kind == "exchanged":
        return Message(id="studio.doubt.exchange")
    return Message(id="studio.doubt.use", params={"value": millimetres(slip.instead[name])})


def millimetres(number: int) -> Quantity:
    return Quantity(value=number, unit="mm")


def _decimal(number: int | Fraction) -> str:
    """As it is read off a tape: a few digits behind the point at most."""
    return f"{Decimal(number.numerator) / number.denominator:f}"


def _as_typed(name: str, text: str) -> str:
    return f"{name}={text}"
