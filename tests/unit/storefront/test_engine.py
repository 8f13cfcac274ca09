"""The pure rules: an order's life, baskets, tax, delivery, changes."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.order import TRANSITIONS, OrderState
from contracts.ports import Offer
from contracts.problems import InvalidInput, TooLate, TransitionRefused, UnitMismatch
from contracts.texts import Localised
from contracts.units import Money
from storefront.engine import order_life
from storefront.engine.basket import MOST_DESIGNS, Basket, summed
from storefront.engine.changes import Seen, Worth, as_shown, effect_of_changing, is_worse, may_cancel, may_change
from storefront.engine.order_life import OpenNonConformance, Standing
from storefront.engine.shipping import COUNTRIES, delivery_price
from storefront.engine.tax import tax_within
from tests.unit.storefront.fakes import BICYCLE, eur, price

DAY = datetime(2026, 12, 11, 23, 0, tzinfo=UTC)


def standing(state: OrderState, *completed: str, pieces: tuple[str, ...] = ("p1",), held: tuple[tuple[str, str], ...] = ()) -> Standing:
    return Standing(
        state=state,
        pieces=frozenset(pieces),
        completed=frozenset(completed),
        nonconformances=frozenset(OpenNonConformance(nonconformance=name, piece=piece) for name, piece in held),
    )


def test_facts_that_skip_a_step_still_walk_the_road() -> None:
    assert order_life.started(standing(OrderState.PLACED)).state == OrderState.IN_PRODUCTION


@pytest.mark.parametrize(
    "state", [OrderState.IN_PRODUCTION, OrderState.ON_HOLD, OrderState.SHIPPED, OrderState.CANCELLED, OrderState.EXPIRED]
)
def test_a_late_plan_takes_no_order_back(state: OrderState) -> None:
    assert order_life.planned(standing(state)).state == state
    assert order_life.released(standing(state)).state == state


def test_the_last_piece_makes_the_order_inspected() -> None:
    begun = standing(OrderState.IN_PRODUCTION, pieces=("p1", "p2"))
    half = order_life.completed(begun, "p1")
    assert half.state == OrderState.IN_PRODUCTION
    assert order_life.completed(half, "p2").state == OrderState.INSPECTED


def test_one_held_piece_holds_the_order_until_it_passes() -> None:
    begun = standing(OrderState.IN_PRODUCTION, pieces=("p1", "p2"))
    held = order_life.held(begun, OpenNonConformance(nonconformance="n1", piece="p1"))
    assert held.state == OrderState.ON_HOLD
    waiting = order_life.completed(held, "p2")
    assert waiting.state == OrderState.ON_HOLD
    assert order_life.resumed(waiting, "n1").state == OrderState.IN_PRODUCTION


def test_facts_about_strange_pieces_change_nothing() -> None:
    begun = standing(OrderState.IN_PRODUCTION)
    assert order_life.completed(begun, "p9") == begun
    assert order_life.held(begun, OpenNonConformance(nonconformance="n1", piece="p9")) == begun


def test_only_what_is_inspected_ships() -> None:
    with pytest.raises(TransitionRefused):
        order_life.shipped(standing(OrderState.IN_PRODUCTION))


def test_only_what_is_shipped_comes_into_service() -> None:
    assert order_life.delivered(standing(OrderState.SHIPPED)).state == OrderState.IN_SERVICE
    with pytest.raises(TransitionRefused):
        order_life.delivered(standing(OrderState.INSPECTED))


def test_whoever_may_cancel_or_change_can_by_the_table_of_transitions() -> None:
    for state in OrderState:
        for choice_open in (False, True):
            if may_cancel(state, choice_open).allowed:
                assert OrderState.CANCELLED in TRANSITIONS[state]
            if may_change(state, choice_open).allowed and state not in {OrderState.PLACED, OrderState.PLANNED}:
                assert OrderState.PLANNED in TRANSITIONS[state]


def test_once_material_is_cut_only_a_moved_date_opens_the_choice() -> None:
    assert not may_cancel(OrderState.IN_PRODUCTION, choice_open=False).allowed
    assert may_cancel(OrderState.ON_HOLD, choice_open=True).allowed
    with pytest.raises(TooLate) as late:
        may_cancel(OrderState.INSPECTED, choice_open=True).demand()
    assert late.value.params["reason"].id == "storefront.too_late.made"


def test_a_change_costs_or_brings_back_the_difference() -> None:
    before = Worth(total=eur(1000), promised_at=DAY)
    dearer = effect_of_changing(before, Worth(total=eur(1200), promised_at=DAY))
    cheaper = effect_of_changing(before, Worth(total=eur(700), promised_at=DAY))
    assert (dearer.to_pay, dearer.to_refund) == (eur(200), eur(0))
    assert (cheaper.to_pay, cheaper.to_refund) == (eur(0), eur(300))


def test_dearer_or_later_is_worse_and_two_currencies_do_not_compare() -> None:
    seen = Seen(total=eur(1000), promised_at=DAY)
    assert not is_worse(Worth(total=eur(1000), promised_at=DAY), seen)
    assert is_worse(Worth(total=eur(1001), promised_at=DAY), seen)
    assert is_worse(Worth(total=eur(900), promised_at=DAY + timedelta(seconds=1)), seen)
    with pytest.raises(UnitMismatch):
        is_worse(Worth(total=Money(amount=1, currency="USD"), promised_at=DAY), seen)


def test_better_terms_keep_the_shown_date_and_the_lower_price() -> None:
    agreed = as_shown(Worth(total=eur(900), promised_at=DAY - timedelta(days=2)), Seen(total=eur(1000), promised_at=DAY))
    assert agreed == Worth(total=eur(900), promised_at=DAY)


@pytest.mark.parametrize(("gross", "percent", "tax"), [(11_900, 19, 1_900), (10_000, 0, 0), (1, 19, 0), (107, 7, 7)])
def test_tax_within_a_price(gross: int, percent: int, tax: int) -> None:
    assert tax_within(eur(gross), percent) == eur(tax)


def test_delivery_is_free_from_a_sum_on_and_refused_where_nobody_drives() -> None:
    assert delivery_price(eur(49_999), "DE") == eur(1_900)
    assert delivery_price(eur(50_000), "DE") == eur(0)
    with pytest.raises(InvalidInput) as refused:
        delivery_price(eur(50_000), "AQ")
    assert refused.value.errors[0].pointer == "/customer/country"


def test_every_country_has_a_tariff_in_every_currency() -> None:
    for country in COUNTRIES:
        for currency in ("CNY", "EUR", "USD"):
            assert delivery_price(Money(amount=10_000_000, currency=currency), country).amount == 0


def test_a_basket_holds_a_design_once_and_no_more_than_fit() -> None:
    full = Basket()
    for number in range(MOST_DESIGNS):
        full = full.with_design(f"d{number}")
    assert full.with_design("d1") == full
    with pytest.raises(InvalidInput):
        full.with_design("one more")
    assert full.without_design("d0").with_design("one more").designs[-1] == "one more"


def offer(promised_at: datetime | None, orderable: bool = True) -> Offer:
    return Offer(
        design="d",
        revision=1,
        family="bicycle",
        family_label=BICYCLE,
        orderable=orderable,
        price=price(10_000),
        promised_at=promised_at,
        title=Localised(en="b", zh="b"),
    )


def test_a_sum_has_the_latest_date_or_none() -> None:
    together = summed((offer(DAY), offer(DAY + timedelta(days=1))))
    assert together.goods == eur(23_800)
    assert together.promised_at == DAY + timedelta(days=1)
    assert together.orderable
    assert summed((offer(DAY), offer(None))).promised_at is None
    assert not summed((offer(DAY), offer(DAY, orderable=False))).orderable
    assert not summed(()).orderable
