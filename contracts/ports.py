"""What one room needs of another; the wiring hands in who answers."""

from collections.abc import Sequence
from typing import Protocol

from contracts.access import Principal
from contracts.events import Event
from contracts.gauges import InspectionRules
from contracts.model import Contract, Day, Instant
from contracts.plan import OperationKey
from contracts.product import WHOLE, Choice, ManufacturingSpecification, Price
from contracts.promise import PieceDemand, PromiseQuote, PromiseRequest, Reservation
from contracts.quality import Concession
from contracts.texts import Language, Localised
from contracts.units import Country, Money


class Transaction(Protocol):
    """An open unit of work, opaque to everyone but the ledger."""

    def emit(self, event: Event) -> None: ...


class PromiseDates(Protocol):
    """Capable-to-promise without reserving (scheduler → configurator, storefront). Takes no lock."""

    def quote(self, requests: Sequence[PromiseRequest]) -> list[PromiseQuote]:
        """One quote a request, each against the live plan alone (they do not compete with each other)."""
        ...


class Reservations(Protocol):
    """Capacity booked inside the caller's transaction (scheduler → storefront)."""

    def reserve(
        self,
        transaction: Transaction,
        order: str,
        pieces: Sequence[PieceDemand],
        expires_at: Instant | None,
        country: Country | None = None,
    ) -> Reservation:
        """Book slots for all operations now. ``country``: where it goes, None: where it went before. Raises NoPromise."""
        ...

    def send_to(self, transaction: Transaction, order: str, country: Country) -> Reservation:
        """A held order goes to another country: the same slots, the date for there. Raises TransitionRefused."""
        ...

    def confirm(self, transaction: Transaction, order: str, promised_at: Instant) -> None:
        """Make a held reservation firm under the promised date."""
        ...

    def release(self, transaction: Transaction, order: str) -> None:
        """Give the capacity back; unknown or already released orders are no error."""
        ...


class Shipment(Contract):
    """When the carrier takes what is finished, and by when the customer has it."""

    pick_up_at: Instant
    delivered_by: Instant


class Shipping(Protocol):
    """The plant's carrier, by the rule that promises are computed with (scheduler → storefront)."""

    def home(self) -> Country:
        """Where a date is for until an address is known."""
        ...

    def served(self, countries: Sequence[Country]) -> list[Country]:
        """Those of the countries that are delivered to."""
        ...

    def date_for(self, promised_at: Instant, country: Country) -> Instant:
        """What a date that was quoted for home is for another country that is served."""
        ...

    def shipment(self, transaction: Transaction, order: str, finished_at: Instant) -> Shipment: ...


class WishedTerms(Contract):
    """What a design's owner wishes of it; told to the owner alone."""

    price: Money | None
    """The most that it may cost, with tax."""
    date: Day | None
    """The latest day of delivery, as the shop's customers count days."""


class Offer(Contract):
    """What a buyer sees of a design: its reference product with price and date."""

    design: str
    revision: int
    family: str
    family_label: Localised
    orderable: bool
    """False while own, confirmed measures are missing."""
    price: Price
    promised_at: Instant | None
    """Delivered in the plant's home country (``Shipping.home``)."""
    title: Localised
    choices: tuple[Choice, ...] = ()
    """What the product is made with, its measures left out."""
    wished: WishedTerms | None = None


class FrozenDesign(Contract):
    """A design turned into a stored specification."""

    design: str
    revision: int
    specification_sha256: str
    specification: ManufacturingSpecification


class Outline(Contract):
    """What a design would be made as if it were ordered now."""

    design: str
    revision: int
    specification: ManufacturingSpecification


class Designs(Protocol):
    """Designs for sale (configurator → storefront)."""

    def offer(self, design: str, principal: Principal) -> Offer: ...

    def outline(self, design: str, principal: Principal) -> Outline:
        """The principal's design as it stands, without drawings; nothing is stored. Raises NotFound, NotPermitted for somebody else's."""
        ...

    def draft(self, design: str, revision: int, buyer: str, principal: Principal) -> str:
        """A design in which the principal may change what was ordered; ``buyer``: whose measures may go with it. Raises NotFound."""
        ...

    def prepare(self, design: str) -> None:
        """Have ready in memory what freezing stores; outside of any transaction. Freezing refuses an unknown design."""
        ...

    def freeze(self, transaction: Transaction, design: str, revision: int, principal: Principal) -> FrozenDesign:
        """Store the specification with its files. Raises StaleRevision, DesignIncomplete."""
        ...

    def catalogue(self, language: Language) -> "list[CatalogueEntry]": ...

    def forget_person(self, transaction: Transaction, person: str) -> None:
        """Unlink the person's designs and destroy the key of the measures in them."""
        ...


class CatalogueEntry(Contract):
    family: str
    version: str
    label: Localised
    description: Localised
    from_price: Money
    drawing_svg: str = ""
    """The default product, drawn to scale, with its texts in the language that was asked for."""
    earliest_at: Instant | None = None
    """The date that the default product would be promised now."""


class Specifications(Protocol):
    """Frozen specifications by hash (configurator → scheduler, mes_bridge, storefront)."""

    def specification(self, sha256: str) -> ManufacturingSpecification:
        """Raises NotFound."""
        ...

    def drawing_svg(self, sha256: str, language: Language, picture: str = WHOLE) -> str:
        """A stored picture of a frozen specification, in one of the languages it was frozen in. Raises NotFound."""
        ...


class Consequence(Contract):
    order: str
    old_expected_at: Instant
    new_expected_at: Instant


class PieceProgress(Contract):
    """Where each operation of an order stands in the live plan (scheduler → storefront pages that need a fresh answer)."""

    key: OperationKey
    label: Localised
    machine: str
    state: str
    start_at: Instant
    end_at: Instant


class OpenPiece(Contract):
    """A piece that is ordered and not yet made, given up or sent, with the revision of its design that was ordered."""

    order: str
    design: str
    revision: int


class OpenOrders(Protocol):
    """What is on order (storefront → configurator)."""

    def open_pieces(self, family: str) -> list[OpenPiece]: ...


class AwaitedOrder(Protocol):
    """What whoever waits for something of an order may know."""

    @property
    def promised_at(self) -> Instant: ...

    @property
    def expected_at(self) -> Instant | None: ...

    @property
    def cancelled_at(self) -> Instant | None: ...


class OrderAccess(Protocol):
    """Who may see an order (storefront → mes_bridge's papers)."""

    def order(self, principal: Principal, order: str, key: str | None = None) -> AwaitedOrder:
        """The order for its buyer, the holder of its key, or staff. Raises NotFound for everybody else."""
        ...


class Concessions(Protocol):
    """What customers are asked about failed pieces (mes_bridge → storefront)."""

    def answer_concession(self, transaction: Transaction, order: str, concession: str, accepted: bool) -> Concession:
        """The customer's answer, in the caller's transaction. The same answer again changes nothing.

        Raises NotFound, ConcessionRefused when nobody asks (any more).
        """
        ...


class Inspection(Protocol):
    """By which rules values are judged (scheduler's plant file → mes_bridge)."""

    def inspection_rules(self, transaction: Transaction | None = None) -> InspectionRules:
        """The published plant's, as of now; in the caller's transaction when there is one."""
        ...


class ShopFloor(Protocol):
    """What the shop has in its hands (mes_bridge → scheduler)."""

    def in_hand(self) -> frozenset[OperationKey]:
        """Operations that somebody leased, acknowledged or began and has not finished."""
        ...


class PlanView(Protocol):
    def progress(self, order: str) -> list[PieceProgress]: ...
