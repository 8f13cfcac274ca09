"""Which date can be promised for a piece against the live plan, without moving anything else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from contracts.plan import OperationKey
from contracts.problems import NoPromise
from contracts.promise import PieceDemand, PromiseQuote, PromiseRequest
from contracts.texts import Message
from contracts.units import Country
from scheduler.engine.capacity import CapacityIndex, Insertion
from scheduler.engine.delivery import due_s, promised_at
from scheduler.engine.materials import Allocation, Materials
from scheduler.engine.opening import later_s, opened_s
from scheduler.engine.operations import Operation, Placement, in_routing_order, instant
from scheduler.engine.plant import Plant
from scheduler.engine.times import NO_TIMES, Times


def allowed_s(plant: Plant, now_s: int, finish_s: int, margin_s: int) -> int:
    """The finish that a promise allows an order which is planned to finish at ``finish_s``: that and the margin.

    ``margin_s``: open seconds, learned; the plant's share of the open time until the planned finish is added, for what takes time from
    one order on a full machine takes it from all that wait behind it.
    """
    share_s = opened_s(plant, now_s, finish_s) * plant.planning.margin_percent // 100 if plant.planning.margin_percent else 0
    return later_s(plant, finish_s, margin_s + share_s)


def at_risk(plant: Plant, finish_s: int, due_s: int) -> bool:
    """Whether what is left until the due time is within the frozen horizon, in which no plan moves anything any more."""
    return finish_s > due_s - plant.planning.frozen_horizon_h * 3600


def endangers(plant: Plant, before_s: int, finish_s: int, due_s: int) -> bool:
    """Whether a finish that was planned before is now at risk, or late."""
    return (at_risk(plant, finish_s, due_s) and not at_risk(plant, before_s, due_s)) or before_s <= due_s < finish_s


@dataclass(frozen=True)
class Routed:
    """A piece laid into the plan: its operations, where they stand, and what bounds each."""

    operations: tuple[Operation, ...]
    insertions: tuple[Insertion, ...]
    grown_before: tuple[Placement | None, ...]
    finish_s: int | None
    """None when an operation found no room; the insertions are then those before it."""


@dataclass(frozen=True)
class Booked:
    """A reservation made in the index and the stock."""

    operations: tuple[Operation, ...]
    """With ``due_s`` from the promise."""
    placements: tuple[Placement, ...]
    grown: tuple[Placement, ...]
    """Placements of others whose setup now begins earlier; start and end are as they were."""
    allocations: tuple[tuple[OperationKey, Allocation], ...]
    finish_s: int
    promised_s: int
    binding: Message


def operations_of(
    plant: Plant, demand: PieceDemand, order: str, allocations: Sequence[Allocation], times: Times = NO_TIMES
) -> list[Operation]:
    """The operations of a piece, each after those it waits for, as long as ``times`` say."""
    request = demand.request
    material_s = {step.sequence: 0 for step in request.routing}
    for allocation in allocations:
        material_s[allocation.operation] = max(material_s.get(allocation.operation, 0), allocation.available_s)
    return in_routing_order(
        [
            Operation(
                key=OperationKey(piece=demand.piece, sequence=step.sequence, attempt=1),
                order=order,
                name=step.name,
                label=step.label,
                machine_group=step.machine_group,
                setup_family=step.setup_family,
                run_s=times.run_s(step.name, step.run_s),
                run_on=times.run_on(plant, step.name, step.machine_group, step.setup_family, step.run_s),
                after=tuple(OperationKey(piece=demand.piece, sequence=number, attempt=1) for number in step.after),
                materials=tuple(entry.contract() for entry in allocations if entry.operation == step.sequence),
                weight=demand.weight,
                material_s=material_s[step.sequence],
            )
            for step in request.routing
        ]
    )


def quote(
    index: CapacityIndex,
    plant: Plant,
    materials: Materials,
    request: PromiseRequest,
    now_s: int,
    margin_s: int = 0,
    times: Times = NO_TIMES,
) -> PromiseQuote:
    """The earliest date for one piece, delivered in the plant's home country; index and materials are as before when it returns.

    ``margin_s``: learned open seconds between the planned finish and the promised one (see ``allowed_s``), to which what the routing may
    take longer by ``times`` is added. They hold nothing free.
    """
    demand = PieceDemand.model_construct(piece=request.key, specification_sha256="", request=request, weight=1)
    allocations = materials.allocate(request.materials, now_s)
    routed = _lay(index, operations_of(plant, demand, "", allocations, times), now_s)
    try:
        binding = _binding(index, routed, allocations, now_s)
    finally:
        _take_back(index, routed)
    if routed.finish_s is None:
        return PromiseQuote(key=request.key, finish_at=None, promised_at=None, binding=binding, country=plant.shipping.home)
    margin_s += _beyond_s(plant, routed, times)
    promised = promised_at(plant, allowed_s(plant, now_s, routed.finish_s, margin_s), plant.shipping.home)
    return PromiseQuote(
        key=request.key,
        finish_at=instant(routed.finish_s),
        promised_at=instant(promised),
        binding=binding,
        country=plant.shipping.home,
    )


def reserve(
    index: CapacityIndex,
    plant: Plant,
    materials: Materials,
    order: str,
    pieces: Sequence[PieceDemand],
    country: Country,
    now_s: int,
    margin_s: int = 0,
    times: Times = NO_TIMES,
) -> Booked:
    """Book all pieces of an order, one after the other; ``country``: where it goes.

    Raises NoPromise, leaving index and materials as they were.
    """
    laid: list[Routed] = []
    reserved: list[tuple[str, Allocation]] = []
    bindings: list[tuple[int, Message]] = []
    for demand in pieces:
        allocations = materials.allocate(demand.request.materials, now_s)
        routed = _lay(index, operations_of(plant, demand, order, allocations, times), now_s)
        laid.append(routed)
        binding = _binding(index, routed, allocations, now_s)
        if routed.finish_s is None:
            for entry in reversed(laid):
                _take_back(index, entry)
            materials.give_back(allocation for _, allocation in reserved)
            raise NoPromise(extra={"binding": binding.model_dump(mode="json")})
        materials.take(allocations)
        reserved += [(demand.piece, allocation) for allocation in allocations]
        bindings.append((routed.finish_s, binding))
    finish, binding = max(bindings, key=lambda entry: entry[0])
    margin_s += max((_beyond_s(plant, routed, times) for routed in laid), default=0)
    promised = promised_at(plant, allowed_s(plant, now_s, finish, margin_s), country)
    due = due_s(plant, promised, country)
    operations = [replace(operation, due_s=due) for routed in laid for operation in routed.operations]
    own = {operation.key for operation in operations}
    placements = tuple(placement for operation in operations if (placement := index.placement(operation.key)) is not None)
    grown = {entry.grown.key for routed in laid for entry in routed.insertions if entry.grown is not None} - own
    return Booked(
        operations=tuple(operations),
        placements=placements,
        grown=tuple(placement for key in sorted(grown, key=str) if (placement := index.placement(key)) is not None),
        allocations=tuple((OperationKey(piece=piece, sequence=allocation.operation), allocation) for piece, allocation in reserved),
        finish_s=finish,
        promised_s=promised,
        binding=binding,
    )


def _beyond_s(plant: Plant, routed: Routed, times: Times) -> int:
    """What the piece may take longer than planned at the plant's service level."""
    places = {insertion.placement.key: insertion.placement for insertion in routed.insertions}
    return times.beyond_s(routed.operations, places, plant.planning.service_level_percent)


