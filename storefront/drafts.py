"""The designs in which a customer changes an order, beside what is ordered."""

from collections.abc import Mapping

from contracts.access import Principal
from contracts.model import Contract
from contracts.ports import Outline
from contracts.problems import NotFound, NotPermitted
from contracts.product import Price
from storefront.engine.comparison import Difference, differences
from storefront.shop import Shop
from storefront.tables import OrderRow
from storefront.viewing import OrderView, PieceView


class PieceDraft(Contract):
    """A piece and the design that may take its place; without one (not the customer's, or gone) nothing of it is said."""

    piece: PieceView
    design: str
    revision: int | None = None
    price: Price | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def changes(self) -> bool:
        """Something of the piece would be made otherwise."""
        return bool(self.differences) and self.piece.completed_at is None


def drafts_of(shop: Shop, principal: Principal, order: OrderView, designs: Mapping[str, str]) -> list[PieceDraft]:
    """Each piece beside its draft. ``designs``: the design of a piece, where it is another than the ordered one."""
    return [_beside(shop, principal, piece, designs.get(piece.piece, piece.design)) for piece in order.pieces]


def _beside(shop: Shop, principal: Principal, piece: PieceView, design: str) -> PieceDraft:
    outline = _outline(shop, principal, design)
    if outline is None:
        return PieceDraft(piece=piece, design=design)
    ordered = shop.specifications.specification(piece.specification_sha256)
    return PieceDraft(
        piece=piece,
        design=design,
        revision=outline.revision,
        price=outline.specification.price,
        differences=differences(ordered, outline.specification),
    )


def _outline(shop: Shop, principal: Principal, design: str) -> Outline | None:
    try:
        return shop.designs.outline(design, principal)
    except (NotFound, NotPermitted):
        return None


def open_draft(shop: Shop, principal: Principal, order: OrderView, piece: str) -> str:
    """A design in which the principal may change the piece. Raises NotFound for a piece that the order does not have, TooLate."""
    named = next((each for each in order.pieces if each.piece == piece), None)
    if named is None:
        raise NotFound("piece", piece)
    with shop.ledger.reading() as session:
        buyer = session.get_one(OrderRow, order.order).owner
    return shop.designs.draft(named.design, named.revision, buyer, principal)
