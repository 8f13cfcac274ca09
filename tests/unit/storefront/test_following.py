"""The story: what other rooms report moves the order, tells the customer, opens and closes choices."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from contracts.access import SYSTEM
from contracts.events import (
    Event,
    MeasurementJudged,
    NonConformanceClosed,
    NonConformanceRaised,
    NonConformanceWithdrawn,
    OperationCompleted,
    OperationPaused,
    OperationsReleased,
    OperationStarted,
    OrderDelivered,
    OrderPlanned,
    OrderShipped,
    PieceCompleted,
    PromiseChanged,
)
from contracts.order import OrderState
from contracts.plan import OperationKey
from contracts.problems import TooLate, TransitionRefused
from contracts.quality import Certificate, JudgedMeasurement, NonConformance, Verdict
from contracts.texts import Localised, Message
from ledger.dispatcher import Dispatcher
from ledger.tables import EventRow, JobRow, OutsideRow
from storefront.viewing import OrderView
from tests.conftest import START
from tests.unit.storefront.fakes import GUEST, Shopfront
from tests.unit.storefront.site import site

CAUSE = Message(id="storefront.story.scrapped_rework")


class Followed:
    """A placed order and the facts that reach it."""

    def __init__(self, shop: Shopfront, *designs: str) -> None:
        self.shop = shop
        self.nonconformance = "nc1"
        self.order = shop.service.place_order(GUEST, shop.wanted(*designs), None)

    @property
    def view(self) -> OrderView:
        return self.shop.service.order(GUEST, self.order)

    def piece(self, position: int = 1) -> str:
        return self.view.pieces[position - 1].piece

    def hear(self, event: Event) -> None:
        handler = getattr(self.shop.service, f"on_{event.type.replace('.', '_')}")
        with self.shop.ledger.transaction(SYSTEM) as transaction:
            handler(transaction, event)

    def _of(self, kind: type[Event], **facts: Any) -> None:
        self.hear(kind.model_validate({"order": self.order, "plant": "riverside", **facts}))

    def key(self, sequence: int, attempt: int = 1, position: int = 1) -> OperationKey:
        return OperationKey(piece=self.piece(position), sequence=sequence, attempt=attempt)

    def planned(self) -> None:
        self._of(OrderPlanned, version=1, finish_at=START, expected_at=self.shop.promised_at)

    def started(self, sequence: int, attempt: int = 1, position: int = 1) -> None:
        self._of(OperationStarted, key=self.key(sequence, attempt, position), name="weld", machine="M1", at=START)

    def completed(self, sequence: int, attempt: int = 1) -> None:
        self._of(OperationCompleted, key=self.key(sequence, attempt), name="weld", machine="M1", at=START + timedelta(hours=1))

    def measured(self, value: int, attempt: int = 1) -> JudgedMeasurement:
        verdict = Verdict.IN_TOLERANCE if 559_500 <= value <= 560_500 else Verdict.OUT_OF_TOLERANCE
        judged = JudgedMeasurement(
            measurement=f"m{value}",
            key=self.key(2, attempt),
            checkpoint="seat_tube",
            characteristic="length",
            label=Localised(en="Seat tube", zh="立管"),
            nominal=560_000,
            lower=559_500,
            upper=560_500,
            unit="um",
            value=value,
            verdict=verdict,
            gauge="caliper",
            gauge_label=Localised(en="Caliper", zh="卡尺"),
            source="person",
            at=START,
        )
        self._of(MeasurementJudged, piece=judged.key.piece, measurement=judged)
        return judged

    def failed(self, judged: JudgedMeasurement, *restart: int) -> None:
        self._of(NonConformanceRaised, nonconformance=self.found(judged, *restart))

    def found(self, judged: JudgedMeasurement, *restart: int) -> NonConformance:
        return NonConformance(
            nonconformance=self.nonconformance,
            order=self.order,
            plant="riverside",
            key=judged.key,
            measurement=judged,
            disposition="rework",
            restart=restart or (2,),
            rework_s=600,
            raised_at=START,
        )

    def corrected(self, judged: JudgedMeasurement) -> None:
        found = self.found(judged)
        self._of(NonConformanceWithdrawn, nonconformance=found, resumed=(judged.key,), correction="m_right", at=START)

    def closed(self) -> None:
        self._of(NonConformanceClosed, nonconformance="nc1", piece=self.piece(), disposition="rework", at=START)

    def made(self, position: int = 1) -> None:
        piece = self.piece(position)
        certificate = Certificate(
            certificate=f"certificate_{position}",
            order=self.order,
            piece=piece,
            specification_sha256="0" * 64,
            measurements=(),
            nonconformances=(),
            issued_at=START,
            simulated=False,
        )
        self._of(PieceCompleted, piece=piece, certificate=certificate, at=START + timedelta(hours=2))

    def moved(self, days: int, old_days: int = 0) -> None:
        at = self.shop.promised_at
        self._of(
            PromiseChanged,
            old_promised_at=at + timedelta(days=old_days),
            new_promised_at=at + timedelta(days=days),
            cause=CAUSE,
            at=START,
        )

    def wait_until(self, at: datetime) -> OrderView:
        """The order once its letters are sent, its papers pressed, the business clock has come to ``at`` and what is due then is done."""
        ledger = self.shop.ledger
        with ledger.transaction(SYSTEM) as transaction:
            for row in transaction.session.exec(select(OutsideRow)).all():
                row.state = "sent"
            for job in transaction.session.exec(select(JobRow)).all():
                job.state = "done"
        assert ledger.clock.advance(at) == at
        Dispatcher(ledger, [], self.shop.service.agenda()).run_once()
        return self.view

    def letters(self) -> list[str]:
        with self.shop.ledger.reading() as session:
            return [row.content["letter"] for row in session.exec(select(OutsideRow).order_by(OutsideRow.seq)).all()]

    def said(self) -> list[str]:
        return [entry.message.id.removeprefix("storefront.story.") for entry in self.view.story]


@pytest.fixture
def followed(shop: Shopfront) -> Followed:
    return Followed(shop)


def test_the_story_of_a_piece_that_goes_well(followed: Followed) -> None:
    followed.planned()
    assert followed.view.state == OrderState.PLANNED
    followed._of(OperationsReleased, operations=())
    assert followed.view.state == OrderState.RELEASED
    followed.started(1)
    followed.completed(1)
    followed.measured(560_100)
    followed.made()
    view = followed.view
    assert view.state == OrderState.INSPECTED
    assert view.pieces[0].certificate == "certificate_1"
    assert view.pieces[0].steps[0].state == "done"
    assert [value.value for value in view.pieces[0].steps[1].measured] == [560_100]
    assert followed.said() == ["placed", "planned", "released", "begun", "completed", "inspected"]


def test_what_is_inspected_ships_at_the_next_pick_up(followed: Followed) -> None:
    followed.made()
    assert followed.view.pick_up_at == START + timedelta(hours=7)
    for _ in range(2):
        with followed.shop.ledger.transaction(SYSTEM) as transaction:
            followed.shop.service.agenda()["storefront.pick_up"](transaction, {"order": followed.order})
    view = followed.view
    assert view.state == OrderState.SHIPPED
    assert view.shipped_at == START
    with followed.shop.ledger.reading() as session:
        assert len(session.exec(select(EventRow).where(EventRow.type == OrderShipped.type)).all()) == 1
    assert followed.letters() == ["placed", "shipped"]


def test_care_stands_on_the_page_once_the_order_has_left(followed: Followed) -> None:
    visitor = site(followed.shop).test_client()
    address = f"/orders/{followed.order}{{}}?key={followed.shop.service.order_key(followed.order)}"
    followed.made()
    assert "Oil the chain." not in visitor.get(address.format("")).text
    followed.wait_until(START + timedelta(hours=7))
    for page in ("", "/follow"):
        assert visitor.get(address.format(page)).text.count("Oil the chain.") == 1
        assert "链条要上油。" in visitor.get(address.format(page), headers={"Accept-Language": "zh"}).text


def test_what_is_shipped_is_in_service_when_the_day_of_delivery_is_over(followed: Followed) -> None:
    """The dispatcher finds both dates on the agenda of the business clock."""
    followed.made()
    shipped = followed.wait_until(START + timedelta(hours=7))
    delivered_by = START + timedelta(days=2, hours=7)
    assert (shipped.state, shipped.expected_at) == (OrderState.SHIPPED, delivered_by)
    assert followed.wait_until(delivered_by - timedelta(seconds=1)).state == OrderState.SHIPPED
    view = followed.wait_until(delivered_by)
    assert (view.state, view.delivered_at) == (OrderState.IN_SERVICE, delivered_by)
    assert view.pieces[0].certificate is not None
    assert followed.said()[-1] == "delivered"
    assert followed.letters() == ["placed", "shipped", "delivered"]
    with followed.shop.ledger.reading() as session:
        assert len(session.exec(select(EventRow).where(EventRow.type == OrderDelivered.type)).all()) == 1
    with pytest.raises(TooLate) as late:
        followed.shop.service.cancel_order(GUEST, followed.order, None)
    assert late.value.params["reason"].id == "storefront.too_late.delivered"


def test_a_failed_measurement_holds_the_order_and_shows_the_second_run(followed: Followed) -> None:
    followed.started(2)
    followed.failed(followed.measured(561_200))
    view = followed.view
    assert view.state == OrderState.ON_HOLD
    assert [(step.sequence, step.attempt, step.state) for step in view.pieces[0].steps if step.sequence == 2] == [
        (2, 1, "repeated"),
        (2, 2, "waiting"),
    ]
    followed.started(2, attempt=2)
    followed.measured(560_000, attempt=2)
    followed.completed(2, attempt=2)
    followed.closed()
    assert followed.view.state == OrderState.IN_PRODUCTION


def test_a_corrected_value_takes_the_hold_back_and_the_second_run_is_not_shown(followed: Followed) -> None:
    followed.started(2)
    wrong = followed.measured(561_200)
    followed.failed(wrong)
    followed.corrected(wrong)
    view = followed.view
    assert view.state == OrderState.IN_PRODUCTION
    assert [(step.attempt, step.state) for step in view.pieces[0].steps if step.sequence == 2] == [(1, "running")]
    assert followed.said()[-1] == "corrected"
    followed.nonconformance = "nc2"
    followed.failed(wrong)
    assert [step.attempt for step in followed.view.pieces[0].steps if step.sequence == 2] == [1, 3]


def test_what_has_not_begun_is_not_shown_as_repeated(followed: Followed) -> None:
    followed.started(2)
    followed.failed(followed.measured(561_200), 2, 3)
    assert [(step.attempt, step.state) for step in followed.view.pieces[0].steps if step.sequence == 3] == [(1, "waiting")]


def test_a_paused_operation_is_shown_paused_and_goes_on(followed: Followed) -> None:
    followed.started(1)
    followed._of(OperationPaused, key=followed.key(1), machine="M1", reason="shift", at=START)
    assert followed.view.pieces[0].steps[0].state == "paused"
    followed.started(1)
    assert followed.view.pieces[0].steps[0].state == "running"


def test_an_order_of_two_pieces_is_inspected_with_the_second(shop: Shopfront) -> None:
    followed = Followed(shop, "design_1", "design_2")
    followed.made(1)
    assert followed.view.state == OrderState.IN_PRODUCTION
    followed.made(2)
    assert followed.view.state == OrderState.INSPECTED


def test_a_moved_date_tells_the_customer_and_opens_the_choice(followed: Followed) -> None:
    followed.started(1)
    with pytest.raises(TooLate):
        followed.shop.service.cancel_order(GUEST, followed.order, None)
    followed.moved(3)
    view = followed.view
    assert view.choice_open
    assert (view.promised_at, view.expected_at) == (followed.shop.promised_at, followed.shop.promised_at + timedelta(days=3))
    assert view.moves[0].cause == CAUSE
    assert followed.letters() == ["placed", "moved_later"]
    effect = followed.shop.service.cancel_order(GUEST, followed.order, None)
    assert effect.to_refund == view.total
    assert followed.view.moves[0].choice == "cancel"
    assert followed.view.state == OrderState.CANCELLED


def test_waiting_makes_the_new_date_the_promise(followed: Followed) -> None:
    followed.moved(3)
    followed.shop.service.wait_for_order(GUEST, followed.order, None)
    view = followed.view
    assert view.promised_at == followed.shop.promised_at + timedelta(days=3)
    assert followed.shop.plant.firm[followed.order] == view.promised_at
    assert not view.choice_open
    assert view.moves[0].choice == "wait"
    with pytest.raises(TransitionRefused):
        followed.shop.service.wait_for_order(GUEST, followed.order, None)


def test_a_date_that_comes_back_closes_the_choice(followed: Followed) -> None:
    followed.moved(3)
    followed.moved(0, old_days=3)
    view = followed.view
    assert not view.choice_open
    assert [move.choice for move in view.moves] == [None, None]
    assert followed.letters() == ["placed", "moved_later", "moved_kept"]


def test_late_reports_about_a_cancelled_order_change_nothing(followed: Followed) -> None:
    followed.shop.service.cancel_order(GUEST, followed.order, None)
    before = followed.view
    followed.planned()
    followed.started(1)
    followed.moved(3)
    followed.made()
    assert followed.view == before


def test_orders_of_other_shops_are_nobodys_business_here(followed: Followed) -> None:
    event = OrderPlanned(order="order_elsewhere", plant="riverside", version=1, finish_at=START, expected_at=START)
    followed.hear(event)
    assert followed.said() == ["placed"]


def test_the_version_grows_with_everything_that_the_page_shows(followed: Followed) -> None:
    seen = [followed.view.version]
    for report in (followed.planned, lambda: followed.started(1), lambda: followed.completed(1), lambda: followed.moved(1)):
        report()
        seen.append(followed.view.version)
    assert seen == sorted(set(seen))
