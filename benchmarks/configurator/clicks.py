"""How long a click takes, for each family: decision, exact state of everything, reference product, price, specification."""

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import configurator
from configurator.engine.configurator import CompiledFamily, State, compile_family
from configurator.engine.decisions import NONE, Change, Decisions, Select, SetNumber
from configurator.engine.family.parse import parse_family
from contracts.model import sha256_of

CLICKS = 24
FAMILIES = sorted((Path(configurator.__file__).parent / "families").glob("*.yaml"))


def clicks(sequences: int, seed: int) -> None:
    """Random designs from the first click to the last, and the same states from a freshly compiled family as the baseline."""
    for file in FAMILIES:
        _clicks_on(file.read_text(encoding="utf-8"), sequences, seed)


def _clicks_on(text: str, sequences: int, seed: int) -> None:
    began = time.perf_counter()
    family = parse_family(text)
    parsed = time.perf_counter()
    compiled = compile_family(family)
    ready = time.perf_counter()
    values = sum(len(option.values) for option in family.options.values())
    print(
        f"{family.name}: {len(family.options)} options, {values} values, {len(family.dimensions)} dimensions, {len(family.rules)} rules, "
        f"{len(compiled.encoding.clauses)} clauses; read {1000 * (parsed - began):.0f} ms, compiled {1000 * (ready - parsed):.0f} ms"
    )
    chance = random.Random(seed)
    times: dict[str, list[float]] = {"click": [], "reasons": [], "differences": [], "cheapest": []}
    states: list[State] = []
    for _ in range(sequences):
        decisions = NONE
        for _ in range(CLICKS):
            state = compiled.state(decisions)
            change = _change(chance, state)
            decisions, state = _timed(times["click"], lambda decisions=decisions, change=change: _click(compiled, decisions, change))
            states.append(state)
        _timed(times["reasons"], lambda decisions=decisions: compiled.reasons(decisions))
        names = [name for name, status in state.statuses.items() if status == "open"]
        _timed(times["differences"], lambda decisions=decisions, names=names: compiled.with_each(decisions, names))
        _timed(times["cheapest"], lambda decisions=decisions: compiled.cheapest(decisions))
    for name, measured in times.items():
        print(f"{family.name}, {name}: {_spread(measured)} ms over {len(measured)}")
    fresh: list[float] = []
    again = [
        _timed(fresh, lambda state=state: compile_family(family).state(state.decisions)) for state in states[:: max(1, len(states) // 12)]
    ]
    print(f"{family.name}, state by a family compiled for the question: {_spread(fresh)} ms over {len(fresh)}")
    same = sha256_of(repr([state.statuses for state in states[:: max(1, len(states) // 12)]]))[:12]
    print(f"{family.name}, answers {same}, compiled anew {sha256_of(repr([state.statuses for state in again]))[:12]}")


def _change(chance: random.Random, state: State) -> Change:
    if chance.random() < 0.2:
        name = chance.choice(list(state.numbers))
        low, high, step = chance.choice(state.numbers[name])
        return SetNumber(set=name, value=chance.randrange(low, high + 1, step))
    return Select(select=chance.choice([name for name, status in state.statuses.items() if status == "open"]))


def _click(compiled: CompiledFamily, decisions: Decisions, change: Change) -> tuple[Decisions, State]:
    decided = compiled.decide(decisions, [change])
    state = compiled.state(decided)
    compiled.manufacture.specification(state.reference, decided, compiled.pricing.price(state.reference))
    return decided, state


def _timed[T](times: list[float], question: Callable[[], T]) -> T:
    began = time.perf_counter()
    found = question()
    times.append(1000 * (time.perf_counter() - began))
    return found


def _spread(times: Sequence[float]) -> str:
    ordered = sorted(times)
    return f"p50 {ordered[len(ordered) // 2]:.1f}, p95 {ordered[len(ordered) * 95 // 100]:.1f}, max {ordered[-1]:.1f}"
