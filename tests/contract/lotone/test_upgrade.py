"""A populated database of each former release comes to this one: nothing missing, everything balanced, and work goes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.access import Principal, Role
from ledger.clock import Clock
from ledger.database import engine_for, writing
from ledger.files import Files
from ledger.parking import parked
from ledger.settings import Settings
from lotone.balance import faults_of
from lotone.migrate import migrate_database
from lotone.migrations import at_head, differences, upgrade
from lotone.wiring import House, build_house
from tests.contract.lotone.conftest import KEYS, settle
from tests.releases.fixture import FOLDER, read, revision_of

RELEASES = sorted(FOLDER.glob("*.jsonl"))
STAFF = Principal(id="staff_1", role=Role.ADMINISTRATOR)


@pytest.fixture(params=RELEASES, ids=[path.stem for path in RELEASES])
def upgraded(request: pytest.FixtureRequest, ledger_url: str, tmp_path: Path) -> Iterator[House]:
    """The release's tables with its rows, brought to this release by the product's own command."""
    settings = Settings(home=tmp_path, database_url=ledger_url, broker_url="", smtp_url="", **KEYS)
    engine = engine_for(ledger_url)
    upgrade(writing(engine), revision=revision_of(request.param))
    read(request.param, writing(engine), Files(tmp_path / "files"))
    engine.dispose()
    migrate_database(settings)
    house = build_house(settings)
    yield house
    house.ledger.close()


def test_the_first_release_is_there() -> None:
    assert "0.1.0" in [path.stem for path in RELEASES]


def test_an_installation_of_a_former_release_goes_on(upgraded: House) -> None:
    assert at_head(upgraded.ledger.engine)
    assert differences(upgraded.ledger.engine) == []
    assert faults_of(upgraded) == []
    assert Clock(upgraded.ledger.engine).mode == "stepped"
    settle(upgraded)
    with upgraded.ledger.reading() as session:
        assert parked(session) == []
    assert faults_of(upgraded) == []
    orders = [order.order for order in upgraded.scheduler.board().orders]
    assert orders, "open orders are still planned"
    for order in orders:
        view = upgraded.storefront.order(STAFF, order, upgraded.storefront.order_key(order))
        assert view.customer is not None
        assert view.customer.name.startswith("Customer ")
