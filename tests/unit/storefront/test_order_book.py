"""The order book that staff read."""

from datetime import timedelta

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

import storefront.web
from contracts.access import Principal, Role
from ledger.unit_of_work import Ledger
from presentation.site import init_site
from storefront.tables import OrderRow
from tests.unit.storefront.fakes import GUEST, Shopfront, rider


@pytest.fixture
def app(shop: Shopfront) -> Flask:
    app = Flask("test", static_folder=None)
    app.config.update(SECRET_KEY="test", TESTING=True, ROLE=Role.SERVICE)

    @app.before_request
    def who() -> None:
        g.principal = Principal(id="staff_s", role=app.config["ROLE"], name="sam")

    init_site(app)
    app.register_blueprint(storefront.web.blueprint(shop.service))
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def placed(shop: Shopfront, ledger: Ledger) -> tuple[str, str]:
    """Two orders, the second expected a day too late."""
    first, second = (shop.service.place_order(GUEST, shop.wanted(customer=rider()), key) for key in ("k1", "k2"))
    with ledger.transaction(GUEST) as transaction:
        row = transaction.session.get_one(OrderRow, second)
        row.expected_at = row.promised_at + timedelta(days=1)
    return first, second


def test_every_order_is_listed_newest_first_without_its_customer(client: FlaskClient, shop: Shopfront, ledger: Ledger) -> None:
    first, second = placed(shop, ledger)
    answer = client.get("/api/v1/orders")
    assert [each["order"] for each in answer.get_json()["items"]] == [second, first]
    assert "Ada" not in answer.text
    page = client.get("/order-book?lang=en").text
    assert page.index(second) < page.index(first)
    assert "2 rows" in page


def test_orders_are_found_by_number_family_state_and_lateness(client: FlaskClient, shop: Shopfront, ledger: Ledger) -> None:
    first, second = placed(shop, ledger)

    def found(question: str) -> list[str]:
        return [each["order"] for each in client.get(f"/api/v1/orders?sort=order&{question}").get_json()["items"]]

    assert found(f"q={first[-5:].lower()}") == [first]
    assert found("late=yes") == [second]
    assert found("late=no") == [first]
    (family,) = shop.service.ordered_families()
    assert found(f"family={family[0]}") == [first, second]
    assert found("family=boat") == []
    assert found("state=shipped") == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_empty_order_book_says_so(client: FlaskClient, language: str) -> None:
    page = client.get(f"/order-book?lang={language}").text
    assert ("Nobody has ordered anything yet." if language == "en" else "还没有任何订单。") in page


def test_customers_do_not_see_the_order_book(app: Flask, client: FlaskClient) -> None:
    app.config["ROLE"] = Role.CONSUMER
    for address in ("/order-book", "/api/v1/orders", "/api/v1/orders.csv"):
        assert client.get(address).status_code == 403
