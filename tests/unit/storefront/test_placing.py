"""Orders: held, paid, placed; refused, moved, repeated, run out."""

from datetime import timedelta

import pytest
from sqlmodel import select

from contracts.access import Principal, Role
from contracts.events import OrderExpired, OrderHeld, OrderPlaced
from contracts.order import OrderState
from contracts.problems import IdempotencyMismatch, InvalidInput, NoPromise, PaymentRefused, PromiseMoved, StaleRevision, TransitionRefused
from contracts.units import Money
from ledger.tables import EventRow, OutsideRow
from storefront.payment import REFUSED_CARD, Authorisation
from storefront.settling import settle
from storefront.tables import OrderRow, PaymentRow, SandboxPaymentRow
from tests.unit.storefront.fakes import GUEST, OTHER, Shopfront, eur, rider


def events(shop: Shopfront, *types: str) -> list[str]:
    with shop.ledger.reading() as session:
        return [row.type for row in session.exec(select(EventRow).order_by(EventRow.seq)).all() if not types or row.type in types]


def test_an_order_is_held_then_placed_with_its_events_and_letter(shop: Shopfront) -> None:
    order = shop.service.place_order(GUEST, shop.wanted(), "key-1")
    view = shop.service.order(GUEST, order)
    assert view.state == OrderState.PLACED
    assert view.total == eur(238_000)
    assert view.paid == view.total
    assert view.promised_at == shop.promised_at
    assert events(shop) == [OrderHeld.type, OrderPlaced.type]
    assert shop.plant.firm == {order: shop.promised_at}
    with shop.ledger.reading() as session:
        letters = session.exec(select(OutsideRow)).all()
    assert [(letter.channel, letter.content["letter"]) for letter in letters] == [("mail", "placed")]


def test_the_same_request_again_finds_the_same_order_and_pays_once(shop: Shopfront) -> None:
    first = shop.service.place_order(GUEST, shop.wanted(), "key-1")
    assert shop.service.place_order(GUEST, shop.wanted(), "key-1") == first
    with shop.ledger.reading() as session:
        assert len(session.exec(select(SandboxPaymentRow)).all()) == 1


def test_another_body_under_the_same_key_is_a_mismatch(shop: Shopfront) -> None:
    shop.service.place_order(GUEST, shop.wanted(), "key-1")
    with pytest.raises(IdempotencyMismatch):
        shop.service.place_order(GUEST, shop.wanted("design_2"), "key-1")


def test_a_worse_date_is_refused_with_the_new_terms_held_and_agreed_to_later(shop: Shopfront) -> None:
    shop.plant.promised_at += timedelta(days=3)
    with pytest.raises(PromiseMoved) as moved:
        shop.service.place_order(GUEST, shop.wanted(), "key-1")
    extra = moved.value.extra
    assert extra["promised_at"] == "2026-12-14T22:59:59Z"
    assert extra["designs"][0]["price"] == {"amount": 238_000, "currency": "EUR"}
    assert list(shop.plant.booked.values()) == [1]
    shop.promised_at = shop.plant.promised_at
    order = shop.service.place_order(GUEST, shop.wanted(hold=extra["hold"]["order"]), "key-2")
    assert order == extra["hold"]["order"]
    assert shop.service.order(GUEST, order).promised_at == shop.promised_at
    assert list(shop.plant.booked.values()) == [1]


def test_nothing_is_charged_for_terms_that_the_buyer_did_not_see(shop: Shopfront) -> None:
    shop.plant.promised_at += timedelta(days=3)
    for key in ("key-1", "key-1", None):
        with pytest.raises(PromiseMoved):
            shop.service.place_order(GUEST, shop.wanted(), key)
    with shop.ledger.reading() as session:
        assert session.exec(select(PaymentRow)).all() == []
    assert len(shop.plant.booked) == 1


def test_a_better_date_leaves_the_shown_one_as_the_promise(shop: Shopfront) -> None:
    shop.plant.promised_at -= timedelta(days=2)
    order = shop.service.place_order(GUEST, shop.wanted(), None)
    assert shop.plant.firm[order] == shop.promised_at


def test_delivery_that_the_buyer_did_not_see_is_no_silent_charge(shop: Shopfront) -> None:
    shop.studio.designs["design_1"] = [
        shop.studio.designs["design_2"][0].model_copy(update={"price": shop.studio.offer("design_2", GUEST).price})
    ]
    abroad = rider(country="US")
    with pytest.raises(PromiseMoved) as moved:
        shop.service.place_order(GUEST, shop.wanted(customer=abroad), None)
    assert moved.value.extra["delivery"] == eur(14_900).model_dump()
    order = shop.service.place_order(GUEST, shop.wanted(customer=abroad, expected_total=eur(119_000 + 14_900)), None)
    assert shop.service.order(GUEST, order).delivery == eur(14_900)


def test_a_country_that_is_not_served_is_refused_before_anything_is_held(shop: Shopfront) -> None:
    shop.plant.unserved = {"US"}
    with pytest.raises(InvalidInput) as refused:
        shop.service.place_order(GUEST, shop.wanted(customer=rider(country="US")), "key-1")
    assert [(fault.pointer, fault.message) for fault in refused.value.errors] == [
        ("/customer/country", "storefront.field.country_not_served")
    ]
    assert shop.plant.booked == {}


