"""Which pressed papers exist, and ordering the ones that do not: a paper is found by all that it was made of."""

from typing import Any

from contracts.access import SYSTEM
from contracts.model import Contract, Instant, sha256_of
from contracts.texts import Language
from contracts.units import Money
from ledger.unit_of_work import LedgerTransaction
from storefront.shop import Shop
from storefront.tables import PaperRow
from storefront.viewing import order_for_papers

PRESS = "storefront.press_confirmation"
CONFIRMATION_EDITION = 6
"""Raised when the paper's form changes, so that it is pressed anew."""


class Confirmed(Contract):
    """All that the confirmation says of an order, without any personal value: papers are kept as files."""

    order: str
    specifications: tuple[str, ...]
    goods: Money
    delivery: Money
    reduction: Money
    tax: Money
    total: Money
    promised_at: Instant
    placed_at: Instant | None


def confirmation_content(shop: Shop, order: str, language: Language) -> dict[str, Any]:
    """What the confirmation is made of now; the same content is the same paper. Raises NotFound."""
    view = order_for_papers(shop, order)
    facts = view.model_dump(include=set(Confirmed.model_fields) - {"specifications"})
    confirmed = Confirmed(**facts, specifications=tuple(piece.specification_sha256 for piece in view.pieces))
    return {"confirmation": confirmed.model_dump(mode="json"), "edition": CONFIRMATION_EDITION, "language": language}


def have_pressed(shop: Shop, order: str, language: Language) -> str:
    """Have the confirmation pressed when it is asked for first, or anew; the job's id. Asking twice is one job."""
    with shop.ledger.transaction(SYSTEM) as transaction:
        return transaction.enqueue(PRESS, f"{order}:{language}", {"order": order, "language": language})


def find_paper(shop: Shop, content: dict[str, Any]) -> bytes | None:
    """The paper made of exactly this content."""
    with shop.ledger.reading() as session:
        row = session.get(PaperRow, sha256_of(content))
    return None if row is None else shop.ledger.files.get(row.file_sha256)


def keep_paper(
    shop: Shop, transaction: LedgerTransaction, order: str, language: Language, content: dict[str, Any], file_sha256: str
) -> None:
    """Remember a pressed paper; pressing the same content twice keeps the first."""
    identity = sha256_of(content)
    if transaction.session.get(PaperRow, identity) is None:
        pressed_at = transaction.real_now
        transaction.session.add(
            PaperRow(content_sha256=identity, order_id=order, language=language, file_sha256=file_sha256, pressed_at=pressed_at)
        )
