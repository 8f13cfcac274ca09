"""How fast and how good are promise, plan and repair on a plant of any size? Drawn from a seed, measured, answered as JSON-ready values."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from random import Random
from time import perf_counter, process_time
from typing import Any

import yaml

from contracts.plan import OperationKey
from contracts.product import OperationSpec
from contracts.promise import PieceDemand, PromiseRequest
from contracts.texts import Localised
from scheduler.engine.calendar import Breakdown
from scheduler.engine.capacity import CapacityIndex
from scheduler.engine.materials import Materials
from scheduler.engine.operations import DAY_S, Operation, Placement
from scheduler.engine.planning import plan_days
from scheduler.engine.plant import Plant, parse_plant
from scheduler.engine.promise import quote, reserve
from scheduler.engine.replan import Way, repair, repaired
from scheduler.engine.sequencing import dispatch, finishes
from scheduler.stopwatch import stopwatch

MONDAY_S = 1_795_417_200
"""2026-11-23 07:00 UTC."""
LABEL = Localised(en="Step", zh="工序")
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
FAMILIES = 6
SLACK_S = (2 * 3600, 16 * 3600)
"""Between planned finish and due time before the machine breaks: from, to."""
BREAKDOWNS = 6
MOVED_S = 1800
"""A start counts as moved from here on."""


def drawn_plant(groups: int, machines: int, horizon_days: int = 60) -> Plant:
    """Groups of equal machines in two shifts, with one person and a half for each machine and setups by family."""
    text: dict[str, Any] = {"en": "Bench", "zh": "基准"}
    names = [f"G{number}" for number in range(groups)]
    people = {
        f"P{number}-{place}-{shift}": {"shift": shift, "groups": [names[number], names[(number + 1) % groups]]}
        for number in range(groups)
        for place in range((3 * machines + 1) // 2)
        for shift in ("early", "late")
    }
    content = {
        "plant": "bench",
        "label": text,
        "time_zone": "Europe/Amsterdam",
        "currency": "EUR",
        "planning": {"horizon_days": horizon_days, "release_horizon_h": 24, "frozen_horizon_h": 4},
        "shipping": {"pick_up": "16:00", "home": "NL", "zones": [{"countries": ["NL"], "days": 2}]},
        "shifts": {
            "early": {"days": WEEKDAYS, "start": "06:00", "end": "14:00"},
            "late": {"days": WEEKDAYS, "start": "14:00", "end": "22:00"},
        },
        "groups": {name: {"label": text, "setup_s": 900 if number == 0 else 300} for number, name in enumerate(names)},
        "machines": {f"{name}-{place}": {"group": name, "shifts": ["early", "late"]} for name in names for place in range(machines)},
        "people": people,
        "overtime": {
            "price_minor_per_h": 6500,
            "hours": [{"days": WEEKDAYS, "start": "22:00", "end": "24:00", "shift": "late"}],
        },
    }
    return parse_plant(yaml.safe_dump(_as_text(content), sort_keys=False))


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(entry) for key, entry in value.items()}
    return [_as_text(entry) for entry in value] if isinstance(value, list) else str(value)


def drawn_request(random: Random, plant: Plant, steps: int) -> PromiseRequest:
    """A routing that runs through ``steps`` groups one after the other."""
    groups = list(plant.groups)
    chosen = sorted(random.sample(range(len(groups)), min(steps, len(groups))))
    return PromiseRequest(
        key="bench",
        routing=tuple(
            OperationSpec(
                sequence=10 * (place + 1),
                name=groups[number],
                label=LABEL,
                machine_group=groups[number],
                setup_family=f"f{random.randrange(FAMILIES)}",
                run_s=60 * random.randint(20, 70),
                after=(10 * place,) if place else (),
            )
            for place, number in enumerate(chosen)
        ),
        materials=(),
    )


def drawn_operations(random: Random, plant: Plant, orders: int, steps: int, due_in_s: Sequence[int]) -> list[Operation]:
    """Orders of as many operations, due somewhere between the two moments after the start."""
    result = []
    for number in range(orders):
        request, due, weight = drawn_request(random, plant, steps), MONDAY_S + random.randint(*due_in_s), random.randint(1, 10)
        result += [
            Operation(
                key=OperationKey(piece=f"p{number}", sequence=step.sequence),
                order=f"o{number}",
                name=step.name,
                label=step.label,
                machine_group=step.machine_group,
                setup_family=step.setup_family,
                run_s=step.run_s,
                after=tuple(OperationKey(piece=f"p{number}", sequence=before) for before in step.after),
                weight=weight,
                due_s=due,
            )
            for step in request.routing
        ]
    return result


def promise_bench(operations: int, quotes: int, seed: int) -> dict[str, Any]:
    """Quotes of six operations against a plan with so many open ones; none of them is reserved."""
    random = Random(seed)  # noqa: S311
    plant = drawn_plant(8, 5)
    days = 60 + operations // 400
    index = CapacityIndex(plant, MONDAY_S, MONDAY_S + days * DAY_S)
    materials = Materials(plant, ())
    count = 0
    while count < operations:
        asked = drawn_request(random, plant, 6)
        demand = PieceDemand(piece=f"p{count}", specification_sha256="", request=asked)
        count += len(reserve(index, plant, materials, f"o{count}", [demand], "NL", MONDAY_S).placements)
    wall, cpu, answers = [], [], sha256()
    for _ in range(quotes):
        asked = drawn_request(random, plant, 6)
        wall_s, cpu_s = perf_counter(), process_time()
        answer = quote(index, plant, materials, asked, MONDAY_S)
        wall.append(perf_counter() - wall_s)
        cpu.append(process_time() - cpu_s)
        answers.update(str(answer.finish_at).encode())
    variants = [drawn_request(random, plant, 6) for _ in range(50)]
    wall_s = perf_counter()
    for asked in variants:
        quote(index, plant, materials, asked, MONDAY_S)
    return {
        "open_operations": count,
        "quotes": quotes,
        "cpu_milliseconds": _quantiles(cpu),
        "wall_milliseconds": _quantiles(wall),
        "variants_50_milliseconds": round(1000 * (perf_counter() - wall_s), 3),
        "answers_sha256": answers.hexdigest(),
    }


def _quantiles(seconds: Iterable[float]) -> dict[str, float]:
    ranked = sorted(1000 * entry for entry in seconds)
    at = {"p50": len(ranked) // 2, "p99": min(len(ranked) - 1, len(ranked) * 99 // 100), "max": len(ranked) - 1}
    return {name: round(ranked[place], 3) for name, place in at.items()}


def plan_bench(orders: int, groups: int, buckets: int, time_limit_s: float, seed: int) -> dict[str, Any]:
    """A day plan at about 85 % load over as many working days. Value: weighted days late, or, when none is late, cost in minor units."""
    random = Random(seed)  # noqa: S311
    steps = min(groups, 6)
    load_s = orders * steps * 2700 / groups
    machines = max(1, round(load_s / (0.85 * buckets * 16 * 3600)))
    horizon_days = buckets * 7 // len(WEEKDAYS)
    plant = drawn_plant(groups, machines, horizon_days)
    operations = drawn_operations(random, plant, orders, steps, (3 * DAY_S, horizon_days * DAY_S))
    started_s = perf_counter()
    plan = plan_days(plant, operations, MONDAY_S, left_s=stopwatch(time_limit_s))
    late = plan.late_value > 0
    proved = plan.late_bound if late else plan.cost_bound_minor
    return {
        "value": plan.late_value if late else plan.cost_minor,
        "best_bound": proved or None,
        "lp_bound": (plan.late_relaxed if late else plan.cost_relaxed_minor) or None,
        "gap_percent": round(plan.gap_percent, 2) if proved else None,
        "seconds": round(perf_counter() - started_s, 2),
        "broken_promises": len(plan.broken),
        "machines": machines * groups,
    }


def replan_bench(orders: int, hours: int, seed: int) -> dict[str, Any]:
    """A machine breaks for so many hours: repair against pushing everything to the right, over the next 48 hours. Mean of several machines.

    Orders come in over time, at about 85 % load, and are promised some hours after their planned finish.
    """
    random = Random(seed)  # noqa: S311
    span_s = round(orders * 6 * 2700 / (0.85 * 8 * 5 * 16 * 3600) * 7 / len(WEEKDAYS) * DAY_S)
    plant = drawn_plant(8, 5, horizon_days=60 + span_s // DAY_S)
    operations = _coming_in(random, drawn_operations(random, plant, orders, 6, (0, 0)), span_s)
    before = dispatch(plant, operations, None, MONDAY_S)
    slack = {order: random.randint(*SLACK_S) for order in sorted({entry.order for entry in operations})}
    planned = finishes(before)
    operations = [replace(entry, due_s=planned[entry.order] + slack[entry.order]) for entry in operations]
    found = [_broken_down(plant, operations, before, f"{group}-0", hours) for group in plant.groups][:BREAKDOWNS]
    shifted, repaired_s = (round(sum(entry[name] for entry in found) / len(found)) for name in ("right_shift", "repair"))
    return {
        "seconds": round(max(entry["seconds"] for entry in found), 3),
        "cpu_seconds": round(max(entry["cpu_seconds"] for entry in found), 3),
        "added_tardiness": {"right_shift": shifted, "repair": repaired_s},
        "added_percent": round(100 * repaired_s / shifted, 1) if shifted else None,
        "moved_percent": round(sum(entry["moved"] for entry in found) / len(found), 1),
        "other_machine_percent": round(sum(entry["elsewhere"] for entry in found) / len(found), 1),
        "breakdowns": len(found),
    }


def _coming_in(random: Random, operations: Sequence[Operation], span_s: int) -> list[Operation]:
    """Orders whose material arrives over the time; some of it is there already."""
    arrives = {order: MONDAY_S + random.randint(-DAY_S, span_s) for order in sorted({entry.order for entry in operations})}
    return [
        replace(entry, material_s=0 if entry.after else max(MONDAY_S, arrives[entry.order]), due_s=arrives[entry.order] + 3 * DAY_S)
        for entry in operations
    ]


def _broken_down(plant: Plant, operations: Sequence[Operation], before: Sequence[Placement], machine: str, hours: int) -> dict[str, float]:
    down = (Breakdown(machine, MONDAY_S, MONDAY_S + hours * 3600),)
    base = _tardiness(operations, before)
    started_s, cpu_s = perf_counter(), process_time()
    mended = repair(plant, operations, before, MONDAY_S, plant.planning.repair_threshold_s, breakdowns=down)
    seconds, cpu_seconds = perf_counter() - started_s, process_time() - cpu_s
    shifted = repaired(plant, operations, before, MONDAY_S, 2**40, Way.PUSH, breakdowns=down)
    old = {entry.key: entry for entry in before if entry.start_s < MONDAY_S + 2 * DAY_S}
    new = {entry.key: entry for entry in mended.placements}
    elsewhere = sum(1 for key, entry in old.items() if new[key].machine != entry.machine)
    moved = sum(1 for key, entry in old.items() if abs(new[key].start_s - entry.start_s) > MOVED_S or new[key].machine != entry.machine)
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "right_shift": _tardiness(operations, shifted.placements) - base,
        "repair": _tardiness(operations, mended.placements) - base,
        "moved": 100 * moved / len(old),
        "elsewhere": 100 * elsewhere / len(old),
    }


def _tardiness(operations: Sequence[Operation], placements: Iterable[Placement]) -> int:
    """Weighted tardiness in seconds."""
    due = {operation.order: (operation.weight, operation.due_s) for operation in operations}
    return sum(due[order][0] * max(0, finish - due[order][1]) for order, finish in finishes(list(placements)).items())
