"""What has to be made, and where each operation stands in a plan, in whole epoch seconds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from contracts import plan
from contracts.plan import AllocatedMaterial, OperationKey, OperationState
from contracts.texts import Localised

DAY_S = 86_400
WAITING = frozenset({OperationState.PLANNED, OperationState.RELEASED})
BEGUN = frozenset({OperationState.RUNNING, OperationState.DONE})
"""A fact: it ran or runs where it stands."""
GONE = frozenset({OperationState.SCRAPPED, OperationState.CANCELLED})
"""Counts no longer."""


def instant(seconds: int) -> datetime:
    """Epoch seconds as an aware UTC moment."""
    return datetime.fromtimestamp(seconds, UTC)


def seconds_of(moment: datetime) -> int:
    """An aware moment as whole epoch seconds, rounded down."""
    return int(moment.timestamp() // 1)


@dataclass(frozen=True, slots=True)
class Placement:
    """An operation's place. Machine and person are taken from ``setup_start_s`` to ``end_s``."""

    key: OperationKey
    order: str
    family: str
    machine: str
    person: str | None
    setup_start_s: int
    start_s: int
    end_s: int
    fixed: bool = False
    """Nothing may change of it, not even its setup's start (done, running, frozen)."""

    def contract(self) -> plan.Placement:
        return plan.Placement(
            key=self.key,
            order=self.order,
            machine=self.machine,
            person=self.person,
            setup_start_at=instant(self.setup_start_s),
            start_at=instant(self.start_s),
            end_at=instant(self.end_s),
        )


@dataclass(frozen=True, slots=True)
class Operation:
    """One run of a routing step of one piece. Done operations stay as long as an open one follows them."""

    key: OperationKey
    order: str
    name: str
    label: Localised
    machine_group: str
    setup_family: str
    run_s: int
    after: tuple[OperationKey, ...] = ()
    materials: tuple[AllocatedMaterial, ...] = ()
    weight: int = 1
    due_s: int = 2**40
    """When the order must be finished: promised date minus delivery (``delivery.due_s``)."""
    state: OperationState = OperationState.PLANNED
    placement: Placement | None = None
    """Where it ran (done), runs (``end_s`` as now expected) or must run (frozen); None when free to be planned."""
    ready_s: int = 0
    """Not before (released, unheld)."""
    material_s: int = 0
    """Not before, because its material comes then."""
    pinned: bool = False
    """A planner holds it in its place: plans leave it and what it waits for there; only facts that make the place impossible move it."""
    run_on: tuple[tuple[str, int], ...] = ()
    """Seconds on machines whose own time was learned; elsewhere ``run_s`` at the machine's speed."""

    @property
    def open(self) -> bool:
        return self.state in WAITING or self.state is OperationState.RUNNING

    @property
    def begun(self) -> bool:
        """Running or done: a fact."""
        return self.state in BEGUN

    @property
    def not_before_s(self) -> int:
        return max(self.ready_s, self.material_s)


def alive(operations: Iterable[Operation]) -> list[Operation]:
    """Operations that still count: neither scrapped nor cancelled."""
    return [operation for operation in operations if operation.state not in GONE]


def in_routing_order(operations: Sequence[Operation]) -> list[Operation]:
    """Each operation after those it waits for (of those given); else in the given order. Raises ValueError on a circle."""
    seen: set[OperationKey] = set()
    by_key = {operation.key: operation for operation in operations}
    for operation in operations:
        if any(key in by_key and key not in seen for key in operation.after):
            break
        seen.add(operation.key)
    else:
        return list(operations)
    missing = {operation.key: sum(1 for key in operation.after if key in by_key) for operation in operations}
    followers = followers_of(operations)
    ready = [operation for operation in operations if missing[operation.key] == 0]
    result: list[Operation] = []
    for operation in ready:
        result.append(operation)
        for follower in followers.get(operation.key, ()):
            missing[follower.key] -= 1
            if missing[follower.key] == 0:
                ready.append(follower)
    if len(result) != len(operations):
        raise ValueError("the routing runs in a circle")
    return result


def followers_of(operations: Iterable[Operation]) -> Mapping[OperationKey, list[Operation]]:
    """Operations that wait for each key."""
    followers: dict[OperationKey, list[Operation]] = {}
    for operation in operations:
        for key in operation.after:
            followers.setdefault(key, []).append(operation)
    return followers