def test_a_hold_that_goes_to_another_country_has_the_date_for_there(shop: Shopfront) -> None:
    far = rider(country="CN", postcode="200000")
    with pytest.raises(PromiseMoved) as moved:
        shop.service.place_order(GUEST, shop.wanted(customer=far), "key-1")
    held = moved.value.extra["hold"]["order"]
    later = shop.promised_at + timedelta(days=2)
    assert moved.value.extra["promised_at"] == later.isoformat().replace("+00:00", "Z")
    near = shop.service.place_order(GUEST, shop.wanted(hold=held), "key-2")
    assert near == held
    assert shop.service.order(GUEST, near).promised_at == shop.promised_at


def test_a_refused_card_keeps_the_hold_for_another_card(shop: Shopfront) -> None:
    with pytest.raises(PaymentRefused) as refused:
        shop.service.place_order(GUEST, shop.wanted(payment=REFUSED_CARD), "key-1")
    held = refused.value.extra["hold"]["order"]
    assert shop.service.order(GUEST, held).state == OrderState.HELD
    with pytest.raises(PaymentRefused):
        shop.service.place_order(GUEST, shop.wanted(payment=REFUSED_CARD), "key-1")
    assert shop.service.place_order(GUEST, shop.wanted(), "key-2") == held
    assert events(shop, OrderPlaced.type) == [OrderPlaced.type]


def test_a_hold_of_somebody_else_is_not_taken_up(shop: Shopfront) -> None:
    with pytest.raises(PaymentRefused):
        shop.service.place_order(GUEST, shop.wanted(payment=REFUSED_CARD), None)
    shop.service.place_order(OTHER, shop.wanted(), None)
    assert len(shop.plant.booked) == 2


def test_no_capacity_leaves_nothing_behind(shop: Shopfront) -> None:
    shop.plant.room = 0
    with pytest.raises(NoPromise):
        shop.service.place_order(GUEST, shop.wanted(), "key-1")
    with shop.ledger.reading() as session:
        assert session.exec(select(OrderRow)).all() == []
    assert events(shop) == []


def test_a_stale_revision_is_refused(shop: Shopfront) -> None:
    wanted = shop.wanted()
    shop.studio.designs["design_1"].append(shop.studio.designs["design_2"][0])
    with pytest.raises(StaleRevision):
        shop.service.place_order(GUEST, wanted, None)


def test_an_order_of_two_pieces_comes_to_the_sum_and_the_later_date(shop: Shopfront) -> None:
    order = shop.service.place_order(GUEST, shop.wanted("design_1", "design_2"), None)
    view = shop.service.order(GUEST, order)
    assert [piece.position for piece in view.pieces] == [1, 2]
    assert view.goods == eur(238_000 + 119_000)
    assert view.tax == eur(38_000 + 19_000)
    assert shop.plant.booked[order] == 2


def run_out(shop: Shopfront, order: str) -> None:
    """As if fifteen minutes had gone by."""
    with shop.ledger.transaction(GUEST) as transaction:
        transaction.session.get_one(OrderRow, order).expires_at = transaction.real_now - timedelta(seconds=1)
    with shop.ledger.transaction(GUEST) as transaction:
        shop.service.agenda()["storefront.expire_hold"](transaction, {"order": order})


def test_a_hold_that_runs_out_frees_capacity_and_forgets_the_person(shop: Shopfront) -> None:
    with pytest.raises(PaymentRefused) as refused:
        shop.service.place_order(GUEST, shop.wanted(payment=REFUSED_CARD), "key-1")
    order = refused.value.extra["hold"]["order"]
    run_out(shop, order)
    view = shop.service.order(GUEST, order)
    assert view.state == OrderState.EXPIRED
    assert view.customer is None
    assert shop.plant.booked == {}
    assert events(shop, OrderExpired.type) == [OrderExpired.type]
    with pytest.raises(TransitionRefused):
        shop.service.place_order(GUEST, shop.wanted(payment=REFUSED_CARD), "key-1")


def test_a_hold_does_not_run_out_early(shop: Shopfront) -> None:
    with pytest.raises(PaymentRefused) as refused:
        shop.service.place_order(GUEST, shop.wanted(payment=REFUSED_CARD), None)
    order = refused.value.extra["hold"]["order"]
    with shop.ledger.transaction(GUEST) as transaction:
        shop.service.agenda()["storefront.expire_hold"](transaction, {"order": order})
    assert shop.service.order(GUEST, order).state == OrderState.HELD


def test_a_hold_taken_up_by_another_request_is_not_paid_by_the_first(shop: Shopfront, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first payment is under way, another program without a session orders the same design to another address."""
    nobody = Principal(id="anonymous", role=Role.ANONYMOUS)
    payments = shop.service.shop.payments
    real = payments.authorise
    second: list[str] = []

    def slow(key: str, amount: Money, method: str) -> Authorisation:
        monkeypatch.setattr(payments, "authorise", real)
        second.append(shop.service.place_order(nobody, shop.wanted(customer=rider(name="Bo")), "key-2"))
        return real(key, amount, method)

    monkeypatch.setattr(payments, "authorise", slow)
    with pytest.raises(TransitionRefused):
        shop.service.place_order(nobody, shop.wanted(), "key-1")
    view = shop.service.order(nobody, second[0], shop.service.order_key(second[0]))
    assert view.state == OrderState.PLACED
    assert view.customer is not None
    assert view.customer.name == "Bo"
    assert view.paid == view.total
    settle(shop.service.shop, second[0])
    with shop.ledger.reading() as session:
        assert sorted(row.refunded_amount for row in session.exec(select(SandboxPaymentRow)).all()) == [0, 238_000]
