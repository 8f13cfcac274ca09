"""What the worker's upkeep removes, and what it leaves."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from sqlmodel import select

from contracts.access import SYSTEM
from ledger.machine_clients import MachineClients
from ledger.unit_of_work import Ledger
from lotone.worker import keep_up
from mes_bridge.tables import TrialRow
from mes_bridge.trials import SHOWN
from tests.unit.mes_bridge.shop import Shop


def test_test_work_orders_go_a_week_after_their_end(ledger: Ledger) -> None:
    shop = Shop(ledger)
    house: Any = SimpleNamespace(ledger=ledger, mes_bridge=shop.service, scheduler=SimpleNamespace(plan_again=lambda: None))
    ended = {"old": SHOWN, "shown": SHOWN - timedelta(minutes=1), "open": -timedelta(hours=1)}
    for name, ago in ended.items():
        client, _ = MachineClients(ledger).create(SYSTEM, name)
        work_order = shop.service.connections.try_out(SYSTEM, client).work_order
        with ledger.transaction(SYSTEM) as transaction:
            transaction.session.get_one(TrialRow, work_order).expires_at = transaction.real_now - ago
    keep_up(house)
    names = {each.id: each.name for each in MachineClients(ledger).list()}
    with ledger.reading() as session:
        assert {names[client] for client in session.exec(select(TrialRow.client)).all()} == {"shown", "open"}
