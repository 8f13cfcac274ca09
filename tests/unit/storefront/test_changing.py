"""Changes and cancellations: previews change nothing, differences are paid or given back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlmodel import select

from contracts.access import SYSTEM
from contracts.events import OperationStarted, OrderCancelled, OrderChanged
from contracts.order import OrderState
from contracts.problems import InvalidInput, NotFound, PaymentRefused, PromiseMoved, StaleRevision, TooLate
from contracts.units import Money
from ledger.tables import EventRow
from storefront.payment import Authorisation, PaymentState
from storefront.requests import ChangeOrder, Expected
from storefront.tables import PaymentRow, SandboxPaymentRow
from tests.conftest import START
from tests.unit.storefront.fakes import GUEST, OTHER, Shopfront, eur, specification
from tests.unit.storefront.test_following import Followed
from tests.unit.storefront.test_placing import run_out


def change(revision: int, preview: bool = False, **more: object) -> ChangeOrder:
    return ChangeOrder.model_validate({"designs": [{"design": "design_1", "revision": revision, **more}], "preview": preview})


def redesign(shop: Shopfront, net: int) -> None:
    shop.studio.designs["design_1"].append(specification(net, "green"))


def settle(shop: Shopfront, order: str) -> dict[str, tuple[int, int]]:
    """Run the settling job; what the provider took and gave back for each payment."""
    from storefront.settling import settle as run

    run(shop.service.shop, order)
    with shop.ledger.reading() as session:
        return {row.id: (row.amount, row.refunded_amount) for row in session.exec(select(SandboxPaymentRow)).all()}


def test_a_preview_says_what_it_would_come_to_and_changes_nothing(shop: Shopfront) -> None:
    followed = Followed(shop)
    redesign(shop, 300_000)
    before = followed.view
    effect = shop.service.change_order(GUEST, followed.order, None, change(2, preview=True))
    assert effect.to_pay == eur(119_000)
    assert followed.view == before
    assert shop.plant.firm == {followed.order: shop.promised_at}


def test_a_dearer_design_is_paid_for_and_reserved_anew(shop: Shopfront) -> None:
    followed = Followed(shop)
    followed.planned()
    redesign(shop, 300_000)
    shop.plant.promised_at += timedelta(days=1)
    old = followed.piece()
    effect = shop.service.change_order(GUEST, followed.order, None, change(2))
    view = followed.view
    assert effect.after is not None
    assert view.total == effect.after.total == eur(357_000)
    assert view.paid == view.total
    assert view.promised_at == shop.plant.promised_at == shop.plant.firm[followed.order]
    assert view.pieces[0].piece != old
    assert view.pieces[0].revision == 2
    assert view.state == OrderState.PLANNED
    with shop.ledger.reading() as session:
        changed = session.exec(select(EventRow).where(EventRow.type == OrderChanged.type)).one()
    assert changed.content["pieces"][0]["piece"] == view.pieces[0].piece


def test_a_cheaper_design_brings_the_difference_back_once(shop: Shopfront) -> None:
    followed = Followed(shop)
    redesign(shop, 150_000)
    shop.service.change_order(GUEST, followed.order, None, change(2))
    assert followed.view.paid == eur(178_500)
    for _ in range(2):
        assert list(settle(shop, followed.order).values()) == [(238_000, 59_500)]


def test_a_change_that_got_worse_than_expected_is_refused_and_nothing_is_taken(shop: Shopfront) -> None:
    followed = Followed(shop)
    redesign(shop, 300_000)
    seen = Expected(price=eur(357_000), promised_at=shop.promised_at)
    shop.plant.promised_at += timedelta(days=1)
    with pytest.raises(PromiseMoved):
        shop.service.change_order(GUEST, followed.order, None, change(2, expected=seen.model_dump()))
    assert followed.view.pieces[0].revision == 1
    assert len(settle(shop, followed.order)) == 1


def test_the_difference_can_be_refused(shop: Shopfront, monkeypatch: pytest.MonkeyPatch) -> None:
    followed = Followed(shop)
    redesign(shop, 300_000)

    def refuse(key: str, amount: Money, method: str) -> Authorisation:
        raise PaymentRefused({"method": method})

    monkeypatch.setattr(shop.service.shop.payments, "authorise", refuse)
    with pytest.raises(PaymentRefused):
        shop.service.change_order(GUEST, followed.order, None, change(2))
    assert followed.view.pieces[0].revision == 1
    assert followed.view.paid == followed.view.total


def test_once_begun_a_change_is_too_late_until_the_date_moves(shop: Shopfront) -> None:
    followed = Followed(shop)
    followed.started(1)
    redesign(shop, 200_000)
    with pytest.raises(TooLate):
        shop.service.change_order(GUEST, followed.order, None, change(2))
    followed.moved(3)
    shop.service.change_order(GUEST, followed.order, None, change(2))
    view = followed.view
    assert view.state == OrderState.PLANNED
    assert not view.choice_open
    assert view.moves[0].choice == "change"


def test_reports_about_a_replaced_piece_come_too_late(shop: Shopfront) -> None:
    followed = Followed(shop)
    old = followed.key(1)
    redesign(shop, 200_000)
    shop.service.change_order(GUEST, followed.order, None, change(2))
    followed.hear(OperationStarted(order=followed.order, plant="riverside", key=old, name="cut", machine="M1", at=START))
    assert followed.view.state == OrderState.PLACED


def test_of_two_pieces_one_changes_and_the_other_stays(shop: Shopfront) -> None:
    followed = Followed(shop, "design_1", "design_2")
    redesign(shop, 250_000)
    shop.service.change_order(GUEST, followed.order, None, change(2))
    assert [(piece.design, piece.revision) for piece in followed.view.pieces] == [("design_1", 2), ("design_2", 1)]
    assert shop.plant.booked[followed.order] == 2


def test_once_material_is_cut_no_unchanged_piece_is_thrown_away(shop: Shopfront) -> None:
    followed = Followed(shop, "design_1", "design_2")
    followed.started(1)
    followed.moved(2)
    redesign(shop, 250_000)
    with pytest.raises(InvalidInput) as refused:
        shop.service.change_order(GUEST, followed.order, None, change(2))
    assert refused.value.errors[0].message == "storefront.change.all_pieces"


def test_a_change_must_say_which_piece_it_means(shop: Shopfront) -> None:
    followed = Followed(shop, "design_1", "design_2")
    wanted = ChangeOrder.model_validate({"designs": [{"design": "design_9", "revision": 1}], "preview": False})
    with pytest.raises(InvalidInput):
        shop.service.change_order(GUEST, followed.order, None, wanted)


def test_a_stale_revision_changes_nothing(shop: Shopfront) -> None:
    followed = Followed(shop)
    with pytest.raises(StaleRevision):
        shop.service.change_order(GUEST, followed.order, None, change(7))
    assert followed.view.pieces[0].revision == 1


def test_cancelling_gives_capacity_and_money_back_once(shop: Shopfront) -> None:
    followed = Followed(shop)
    effect = shop.service.cancel_order(GUEST, followed.order, None)
    assert effect.to_refund == eur(238_000)
    assert shop.plant.booked == {}
    for _ in range(2):
        assert list(settle(shop, followed.order).values()) == [(238_000, 238_000)]
    with pytest.raises(TooLate) as late:
        shop.service.cancel_order(GUEST, followed.order, None)
    assert late.value.params["reason"].id == "storefront.too_late.cancelled"
    with shop.ledger.reading() as session:
        assert len(session.exec(select(EventRow).where(EventRow.type == OrderCancelled.type)).all()) == 1
    assert followed.letters() == ["placed", "cancelled"]


def test_an_order_of_somebody_else_cannot_be_touched(shop: Shopfront) -> None:
    followed = Followed(shop)
    key = shop.service.order_key(followed.order)
    for wrong in (None, "", "x" * len(key), shop.service.order_key("order_other")):
        with pytest.raises(NotFound):
            shop.service.cancel_order(OTHER, followed.order, wrong)
    with pytest.raises(NotFound):
        shop.service.cancel_order(SYSTEM, followed.order, None)
    shop.service.cancel_order(OTHER, followed.order, key)


class Died(BaseException):
    """The process was killed."""


@contextmanager
def dies_after_the_provider_answered(shop: Shopfront) -> Iterator[None]:
    """The payment is authorised, but nobody is left to hear of it."""
    payments = shop.service.shop.payments
    real = payments.authorise

    def dies(key: str, amount: Money, method: str) -> Authorisation:
        real(key, amount, method)
        raise Died

    payments.authorise = dies  # type: ignore[method-assign]
    with pytest.raises(Died):
        yield
    payments.authorise = real  # type: ignore[method-assign]


def an_hour_goes_by(shop: Shopfront) -> None:
    with shop.ledger.transaction(SYSTEM) as transaction:
        for payment in transaction.session.exec(select(PaymentRow)).all():
            payment.at -= timedelta(hours=1)


def kept(shop: Shopfront, order: str) -> int:
    return sum(taken - given_back for taken, given_back in settle(shop, order).values())


def test_an_authorisation_that_nobody_heard_of_is_voided(shop: Shopfront) -> None:
    with dies_after_the_provider_answered(shop):
        shop.service.place_order(GUEST, shop.wanted(), "key-1")
    order = next(iter(shop.plant.booked))
    run_out(shop, order)
    assert kept(shop, order) == 0
    with shop.ledger.reading() as session:
        assert [row.state for row in session.exec(select(PaymentRow)).all()] == [PaymentState.VOIDED]


def test_the_same_request_goes_on_where_the_first_one_died(shop: Shopfront) -> None:
    with dies_after_the_provider_answered(shop):
        shop.service.place_order(GUEST, shop.wanted(), "key-1")
    order = shop.service.place_order(GUEST, shop.wanted(), "key-1")
    assert shop.service.order(GUEST, order).state == OrderState.PLACED
    assert list(settle(shop, order).values()) == [(238_000, 0)]


def test_a_hold_taken_up_by_another_request_is_paid_once(shop: Shopfront) -> None:
    with dies_after_the_provider_answered(shop):
        shop.service.place_order(GUEST, shop.wanted(), "key-1")
    order = shop.service.place_order(GUEST, shop.wanted(), "key-2")
    an_hour_goes_by(shop)
    assert kept(shop, order) == 238_000


def test_a_change_that_died_after_its_payment_gives_it_back(shop: Shopfront) -> None:
    followed = Followed(shop)
    redesign(shop, 300_000)
    with dies_after_the_provider_answered(shop):
        shop.service.change_order(GUEST, followed.order, None, change(2))
    assert kept(shop, followed.order) == 238_000 + 119_000
    an_hour_goes_by(shop)
    assert kept(shop, followed.order) == 238_000
    assert followed.view.total == eur(238_000)
