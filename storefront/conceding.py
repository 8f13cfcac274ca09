"""The customer's answer: may a piece that is not quite as ordered be sent as it is?"""

from sqlmodel import Session, col, select

from contracts.access import Principal
from contracts.events import ConcessionAsked, ConcessionSettled
from contracts.problems import NotFound
from contracts.product import Price
from contracts.quality import ConcessionState
from contracts.texts import Message
from contracts.units import Money
from ledger.unit_of_work import LedgerTransaction
from storefront.books import locked_order, money, tell, write_letter
from storefront.engine.concessions import AskedConcession, asked_of
from storefront.engine.tax import tax_within
from storefront.settling import give_back
from storefront.shop import Shop
from storefront.tables import ConcessionRow, OrderRow, PieceRow
from storefront.timeline import keep_concession, show


def answer(shop: Shop, principal: Principal, order: str, concession: str, accepted: bool) -> None:
    """Once; the same answer again changes nothing. Raises NotFound, ConcessionRefused when nobody asks (any more)."""
    with shop.ledger.transaction(principal) as transaction:
        row = locked_order(transaction.session, order)
        if row is None or transaction.session.get(ConcessionRow, concession) is None:
            raise NotFound("concession", concession)
        known = _known(transaction.session, concession)
        settled = shop.concessions.answer_concession(transaction, order, concession, accepted)
        if known.state is not settled.state:
            keep_concession(transaction.session, settled)
            row.version += 1
            if settled.state is ConcessionState.ACCEPTED and settled.reduction is not None:
                _reduce(transaction, row, settled.piece, settled.reduction)
            facts = {"accepted": accepted, "reduction_minor": 0 if settled.reduction is None else settled.reduction.amount}
            transaction.audit("concession.answer", concession, plant=row.plant, facts=facts)
        transaction.outcome({"order": order})


def asked(session: Session, order: str) -> tuple[AskedConcession, ...]:
    """Every question about the order's pieces, newest first."""
    rows = session.exec(select(ConcessionRow).where(ConcessionRow.order_id == order).order_by(col(ConcessionRow.concession).desc())).all()
    return tuple(AskedConcession.model_validate(row.content) for row in rows)


def concession_asked(transaction: LedgerTransaction, row: OrderRow, event: ConcessionAsked) -> None:
    """The customer is asked on the order's page and by letter."""
    show(transaction.session, event)
    first = event.concession.measurements[0]
    params = {"characteristic": first.label, "until": event.concession.until}
    number = tell(transaction.session, row, Message(id="storefront.story.asked", params=params), transaction.now, event.concession.piece)
    write_letter(transaction, row, "asked", number, **params, concession=event.concession.concession)


def concession_settled(transaction: LedgerTransaction, row: OrderRow, event: ConcessionSettled) -> None:
    """What became of the question; who was never asked is told nothing."""
    show(transaction.session, event)
    asked_for = asked_of(event.concession)
    if asked_for is None:
        row.version += 1
        return
    message = Message(id=f"storefront.story.concession_{asked_for.state.value}")
    number = tell(transaction.session, row, message, asked_for.settled_at or transaction.now, asked_for.piece)
    write_letter(transaction, row, f"concession_{asked_for.state.value}", number)


def _known(session: Session, concession: str) -> AskedConcession:
    return AskedConcession.model_validate(session.get_one(ConcessionRow, concession).content)


def _reduce(transaction: LedgerTransaction, row: OrderRow, piece: str, reduction: Money) -> None:
    """The order costs less, its tax too, and the difference goes back."""
    percent = Price.model_validate(transaction.session.get_one(PieceRow, piece).price).tax_percent
    row.reduction_amount += reduction.amount
    row.tax_amount -= tax_within(reduction, percent).amount
    give_back(transaction, row, money(row, reduction.amount))
