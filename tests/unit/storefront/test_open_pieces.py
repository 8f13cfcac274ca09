"""What is on order: pieces that are not made, given up or sent, with the revision that was ordered."""

from contracts.ports import OpenPiece
from tests.unit.storefront.fakes import GUEST, Shopfront
from tests.unit.storefront.test_following import Followed


def test_pieces_of_open_orders_are_told_until_they_are_made(shop: Shopfront) -> None:
    followed = Followed(shop, "design_1", "design_2")
    both = [OpenPiece(order=followed.order, design=f"design_{number}", revision=1) for number in (1, 2)]
    family = followed.view.pieces[0].family
    assert shop.service.open_pieces(family) == both
    assert shop.service.open_pieces("another") == []
    followed.made(1)
    assert shop.service.open_pieces(family) == both[1:]


def test_a_cancelled_order_has_none(shop: Shopfront) -> None:
    followed = Followed(shop, "design_1")
    shop.service.cancel_order(GUEST, followed.order, None)
    assert shop.service.open_pieces(followed.view.pieces[0].family) == []
