"""Whether a compiled family is fit to be published: what nobody could buy, make or draw, each with its line."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from configurator.engine.configurator import CompiledFamily
from configurator.engine.decisions import NONE, Decision, Decisions
from configurator.engine.drawing import DrawingUndefined
from configurator.engine.finding import Finding, finding, rules_of
from configurator.engine.idle import idle_parts
from configurator.engine.picture import symbols
from configurator.engine.product import Product
from configurator.engine.proofs import unproved
from configurator.engine.trial import faults_of
from contracts.problems import SourceInvalid


def require_fit(compiled: CompiledFamily) -> None:
    """Raises SourceInvalid with every error of a family that is not fit to be published."""
    errors = [each.document() for each in check_family(compiled) if each.severity == "error"]
    if errors:
        raise SourceInvalid(extra={"lines": errors})


def require_product(compiled: CompiledFamily) -> None:
    """Raises SourceInvalid with the rules that contradict each other, when nothing can be built."""
    void = _void(compiled)
    if void is not None:
        raise SourceInvalid(extra={"lines": [void.document()]})


def check_family(compiled: CompiledFamily, between: Callable[[], None] = lambda: None) -> list[Finding]:
    """Everything that is found, in the order of the file. ``between`` is called again and again while it is sought."""
    void = _void(compiled)
    if void is not None:
        return [void]
    found = [*_dead(compiled), *_default(compiled), *_unreached(compiled), *idle_parts(compiled.family)]
    found += [*_made(compiled, between), *_pictured(compiled)]
    for proof in compiled.family.tests:
        found.extend(unproved(compiled, proof))
    return sorted(dict.fromkeys(found), key=lambda each: each.line)


def _void(compiled: CompiledFamily) -> Finding | None:
    conflict = compiled.conflict(NONE)
    if conflict is None:
        return None
    return finding(min((rule.line for rule in conflict.rules), default=1), "void", rules=rules_of(conflict))


def _dead(compiled: CompiledFamily) -> Iterator[Finding]:
    reasons = compiled.reasons(NONE)
    for name, status in compiled.state(NONE).statuses.items():
        if status == "excluded":
            option, _, value = name.partition(".")
            yield finding(compiled.family.options[option].values[value].line, "dead_value", name=name, rules=rules_of(reasons[name]))


def _default(compiled: CompiledFamily) -> Iterator[Finding]:
    family = compiled.family
    decisions = {
        Decision(f"{option.name}.{value}", value in option.default) for option in family.options.values() for value in option.values
    }
    decisions |= {Decision(dimension.name, dimension.default) for dimension in family.dimensions.values()}
    conflict = compiled.conflict(frozenset(decisions))
    if conflict is not None:
        line = min((rule.line for rule in conflict.rules), default=1)
        yield finding(line, "default_not_buildable", rules=rules_of(conflict))


def _unreached(compiled: CompiledFamily) -> Iterator[Finding]:
    """Ends of a range that no product reaches, and stretches within it."""
    numbers = compiled.state(NONE).numbers
    for name, dimension in compiled.family.dimensions.items():
        runs = numbers[name]
        for end, reached in ((dimension.low, runs[0][0]), (dimension.high, runs[-1][1])):
            if end != reached:
                yield finding(dimension.line, "unreachable_number", "warning", name=name, value=end)
        for (_, below, step), (above, _, _) in pairwise(runs):
            yield finding(dimension.line, "unreachable_numbers", "warning", name=name, first=below + step, last=above - step)


def _samples(compiled: CompiledFamily) -> Iterator[tuple[Decisions, Product]]:
    """The default, the cheapest, one product with each option value, one at each end of each dimension."""
    state = compiled.state(NONE)
    yield NONE, state.reference
    yield NONE, compiled.cheapest(NONE, keep_measures=False)
    for name, product in compiled.with_each(NONE, [name for name, status in state.statuses.items() if status == "open"]).items():
        yield frozenset({Decision(name, True)}), product
    for name, runs in state.numbers.items():
        for number in (runs[0][0], runs[-1][1]):
            decisions = frozenset({Decision(name, number)})
            yield decisions, compiled.reference(decisions)


def _made(compiled: CompiledFamily, between: Callable[[], None]) -> Iterator[Finding]:
    for decisions, product in _samples(compiled):
        between()
        yield from faults_of(compiled, product, decisions, lay=not any(isinstance(each.value, bool) for each in decisions))


def _pictured(compiled: CompiledFamily) -> Iterator[Finding]:
    try:
        symbols(compiled, "en")
    except DrawingUndefined as undefined:
        yield finding(undefined.line, "drawing_breaks", reason=str(undefined))
