"""What a customer tells of themselves stands nowhere in clear: not in tables, files, logs, events, work orders or messages."""

import base64
import io
import logging
import quopri
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import structlog
from pypdf import PdfReader
from sqlalchemy import select, text
from sqlmodel import SQLModel

from contracts.access import Principal, Role
from ledger import log
from ledger.outside import OutsideMessage
from ledger.tables import EVENT
from ledger.unit_of_work import Ledger
from lotone.backlog import play_until, working
from lotone.outgoing import senders_of
from lotone.web import create_app
from lotone.wiring import House
from mes_bridge.engine.protocols.amqp import from_outside
from tests.contract.lotone.conftest import fresh_house

CUSTOMER = {
    "name": "Zyxwv Quorgßen",
    "email": "zyxwv@quorgssen.example",
    "street": "Geheimgasse 4711b",
    "city": "Xanthippolis",
    "postcode": "9731 QX",
    "country": "NL",
    "language": "en",
}
MEASURES = {"inseam": 787, "body_reach": 1237}
PERSONAL = [value for name, value in CUSTOMER.items() if name not in {"country", "language"}]
PLAINLY_PUBLIC = {"configurator_family"}
"""Tables of texts that we wrote ourselves: they name the measures, and nobody's values."""


def written(value: str) -> dict[str, bytes]:
    """The ways in which a text may be written without being hidden."""
    plain = value.encode()
    return {
        "utf-8": plain,
        "utf-16": value.encode("utf-16-le"),
        "json": value.encode("ascii", "backslashreplace").replace(b"\\x", b"\\u00"),
        "hex": plain.hex().encode(),
        "address": quote(value).encode(),
        "quoted-printable": quopri.encodestring(plain),
        **{f"base64 at {shift}": in_base64(plain, shift) for shift in range(3) if len(plain) > 6},
    }


def in_base64(plain: bytes, shift: int) -> bytes:
    """The digits that are the same whatever stands before and after; ``shift``: bytes before, modulo 3."""
    digits = base64.b64encode(b"\0" * shift + plain).rstrip(b"=")
    return digits[(0, 2, 3)[shift] : len(digits) - 1]


def found_in(where: str, content: bytes) -> list[str]:
    lower = content.lower()
    return [
        f"{value} as {form} in {where}"
        for value in (*PERSONAL, *CUSTOMER["name"].split(), "zyxwv")
        for form, needle in written(value).items()
        if (needle in content if form.startswith("base64") else needle.lower() in lower)
    ]


def measures_in(where: str, content: str) -> list[str]:
    numbers = "|".join(str(value) for value in MEASURES.values())
    named = re.findall(rf"({'|'.join(MEASURES)})\W", content)
    valued = re.findall(rf"(?<![\w.])({numbers})(?![\w.])", content)
    return [f"{each} in {where}" for each in {*named, *valued}]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.long])])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    with fresh_house(tmp_path, url, broker_url="amqp://nowhere") as house:
        yield house


class Outbound:
    """The relay's other side: letters are refused once with a word too many, work orders are kept as they would be sent."""

    def __init__(self, house: House) -> None:
        self._mail = senders_of(house)["mail"]
        self._refused = False
        self.sent: list[bytes] = []

    def mail(self, batch: Sequence[OutsideMessage]) -> dict[int, str]:
        if not self._refused:
            self._refused = True
            raise ValueError(f"{CUSTOMER['email']} is refused")
        return self._mail(batch)

    def amqp(self, batch: Sequence[OutsideMessage]) -> dict[int, str]:
        self.sent += [repr(from_outside(message.content)).encode() for message in batch]
        return {}