def _lay(index: CapacityIndex, operations: Sequence[Operation], now_s: int) -> Routed:
    insertions: list[Insertion] = []
    grown_before: list[Placement | None] = []
    back: dict[OperationKey, int] = {}
    for operation in operations:
        ready = max([now_s, *(back[key] for key in operation.after)])
        insertion = index.earliest(operation, ready, now_s)
        if insertion is None:
            return Routed(tuple(operations), tuple(insertions), tuple(grown_before), None)
        grown_before.append(index.placement(insertion.grown.key) if insertion.grown is not None else None)
        index.insert(insertion)
        insertions.append(insertion)
        back[operation.key] = insertion.placement.end_s + index.plant.after_s(insertion.placement.machine)
    return Routed(tuple(operations), tuple(insertions), tuple(grown_before), max(back.values(), default=now_s))


def _take_back(index: CapacityIndex, routed: Routed) -> None:
    for insertion, before in zip(reversed(routed.insertions), reversed(routed.grown_before), strict=True):
        index.undo(insertion, before)


def _binding(index: CapacityIndex, routed: Routed, allocations: Sequence[Allocation], now_s: int) -> Message:
    """What the date hangs on: the longest wait on the way that ends last, or the work itself."""
    operations = {operation.key: operation for operation in routed.operations}
    if routed.finish_s is None:
        blocked = routed.operations[len(routed.insertions)]
        return Message(id="scheduler.binding.horizon", params={"group": index.plant.groups[blocked.machine_group].label})
    placed = {insertion.placement.key: insertion.placement for insertion in routed.insertions}
    key = max(placed, key=lambda entry: placed[entry].end_s)
    work, longest, binding = 0, 0, Message(id="scheduler.binding.work")
    while True:
        operation, placement = operations[key], placed[key]
        before = max(operation.after, key=lambda entry: placed[entry].end_s, default=None)
        arrived = placed[before].end_s + index.plant.after_s(placed[before].machine) if before is not None else now_s
        work += placement.end_s - placement.start_s
        material_wait = operation.material_s - arrived
        capacity_wait = placement.start_s - max(arrived, operation.material_s)
        if material_wait > longest:
            longest = material_wait
            item = max((entry for entry in allocations if entry.operation == key.sequence), key=lambda entry: entry.available_s)
            binding = Message(id="scheduler.binding.material", params={"item": item.item, "at": instant(item.available_s)})
        if capacity_wait > longest:
            longest = capacity_wait
            group = index.plant.groups[operation.machine_group].label
            binding = Message(id="scheduler.binding.machine", params={"group": group, "at": instant(placement.start_s)})
        if before is None:
            break
        key = before
    return binding if longest > work else Message(id="scheduler.binding.work")
