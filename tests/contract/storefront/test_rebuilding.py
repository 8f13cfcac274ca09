"""A damaged timeline is the same as before after it was made anew from the events."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from contracts.access import SYSTEM
from contracts.events import Event
from contracts.texts import Localised
from ledger.dispatcher import Dispatcher, Subscription
from ledger.unit_of_work import Ledger
from storefront.tables import MeasuredRow, NonConformanceRow, OrderRow, StepRow
from storefront.timeline import SHOWN
from tests.conftest import START
from tests.unit.storefront.fakes import GUEST, Shopfront
from tests.unit.storefront.test_following import Followed

DAMAGE: dict[str, Any] = {
    "steps lost": delete(StepRow),
    "values lost": delete(MeasuredRow),
    "failures lost": delete(NonConformanceRow),
    "steps wrong": update(StepRow).values(state="waiting", completed_at=None, label=Localised(en="?", zh="?").model_dump()),
}


class Heard(Followed):
    """Facts come through outbox and inbox, as in the product."""

    def __init__(self, shop: Shopfront, *designs: str) -> None:
        super().__init__(shop, *designs)
        names = [(kind, kind.type.replace(".", "_")) for kind in SHOWN]
        subscriptions = [Subscription(f"storefront.{name}", kind, getattr(shop.service, f"on_{name}")) for kind, name in names]
        self.dispatcher = Dispatcher(shop.ledger, subscriptions)

    def hear(self, event: Event) -> None:
        with self.shop.ledger.transaction(SYSTEM) as transaction:
            transaction.emit(event)
        self.dispatcher.run_until_idle()


@pytest.fixture
def heard(ledger_on: Ledger) -> Heard:
    heard = Heard(Shopfront(ledger_on), "design_1", "design_2")
    heard.started(1)
    heard.completed(1)
    heard.started(2)
    heard.failed(heard.measured(561_200))
    heard.started(2, attempt=2)
    heard.measured(560_000, attempt=2)
    heard.completed(2, attempt=2)
    heard.closed()
    heard.nonconformance = "nc2"
    heard.started(3)
    wrong = heard.measured(562_000, attempt=2)
    heard.failed(wrong)
    heard.corrected(wrong)
    heard.started(1, position=2)
    return heard


@pytest.mark.parametrize("damage", sorted(DAMAGE))
def test_what_was_damaged_is_the_same_as_before(heard: Heard, damage: str) -> None:
    before = heard.view
    with heard.shop.ledger.transaction(SYSTEM) as transaction:
        transaction.session.connection().execute(DAMAGE[damage])
    assert damage == "failures lost" or heard.view.pieces != before.pieces
    rebuilt = heard.shop.service.rebuild()
    assert rebuilt.changed == (heard.order,)
    after = heard.view
    assert after == before.model_copy(update={"version": before.version + 1})
    assert heard.shop.service.rebuild().changed == ()


def test_what_is_right_stays_and_nothing_is_told_again(heard: Heard) -> None:
    letters, before = heard.letters(), heard.view
    assert heard.shop.service.rebuild().changed == ()
    assert (heard.letters(), heard.view) == (letters, before)


def test_late_reports_about_a_cancelled_order_stay_out_of_it(ledger_on: Ledger) -> None:
    heard = Heard(Shopfront(ledger_on))
    heard.shop.service.cancel_order(GUEST, heard.order, None)
    with ledger_on.transaction(SYSTEM) as transaction:
        transaction.session.get_one(OrderRow, heard.order).cancelled_at = START - timedelta(hours=1)
    heard.started(1)
    assert heard.shop.service.rebuild().changed == ()
