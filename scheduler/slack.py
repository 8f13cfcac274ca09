"""How long may each operation still wait before somebody's promise breaks, and which ones hold an order up?"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from contracts.plan import OperationKey
from scheduler.engine.plant import Plant
from scheduler.standing import Standing


def slack_s(plant: Plant, standings: Sequence[Standing]) -> dict[OperationKey, int]:
    """Seconds by which each open operation may end later (negative: its order is late already), followers and machines considered.

    Total float over the graph of routing and machine order; closed hours are not counted out.
    """
    known = {standing.key: standing for standing in standings}
    latest = {standing.key: standing.operation.due_s - plant.after_s(standing.place.machine) for standing in standings}
    next_on = _next_on_machine(standings)
    for standing in sorted(standings, key=lambda entry: (entry.place.start_s, entry.place.end_s), reverse=True):
        place, limit = standing.place, latest[standing.key]
        following = next_on.get(standing.key)
        if following is not None:
            setup = following.place.start_s - following.place.setup_start_s
            limit = min(limit, latest[following.key] - (following.place.end_s - following.place.start_s) - setup)
        latest[standing.key] = limit
        start_limit = limit - (place.end_s - place.start_s) - plant.before_s(place.machine)
        for key in standing.operation.after:
            if key in known:
                latest[key] = min(latest[key], start_limit - plant.after_s(known[key].place.machine))
    return {key: latest[key] - standing.place.end_s for key, standing in known.items() if standing.open}


def critical_chain(plant: Plant, way: Sequence[Standing]) -> set[OperationKey]:
    """The operations of an order that decide its finish: from the one that is back last, always to what it waited for longest."""
    known = {standing.key: standing for standing in way}

    def back_s(standing: Standing) -> int:
        return standing.place.end_s + plant.after_s(standing.place.machine)

    chain: set[OperationKey] = set()
    current = max(way, key=back_s, default=None)
    while current is not None:
        chain.add(current.key)
        current = max((known[key] for key in current.operation.after if key in known), key=back_s, default=None)
    return chain


def _next_on_machine(standings: Sequence[Standing]) -> dict[OperationKey, Standing]:
    lines: defaultdict[str, list[Standing]] = defaultdict(list)
    for standing in standings:
        lines[standing.place.machine].append(standing)
    result = {}
    for line in lines.values():
        line.sort(key=lambda standing: standing.place.setup_start_s)
        for before, after in pairwise(line):
            if after.open:
                result[before.key] = after
    return result
