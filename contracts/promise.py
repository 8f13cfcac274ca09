"""Capable-to-promise: questions, answers and reservations."""

from contracts.model import Contract, Instant
from contracts.product import BomLine, OperationSpec
from contracts.texts import Message
from contracts.units import Country


class PromiseRequest(Contract):
    """What would have to be made: routing and materials of one piece."""

    key: str
    routing: tuple[OperationSpec, ...]
    materials: tuple[BomLine, ...]


class PromiseQuote(Contract):
    """The earliest date against the live plan; nothing is reserved.

    ``finish_at`` is the end of the last operation, ``promised_at`` that plus delivery in the plant's home country.
    ``binding`` says in a sentence what the date hangs on. ``finish_at`` and ``promised_at`` are None when the horizon holds no room.
    """

    key: str
    finish_at: Instant | None
    promised_at: Instant | None
    binding: Message
    country: Country
    """Where ``promised_at`` is for: the plant's home country."""


class PieceDemand(Contract):
    """A piece to reserve capacity for."""

    piece: str
    specification_sha256: str
    request: PromiseRequest
    weight: int = 1
    """Weight of its tardiness, 1 to 10."""


class Reservation(Contract):
    """Capacity booked for an order. A promise is a date, not a slot: later plans may move the slots while the date holds."""

    order: str
    finish_at: Instant
    promised_at: Instant
    expires_at: Instant | None
    """Real time; None once confirmed."""
