"""Messages of a manufacturing execution system that come together in one request, and what each of them is answered."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.model import Contract
from contracts.work_order import LeaseReference, MachineStateReport, MeasurementReport, Name, Report


class BundledAcknowledgement(Contract):
    type: Literal["acknowledgement"]
    work_order: Name
    content: LeaseReference


class BundledReport(Contract):
    type: Literal["report"]
    work_order: Name
    content: Report


class BundledMeasurement(Contract):
    type: Literal["measurement"]
    content: MeasurementReport


class BundledMachineState(Contract):
    type: Literal["machine-state"]
    content: MachineStateReport


Bundled = Annotated[BundledAcknowledgement | BundledReport | BundledMeasurement | BundledMachineState, Field(discriminator="type")]
"""``content`` is the body that the message would have as a request of its own."""


class Bundle(Contract):
    """Taken in their order, as if they had been sent one after the other."""

    messages: tuple[Bundled, ...] = Field(min_length=1, max_length=200)
