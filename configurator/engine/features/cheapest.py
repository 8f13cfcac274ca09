"""The product of a model whose attribute adds up to the least."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

from configurator.engine.features.states import States

SECONDS = 60.0


@dataclass(frozen=True)
class Cheapest:
    """``value`` in the scaled weights; ``proved``: nothing adds up to less."""

    chosen: frozenset[int]
    value: int
    proved: bool
    bound: int
    """Nothing adds up to less than this."""


def cheapest(states: States, weights: Mapping[int, int], decisions: Sequence[int]) -> Cheapest | None:
    """None when nothing agrees with the decisions. Parts that share nothing are solved one by one, each with CP-SAT."""
    settled = states.after(decisions)
    if settled is None:
        return None
    chosen = set(settled[0])
    value = bound = sum(weights.get(feature, 0) for feature in chosen)
    proved = True
    decided = {abs(literal): literal > 0 for literal in decisions}
    in_parts: set[int] = set()
    for each in states.base.parts:
        in_parts.update(each.variables)
        if each.variables[0] <= states.features:
            part, least, most_sure, sure = _part(each.variables, each.clauses, weights, decided, states.features)
            chosen |= part
            value += least - sum(weights.get(feature, 0) for feature in part & settled[0])
            bound += most_sure - sum(weights.get(feature, 0) for feature in part & settled[0])
            proved &= sure
    for feature in range(1, states.features + 1):
        if feature not in in_parts and feature not in chosen and feature not in settled[1] and weights.get(feature, 0) < 0:
            chosen.add(feature)
            value += weights[feature]
            bound += weights[feature]
    return Cheapest(frozenset(chosen), value, proved, bound)


def _part(
    variables: Sequence[int], clauses: Sequence[Sequence[int]], weights: Mapping[int, int], decided: Mapping[int, bool], features: int
) -> tuple[set[int], int, int, bool]:
    """(chosen features, their sum, a bound on it, whether the bound is reached)"""
    model = cp_model.CpModel()
    truth = {variable: model.new_bool_var("") for variable in variables}
    for clause in clauses:
        model.add_bool_or([truth[literal] if literal > 0 else truth[-literal].negated() for literal in clause])
    for variable in variables:
        if variable in decided:
            model.add(truth[variable] == int(decided[variable]))
    priced = [variable for variable in variables if variable <= features and weights.get(variable)]
    model.minimize(sum(weights[variable] * truth[variable] for variable in priced))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_time_in_seconds = SECONDS
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise TimeoutError(f"no product found in {SECONDS:.0f} s")
    chosen = {variable for variable in variables if variable <= features and solver.value(truth[variable])}
    return chosen, round(solver.objective_value), round(solver.best_objective_bound), status == cp_model.OPTIMAL
