"""What the storefront stores: orders, payments, baskets and the projection that the tracking page reads.

Rows carry person ids; names and addresses live in the ledger's encrypted columns alone.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from ledger.columns import Json, UtcInstant


class OrderRow(SQLModel, table=True):
    """An order; ``version`` grows by one with every change that its page shows."""

    __tablename__ = "storefront_order"

    id: str = Field(primary_key=True)
    plant: str
    person: str = Field(index=True)
    """Whose name and address it goes to; the values live with the ledger's people."""
    customer: bytes
    """``storefront.requests.Customer``, sealed under the person's key."""
    owner: str = Field(index=True)
    """The principal who ordered: a signed-in person or a guest's session."""
    request_key: str | None = Field(default=None, unique=True)
    """Hash of who asked and their idempotency key: the same request finds the same order."""
    request_sha256: str
    state: str = Field(index=True)
    version: int = 1
    language: str
    currency: str
    goods_amount: int
    delivery_amount: int
    tax_amount: int
    """Tax within goods and delivery, less the reduction."""
    reduction_amount: int = 0
    """What the customer got back for pieces that they took as they are."""
    promised_at: datetime = Field(sa_type=UtcInstant)
    expected_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    choice_open: bool = False
    """The promise moved and the customer has not chosen yet."""
    created_at: datetime = Field(sa_type=UtcInstant)
    expires_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    """Real time; while held."""
    placed_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    pick_up_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    shipped_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class PieceRow(SQLModel, table=True):
    """One piece of an order; a changed piece stays as a row with ``replaced_at``."""

    __tablename__ = "storefront_piece"

    id: str = Field(primary_key=True)
    order_id: str = Field(index=True)
    position: int
    design: str
    revision: int
    family: str
    family_label: dict[str, Any] = Field(sa_type=Json)
    specification_sha256: str
    price: dict[str, Any] = Field(sa_type=Json)
    """``contracts.product.Price``."""
    completed_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    certificate: str | None = None
    replaced_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class PaymentRow(SQLModel, table=True):
    """A payment of an order; its id is the key under which the provider knows it."""

    __tablename__ = "storefront_payment"

    id: str = Field(primary_key=True)
    order_id: str = Field(index=True)
    method: str
    state: str
    """``storefront.payment.PaymentState``."""
    amount: int
    currency: str
    refund_amount: int = 0
    """What is to go back in all; ``refunded_amount`` has gone."""
    refunded_amount: int = 0
    at: datetime = Field(sa_type=UtcInstant)


class SandboxPaymentRow(SQLModel, table=True):
    """The sandbox provider's own book, as a real provider would keep it on its side."""

    __tablename__ = "storefront_sandbox_payment"

    id: str = Field(primary_key=True)
    accepted: bool
    amount: int
    currency: str
    refunded_amount: int = 0
    at: datetime = Field(sa_type=UtcInstant)


class BasketRow(SQLModel, table=True):
    """The designs in somebody's basket."""

    __tablename__ = "storefront_basket"

    owner: str = Field(primary_key=True)
    designs: list[str] = Field(sa_type=Json)
    changed_at: datetime = Field(sa_type=UtcInstant)


class StoryRow(SQLModel, table=True):
    """One sentence that the customer was told: a message id with parameters. A record, kept as it was told."""

    __tablename__ = "storefront_story"
    __table_args__ = (UniqueConstraint("order_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    order_id: str = Field(index=True)
    number: int
    piece: str | None = None
    message: dict[str, Any] = Field(sa_type=Json)
    at: datetime = Field(sa_type=UtcInstant)


class StepRow(SQLModel, table=True):
    """One operation of one piece as the customer follows it. Projection, rebuilt from events."""

    __tablename__ = "storefront_step"

    piece: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    attempt: int = Field(primary_key=True)
    order_id: str = Field(index=True)
    label: dict[str, Any] = Field(sa_type=Json)
    state: str
    """``waiting``, ``running``, ``paused``, ``done``, ``repeated`` (a later attempt takes its place) or ``withdrawn`` (not needed)."""
    started_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    completed_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class MeasuredRow(SQLModel, table=True):
    """A judged measurement of a piece. Projection, rebuilt from events."""

    __tablename__ = "storefront_measured"

    measurement: str = Field(primary_key=True)
    order_id: str = Field(index=True)
    piece: str
    sequence: int
    attempt: int
    content: dict[str, Any] = Field(sa_type=Json)
    """``contracts.quality.JudgedMeasurement``."""


class NonConformanceRow(SQLModel, table=True):
    """Why a piece was held. Projection, rebuilt from events."""

    __tablename__ = "storefront_nonconformance"

    nonconformance: str = Field(primary_key=True)
    order_id: str = Field(index=True)
    piece: str
    raised_at: datetime = Field(sa_type=UtcInstant)
    closed_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class ConcessionRow(SQLModel, table=True):
    """A question whether a piece may be as it is, as its customer was asked. Projection, rebuilt from events."""

    __tablename__ = "storefront_concession"

    concession: str = Field(primary_key=True)
    order_id: str = Field(index=True)
    piece: str
    content: dict[str, Any] = Field(sa_type=Json)
    """``storefront.conceding.AskedConcession``."""


class PromiseChangeRow(SQLModel, table=True):
    """A date that moved, why, and what the customer chose."""

    __tablename__ = "storefront_promise_change"
    __table_args__ = (UniqueConstraint("order_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    order_id: str = Field(index=True)
    number: int
    at: datetime = Field(sa_type=UtcInstant)
    old_promised_at: datetime = Field(sa_type=UtcInstant)
    new_promised_at: datetime = Field(sa_type=UtcInstant)
    cause: dict[str, Any] = Field(sa_type=Json)
    choice: str | None = None
    """``wait``, ``change`` or ``cancel``; None while open, or when the date came back by itself."""
    chosen_at: datetime | None = Field(default=None, sa_type=UtcInstant)


class ComplaintRow(SQLModel, table=True):
    """What a customer says is wrong with a delivered piece. Their words and our answer are sealed under the person's key."""

    __tablename__ = "storefront_complaint"

    id: str = Field(primary_key=True)
    order_id: str = Field(index=True)
    piece: str
    person: str
    kind: str
    """``storefront.engine.complaints.Kind``."""
    words: bytes
    opened_at: datetime = Field(sa_type=UtcInstant)
    remedy: str | None = None
    """``storefront.engine.complaints.Remedy``; None while it waits for an answer."""
    answer: bytes | None = None
    answered_at: datetime | None = Field(default=None, sa_type=UtcInstant)
    answered_by: str | None = None


class PaperRow(SQLModel, table=True):
    """A pressed paper of an order, found by what it was made of."""

    __tablename__ = "storefront_paper"

    content_sha256: str = Field(primary_key=True)
    order_id: str = Field(index=True)
    language: str
    file_sha256: str
    pressed_at: datetime = Field(sa_type=UtcInstant)
