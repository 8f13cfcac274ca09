"""What one product is made of, how it is made, how it is measured, and how it is looked after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from configurator.engine.boards.cut_list import Board, CuttingList
from configurator.engine.decisions import NONE, Decisions
from configurator.engine.family.family import BomRule, Checkpoint, Derived, Dimension, Family, Operation, Parameter
from configurator.engine.product import Product, Tested, Valued, tested, valued
from contracts.problems import SourceInvalid
from contracts.product import (
    BomLine,
    CharacteristicSpec,
    Choice,
    DimensionValue,
    ManufacturingSpecification,
    OperationParameter,
    OperationSpec,
    OperationStory,
    Price,
    StoredFile,
)
from contracts.texts import Localised
from contracts.units import Unit

NOTHING = Localised(en="none", zh="无")


@dataclass(frozen=True)
class _Line:
    rule: BomRule
    when: Tested
    quantity: Valued


@dataclass(frozen=True)
class _Step:
    operation: Operation
    when: Tested
    run_s: Valued
    parameters: tuple[tuple[Parameter, Valued | None], ...]


@dataclass(frozen=True)
class _Check:
    checkpoint: Checkpoint
    when: Tested
    nominal: Valued
    minus: Valued
    plus: Valued
    least: Valued | None
    rework_s: Valued | None


@dataclass(frozen=True)
class _Made:
    """The operations that a product needs, with their sequences; for every operation the needed ones that it waits for."""

    sequence: Mapping[str, int]
    before: Mapping[str, frozenset[str]]


class Manufacture:
    """A family's manufacturing sections, ready to be asked for any product; immutable."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self._derived = {name: valued(derived.value) for name, derived in family.derived.items()}
        self._there = {name: tested(derived.when) for name, derived in family.derived.items()}
        self._cut_list = CuttingList(family.boards)
        self._lines = [_Line(rule, tested(rule.when), valued(rule.quantity)) for rule in family.bom]
        self._steps = [_step(operation) for operation in family.routing]
        self._checks = [_check(checkpoint) for checkpoint in family.quality]
        self._ballooned = family.drawing.ballooned if family.drawing is not None else frozenset()
        self._care = [(rule.say, tested(rule.when)) for rule in family.care]

    def numbers(self, product: Product) -> dict[str, int]:
        """Every dimension, derived ones included."""
        return {**product.numbers, **{name: value(product) for name, value in self._derived.items()}}

    def absent(self, product: Product) -> frozenset[str]:
        """Dimensions that the product does not have: the width of doors where there are none."""
        return frozenset(name for name, there in self._there.items() if not there(product))

    def routing(self, product: Product) -> tuple[OperationSpec, ...]:
        """The operations that the product needs, numbered 10, 20, …; the gap of one that it does not need is closed."""
        choices, numbers, made, absent = _choices(product), self.numbers(product), self._made(product), self.absent(product)
        return tuple(
            OperationSpec(
                sequence=made.sequence[step.operation.name],
                name=step.operation.name,
                label=step.operation.label,
                machine_group=step.operation.group,
                setup_family=step.operation.setup.filled(choices, numbers),
                run_s=_positive(step.run_s(product), step.operation.line),
                after=tuple(sorted(made.sequence[name] for name in made.before[step.operation.name])),
                parameters=tuple(_parameter(each, value, product) for each, value in step.parameters if each.name not in absent),
            )
            for step in self._steps
            if step.operation.name in made.sequence
        )

    def story(self, product: Product) -> tuple[OperationStory, ...]:
        """How the product's operations are told and shown."""
        sequence = self._made(product).sequence
        return tuple(
            OperationStory(operation=sequence[each.name], picture=each.picture, sentence=each.story)
            for each in self.family.routing
            if each.name in sequence and (each.picture is not None or each.story is not None)
        )

    def materials(self, product: Product, lengths: Mapping[str, int] | None = None) -> tuple[BomLine, ...]:
        """What the product consumes, at which operation. ``lengths``: of the cloths that have been laid out, in millimetres."""
        choices, numbers, made = _choices(product), self.numbers(product), self._made(product)
        counted = self._cut_list.with_totals(product)
        found = []
        for line in self._lines:
            quantity = self._quantity(line, counted, lengths or {}) if line.when(product) else 0
            if quantity:
                found.append(
                    BomLine(
                        item=line.rule.item.filled(choices, numbers),
                        label=self._item_label(line.rule, product, numbers),
                        quantity=_positive(quantity, line.rule.line),
                        unit=line.rule.unit,
                        operation=self._consuming(line.rule, made.sequence),
                    )
                )
        return tuple(found)

    def boards(self, product: Product) -> tuple[Board, ...]:
        """What the product is sawn from; none for a family without boards. Raises SourceInvalid for a board that cannot be made."""
        return self._cut_list.boards(product, _choices(product), self.numbers(product))

    def quality(self, product: Product) -> tuple[CharacteristicSpec, ...]:
        """What is measured, against this product's own nominals."""
        made = self._made(product)
        found: list[CharacteristicSpec] = []
        balloons = count(1)
        for check in self._checks:
            checkpoint = check.checkpoint
            if checkpoint.at not in made.sequence or not check.when(product):
                continue
            nominal = check.nominal(product)
            lower, least = nominal - check.minus(product), None if check.least is None else check.least(product)
            if least is not None and lower < least:
                raise _broken(checkpoint.line, "limit_cannot_be", value=lower, least=least)
            restart = {checkpoint.at} if check.rework_s is not None else self._branch(checkpoint.at, made.before)
            found.append(
                CharacteristicSpec(
                    checkpoint=checkpoint.id,
                    operation=made.sequence[checkpoint.at],
                    characteristic=checkpoint.characteristic,
                    label=checkpoint.label,
                    nominal=nominal,
                    lower=lower,
                    upper=nominal + check.plus(product),
                    physical_minimum=least,
                    unit=checkpoint.unit,
                    gauge=checkpoint.gauge,
                    gauge_label=checkpoint.gauge_label,
                    critical=checkpoint.critical,
                    balloon=next(balloons) if checkpoint.id in self._ballooned else None,
                    disposition="remake" if check.rework_s is None else "rework",
                    restart=tuple(sorted(made.sequence[name] for name in restart)),
                    rework_s=None if check.rework_s is None else _positive(check.rework_s(product), checkpoint.line),
                )
            )
        return tuple(found)

    def care(self, product: Product) -> tuple[Localised, ...]:
        """How the product is looked after."""
        return tuple(said for said, holds in self._care if holds(product))

    def choices(self, product: Product, own: Decisions, filled: Decisions = NONE) -> tuple[Choice, ...]:
        """What is chosen, option by option in the family's words; ``own`` decisions and those that a completion ``filled`` are marked."""
        chosen, completed, options = _had_names(own), _had_names(filled), self.family.options
        return tuple(
            Choice(
                option=name,
                value=value,
                option_label=options[name].label,
                value_label=options[name].values[value].label,
                own=f"{name}.{value}" in chosen,
                filled=f"{name}.{value}" in completed,
            )
            for name, values in product.chosen.items()
            for value in values
        )

    def specification(
        self,
        product: Product,
        own: Decisions,
        price: Price,
        files: Sequence[StoredFile] = (),
        lengths: Mapping[str, int] | None = None,
        filled: Decisions = NONE,
    ) -> ManufacturingSpecification:
        """All that is needed to make the product; measures are left out."""
        family = self.family
        numbers, absent, chosen = self.numbers(product), self.absent(product), _had_names(own)
        shown: list[Dimension | Derived] = [
            *(each for each in family.dimensions.values() if not each.measure),
            *(each for each in family.derived.values() if each.name not in absent),
        ]
        return ManufacturingSpecification(
            family=family.name,
            family_label=family.label,
            family_version=family.version,
            family_sha256=family.sha256,
            gtin=family.gtin,
            choices=self.choices(product, own, filled),
            dimensions=tuple(
                DimensionValue(name=each.name, label=each.label, value=numbers[each.name], unit=each.unit, own=each.name in chosen)
                for each in shown
            ),
            materials=self.materials(product, lengths),
            routing=self.routing(product),
            quality=self.quality(product),
            price=price,
            care=self.care(product),
            files=tuple(files),
            story=self.story(product),
        )

    @staticmethod
    def _quantity(line: _Line, product: Product, lengths: Mapping[str, int]) -> int:
        """The length of the layout where there is one, else what the family's expression says."""
        if line.rule.marker is not None and line.rule.marker in lengths:
            return lengths[line.rule.marker]
        return line.quantity(product)

    def _made(self, product: Product) -> _Made:
        sequence: dict[str, int] = {}
        before: dict[str, frozenset[str]] = {}
        for step in self._steps:
            waits: set[str] = set()
            for name in step.operation.after:
                waits |= {name} if name in sequence else before[name]
            before[step.operation.name] = frozenset(waits)
            if step.when(product):
                sequence[step.operation.name] = 10 * (len(sequence) + 1)
        return _Made(sequence, before)

    def _item_label(self, rule: BomRule, product: Product, numbers: Mapping[str, int]) -> Localised:
        """What to take from the shelf: its name (else that of the first option) with the values and sizes that tell it from others."""
        options = [self.family.options[name] for name in rule.item.options]
        name = rule.label or (options[0].label if options else NOTHING)
        chosen = [option.values[value].label for option in options for value in product.chosen[option.name]]
        sizes = [f"{numbers[name]} {self._unit(name)}" for name in rule.item.numbers]
        chosen += [Localised(en=size, zh=size) for size in sizes]
        if not chosen:
            return name
        return Localised(
            en=f"{name.en}: {', '.join(label.en for label in chosen)}", zh=f"{name.zh}：{'、'.join(label.zh for label in chosen)}"
        )

    def _unit(self, number: str) -> Unit:
        return (self.family.dimensions.get(number) or self.family.derived[number]).unit

    def _consuming(self, rule: BomRule, sequence: Mapping[str, int]) -> int:
        """The sequence of the operation, or of the next one that is needed."""
        reached: set[str] = set()
        for operation in self.family.routing:
            if operation.name == rule.at or reached.intersection(operation.after):
                if operation.name in sequence:
                    return sequence[operation.name]
                reached.add(operation.name)
        raise _broken(rule.line, "nothing_consumes", name=rule.at)

    def _branch(self, failed: str, before: Mapping[str, frozenset[str]]) -> set[str]:
        """What a remake repeats: the failed operation with those before it on its branch."""
        branches = {operation.name: operation.branch for operation in self.family.routing}
        branch = branches[failed]
        found, waiting, seen = {failed}, [failed], {failed}
        while waiting:
            name = waiting.pop()
            if branch is None and len(before[name]) > 1:
                continue
            for earlier in before[name] - seen:
                seen.add(earlier)
                waiting.append(earlier)
                if branch is None or branches[earlier] == branch:
                    found.add(earlier)
        return found


