"""What differs between two ways to make a piece, in the words that a reader knows."""

from collections.abc import Iterable

from contracts.model import Contract
from contracts.product import ManufacturingSpecification
from contracts.texts import Localised, Message
from contracts.units import Quantity


class Difference(Contract):
    """An option or a dimension with what it was and what it is; None where there is nothing of it."""

    label: Localised
    old: Message | None
    new: Message | None


def differences(before: ManufacturingSpecification, after: ManufacturingSpecification) -> tuple[Difference, ...]:
    """In the order of the options and dimensions of ``after``; what ``after`` has no more comes last."""
    was, will_be = _said(before), _said(after)
    labels = {**_labels(after), **{name: label for name, label in _labels(before).items() if name not in will_be}}
    return tuple(
        Difference(label=labels[name], old=was.get(name), new=will_be.get(name))
        for name in (*will_be, *(name for name in was if name not in will_be))
        if was.get(name) != will_be.get(name)
    )


def _said(made: ManufacturingSpecification) -> dict[str, Message]:
    chosen: dict[str, list[Localised]] = {}
    for choice in made.choices:
        chosen.setdefault(choice.option, []).append(choice.value_label)
    numbers = {each.name: _values((Quantity(value=each.value, unit=each.unit),)) for each in made.dimensions}
    return {**{option: _values(labels) for option, labels in chosen.items()}, **numbers}


def _labels(made: ManufacturingSpecification) -> dict[str, Localised]:
    return {**{each.option: each.option_label for each in made.choices}, **{each.name: each.label for each in made.dimensions}}


def _values(values: Iterable[Localised | Quantity]) -> Message:
    several = tuple(values)
    return Message.model_validate({"id": "storefront.change.values", "params": {"values": several if len(several) > 1 else several[0]}})
