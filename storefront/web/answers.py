"""What the order API answers."""

from contracts.model import Contract, Instant
from contracts.order import OrderState
from contracts.product import Price
from contracts.units import Country, Money
from storefront.engine.changes import Effect
from storefront.engine.concessions import AskedConcession
from storefront.requests import Customer
from storefront.viewing import OrderView, PromiseMove, StepView, StoryEntry


class Links(Contract):
    """Addresses that open the order, with its key when the caller is the buyer."""

    self: str
    events: str
    confirmation: str
    certificate: str | None
    page: str


class DeliveredDesign(Contract):
    design: str
    revision: int
    price: Money
    promised_at: Instant | None
    """For the country that was asked for: what an order there may expect."""


class DeliveryAnswer(Contract):
    """What designs would cost and when they would come if they were ordered to a country now; nothing is held."""

    country: Country
    designs: tuple[DeliveredDesign, ...]
    delivery: Money
    total: Money
    promised_at: Instant | None


class PieceAnswer(Contract):
    piece: str
    design: str
    revision: int
    family: str
    specification_sha256: str
    price: Money
    price_breakdown: Price
    completed_at: Instant | None
    certificate: str | None
    steps: tuple[StepView, ...]


class OrderAnswer(Contract):
    order: str
    version: int
    state: OrderState
    promised_at: Instant
    expected_at: Instant | None
    price: Money
    """All that is paid: goods and delivery, tax included."""
    goods: Money
    delivery: Money
    reduction: Money
    tax: Money
    paid: Money
    pieces: tuple[PieceAnswer, ...]
    moves: tuple[PromiseMove, ...]
    concessions: tuple[AskedConcession, ...]
    """What the buyer is or was asked about a piece that is not quite as ordered, newest first."""
    story: tuple[StoryEntry, ...]
    choice_open: bool
    placed_at: Instant | None
    expires_at: Instant | None
    shipped_at: Instant | None
    delivered_at: Instant | None
    cancelled_at: Instant | None
    customer: Customer | None
    key: str | None
    """Opens the order without a session; keep it like a password. Given to the buyer only."""
    links: Links


class ConcessionAnswer(Contract):
    """True: the piece may be sent as it is. False: it is put right or made again."""

    accepted: bool


class EffectAnswer(Contract):
    order: str
    state: OrderState
    effect: Effect


class DraftAnswer(Contract):
    """The design in which the piece is changed; name both in the change."""

    piece: str
    design: str


def order_answer(view: OrderView, key: str | None) -> OrderAnswer:
    """The order as a program reads it."""
    here, opens = f"/api/v1/orders/{view.order}", f"?key={key}" if key else ""
    made = any(piece.certificate for piece in view.pieces)
    same = set(OrderAnswer.model_fields) - {"price", "pieces", "key", "links"}
    return OrderAnswer.model_validate(
        {
            **view.model_dump(include=same),
            "price": view.total,
            "pieces": [
                {
                    **piece.model_dump(include=set(PieceAnswer.model_fields) - {"price"}),
                    "price": piece.price.total,
                    "price_breakdown": piece.price,
                }
                for piece in view.pieces
            ],
            "key": key,
            "links": Links(
                self=f"{here}{opens}",
                events=f"{here}/events{opens}",
                confirmation=f"{here}/confirmation.pdf{opens}",
                certificate=f"{here}/certificate.pdf{opens}" if made else None,
                page=f"/orders/{view.order}{opens}",
            ),
        }
    )
