"""A shop that sells shelves, on both databases."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from configurator.service import Service
from contracts.access import SYSTEM, Principal, Role
from contracts.model import Instant
from contracts.promise import PromiseQuote, PromiseRequest
from contracts.texts import Message
from ledger.unit_of_work import Ledger

SHELF = (Path(__file__).parents[2] / "unit" / "configurator" / "shelf.yaml").read_text(encoding="utf-8")
GUEST = Principal(id="guest_1", role=Role.CONSUMER)
OTHER = Principal(id="guest_2", role=Role.CONSUMER)


class Plant:
    """A plant whose date is the number of seconds that the work takes, in days; counts how often it is asked."""

    def __init__(self, now: Instant) -> None:
        self._now = now
        self.asked: list[int] = []

    def quote(self, requests: Sequence[PromiseRequest]) -> list[PromiseQuote]:
        self.asked.append(len(requests))
        quotes = []
        for request in requests:
            finish = self._now + timedelta(days=sum(operation.run_s for operation in request.routing) // 100)
            quotes.append(PromiseQuote(key=request.key, finish_at=finish, promised_at=finish, binding=Message(id="test"), country="NL"))
        return quotes


@pytest.fixture
def plant(ledger_on: Ledger) -> Plant:
    return Plant(ledger_on.clock.now())


@pytest.fixture
def service(ledger_on: Ledger, plant: Plant) -> Service:
    service = Service(ledger_on, plant)
    service.publish_family(SHELF, SYSTEM)
    return service
