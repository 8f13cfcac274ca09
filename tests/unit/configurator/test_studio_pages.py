"""The studio without a script: each click is a form that leads to the design as it then stands."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import g
from flask.testing import FlaskClient
from lxml import html

from configurator.service import Service
from contracts.access import Principal, Role
from tests.bicycles import bicycle_shop, studio_app


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with bicycle_shop(tmp_path_factory.mktemp("studio")) as service:
        yield service


@pytest.fixture
def client(service: Service) -> FlaskClient:
    return client_of(service)


def client_of(service: Service, principal: Principal | None = None) -> FlaskClient:
    app = studio_app(service, forgery_checked=False)
    if principal is not None:
        app.before_request(lambda: setattr(g, "principal", principal))
    return app.test_client()


def begin(client: FlaskClient, **measures: int) -> str:
    answer = client.post("/studio/bicycle/measures", data={"revision": 0, "inseam": 860, "body_reach": 1300, **measures})
    assert answer.status_code == 303
    return str(answer.location)


def press(client: FlaskClient, address: str, action: str = "decide", **fields: Any) -> Any:
    page = html.fromstring(client.get(address).text)
    revision = page.xpath("//input[@form='choices'][@name='revision']/@value")[0]
    return client.post(f"{address}/{action}", data={"revision": revision, **fields})


def client_click(client: FlaskClient, address: str, **fields: Any) -> Any:
    """A click as the script sends it: what follows stands in the answer."""
    revision = read(client, address).xpath("//input[@form='choices'][@name='revision']/@value")[0]
    headers = {"HX-Request": "true", "Accept-Language": "en"}
    return client.post(f"{address}/decide", data={"revision": revision, **fields}, headers=headers)


def read(client: FlaskClient, address: str) -> html.HtmlElement:
    return html.fromstring(client.get(address, headers={"Accept-Language": "en"}).text)


def pressed(page: html.HtmlElement, option: str) -> str:
    return str(page.xpath(f"//*[@id='option-{option}']//button[@aria-pressed='true']//*[@class='name']")[0].text_content().strip())


def test_a_design_that_changes_an_order_leads_back_to_it(client: FlaskClient) -> None:
    address = begin(client)
    assert not read(client, address).xpath("//form[@action='/orders/order_1/change?key=k']")
    with client.session_transaction() as session:
        session["errands"] = [[address.removeprefix("/d/"), "piece_1", "/orders/order_1/change?key=k"]]
    (form,) = read(client, address).xpath("//form[@action='/orders/order_1/change?key=k']")
    assert form.text_content().strip() == "Compare with your order"


def test_looking_stores_nothing_and_shows_the_default_for_the_example(client: FlaskClient) -> None:
    page = read(client, "/studio/bicycle")
    assert "Kim (inseam 83 cm)" in page.text_content()
    assert pressed(page, "style") == "Gravel"
    assert page.xpath("//a[starts-with(@href, '/checkout')]") == []


def test_own_measures_make_a_design_that_can_be_ordered(client: FlaskClient) -> None:
    address = begin(client)
    page = read(client, address)
    assert "Saddle height 759" in page.text_content()
    assert page.xpath("//a[starts-with(@href, '/checkout')]/@href") == [f"/checkout?design={address.rsplit('/', 1)[1]}&revision=1"]


def test_measures_say_which_choices_changed_with_them(client: FlaskClient) -> None:
    """A short rider gets a sloping frame; who stays with the diamond hears of nothing."""
    address, said = begin(client), []
    for inseam, reach in ((845, 1290), (760, 1180)):
        revision = read(client, address).xpath("//input[@form='choices'][@name='revision']/@value")[0]
        sent = {"revision": revision, "inseam": inseam, "body_reach": reach}
        answer = client.post(f"{address}/measures", data=sent, headers={"HX-Request": "true", "Accept-Language": "en"})
        said.append(html.fromstring(answer.text).xpath("string(//p[@data-tone='info'])"))
    assert said[0] == ""
    assert "sloping top tube" in said[1]


def test_measures_typed_wrong_are_told_at_their_field_and_kept(client: FlaskClient) -> None:
    answer = client.post("/studio/bicycle/measures", data={"revision": "0", "inseam": "eighty", "body_reach": "1300"})
    page = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert page.get_element_by_id("inseam").get("value") == "eighty"
    assert page.get_element_by_id("inseam").get("aria-invalid") == "true"
    assert page.get_element_by_id("body_reach").get("aria-invalid") is None


@pytest.mark.parametrize(
    ("inseam", "sentence"),
    [
        ("999999", "Between 600 mm and 1100 mm, please."),
        ("83", "In millimetres, please: did you mean 830 mm?"),
        ("83.5", "Did you mean 83.5 cm = 835 mm?"),
        ("-5", "A number from 600 mm to 1100 mm, please; with the unit behind it when it is another one, like 33 in or 84 cm."),
        ("33 oz", "A number from 600 mm to 1100 mm"),
        ("33.9 m", "Between 600 mm and 1100 mm, please."),
    ],
)
def test_every_measure_out_of_range_is_told_at_its_field(client: FlaskClient, inseam: str, sentence: str) -> None:
    sent = {"revision": "0", "inseam": inseam, "body_reach": "1"}
    answer = client.post("/studio/bicycle/measures", data=sent, headers={"Accept-Language": "en"})
    page = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert sentence in page.get_element_by_id("inseam-error").text_content()
    assert "Between" in page.get_element_by_id("body_reach-error").text_content()
    assert page.xpath("//*[@id='above']//*[@id='reason']") == []


def test_a_number_out_of_range_is_refused_in_a_whole_sentence(client: FlaskClient) -> None:
    address = begin(client)
    page = html.fromstring(press(client, address, typed="stem_length", **{"number.stem_length": "9999"}).text)
    said = " ".join(page.get_element_by_id("reason").text_content().split())
    assert "“”" not in said
    assert said.startswith("Stem length goes from 60 mm to 130 mm in steps of 10 mm.")


def test_a_body_that_we_cannot_fit_is_told_why(client: FlaskClient) -> None:
    answer = client.post(
        "/studio/bicycle/measures", data={"revision": 0, "inseam": 640, "body_reach": 1100}, headers={"Accept-Language": "en"}
    )
    assert answer.status_code == 409
    assert "Under 690 mm inseam our shortest seat tube" in answer.text


def test_a_click_decides_and_a_second_one_takes_it_back(client: FlaskClient) -> None:
    address = begin(client)
    assert press(client, address, select="colour.coral").status_code == 303
    assert pressed(read(client, address), "colour") == "Coral"
    press(client, address, retract="colour")
    assert pressed(read(client, address), "colour") == "Racing green"


def test_the_very_first_click_may_be_a_choice(client: FlaskClient) -> None:
    answer = client.post("/studio/bicycle/decide", data={"revision": "0", "select": "style.city"})
    assert answer.status_code == 303
    assert pressed(read(client, answer.location), "style") == "City"


def test_what_cannot_be_had_says_why_in_place_and_is_had_by_one_click(client: FlaskClient) -> None:
    address = begin(client)
    press(client, address, select="style.city")
    page = read(client, f"{address}?why=bar.drop")
    reason = page.xpath("//*[@id='option-bar']//*[@id='reason']")[0]
    assert "a drop bar would be out of reach" in reason.text_content()
    button = reason.xpath(".//button")[0]
    assert button.text_content() == "Have it anyway: gives up Use: City"
    assert press(client, address, instead=button.get("value")).status_code == 303
    after = read(client, address)
    assert pressed(after, "bar") == "Drop bar"
    assert pressed(after, "style") != "City"


def test_a_refused_decision_changes_nothing(client: FlaskClient) -> None:
    address = begin(client)
    press(client, address, select="style.city")
    answer = press(client, address, select="bar.drop")
    assert answer.status_code == 409
    assert "reason" in answer.text
    assert pressed(read(client, address), "bar") == "Flat bar"


def test_a_number_that_cannot_be_built_offers_the_nearest(client: FlaskClient) -> None:
    address = begin(client)
    answer = press(client, address, typed="stem_length", **{"number.stem_length": "130"})
    page = html.fromstring(answer.text)
    assert answer.status_code == 409
    nearest = page.xpath("//*[@id='option-stem_length']//*[@id='reason']//button[@name='set']/@value")
    assert nearest == ["stem_length=120"]
    press(client, address, set=nearest[0])
    assert read(client, address).get_element_by_id("number-stem_length").get("value") == "120"


def test_what_else_a_click_changed_is_said_beside_it(client: FlaskClient) -> None:
    address = begin(client)
    page = html.fromstring(client_click(client, address, select="brake.rim_caliper").text)
    said = page.xpath("//*[@id='option-brake']//*[@class='followed']")[0].text_content()
    assert "Rotors: None" in said
    assert "standards inside fit themselves to it" in said
    assert "Brakes: " not in said
    after = html.fromstring(client_click(client, address, select="colour.coral").text)
    assert after.xpath("//*[@class='followed']") == []


def test_two_reasons_are_two_sentences(client: FlaskClient) -> None:
    address = begin(client)
    press(client, address, select="brake.rim_caliper")
    reason = read(client, f"{address}?why=style.city").get_element_by_id("reason").text_content()
    assert ". and" not in reason


def test_the_address_of_a_refused_form_shows_the_design(client: FlaskClient) -> None:
    address = begin(client)
    assert client.get(f"{address}/decide").location == address
    assert client.get("/studio/bicycle/measures").location == "/studio/bicycle"


def test_a_design_that_can_be_ordered_can_be_put_in_the_basket(client: FlaskClient) -> None:
    assert read(client, "/studio/bicycle").xpath("//form[@action='/basket']") == []
    address = begin(client)
    form = read(client, address).xpath("//form[@action='/basket']")[0]
    assert form.xpath("./input[@name='design']/@value") == [address.rsplit("/", 1)[1]]


def test_undo_goes_back_one_click(client: FlaskClient) -> None:
    address = begin(client)
    press(client, address, select="colour.coral")
    press(client, address, "undo")
    assert pressed(read(client, address), "colour") == "Racing green"


def test_the_rest_is_completed_at_the_least_price(client: FlaskClient) -> None:
    address = begin(client)
    before = price(read(client, address))
    press(client, address, select="material.titanium")
    press(client, address, "complete", objective="cheapest")
    page = read(client, address)
    assert pressed(page, "material") == "Titanium"
    assert price(page) < before + 10_000
    assert pressed(page, "pedals") == "None"


def price(page: html.HtmlElement) -> float:
    return float(re.sub(r"[^0-9.]", "", page.xpath("//*[contains(@class, 'studio-offer')]//*[@class='price']")[0].text_content()))


@pytest.mark.parametrize(
    ("action", "fields", "place", "button"),
    [
        ("decide", {"select": "tread.slick"}, "option-tread", {"select": "tread.slick", "": "Do it again: Tread: Slick"}),
        ("decide", {"retract": "tread"}, "option-tread", {"retract": "tread", "": "Do it again"}),
        (
            "decide",
            {"typed": "crank_length", "number.crank_length": "165"},
            "option-crank_length",
            {"set": "crank_length=165", "": "Do it again: Crank length: 165 mm"},
        ),
        ("measures", {"inseam": "850", "body_reach": "1300"}, "measures", {"": "Do it again"}),
        ("complete", {"objective": "cheapest"}, "studio", {"": "Do it again"}),
        ("undo", {}, "studio", {"": "Do it again"}),
    ],
)
def test_a_click_on_an_older_page_shows_the_newest_and_does_it_again_when_asked(
    client: FlaskClient, action: str, fields: dict[str, str], place: str, button: dict[str, str]
) -> None:
    address = begin(client)
    press(client, address, select="tread.semi")
    press(client, address, select="colour.coral")
    headers = {"Accept-Language": "en"}
    answer = client.post(f"{address}/{action}", data={"revision": "2", **fields}, headers=headers)
    page = html.fromstring(answer.text)
    assert answer.status_code == 412
    assert pressed(page, "colour") == "Coral"
    assert read(client, address).xpath("//input[@form='choices'][@name='revision']/@value") == ["3"]
    (told,) = page.get_element_by_id(place).xpath(".//*[@role='alert'][contains(., 'changed elsewhere')]")
    (again,) = told.xpath(".//button")
    assert again.text_content() == button.pop("")
    assert {again.get("name"): again.get("value")} == (button or {None: None})
    form = page.get_element_by_id(again.get("form"))
    fields = [*form.xpath(".//input[@name]"), *page.xpath(f"//input[@form='{again.get('form')}']")]
    sent = {each.name: each.value for each in fields if each.name not in ("view", "csrf_token")} | button
    assert client.post(form.get("action"), data=sent, headers=headers).status_code == 303
    assert read(client, address).xpath("//input[@form='choices'][@name='revision']/@value") == ["4"]


def test_a_click_sent_twice_has_one_effect_and_no_complaint(client: FlaskClient) -> None:
    address = begin(client)
    for _ in range(2):
        assert client.post(f"{address}/decide", data={"revision": "1", "select": "colour.coral"}).status_code == 303
    assert read(client, address).xpath("//input[@form='choices'][@name='revision']/@value") == ["2"]


def test_a_script_is_told_where_a_refused_click_stands_and_an_unreadable_one_changes_nothing_else(client: FlaskClient) -> None:
    address = begin(client)
    script = {"HX-Request": "true", "Accept-Language": "en"}
    press(client, address, select="colour.coral")
    older = client.post(f"{address}/decide", data={"revision": "1", "select": "colour.sky"}, headers=script)
    assert (older.status_code, older.headers["HX-Retarget"]) == (412, "#studio")
    unreadable = client.post(f"{address}/decide", data={"revision": "2", "instead": "?"}, headers=script)
    assert (unreadable.status_code, unreadable.headers["HX-Retarget"]) == (400, "#told-sentence")
    assert "could not be understood" in unreadable.text


def test_differences_tell_price_and_days_of_a_group(client: FlaskClient) -> None:
    address = begin(client)
    fragment = html.fromstring(f"<div>{client.get(f'{address}/differences?group=frame', headers={'Accept-Language': 'en'}).text}</div>")
    told = {each.get("id"): each.text_content().strip() for each in fragment.xpath(".//small")}
    assert set(told) >= {"differs-material.titanium", "differs-material.aluminium"}
    assert told["differs-material.titanium"].startswith("+CN¥9,944.00 · ")
    assert not any("tyres" in name for name in told)


def test_a_difference_names_what_else_changes_with_it(client: FlaskClient) -> None:
    address = begin(client)
    fragment = html.fromstring(f"<div>{client.get(f'{address}/differences?group=brakes', headers={'Accept-Language': 'en'}).text}</div>")
    rotor = fragment.get_element_by_id("differs-rotor.r180")
    assert re.search(r"changes \d more$", rotor.text_content().strip())
    assert "Fork" in rotor.get("title")
    assert "Rotors" not in rotor.get("title")


def test_a_script_is_answered_with_the_design_alone_and_its_address(client: FlaskClient) -> None:
    address = begin(client)
    answer = client.post(f"{address}/decide", data={"revision": "1", "select": "colour.sky"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.headers["HX-Push-Url"] == address
    assert answer.text.lstrip().startswith('<div id="studio"')


@pytest.mark.parametrize("text", ["abc", "", "120.5", "-5", "9" * 400, "<b>1</b>"])
def test_a_number_that_is_none_is_told_beside_its_field_and_changes_nothing(client: FlaskClient, text: str) -> None:
    fresh = client.post("/studio/bicycle/decide", data={"revision": "0", "typed": "crank_length", "number.crank_length": text})
    address = begin(client)
    fields = {"revision": "1", "typed": "crank_length", "number.crank_length": text}
    of_design = client.post(f"{address}/decide", data=fields, headers={"Accept-Language": "en"})
    for answer in (fresh, of_design):
        assert answer.status_code == 422
        (told,) = html.fromstring(answer.text).get_element_by_id("option-crank_length").xpath(".//*[@role='alert']")
    assert told.text_content().strip() == "Type a whole number, one of those that can be built."
    assert read(client, address).xpath("//input[@form='choices'][@name='revision']/@value") == ["1"]


@pytest.mark.parametrize("text", ["16.5 cm", "１６５", " 165 mm "])
def test_a_number_is_read_as_people_write_it(client: FlaskClient, text: str) -> None:
    address = begin(client)
    fields = {"revision": "1", "typed": "crank_length", "number.crank_length": text}
    assert client.post(f"{address}/decide", data=fields).status_code == 303
    assert read(client, address).xpath("//input[@id='number-crank_length']/@value") == ["165"]


@pytest.mark.parametrize("fields", [{}, {"set": "stem_length=long"}, {"instead": "steal:all"}, {"typed": "stem_length"}, {"revision": "x"}])
def test_fields_that_no_button_has_are_refused(client: FlaskClient, fields: dict[str, str]) -> None:
    assert client.post(f"{begin(client)}/decide", data={"revision": "1", **fields}).status_code == 400


def test_an_unknown_choice_family_action_or_design_is_refused(client: FlaskClient) -> None:
    address = begin(client)
    assert press(client, address, select="colour.plaid").status_code == 422
    assert client.post(f"{address}/melt", data={"revision": "1"}).status_code == 400
    assert client.post(f"{address}/complete", data={"revision": "1", "objective": "nicest"}).status_code == 400
    assert client.get("/studio/unicycle").status_code == 404
    assert client.get("/d/design_0").status_code == 404


def test_somebody_elses_design_is_looked_at_copied_but_not_changed(service: Service) -> None:
    owner, friend = (client_of(service, Principal(id=each, role=Role.CONSUMER)) for each in ("person_1", "person_2"))
    address = begin(owner, inseam=861)
    press(owner, address, select="colour.coral")
    page = read(friend, address)
    assert pressed(page, "colour") == "Coral"
    assert "861" not in friend.get(address).text
    assert press(friend, address, select="colour.sky").status_code == 403
    copy = press(friend, address, "copy").location
    assert copy != address
    assert pressed(read(friend, copy), "colour") == "Coral"


def test_both_languages(client: FlaskClient) -> None:
    address = begin(client)
    assert "座高 759" in client.get(address, headers={"Accept-Language": "zh-CN"}).text
    assert "Saddle height 759" in client.get(address, headers={"Accept-Language": "en"}).text


def test_choices_are_shown_by_pictures_of_one_file_that_is_kept(client: FlaskClient) -> None:
    page = read(client, "/studio/bicycle")
    (shown,) = page.xpath("//*[@id='value-bar.swept']//use/@href")
    address, _, name = shown.partition("#")
    assert name == "bar.swept"
    assert {each.partition("#")[0] for each in page.xpath("//use[contains(@href, '/studio/')]/@href")} == {address}
    answer = client.get(address)
    assert answer.mimetype == "image/svg+xml"
    assert 'id="bar.swept"' in answer.text
    assert "immutable" in answer.headers["Cache-Control"]


def test_an_old_address_of_the_pictures_is_not_kept_and_an_unknown_one_is_not_found(client: FlaskClient) -> None:
    (shown,) = read(client, "/studio/bicycle").xpath("//*[@id='value-bar.swept']//use/@href")
    folder, _, file = shown.partition("#")[0].rpartition("/")
    old = client.get(f"{folder}/en-00000000.svg")
    assert old.status_code == 200
    assert old.headers["Cache-Control"] == "public, no-cache"
    assert client.get(f"{folder}/fr-00000000.svg").status_code == 404
    assert client.get(f"/studio/bicycle/1066.1/{file}").status_code == 404


def test_each_measure_stands_beside_the_picture_of_how_it_is_taken(client: FlaskClient) -> None:
    page = read(client, "/studio/bicycle")
    (picture,) = page.xpath("//*[@id='inseam']/ancestor::*[contains(@class, 'measure pictured')]//use/@href")
    assert picture.endswith("#inseam")


def test_the_drawing_is_turned_to_the_side_that_the_address_names(client: FlaskClient) -> None:
    sides = read(client, "/studio/bicycle").xpath("//input[@name='view']/@value")
    for side in sides:
        assert read(client, f"/studio/bicycle?view={side}").xpath("//input[@name='view'][@checked]/@value") == [side]
    assert read(client, "/studio/bicycle?view=nowhere").xpath("//input[@name='view'][@checked]/@value") == sides[:1]


def test_a_click_without_a_script_keeps_the_side(client: FlaskClient) -> None:
    address = begin(client)
    side = read(client, address).xpath("//input[@name='view']/@value")[-1]
    answer = press(client, address, select="colour.coral", view=side)
    assert answer.location == f"{address}?view={side}"


def test_the_next_numbers_say_what_they_would_do(client: FlaskClient) -> None:
    page = read(client, begin(client))
    steps = page.get_element_by_id("option-crank_length").find_class("steps")[0].text_content()
    assert re.fullmatch(r"165 mm: .+175 mm: .+", " ".join(steps.split()))
    fragment = html.fromstring(f"<div>{client.get(f'{begin(client)}/differences?group=fit', headers={'Accept-Language': 'en'}).text}</div>")
    assert {"differs-crank_length=165", "differs-crank_length=175"} <= {each.get("id") for each in fragment.xpath(".//small")}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("160", "160 mm: no difference"),
        ("170", ""),
        ("162", "Cannot be built. Nearest that goes with the rest: 160 mm, 165 mm"),
        ("9999", "Cannot be built. Nearest that goes with the rest: 175 mm"),
        ("", ""),
        ("long", ""),
    ],
)
def test_a_number_says_while_it_is_typed_what_it_would_do(client: FlaskClient, typed: str, said: str) -> None:
    address = begin(client)
    answer = client.get(f"{address}/typed", query_string={"number.crank_length": typed}, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert " ".join(answer.text.split()) == said
    assert client.get(f"{address}/typed", query_string={"number.wings": "2"}).status_code == 422
