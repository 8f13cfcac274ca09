"""How exact and how fast are feature models answered? ``python -m benchmarks.configurator.models FOLDER``.

FOLDER holds UVL files and ``expected.json``: for each file the features in every product and in none, and sequences of decisions with the
number and SHA-256 of what is forced and excluded after each. The baseline, in the same run, asks one question for each feature
in doubt (the iterative backbone) with an incremental solver.
"""

import argparse
import hashlib
import json
import random
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from pysat.solvers import Solver

from configurator.engine.features.clauses import Clauses, clauses_of
from configurator.engine.features.model import FeatureModel
from configurator.engine.features.states import States
from configurator.feature_models import read_model
from configurator.replay import percentiles

CLICKS, SEQUENCES = 12, 4
BASELINE_STEPS = 2


def main() -> None:
    """A line for each model; ends with 1 when an answer is not the expected one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=())
    asked = parser.parse_args()
    expected = json.loads((asked.folder / "expected.json").read_text(encoding="utf-8"))
    wrong = 0
    for name in sorted(expected):
        if not asked.only or any(part in name for part in asked.only):
            wrong += model(asked.folder / name, expected[name])
    raise SystemExit(1 if wrong else 0)


def model(file: Path, expected: dict[str, object]) -> int:
    """How many answers of a model are wrong."""
    began = time.perf_counter()
    read = read_model(file)
    found = clauses_of(read)
    states = States(found)
    ready_s = time.perf_counter() - began
    wrong = _digest(read, states.base.core) != expected["core_sha256"]
    wrong += _digest(read, states.base.dead) != expected["dead_sha256"]
    numbers = read.numbers()
    took: list[float] = []
    steps = 0
    sequences: Sequence[Sequence[dict[str, str]]] = expected["sequences"]  # type: ignore[assignment]
    asked: list[list[int]] = []
    for sequence in sequences:
        decisions: list[int] = []
        for step in sequence:
            decisions = [*decisions, numbers[step["feature"]] if step["selected"] else -numbers[step["feature"]]]
            asked.append(decisions)
            answer = _timed(took, states, decisions)
            steps += 1
            wrong += answer is None or (_digest(read, answer[0]), _digest(read, answer[1])) != (
                step["forced_sha256"],
                step["excluded_sha256"],
            )
    random_took = _random_clicks(states)
    plain = [_plain(found, states, decisions) for decisions in asked[:BASELINE_STEPS]]
    ours = sorted(took)[len(took) // 2]
    ratio = sorted(plain)[len(plain) // 2] / max(ours, 0.001)
    size = f"{read.count} features, {len(read.constraints)} constraints, largest component {len(states.largest)} features"
    print(f"{file.name}: {size}; ready in {ready_s:.2f} s; {steps} expected steps, {wrong} wrong answers, ms {percentiles(took)}")
    print(f"    {len(random_took)} random clicks in the largest component, ms {percentiles(random_took)}")
    print(f"    baseline: a plain iterative backbone needs {ratio:.0f} × the median", flush=True)
    return wrong


def _random_clicks(states: States) -> list[float]:
    """Clicks on features of the largest component that are still open."""
    chance = random.Random(1)
    took: list[float] = []
    for _ in range(SEQUENCES):
        decisions: list[int] = []
        for _ in range(CLICKS):
            known = states.after(decisions)
            if known is None:
                break
            left = [feature for feature in states.largest if feature not in known[0] and feature not in known[1]]
            if not left:
                break
            feature = chance.choice(left)
            decisions = [*decisions, feature if chance.random() < 0.5 else -feature]
            _timed(took, states, decisions)
    return took


def _timed(took: list[float], states: States, decisions: Sequence[int]) -> tuple[frozenset[int], frozenset[int]] | None:
    began = time.perf_counter()
    answer = states.after(decisions)
    took.append(1000 * (time.perf_counter() - began))
    return answer


def _plain(found: Clauses, states: States, decisions: Sequence[int]) -> float:
    """Milliseconds of the baseline; its answer is compared too."""
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


def _digest(read: FeatureModel, features: Collection[int]) -> str:
    return hashlib.sha256("\n".join(sorted(read.names[feature] for feature in features)).encode()).hexdigest()


if __name__ == "__main__":
    main()
