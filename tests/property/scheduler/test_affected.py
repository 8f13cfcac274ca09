"""A repair that looks only at what facts touch gives the answer of the repair of the whole plan, report after report."""

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.plan import OperationKey, OperationState
from scheduler.engine.affected import repaired_nearby
from scheduler.engine.calendar import Breakdown, Calendar
from scheduler.engine.capacity import CapacityIndex
from scheduler.engine.laid_plan import LaidPlan
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.replan import repair
from scheduler.engine.sequencing import dispatch
from tests.workshop import SLOT_S, drawn_piece, drawn_plant, moment

NOW_S = moment("2026-11-24T09:00")
seeds = st.integers(0, 2**32)
Known = dict[OperationKey, Operation]


def drawn_shop(random: Random) -> LaidPlan:
    """A dispatched plan in memory, looked at once as a whole."""
    plant = drawn_plant(random, "2026-11-24")
    pieces = [drawn_piece(random, f"o{number}") for number in range(random.randint(3, 12))]
    operations = [replace(entry, due_s=NOW_S + 86_400 * random.randint(1, 8)) for piece in pieces for entry in piece]
    places = {entry.key: entry for entry in dispatch(plant, operations, None, NOW_S)}
    plan = LaidPlan(CapacityIndex.within(Calendar(plant, NOW_S - 86_400, NOW_S + plant.planning.horizon_days * 86_400)))
    plan.lay([(entry, places[entry.key]) for entry in operations])
    plan.suspects = set(repair(plant, operations, places.values(), NOW_S, 3600, calendar=plan.index.calendar).lost)
    return plan


def other_hours(random: Random, hours: Calendar, now_s: int) -> Calendar:
    """A machine breaks down, and of those that were down some are up again."""
    machine = random.choice(sorted(hours.plant.machines))
    still = [entry for entry in hours.breakdowns if random.random() < 0.5]
    down = Breakdown(machine, now_s, now_s + SLOT_S * random.randint(1, 100))
    return Calendar(hours.plant, hours.from_s, hours.to_s, hours.overtime, (*still, down))


def reported(random: Random, plan: LaidPlan, now_s: int) -> Known:
    """What the shop says: operations that begin or end, mostly as planned; some are held where they are to begin soon."""
    facts: Known = {}
    for key, operation in plan.operations.items():
        place, ready = plan.places[key], all(plan.operations[each].state is OperationState.DONE for each in operation.after)
        drift = SLOT_S * random.choice((0, 0, 0, -3, 1, 5, 30))
        if operation.state is OperationState.RUNNING and random.random() < 0.6:
            end_s = max(place.start_s + SLOT_S, min(now_s, place.end_s + drift))
            facts[key] = replace(operation, state=OperationState.DONE, placement=replace(place, end_s=end_s))
        elif operation.open and operation.placement is None and ready and place.setup_start_s < now_s and random.random() < 0.8:
            moved = replace(place, setup_start_s=place.setup_start_s + drift, start_s=place.start_s + drift, end_s=place.end_s + drift)
            others = [name for name in plan.index.plant.machines_of[operation.machine_group] if name != place.machine]
            machine = random.choice(others) if others and random.random() < 0.2 else place.machine
            facts[key] = replace(operation, state=OperationState.RUNNING, placement=replace(moved, machine=machine, fixed=True))
        elif operation.open and operation.placement is None and now_s < place.setup_start_s < now_s + 4 * SLOT_S and random.random() < 0.2:
            facts[key] = replace(operation, placement=replace(place, fixed=True))
    chosen = random.sample(sorted(facts), k=min(len(facts), random.choice((1, 1, 2, 20))))
    return {key: facts[key] for key in chosen}


def laid(plan: LaidPlan, facts: Known, placements: dict[OperationKey, Placement]) -> None:
    """Facts and new places are written down; an operation that was only held is planned again."""
    changed = []
    for key in {**facts, **placements}:
        fact = facts.get(key, plan.operations[key])
        place = placements.get(key, plan.places[key])
        begun = fact.begun
        changed.append((replace(fact, placement=replace(place, fixed=True) if begun else None), replace(place, fixed=begun)))
    plan.lay(changed)


def free_time(index: CapacityIndex) -> dict[str, Any]:
    people = {name: (free.starts, free.ends) for name, free in index._people.items()}
    lines = {name: [place.key for place in line.placements] for name, line in index._lines.items()}
    return {name: (free.starts, free.ends) for name, free in index._machines.items()} | people | lines


@settings(max_examples=300)
@given(seed=seeds)
def test_looking_only_at_what_facts_touch_finds_what_the_repair_of_everything_finds(seed: int) -> None:
    random = Random(seed)
    plan = drawn_shop(random)
    plant, now_s = plan.index.plant, NOW_S
    for _ in range(random.randint(1, 12)):
        now_s += SLOT_S * random.choice((0, 1, 3, 10, 60, 300))
        threshold_s = random.choice((0, 3600))
        if random.random() < 0.2:
            plan.lay_anew(CapacityIndex.within(other_hours(random, plan.index.calendar, now_s)))
        calendar = plan.index.calendar
        facts = reported(random, plan, now_s)
        given_places = {key: place for key, fact in facts.items() if (place := fact.placement) is not None}
        everything = [facts.get(key, operation) for key, operation in plan.operations.items()]
        old = dict(plan.places)
        before = free_time(plan.index)
        whole = repair(plant, everything, old.values(), now_s, threshold_s, calendar=calendar)
        nearby = repaired_nearby(plan, given_places, now_s, threshold_s)
        assert free_time(plan.index) == before
        assert plan.suspects == set(whole.lost)
        assert nearby is not None
        rest = repair(plant, everything, old.values(), now_s, threshold_s, calendar=calendar, free=nearby)
        standing = {key: place for key, place in old.items() if key not in whole.unplaced}
        assert standing | {entry.key: entry for entry in rest.placements} == {entry.key: entry for entry in whole.placements}
        assert (rest.moved, rest.reasons, rest.lost, rest.unplaced) == (whole.moved, whole.reasons, whole.lost, whole.unplaced)
        laid(plan, facts, {entry.key: entry for entry in whole.placements if entry != old[entry.key]})
