"""Own designs, two compared, one on paper: pages that work without a script."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html

from configurator.service import Service
from contracts.access import Principal, Role
from contracts.naming import short
from tests.bicycles import bicycle_shop
from tests.unit.configurator.test_studio_pages import begin, client_of, press, read

BERT = Principal(id="person_bert", role=Role.ANONYMOUS)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with bicycle_shop(tmp_path_factory.mktemp("designs")) as service:
        yield service


@pytest.fixture
def anna(service: Service, request: pytest.FixtureRequest) -> FlaskClient:
    """Somebody who has no design yet."""
    return client_of(service, Principal(id=f"person_anna_of_{request.node.name}", role=Role.ANONYMOUS))


def designed(client: FlaskClient, *choices: str) -> str:
    address = begin(client)
    for choice in choices:
        assert press(client, address, select=choice).status_code == 303
    return address.removeprefix("/d/")


def told(page: html.HtmlElement) -> str:
    return " ".join(page.xpath("string(//main)").split())


def rows(page: html.HtmlElement) -> dict[str, tuple[str, str]]:
    found = page.xpath("//table[contains(@class, 'compared')]//tr[th[@scope='row'] and count(td) = 2]")
    texts = [[" ".join(cell.text_content().split()) for cell in row] for row in found]
    return {name: (first, second) for name, first, second in texts}


def test_without_a_design_the_list_says_how_one_begins(anna: FlaskClient) -> None:
    page = read(anna, "/designs")
    assert "You have no designs yet" in told(page)
    assert page.xpath("//main//a[@href='/']")


def test_own_designs_are_listed_the_latest_first_and_nobody_elses(anna: FlaskClient, service: Service) -> None:
    older, newer = designed(anna), designed(anna, "colour.coral")
    designed(client_of(service, BERT))
    assert read(anna, "/designs").xpath("//h2/a/@href") == [f"/d/{newer}", f"/d/{older}"]


def test_a_long_list_goes_on_on_another_page(anna: FlaskClient) -> None:
    first = designed(anna)
    for _ in range(12):
        anna.post("/studio/bicycle/decide", data={"revision": 0, "select": "colour.sky"})
    page = read(anna, "/designs")
    assert len(page.xpath("//h2/a")) == 12
    (onward,) = page.xpath("//a[@rel='next']/@href")
    assert read(anna, onward).xpath("//h2/a/@href") == [f"/d/{first}"]


def test_a_design_is_called_by_its_owners_name_for_it_as_it_was_typed(anna: FlaskClient, service: Service) -> None:
    design = designed(anna)
    assert anna.post(f"/designs/{design}/name", data={"name": "  Anna’s <b>fast</b>  one "}).status_code == 303
    assert read(anna, "/designs").xpath("//h2/a/text()") == ["Anna’s <b>fast</b> one"]
    assert read(anna, f"/d/{design}").xpath("string(//h1)") == "Anna’s <b>fast</b> one"
    assert "Anna" not in client_of(service, BERT).get(f"/d/{design}").text
    anna.post(f"/designs/{design}/name", data={"name": ""})
    assert read(anna, "/designs").xpath("//h2/a/text()") == ["Bicycle to your body"]


def test_a_name_that_is_too_long_is_told_and_not_kept(anna: FlaskClient) -> None:
    design = designed(anna)
    anna.post(f"/designs/{design}/name", data={"name": "x" * 61})
    page = read(anna, "/designs")
    assert "at most 60 characters" in told(page)
    assert page.xpath("//h2/a/text()") == ["Bicycle to your body"]


def test_a_removed_design_leaves_the_list_and_shows_no_measures(anna: FlaskClient) -> None:
    design = designed(anna)
    assert anna.post(f"/designs/{design}/remove").status_code == 303
    assert not read(anna, "/designs").xpath("//h2/a")
    page = read(anna, f"/d/{design}")
    assert not page.xpath("//form[@id='measures']")
    assert "860" not in told(page)


@pytest.mark.parametrize("act", ["name", "remove"])
def test_only_its_owner_names_or_removes_a_design(anna: FlaskClient, service: Service, act: str) -> None:
    design = designed(anna)
    assert client_of(service, BERT).post(f"/designs/{design}/{act}", data={"name": "mine"}).status_code == 403
    assert read(anna, "/designs").xpath("//h2/a/text()") == ["Bicycle to your body"]


def test_two_designs_are_compared_by_what_differs_or_by_everything(anna: FlaskClient) -> None:
    first, second = designed(anna, "colour.coral"), designed(anna, "colour.sky", "material.titanium")
    page = read(anna, f"/designs/compare?a={first}&b={second}")
    differing = rows(page)
    assert differing["Colour"] == ("Coral", "Sky blue")
    assert differing["Frame tubes"] == ("Steel", "Titanium")
    assert "Bell" not in differing
    assert "+CN¥9,808.40" in differing["Price"][1]
    assert page.xpath("//a[normalize-space(text())='Go on with this one']/@href") == [f"/d/{first}", f"/d/{second}"]
    (everything,) = page.xpath("//a[text()='Show everything']/@href")
    all_of_it = rows(read(anna, everything))
    assert all_of_it["Bell"][0] == all_of_it["Bell"][1]
    assert all_of_it["Colour differs"] == ("Coral", "Sky blue")


def test_the_other_design_is_chosen_from_ones_own_or_by_a_pasted_link(anna: FlaskClient, service: Service) -> None:
    first, second = designed(anna), designed(anna)
    page = read(anna, f"/designs/compare?a={first}")
    assert page.xpath("//ul//a[contains(@href, 'b=')]/@href") == [f"/designs/compare?a={first}&b={second}"]
    berts = designed(client_of(service, BERT), "colour.coral")
    pasted = read(anna, f"/designs/compare?a={first}&b=http%3A%2F%2Flocalhost%2Fd%2F{berts}")
    assert rows(pasted)["Colour"] == ("Racing green", "Coral")
    assert "Inseam" not in rows(pasted) or rows(pasted)["Inseam"] == ("860 mm", "–")
    assert pasted.xpath("//a[normalize-space(text())='Look at this one']/@href") == [f"/d/{berts}"]


@pytest.mark.parametrize("typed", ["nonsense", "https://example.org/d/design_0000000000000000000000000"])
def test_a_link_to_no_design_is_told_at_its_field(anna: FlaskClient, typed: str) -> None:
    answer: Any = anna.get("/designs/compare", query_string={"a": designed(anna), "b": typed}, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    field = html.fromstring(answer.text).get_element_by_id("b")
    assert field.get("value") == typed
    assert field.get("aria-invalid") == "true"


def test_the_sheet_has_every_choice_the_measures_the_price_and_the_link(anna: FlaskClient, service: Service) -> None:
    design = designed(anna, "colour.coral")
    page = read(anna, f"/d/{design}/print")
    assert page.xpath("//dd[contains(@class, 'own')]/text()")[:2] == ["860 mm", "1300 mm"]
    for words in (
        "Colour",
        "Coral",
        "Wheelbase",
        "Tax 13",
        "The date is promised when you order",
        f"Bicycle to your body {short(design)} · ",
    ):
        assert words in told(page)
    assert design not in told(page)
    assert page.xpath(f"//footer//a[@href='http://localhost/d/{design}']/text()") == ["Open this design"]
    assert "filled in for you" not in told(page)
    theirs = told(read(client_of(service, BERT), f"/d/{design}/print"))
    assert "Coral" in theirs
    assert "860 mm" not in theirs


def test_the_comparison_and_the_sheet_tell_the_owner_what_was_wished(anna: FlaskClient, service: Service) -> None:
    cheap, other = designed(anna), designed(anna, "colour.coral")
    anna.put(f"/api/v1/designs/{cheap}/wishes", json={"price": {"amount": 900_000, "currency": "CNY"}}, headers={"If-Match": "1"})
    address = f"/designs/compare?a={cheap}&b={other}"
    (row,) = read(anna, address).xpath("//tr[th='Your wishes']")
    said, nothing = (cell.text_content() for cell in row.iterfind("td"))
    assert said.startswith("at most CN¥9,000.00")
    assert "above your wish" in said
    assert nothing == "–"
    assert "at most CN¥9,000.00" in told(read(anna, f"/d/{cheap}/print"))
    for theirs in (address, f"/d/{cheap}/print"):
        assert "at most" not in told(read(client_of(service, BERT), theirs))


def test_the_sheet_tells_what_was_chosen_from_what_was_filled_in(anna: FlaskClient) -> None:
    design = designed(anna, "colour.coral")
    revision = anna.get(f"/api/v1/designs/{design}").json["revision"]
    anna.post(f"/d/{design}/complete", data={"revision": str(revision), "objective": "cheapest"})
    page = read(anna, f"/d/{design}/print")
    lines = {line.findtext("dt"): line.find("dd").text_content() for line in page.xpath("//article//dl/div")}
    assert lines["Colour"] == "Coral • (your choice)"
    assert lines["Pedals"].endswith(" (filled in for you)")
    assert "filled in for you at the lowest price" in told(page)
    assert read(anna, f"/d/{design}").xpath("//button[@value='colour'][contains(@class, 'own')]")
    assert read(anna, f"/d/{design}").xpath(
        "//fieldset[@id='option-pedals']//button[@name='select']/small[@class='how'][text()='filled in for you']"
    )


def test_the_pages_speak_chinese(anna: FlaskClient) -> None:
    first, second = designed(anna), designed(anna, "colour.coral")
    for address in ("/designs", f"/designs/compare?a={first}", f"/designs/compare?a={first}&b={second}", f"/d/{first}/print"):
        assert anna.get(address, headers={"Accept-Language": "zh"}).status_code == 200
