"""Key figures of a plan: load of each group and day, tardiness, utilisation. Imports pandas when first asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from scheduler.engine.calendar import Breakdown, Calendar, OvertimeDay, Stretch, local_day, local_s
from scheduler.engine.opening import open_on
from scheduler.engine.operations import Operation, Placement, alive
from scheduler.engine.plant import Plant
from scheduler.engine.staffing import staffed

if TYPE_CHECKING:
    from datetime import date

    from pandas import DataFrame


def load_table(
    plant: Plant,
    placements: Iterable[Placement],
    from_s: int,
    to_s: int,
    overtime: Iterable[OvertimeDay] = (),
    breakdowns: Iterable[Breakdown] = (),
) -> DataFrame:
    """One row a group and day: ``group``, ``day``, ``open_s`` (own machines), ``staffed_s`` (those with somebody qualified present),
    ``run_s``, ``setup_s``, ``load_percent`` of the staffed seconds.
    """
    from pandas import DataFrame

    calendar = Calendar(plant, from_s, to_s, overtime, breakdowns)
    rows: list[tuple[str, date, str, int]] = []
    for name, machine in plant.machines.items():
        if machine.partner is None:
            rows += [(machine.group, day, "open_s", seconds) for day, seconds in _by_day(plant, calendar.machine(name), from_s, to_s)]
    for group in plant.groups:
        for entry in staffed(calendar, group):
            stretch = (entry.start_s, entry.end_s)
            rows += [(group, day, "staffed_s", entry.machines * seconds) for day, seconds in _by_day(plant, [stretch], from_s, to_s)]
    for placement in placements:
        machine = plant.machines[placement.machine]
        if machine.partner is not None:
            continue
        for kind, stretch in (("setup_s", (placement.setup_start_s, placement.start_s)), ("run_s", (placement.start_s, placement.end_s))):
            rows += [(machine.group, day, kind, seconds) for day, seconds in _by_day(plant, [stretch], from_s, to_s)]
    frame = DataFrame(rows, columns=["group", "day", "kind", "seconds"])
    table = frame.pivot_table(index=["group", "day"], columns="kind", values="seconds", aggfunc="sum", fill_value=0)
    table = table.reindex(columns=["open_s", "staffed_s", "run_s", "setup_s"], fill_value=0).astype("int64").reset_index()
    busy = table["run_s"] + table["setup_s"]
    table["load_percent"] = (100 * busy / table["staffed_s"].where(table["staffed_s"] > 0)).fillna(0.0).round(1)
    return table


def load_of_groups(plant: Plant, table: DataFrame, days: int) -> dict[str, float]:
    """Each group's load in percent over the first ``days`` working days of a load table, the busiest group first."""
    working = [day for day in sorted(table["day"].unique()) if open_on(plant, day)][:days]
    sums = table[table["day"].isin(working)].groupby("group")[["run_s", "setup_s", "staffed_s"]].sum()
    percent = (100 * (sums["run_s"] + sums["setup_s"]) / sums["staffed_s"].where(sums["staffed_s"] > 0)).fillna(0.0).round(1)
    return {str(group): float(load) for group, load in percent.sort_values(ascending=False).items()}


def _by_day(plant: Plant, stretches: Sequence[Stretch], from_s: int, to_s: int) -> Iterable[tuple[date, int]]:
    for begin, finish in stretches:
        start, end = max(begin, from_s), min(finish, to_s)
        while start < end:
            day = local_day(plant, start)
            stop = min(end, local_s(plant, day, 1440))
            yield day, stop - start
            start = stop


def tardiness_table(plant: Plant, operations: Sequence[Operation], placements: Iterable[Placement]) -> DataFrame:
    """One row an order: ``order``, ``finish_s``, ``due_s``, ``weight``, ``late_s`` (0 when in time)."""
    from pandas import DataFrame

    placed = {placement.key: placement for placement in placements}
    rows = [
        (
            operation.order,
            placed[operation.key].end_s + plant.after_s(placed[operation.key].machine),
            operation.due_s,
            operation.weight,
        )
        for operation in alive(operations)
        if operation.key in placed
    ]
    frame = DataFrame(rows, columns=["order", "finish_s", "due_s", "weight"])
    table = frame.groupby("order", as_index=False).agg({"finish_s": "max", "due_s": "min", "weight": "max"})
    table["late_s"] = (table["finish_s"] - table["due_s"]).clip(lower=0)
    return table


def key_figures(plant: Plant, operations: Sequence[Operation], placements: Sequence[Placement], from_s: int, to_s: int) -> dict[str, float]:
    """``orders``, ``late_orders``, ``weighted_tardiness_h``, ``kept_percent``, ``setups``, ``utilisation_percent`` of the open hours."""
    tardiness = tardiness_table(plant, operations, placements)
    load = load_table(plant, placements, from_s, to_s)
    late = int((tardiness["late_s"] > 0).sum())
    open_s = int(load["open_s"].sum())
    busy_s = int(load["run_s"].sum() + load["setup_s"].sum())
    return {
        "orders": float(len(tardiness)),
        "late_orders": float(late),
        "weighted_tardiness_h": round(float((tardiness["late_s"] * tardiness["weight"]).sum()) / 3600, 2),
        "kept_percent": round(100.0 * (len(tardiness) - late) / len(tardiness), 1) if len(tardiness) else 100.0,
        "setups": float(sum(1 for placement in placements if placement.start_s > placement.setup_start_s)),
        "utilisation_percent": round(100.0 * busy_s / open_s, 1) if open_s else 0.0,
    }
