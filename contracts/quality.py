"""Checkpoints, judged measurements, non-conformances and certificates."""

from enum import StrEnum
from typing import Literal

from contracts.model import Contract, Instant
from contracts.plan import OperationKey
from contracts.product import DispositionRule
from contracts.texts import Localised
from contracts.units import Unit

Source = Literal["gauge", "person", "simulator"]


class Verdict(StrEnum):
    IN_TOLERANCE = "in_tolerance"
    OUT_OF_TOLERANCE = "out_of_tolerance"


class JudgedMeasurement(Contract):
    measurement: str
    key: OperationKey
    checkpoint: str
    characteristic: str
    label: Localised
    nominal: int
    lower: int
    upper: int
    unit: Unit
    value: int
    verdict: Verdict
    gauge: str
    gauge_label: Localised
    source: Source
    at: Instant


class NonConformance(Contract):
    """A piece that does not meet a characteristic, and what is done about it."""

    nonconformance: str
    order: str
    plant: str
    key: OperationKey
    measurement: JudgedMeasurement | None
    """None when the piece was scrapped by report."""
    disposition: DispositionRule
    restart: tuple[int, ...]
    rework_s: int | None
    raised_at: Instant


class TracedMaterial(Contract):
    """Material of one lot that went into a piece."""

    key: OperationKey
    """The run that used it."""
    item: str
    lot: str | None
    quantity: int
    unit: str


class Certificate(Contract):
    """The record behind a certificate of conformity of one piece."""

    certificate: str
    order: str
    piece: str
    specification_sha256: str
    measurements: tuple[JudgedMeasurement, ...]
    nonconformances: tuple[str, ...]
    materials: tuple[TracedMaterial, ...] = ()
    issued_at: Instant
    simulated: bool
    """True when any value came from a simulator; marked across the page."""
