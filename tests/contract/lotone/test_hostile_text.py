"""Text that means something to templates, markup, terminals or readers comes back letter by letter: on page, paper, letter and in JSON."""

import email
import email.policy
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from markupsafe import escape
from pypdf import PdfReader

from lotone.outgoing import senders_of
from lotone.relay import Relay
from lotone.web import create_app
from lotone.wiring import House
from storefront.documents.confirmation import confirmation_html, confirmation_pdf
from storefront.papers import confirmation_content
from tests.contract.lotone.conftest import fresh_house, machine, settle, signed_in

VISIBLE = "{{7*7}} {% raw %} ${7*7} #{7*7} <b onmouseover=x>&amp;]]> '\" ;-- =1+1"
HOSTILE = f"{VISIBLE} \u202edetrever\u202c \u2066x\u2069 \x1b[31m"
LINES = f"{VISIBLE}\r\nBcc: everybody@example.org"
CUSTOMER = {
    "name": LINES,
    "street": HOSTILE,
    "city": HOSTILE,
    "postcode": "7411 AA",
    "email": "a@b.example",
    "country": "NL",
    "language": "en",
}
MEASURES = {"inseam": 820, "body_reach": 1250}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with fresh_house(Path(tmp_path_factory.mktemp("home")), "") as house:
        yield house


def without_spaces(text: str) -> str:
    return "".join(text.split())


def test_a_customer_s_own_words_stand_on_page_paper_and_letter_as_they_are(house: House) -> None:
    client = create_app(house.settings, house).test_client()
    design = client.post("/api/v1/designs", json={"family": "bicycle"}).get_json()
    decisions = [{"set": name, "value": value} for name, value in MEASURES.items()]
    address = f"/api/v1/designs/{design['design']}"
    design = client.patch(address, json={"decisions": decisions}, headers={"If-Match": str(design["revision"])}).get_json()
    seen = {"price": design["price"]["total"], "promised_at": design["promised_at"]}
    body = {"designs": [{"design": design["design"], "revision": design["revision"], "expected": seen}], "customer": CUSTOMER}
    placed = client.post("/api/v1/orders", json=body, headers={"Idempotency-Key": "1"})
    assert placed.status_code == 201, placed.text
    order, key = placed.get_json()["order"], placed.get_json()["key"]

    page = client.get(f"/orders/{order}?key={key}").text
    assert str(escape(HOSTILE)) in page
    assert "<b onmouseover" not in page

    Relay(house.ledger, senders_of(house)).run_once()
    settle(house)
    Relay(house.ledger, senders_of(house)).run_once()
    letters = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in (house.settings.home / "mail").iterdir()
    ]
    assert letters
    for letter in letters:
        assert letter["Bcc"] is None
        assert letter["To"] == CUSTOMER["email"]
        plain = letter.get_body(("plain",))
        assert plain is not None
        assert without_spaces(VISIBLE) in without_spaces(plain.get_content())

    content = confirmation_content(house.storefront.shop, order, "en")
    assert "7*7" not in confirmation_html(house.storefront.shop, content), "papers are files, they carry nothing personal"
    content["confirmation"]["order"] = VISIBLE
    pdf = PdfReader(io.BytesIO(confirmation_pdf(house.storefront.shop, content)))
    assert without_spaces(VISIBLE) in without_spaces("".join(each.extract_text() for each in pdf.pages))


def test_words_of_the_floor_and_of_staff_stand_in_lists_and_json_as_they_are(house: House) -> None:
    app = create_app(house.settings, house)
    staff, mes = signed_in(house, app), machine(house, app)
    told = {"machine": "NOWHERE", "state": "down", "at": "2026-11-30T08:00:00Z", "reason": HOSTILE}
    assert mes.post("/api/v1/mes/machine-states", json=told).status_code == 202
    wish = {"name": HOSTILE[:60], "overtime": [{"group": "WELD", "first": "2026-12-04", "last": "2026-12-05"}]}
    assert staff.post("/api/v1/scenarios", json=wish).status_code in {201, 202}
    name = {"client_name": VISIBLE[:60], "csrf_token": ""}
    app.config["WTF_CSRF_ENABLED"] = False
    assert staff.post("/connections", data=name).status_code == 200
    own = staff.post("/api/v1/designs", json={"family": "bicycle"}).get_json()["design"]
    assert staff.put(f"/api/v1/designs/{own}/name", json={"name": VISIBLE[:60]}).status_code == 200
    for path, text in (
        ("/planner/scenarios", HOSTILE[:60]),
        ("/connections", VISIBLE[:60]),
        ("/designs", VISIBLE[:60]),
        (f"/d/{own}", VISIBLE[:60]),
    ):
        page = staff.get(path, follow_redirects=True).text
        assert str(escape(text)) in page, path
        assert "<b onmouseover" not in page, path
    assert HOSTILE[:60] in [each["name"] for each in staff.get("/api/v1/scenarios").get_json()["items"]]
    sheet = staff.get("/api/v1/scenarios.csv")
    assert "{{7*7}} {% raw %}" in sheet.text
