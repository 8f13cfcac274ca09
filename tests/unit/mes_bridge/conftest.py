"""A shop on the test's ledger."""

import pytest

from ledger.unit_of_work import Ledger
from tests.unit.mes_bridge.shop import Shop


@pytest.fixture
def shop(ledger: Ledger) -> Shop:
    return Shop(ledger)