def bought(client: httpx.Client) -> str:
    """Design to the own body, order with a mistake first; the order's id."""
    design = client.post("/api/v1/designs", json={"family": "bicycle"}).json()
    decisions = [{"set": name, "value": value} for name, value in MEASURES.items()]
    address = f"/api/v1/designs/{design['design']}"
    design = client.patch(address, json={"decisions": decisions}, headers={"If-Match": str(design["revision"])}).json()
    seen = {"price": design["price"]["total"], "promised_at": design["promised_at"]}
    body: dict[str, Any] = {
        "designs": [{"design": design["design"], "revision": design["revision"], "expected": seen}],
        "customer": CUSTOMER,
    }
    refused = client.post(
        "/api/v1/orders", json={**body, "customer": {**CUSTOMER, "country": "Atlantis"}}, headers={"Idempotency-Key": "1"}
    )
    assert refused.status_code == 422
    placed = client.post("/api/v1/orders", json=body, headers={"Idempotency-Key": "2"})
    assert placed.status_code == 201, placed.text
    again = client.post("/api/v1/orders", json=body, headers={"Idempotency-Key": "2"})
    assert again.json() == placed.json()
    order: str = placed.json()["order"]
    return order


def is_shipped(ledger: Ledger) -> bool:
    with ledger.reading() as session:
        return session.connection().execute(select(EVENT.c.seq).where(EVENT.c.type == "order.shipped")).first() is not None


def test_nothing_personal_stands_in_clear_from_the_first_click_to_the_certificate(house: House, caplog: pytest.LogCaptureFixture) -> None:
    logged = io.StringIO()
    log.configure(stream=logged)
    caplog.set_level(logging.DEBUG)
    outbound = Outbound(house)
    transport = httpx.WSGITransport(app=create_app(house.settings, house))
    key = (house.settings.home / "simulator.key").read_text()
    with working(house, {"mail": outbound.mail, "amqp": outbound.amqp}):
        with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client:
            order = bought(client)
        play_until(house, transport, key, lambda: is_shipped(house.ledger))
        pressed = papers(house, order)
    structlog.reset_defaults()

    work_orders = house.mes_bridge.work_orders(Principal(id="mes", role=Role.MACHINE_CLIENT))
    rows = dict(tables(house))
    files = {str(path.relative_to(house.settings.home)): path.read_bytes() for path in house.settings.home.rglob("*") if path.is_file()}
    letters = {name: content for name, content in files.items() if name.startswith("mail/")}
    places = {
        **{name: content for name, content in files.items() if name not in letters},
        **{name: content.encode() for name, content in rows.items()},
        "log": (logged.getvalue() + caplog.text).encode(),
        "work orders": repr(work_orders).encode(),
        "messages": b"\n".join(outbound.sent),
        "papers": pressed.encode(),
    }
    assert letters, "the one place where the customer's own letters lie when no mail server is set"
    assert all(outbound.sent)
    assert work_orders
    assert [fault for where, content in places.items() for fault in found_in(where, content)] == []
    told = {
        name: content for name, content in places.items() if name not in PLAINLY_PUBLIC and not name.startswith(("files/", "lotone.db"))
    }
    assert [fault for where, content in told.items() for fault in measures_in(where, content.decode(errors="replace"))] == []


def test_the_search_finds_a_value_in_every_way_of_writing(tmp_path: Path) -> None:
    value = CUSTOMER["name"]
    for form, needle in written(value).items():
        assert any(form in each for each in found_in("here", b"before " + needle + b" after")), form
    assert measures_in("here", '{"inseam": 787}')


def tables(house: House) -> Iterator[tuple[str, str]]:
    """Every table as text, bytes as hexadecimal digits."""
    with house.ledger.reading() as session:
        for name, table in SQLModel.metadata.tables.items():
            rows = session.connection().execute(text(f"SELECT * FROM {table.name}")).all()
            yield name, "\n".join(repr([value.hex() if isinstance(value, bytes | memoryview) else value for value in row]) for row in rows)


def papers(house: House, order: str) -> str:
    """What stands on the pressed confirmation and certificate."""
    found = []
    for fetch in (house.storefront.confirmation, house.mes_bridge.certificate_paper):
        while isinstance(paper := fetch(order, "en"), str):
            house.ledger.doorbell.wait(0.2)
        found += [page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages]
    return "\n".join(found)
