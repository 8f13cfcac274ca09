"""Contract ↔ ISA-95 job control (OPC 10031-4, version 2.0): job orders, responses, states, statuses; pure, no OPC UA stack.

Members are named as the structures' fields are, in our spelling; ``transports/opcua/structures.py`` writes them as OPC UA values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag, StrEnum
from typing import Any

from contracts.model import Instant
from contracts.work_order import WorkOrderDocument, WorkOrderState
from mes_bridge.engine.work_order_document import content_hash
from mes_bridge.engine.work_orders import AT_WORK, WAITING

S = WorkOrderState


class Command(StrEnum):
    """The eleven methods of the job order receiver (7.2.1)."""

    STORE = "Store"
    STORE_AND_START = "StoreAndStart"
    START = "Start"
    STOP = "Stop"
    PAUSE = "Pause"
    RESUME = "Resume"
    UPDATE = "Update"
    ABORT = "Abort"
    CANCEL = "Cancel"
    CLEAR = "Clear"
    REVOKE_START = "RevokeStart"


class ReturnStatus(IntFlag):
    """What a method answers: a bit map (annex B.2). Bits 33 and up are ours."""

    NO_ERROR = 1 << 0
    UNKNOWN_JOB_ORDER = 1 << 1
    INVALID_STATUS = 1 << 3
    UNABLE_TO_ACCEPT = 1 << 4
    INVALID_REQUEST = 1 << 32
    HELD_BY_ANOTHER = 1 << 33
    """Beside ``UNABLE_TO_ACCEPT``: somebody else has taken or begun the work order."""
    SET_ASIDE = 1 << 34
    """Beside ``INVALID_REQUEST``: what was told cannot be placed; it is kept for a person to look at."""
    MACHINE_HELD = 1 << 35
    """Beside ``UNABLE_TO_ACCEPT``: an alarm of a control chart holds the machine."""


class JobState(IntEnum):
    """The states of a job order by their numbers (6.2.1)."""

    NOT_ALLOWED_TO_START = 1
    ALLOWED_TO_START = 2
    RUNNING = 3
    INTERRUPTED = 4
    ENDED = 5
    ABORTED = 6

    @property
    def text(self) -> str:
        """The state's name in the standard."""
        return "".join(part.capitalize() for part in self.name.split("_"))


@dataclass(frozen=True)
class Parameter:
    """``value`` None: it only holds others."""

    id: str
    value: int | str | None
    unit: str | None = None
    subparameters: tuple["Parameter", ...] = ()


@dataclass(frozen=True)
class Material:
    definition: str
    lot: str | None
    use: str
    quantity: int
    unit: str


@dataclass(frozen=True)
class JobOrder:
    id: str
    work_master: str
    start_time: Instant | None
    end_time: Instant | None
    parameters: tuple[Parameter, ...]
    equipment: tuple[str, ...]
    materials: tuple[Material, ...]


@dataclass(frozen=True)
class JobResponse:
    id: str
    job_order: str
    start_time: Instant | None
    end_time: Instant | None
    state: JobState
    data: tuple[Parameter, ...]
    equipment: tuple[str, ...]
    materials: tuple[Material, ...]


@dataclass(frozen=True)
class ResultValue:
    """A measured value in the checkpoint's unit."""

    measurement: str
    checkpoint: str
    value: int
    verdict: str
    gauge: str
    source: str
    at: Instant
    counts: bool
    """False once corrected or measured again."""


@dataclass(frozen=True)
class Result:
    """What became of a work order so far."""

    content: WorkOrderDocument
    state: WorkOrderState
    ready: bool
    started_at: Instant | None
    finished_at: Instant | None
    values: tuple[ResultValue, ...]
    nonconformance: str | None = None


def job_state(state: WorkOrderState, ready: bool, begun: bool) -> JobState:
    """``ready``: it may start; ``begun``: somebody has begun, which tells apart what a held work order was held in."""
    if state in WAITING:
        return JobState.ALLOWED_TO_START if ready else JobState.NOT_ALLOWED_TO_START
    if state is S.IN_PROGRESS:
        return JobState.RUNNING
    if state is S.PAUSED or (state is S.HELD and begun):
        return JobState.INTERRUPTED
    if state in {S.COMPLETED, S.CLOSED}:
        return JobState.ENDED
    return JobState.NOT_ALLOWED_TO_START if state is S.HELD else JobState.ABORTED


def allows(command: Command, state: WorkOrderState, ready: bool) -> bool:
    """Whether the command is one for a work order in this state; what has not begun is neither stopped nor made scrap."""
    match command:
        case Command.STORE | Command.STORE_AND_START | Command.START | Command.UPDATE:
            return state in WAITING and ready
        case Command.PAUSE:
            return state is S.IN_PROGRESS
        case Command.RESUME:
            return state is S.PAUSED
        case Command.STOP:
            return state in AT_WORK
        case Command.ABORT:
            return state in AT_WORK | {S.HELD}
        case Command.REVOKE_START:
            return state in WAITING
        case Command.CANCEL:
            return state in WAITING | {S.CANCELLED}
        case Command.CLEAR:
            return state in {S.CLOSED, S.SCRAPPED, S.CANCELLED}


