"""Baskets: what somebody means to buy together."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlmodel import SQLModel

from contracts.access import Principal
from contracts.model import Contract
from contracts.ports import Offer
from contracts.problems import NotFound, NotSignedIn
from ledger.unit_of_work import LedgerTransaction
from ledger.upsert import insert_new
from storefront.engine.basket import Basket, Sum, summed
from storefront.shop import NOBODY, Shop
from storefront.tables import BasketRow

_BASKET = SQLModel.metadata.tables["storefront_basket"]


class BasketView(Contract):
    """The offers in a basket and what they come to; designs that are gone have fallen out."""

    offers: tuple[Offer, ...]
    sum: Sum


def view_basket(shop: Shop, principal: Principal) -> BasketView:
    """Every design as it is offered now."""
    with shop.ledger.reading() as session:
        row = session.get(BasketRow, principal.id)
    offers = tuple(offer for design in (row.designs if row else []) if (offer := offer_of(shop, design, principal)) is not None)
    return BasketView(offers=offers, sum=summed(offers))


def offer_of(shop: Shop, design: str, principal: Principal) -> Offer | None:
    """The design as it is offered now; None when there is none such."""
    try:
        return shop.designs.offer(design, principal)
    except NotFound:
        return None


def put_in(shop: Shop, principal: Principal, design: str) -> None:
    """Raises NotFound for an unknown design, InvalidInput when the basket is full, NotSignedIn without a session to keep it in."""
    shop.designs.offer(design, principal)
    with _own(shop, principal) as transaction:
        connection = transaction.session.connection()
        empty = {"owner": principal.id, "designs": [], "changed_at": transaction.now}
        connection.execute(insert_new(connection, _BASKET, empty))
        row = transaction.session.get_one(BasketRow, principal.id, with_for_update=True)
        _keep(transaction, row, Basket(designs=tuple(row.designs)).with_design(design).designs)


def take_out(shop: Shop, principal: Principal, *designs: str) -> None:
    """Designs that are not in the basket are no error."""
    with _own(shop, principal) as transaction:
        row = transaction.session.get(BasketRow, principal.id, with_for_update=True)
        if row is not None:
            _keep(transaction, row, [design for design in row.designs if design not in designs])


def _keep(transaction: LedgerTransaction, row: BasketRow, designs: Sequence[str]) -> None:
    if list(designs) != row.designs:
        row.designs, row.changed_at = list(designs), transaction.now


@contextmanager
def _own(shop: Shop, principal: Principal) -> Iterator[LedgerTransaction]:
    if principal.id == NOBODY:
        raise NotSignedIn
    with shop.ledger.transaction(principal) as transaction:
        yield transaction
