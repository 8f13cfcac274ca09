"""After the delivery: a customer says what is wrong with a piece, service staff answer."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Table, case
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from contracts.access import Principal
from contracts.listing import Part, Question
from contracts.model import Contract, Instant
from contracts.problems import FieldProblem, InvalidInput, NotFound, TransitionRefused
from contracts.texts import Localised, Message
from ledger.identifiers import new_id
from ledger.listing import Listing
from storefront.books import locked_order, pieces_of, tell, write_letter
from storefront.engine.complaints import KINDS, LONGEST, REMEDIES, Kind, Remedy, may_complain
from storefront.shop import Shop
from storefront.tables import ComplaintRow, PieceRow
from storefront.viewing import require_owner

STATES = ("open", "answered")
_COMPLAINT: Table = ComplaintRow.__table__  # type: ignore[attr-defined]
_PIECE: Table = PieceRow.__table__  # type: ignore[attr-defined]


class Complaint(Contract):
    """``words`` and ``answer`` are empty once the person was erased."""

    complaint: str
    order: str
    piece: str
    product: Localised
    kind: Kind
    words: str
    opened_at: Instant
    remedy: Remedy | None
    answer: str
    answered_at: Instant | None

    @property
    def state(self) -> str:
        return "open" if self.answered_at is None else "answered"


class ListedComplaint(Contract):
    """As the list shows it: nothing that the customer wrote."""

    complaint: str
    order: str
    piece: str
    product: Localised
    kind: Kind
    state: str
    remedy: Remedy | None
    opened_at: Instant
    answered_at: Instant | None


def complain(shop: Shop, principal: Principal, order: str, key: str | None, piece: str, kind: str, words: str) -> str:
    """The complaint's id. Raises NotFound for somebody else's order, InvalidInput, TransitionRefused."""
    require_owner(shop, principal, order, key)
    with shop.ledger.transaction(principal) as transaction:
        row = locked_order(transaction.session, order)
        if row is None:
            raise NotFound("order", order)
        pieces = [each.id for each in pieces_of(transaction.session, order)]
        faults = (
            *(() if piece in pieces else (FieldProblem("/piece", "storefront.complaint.piece"),)),
            *(() if kind in KINDS else (FieldProblem("/kind", "storefront.complaint.kind"),)),
            *_wrong(words, "/words"),
        )
        if faults:
            raise InvalidInput(errors=faults)
        waiting = select(ComplaintRow.id).where(ComplaintRow.piece == piece, col(ComplaintRow.answered_at).is_(None))
        may_complain(row.shipped_at, transaction.session.exec(waiting).first() is not None)
        identifier = new_id("complaint")
        transaction.session.add(
            ComplaintRow(
                id=identifier,
                order_id=order,
                piece=piece,
                person=row.person,
                kind=kind,
                words=transaction.seal(row.person, {"words": words.strip()}),
                opened_at=transaction.now,
            )
        )
        number = tell(transaction.session, row, Message(id="storefront.story.complained"), transaction.now, piece)
        write_letter(transaction, row, "complained", number)
        transaction.audit("complaint.open", identifier, plant=row.plant, facts={"kind": kind, "piece": piece})
        transaction.outcome({"complaint": identifier})
    return identifier


def answer(shop: Shop, principal: Principal, complaint: str, remedy: str, words: str) -> None:
    """What is done about it, once. Raises NotFound, InvalidInput, TransitionRefused when somebody has answered."""
    with shop.ledger.transaction(principal) as transaction:
        found = transaction.session.get(ComplaintRow, complaint, with_for_update=True)
        row = None if found is None else locked_order(transaction.session, found.order_id)
        if found is None or row is None:
            raise NotFound("complaint", complaint)
        faults = (
            *(() if remedy in REMEDIES else (FieldProblem("/remedy", "storefront.complaint.remedy_needed"),)),
            *_wrong(words, "/answer"),
        )
        if faults:
            raise InvalidInput(errors=faults)
        if found.answered_at is not None:
            raise TransitionRefused("complaint", "answered", "answered")
        found.remedy, found.answer = remedy, transaction.seal(found.person, {"words": words.strip()})
        found.answered_at, found.answered_by = transaction.now, principal.id
        transaction.session.add(found)
        number = tell(transaction.session, row, Message(id=f"storefront.story.answered.{remedy}"), transaction.now, found.piece)
        write_letter(transaction, row, "answered", number)
        transaction.audit("complaint.answer", complaint, plant=row.plant, facts={"remedy": remedy})


def of_order(shop: Shop, order: str) -> list[Complaint]:
    """Newest first; for whoever may read the customer's words."""
    with shop.ledger.reading() as session:
        rows = session.exec(select(ComplaintRow).where(ComplaintRow.order_id == order).order_by(col(ComplaintRow.id).desc())).all()
        return [_complaint(shop, session, row) for row in rows]


def one(shop: Shop, complaint: str) -> Complaint:
    """Raises NotFound."""
    with shop.ledger.reading() as session:
        row = session.get(ComplaintRow, complaint)
        if row is None:
            raise NotFound("complaint", complaint)
        return _complaint(shop, session, row)


def listed(shop: Shop, question: Question) -> Part[ListedComplaint]:
    """Every complaint, those that wait first."""
    at = _COMPLAINT.c
    state = case((at.answered_at.is_(None), 0), else_=1)
    listing = Listing(
        rows=select_columns(at.id, at.order_id, at.piece, at.kind, at.remedy, at.opened_at, at.answered_at, _PIECE.c.family_label).join(
            _PIECE, _PIECE.c.id == at.piece
        ),
        identity=at.id,
        sorts={"complaint": at.id, "order": at.order_id, "state": state, "opened_at": at.opened_at, "answered_at": at.answered_at},
        searched=(at.id, at.order_id, at.piece),
        filters={
            "state": lambda wanted: at.answered_at.is_(None) if wanted == "open" else at.answered_at.is_not(None),
            "kind": lambda kind: at.kind == kind,
        },
    )
    with shop.ledger.reading() as session:
        return listing.answer(session, question).of(_row)


def _row(row: Row[Any]) -> ListedComplaint:
    return ListedComplaint(
        complaint=row.id,
        order=row.order_id,
        piece=row.piece,
        product=Localised.model_validate(row.family_label),
        kind=row.kind,
        state="open" if row.answered_at is None else "answered",
        remedy=row.remedy,
        opened_at=row.opened_at,
        answered_at=row.answered_at,
    )


def _complaint(shop: Shop, session: Session, row: ComplaintRow) -> Complaint:
    piece = session.get_one(PieceRow, row.piece)
    return Complaint.model_validate(
        {
            "complaint": row.id,
            "order": row.order_id,
            "piece": row.piece,
            "product": piece.family_label,
            "kind": row.kind,
            "words": _opened(shop, session, row.person, row.words),
            "opened_at": row.opened_at,
            "remedy": row.remedy,
            "answer": _opened(shop, session, row.person, row.answer),
            "answered_at": row.answered_at,
        }
    )


def _opened(shop: Shop, session: Session, person: str, sealed: bytes | None) -> str:
    if sealed is None:
        return ""
    try:
        content: Mapping[str, Any] = shop.ledger.vault.open_content(session, person, sealed)
    except NotFound:
        return ""
    return str(content["words"])


def _wrong(words: str, pointer: str) -> tuple[FieldProblem, ...]:
    said = words.strip()
    return () if 0 < len(said) <= LONGEST else (FieldProblem(pointer, "storefront.complaint.words_needed", {"most": LONGEST}),)
