"""What a test work order says, and what becomes of it: it is marked, measured once, and nothing follows from it."""

from contracts.model import Instant
from contracts.product import CharacteristicSpec
from contracts.quality import Verdict
from contracts.texts import Localised
from contracts.work_order import (
    ParameterValue,
    WorkOrderCheckpoint,
    WorkOrderDocument,
    WorkOrderOperation,
    WorkOrderState,
)
from mes_bridge.engine.work_orders import WorkOrder, moves, steps

PREFIX = "test_order"
"""Begins the identifier of every test work order, and of none else."""
REVISION, SEQUENCE = 1, 10
LENGTH = CharacteristicSpec(
    checkpoint="length",
    operation=SEQUENCE,
    characteristic="length",
    label=Localised(en="Length", zh="长度"),
    nominal=540_000,
    lower=539_900,
    upper=540_100,
    physical_minimum=0,
    unit="um",
    gauge="caliper",
    gauge_label=Localised(en="Caliper", zh="卡尺"),
    disposition="rework",
    restart=(SEQUENCE,),
    rework_s=0,
)
"""The one thing that is measured of it."""


def is_trial(work_order: str) -> bool:
    return work_order.startswith(f"{PREFIX}_")


def trial_document(work_order: str, machine: str, begins_at: Instant, ends_at: Instant) -> WorkOrderDocument:
    """As any other, but marked."""
    checkpoint = {name: getattr(LENGTH, name) for name in WorkOrderCheckpoint.model_fields}
    return WorkOrderDocument(
        work_order=work_order,
        revision=REVISION,
        piece=work_order,
        attempt=1,
        operation=WorkOrderOperation(
            sequence=SEQUENCE,
            name="test",
            machine=machine,
            planned_start=begins_at,
            planned_end=ends_at,
            setup_family="-",
            parameters={"length": ParameterValue(value=540, unit="mm")},
        ),
        materials=(),
        checkpoints=(WorkOrderCheckpoint.model_validate(checkpoint),),
        files=(),
        test=True,
    )


def after(order: WorkOrder, wanted: WorkOrderState | None, verdict: Verdict | None) -> WorkOrderState:
    """The state that the reports make of it: complete, it is closed by a value in tolerance; a value out of tolerance holds nothing."""
    state = steps(order.state, wanted)[-1] if wanted is not None and moves(order, wanted) else order.state
    return WorkOrderState.CLOSED if state is WorkOrderState.COMPLETED and verdict is Verdict.IN_TOLERANCE else state
