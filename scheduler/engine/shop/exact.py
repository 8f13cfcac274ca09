"""Which schedule is optimal, and which value can none beat? The whole shop as one constraint model (CP-SAT, one worker), hinted."""

from math import ceil
from typing import Any

from ortools.sat.python import cp_model

from scheduler.engine.shop.search import Exchange
from scheduler.engine.shop.shop import Objective, Schedule, Shop, value

MOST_INTERVALS = 20_000
MOST_ARCS = 60_000
"""Above these the model takes longer to build than it is worth."""
SHARES = (0.3, 0.6, 1.0)
"""The solver starts anew at these shares of the time, with the best schedule of all searches as its hint and as its ceiling."""


def fits(shop: Shop) -> bool:
    """Whether the model is small enough to be worth a try."""
    if sum(len(eligible) for job in shop.eligible for eligible in job) > MOST_INTERVALS:
        return False
    return not _with_setups(shop) or _arcs(shop) <= MOST_ARCS


def solve_exactly(shop: Shop, objective: Objective, seed: int, exchange: Exchange) -> None:
    """Search until optimal or the time is over; every better schedule and bound is told.

    Laborie, Rogerie, Shaw and Vilím 2018 (optional intervals); setups as one circuit a machine.
    """
    for share in SHARES:
        ceiling, known = exchange.best()
        if exchange.spent() >= 1:
            return
        model = ShopModel(shop, objective, ceiling)
        model.hint(known)
        whole_s = exchange.remaining_s() / max(1e-9, 1 - exchange.spent())
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_time_in_seconds = max(0.1, min(exchange.remaining_s(), whole_s * (share - exchange.spent())))
        solver.best_bound_callback = lambda bound: exchange.proved(ceil(bound - 1e-6))
        status = solver.solve(model.model, _Told(model, exchange))
        if status in (cp_model.OPTIMAL, cp_model.INFEASIBLE):
            exchange.proved(exchange.best()[0])
            return


def _with_setups(shop: Shop) -> bool:
    return any(entry for matrix in shop.setups.matrices for row in matrix for entry in row)


def _arcs(shop: Shop) -> int:
    count = [0] * shop.machines
    for job in shop.eligible:
        for eligible in job:
            for machine, _ in eligible:
                count[machine] += 1
    return sum(entry**2 for entry in count)


class ShopModel:
    """Start of every operation, presence on each eligible machine; only schedules below the ceiling."""

    def __init__(self, shop: Shop, objective: Objective, ceiling: int) -> None:
        self.shop, self.objective = shop, objective
        self.model = model = cp_model.CpModel()
        horizon = self._horizon(ceiling)
        self._eligible = [dict(eligible) for job in shop.eligible for eligible in job]
        self.starts: list[Any] = []
        self.present: list[dict[int, Any]] = []
        on_machine: list[list[tuple[int, Any, Any]]] = [[] for _ in range(shop.machines)]
        ends = []
        for job, operations in enumerate(shop.eligible):
            ready: Any = shop.release[job]
            for eligible in operations:
                start = model.new_int_var(shop.release[job], horizon, "")
                end = model.new_int_var(shop.release[job], horizon, "")
                model.add(start >= ready)
                choice = {machine: model.new_bool_var("") for machine, _ in eligible}
                model.add_exactly_one(choice.values())
                for machine, duration in eligible:
                    interval = model.new_optional_interval_var(start, duration, end, choice[machine], "")
                    on_machine[machine].append((len(self.starts), choice[machine], interval))
                model.add(end - start >= min(duration for _, duration in eligible))
                self.starts.append(start)
                self.present.append(choice)
                ready = end
            ends.append(ready)
        for entries in on_machine:
            model.add_no_overlap([interval for _, _, interval in entries])
        self._ends = ends
        if _with_setups(shop):
            for machine, entries in enumerate(on_machine):
                self._circuit(machine, entries)
        self.goal: Any = model.new_int_var(0, ceiling - 1 if ceiling else 0, "")
        if objective is Objective.MAKESPAN:
            for end in ends:
                model.add(self.goal >= end)
        else:
            late = [model.new_int_var(0, horizon, "") for _ in ends]
            for job, end in enumerate(ends):
                model.add(late[job] >= end - shop.due[job])
            model.add(self.goal == sum(weight * entry for weight, entry in zip(shop.weight, late, strict=True)))
        model.minimize(self.goal)

    def _horizon(self, ceiling: int) -> int:
        """No better schedule needs to be longer: every operation one after the other, or the ceiling itself."""
        shop = self.shop
        if self.objective is Objective.MAKESPAN:
            return max(ceiling, max(shop.release, default=0))
        setup = max(entry for matrix in shop.setups.matrices for row in matrix for entry in row)
        work = sum(max(duration for _, duration in eligible) for job in shop.eligible for eligible in job)
        return max(shop.release, default=0) + work + setup * shop.operations

    def _circuit(self, machine: int, entries: list[tuple[int, Any, Any]]) -> None:
        model, shop = self.model, self.shop
        arcs = []
        for node, (operation, present, _) in enumerate(entries, 1):
            first, last = model.new_bool_var(""), model.new_bool_var("")
            arcs += [(0, node, first), (node, 0, last), (node, node, ~present)]
            for other, (follower, _, _) in enumerate(entries, 1):
                if operation == follower:
                    continue
                link = model.new_bool_var("")
                arcs.append((node, other, link))
                gap = self._eligible[operation][machine] + shop.setups.between(machine, operation, follower)
                model.add(self.starts[follower] >= self.starts[operation] + gap).only_enforce_if(link)
        empty = model.new_bool_var("")
        arcs.append((0, 0, empty))
        for _, present, _ in entries:
            model.add_implication(empty, ~present)
        if entries:
            model.add_circuit(arcs)

    def hint(self, schedule: Schedule) -> None:
        for operation, start in enumerate(self.starts):
            self.model.add_hint(start, schedule.start[operation])
            for machine, present in self.present[operation].items():
                self.model.add_hint(present, machine == schedule.machine[operation])


class _Told(cp_model.CpSolverSolutionCallback):
    """Hands every better schedule over."""

    def __init__(self, model: ShopModel, exchange: Exchange) -> None:
        super().__init__()
        self._model, self._exchange = model, exchange

    def on_solution_callback(self) -> None:
        model = self._model
        machine = [next(name for name, present in choice.items() if self.boolean_value(present)) for choice in model.present]
        schedule = Schedule(machine, [self.value(start) for start in model.starts])
        self._exchange.found(value(model.shop, schedule, model.objective), schedule)
