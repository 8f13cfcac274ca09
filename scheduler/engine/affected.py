"""What loses its place when facts change, and where does it go? Looks only at what they touch: same machine, person or order."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from heapq import heappop, heappush

from contracts.plan import OperationKey
from scheduler.engine.laid_plan import LaidPlan
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.replan import Mender, Repair, Weighed, finishes_of, harm_s


def repaired_nearby(plan: LaidPlan, facts: Mapping[OperationKey, Placement], now_s: int, threshold_s: int) -> Weighed | None:
    """The first way of ``replan.repair``, with only the new ``placements``; None when the whole plan has to be looked at.

    ``facts``: where operations ran, run or must run, as far as that differs from the plan. The plan is left as it is;
    what may not keep its place becomes its new ``suspects``.
    """
    if plan.suspects is None:
        return None
    with plan.index.trial():
        found = _Nearby(plan, plan.suspects, facts, now_s, threshold_s).mended()
    plan.suspects = set(found.repair.lost)
    return found


class _Nearby(Mender):
    """Operations are looked at in the order of their old starts, as the repair of the whole plan does; the others would stay."""

    def __init__(
        self,
        plan: LaidPlan,
        suspects: Iterable[OperationKey],
        facts: Mapping[OperationKey, Placement],
        now_s: int,
        threshold_s: int,
    ) -> None:
        super().__init__(plan.index, plan.operations, plan.places, now_s, threshold_s)
        self._plan, self._facts = plan, facts
        self._looked_at: set[OperationKey] = set()
        self._turn: list[tuple[int, int, OperationKey]] = []
        wanted = [key for key in suspects if key in plan.places]
        for key, place in facts.items():
            old = plan.places[key]
            self._index.remove(key)
            wanted += self._index.next_on(old.machine, old.setup_start_s)
            self._index.add(replace(place, fixed=True))
        for key in {*wanted, *facts}:
            if (standing := self._index.placement(key)) is not None:
                wanted += self._index.beside(standing)
            wanted += self._waiting_for(key)
        self._look_at([*wanted, *plan.overdue(now_s)])

    def mended(self) -> Weighed:
        lost = self._lost()
        orders = {operation.order for operation in lost} | {place.order for place in self._facts.values()}
        keys = [key for order in sorted(orders) for key in self._plan.of_order(order)]
        before = finishes_of(self._plant, (self._plan.places[key] for key in keys))
        self._old_finish = before
        for operation in lost:
            self._keep(operation)
        now = [place for key in keys if (place := self._index.placement(key)) is not None]
        late_s, spent_s = harm_s(self._plant, (self._known[key] for key in keys), before, now)
        new = tuple(place for key in self._index.tried() if (place := self._index.placement(key)) is not None)
        found = Repair(new, tuple(self._moved), self._reasons, tuple(self._unplaced), tuple(operation.key for operation in lost))
        return Weighed(found, late_s, spent_s)

    def _lost(self) -> list[Operation]:
        """Those that cannot stay around the facts and what stays before them."""
        lost = []
        while self._turn:
            _, _, key = heappop(self._turn)
            operation, old = self._known[key], self._old[key]
            ready = self._ready_s(operation)
            if ready is not None and old.setup_start_s >= self._now_s and self._index.fits(operation, old, ready, before_facts=True):
                self._index.add(old)
                continue
            lost.append(operation)
            self._look_at([*self._waiting_for(key), *self._index.next_on(old.machine, old.setup_start_s)])
        return lost

    def _waiting_for(self, key: OperationKey) -> list[OperationKey]:
        return [operation.key for operation in self._plan.waiting_for(key)]

    def _look_at(self, keys: Iterable[OperationKey]) -> None:
        """Lift those that may move; each is looked at in its turn, once."""
        for key in keys:
            operation = self._known[key]
            if key in self._looked_at or key in self._facts or operation.placement is not None or not operation.open:
                continue
            self._looked_at.add(key)
            self._index.remove(key)
            heappush(self._turn, (self._old[key].start_s, self._plan.rank(key), key))