def _step(operation: Operation) -> _Step:
    parameters = tuple((each, None if each.value is None else valued(each.value)) for each in operation.parameters)
    return _Step(operation, tested(operation.when), valued(operation.run_s), parameters)


def _check(checkpoint: Checkpoint) -> _Check:
    return _Check(
        checkpoint,
        tested(checkpoint.when),
        valued(checkpoint.nominal),
        valued(checkpoint.minus),
        valued(checkpoint.plus),
        None if checkpoint.least is None else valued(checkpoint.least),
        None if checkpoint.rework_s is None else valued(checkpoint.rework_s),
    )


def _parameter(parameter: Parameter, value: Valued | None, product: Product) -> OperationParameter:
    content: int | str = value(product) if value is not None else "+".join(product.chosen[str(parameter.option)]) or "none"
    return OperationParameter(name=parameter.name, label=parameter.label, value=content, unit=parameter.unit)


def _had_names(decisions: Decisions) -> frozenset[str]:
    """Values and dimensions that are decided to be had; what was only ruled out is not among them."""
    return frozenset(each.name for each in decisions if each.value is not False)


def _choices(product: Product) -> dict[str, str]:
    return {name: values[0] if values else "" for name, values in product.chosen.items()}


def _positive(number: int, line: int) -> int:
    if number <= 0:
        raise _broken(line, "not_positive", value=number)
    return number


def _broken(line: int, message: str, **params: str | int) -> SourceInvalid:
    """A section makes no sense for this product: a fault of the family."""
    return SourceInvalid(extra={"lines": [{"line": line, "column": 1, "message": f"configurator.fault.{message}", "params": params}]})
