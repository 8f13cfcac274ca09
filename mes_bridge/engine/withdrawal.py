"""Whether a piece can go on as if its non-conformance had not been, and which runs are then not needed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.work_order import WorkOrderState
from mes_bridge.engine.work_orders import BEGUN, WorkOrder

S = WorkOrderState


@dataclass(frozen=True)
class Interrupted:
    """What a non-conformance found when it was raised: enough to go on as if it had not been."""

    begun: Mapping[str, WorkOrderState]
    """The failed run and the begun ones that were given up, by work order, each with its state."""
    runs: Mapping[int, int]
    """Last attempt of each operation; a later one is rework or remake."""

    def stored(self) -> dict[str, Any]:
        begun = {name: state.value for name, state in self.begun.items()}
        return {"begun": begun, "runs": {str(sequence): attempt for sequence, attempt in self.runs.items()}}

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Interrupted":
        begun = {name: S(state) for name, state in stored["begun"].items()}
        return cls(begun, {int(sequence): run for sequence, run in stored["runs"].items()})


def repair_runs(orders: Iterable[WorkOrder], interrupted: Interrupted, restart: Collection[int]) -> list[WorkOrder]:
    """The rework's or remake's runs, as far as they were released."""
    return [
        order
        for order in orders
        if order.key.sequence in restart and order.key.attempt > interrupted.runs.get(order.key.sequence, order.key.attempt)
    ]


def may_go_on(repairs: Iterable[WorkOrder], done: Iterable[WorkOrderState | None], reached: bool) -> bool:
    """Whether nothing was done about the failure yet, so that the interrupted runs can go on.

    ``done``: what the reports say of each interrupted run: one that was scrapped meanwhile cannot go on.
    ``reached``: another open non-conformance lies before one of them.
    """
    return not reached and S.SCRAPPED not in set(done) and not any(map(is_settled, repairs))


def is_settled(repair: WorkOrder) -> bool:
    """Begun, failed in its turn, or taken back by the plan, which then makes another piece."""
    return repair.failed or repair.state in BEGUN or repair.state in {S.SCRAPPED, S.CANCELLED}
