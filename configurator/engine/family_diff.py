"""What do customers and the plant notice when one version of a family takes the place of another?"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from configurator.engine.configurator import CompiledFamily
from configurator.engine.decisions import NONE
from configurator.engine.drawing import DrawingUndefined
from configurator.engine.family.family import (
    BomRule,
    CareRule,
    Checkpoint,
    Derived,
    Dimension,
    Family,
    Operation,
    Option,
    PriceRule,
    Rule,
)
from configurator.engine.picture import Portrait
from contracts.texts import LANGUAGES, Localised, Message
from contracts.units import Money, Quantity


@dataclass(frozen=True)
class Noticed:
    """``line``: of the newer file, 1 for what stands nowhere in it."""

    name: str
    text: Message
    line: int


def differences(old: CompiledFamily, new: CompiledFamily) -> list[Noticed]:
    """Everything that is told, section by section; nothing when only lines and comments moved. Both families must have a product."""
    return [
        *_prices(old, new),
        *_heads(old.family, new.family),
        *_options(old, new),
        *_dimensions(old.family, new.family),
        *_rules(old.family, new.family),
        *_price_lines(old.family, new.family),
        *_making(old.family, new.family),
        *_looks(old, new),
    ]


def _noticed(name: str, kind: str, line: int = 1, **params: Any) -> Noticed:
    return Noticed(name, Message(id=f"configurator.diff.{kind}", params=params), line)


def _prices(old: CompiledFamily, new: CompiledFamily) -> Iterator[Noticed]:
    """The default's price and the least, with tax."""
    for name, was, now in (
        ("default", old.reference(NONE), new.reference(NONE)),
        ("cheapest", old.cheapest(NONE, keep_measures=False), new.cheapest(NONE, keep_measures=False)),
    ):
        before = Money(amount=old.pricing.total(was), currency=old.family.currency)
        after = Money(amount=new.pricing.total(now), currency=new.family.currency)
        if before != after:
            yield _noticed(name, f"{name}_price", old=before, new=after)


def _heads(old: Family, new: Family) -> Iterator[Noticed]:
    if old.label != new.label:
        yield _noticed("label", "family_label", old=old.label, new=new.label)
    if old.description != new.description:
        yield _noticed("description", "family_description", new=new.description)
    if old.tax_percent != new.tax_percent:
        yield _noticed("tax_percent", "tax", old=old.tax_percent, new=new.tax_percent)


def _options(old: CompiledFamily, new: CompiledFamily) -> Iterator[Noticed]:
    was, now = old.family.options, new.family.options
    yield from (_noticed(name, "option_gone", label=option.label) for name, option in was.items() if name not in now)
    for name, option in now.items():
        if name not in was:
            yield _noticed(name, "option_new", option.line, label=option.label)
            continue
        before = was[name]
        if before.label != option.label:
            yield _noticed(name, "renamed", option.line, old=before.label, new=option.label)
        if (before.fewest, before.most) != (option.fewest, option.most):
            yield _noticed(name, "option_choose", option.line, label=option.label, fewest=option.fewest, most=option.most)
        if before.default != option.default:
            yield _noticed(name, "option_default", option.line, label=option.label, old=_chosen(before), new=_chosen(option))
        if (before.ask is None) != (option.ask is None):
            yield _noticed(name, "option_asked" if option.ask else "option_not_asked", option.line, label=option.label)
        yield from _values(old, new, before, option)


def _values(old: CompiledFamily, new: CompiledFamily, before: Option, option: Option) -> Iterator[Noticed]:
    was_open, is_open = old.state(NONE).statuses, new.state(NONE).statuses
    for value in before.values:
        if value not in option.values:
            yield _noticed(f"{before.name}.{value}", "value_gone", option.line, value=before.said(value))
    for value, content in option.values.items():
        name, said = f"{option.name}.{value}", option.said(value)
        if value not in before.values:
            price = Money(amount=content.price, currency=new.family.currency)
            yield _noticed(name, "value_new", content.line, value=said, price=price)
            continue
        if before.values[value].label != content.label:
            yield _noticed(name, "renamed", content.line, old=before.said(value), new=said)
        if before.values[value].price != content.price:
            prices = [Money(amount=each.price, currency=new.family.currency) for each in (before.values[value], content)]
            yield _noticed(name, "value_price", content.line, value=said, old=prices[0], new=prices[1])
        if before.values[value].facts != content.facts:
            yield _noticed(name, "value_facts", content.line, value=said)
        if (was_open[name] == "excluded") != (is_open[name] == "excluded"):
            kind = "value_impossible" if is_open[name] == "excluded" else "value_possible"
            yield _noticed(name, kind, content.line, value=said)


def _chosen(option: Option) -> Localised:
    """The default in words."""
    labels = [option.values[value].label for value in option.default]
    if not labels:
        return Localised(en="none", zh="无")
    return Localised(en=", ".join(label.en for label in labels), zh="、".join(label.zh for label in labels))


