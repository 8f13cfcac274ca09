"""What a family is to the solver: clauses, and what their variables mean."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pysat.card import CardEnc, EncType

from configurator.engine.expressions import Comparison, Condition, Junction, Truth
from configurator.engine.expressions import Number as Constant
from configurator.engine.family.family import Family, Option, PriceRule, Table
from configurator.engine.solver.conditions import Encoder
from configurator.engine.solver.grid import TooFine, largest
from configurator.engine.solver.vocabulary import Cell, Clause, Vocabulary
from contracts.problems import SourceInvalid

MOST_STEPS = 2_000


@dataclass(frozen=True)
class PricedLiteral:
    """``amount`` is paid when the literal holds."""

    literal: int
    amount: int


@dataclass(frozen=True)
class Encoding:
    """The family as clauses. ``rules`` maps each rule's id to the literal that switches it on."""

    family: Family
    clauses: tuple[tuple[int, ...], ...]
    top: int
    values: Mapping[tuple[str, str], int]
    cells: Mapping[str, tuple[Cell, ...]]
    rules: Mapping[str, int]
    prices: tuple[PricedLiteral, ...]
    """Net price of any product = the sum of the amounts whose literals hold."""
    watched: Mapping[Condition, int]
    """A literal for each condition that was asked for, beside those that are too fine for one."""


def encode(family: Family, watched: Sequence[Condition] = ()) -> Encoding:
    """The family as clauses. Raises SourceInvalid for a rule that is too fine."""
    vocabulary = Vocabulary(family)
    encoder = Encoder(vocabulary)
    for option in family.options.values():
        encoder.clauses.extend(_cardinality(option, vocabulary))
    rules: dict[str, int] = {}
    faults = []
    for rule in family.rules:
        rules[rule.id] = vocabulary.new()
        try:
            if isinstance(rule.condition, Table):
                encoder.require_row(rule.condition, [-rules[rule.id]])
            else:
                encoder.require(rule.condition, [-rules[rule.id]])
        except TooFine:
            faults.append((rule.line, rule.id))
    prices: list[PricedLiteral] = []
    for price in family.price:
        try:
            prices.extend(PricedLiteral(encoder.literal(condition), price.add) for condition in _occasions(price, family))
        except TooFine:
            faults.append((price.line, price.label.en))
    if faults:
        lines = [
            {"line": line, "column": 1, "message": "configurator.fault.rule_too_fine", "params": {"name": name}} for line, name in faults
        ]
        raise SourceInvalid(extra={"lines": lines})
    for option in family.options.values():
        prices.extend(
            PricedLiteral(vocabulary.values[option.name, value.name], value.price) for value in option.values.values() if value.price
        )
    literals = _watched(encoder, watched)
    clauses = (*encoder.clauses, *vocabulary.orders())
    return Encoding(
        family=family,
        clauses=tuple(tuple(clause) for clause in clauses),
        top=vocabulary.top,
        values=vocabulary.values,
        cells=vocabulary.cells(),
        rules=rules,
        prices=tuple(prices),
        watched=literals,
    )


def _watched(encoder: Encoder, conditions: Sequence[Condition]) -> dict[Condition, int]:
    found = {}
    for condition in conditions:
        # Half a definition binds nothing: what is too fine is left out, and nothing else becomes different.
        with suppress(TooFine):
            found[condition] = encoder.literal(condition)
    return found


def _cardinality(option: Option, vocabulary: Vocabulary) -> list[Clause]:
    literals = [vocabulary.values[option.name, value] for value in option.values]
    if option.single:
        literals += [vocabulary.values[option.name, ""]] if option.fewest == 0 else []
        return _bounded(literals, 1, 1, vocabulary)
    return _bounded(literals, option.fewest, min(option.most, len(literals)), vocabulary)


def _bounded(literals: list[int], fewest: int, most: int, vocabulary: Vocabulary) -> list[Clause]:
    clauses: list[Clause] = []
    kind = EncType.pairwise if most == 1 and len(literals) <= 12 else EncType.seqcounter
    if most < len(literals):
        found = CardEnc.atmost(lits=literals, bound=most, top_id=vocabulary.top, encoding=kind)
        vocabulary.top = max(vocabulary.top, found.nv)
        clauses.extend(found.clauses)
    if fewest == 1:
        clauses.append(literals)
    elif fewest > 1:
        found = CardEnc.atleast(lits=literals, bound=fewest, top_id=vocabulary.top, encoding=EncType.seqcounter)
        vocabulary.top = max(vocabulary.top, found.nv)
        clauses.extend(found.clauses)
    return clauses


def _occasions(price: PriceRule, family: Family) -> Iterator[Condition]:
    """The conditions of which each costs ``add`` once."""
    if price.per is None:
        yield price.when
        return
    steps = largest(price.per, family.options, family.dimensions) // price.step
    if steps > MOST_STEPS:
        raise TooFine
    for step in range(1, steps + 1):
        reached = Comparison(">=", price.per, Constant(step * price.step))
        yield reached if price.when == Truth(True) else Junction("and", (price.when, reached))
