"""How good are schedules of flexible job shops after so many seconds: ours, the best dispatch rule, CP-SAT plain and hinted, PyJobShop?

`python -m benchmarks.scheduler.shops [PATH…] [--best-known FILE] [--seconds S] [--workers N] [--seed N] [--objective O]`; without a path
shops are drawn from the seed. PyJobShop is compared when `pip install -r benchmarks/requirements.txt` has been run.
"""

import argparse
import importlib.metadata
import importlib.util
import os
import platform
import time
from pathlib import Path
from random import Random
from typing import Any

from ortools.sat.python import cp_model

from scheduler.engine.shop import exact
from scheduler.engine.shop.checking import require_feasible
from scheduler.engine.shop.dispatch import dispatches
from scheduler.engine.shop.reading import read_shop, with_due_times
from scheduler.engine.shop.shop import Objective, Schedule, Setups, Shop, value
from scheduler.shop_commands import best_values
from scheduler.shop_search import solve

COLUMNS = ("ours", "dispatch", "CP-SAT", "CP-SAT hinted", "PyJobShop")


def main() -> None:
    """Print the table of the command line's instances."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--best-known", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--objective", choices=[entry.value for entry in Objective], default=Objective.MAKESPAN.value)
    given = parser.parse_args()
    objective = Objective(given.objective)
    instances = {
        file.stem: _read(file, objective) for path in given.paths for file in (sorted(path.glob("*.fjs")) if path.is_dir() else [path])
    }
    table(instances or _drawn(given.seed), objective, given.seconds, given.workers, given.seed, best_values(given.best_known))


def shops(seconds: float, seed: int) -> None:
    """The short form of `make bench`: one drawn shop for each objective."""
    drawn = _drawn(seed)
    table({"drawn": drawn["drawn"]}, Objective.MAKESPAN, seconds, 2, seed, {})
    table({"drawn with setups": drawn["drawn with setups"]}, Objective.WEIGHTED_TARDINESS, seconds, 2, seed, {})


def table(instances: dict[str, Shop], objective: Objective, seconds: float, workers: int, seed: int, known: dict[str, int]) -> None:
    """One row an instance; every method has the same seconds and cores, and every schedule is checked."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("ortools", "numba", "pyjobshop") if _installed(name))
    print(
        f"{objective.value}, {seconds:g} s, {workers} workers, seed {seed}; {platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, {versions}"
    )
    print("| instance | operations | best known | bound | " + " | ".join(COLUMNS) + " |")
    print("| --- |" + " --- |" * (3 + len(COLUMNS)))
    gaps: dict[str, list[float]] = {name: [] for name in COLUMNS}
    for name, shop in instances.items():
        answer = solve(shop, objective, seconds, workers, seed)
        dispatch = min(dispatches(shop, objective), key=lambda found: found[0])
        values = {
            "ours": answer.value,
            "dispatch": dispatch[0],
            "CP-SAT": _cp_sat(shop, objective, seconds, workers, seed, None),
            "CP-SAT hinted": _cp_sat(shop, objective, seconds, workers, seed, dispatch[1]),
            "PyJobShop": _pyjobshop(shop, objective, seconds, workers) if _installed("pyjobshop") else None,
        }
        best = known.get(name)
        for column, reached in values.items():
            if best and reached is not None:
                gaps[column].append(100 * (reached / best - 1))
        cells = " | ".join("–" if reached is None else str(reached) for reached in values.values())
        print(f"| {name} | {shop.operations} | {best or '–'} | {answer.lower_bound} | {cells} |", flush=True)
    if known:
        means = " | ".join(f"{sum(found) / len(found):.1f} % ({len(found)})" if found else "–" for found in gaps.values())
        print(f"| mean gap (of so many) | | | | {means} |")


