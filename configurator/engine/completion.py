"""Which one product stands for a design: the decisions, completed nearest to the family's default or at the least price."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from pysat.examples.rc2 import RC2
from pysat.formula import WCNF

from configurator.engine.columns import Columns
from configurator.engine.decisions import Decision, Decisions
from configurator.engine.family.family import Dimension, Option
from configurator.engine.product import Product
from configurator.engine.solver.lease import Lease, Model
from configurator.engine.solver.vocabulary import Cell


def nearest(columns: Columns, lease: Lease, decisions: Decisions, further: Sequence[int] = ()) -> Product | None:
    """The product that agrees with the decisions (and further literals) and keeps most to the default; None when there is none.

    Measures first, then options, then the other dimensions, each in the order of the file and each as near to its default
    as those before it leave possible: one product, whatever was asked before.
    """
    encoding = columns.encoding
    family = encoding.family
    assumptions = columns.all_assumptions(decisions) + list(further)
    lease.prefer(columns.default_literals)
    if not lease.holds(assumptions):
        return None
    model = lease.model()
    own = {each.name: int(each.value) for each in decisions if each.name in family.dimensions}
    chosen: dict[str, tuple[str, ...]] = {}
    numbers: dict[str, int] = {}

    def settle(literals: Sequence[int]) -> bool:
        """Have these literals too when a product allows it."""
        nonlocal model
        if not _true(model, literals):
            if not lease.holds([*assumptions, *literals]):
                return False
            model = lease.model()
        assumptions.extend(literals)
        return True

    def settle_number(dimension: Dimension) -> int:
        wanted = own.get(dimension.name, dimension.default)
        for cell in _outwards(columns, dimension, wanted):
            if settle(cell.literals):
                return _within(dimension, cell, wanted)
        raise AssertionError("a product has no value of " + dimension.name)

    def settle_option(option: Option) -> tuple[str, ...]:
        if not option.single:
            return tuple(value for value in option.values if settle_value(option, value))
        values = [*option.values, *([""] if option.fewest == 0 else [])]
        default = option.default[0] if option.default else ""
        for value in sorted(values, key=lambda value: value != default):
            if settle([encoding.values[option.name, value]]):
                return (value,) if value else ()
        raise AssertionError("a product has no value of " + option.name)

    def settle_value(option: Option, value: str) -> bool:
        variable = encoding.values[option.name, value]
        wanted = value in option.default
        if settle([variable if wanted else -variable]):
            return wanted
        settle([-variable if wanted else variable])
        return not wanted

    for dimension in family.dimensions.values():
        if dimension.measure:
            numbers[dimension.name] = settle_number(dimension)
    for option in family.options.values():
        chosen[option.name] = settle_option(option)
    for dimension in family.dimensions.values():
        if not dimension.measure:
            numbers[dimension.name] = settle_number(dimension)
    return Product(chosen, numbers)


def having(columns: Columns, lease: Lease, decisions: Decisions, wishes: Sequence[Decision]) -> Product | None:
    """The decisions with what can be had of the wishes, earlier ones first, completed nearest to the default; None when there is none."""
    assumptions = columns.all_assumptions(decisions)
    wished = [(each, columns.assumptions(each)) for each in wishes]
    lease.prefer([literal for _, literals in reversed(wished) for literal in literals])
    if not lease.holds(assumptions):
        return None
    model = lease.model()
    granted = {each.name: each for each in decisions}
    for wish, literals in wished:
        if wish.name in granted:
            continue
        if not _true(model, literals):
            if not lease.holds([*assumptions, *literals]):
                continue
            model = lease.model()
        assumptions.extend(literals)
        granted[wish.name] = wish
    return nearest(columns, lease, frozenset(granted.values()))


def cheapest(columns: Columns, lease: Lease, decisions: Decisions, further: Sequence[int] = ()) -> Product | None:
    """A product of the least price that agrees with the decisions, proved; among those of equal price lines the nearest to the default."""
    model = least(columns, [*columns.all_assumptions(decisions), *further])
    if model is None:
        return None
    paid = [price.literal if _true(model, [price.literal]) else -price.literal for price in columns.encoding.prices]
    return nearest(columns, lease, decisions, [*further, *dict.fromkeys(paid)])


def least(columns: Columns, assumptions: Sequence[int]) -> Model | None:
    """A product of the least net price that agrees with the assumptions, proved; None when there is none."""
    encoding = columns.encoding
    formula = WCNF()
    formula.nv = encoding.top
    formula.hard.extend(encoding.clauses)
    formula.hard.extend([literal] for literal in (*encoding.rules.values(), *assumptions))
    for price in encoding.prices:
        if price.amount:
            formula.append([-price.literal if price.amount > 0 else price.literal], weight=abs(price.amount))
    with RC2(formula) as solver:
        found = solver.compute()
    if found is None:
        return None
    model: Model = np.zeros(encoding.top + 1, dtype=np.bool_)
    model[[literal for literal in found if literal > 0]] = True
    return model


def net(columns: Columns, model: Model) -> int:
    """The net price of a solver's product, in minor units."""
    return sum(price.amount for price in columns.encoding.prices if _true(model, [price.literal]))


