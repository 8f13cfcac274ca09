"""A later date is told at once, each time; that the promise holds again only when it has stood for a while."""

from datetime import timedelta

import pytest

from contracts.access import SYSTEM
from contracts.events import PromiseChanged
from contracts.texts import Message
from ledger.unit_of_work import Ledger
from scheduler.engine.delivery import due_s
from scheduler.engine.operations import instant
from scheduler.engine.plant import parse_plant
from scheduler.service import Service
from scheduler.tables import ReservationRow
from scheduler.telling import tell, tell_what_stands
from tests.scheduling import PLANT, emitted, opened, placed, reservation, wind

SMALL = parse_plant(PLANT)
FROZEN = timedelta(hours=SMALL.planning.frozen_horizon_h)
DAY_S = 86_400


@pytest.fixture
def service(ledger: Ledger) -> Service:
    service = opened(ledger)
    placed(ledger, service, "order_1")
    return service


def planned(ledger: Ledger, late_days: int, sooner: Message | None = None) -> None:
    """The plan now finishes the order so many days after (or before) its promise allows it."""
    with ledger.transaction(SYSTEM) as transaction:
        row = transaction.session.get_one(ReservationRow, "order_1")
        before_s, row.finish_s = row.finish_s, due_s(SMALL, row.promised_s, row.country) + late_days * DAY_S
        tell(transaction, SMALL, row, before_s, Message(id="scheduler.cause.overdue"), sooner)


def struck(ledger: Ledger, seconds: int, cause: Message) -> None:
    """Something costs the order so many seconds of its planned finish."""
    with ledger.transaction(SYSTEM) as transaction:
        row = transaction.session.get_one(ReservationRow, "order_1")
        before_s, row.finish_s = row.finish_s, row.finish_s + seconds
        tell(transaction, SMALL, row, before_s, cause, None)


def told(ledger: Ledger) -> list[int]:
    """The dates told, in days after the promise; what is picked up on a Friday, three days after it, comes on the fifth, a Monday."""
    promised = instant(reservation(ledger, "order_1").promised_s)
    return [(event.new_promised_at - promised).days for event in emitted(ledger, PromiseChanged)]


def test_a_date_that_comes_back_and_goes_again_is_one_letter(service: Service, ledger: Ledger) -> None:
    for late_days in (1, 0, 1, 0, 1):
        planned(ledger, late_days)
    assert told(ledger) == [1]


def test_every_later_date_is_told_with_the_one_that_was_told_before(service: Service, ledger: Ledger) -> None:
    for late_days in (1, 0, 2, 1, 3):
        planned(ledger, late_days)
    assert told(ledger) == [1, 2, 5]
    moves = emitted(ledger, PromiseChanged)
    assert [event.old_promised_at for event in moves[1:]] == [event.new_promised_at for event in moves[:-1]]
    assert instant(reservation(ledger, "order_1").told_s) == moves[-1].new_promised_at


def test_a_promise_that_has_held_again_for_a_while_is_told_so(service: Service, ledger: Ledger) -> None:
    begun = ledger.clock.now()
    planned(ledger, 1)
    planned(ledger, 0)
    wind(ledger, service, begun + FROZEN - timedelta(minutes=1))
    assert told(ledger) == [1]
    wind(ledger, service, begun + FROZEN)
    assert told(ledger)[:2] == [1, 0]
    assert emitted(ledger, PromiseChanged)[1].cause.id == "scheduler.cause.recovered"


def test_the_while_begins_anew_when_the_date_was_gone_in_between(service: Service, ledger: Ledger) -> None:
    begun = ledger.clock.now()
    for hours, late_days in ((0, 1), (0, 0), (1, 1), (1, 0)):
        wind(ledger, service, begun + timedelta(hours=hours))
        planned(ledger, late_days)
    wind(ledger, service, begun + FROZEN + timedelta(minutes=30))
    assert told(ledger) == [1]
    wind(ledger, service, begun + FROZEN + timedelta(hours=1))
    assert told(ledger)[:2] == [1, 0]


def test_a_cause_that_was_taken_back_is_told_at_once(service: Service, ledger: Ledger) -> None:
    planned(ledger, 3)
    planned(ledger, 1, sooner=Message(id="scheduler.cause.corrected"))
    planned(ledger, -1, sooner=Message(id="scheduler.cause.corrected"))
    assert told(ledger) == [5, 1, 0]


def test_a_finished_order_leaves_nobody_with_a_date_that_is_not_so(service: Service, ledger: Ledger) -> None:
    planned(ledger, 1)
    planned(ledger, 0)
    with ledger.transaction(SYSTEM) as transaction:
        row = transaction.session.get_one(ReservationRow, "order_1")
        assert tell_what_stands(transaction, SMALL, row)
        assert not tell_what_stands(transaction, SMALL, row)
    assert told(ledger) == [1, 0]


REMAKE = Message(id="scheduler.cause.remake", params={"characteristic": "Rear dropouts", "operation": "Cut tubes"})
LATE = Message(id="scheduler.cause.late_report", params={"operation": "Blast"})


def test_the_cause_told_is_what_cost_the_order_most_not_what_came_last(service: Service, ledger: Ledger) -> None:
    planned(ledger, -1)
    struck(ledger, DAY_S, REMAKE)
    assert told(ledger) == []
    struck(ledger, 3600, LATE)
    assert [event.cause for event in emitted(ledger, PromiseChanged)] == [REMAKE]
    struck(ledger, DAY_S, LATE)
    assert [event.cause for event in emitted(ledger, PromiseChanged)] == [REMAKE, LATE]


def test_that_nothing_has_happened_yet_is_told_only_when_nothing_else_is_known(service: Service, ledger: Ledger) -> None:
    overdue = Message(id="scheduler.cause.overdue")
    planned(ledger, -1)
    struck(ledger, 20 * 3600, overdue)
    struck(ledger, 5 * 3600, REMAKE)
    struck(ledger, DAY_S, overdue)
    assert [event.cause for event in emitted(ledger, PromiseChanged)] == [REMAKE, overdue]


def test_a_setback_that_was_made_good_is_no_cause_any_more(service: Service, ledger: Ledger) -> None:
    planned(ledger, -1)
    struck(ledger, DAY_S // 2, REMAKE)
    struck(ledger, -DAY_S // 2, Message(id="scheduler.cause.replanned"))
    struck(ledger, DAY_S // 4, LATE)
    struck(ledger, DAY_S, Message(id="scheduler.cause.replanned"))
    assert [event.cause for event in emitted(ledger, PromiseChanged)] == [LATE]
