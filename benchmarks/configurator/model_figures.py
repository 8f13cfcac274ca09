"""The figures of one feature model: answers that are not the expected ones, milliseconds, seconds, memory."""

import hashlib
import random
import resource
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pysat.solvers import Solver

from configurator.engine.features.cheapest import cheapest
from configurator.engine.features.clauses import Clauses, clauses_of
from configurator.engine.features.components import base_of
from configurator.engine.features.model import FeatureModel
from configurator.engine.features.reasons import Reasons
from configurator.engine.features.states import States
from configurator.feature_models import read_model

CLICKS, SEQUENCES = 16, 8
RETRACTED = 0.25
BASELINE_CLICKS = 4
LARGE = 10_000
"""On a larger model the baseline takes minutes for a click."""
EXPLAINED = 6
PACE = 20_000_000


@dataclass(frozen=True)
class Figures:
    """Times in milliseconds but for ``ready_s`` (read, compiled, core and dead features) and ``cheapest_s``; memory in MiB."""

    features: int
    constraints: int
    largest: int
    wrong: int
    ready_s: float
    clicks: tuple[float, ...]
    plain: tuple[float, ...]
    """The plain iterative backbone on some of the same clicks."""
    explained: tuple[float, ...]
    cheapest_s: float
    memory: int


def figures(file: Path, expected: dict[str, Any], seed: int) -> Figures:
    """All of them. Raises AssertionError when the baseline answers otherwise."""
    began = time.perf_counter()
    read = read_model(file)
    found = clauses_of(read)
    base_of(found)
    ready_s = time.perf_counter() - began
    states, reasons, chance = States(found), Reasons(found), random.Random(seed)
    reasons.prepare()
    wrong = _wrong(read, states, expected)
    clicks, states_met = _clicks(states, chance)
    weights = {feature: chance.randint(0, 1_000) for feature in range(1, read.count + 1)}
    cheapest_s = _timed(lambda: cheapest(states, weights, [])) / 1000
    explained = tuple(each for decisions in states_met[CLICKS // 2 :: CLICKS] for each in _explained(states, reasons, decisions, chance))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    few = BASELINE_CLICKS if read.count < LARGE else 1
    some = states_met[:: max(1, len(states_met) // few)][:few]
    plain = tuple(_plain(found, states, decisions) for decisions in some)
    return Figures(
        read.count, len(read.constraints), len(states.largest), wrong, ready_s, tuple(clicks), plain, explained, cheapest_s, memory
    )


def pace() -> float:
    """Seconds for 20 million subtractions, one after the other, in plain Python: how fast the machine is."""
    left = PACE
    began = time.perf_counter()
    while left:
        left -= 1
    return time.perf_counter() - began


def _timed(question: Callable[[], object]) -> float:
    began = time.perf_counter()
    question()
    return 1000 * (time.perf_counter() - began)


def _wrong(read: FeatureModel, states: States, expected: dict[str, Any]) -> int:
    """How many of the expected answers are given otherwise."""
    wrong = int((_digest(read, states.base.core), _digest(read, states.base.dead)) != (expected["core_sha256"], expected["dead_sha256"]))
    numbers = read.numbers()
    for sequence in expected["sequences"]:
        decisions: list[int] = []
        for step in sequence:
            decisions = [*decisions, numbers[step["feature"]] if step["selected"] else -numbers[step["feature"]]]
            answer = states.after(decisions)
            told = None if answer is None else (_digest(read, answer[0]), _digest(read, answer[1]))
            wrong += told != (step["forced_sha256"], step["excluded_sha256"])
    return wrong


def _digest(read: FeatureModel, features: Collection[int]) -> str:
    return hashlib.sha256("\n".join(sorted(read.names[feature] for feature in features)).encode()).hexdigest()


def _clicks(states: States, chance: random.Random) -> tuple[list[float], list[list[int]]]:
    """Decisions about open features of the largest component, one in four a retraction; the milliseconds and what was decided then."""
    took: list[float] = []
    met: list[list[int]] = []
    for _ in range(SEQUENCES):
        decisions: list[int] = []
        for _ in range(CLICKS):
            if decisions and chance.random() < RETRACTED:
                given_up = chance.choice(decisions)
                decisions = [each for each in decisions if each != given_up]
            else:
                forced, excluded = states.after(decisions) or (frozenset(), frozenset())
                left = [feature for feature in states.largest if feature not in forced and feature not in excluded]
                if not left:
                    break
                decisions = [*decisions, chance.choice(left) * chance.choice((1, -1))]
            took.append(_timed(lambda decisions=decisions: states.after(decisions)))
            met.append(decisions)
    return took, met


def _explained(states: States, reasons: Reasons, decisions: Sequence[int], chance: random.Random) -> list[float]:
    """Of features that the decisions settle, else of those that are core or dead."""
    forced, excluded = states.after(decisions) or (frozenset(), frozenset())
    own, base = {abs(literal) for literal in decisions}, states.base.core | states.base.dead
    by_decisions = sorted((forced | excluded) - own - base)
    asked = chance.sample(by_decisions, min(EXPLAINED, len(by_decisions))) or chance.sample(sorted(base), 1)
    return [_timed(lambda feature=feature: reasons.of(decisions, feature)) for feature in asked]


def _plain(found: Clauses, states: States, decisions: Sequence[int]) -> float:
    """One question for each feature in doubt, by an incremental solver."""
    with Solver(name="minisat22", bootstrap_with=found.clauses) as solver:
        began = time.perf_counter()
        solver.solve(assumptions=decisions)
        candidates = list(solver.get_model()[: found.features])
        proven: set[int] = set()
        while candidates:
            literal = candidates.pop()
            if solver.solve(assumptions=[*decisions, -literal]):
                seen = set(solver.get_model())
                candidates = [one for one in candidates if one in seen]
            else:
                proven.add(literal)
        took = 1000 * (time.perf_counter() - began)
    answer = states.after(decisions)
    if answer is None or proven != answer[0] | {-feature for feature in answer[1]}:
        raise AssertionError("the baseline answers otherwise")
    return took
