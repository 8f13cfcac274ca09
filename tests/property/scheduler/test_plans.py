"""Every plan that is dispatched or repaired keeps every rule of the plant, and repair leaves alone what it must."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from contracts.plan import OperationState
from scheduler.engine.calendar import Breakdown
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.plant import Plant
from scheduler.engine.replan import Repair, repair
from scheduler.engine.sequencing import dispatch
from scheduler.engine.validator import violations
from tests.workshop import SLOT_S, drawn_piece, drawn_plant, moment

NOW_S = moment("2026-11-24T09:00")
seeds = st.integers(0, 2**32)


def drawn_plan(random: Random) -> tuple[Plant, list[Operation], list[Placement]]:
    plant = drawn_plant(random, "2026-11-24")
    pieces = [drawn_piece(random, f"o{number}") for number in range(random.randint(3, 12))]
    operations = [replace(entry, due_s=NOW_S + 86_400 * random.randint(1, 8)) for piece in pieces for entry in piece]
    late_material = random.choice(operations)
    operations = [replace(entry, material_s=NOW_S + 86_400) if entry is late_material else entry for entry in operations]
    return plant, operations, dispatch(plant, operations, None, NOW_S)


def at_later(random: Random, operations: list[Operation], placements: list[Placement], now_s: int) -> list[Operation]:
    """What the shop says later: some operations done, some running (perhaps over time), the next ones frozen."""
    placed = {entry.key: entry for entry in placements}
    result = []
    for entry in operations:
        place = placed.get(entry.key)
        if place is None or place.setup_start_s >= now_s + 4 * SLOT_S:
            result.append(entry)
        elif place.end_s <= now_s:
            result.append(replace(entry, state=OperationState.DONE, placement=place))
        elif place.setup_start_s < now_s:
            late = replace(place, end_s=place.end_s + SLOT_S * random.choice((0, 0, 12)))
            result.append(replace(entry, state=OperationState.RUNNING, placement=late))
        else:
            result.append(replace(entry, state=OperationState.RELEASED, placement=place if random.random() < 0.5 else None))
    return result


@given(seed=seeds)
def test_a_dispatched_plan_places_everything_and_passes_the_validator(seed: int) -> None:
    plant, operations, placements = drawn_plan(Random(seed))
    assert len(placements) == len(operations)
    assert violations(plant, operations, placements) == []


@given(seed=seeds)
def test_a_repaired_plan_passes_the_validator_and_keeps_what_is_fixed(seed: int) -> None:
    random = Random(seed)
    plant, operations, placements = drawn_plan(random)
    now_s = NOW_S + SLOT_S * random.randint(1, 500)
    changed = at_later(random, operations, placements, now_s)
    fixed = {entry.key: entry.placement for entry in changed if entry.placement is not None}
    broken = Breakdown(random.choice(("A-1", "B-1")), now_s, now_s + SLOT_S * random.randint(1, 60))
    newcomer = drawn_piece(random, "new")
    everything = [*changed, *newcomer]
    result = repair(plant, everything, placements, now_s, random.choice((0, 3600)), breakdowns=(broken,))
    after = {entry.key: entry for entry in result.placements}
    assert all(replace(after[key], fixed=False) == replace(place, fixed=False) for key, place in fixed.items() if place is not None)
    assert after.keys() | set(result.unplaced) == {entry.key for entry in everything}
    faults = violations(plant, everything, result.placements, breakdowns=(broken,))
    assert [fault for fault in faults if not _hits_a_fixed_one(fault.pointer, fixed)] == []
    assert set(result.moved) == _differences(placements, result, fixed)


def _hits_a_fixed_one(pointer: str, fixed: dict[object, object]) -> bool:
    return any(pointer == f"/placements/{key}" for key in fixed)


def _differences(before: list[Placement], result: Repair, fixed: dict[object, object]) -> set[object]:
    old = {entry.key: (entry.start_s, entry.machine) for entry in before}
    new = {entry.key: (entry.start_s, entry.machine) for entry in result.placements}
    return {key for key in old if key in new and key not in fixed and old[key] != new[key]}


@given(seed=seeds)
def test_a_repair_with_nothing_to_repair_moves_nothing(seed: int) -> None:
    plant, operations, placements = drawn_plan(Random(seed))
    result = repair(plant, operations, placements, NOW_S, 3600)
    assert result.moved == ()
    assert sorted(result.placements, key=str) == sorted(placements, key=str)


@given(seed=seeds)
def test_a_new_piece_moves_no_other(seed: int) -> None:
    random = Random(seed)
    plant, operations, placements = drawn_plan(random)
    result = repair(plant, [*operations, *drawn_piece(random, "new")], placements, NOW_S, 3600)
    assert result.moved == ()
    assert {entry.order for entry in result.placements} == {entry.order for entry in operations} | {"new"}
