"""The order API: what programs send and get."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from storefront.tasks import jobs
from tests.unit.storefront.fakes import GUEST, Shopfront, rider
from tests.unit.storefront.site import site


@pytest.fixture
def program(shop: Shopfront) -> FlaskClient:
    """A client that keeps no cookies."""
    return site(shop).test_client(use_cookies=False)


def wanted(shop: Shopfront, **more: Any) -> dict[str, Any]:
    return shop.wanted(**more).model_dump(mode="json", exclude_none=True)


def post(program: FlaskClient, path: str, body: dict[str, Any] | None = None, key: str | None = "k1") -> Any:
    return program.post(path, json=body, headers={} if key is None else {"Idempotency-Key": key})


def test_an_order_is_placed_and_followed_by_its_links(shop: Shopfront, program: FlaskClient) -> None:
    answer = post(program, "/api/v1/orders", wanted(shop))
    assert answer.status_code == 201
    order = answer.json
    assert order["state"] == "placed"
    assert order["price"] == {"amount": 238_000, "currency": "EUR"}
    assert order["promised_at"] == "2026-12-11T22:59:59Z"
    assert order["customer"]["name"] == "Ada Rider"
    assert answer.headers["Location"] == f"/api/v1/orders/{order['order']}"
    assert program.get(order["links"]["self"]).json == order
    assert program.get(order["links"]["page"]).status_code == 200
    assert program.get(f"/api/v1/orders/{order['order']}").status_code == 404


def test_the_same_key_from_a_program_without_cookies_is_the_same_order(shop: Shopfront, program: FlaskClient) -> None:
    first, again = (post(program, "/api/v1/orders", wanted(shop)) for _ in range(2))
    assert again.json["order"] == first.json["order"]
    assert len(shop.plant.booked) == 1
    other = post(program, "/api/v1/orders", wanted(shop, customer=rider(name="Bo")))
    assert other.status_code == 422
    assert other.json["type"].endswith("idempotency-mismatch")


def test_an_order_needs_an_idempotency_key(shop: Shopfront, program: FlaskClient) -> None:
    answer = post(program, "/api/v1/orders", wanted(shop), key=None)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/Idempotency-Key"
    assert shop.plant.booked == {}


def test_a_worse_promise_is_409_with_values_that_can_be_agreed_to(shop: Shopfront, program: FlaskClient) -> None:
    shop.plant.promised_at += timedelta(days=3)
    moved = post(program, "/api/v1/orders", wanted(shop))
    assert moved.status_code == 409
    assert moved.json["type"].endswith("promise-moved")
    new = moved.json["designs"][0]
    body = wanted(shop)
    body["designs"][0]["expected"] = {"price": new["price"], "promised_at": new["promised_at"]}
    placed = post(program, "/api/v1/orders", body, key="k2")
    assert placed.status_code == 201
    assert placed.json["order"] == moved.json["hold"]["order"]
    assert len(shop.plant.booked) == 1
    assert placed.json["promised_at"] == moved.json["promised_at"] == "2026-12-14T22:59:59Z"


def test_a_refused_card_is_402_with_its_hold(shop: Shopfront, program: FlaskClient) -> None:
    refused = post(program, "/api/v1/orders", wanted(shop, payment="sandbox-refused"))
    assert refused.status_code == 402
    again = post(program, "/api/v1/orders", {**wanted(shop), "hold": refused.json["hold"]["order"]}, key="k2")
    assert again.json["order"] == refused.json["hold"]["order"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"designs": []}, "/designs"),
        ({"customer": {}}, "/customer/name"),
        ({"nonsense": 1}, "/nonsense"),
        (
            {"designs": [{"design": "design_1", "revision": 1, "expected": {"price": {"amount": "x", "currency": "EUR"}}}]},
            "/designs/0/expected/price/amount",
        ),
    ],
)
def test_bad_input_names_its_field_and_changes_nothing(shop: Shopfront, program: FlaskClient, change: dict[str, Any], pointer: str) -> None:
    answer = post(program, "/api/v1/orders", {**wanted(shop), **change})
    assert answer.status_code == 422
    assert pointer in [error["pointer"] for error in answer.json["errors"]]
    assert shop.plant.booked == {}


@pytest.mark.parametrize("email", ["nobody", "a@b", "a b@example.org", "a@example.org\nBcc: x@example.org", "<a@example.org>"])
def test_an_address_that_is_none_is_refused(shop: Shopfront, program: FlaskClient, email: str) -> None:
    body = wanted(shop)
    body["customer"]["email"] = email
    answer = post(program, "/api/v1/orders", body)
    assert [error["pointer"] for error in answer.json["errors"]] == ["/customer/email"]


def test_a_program_asks_for_the_date_in_a_country_and_orders_at_it(shop: Shopfront, program: FlaskClient) -> None:
    answer = program.get("/api/v1/delivery?design=design_1&country=CN").json
    (design,) = answer["designs"]
    later = shop.promised_at + timedelta(days=2)
    assert datetime.fromisoformat(design["promised_at"]) == datetime.fromisoformat(answer["promised_at"]) == later
    body = wanted(shop)
    body["customer"] |= {"country": "CN", "postcode": "200000"}
    body["designs"][0]["expected"] = {"price": design["price"], "promised_at": design["promised_at"]}
    assert post(program, "/api/v1/orders", body, "cn").status_code == 201
    assert program.get("/api/v1/delivery?design=design_1&country=AQ").json["errors"][0]["pointer"] == "/customer/country"
    assert program.get("/api/v1/delivery?country=CN").json["errors"][0]["pointer"] == "/design"
    assert program.get("/api/v1/delivery?design=nobody&country=CN").status_code == 404


def test_an_unknown_design_a_stale_revision_an_unknown_card_and_a_far_country_are_told_apart(shop: Shopfront, program: FlaskClient) -> None:
    body = wanted(shop)
    first = body["designs"][0]
    assert post(program, "/api/v1/orders", {**body, "designs": [{**first, "design": "design_9"}]}, "a").status_code == 404
    assert post(program, "/api/v1/orders", {**body, "designs": [{**first, "revision": 9}]}, "b").status_code == 412
    assert post(program, "/api/v1/orders", {**body, "payment": "gold"}, "c").json["errors"][0]["pointer"] == "/payment"
    far = {**body["customer"], "country": "AQ"}
    assert post(program, "/api/v1/orders", {**body, "customer": far}, "d").json["errors"][0]["pointer"] == "/customer/country"


def test_cancel_and_change_answer_with_their_effect_or_why_it_is_too_late(shop: Shopfront, program: FlaskClient) -> None:
    order = post(program, "/api/v1/orders", wanted(shop)).json
    here, key = f"/api/v1/orders/{order['order']}", f"?key={order['key']}"
    preview = post(program, f"{here}/change{key}", {"designs": [{"design": "design_2", "revision": 1}], "preview": True})
    assert preview.json["effect"]["to_refund"] == {"amount": 119_000, "currency": "EUR"}
    assert program.get(f"{here}{key}").json["pieces"][0]["design"] == "design_1"
    done = post(program, f"{here}/change{key}", {"designs": [{"design": "design_2", "revision": 1}], "preview": False})
    assert done.json["effect"]["after"]["total"]["amount"] == 119_000
    assert post(program, f"{here}/cancel").status_code == 404
    cancelled = post(program, f"{here}/cancel{key}")
    assert cancelled.json["state"] == "cancelled"
    assert cancelled.json["effect"]["to_refund"]["amount"] == 119_000
    late = post(program, f"{here}/cancel{key}")
    assert late.status_code == 409
    assert late.json["detail"] == "The order is cancelled already."


def test_the_confirmation_is_202_with_its_job_until_it_is_pressed(
    shop: Shopfront, program: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger.job_runner import JobRunner

    monkeypatch.setattr("storefront.documents.confirmation.press", lambda html: b"%PDF-1.7")
    order = post(program, "/api/v1/orders", wanted(shop)).json
    waiting = program.get(order["links"]["confirmation"])
    assert waiting.status_code == 202
    assert waiting.json["href"].startswith("/api/v1/jobs/")
    assert program.get(order["links"]["confirmation"], headers={"Accept": "text/html"}).headers["Refresh"] == "2"
    runner = JobRunner(shop.ledger, jobs(shop.service))
    while runner.run_once():
        pass
    pressed = program.get(order["links"]["confirmation"])
    assert (pressed.status_code, pressed.data) == (200, b"%PDF-1.7")
    assert pressed.mimetype == "application/pdf"


def test_the_stream_tells_every_change(shop: Shopfront, program: FlaskClient) -> None:
    order = post(program, "/api/v1/orders", wanted(shop)).json
    stream = program.get(order["links"]["events"])
    assert stream.mimetype == "text/event-stream"
    chunks = iter(stream.response)
    assert b"retry" in next(chunks)
    shop.service.cancel_order(GUEST, order["order"], order["key"])
    told = next(chunks)
    assert b"event: changed" in told
    assert order["order"].encode() in told
    stream.close()


def test_every_operation_stands_in_the_api_description(program: FlaskClient) -> None:
    paths = program.get("/api/v1/openapi.json").json["paths"]
    assert {path for path in paths if path.startswith("/api/v1/orders")} == {
        "/api/v1/orders",
        "/api/v1/orders.csv",
        "/api/v1/orders.xlsx",
        "/api/v1/orders/{order}",
        "/api/v1/orders/{order}/cancel",
        "/api/v1/orders/{order}/change",
        "/api/v1/orders/{order}/complaints",
        "/api/v1/orders/{order}/concessions/{concession}",
        "/api/v1/orders/{order}/confirmation.pdf",
        "/api/v1/orders/{order}/events",
        "/api/v1/orders/{order}/pieces/{piece}/design",
        "/api/v1/orders/{order}/wait",
    }
