"""How much can a machine group really do: as many of its machines as are open and have somebody qualified present?"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from scheduler.engine.calendar import Calendar, Stretch


@dataclass(frozen=True, slots=True)
class Staffed:
    """So many of the group's own machines can work from start to end."""

    start_s: int
    end_s: int
    machines: int

    def seconds(self, from_s: int, to_s: int) -> int:
        """Machine seconds within the two moments."""
        return self.machines * max(0, min(self.end_s, to_s) - max(self.start_s, from_s))


def staffed(calendar: Calendar, group: str) -> list[Staffed]:
    """The group's own capacity by time. People who are qualified for several groups count in each: an upper bound."""
    plant = calendar.plant
    machines = _steps(calendar.machine(name) for name in plant.machines_of[group])
    people = _steps(calendar.person(name) for name in plant.people_of[group])
    attended = plant.groups[group].attended
    result: list[Staffed] = []
    moments = sorted(machines.keys() | people.keys())
    open_machines = present = 0
    for start, end in pairwise(moments):
        open_machines += machines.get(start, 0)
        present += people.get(start, 0)
        able = min(open_machines, present) if attended else open_machines
        if able > 0:
            result.append(Staffed(start, end, able))
    return result


def _steps(windows_of_each: Iterable[list[Stretch]]) -> dict[int, int]:
    """At which moment how many more (or fewer) are there."""
    steps: dict[int, int] = {}
    for windows in windows_of_each:
        for start, end in windows:
            steps[start] = steps.get(start, 0) + 1
            steps[end] = steps.get(end, 0) - 1
    return steps
