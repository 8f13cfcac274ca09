"""Which learned times are in force, how long is an operation planned by them, and how much more may a piece take?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contracts.plan import OperationKey
from scheduler.engine.learning import LearnedTime, Work, known
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.plant import Plant
from scheduler.engine.spread import Duration, beyond_s, duration_of


@dataclass(frozen=True)
class Times:
    """Learned times that a planner or the plant's rule accepted."""

    by_work: Mapping[Work, LearnedTime] = field(default_factory=dict)

    def run_s(self, name: str, standard_s: int) -> int:
        """Seconds of an operation on a machine of usual speed of which nothing else is known; ``standard_s``: the plant's own figure."""
        return max(1, round(standard_s * known(self.by_work, Work("run", name)).factor))

    def run_on(self, plant: Plant, name: str, group: str, family: str, standard_s: int) -> tuple[tuple[str, int], ...]:
        """Seconds on each machine of the group that has a learned time of its own."""
        if not self.by_work:
            return ()
        return tuple(
            (machine, max(1, round(plant.run_s(machine, standard_s) * known(self.by_work, finest).factor)))
            for machine in (*plant.machines_of[group], *plant.partners_of[group])
            if (finest := Work("run", name, machine, family)) in self.by_work or finest.coarser in self.by_work
        )

    def with_setups(self, plant: Plant) -> Plant:
        """The plant with its setups as long as was learned of its groups."""
        learned = {work.operation: time.factor for work, time in self.by_work.items() if work.kind == "setup"}
        groups = {name: group.lasting(learned.get(name, 1.0)) for name, group in plant.groups.items()}
        return plant.model_copy(update={"groups": groups}) if learned.keys() & groups.keys() else plant

    def beyond_s(self, operations: Sequence[Operation], places: Mapping[OperationKey, Placement], percent: float) -> int:
        """Seconds by which a piece may take longer than planned in all but the share of cases; ``operations`` in routing order.

        Counted along its longest way: what runs beside it has time to spare.
        """
        if not self.by_work:
            return 0
        ways: dict[OperationKey, tuple[float, tuple[tuple[int, Duration], ...]]] = {}
        for operation in operations:
            place = places[operation.key]
            length_s = place.end_s - place.start_s
            work = Work("run", operation.name, place.machine, operation.setup_family)
            before = max((ways[key] for key in operation.after), key=lambda way: way[0], default=(0.0, ()))
            step = length_s, duration_of(length_s, known(self.by_work, work))
            ways[operation.key] = before[0] + length_s, (*before[1], step)
        _, way = max(ways.values(), key=lambda way: way[0], default=(0.0, ()))
        return beyond_s((duration for _, duration in way), sum(length_s for length_s, _ in way), percent)


NO_TIMES = Times()
"""Nothing is learned: the plant's own figures."""
