"""The capacity index finds what a search over every slot finds, whatever was inserted and removed before."""

from collections.abc import Iterable
from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scheduler.engine.calendar import Breakdown, OvertimeDay
from scheduler.engine.capacity import CapacityIndex, Insertion
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.plant import Plant
from scheduler.engine.validator import _Check, violations
from tests.workshop import FAMILIES, SLOT_S, drawn_plant, moment, operation

WEEKS = ("2026-11-26", "2027-03-26", "2027-10-29")
"""An ordinary week, and those in which the clocks go forward and back."""
DAYS = 4


def _slots(hours: Iterable[int]) -> set[int]:
    """Every slot of the hours; drawn calendars change on whole hours only."""
    return {at for hour in hours for at in range(hour, hour + 3600, SLOT_S)}


class Slots:
    """Search slot by slot, with the validator's own idea of opening hours and presence."""

    def __init__(self, plant: Plant, from_s: int, to_s: int, overtime: frozenset[OvertimeDay], breakdowns: tuple[Breakdown, ...]) -> None:
        check = _Check(plant, [], [], overtime, ())
        hours = range(from_s, to_s, 3600)
        self.plant, self.to_s = plant, to_s
        self.open = {name: _slots(at for at in hours if check._machine_open(name, at)) for name in plant.machines}
        self.present = {name: _slots(at for at in hours if check._person_present(name, at)) for name in plant.people}
        for entry in breakdowns:
            self.open[entry.machine] -= set(range(entry.from_s, entry.to_s, SLOT_S))

    def earliest(self, wanted: Operation, ready_s: int, now_s: int, placements: list[Placement]) -> tuple[int, int] | None:
        """(end, setup) of the best place on the group's own machines."""
        free = {person: self._free(person, placements) for person in self.plant.people_of[wanted.machine_group]}
        found = []
        for machine in self.plant.machines_of[wanted.machine_group]:
            line = sorted((entry for entry in placements if entry.machine == machine), key=lambda entry: entry.setup_start_s)
            idle = self.open[machine] - {at for entry in line for at in range(entry.setup_start_s, entry.end_s, SLOT_S)}
            begins = sorted(at for at in idle if at >= now_s)
            found.append(
                next((best for at in begins if (best := self._at(at, machine, wanted, ready_s, line, idle, free)) is not None), None)
            )
        return min((entry for entry in found if entry is not None), default=None)

    def _at(
        self, begin: int, machine: str, wanted: Operation, ready_s: int, line: list[Placement], idle: set[int], free: dict[str, set[int]]
    ) -> tuple[int, int] | None:
        before = [entry for entry in line if entry.end_s <= begin]
        after = [entry for entry in line if entry.setup_start_s >= begin]
        setup = self.plant.setup_s(wanted.machine_group, before[-1].family if before else None, wanted.setup_family)
        end = begin + setup + self.plant.run_s(machine, wanted.run_s)
        if begin + setup < ready_s:
            return None
        stretch = set(range(begin, end, SLOT_S))
        if not stretch <= idle or (after and not self._next_may_grow(after[0], wanted, end, idle, free)):
            return None
        if self.plant.attended(machine) and not any(stretch <= slots for slots in free.values()):
            return None
        return end, setup

    def _next_may_grow(self, following: Placement, wanted: Operation, end: int, idle: set[int], free: dict[str, set[int]]) -> bool:
        need = self.plant.setup_s(wanted.machine_group, wanted.setup_family, following.family)
        begin = following.start_s - need
        if begin >= following.setup_start_s:
            return True
        extra = set(range(begin, following.setup_start_s, SLOT_S))
        if following.fixed or begin < end or not extra <= idle:
            return False
        return following.person is None or extra <= free[following.person]

    def _free(self, person: str, placements: list[Placement]) -> set[int]:
        busy = {at for entry in placements if entry.person == person for at in range(entry.setup_start_s, entry.end_s, SLOT_S)}
        return self.present[person] - busy


def _weekend(week: str) -> list[date]:
    first = date.fromisoformat(week)
    return [day for number in range(DAYS) if (day := first + timedelta(days=number)).weekday() >= 5]


