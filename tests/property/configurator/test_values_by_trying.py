"""Small models with whole numbers: what is left of the features is what trying all values leaves."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from configurator.engine.features.clauses import clauses_of
from configurator.engine.features.count import counted, number, split
from configurator.engine.features.states import States
from configurator.engine.features.uvl import read_uvl
from configurator.engine.features.uvl_write import write_uvl

FAR = range(-30, 31)
NAMES = ("a", "b", "n", "m")
COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
LOGIC: dict[str, Callable[[bool, bool], bool]] = {
    "&": lambda left, right: left and right,
    "|": lambda left, right: left or right,
    "=>": lambda left, right: right or not left,
    "<=>": lambda left, right: left == right,
}

SUMS: dict[str, Callable[[Any], int]] = {
    "n": lambda of: of.n,
    "m": lambda of: of.m,
    "n + m": lambda of: of.n + of.m,
    "n - 2 * m": lambda of: of.n - 2 * of.m,
    "2 * n": lambda of: 2 * of.n,
    "a.w + n": lambda of: (2 if of.chosen[0] else 0) + of.n,
}


@dataclass(frozen=True)
class Case:
    chosen: tuple[bool, ...]
    n: int
    m: int


@dataclass(frozen=True)
class Said:
    text: str
    holds: Callable[[Case], bool]


def compared(given: tuple[str, str, str | int]) -> Said:
    left, sign, right = given
    other = SUMS[right] if isinstance(right, str) else lambda of: right
    return Said(f"{left} {sign} {right}", lambda of: COMPARISONS[sign](SUMS[left](of), other(of)))


def joined(given: tuple[Said, str, Said]) -> Said:
    left, sign, right = given
    return Said(f"({left.text}) {sign} ({right.text})", lambda of: LOGIC[sign](left.holds(of), right.holds(of)))


features = st.sampled_from(range(4)).map(lambda place: Said(NAMES[place], lambda of: of.chosen[place]))
comparisons = st.tuples(
    st.sampled_from(sorted(SUMS)), st.sampled_from(sorted(COMPARISONS)), st.one_of(st.sampled_from(sorted(SUMS)), st.integers(-3, 3))
).map(compared)
constraints = st.recursive(
    st.one_of(features, comparisons),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(sorted(LOGIC)), inner).map(joined),
        inner.map(lambda each: Said(f"!({each.text})", lambda of: not each.holds(of))),
    ),
    max_leaves=3,
)


def left_by(said: Sequence[Said]) -> set[tuple[bool, ...]]:
    """The choices for which some values make everything hold."""
    return {
        chosen
        for chosen in product((False, True), repeat=4)
        if any(
            all(each.holds(Case(chosen, n, m)) for each in said) for n in (FAR if chosen[2] else (0,)) for m in (FAR if chosen[3] else (0,))
        )
    }


@given(st.lists(constraints, min_size=1, max_size=3))
@settings(max_examples=60)
def test_what_is_left_is_what_values_leave(said: list[Said]) -> None:
    text = "features\n root\n  optional\n   a {w 2}\n   b\n   Integer n\n   Integer m\nconstraints\n " + "\n ".join(
        each.text for each in said
    )
    model = read_uvl(text)
    left = left_by(said)
    states = States(clauses_of(model))
    own = [model.numbers()[name] for name in NAMES]
    for chosen in product((False, True), repeat=4):
        decisions = [feature if truth else -feature for feature, truth in zip(own, chosen, strict=True)]
        assert (states.after(decisions) is not None) == (chosen in left)
    asked = split(clauses_of(model, counted=True), frozenset(range(model.count + 1, model.count + 1 + model.hidden)))
    found = number(asked, [counted(part.features, part.variables, part.follow, part.clauses) for part in asked.parts])
    assert found.at_least == len(left)
    again = States(clauses_of(read_uvl(write_uvl(model))))
    assert again.after([]) == states.after([])
