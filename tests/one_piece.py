"""One piece of any family, bought over HTTP and made by the simulated plant until the carrier has it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from contracts.access import Principal, Role
from contracts.work_order import WorkOrderDocument
from ledger.tables import EVENT
from lotone.backlog import play_until, working
from lotone.outgoing import senders_of
from lotone.web import create_app
from lotone.wiring import House

CUSTOMER = {
    "name": "Robin Example",
    "email": "robin@example.org",
    "street": "Lane 1",
    "city": "Deventer",
    "postcode": "7411 AA",
    "country": "NL",
    "language": "en",
}
MES = Principal(id="mes", role=Role.MACHINE_CLIENT)


def bought(client: httpx.Client, family: str, numbers: Mapping[str, int], choices: Sequence[str]) -> str:
    """The order's id."""
    design = client.post("/api/v1/designs", json={"family": family}).json()
    decisions = [*({"set": name, "value": value} for name, value in numbers.items()), *({"select": name} for name in choices)]
    address = f"/api/v1/designs/{design['design']}"
    design = client.patch(address, json={"decisions": decisions}, headers={"If-Match": str(design["revision"])}).json()
    assert design["orderable"], design
    seen = {"price": design["price"]["total"], "promised_at": design["promised_at"]}
    body: dict[str, Any] = {
        "designs": [{"design": design["design"], "revision": design["revision"], "expected": seen}],
        "customer": CUSTOMER,
    }
    placed = client.post("/api/v1/orders", json=body, headers={"Idempotency-Key": "1"})
    assert placed.status_code == 201, placed.text
    return str(placed.json()["order"])


def is_shipped(house: House) -> bool:
    with house.ledger.reading() as session:
        return session.connection().execute(select(EVENT.c.seq).where(EVENT.c.type == "order.shipped")).first() is not None


def made(house: House, family: str, numbers: Mapping[str, int], choices: Sequence[str]) -> dict[str, WorkOrderDocument]:
    """The work orders by their operation's name, once the order is shipped."""
    transport = httpx.WSGITransport(app=create_app(house.settings, house))
    key = (Path(house.settings.home) / "simulator.key").read_text()
    with working(house, {"mail": senders_of(house)["mail"]}):
        with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client:
            bought(client, family, numbers, choices)
        play_until(house, transport, key, lambda: is_shipped(house))
    documents = [house.mes_bridge.work_order(item.work_order).document for item in house.mes_bridge.work_orders(MES)]
    return {document.operation.name: document for document in documents}
