"""Wishes in the studio without a script: told in a form, kept or missed in the offer, marks beside the choices."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from lxml import html

from configurator.service import Service
from contracts.access import Principal, Role
from tests.bicycles import bicycle_shop
from tests.unit.configurator.test_studio_pages import begin, client_click, client_of, press, read


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with bicycle_shop(tmp_path_factory.mktemp("wishes")) as service:
        yield service


@pytest.fixture
def client(service: Service) -> FlaskClient:
    return client_of(service, Principal(id="person_ada", role=Role.ANONYMOUS))


def verdicts(page: html.HtmlElement) -> list[tuple[str, str]]:
    """What the offer says of each wish, and whether it is kept."""
    return [(each.get("data-kept"), " ".join(each.text_content().split())) for each in page.xpath("//*[@id='offer']//*[@class='wish']")]


def mark(page: html.HtmlElement, value: str) -> list[str]:
    return [" ".join(each.text_content().split()) for each in page.xpath(f"//*[@id='value-{value}']//*[@class='breaks']")]


def test_a_wish_is_told_kept_and_marks_what_breaks_it(client: FlaskClient) -> None:
    address = begin(client)
    assert verdicts(read(client, address)) == []
    assert press(client, address, "wishes", wished_price="6000", wished_date="2026-11-24").status_code == 303
    page = read(client, address)
    (price, date) = verdicts(page)
    assert price == ("false", "CN¥4,380.18 above your wish")
    assert date[0] == "false"
    assert date[1].endswith("days after your wish")
    assert page.get_element_by_id("wished_price").get("value") == "6000"
    assert page.get_element_by_id("wished_date").get("value") == "2026-11-24"
    assert mark(page, "material.titanium") == ["always above your price", "none found in time"]
    assert mark(page, "material.aluminium") == ["none found in time"]
    assert press(client, address, select="material.titanium").status_code == 303


def test_a_chosen_value_that_is_not_the_customers_own_is_marked_too(client: FlaskClient) -> None:
    """Of what only the default chose, the customer may still choose otherwise."""
    address = begin(client)
    press(client, address, "wishes", wished_price="5000")
    assert mark(read(client, address), "material.steel") == ["always above your price"]
    press(client, address, "wishes", wished_price="6000")
    assert mark(read(client, address), "material.steel") == []


def test_wishes_are_taken_back_by_a_button_or_by_undo(client: FlaskClient) -> None:
    address = begin(client)
    press(client, address, "wishes", wished_price="20,000.50", wished_date="")
    page = read(client, address)
    assert verdicts(page) == [("true", "within your wish")]
    assert page.get_element_by_id("wished_price").get("value") == "20000.50"
    press(client, address, "wishes", none="1", wished_price="20000.50", wished_date="")
    assert verdicts(read(client, address)) == []
    press(client, address, "undo")
    assert verdicts(read(client, address)) == [("true", "within your wish")]


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("wished_price", "cheap", "A price above nothing, please, as 900 or 900.50."),
        ("wished_price", "1,00,0", "A price above nothing, please, as 900 or 900.50."),
        ("wished_price", "0", "A price above nothing, please, as 900 or 900.50."),
        ("wished_price", "-5", "A price above nothing, please, as 900 or 900.50."),
        ("wished_date", "Friday", "A day, please, as 2026-12-04."),
        ("wished_date", "2026-02-30", "A day, please, as 2026-12-04."),
        ("wished_date", "2020-01-01", "This day is over: please take today or a later one."),
    ],
)
@pytest.mark.parametrize("begun", [False, True])
def test_a_wish_that_cannot_be_read_is_told_at_its_field_and_changes_nothing(
    client: FlaskClient, begun: bool, field: str, typed: str, sentence: str
) -> None:
    address = begin(client) if begun else "/studio/bicycle"
    sent = {"revision": "1" if begun else "0", field: typed}
    answer = client.post(f"{address}/wishes", data=sent, headers={"Accept-Language": "en"})
    page = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert page.get_element_by_id(field).get("value") == typed
    assert page.get_element_by_id(f"{field}-error").text_content() == sentence
    assert page.get_element_by_id("wishes").get("open") is not None
    assert verdicts(read(client, address)) == []


def test_the_very_first_click_may_be_a_wish(client: FlaskClient) -> None:
    answer = client.post("/studio/bicycle/wishes", data={"revision": "0", "wished_price": "9000"})
    assert answer.status_code == 303
    assert verdicts(read(client, answer.location))[0][0] == "false"


def test_a_wish_on_an_older_page_is_told_again_when_asked(client: FlaskClient) -> None:
    address = begin(client)
    press(client, address, select="colour.coral")
    answer = client.post(f"{address}/wishes", data={"revision": "1", "wished_price": "9000"}, headers={"Accept-Language": "en"})
    page = html.fromstring(answer.text)
    assert answer.status_code == 412
    (again,) = page.xpath("//*[@id='wishes']//*[@role='alert']//button")
    assert (again.get("form"), page.get_element_by_id("wished_price").get("value")) == ("wish", "9000")


def test_the_cheapest_says_what_can_be_reached_beside_its_button(client: FlaskClient) -> None:
    address = begin(client)
    press(client, address, "wishes", wished_price="5000")
    answer = press(client, address, "complete", objective="cheapest")
    said = html.fromstring(answer.text).get_element_by_id("reached").text_content()
    assert answer.status_code == 200
    assert "5,274.84" in said
    assert client.get(f"{address}/complete").location == address
    press(client, address, "wishes", wished_price="5300")
    assert press(client, address, "complete", objective="cheapest").status_code == 303


def test_the_earliest_that_keeps_the_price_names_the_day_that_its_design_comes(client: FlaskClient) -> None:
    address = begin(client)
    press(client, address, "wishes", wished_price="5300", wished_date="2026-11-24")
    page = html.fromstring(press(client, address, "complete", objective="earliest").text)
    said = page.get_element_by_id("reached").text_content()
    assert "keep what can be kept of your wishes" in said
    assert [kept for kept, _ in verdicts(page)] == ["true", "false"]
    (day,) = re.findall(r"earliest that was found to keep your choices is (.+?), after", said)
    assert day in " ".join(page.get_element_by_id("offer").text_content().split())


def test_who_only_has_the_link_sees_no_wish(client: FlaskClient, service: Service) -> None:
    address = begin(client)
    press(client, address, "wishes", wished_price="6000")
    stranger = read(client_of(service, Principal(id="person_eve", role=Role.ANONYMOUS)), address)
    assert verdicts(stranger) == []
    assert stranger.xpath("//*[@class='breaks'] | //*[@id='wishes']") == []


def test_a_click_by_script_brings_the_new_verdict(client: FlaskClient) -> None:
    address = begin(client)
    press(client, address, "wishes", wished_price="11000")
    page = html.fromstring(client_click(client, address, select="material.titanium").text)
    assert [kept for kept, _ in verdicts(page)] == ["false"]


def test_a_typed_number_says_which_wish_it_breaks(client: FlaskClient) -> None:
    address = begin(client)
    press(client, address, "wishes", wished_price="5000")
    said = client.get(f"{address}/typed?number.crank_length=165", headers={"Accept-Language": "en"}).text
    assert "always above your price" in said
