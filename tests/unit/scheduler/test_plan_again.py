"""A plan that was given up is ordered again while orders wait for it, and not otherwise."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from contracts.access import SYSTEM
from ledger import jobs
from ledger.tables import JOB
from ledger.unit_of_work import Ledger
from scheduler.replanning import AGAIN, PLAN
from scheduler.service import Service
from tests.scheduling import opened, placed, reservation, reserve, settled


@pytest.fixture
def service(ledger: Ledger) -> Service:
    return opened(ledger)


def given_up(ledger: Ledger, service: Service, ago: timedelta = AGAIN) -> None:
    """A plan was ordered, and its runner died again and again."""
    service.ask_for_plan(SYSTEM)
    with ledger.transaction(SYSTEM) as transaction:
        failed = {"state": "failed", "finished_at": transaction.real_now - ago}
        transaction.session.connection().execute(update(JOB).where(JOB.c.state == "queued").values(**failed))


def states(ledger: Ledger) -> list[str]:
    with ledger.reading() as session:
        return [job.state for job in jobs.jobs(session.connection(), kind=PLAN)]


def test_a_plan_that_was_given_up_is_made_after_all(service: Service, ledger: Ledger) -> None:
    reserve(ledger, service, "order_1")
    given_up(ledger, service)
    service.plan_again()
    service.plan_again()
    assert states(ledger) == ["queued", "failed"]
    settled(ledger, service)
    assert reservation(ledger, "order_1").planned_version > 0


def test_nothing_is_ordered_when_every_order_has_its_place(service: Service, ledger: Ledger) -> None:
    placed(ledger, service, "order_1")
    given_up(ledger, service)
    service.plan_again()
    assert states(ledger)[0] == "failed"


def test_a_plan_that_just_failed_is_left_alone_for_a_while(service: Service, ledger: Ledger) -> None:
    reserve(ledger, service, "order_1")
    given_up(ledger, service, ago=AGAIN - timedelta(minutes=1))
    service.plan_again()
    assert states(ledger) == ["failed"]
