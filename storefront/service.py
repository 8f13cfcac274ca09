"""The storefront room's use cases: each is told in the file of its subject."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from contracts.access import Principal
from contracts.events import (
    ConcessionAsked,
    ConcessionSettled,
    MeasurementJudged,
    NonConformanceClosed,
    NonConformanceRaised,
    NonConformanceWithdrawn,
    OperationCompleted,
    OperationPaused,
    OperationsReleased,
    OperationStarted,
    OrderPlanned,
    PieceCompleted,
    PromiseChanged,
)
from contracts.gs1 import piece_path, serial_of
from contracts.listing import Part, Question
from contracts.model import Instant
from contracts.order import OrderSummary
from contracts.ports import (
    CatalogueEntry,
    Concessions,
    Designs,
    Offer,
    OpenPiece,
    Reservations,
    Shipping,
    Specifications,
    Transaction,
    WishedTerms,
)
from contracts.product import ManufacturingSpecification
from contracts.texts import Language, Localised
from contracts.units import Country, Money
from ledger.second_factor import SecondFactors
from ledger.sign_in import OpenSession, SignIns
from ledger.staff import StaffAccounts
from ledger.unit_of_work import Ledger, LedgerTransaction, ledger_transaction
from storefront import (
    baskets,
    cancelling,
    changing,
    complaints,
    conceding,
    drafts,
    following,
    holding,
    listing,
    papers,
    people,
    placing,
    rebuilding,
    settling,
    viewing,
)
from storefront.atwork import AtWork, at_work
from storefront.baskets import BasketView
from storefront.complaints import Complaint, ListedComplaint
from storefront.drafts import PieceDraft
from storefront.engine.changes import Effect
from storefront.engine.shipping import COUNTRIES, delivery_price, not_served
from storefront.engine.wished import WishKept, wish_kept
from storefront.keys import OrderKeys
from storefront.listing import ListedOrder
from storefront.now import Now
from storefront.payment import Payments, Sandbox
from storefront.pieces import open_pieces
from storefront.rebuilding import Rebuilt
from storefront.requests import ChangeOrder, Customer, PlaceOrder
from storefront.shop import Shop
from storefront.viewing import OrderView


class Service:
    """People buying. Built once a process by the wiring."""

    def __init__(
        self,
        ledger: Ledger,
        designs: Designs,
        specifications: Specifications,
        reservations: Reservations,
        shipping: Shipping,
        concessions: Concessions,
        *,
        secret: str,
        plant: str,
        time_zone: str,
        payments: Payments | None = None,
    ) -> None:
        """``secret`` signs the links of orders, ``time_zone`` is the plant's."""
        self.shop = Shop(
            ledger=ledger,
            designs=designs,
            specifications=specifications,
            reservations=reservations,
            payments=payments or Sandbox(ledger),
            keys=OrderKeys(secret),
            plant=plant,
            shipping=shipping,
            concessions=concessions,
            time_zone=ZoneInfo(time_zone),
        )

    # Buying

    def catalogue(self, language: Language) -> list[CatalogueEntry]:
        return self.shop.designs.catalogue(language)

    def offer(self, principal: Principal, design: str) -> Offer:
        """Raises NotFound."""
        return self.shop.designs.offer(design, principal)

    def at_work(self) -> AtWork:
        return at_work(self.shop)

    def payment_methods(self) -> tuple[str, ...]:
        return self.shop.payments.methods()

    def basket(self, principal: Principal) -> BasketView:
        return baskets.view_basket(self.shop, principal)

    def put_in_basket(self, principal: Principal, design: str) -> None:
        baskets.put_in(self.shop, principal, design)

    def take_out_of_basket(self, principal: Principal, *designs: str) -> None:
        baskets.take_out(self.shop, principal, *designs)

    def home(self) -> Country:
        """Where an offer's date is for."""
        return self.shop.shipping.home()

    def countries(self) -> list[Country]:
        """Where we deliver."""
        return self.shop.shipping.served(COUNTRIES)

    def delivery(self, goods: Money, country: Country) -> Money:
        """What delivery costs. Raises InvalidInput for a country that we do not deliver to."""
        if not self.shop.shipping.served([country]):
            raise not_served()
        return delivery_price(goods, country)

    def date_for(self, promised_at: Instant, country: Country) -> Instant:
        """What an offer's date is for the country."""
        return self.shop.shipping.date_for(promised_at, country)

    def held_terms(self, principal: Principal, designs: Sequence[tuple[str, int]]) -> tuple[dict[str, Any], Customer] | None:
        """What is held for the principal of just these designs and revisions, and for whom; None when nothing is."""
        return holding.held_terms(self.shop, principal, designs)

    def wish_kept(self, wished: WishedTerms, price: Money, promised_at: Instant | None) -> WishKept:
        """Whether an offer keeps what was wished of it; ``promised_at``: at the buyer's, wherever that is."""
        return wish_kept(wished, price, promised_at and promised_at.astimezone(self.shop.time_zone).date())

    def minutes_until(self, end: Instant) -> int:
        """Whole minutes of real time that are left, 0 when it is over."""
        return max(0, int((end - self.shop.ledger.clock.real_now()).total_seconds()) // 60)

    def place_order(self, principal: Principal, wanted: PlaceOrder, request: str | None) -> str:
        """See ``placing``; the order's id."""
        return placing.place_order(self.shop, principal, wanted, request)

    def cancel_order(self, principal: Principal, order: str, key: str | None) -> Effect:
        """Raises NotFound for an order of somebody else, TooLate."""
        viewing.require_owner(self.shop, principal, order, key)
        return cancelling.cancel_order(self.shop, principal, order)

    def wait_for_order(self, principal: Principal, order: str, key: str | None) -> None:
        """The customer takes the new date. Raises NotFound, TransitionRefused."""
        viewing.require_owner(self.shop, principal, order, key)
        cancelling.wait_for_it(self.shop, principal, order)

    def change_order(self, principal: Principal, order: str, key: str | None, wanted: ChangeOrder) -> Effect:
        """See ``changing``."""
        viewing.require_owner(self.shop, principal, order, key)
        return changing.change_order(self.shop, principal, order, wanted)

    def open_draft(self, principal: Principal, order: str, key: str | None, piece: str) -> str:
        """The design in which whoever may change the order changes the piece, on any device. Raises NotFound."""
        viewing.require_owner(self.shop, principal, order, key)
        return drafts.open_draft(self.shop, principal, viewing.order_for_papers(self.shop, order), piece)

    def answer_concession(self, principal: Principal, order: str, key: str | None, concession: str, accepted: bool) -> None:
        """See ``conceding``."""
        viewing.require_owner(self.shop, principal, order, key)
        conceding.answer(self.shop, principal, order, concession, accepted)

    def drafts(self, principal: Principal, order: OrderView, designs: Mapping[str, str]) -> list[PieceDraft]:
        """Each piece of the order beside the design that may take its place."""
        return drafts.drafts_of(self.shop, principal, order, designs)

    # Looking

    def order(self, principal: Principal, order: str, key: str | None = None) -> OrderView:
        return viewing.view_order(self.shop, principal, order, key)

    def all_orders(self) -> set[str]:
        """Every order that was ever held or placed; identifiers alone."""
        return viewing.all_orders(self.shop)

    def orders(self, principal: Principal) -> list[OrderSummary]:
        return viewing.orders_of(self.shop, principal)

    def own_orders(self, principal: Principal, page: int, size: int) -> tuple[list[OrderView], bool]:
        """A page of the principal's own orders, newest first, and whether there are more."""
        return viewing.own_views(self.shop, principal, page, size)

    def last_address(self, principal: Principal) -> Customer | None:
        """Where the principal's newest order goes."""
        return viewing.last_address(self.shop, principal)

    def listed_orders(self, question: Question) -> Part[ListedOrder]:
        """Every order, as a list for staff."""
        with self.shop.ledger.reading() as session:
            return listing.orders(session, question)

    def ordered_families(self) -> list[tuple[str, Localised]]:
        """Every family that was ordered, with its name."""
        with self.shop.ledger.reading() as session:
            return listing.families(session)

    def open_pieces(self, family: str) -> list[OpenPiece]:
        """What is on order of a family."""
        with self.shop.ledger.reading() as session:
            return open_pieces(session, family)

    def orders_with(self, principal: Principal, designs: Sequence[str]) -> list[str]:
        """The principal's orders of any of the designs that may still be changed."""
        return viewing.orders_with(self.shop, principal, designs)

    def drawings(self, view: OrderView, language: Language) -> list[str]:
        """The drawing of each piece, as SVG."""
        return [self.shop.specifications.drawing_svg(piece.specification_sha256, language) for piece in view.pieces]

    def care(self, view: OrderView) -> list[tuple[Localised, ...]]:
        """How each piece is looked after, once they have left the plant."""
        return [each.care for each in self.specifications(view)] if view.shipped_at else []

    def passports(self, view: OrderView) -> list[tuple[Localised, str]]:
        """Each finished piece, by its family's name, and where its passport is."""
        made = [(piece, each.gtin) for piece, each in zip(view.pieces, self.specifications(view), strict=True) if piece.completed_at]
        return [(piece.family_label, piece_path(gtin, serial_of(piece.piece))) for piece, gtin in made if gtin is not None]

    def specifications(self, view: OrderView) -> list[ManufacturingSpecification]:
        """What each piece is made as."""
        return [self.shop.specifications.specification(piece.specification_sha256) for piece in view.pieces]

    def picture(self, now: Now, language: Language) -> str:
        """The picture of what is being made, as SVG."""
        return self.shop.specifications.drawing_svg(now.specification_sha256, language, now.picture)

    def order_key(self, order: str) -> str:
        """The key that opens the order without signing in."""
        return self.shop.keys.key(order)

    def is_mine(self, principal: Principal, order: str, key: str | None) -> bool:
        """Whether the principal, or the key, is the buyer's."""
        return viewing.is_owner(self.shop, principal, order, key)

    def order_version(self, order: str) -> int:
        return viewing.version_of(self.shop, order)

    def rings(self) -> int:
        return self.shop.ledger.doorbell.rings

    def wait_for_ring(self, timeout_s: float, since: int) -> bool:
        """Until something was committed anywhere; False when ``timeout_s`` ran out."""
        return self.shop.ledger.doorbell.wait(timeout_s, since)

    def confirmation(self, order: str, language: Language) -> bytes | str:
        """The pressed confirmation, or the id of the job that presses it. Raises NotFound."""
        found = papers.find_paper(self.shop, papers.confirmation_content(self.shop, order, language))
        return found if found is not None else papers.have_pressed(self.shop, order, language)

    # After the delivery

    def complain(self, principal: Principal, order: str, key: str | None, piece: str, kind: str, words: str) -> str:
        return complaints.complain(self.shop, principal, order, key, piece, kind, words)

    def answer_complaint(self, principal: Principal, complaint: str, remedy: str, answer: str) -> None:
        complaints.answer(self.shop, principal, complaint, remedy, answer)

    def complaint(self, complaint: str) -> Complaint:
        """Raises NotFound."""
        return complaints.one(self.shop, complaint)

    def complaints_about(self, order: str) -> list[Complaint]:
        """Of an order, newest first."""
        return complaints.of_order(self.shop, order)

    def listed_complaints(self, question: Question) -> Part[ListedComplaint]:
        return complaints.listed(self.shop, question)

    # People

    def sign_in(self, name: str, password: str, device: str = "") -> tuple[Principal | None, str]:
        """Who that is, and the session's token; nobody yet while it waits for the second factor. Raises NotSignedIn, TooManyRequests."""
        token = StaffAccounts(self.shop.ledger).sign_in(name, password, device)
        return SignIns(self.shop.ledger).principal(token), token

    def waits_for_code(self, token: str) -> bool:
        return SignIns(self.shop.ledger).waiting(token) is not None

    def give_code(self, token: str, code: str, device: str = "") -> tuple[Principal | None, str]:
        """Who that is, and the session's token. Raises NotSignedIn, InvalidInput, TooManyRequests."""
        begun = StaffAccounts(self.shop.ledger).give_code(token, code, device)
        return SignIns(self.shop.ledger).principal(begun), begun

    def sign_out(self, token: str) -> None:
        SignIns(self.shop.ledger).end(token)

    def open_sessions(self, principal: Principal, token: str) -> list[OpenSession]:
        return SignIns(self.shop.ledger).of(principal, token)

    def end_session(self, principal: Principal, identifier: str) -> None:
        """Raises NotFound."""
        SignIns(self.shop.ledger).end_one(principal, identifier)

    def end_other_sessions(self, principal: Principal, token: str) -> int:
        return SignIns(self.shop.ledger).end_others(principal, token)

    def change_password(self, principal: Principal, token: str, current: str, new: str) -> None:
        """Raises NotFound, InvalidInput at ``/current`` or ``/password``, TooManyRequests."""
        StaffAccounts(self.shop.ledger).change_password(principal, token, current, new)

    def second_factors(self) -> SecondFactors:
        return SecondFactors(self.shop.ledger)

    def give_up_second_factor(self, principal: Principal, code: str) -> None:
        """One's own, shown once more. Raises InvalidInput, TransitionRefused, TooManyRequests."""
        StaffAccounts(self.shop.ledger).give_up_second_factor(principal, code)

    def export_personal(self, principal: Principal) -> dict[str, Any]:
        return people.export_personal(self.shop, principal)

    def erase_personal(self, principal: Principal) -> int:
        return people.erase_personal(self.shop, principal)

    # Hearing from the other rooms

    def on_order_planned(self, transaction: Transaction, event: OrderPlanned) -> None:
        following.order_planned(ledger_transaction(transaction), event)

    def on_operations_released(self, transaction: Transaction, event: OperationsReleased) -> None:
        following.operations_released(ledger_transaction(transaction), event)

    def on_operation_started(self, transaction: Transaction, event: OperationStarted) -> None:
        following.operation_started(ledger_transaction(transaction), event)

    def on_operation_paused(self, transaction: Transaction, event: OperationPaused) -> None:
        following.operation_paused(ledger_transaction(transaction), event)

    def on_operation_completed(self, transaction: Transaction, event: OperationCompleted) -> None:
        following.operation_completed(ledger_transaction(transaction), event)

    def on_measurement_judged(self, transaction: Transaction, event: MeasurementJudged) -> None:
        following.measurement_judged(ledger_transaction(transaction), event)

    def on_nonconformance_raised(self, transaction: Transaction, event: NonConformanceRaised) -> None:
        following.nonconformance_raised(ledger_transaction(transaction), event)

    def on_nonconformance_closed(self, transaction: Transaction, event: NonConformanceClosed) -> None:
        following.nonconformance_closed(ledger_transaction(transaction), event)

    def on_nonconformance_withdrawn(self, transaction: Transaction, event: NonConformanceWithdrawn) -> None:
        following.nonconformance_withdrawn(ledger_transaction(transaction), event)

    def on_concession_asked(self, transaction: Transaction, event: ConcessionAsked) -> None:
        following.concession_asked(ledger_transaction(transaction), event)

    def on_concession_settled(self, transaction: Transaction, event: ConcessionSettled) -> None:
        following.concession_settled(ledger_transaction(transaction), event)

    def on_piece_completed(self, transaction: Transaction, event: PieceCompleted) -> None:
        following.piece_completed(ledger_transaction(transaction), event, self.shop.shipping)

    def on_promise_changed(self, transaction: Transaction, event: PromiseChanged) -> None:
        following.promise_changed(ledger_transaction(transaction), event)

    def rebuild(self) -> Rebuilt:
        """Make every timeline anew from the events."""
        return rebuilding.rebuild(self.shop)

    # Due and long work

    def agenda(self) -> dict[str, Callable[[LedgerTransaction, dict[str, Any]], None]]:
        return {
            holding.EXPIRE: lambda transaction, content: holding.expire(self.shop, transaction, content["order"]),
            following.PICK_UP: lambda transaction, content: following.picked_up(transaction, content["order"]),
            following.DELIVERY: lambda transaction, content: following.delivered(transaction, content["order"]),
            settling.SETTLE: lambda transaction, content: settling.order_settling(transaction, content["order"]),
        }