def _dimensions(old: Family, new: Family) -> Iterator[Noticed]:
    was: Mapping[str, Dimension | Derived] = {**old.dimensions, **old.derived}
    now: Mapping[str, Dimension | Derived] = {**new.dimensions, **new.derived}
    yield from (_noticed(name, "dimension_gone", label=each.label) for name, each in was.items() if name not in now)
    for name, each in now.items():
        if name not in was:
            yield _noticed(name, "dimension_new", each.line, label=each.label)
            continue
        before = was[name]
        if before.label != each.label:
            yield _noticed(name, "renamed", each.line, old=before.label, new=each.label)
        if isinstance(before, Dimension) and isinstance(each, Dimension):
            if (before.low, before.high, before.step) != (each.low, each.high, each.step):
                ends = {key: Quantity(value=getattr(each, key), unit=each.unit) for key in ("low", "high", "step")}
                yield _noticed(name, "dimension_range", each.line, label=each.label, **ends)
            if before.default != each.default:
                values = {"old": Quantity(value=before.default, unit=before.unit), "new": Quantity(value=each.default, unit=each.unit)}
                yield _noticed(name, "dimension_default", each.line, label=each.label, **values)
        elif _apart(before, each):
            yield _noticed(name, "dimension_otherwise", each.line, label=each.label)


def _rules(old: Family, new: Family) -> Iterator[Noticed]:
    was, now = {rule.id: rule for rule in old.rules}, {rule.id: rule for rule in new.rules}
    yield from (_noticed(name, "rule_gone", said=rule.say) for name, rule in was.items() if name not in now)
    for name, rule in now.items():
        if name not in was:
            yield _noticed(name, "rule_new", rule.line, said=rule.say)
        elif was[name].condition != rule.condition:
            yield _noticed(name, "rule_otherwise", rule.line, said=rule.say)
        elif was[name].say != rule.say:
            yield _noticed(name, "rule_said", rule.line, old=was[name].say, new=rule.say)


def _price_lines(old: Family, new: Family) -> Iterator[Noticed]:
    gone, come = _moved(old.price, new.price)
    for was, now in [(was, now) for was in gone for now in come if was.label == now.label]:
        if was in gone and now in come:
            gone.remove(was)
            come.remove(now)
            if was.add == now.add:
                yield _noticed("price", "price_when", now.line, label=now.label)
            else:
                amounts = [Money(amount=each.add, currency=new.currency) for each in (was, now)]
                yield _noticed("price", "price_amount", now.line, label=now.label, old=amounts[0], new=amounts[1])
    for each in gone:
        yield _noticed("price", "price_gone", label=each.label, amount=Money(amount=each.add, currency=old.currency))
    for each in come:
        yield _noticed("price", "price_new", each.line, label=each.label, amount=Money(amount=each.add, currency=new.currency))


def _making(old: Family, new: Family) -> Iterator[Noticed]:
    """Operations and checkpoints by name; parts and care by their lines."""
    yield from _by_name("operation", {each.name: each for each in old.routing}, {each.name: each for each in new.routing})
    yield from _by_name("checkpoint", {each.id: each for each in old.quality}, {each.id: each for each in new.quality})
    gone, come = _moved(old.bom, new.bom)
    if gone or come:
        yield _noticed("bom", "bom", min((each.line for each in come), default=1), gone=len(gone), new=len(come))
    lost, told = _moved(old.care, new.care)
    yield from (_noticed("care", "care_gone", said=each.say) for each in lost)
    yield from (_noticed("care", "care_new", each.line, said=each.say) for each in told)


def _by_name(kind: str, was: Mapping[str, Operation | Checkpoint], now: Mapping[str, Operation | Checkpoint]) -> Iterator[Noticed]:
    yield from (_noticed(name, f"{kind}_gone", label=each.label) for name, each in was.items() if name not in now)
    for name, each in now.items():
        if name not in was:
            yield _noticed(name, f"{kind}_new", each.line, label=each.label)
        elif _apart(was[name], each):
            yield _noticed(name, f"{kind}_otherwise", each.line, label=each.label)


def _looks(old: CompiledFamily, new: CompiledFamily) -> Iterator[Noticed]:
    """How the default looks and what it is cut from, where it is the same product."""
    product = new.reference(NONE)
    if product != old.reference(NONE):
        return
    before, after = Portrait(old, product), Portrait(new, product)
    try:
        if any(before.turned(language) != after.turned(language) for language in LANGUAGES):
            yield _noticed("drawing", "drawing")
        boards = old.manufacture.boards(product) != new.manufacture.boards(product)
        if boards or before.cut_out() != after.cut_out():
            yield _noticed("cut", "cut")
    except DrawingUndefined as undefined:
        yield _noticed("drawing", "drawing_breaks", undefined.line, reason=str(undefined))


Part = PriceRule | BomRule | CareRule | Rule | Operation | Checkpoint | Derived | Dimension


def _moved[P: (PriceRule, BomRule, CareRule)](old: Iterable[P], new: Iterable[P]) -> tuple[list[P], list[P]]:
    """Parts without a name that are gone, and those that have come."""
    was, now = list(old), list(new)
    placeless_was, placeless_now = [replace(each, line=0) for each in was], [replace(each, line=0) for each in now]
    gone = [each for each, placeless in zip(was, placeless_was, strict=True) if placeless not in placeless_now]
    come = [each for each, placeless in zip(now, placeless_now, strict=True) if placeless not in placeless_was]
    return gone, come


def _apart(one: Part, other: Part) -> bool:
    """Whether they differ in more than their lines."""
    return type(one) is not type(other) or replace(one, line=0) != replace(other, line=0)
