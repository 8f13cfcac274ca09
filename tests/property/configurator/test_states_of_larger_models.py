"""Models of some hundred features, decided and retracted in any order: the states are those of a solver asked for each feature."""

from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pysat.solvers import Solver

from configurator.engine.features.clauses import Clauses, clauses_of
from configurator.engine.features.formula import Junction
from configurator.engine.features.model import Constraint, FeatureModel, Group
from configurator.engine.features.states import States

SIZE, STEPS = 160, 12


def model_of(chance: Random) -> FeatureModel:
    """Groups of all sizes, alternatives of dozens among them; constraints of two and three features, which may leave nothing."""
    groups: list[Group] = []
    parents, count = [1], 1
    while count < SIZE:
        size = min(SIZE - count, chance.choice((1, 1, 1, 2, 3, 5, 12, 40)))
        low = chance.choice((0, 1, 1, 1, min(2, size)))
        high = chance.choice((1, max(low, 1), size, max(low, size // 2)))
        members = tuple(range(count + 1, count + size + 1))
        groups.append(Group(chance.choice(parents), members, low, max(low, high), 1))
        parents += members
        count += size
    constraints = [
        Constraint(Junction("or", tuple(chance.choice((1, -1, -1)) * each for each in chance.sample(range(2, count + 1), size))), "", 2)
        for size in chance.choices((2, 3), k=chance.randint(0, 90))
    ]
    return FeatureModel(("", *map(str, range(1, count + 1))), (0,) * (count + 1), tuple(groups), tuple(constraints))


def asked(found: Clauses, decisions: list[int]) -> tuple[frozenset[int], frozenset[int]] | None:
    with Solver(name="glucose4", bootstrap_with=found.clauses) as solver:
        if not solver.solve(assumptions=decisions):
            return None
        features = range(1, found.features + 1)
        forced = frozenset(each for each in features if not solver.solve(assumptions=[*decisions, -each]))
        return forced, frozenset(each for each in features if not solver.solve(assumptions=[*decisions, each]))


@given(st.integers(0, 2**32))
@example(367)
@settings(max_examples=15)
def test_states_are_those_of_one_question_for_each_feature(seed: int) -> None:
    chance = Random(seed)
    model = model_of(chance)
    found = clauses_of(model)
    states = States(found)
    decisions: list[int] = []
    for _ in range(STEPS):
        if decisions and chance.random() < 0.3:
            decisions.remove(chance.choice(decisions))
        else:
            literal = chance.choice((1, -1)) * chance.randint(1, model.count)
            if states.after([*decisions, literal]) is None:
                assert asked(found, [*decisions, literal]) is None
                continue
            decisions.append(literal)
        assert states.after(decisions) == asked(found, decisions)
