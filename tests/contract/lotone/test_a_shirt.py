"""A shirt from the first click to the carrier: promised, cut from its own pieces, sewn, measured against own nominals, shipped."""

import io
from pathlib import Path
from typing import Any

import ezdxf
import httpx
from sqlalchemy import select

from contracts.access import Principal, Role
from ledger.tables import EVENT
from lotone.backlog import play_until, working
from lotone.outgoing import senders_of
from lotone.web import create_app
from lotone.wiring import House
from tests.contract.lotone.conftest import fresh_house

MEASURES = {"neck": 391, "chest": 1003, "waist": 871, "hip": 1013, "sleeve": 873, "back_length": 463, "biceps": 337, "wrist": 173}
CHOICES = ("fabric.check_green", "collar.button_down", "pocket.one", "monogram.pocket", "initial.k")
CUSTOMER = {
    "name": "Robin Example",
    "email": "robin@example.org",
    "street": "Lane 1",
    "city": "Suzhou",
    "postcode": "215000",
    "country": "CN",
    "language": "en",
}
MES = Principal(id="mes", role=Role.MACHINE_CLIENT)


def bought(client: httpx.Client) -> str:
    design = client.post("/api/v1/designs", json={"family": "shirt"}).json()
    decisions = [*({"set": name, "value": value} for name, value in MEASURES.items()), *({"select": name} for name in CHOICES)]
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


def test_a_shirt_is_promised_cut_sewn_measured_and_shipped(tmp_path: Path) -> None:
    with fresh_house(tmp_path, "") as house:
        transport = httpx.WSGITransport(app=create_app(house.settings, house))
        key = (house.settings.home / "simulator.key").read_text()
        with working(house, {"mail": senders_of(house)["mail"]}):
            with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client:
                bought(client)
            play_until(house, transport, key, lambda: is_shipped(house))
        documents = [house.mes_bridge.work_order(item.work_order).document for item in house.mes_bridge.work_orders(MES)]
        made = {document.operation.name: document for document in documents}
        assert {
            "cut",
            "fuse",
            "collar",
            "embroider",
            "fronts",
            "yoke",
            "close",
            "finish",
            "buttons",
            "press",
            "inspect",
            "pack",
        } <= made.keys()
        cut = made["cut"]
        files = {file.name: house.ledger.files.get(file.sha256) for file in cut.files}
        pieces = ezdxf.read(io.StringIO(files["pieces.dxf"].decode("ascii")))  # type: ignore[attr-defined]
        assert {insert.dxf.name for insert in pieces.modelspace().query("INSERT")} >= {"FRONT", "BACK", "SLEEVE", "POCKET"}
        (cloth,) = [material.quantity for material in cut.materials if material.material == "cloth.check_green"]
        assert f"{cloth} mm of cloth".encode() in files["marker.shell.en.svg"]
        nominals = {each.checkpoint: each.nominal for each in made["inspect"].checkpoints}
        assert (nominals["finished_chest"], nominals["finished_collar"]) == (1120, 405)
