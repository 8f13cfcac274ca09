"""Does a family do what the tests in its file say?"""

from collections.abc import Iterator

from configurator.engine.configurator import CompiledFamily
from configurator.engine.decisions import Decision, Decisions
from configurator.engine.family.family import Proof
from configurator.engine.finding import Finding, finding, rules_of


def unproved(compiled: CompiledFamily, proof: Proof) -> Iterator[Finding]:
    """What is otherwise than the test says; nothing when it holds."""
    decisions = _given(compiled, proof)
    conflict = compiled.conflict(decisions)
    if conflict is None and proof.expect == "impossible":
        yield finding(proof.line, "test_possible")
    elif conflict is not None and proof.expect == "possible":
        yield finding(proof.line, "test_impossible", rules=rules_of(conflict))
    elif conflict is not None:
        if not set(proof.because) <= {rule.id for rule in conflict.rules}:
            yield finding(proof.line, "test_other_reason", rules=rules_of(conflict))
    else:
        yield from _follows(compiled, proof, decisions)


def _follows(compiled: CompiledFamily, proof: Proof, decisions: Decisions) -> Iterator[Finding]:
    strict = compiled.possibilities(decisions)
    if strict is None:
        return
    for name, value in proof.follows.items():
        if name in compiled.family.options:
            if f"{name}.{value}" not in strict.forced:
                yield finding(proof.line, "test_does_not_follow", name=f"{name}.{value}")
        elif [(low, high) for low, high, _ in strict.numbers[name]] != [(value, value)]:
            yield finding(proof.line, "test_does_not_follow", name=f"{name} = {value}")
    if proof.asks is not None:
        asks = sorted(compiled.asking.open(compiled.reference(decisions), decisions))
        if asks != sorted(proof.asks):
            yield finding(proof.line, "test_asks", wanted=", ".join(proof.asks) or "-", found=", ".join(asks) or "-")
    if proof.price is not None:
        net = compiled.pricing.price(compiled.reference(decisions)).net.amount
        if net != proof.price:
            yield finding(proof.line, "test_price", wanted=proof.price, found=net)


def _given(compiled: CompiledFamily, proof: Proof) -> Decisions:
    decisions = set()
    for name, content in proof.given.items():
        if name in compiled.family.options:
            values = content if isinstance(content, tuple) else (str(content),)
            decisions |= {Decision(f"{name}.{value}", True) for value in values}
        else:
            decisions.add(Decision(name, int(str(content))))
    return frozenset(decisions)
