"""Checkpoints, judged measurements, non-conformances and certificates."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from contracts.gauges import DecisionRule
from contracts.model import Contract, Instant
from contracts.plan import OperationKey
from contracts.product import DispositionRule
from contracts.texts import Localised
from contracts.units import Money, Quantity, Unit

Source = Literal["gauge", "person", "simulator"]
Disposition = Literal[DispositionRule, "use_as_is"]
"""What is done about a non-conformance (ISO 9000:2015, 3.12): the quality plan leads to rework and remake, a concession to use as is."""


class Verdict(StrEnum):
    IN_TOLERANCE = "in_tolerance"
    OUT_OF_TOLERANCE = "out_of_tolerance"
    NOT_PROVEN = "not_proven"
    """Within the guard band of a limit: neither in nor out of tolerance is proven (guarded decision rule alone)."""
    BY_CONCESSION = "by_concession"
    """Out of tolerance, and accepted by its customer: on certificates and passports alone, never of a value that was just taken."""


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
    rule: DecisionRule = Field(default="simple", exclude_if=lambda rule: rule == "simple")
    """By which it was judged."""
    uncertainty: Quantity | None = Field(default=None, exclude_if=lambda uncertainty: uncertainty is None)
    """Expanded uncertainty (k = 2) of its gauge; None: not known."""
    gauge_overdue: bool = Field(default=False, exclude_if=lambda overdue: not overdue)
    """Its gauge's calibration was over when it was taken."""


class NonConformance(Contract):
    """A piece that does not meet a characteristic, and what is done about it."""

    nonconformance: str
    order: str
    plant: str
    key: OperationKey
    measurement: JudgedMeasurement | None
    """None when the piece was scrapped by report."""
    disposition: Disposition
    restart: tuple[int, ...]
    rework_s: int | None
    raised_at: Instant


class ConcessionState(StrEnum):
    PROPOSED = "proposed"
    """A person of quality proposes it; a second one has to approve."""
    ASKED = "asked"
    """The customer is asked."""
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    """Nobody answered in time: it counts as declined."""
    REFUSED = "refused"
    """A person of quality refused it, or took it back."""
    LAPSED = "lapsed"
    """Overtaken: the values that it names are not the ones of the piece any more, or the piece is not made any more."""


class Concession(Contract):
    """Permission to use a piece as it is although it does not meet a requirement (ISO 9000:2015, 3.12.5).

    A person of quality proposes it, a second one approves, the customer agrees to exactly these values.
    """

    concession: str
    nonconformance: str
    order: str
    plant: str
    piece: str
    measurements: tuple[JudgedMeasurement, ...]
    """Every value of the failed run that is not in tolerance."""
    reason: str
    """Why the piece can be used, for the file; not told to the customer."""
    meaning: str
    """What the deviation means for whoever uses the piece, in plain words."""
    reduction: Money | None
    """What the customer gets back when they accept."""
    days: int
    """Business days of twenty-four hours that each of the two answers may take."""
    state: ConcessionState
    until: Instant
    """When the answer that is awaited counts as a no."""
    proposed_by: str
    proposed_at: Instant
    approved_by: str | None = None
    approved_at: Instant | None = None
    settled_by: str | None = None
    """Who gave the last answer: the customer's principal or a person of quality; None when nobody did."""
    settled_at: Instant | None = None


class GrantedConcession(Contract):
    """What a certificate says of an accepted concession."""

    concession: str
    nonconformance: str
    measurements: tuple[str, ...]
    proposed_by: str
    approved_by: str
    agreed_at: Instant
    """When the customer agreed."""


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
    concessions: tuple[GrantedConcession, ...] = Field(default=(), exclude_if=lambda granted: not granted)
    issued_at: Instant
    simulated: bool
    """True when any value came from a simulator; marked across the page."""
