"""A storefront with small rooms around it."""

import pytest

from ledger.unit_of_work import Ledger
from tests.unit.storefront.fakes import Shopfront


@pytest.fixture
def shop(ledger: Ledger) -> Shopfront:
    return Shopfront(ledger)
