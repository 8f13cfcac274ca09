"""Whether a compiled family is fit to be published: what nobody could buy, make or draw, each with its line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from configurator.engine.configurator import CompiledFamily
from configurator.engine.decisions import NONE, Decision, Decisions
from configurator.engine.drawing import DrawingUndefined
from configurator.engine.family.family import Proof
from configurator.engine.pattern.marker import PieceTooWide, markers
from configurator.engine.pattern.seams import joints
from configurator.engine.picture import cut_out, drawn, symbols
from configurator.engine.product import Product
from configurator.engine.reasons import Reason
from contracts.problems import SourceInvalid


@dataclass(frozen=True)
class Finding:
    """An error keeps the family from being published, a warning does not."""

    line: int
    message: str
    params: tuple[tuple[str, Any], ...]
    severity: Literal["error", "warning"] = "error"
    column: int = 1

    def document(self) -> dict[str, Any]:
        return {"line": self.line, "column": self.column, "message": self.message, "params": dict(self.params)}


def require_fit(compiled: CompiledFamily) -> None:
    """Raises SourceInvalid with every error of a family that is not fit to be published."""
    errors = [each.document() for each in check_family(compiled) if each.severity == "error"]
    if errors:
        raise SourceInvalid(extra={"lines": errors})


def check_family(compiled: CompiledFamily) -> list[Finding]:
    """Everything that is found, in the order of the file."""
    void = compiled.conflict(NONE)
    if void is not None:
        first = min((rule.line for rule in void.rules), default=1)
        return [_finding(first, "void", rules=_rules(void))]
    found = [*_dead(compiled), *_default(compiled), *_ends(compiled), *_made(compiled), *_pictured(compiled)]
    for proof in compiled.family.tests:
        found.extend(_proved(compiled, proof))
    return sorted(dict.fromkeys(found), key=lambda each: each.line)


def _finding(line: int, message: str, severity: Literal["error", "warning"] = "error", **params: str | float) -> Finding:
    return Finding(line, f"configurator.fault.{message}", tuple(params.items()), severity)


def _rules(reason: Reason) -> str:
    return ", ".join(rule.id for rule in reason.rules) or "-"


def _dead(compiled: CompiledFamily) -> Iterator[Finding]:
    reasons = compiled.reasons(NONE)
    for name, status in compiled.state(NONE).statuses.items():
        if status == "excluded":
            option, _, value = name.partition(".")
            yield _finding(compiled.family.options[option].values[value].line, "dead_value", name=name, rules=_rules(reasons[name]))


def _default(compiled: CompiledFamily) -> Iterator[Finding]:
    family = compiled.family
    decisions = {
        Decision(f"{option.name}.{value}", value in option.default) for option in family.options.values() for value in option.values
    }
    decisions |= {Decision(dimension.name, dimension.default) for dimension in family.dimensions.values()}
    conflict = compiled.conflict(frozenset(decisions))
    if conflict is not None:
        line = min((rule.line for rule in conflict.rules), default=1)
        yield _finding(line, "default_not_buildable", rules=_rules(conflict))


def _ends(compiled: CompiledFamily) -> Iterator[Finding]:
    numbers = compiled.state(NONE).numbers
    for name, dimension in compiled.family.dimensions.items():
        for end, reached in ((dimension.low, numbers[name][0][0]), (dimension.high, numbers[name][-1][1])):
            if end != reached:
                yield _finding(dimension.line, "unreachable_number", "warning", name=name, value=end)


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


def _made(compiled: CompiledFamily) -> Iterator[Finding]:
    drawing = compiled.family.drawing
    for decisions, product in _samples(compiled):
        try:
            compiled.manufacture.specification(product, decisions, compiled.pricing.price(product))
            for view in (*drawing.views, *drawing.work) if drawing is not None else ():
                drawn(compiled, product, "en", view)
            compiled.manufacture.boards(product)
            yield from _cut(compiled, product, lay=not any(isinstance(each.value, bool) for each in decisions))
        except SourceInvalid as invalid:
            for each in invalid.extra["lines"]:
                yield Finding(each["line"], each["message"], tuple(each["params"].items()))
        except DrawingUndefined as undefined:
            yield _finding(undefined.line, "drawing_breaks", reason=str(undefined))


def _pictured(compiled: CompiledFamily) -> Iterator[Finding]:
    try:
        symbols(compiled, "en")
    except DrawingUndefined as undefined:
        yield _finding(undefined.line, "drawing_breaks", reason=str(undefined))


def _cut(compiled: CompiledFamily, product: Product, lay: bool) -> Iterator[Finding]:
    """Seams that do not agree; cloths that are too narrow, where the sample's size is its own (``lay``)."""
    pattern, section = cut_out(compiled, product), compiled.family.pieces
    if pattern is None or section is None:
        return
    for joint in joints(section, pattern):
        if not joint.fits:
            yield _finding(joint.line, "seam_apart", name=joint.name, one=round(joint.one_mm, 1), other=round(joint.other_mm, 1))
    if not lay:
        return
    try:
        markers(pattern)
    except PieceTooWide as wide:
        yield _finding(section.pieces[wide.piece].line, "piece_too_wide", name=wide.piece)


def _proved(compiled: CompiledFamily, proof: Proof) -> Iterator[Finding]:
    decisions = _given(compiled, proof)
    conflict = compiled.conflict(decisions)
    if conflict is None and proof.expect == "impossible":
        yield _finding(proof.line, "test_possible")
    elif conflict is not None and proof.expect == "possible":
        yield _finding(proof.line, "test_impossible", rules=_rules(conflict))
    elif conflict is not None:
        if not set(proof.because) <= {rule.id for rule in conflict.rules}:
            yield _finding(proof.line, "test_other_reason", rules=_rules(conflict))
    else:
        yield from _follows(compiled, proof, decisions)


def _follows(compiled: CompiledFamily, proof: Proof, decisions: Decisions) -> Iterator[Finding]:
    strict = compiled.possibilities(decisions)
    if strict is None:
        return
    for name, value in proof.follows.items():
        if name in compiled.family.options:
            if f"{name}.{value}" not in strict.forced:
                yield _finding(proof.line, "test_does_not_follow", name=f"{name}.{value}")
        elif [(low, high) for low, high, _ in strict.numbers[name]] != [(value, value)]:
            yield _finding(proof.line, "test_does_not_follow", name=f"{name} = {value}")
    if proof.asks is not None:
        asks = sorted(compiled.asking.open(compiled.reference(decisions)))
        if asks != sorted(proof.asks):
            yield _finding(proof.line, "test_asks", wanted=", ".join(proof.asks) or "-", found=", ".join(asks) or "-")
    if proof.price is not None:
        net = compiled.pricing.price(compiled.reference(decisions)).net.amount
        if net != proof.price:
            yield _finding(proof.line, "test_price", wanted=proof.price, found=net)


def _given(compiled: CompiledFamily, proof: Proof) -> Decisions:
    decisions = set()
    for name, content in proof.given.items():
        if name in compiled.family.options:
            values = content if isinstance(content, tuple) else (str(content),)
            decisions |= {Decision(f"{name}.{value}", True) for value in values}
        else:
            decisions.add(Decision(name, int(str(content))))
    return frozenset(decisions)