def best_of[Score: (int, tuple[int, int])](
    columns: Columns,
    lease: Lease,
    decisions: Decisions,
    further: Sequence[int],
    score: Callable[[Sequence[Product]], Sequence[Score]],
) -> Product | None:
    """A product of a low score, not proved least: the nearest to the default, then one value after the other while it falls."""
    found = nearest(columns, lease, decisions, further)
    if found is None:
        return None
    best = score([found])[0]
    settled: list[int] = list(further)
    while True:
        literals, products = [], []
        for (_, value), literal in columns.encoding.values.items():
            product = nearest(columns, lease, decisions, [*settled, literal]) if value else None
            if product is not None:
                literals.append(literal)
                products.append(product)
        scores = score(products)
        least = min(scores)
        if not least < best:
            return found
        place = list(scores).index(least)
        best, found = least, products[place]
        settled.append(literals[place])


def descended[Score: tuple[int, ...]](
    columns: Columns, lease: Lease, decisions: Decisions, start: Product, score: Callable[[Sequence[Product]], Sequence[Score]]
) -> Product:
    """A product of a low score, not proved least: from ``start``, one value after the other is had while the score falls.

    ``start`` agrees with the decisions. All else stays as it was before as far as the value allows; measures stay as ``start`` has them.
    """
    measures = {Decision(name, start.numbers[name]) for name, each in columns.encoding.family.dimensions.items() if each.measure}
    fixed = decisions | measures
    found, best = start, score([start])[0]
    while True:
        chosen = _as_decisions(found)
        tried: list[tuple[Decision, Product]] = []
        for name in columns.names:
            value = Decision(name, True)
            product = None if value in chosen else having(columns, lease, fixed | {value}, chosen)
            if product is not None:
                tried.append((value, product))
        scores = score([product for _, product in tried])
        lowest = min(scores, default=best)
        if not lowest < best:
            return found
        value, found = tried[list(scores).index(lowest)]
        fixed, best = fixed | {value}, lowest


def close_to(columns: Columns, lease: Lease, decisions: Decisions, product: Product) -> Product | None:
    """The decisions with what can be had of a product, completed nearest to the default; None when they cannot be had."""
    return having(columns, lease, decisions, _as_decisions(product))


def _as_decisions(product: Product) -> list[Decision]:
    """What a product has, as decisions."""
    values = [Decision(f"{option}.{value}", True) for option, chosen in product.chosen.items() for value in chosen]
    return [*values, *(Decision(name, number) for name, number in product.numbers.items())]


def measures_as(columns: Columns, product: Product) -> list[int]:
    """The literals that keep the measures as the product has them."""
    encoding = columns.encoding
    literals: list[int] = []
    for name, dimension in encoding.family.dimensions.items():
        if dimension.measure:
            literals.extend(encoding.cells[name][columns.cell(name, product.numbers[name])].literals)
    return literals


def _outwards(columns: Columns, dimension: Dimension, wanted: int) -> Iterator[Cell]:
    """The dimension's cells, nearest to the wanted number first, the lower of two equally near."""
    cells = columns.encoding.cells[dimension.name]
    above = columns.cell(dimension.name, wanted)
    below = above - 1
    while below >= 0 or above < len(cells):
        far_above = dimension.domain[cells[above].first] - wanted if above < len(cells) else None
        far_below = wanted - dimension.domain[cells[below].last] if below >= 0 else None
        if far_below is None or (far_above is not None and far_above < far_below):
            yield cells[above]
            above += 1
        else:
            yield cells[below]
            below -= 1


def _true(model: Model, literals: Sequence[int]) -> bool:
    return all(bool(model[literal]) if literal > 0 else not model[-literal] for literal in literals)


def _within(dimension: Dimension, cell: Cell, wanted: int) -> int:
    """The cell's value that is nearest to the wanted one."""
    return min(max(wanted, dimension.domain[cell.first]), dimension.domain[cell.last])
