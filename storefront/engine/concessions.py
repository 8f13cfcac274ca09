"""What a customer is asked about a piece that is not as it should be, and what they are told of the answer."""

from contracts.model import Contract, Instant
from contracts.quality import Concession, ConcessionState, JudgedMeasurement
from contracts.units import Money


class AskedConcession(Contract):
    """The question, without what quality notes for its own file."""

    concession: str
    piece: str
    measurements: tuple[JudgedMeasurement, ...]
    """Not in tolerance."""
    meaning: str
    reduction: Money | None
    """What the customer gets back when they accept."""
    state: ConcessionState
    until: Instant
    """No answer by then counts as declined."""
    asked_at: Instant
    settled_at: Instant | None

    @property
    def waits(self) -> bool:
        return self.state is ConcessionState.ASKED


def asked_of(concession: Concession) -> AskedConcession | None:
    """None when the customer was never asked."""
    if concession.approved_at is None:
        return None
    shared = set(AskedConcession.model_fields) - {"asked_at"}
    return AskedConcession(**concession.model_dump(include=shared), asked_at=concession.approved_at)
