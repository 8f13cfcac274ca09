"""The product of a model whose attribute adds up to the least."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Timer

from pysat.examples.rc2 import RC2Stratified
from pysat.formula import WCNF
from pysat.solvers import Solver

from configurator.engine.features.components import SOLVER, Part, numbered
from configurator.engine.features.states import States

SECONDS_BY_CORES, SECONDS = 30.0, 30.0
LARGE = 200
"""Parts of fewer variables take no time to speak of."""


@dataclass(frozen=True)
class Cheapest:
    """``value`` in the scaled weights; ``proved``: nothing adds up to less."""

    chosen: frozenset[int]
    value: int
    proved: bool
    bound: int
    """Nothing adds up to less than this."""


def cheapest(states: States, weights: Mapping[int, int], decisions: Sequence[int]) -> Cheapest | None:
    """None when nothing agrees with the decisions. Parts that share nothing are solved one by one. Raises TimeoutError."""
    settled = states.after(decisions)
    if settled is None:
        return None
    chosen = set(settled[0])
    value = bound = sum(weights.get(feature, 0) for feature in chosen)
    proved = True
    features = set(range(1, states.features + 1))
    in_parts: set[int] = set()
    for each in states.base.parts:
        in_parts.update(each.variables)
        if each.variables[0] <= states.features:
            asked = _of(each, weights, decisions, states.features)
            literals, least, most_sure, sure = (_by_cores(asked) or _by_bounds(asked)) if asked.weights else _any(asked)
            part = {each.variables[literal - 1] for literal in literals if literal > 0} & features
            already = sum(weights.get(feature, 0) for feature in part & settled[0])
            chosen |= part
            value += least - already
            bound += most_sure - already
            proved &= sure
    for feature in range(1, states.features + 1):
        if feature not in in_parts and feature not in chosen and feature not in settled[1] and weights.get(feature, 0) < 0:
            chosen.add(feature)
            value += weights[feature]
            bound += weights[feature]
    return Cheapest(frozenset(chosen), value, proved, bound)


@dataclass(frozen=True)
class _Asked:
    """One part: its clauses over places from 1, what the places weigh, and what is decided of them."""

    clauses: Sequence[Sequence[int]]
    weights: Mapping[int, int]
    decided: Sequence[int]
    places: int


def _of(part: Part, weights: Mapping[int, int], decisions: Sequence[int], features: int) -> _Asked:
    place = {variable: number for number, variable in enumerate(part.variables, 1)}
    return _Asked(
        numbered(part.variables, part.clauses),
        {place[variable]: weights[variable] for variable in part.variables if variable <= features and weights.get(variable)},
        [place[literal] if literal > 0 else -place[-literal] for literal in decisions if abs(literal) in place],
        len(part.variables),
    )


def _any(asked: _Asked) -> tuple[Sequence[int], int, int, bool]:
    """One solution, where nothing has a weight."""
    with Solver(name=SOLVER, bootstrap_with=asked.clauses) as solver:
        solver.solve(assumptions=asked.decided)
        return solver.get_model(), 0, 0, True


def _by_cores(asked: _Asked) -> tuple[Sequence[int], int, int, bool] | None:
    """(literals, their sum, a bound on it, whether the bound is reached), None when the time is over.

    What cannot be had together raises the bound until nothing is refuted (Ignatiev, Morgado, Marques-Silva: RC2, JSAT 2019).
    """
    told = WCNF()
    for clause in (*asked.clauses, *([literal] for literal in asked.decided)):
        told.append(list(clause))
    for place, weight in asked.weights.items():
        told.append([-place if weight > 0 else place], weight=abs(weight))
    with RC2Stratified(told, solver="g3", adapt=True, exhaust=True, minz=True) as solver:
        timer = Timer(SECONDS_BY_CORES, solver.interrupt)
        timer.daemon = True
        if asked.places >= LARGE:
            timer.start()
        literals = solver.compute(expect_interrupt=True)
        timer.cancel()
        if literals is None:
            return None
        value = solver.cost + sum(weight for weight in asked.weights.values() if weight < 0)
        return literals, value, value, True


def _by_bounds(asked: _Asked) -> tuple[Sequence[int], int, int, bool]:
    """The same by CP-SAT, which has a product and a bound whenever it ends. Raises TimeoutError."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    truth = [model.new_bool_var("") for _ in range(asked.places)]
    for clause in (*asked.clauses, *([literal] for literal in asked.decided)):
        model.add_bool_or([truth[literal - 1] if literal > 0 else truth[-literal - 1].negated() for literal in clause])
    model.minimize(sum(weight * truth[place - 1] for place, weight in asked.weights.items()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_time_in_seconds = SECONDS
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise TimeoutError(f"no product found in {SECONDS:.0f} s")
    literals = [place if solver.value(each) else -place for place, each in enumerate(truth, 1)]
    return literals, round(solver.objective_value), round(solver.best_objective_bound), status == cp_model.OPTIMAL