@given(seed=st.integers(0, 2**32), week=st.sampled_from(WEEKS))
def test_the_earliest_place_is_the_one_that_a_search_over_every_slot_finds(seed: int, week: str) -> None:
    random = Random(seed)
    plant = drawn_plant(random, week)
    from_s = moment(week)
    to_s = from_s + DAYS * 86_400
    down_s = from_s + SLOT_S * random.randint(0, 1200)
    breakdowns = (Breakdown("A-1", down_s, down_s + SLOT_S * random.randint(1, 100)),)
    overtime = frozenset(OvertimeDay(group, day) for group in "AB" for day in _weekend(week) if random.random() < 0.7)
    index = CapacityIndex(plant, from_s, to_s, overtime, breakdowns)
    slots = Slots(plant, from_s, to_s, overtime, breakdowns)
    asked: list[Operation] = []
    for number in range(40):
        wanted = operation(f"p{number}", 10, random.choice("AABBO"), SLOT_S * random.randint(1, 30), family=random.choice(FAMILIES))
        now_s = from_s + SLOT_S * random.randint(0, 600)
        ready_s = now_s + SLOT_S * random.choice((0, random.randint(0, 900)))
        found = index.earliest(wanted, ready_s, now_s)
        best = slots.earliest(wanted, ready_s, now_s, index.placements())
        assert (None if found is None else (found.placement.end_s, found.placement.start_s - found.placement.setup_start_s)) == best
        if found is not None:
            index.insert(found if random.random() < 0.8 else _fixed(found))
            asked.append(wanted)
    assert violations(plant, asked, index.placements(), overtime, breakdowns) == []


def _fixed(insertion: Insertion) -> Insertion:
    placement = insertion.placement
    values = {name: getattr(placement, name) for name in placement.__slots__}
    return Insertion(Placement(**{**values, "fixed": True}), insertion.grown)


@given(seed=st.integers(0, 2**32))
def test_what_is_undone_or_removed_leaves_the_index_as_if_it_had_never_been(seed: int) -> None:
    random = Random(seed)
    plant = drawn_plant(random, WEEKS[0])
    from_s = moment(WEEKS[0])
    index = CapacityIndex(plant, from_s, from_s + DAYS * 86_400)
    kept: list[Placement] = []
    for number in range(40):
        wanted = operation(f"p{number}", 10, random.choice("ABO"), SLOT_S * random.randint(1, 20), family=random.choice(FAMILIES))
        found = index.earliest(wanted, from_s + SLOT_S * random.randint(0, 900), from_s)
        if found is None:
            continue
        grown_before = index.placement(found.grown.key) if found.grown is not None else None
        index.insert(found)
        if random.random() < 0.5:
            index.undo(found, grown_before)
        elif found.grown is None and random.random() < 0.3:
            index.remove(wanted.key)
        else:
            kept = index.placements()
    fresh = CapacityIndex(plant, from_s, from_s + DAYS * 86_400)
    for placement in kept:
        fresh.add(placement)
    assert {entry.key: entry for entry in index.placements()} == {entry.key: entry for entry in fresh.placements()}
    for name in plant.machines:
        assert (index._machines[name].starts, index._machines[name].ends) == (fresh._machines[name].starts, fresh._machines[name].ends)
    for name in plant.people:
        assert (index._people[name].starts, index._people[name].ends) == (fresh._people[name].starts, fresh._people[name].ends)


def test_after_two_facts_that_began_together_the_machine_is_set_up_as_the_later_end_left_it() -> None:
    plant = drawn_plant(Random(1), WEEKS[0])
    from_s = moment("2026-11-26T05:00")
    short, long = operation("short", 10, "A", 600), operation("long", 10, "A", 1200, family="green")
    facts = [
        Placement(entry.key, entry.order, entry.setup_family, "A-1", "P1", from_s, from_s, from_s + entry.run_s, fixed=True)
        for entry in (short, long)
    ]
    for order in (facts, facts[::-1]):
        index = CapacityIndex(plant, from_s, from_s + 86_400)
        for fact in order:
            index.add(fact)
        found = index.earliest(operation("next", 10, "A", 600, family="blue"), from_s, from_s, ("A-1",))
        assert found is not None
        assert found.placement.start_s - found.placement.setup_start_s == plant.setup_s("A", "green", "blue") == 2400
