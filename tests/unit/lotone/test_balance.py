"""A broken installation is told what is broken, in a sentence each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import delete

from contracts.access import SYSTEM
from contracts.events import OrderExpired
from ledger.dispatcher import Dispatcher
from ledger.settings import load_settings
from ledger.tables import DELIVERY, INBOX
from lotone.cli import lotone
from lotone.migrate import migrate_database
from lotone.wiring import House, agenda_of, build_house, subscriptions_of
from scheduler.tables import ReservationRow


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("LOTONE_HOME", str(tmp_path))
    monkeypatch.delenv("LOTONE_DATABASE_URL", raising=False)
    settings = load_settings()
    migrate_database(settings)
    house = build_house(settings)
    house.ledger.clock.begin("stepped")
    yield house
    house.ledger.close()


def lose_an_event(house: House) -> str:
    with house.ledger.transaction(SYSTEM) as transaction:
        transaction.emit(OrderExpired(order="order_1", plant="riverside"))
    deliver(house)
    with house.ledger.engine.begin() as connection:
        connection.execute(delete(INBOX))
        connection.execute(delete(DELIVERY))
    return "deliveries to scheduler.order_expired: event_"


def deliver(house: House) -> None:
    Dispatcher(house.ledger, subscriptions_of(house), agenda_of(house)).run_once()


def reserve_for_nobody(house: House) -> str:
    row = ReservationRow(
        order="order_0", plant="riverside", state="firm", weight=1, promised_s=0, told_s=0, finish_s=0, country="NL", seq=1
    )
    with house.ledger.transaction(SYSTEM) as transaction:
        transaction.session.add(row)
    return "reservations: order_0: capacity is reserved, and there is no such order"


def damage_a_file(house: House) -> str:
    sha256 = house.ledger.files.put(b"drawing")
    (house.settings.home / "files" / sha256[:2] / sha256).write_bytes(b"other")
    return f"files: {sha256}: FileDamaged"


@pytest.mark.parametrize("damage", [lose_an_event, reserve_for_nobody, damage_a_file])
def test_verify_names_what_does_not_balance(house: House, damage: Callable[[House], str]) -> None:
    assert CliRunner().invoke(lotone, ["verify"]).exit_code == 0
    expected = damage(house)
    found = CliRunner().invoke(lotone, ["verify"])
    assert found.exit_code == 1
    assert [line for line in found.stdout.splitlines() if line.startswith(expected)], found.stdout
    assert "1 faults." in found.stderr
