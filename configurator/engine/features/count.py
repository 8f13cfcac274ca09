"""How many products a model has: the parts that share nothing are counted apart, equal parts once.

Sources: Lagniez, Marquis: An improved decision-DNNF compiler, IJCAI 2017 (D4); Sharma, Roy, Soos, Meel: GANAK, a scalable
probabilistic exact model counter, IJCAI 2019 (in its exact mode), where only some of the variables tell products apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from configurator.engine.features.clauses import Clause, Clauses
from configurator.engine.features.components import base_of, numbered


@dataclass(frozen=True)
class Countable:
    """A part with its variables numbered anew from 1; those up to ``features`` are features, only they tell products apart."""

    features: int
    variables: int
    follow: bool
    """Whether the variables above the features follow from them."""
    clauses: tuple[tuple[int, ...], ...]
    times: int
    """So many parts of the model look exactly like this."""
    at_least: int
    """So many products of the part were seen before."""


@dataclass(frozen=True)
class Split:
    """``free`` features share nothing with anything: each doubles the number. ``parts``: the smallest first."""

    satisfiable: bool
    free: int
    parts: tuple[Countable, ...]


@dataclass(frozen=True)
class Number:
    """``at_least`` is the exact number when ``missing`` is empty; else ``missing`` holds the sizes in features of the parts not counted."""

    at_least: int
    missing: tuple[int, ...]


def split(found: Clauses, undetermined: frozenset[int] = frozenset()) -> Split:
    """What has to be counted. ``found``: made to be counted. ``undetermined``: variables that do not follow from the features."""
    base = base_of(found)
    bound: set[int] = set(base.core | base.dead)
    alike: dict[tuple[int, int, bool, tuple[tuple[int, ...], ...]], list[int]] = {}
    for part in base.parts:
        bound.update(part.variables)
        own = sum(1 for variable in part.variables if variable <= found.features)
        if own:
            rows = len(np.unique(part.seen[:, :own], axis=0))
            follow = undetermined.isdisjoint(part.variables)
            shape = (own, len(part.variables), follow, _said(numbered(part.variables, part.clauses)))
            alike.setdefault(shape, []).append(rows)
    free = found.features - sum(1 for variable in bound if variable <= found.features)
    parts = [Countable(*shape, times=len(rows), at_least=max(rows)) for shape, rows in alike.items()]
    return Split(base.satisfiable, free, tuple(sorted(parts, key=lambda part: part.variables)))


def _said(clauses: Sequence[Clause]) -> tuple[tuple[int, ...], ...]:
    """The same for the same clauses; without those that always hold."""
    return tuple(tuple(sorted(each, key=abs)) for each in clauses if not any(-literal in each for literal in each))


def number(asked: Split, counts: Sequence[int]) -> Number:
    """``counts``: the numbers of the first parts; the others have the products that were seen."""
    if not asked.satisfiable:
        return Number(0, ())
    total = 1 << asked.free
    for part, count in zip(asked.parts, counts, strict=False):
        total *= count**part.times
    missing = asked.parts[len(counts) :]
    for part in missing:
        total *= part.at_least**part.times
    return Number(total, tuple(part.features for part in missing for _ in range(part.times)))


def counted(features: int, variables: int, follow: bool, clauses: Sequence[Sequence[int]]) -> int:
    """The number of ways to choose the features so that the other variables can follow. Takes as long as it takes."""
    if follow:
        from py_d4 import Solver

        return int(Solver(clauses, variables).count().getIntResult())
    from pyganak import Counter

    counter = Counter()
    counter.new_vars(variables)
    counter.add_clauses(clauses)
    counter.set_sampling_set(range(1, features + 1))
    count: int = counter.count()
    return count