def _cp_sat(shop: Shop, objective: Objective, seconds: float, workers: int, seed: int, hint: Schedule | None) -> int | None:
    """The value CP-SAT reaches alone, model building included; None: no schedule."""
    if not exact.fits(shop):
        return None
    began_s = time.monotonic()
    model = exact.ShopModel(shop, objective, _horizon(shop, objective))
    if hint is not None:
        model.hint(hint)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.random_seed = workers, seed
    solver.parameters.max_time_in_seconds = max(0.1, seconds - (time.monotonic() - began_s))
    if solver.solve(model.model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    machine = [next(name for name, present in choice.items() if solver.boolean_value(present)) for choice in model.present]
    schedule = Schedule(machine, [solver.value(start) for start in model.starts])
    require_feasible(shop, schedule)
    return value(shop, schedule, objective)


def _horizon(shop: Shop, objective: Objective) -> int:
    """A value that every sensible schedule is below."""
    work = sum(max(duration for _, duration in eligible) for job in shop.eligible for eligible in job)
    setup = max(entry for matrix in shop.setups.matrices for row in matrix for entry in row)
    end = max(shop.release, default=0) + work + setup * shop.operations + 1
    return end if objective is Objective.MAKESPAN else end * max(1, sum(shop.weight))


def _pyjobshop(shop: Shop, objective: Objective, seconds: float, workers: int) -> int | None:
    """The value PyJobShop reaches; None: no schedule."""
    from pyjobshop import Model

    model: Any = Model()
    machines = [model.add_machine() for _ in range(shop.machines)]
    tasks: list[Any] = []
    able: list[list[int]] = [[] for _ in machines]
    for job, operations in enumerate(shop.eligible):
        order = model.add_job(release_date=shop.release[job], due_date=shop.due[job], weight=shop.weight[job])
        for place, eligible in enumerate(operations):
            tasks.append(model.add_task(job=order))
            for machine, duration in eligible:
                model.add_mode(tasks[-1], machines[machine], duration)
                able[machine].append(len(tasks) - 1)
            if place:
                model.add_end_before_start(tasks[-2], tasks[-1])
    for machine, operations in enumerate(able):
        for before in operations:
            for after in operations:
                setup = shop.setups.between(machine, before, after)
                if before != after and setup:
                    model.add_setup_time(machines[machine], tasks[before], tasks[after], setup)
    if objective is Objective.WEIGHTED_TARDINESS:
        model.set_objective(weight_total_tardiness=1)
    result = model.solve(solver="ortools", time_limit=seconds, num_workers=workers, display=False)
    return round(result.objective) if str(result.status.name) in ("OPTIMAL", "FEASIBLE") else None


def _read(file: Path, objective: Objective) -> Shop:
    shop = read_shop(file.read_text())
    return with_due_times(shop, file.with_name(f"{file.stem}.due.json").read_text()) if objective is Objective.WEIGHTED_TARDINESS else shop


def _drawn(seed: int) -> dict[str, Shop]:
    random = Random(seed)
    plain = _shop(random, jobs=20, machines=10, families=1)
    return {"drawn": plain, "drawn with setups": _shop(random, jobs=60, machines=12, families=4)}


def _shop(random: Random, jobs: int, machines: int, families: int) -> Shop:
    """Jobs of five to eight operations on two to four machines each, due after one and a half to four times their work."""
    eligible = []
    for _ in range(jobs):
        count = random.randint(5, 8)
        eligible.append(
            tuple(
                tuple((machine, random.randint(10, 60)) for machine in random.sample(range(machines), random.randint(2, 4)))
                for _ in range(count)
            )
        )
    operations = sum(len(job) for job in eligible)
    matrix = tuple(tuple(0 if one == other else random.randint(5, 25) for other in range(families)) for one in range(families))
    release = tuple(random.randint(0, 15 * jobs) for _ in range(jobs)) if families > 1 else (0,) * jobs
    due = tuple(release[job] + round(random.uniform(1.5, 4) * sum(found[0][1] for found in eligible[job])) for job in range(jobs))
    weight = tuple(random.randint(1, 10) for _ in range(jobs))
    setups = Setups(tuple(random.randrange(families) for _ in range(operations)), (0,) * machines, (matrix,))
    return Shop(machines, tuple(eligible), release, due, weight, setups)


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


if __name__ == "__main__":
    main()