def encode(content: WorkOrderDocument, state: WorkOrderState) -> JobOrder:
    """What a document has no field for stands in parameters, so that nothing is lost on the way."""
    operation = content.operation
    own: dict[str, int | str] = {
        "revision": content.revision,
        "piece": content.piece,
        "attempt": content.attempt,
        "sequence": operation.sequence,
        "setup_family": operation.setup_family,
        "state": state.value,
        "content_sha256": content_hash(content),
    }
    return JobOrder(
        id=content.work_order,
        work_master=operation.name,
        start_time=operation.planned_start,
        end_time=operation.planned_end,
        parameters=(
            *(Parameter(name, value) for name, value in own.items()),
            *(Parameter(f"parameter.{name}", given.value, given.unit) for name, given in operation.parameters.items()),
            *(
                Parameter(f"checkpoint.{gate.checkpoint}", None, None, _inside(gate.model_dump(exclude={"checkpoint"})))
                for gate in content.checkpoints
            ),
            *(Parameter(f"file.{file.name}", None, None, _inside(file.model_dump(exclude={"name"}))) for file in content.files),
        ),
        equipment=(operation.machine,),
        materials=_materials(content, "Consumed"),
    )


def decode(job: JobOrder) -> WorkOrderDocument:
    """The document of a job order. Raises pydantic.ValidationError, ValueError when a part is missing or it does not fit its hash."""
    given = {parameter.id: parameter for parameter in job.parameters}
    missing = {"revision", "piece", "attempt", "sequence", "setup_family", "content_sha256"} - set(given)
    if missing or not job.equipment:
        raise ValueError(f"parameters are missing: {', '.join(sorted(missing)) or 'equipment'}")
    read = WorkOrderDocument.model_validate(
        {
            "work_order": job.id,
            "revision": given["revision"].value,
            "piece": given["piece"].value,
            "attempt": given["attempt"].value,
            "operation": {
                "sequence": given["sequence"].value,
                "name": job.work_master,
                "machine": job.equipment[0],
                "planned_start": job.start_time,
                "planned_end": job.end_time,
                "setup_family": given["setup_family"].value,
                "parameters": {name: {"value": one.value, "unit": one.unit} for name, one in _of("parameter.", given)},
            },
            "materials": [
                {"material": one.definition, "lot": one.lot, "quantity": one.quantity, "unit": one.unit} for one in job.materials
            ],
            "checkpoints": [{"checkpoint": name} | _outside(one) for name, one in _of("checkpoint.", given)],
            "files": [{"name": name} | _outside(one) for name, one in _of("file.", given)],
        }
    )
    if given["content_sha256"].value != content_hash(read):
        raise ValueError("content_sha256 does not fit the content")
    return read


def named_hash(job: JobOrder) -> str | None:
    """The ``content_sha256`` that a job order names, if it does."""
    return next((str(one.value) for one in job.parameters if one.id == "content_sha256"), None)


def respond(result: Result) -> JobResponse:
    """Each measured value is a parameter ``measurement.<checkpoint>`` that says how it was judged; those that do not count are told too."""
    content, units = result.content, {gate.checkpoint: gate.unit for gate in result.content.checkpoints}
    data = [
        Parameter("revision", content.revision),
        Parameter("piece", content.piece),
        Parameter("state", result.state.value),
        Parameter("content_sha256", content_hash(content)),
    ]
    if result.nonconformance is not None:
        data.append(Parameter("nonconformance", result.nonconformance))
    data += [
        Parameter(f"measurement.{value.checkpoint}", value.value, units.get(value.checkpoint), _inside(_told(value)))
        for value in result.values
    ]
    return JobResponse(
        id=f"{content.work_order}/{content.revision}",
        job_order=content.work_order,
        start_time=result.started_at,
        end_time=result.finished_at,
        state=job_state(result.state, result.ready, result.started_at is not None),
        data=tuple(data),
        equipment=(content.operation.machine,),
        materials=_materials(content, "Consumed"),
    )


def _told(value: ResultValue) -> dict[str, Any]:
    return {
        "measurement": value.measurement,
        "verdict": value.verdict,
        "gauge": value.gauge,
        "source": value.source,
        "at": value.at.isoformat().replace("+00:00", "Z"),
        "counts": "true" if value.counts else "false",
    }


def _materials(content: WorkOrderDocument, use: str) -> tuple[Material, ...]:
    return tuple(Material(one.material, one.lot, use, one.quantity, one.unit) for one in content.materials)


def _inside(members: Mapping[str, Any]) -> tuple[Parameter, ...]:
    return tuple(Parameter(name, value) for name, value in members.items() if value is not None)


def _outside(parameter: Parameter) -> dict[str, Any]:
    return {one.id: one.value for one in parameter.subparameters}


def _of(prefix: str, given: Mapping[str, Parameter]) -> Sequence[tuple[str, Parameter]]:
    return [(name.removeprefix(prefix), one) for name, one in given.items() if name.startswith(prefix)]
