"""A group of any size and bounds has the choices that its bounds say, and the clauses that count them add none."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysat.solvers import Solver

from configurator.engine.features.clauses import clauses_of
from configurator.engine.features.model import FeatureModel, Group


def choices(size: int, low: int, high: int) -> set[frozenset[int]]:
    """Of the members 2, 3, …; the group's parent may be missing too."""
    chosen = {frozenset((1, 2, *some)) for number in range(low, high + 1) for some in combinations(range(3, size + 3), number)}
    return chosen | {frozenset((1,))}


@given(st.integers(1, 11), st.data())
def test_a_group_has_the_choices_of_its_bounds(size: int, data: st.DataObject) -> None:
    low = data.draw(st.integers(0, size + 1))
    high = data.draw(st.integers(low, size + 2))
    optional, group = Group(1, (2,), 0, 1, 1), Group(2, tuple(range(3, size + 3)), low, high, 1)
    model = FeatureModel(("", *map(str, range(1, size + 3))), (0,) * (size + 3), (optional, group), ())
    for counted in (False, True):
        found = clauses_of(model, counted)
        with Solver(name="minisat22", bootstrap_with=found.clauses) as solver:
            products = [frozenset(each for each in solution if 0 < each <= model.count) for solution in solver.enum_models()]
        assert set(products) == choices(size, low, high)
        assert len(products) == len(set(products)) or not counted


@pytest.mark.parametrize(("size", "low", "high"), [(40, 1, 1), (40, 3, 5), (60, 20, 35), (60, 58, 59), (5_000, 3, 7)])
def test_bounds_of_large_groups_follow_at_once(size: int, low: int, high: int) -> None:
    """As many members as may be exclude the others; as few as must be are forced."""
    members = tuple(range(2, size + 2))
    model = FeatureModel(("", *map(str, range(1, size + 2))), (0,) * (size + 2), (Group(1, members, low, high, 1),), ())
    with Solver(name="minisat22", bootstrap_with=clauses_of(model).clauses) as solver:
        follows = solver.propagate(assumptions=[1, *members[:high]])[1]
        assert {-member for member in members[high:]} <= set(follows)
        follows = solver.propagate(assumptions=[1, *(-member for member in members[low:])])[1]
        assert set(members[:low]) <= set(follows)
