"""The pages: front to order, both languages, faults told at their field, text that stays text."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html

from contracts.access import SYSTEM
from contracts.order import OrderState
from contracts.ports import WishedTerms
from ledger.staff import StaffAccounts
from presentation.guard import undecided_routes
from storefront.web.whereabouts import country_of
from tests.unit.storefront.fakes import Shopfront, eur
from tests.unit.storefront.site import site
from tests.unit.storefront.test_papers import letters

ADDRESS = {"name": "Ada Rider", "email": "ada@example.org", "street": "Uferweg 1", "city": "Bremen", "postcode": "28195", "country": "DE"}

PAID = {**ADDRESS, "payment": "sandbox-accepted"}


@pytest.fixture
def visitor(shop: Shopfront) -> FlaskClient:
    return site(shop).test_client()


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the checkout form."""
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)}


def buy(visitor: FlaskClient, **values: str) -> tuple[int, str]:
    country = values.get("country", ADDRESS["country"])
    form = hidden(visitor.get(f"/checkout?design=design_1&revision=1&country={country}").text)
    answer = visitor.post("/checkout", data={**form, **PAID, **values})
    return answer.status_code, answer.headers.get("Location", answer.text)


def test_every_route_says_who_may_use_it(shop: Shopfront) -> None:
    assert list(undecided_routes(site(shop))) == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", ["/", "/at-work", "/basket", "/checkout?design=design_1", "/orders", "/sign-in", "/account"])
def test_every_page_answers_in_both_languages(visitor: FlaskClient, path: str, language: str) -> None:
    answer = visitor.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert "storefront." not in re.sub(r'(href|src|hx-get|data-live)="[^"]*"', "", answer.text)


def test_from_the_front_page_to_the_order(visitor: FlaskClient) -> None:
    assert "/studio/bicycle" in visitor.get("/").text
    status, place = buy(visitor)
    assert status == 303
    page = visitor.get(place).text
    assert "Ada Rider" in page
    assert "Weld the frame" in page
    assert "11 Dec 2026" in page


def test_the_link_with_its_key_opens_the_order_for_a_stranger_and_nothing_else_does(shop: Shopfront, visitor: FlaskClient) -> None:
    _, place = buy(visitor)
    stranger = site(shop).test_client()
    assert stranger.get(place).status_code == 200
    assert stranger.get(place.partition("?")[0]).status_code == 404
    assert stranger.get(place[:-1] + "x").status_code == 404
    assert stranger.post(f"{place.partition('?')[0]}/cancel").status_code == 404


def test_a_missing_field_is_told_at_the_field_and_what_was_typed_stays(visitor: FlaskClient) -> None:
    status, page = buy(visitor, name="", email="nonsense", city="Bremen-Nord")
    assert status == 422
    assert 'id="name-error"' in page
    assert "Please give an address like name@example.org." in page
    assert page.index("Name: Please fill this in.") < page.index("E-mail: Please give an address")
    assert 'value="Bremen-Nord"' in page


def test_a_moved_promise_shows_old_and_new_and_the_second_try_orders(shop: Shopfront, visitor: FlaskClient) -> None:
    page = visitor.get("/checkout?design=design_1").text
    shop.plant.promised_at += timedelta(days=3)
    form = {**ADDRESS, "payment": "sandbox-accepted"}
    moved = visitor.post("/checkout", data={**hidden(page), **form})
    assert moved.status_code == 409
    assert "11 Dec 2026" in moved.text
    assert "14 Dec 2026" in moved.text
    assert re.search(r"held for you for another 1[45] minutes", moved.text)
    placed = visitor.post("/checkout", data={**hidden(moved.text), **form})
    assert placed.status_code == 303


def test_the_checkout_shows_the_product_and_what_it_is_made_with(shop: Shopfront, visitor: FlaskClient) -> None:
    page = visitor.get("/checkout?design=design_1").text
    assert 'src="/api/v1/designs/design_1/drawing.svg?labels=no&amp;revision=' in page
    chosen, _, rest = page.partition("Filled in for you")
    filled, _, completed = rest.partition("Completed to fit what you chose")
    for choice in shop.studio.designs["design_1"][-1].choices:
        told = chosen if choice.own else filled if choice.filled else completed
        assert f"<dt>{choice.option_label.en}</dt><dd>{choice.value_label.en}</dd>" in told


def test_the_checkout_says_of_a_product_that_nobody_changed_that_it_is_as_it_comes(shop: Shopfront, visitor: FlaskClient) -> None:
    frozen = shop.studio.designs["design_1"][-1]
    choices = tuple(each.model_copy(update={"own": False, "filled": False}) for each in frozen.choices)
    shop.studio.designs["design_1"][-1] = frozen.model_copy(update={"choices": choices})
    page = visitor.get("/checkout?design=design_1").text
    assert "As it comes" in page
    assert "Completed to fit what you chose" not in page


def test_a_refused_card_keeps_the_hold_and_another_card_orders(visitor: FlaskClient) -> None:
    status, page = buy(visitor, payment="sandbox-refused")
    assert status == 402
    assert "Nothing was charged" in page
    again = visitor.post("/checkout", data={**hidden(page), **ADDRESS, "payment": "sandbox-accepted"})
    assert again.status_code == 303


def test_a_reloaded_checkout_still_says_how_long_the_hold_stands(shop: Shopfront, visitor: FlaskClient) -> None:
    _, refused = buy(visitor, payment="sandbox-refused")
    page = visitor.get("/checkout?design=design_1&revision=1").text
    assert re.search(r"held for you for another 1[45] minutes", page)
    assert hidden(page)["hold"] == hidden(refused)["hold"]
    assert 'value="Ada Rider"' in page
    elsewhere = visitor.get("/checkout/summary?design=design_1&country=CN").text
    assert hidden(elsewhere)["hold"] == hidden(refused)["hold"]
    assert "held for you" not in site(shop).test_client().get("/checkout?design=design_1&revision=1").text
    assert "held for you" not in visitor.get("/checkout?design=design_2").text
    placed = visitor.post("/checkout", data={**hidden(page), **ADDRESS, "payment": "sandbox-accepted"})
    assert placed.status_code == 303
    assert "held for you" not in visitor.get("/checkout?design=design_1&revision=1").text


@pytest.mark.parametrize(
    ("wished", "words"),
    [
        (
            {"price": eur(238_000), "date": date(2026, 12, 11)},
            ["at most €2,380.00 · by Fri 11 Dec 2026", "within your wish", "in time for your wish"],
        ),
        ({"price": eur(200_000), "date": None}, ["at most €2,000.00", "€380.00 above your wish"]),
        ({"price": None, "date": date(2026, 12, 9)}, ["2 days after your wish"]),
    ],
)
def test_the_checkout_says_whether_the_order_keeps_the_wishes(
    shop: Shopfront, visitor: FlaskClient, wished: dict[str, Any], words: list[str]
) -> None:
    shop.studio.wished["design_1"] = WishedTerms(**wished)
    said = html.fromstring(visitor.get("/checkout?design=design_1").text).get_element_by_id("wish-design_1").text_content()
    for each in words:
        assert each in said


def test_a_country_with_states_asks_for_one(shop: Shopfront, visitor: FlaskClient) -> None:
    there = {"country": "US", "city": "Davis", "postcode": "95616"}
    assert 'name="region"' not in visitor.get("/checkout?design=design_1&country=DE").text
    assert html.fromstring(visitor.get("/checkout?design=design_1&country=US").text).xpath("//select[@id='region']/option[@value='CA']")
    elsewhere = visitor.get("/checkout/summary?design=design_1&country=CN", headers={"Accept-Language": "zh"}).text
    assert '<hx-partial hx-target="#where-region"' in elsewhere
    assert '<option value="浙江省">浙江省</option>' in elsewhere
    status, page = buy(visitor, **there)
    assert (status, "State: Please fill this in." in page) == (422, True)
    status, page = buy(visitor, **there, region="浙江省")
    assert (status, "State: The country has no such state or province." in page) == (422, True)
    status, place = buy(visitor, **there, region="CA")
    assert status == 303
    assert "Uferweg 1<br>Davis, CA 95616<br>United States<br>" in visitor.get(place).text
    assert "\nUferweg 1\nDavis, CA 95616\nUnited States\n" in letters(shop)[0].text
    again = html.fromstring(visitor.get("/checkout?design=design_2").text)
    assert again.xpath("//select[@id='region']/option[@selected]/@value") == ["CA"]


def test_a_region_goes_with_its_country_when_that_is_changed_without_a_script(visitor: FlaskClient) -> None:
    assert buy(visitor, region="CA")[0] == 303


def test_a_wished_day_is_held_against_the_date_for_the_country(shop: Shopfront, visitor: FlaskClient) -> None:
    shop.studio.wished["design_1"] = WishedTerms(price=None, date=date(2026, 12, 11))
    assert "in time for your wish" in visitor.get("/checkout?design=design_1&country=DE").text
    assert re.search(r"[0-9]+ days? after your wish", visitor.get("/checkout/summary?design=design_1&country=CN").text)


def test_the_same_form_sent_twice_is_one_order(shop: Shopfront, visitor: FlaskClient) -> None:
    form = {**hidden(visitor.get("/checkout?design=design_1").text), **ADDRESS, "payment": "sandbox-accepted"}
    assert visitor.post("/checkout", data=form).headers["Location"] == visitor.post("/checkout", data=form).headers["Location"]
    assert len(shop.plant.booked) == 1


def test_a_tampered_form_is_refused(visitor: FlaskClient) -> None:
    form = {**hidden(visitor.get("/checkout?design=design_1").text), **ADDRESS, "price": "cheap"}
    assert visitor.post("/checkout", data=form).status_code == 422
    assert visitor.post("/checkout", data=ADDRESS).status_code == 422


@pytest.mark.parametrize(
    "text", ["{{7*7}}", "{% raw %}", "<script>alert(1)</script>", "a\x07b\x1bc", "\u202eright", "Robert'); DROP", "🚲"]
)
def test_whatever_is_typed_comes_back_as_it_was_typed(visitor: FlaskClient, text: str) -> None:
    status, place = buy(visitor, name=text, street=text, city=text)
    assert status == 303
    page = visitor.get(place).text
    address = re.search(r"<address>(.*?)</address>", page, re.DOTALL)
    assert address is not None
    assert unescape(address[1]).startswith(f"{text}<br>{text}<br>28195 {text}<br>") or unescape(
        address[1].replace("<br>", "\n")
    ).startswith(f"{text}\n{text}\n28195 {text}\n")
    assert visitor.get(place.replace("/orders/", "/api/v1/orders/")).json["customer"]["name"] == text


def test_a_script_gets_a_refused_form_in_place_and_is_sent_on_after_an_order(visitor: FlaskClient) -> None:
    """So that no refused form stands in the browser's history, to be sent again on the way back or forward."""
    form = {**hidden(visitor.get("/checkout?design=design_1").text), **ADDRESS, "payment": "sandbox-accepted"}
    refused = visitor.post("/checkout", data={**form, "name": ""}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "<html" not in refused.text
    assert "Please fill this in." in refused.text
    placed = visitor.post("/checkout", data={**form, **hidden(refused.text)}, headers={"HX-Request": "true"})
    assert placed.status_code == 204
    assert "Ada Rider" in visitor.get(placed.headers["HX-Redirect"]).text


def test_the_address_of_a_refused_checkout_is_still_the_checkout_of_its_designs(visitor: FlaskClient) -> None:
    page = visitor.get("/checkout?design=design_1&design=design_2").text
    address = re.search(r'<form[^>]* action="([^"]+)"', page.partition('id="checkout"')[2])
    assert address is not None
    assert hidden(visitor.get(unescape(address[1])).text)["design"] == "design_2"


def test_who_orders_a_design_again_is_told_and_shown_how_to_change_the_order(shop: Shopfront, visitor: FlaskClient) -> None:
    assert "ordered already" not in visitor.get("/checkout?design=design_1").text
    _, place = buy(visitor)
    order = place.partition("?")[0]
    page = visitor.get("/checkout?design=design_1").text
    assert "This design is ordered already" in page
    assert f'href="{order}/change"' in page
    assert "ordered already" not in site(shop).test_client().get("/checkout?design=design_1").text
    visitor.post(f"{order}/cancel")
    assert "ordered already" not in visitor.get("/checkout?design=design_1").text


@pytest.mark.parametrize("language", ["en", "zh", "en-GB,en;q=0.9", "de, en-US;q=0.8", ""])
def test_the_country_is_at_first_the_one_that_the_design_showed_its_date_for(visitor: FlaskClient, language: str) -> None:
    page = visitor.get("/checkout?design=design_1", headers={"Accept-Language": language}).text
    assert '<option value="DE" selected>' in page
    assert "The design showed" not in page
    assert "设计页显示的是" not in page


@pytest.mark.parametrize(
    ("language", "country"), [("zh-CN,zh;q=0.9,en;q=0.8", "CN"), ("en-US,en;q=0.9", "US"), ("en;q=0.5, zh-Hans-CN", "CN"), ("nl-NL", "NL")]
)
def test_or_the_one_that_the_browser_is_set_to(shop: Shopfront, visitor: FlaskClient, language: str, country: str) -> None:
    headers = {"Accept-Language": language}
    page = visitor.get("/checkout?design=design_1", headers=headers).text
    assert f'<option value="{country}" selected>' in page
    assert ("设计页显示的是" in page) == (country == "CN"), "another date than the design's is told as that"
    assert '<option value="DE" selected>' in visitor.get("/checkout?design=design_1&country=DE", headers=headers).text
    shop.plant.unserved = {country}
    assert '<option value="DE" selected>' in visitor.get("/checkout?design=design_1", headers=headers).text


@pytest.mark.parametrize(
    ("tag", "country"),
    [
        ("zh-CN", "CN"),
        ("zh_tw", "TW"),
        ("zh-Hant-TW", "TW"),
        ("de-1996", None),
        ("es-419", None),
        ("en-x-us", None),
        ("sl-rozaj-IT", "IT"),
        ("en", None),
        ("", None),
        ("*", None),
    ],
)
def test_the_region_of_a_language_tag(tag: str, country: str | None) -> None:
    assert country_of(tag) == country


def test_a_returning_customer_finds_the_address_of_the_last_order(shop: Shopfront, visitor: FlaskClient) -> None:
    buy(visitor, country="CN", city="Shanghai", region="上海市", postcode="200000")
    page = visitor.get("/checkout?design=design_2").text
    assert '<option value="CN" selected>' in page
    assert all(f'value="{typed}"' in page for typed in ("Ada Rider", "ada@example.org", "Shanghai"))
    assert 'value="Shanghai"' not in site(shop).test_client().get("/checkout?design=design_2").text
    assert '<option value="NL" selected>' in visitor.get("/checkout?design=design_2&country=NL").text
    shop.plant.unserved = {"CN"}
    assert '<option value="DE" selected>' in visitor.get("/checkout?design=design_2").text


def test_the_checkout_shows_the_date_for_the_country_and_says_that_the_design_showed_another(visitor: FlaskClient) -> None:
    near = visitor.get("/checkout/summary?design=design_1&country=DE").text
    assert "11 Dec 2026" in near
    assert "Delivery country" not in near
    far = visitor.get("/checkout/summary?design=design_1&country=CN").text
    assert "Delivery country: China. The design showed Fri 11 Dec 2026 (Germany)." in far
    status, _ = buy(visitor)
    assert status == 303


def test_a_country_that_the_carrier_does_not_serve_is_not_offered(shop: Shopfront, visitor: FlaskClient) -> None:
    shop.plant.unserved = {"DE"}
    page = visitor.get("/checkout?design=design_1&country=NL").text
    assert '<option value="DE"' not in page
    assert '<option value="NL" selected>' in page
    assert visitor.get("/checkout/summary?design=design_1&country=DE").status_code == 422


def test_the_order_lists_what_was_chosen_and_what_was_completed(shop: Shopfront, visitor: FlaskClient) -> None:
    _, place = buy(visitor)
    page = visitor.get(place).text
    (piece,) = shop.service.order(SYSTEM, place.split("/")[2].partition("?")[0]).pieces
    for choice in shop.studio.specification(piece.specification_sha256).choices:
        assert f"<dt>{choice.option_label.en}</dt><dd>{choice.value_label.en}</dd>" in page


def test_a_cancelled_order_promises_nothing_any_more(visitor: FlaskClient) -> None:
    _, place = buy(visitor)
    visitor.post(f"{place.partition('?')[0]}/cancel")
    page = visitor.get(place).text
    assert "Cancelled on" in page
    assert "Nothing was made of it." in page
    assert "Promised by" not in page.partition('id="story"')[0]
    assert "Promised by" not in visitor.get("/orders").text


def test_own_orders_are_shown_with_picture_sentence_date_and_next_step(visitor: FlaskClient) -> None:
    assert "No order was placed from this browser yet." in visitor.get("/orders?lang=en").text
    _, place = buy(visitor)
    order = place.partition("?")[0]
    page = visitor.get("/orders").text
    assert f'src="{order}/drawing.svg?lang=en" alt=""' in page
    assert "Capacity is reserved; the plan is being made." in page
    assert "Next: Cut and mitre the tubes." in page
    assert "Promised by" in page
    picture = visitor.get(f"{order}/drawing.svg")
    assert (picture.status_code, picture.mimetype) == (200, "image/svg+xml")
    assert visitor.application.test_client().get(f"{order}/drawing.svg").status_code == 404
    assert visitor.get("/orders?page=0").status_code == 422


def test_the_address_of_a_refused_form_shows_the_order(visitor: FlaskClient) -> None:
    _, place = buy(visitor)
    order = place.partition("?")[0]
    assert visitor.get(f"{order}/cancel").location == order


def test_cancel_on_the_page_gives_the_money_back(shop: Shopfront, visitor: FlaskClient) -> None:
    _, place = buy(visitor)
    path, _, key = place.partition("?key=")
    assert "2,380.00" in visitor.get(place).text
    assert visitor.post(f"{path}/cancel", data={"key": key}).status_code == 303
    assert visitor.get(path).status_code == 200
    assert shop.plant.booked == {}


def test_the_basket_holds_designs_and_orders_them_together(visitor: FlaskClient) -> None:
    for design in ("design_1", "design_2", "design_1"):
        assert visitor.post("/basket", data={"design": design}).status_code == 303
    basket = visitor.get("/basket").text
    assert basket.count('action="/basket/remove"') == 2
    assert all(f'src="/api/v1/designs/{design}/drawing.svg?labels=no"' in basket for design in ("design_1", "design_2"))
    page = visitor.get("/checkout").text
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    form = [(name, unescape(value)) for name, value in fields] + [*ADDRESS.items(), ("payment", "sandbox-accepted")]
    data: dict[str, list[str]] = {}
    for name, value in form:
        data.setdefault(name, []).append(value)
    assert visitor.post("/checkout", data=data).status_code == 303
    assert "/basket/remove" not in visitor.get("/basket").text


def test_staff_sign_in_and_out(shop: Shopfront, visitor: FlaskClient) -> None:
    from contracts.access import SYSTEM, Role

    StaffAccounts(shop.ledger).create(SYSTEM, "paula", "a long password", Role.PLANNER)
    wrong = visitor.post("/sign-in", data={"name": "paula", "password": "wrong"})
    assert wrong.status_code == 401
    assert "wrong" in wrong.text
    right = visitor.post("/sign-in", data={"name": "paula", "password": "a long password", "next": "//evil.example"})
    assert right.headers["Location"] == "/planner"
    assert "Sign out paula" in visitor.get("/").text
    visitor.post("/sign-out")
    assert "Sign out paula" not in visitor.get("/").text


def test_repeated_wrong_passwords_are_slowed_down(shop: Shopfront, visitor: FlaskClient) -> None:
    from contracts.access import SYSTEM, Role

    StaffAccounts(shop.ledger).create(SYSTEM, "paula", "a long password", Role.PLANNER)
    answers = [visitor.post("/sign-in", data={"name": "paula", "password": "wrong"}).status_code for _ in range(6)]
    assert answers[-1] == 429


def test_personal_data_are_handed_out_and_erased_once_nothing_is_under_way(shop: Shopfront, visitor: FlaskClient) -> None:
    _, place = buy(visitor)
    kept = visitor.get("/account/export.json").json
    assert kept["orders"][0]["customer"]["name"] == "Ada Rider"
    assert visitor.post("/account/erase").status_code == 409
    visitor.post(place.replace("?", "/cancel?"))
    assert visitor.post("/account/erase").status_code == 200
    assert "Ada Rider" not in visitor.get(place).text
    assert shop.studio.forgotten != []


def test_the_order_page_offers_the_choices_after_a_moved_date(shop: Shopfront, visitor: FlaskClient) -> None:
    from contracts.access import SYSTEM
    from contracts.events import PromiseChanged
    from contracts.texts import Message

    _, place = buy(visitor)
    order = place.partition("?")[0].rpartition("/")[2]
    event = PromiseChanged(
        order=order,
        plant="riverside",
        old_promised_at=shop.promised_at,
        new_promised_at=shop.promised_at + timedelta(days=4),
        cause=Message(id="storefront.story.scrapped_rework"),
        at=shop.promised_at - timedelta(days=9),
    )
    with shop.ledger.transaction(SYSTEM) as transaction:
        shop.service.on_promise_changed(transaction, event)
    page = visitor.get(place).text
    assert "Your date moved" in page
    assert "15 Dec 2026" in page
    assert visitor.post(place.replace("?", "/wait?")).status_code == 303
    assert "Your date moved" not in visitor.get(place).text
    assert shop.plant.firm[order] == shop.promised_at + timedelta(days=4)
    assert visitor.get(place.replace("/orders/", "/api/v1/orders/")).json["state"] == OrderState.PLACED


def test_an_order_for_another_country_than_was_shown_is_offered_anew_first(shop: Shopfront, visitor: FlaskClient) -> None:
    """As a browser without a script sends it, or one whose new summary has not come yet."""
    fields = hidden(visitor.get("/checkout?design=design_1&country=CN").text)
    answer = visitor.post("/checkout", data={**fields, **PAID})
    page = answer.text
    assert (answer.status_code, "Nothing is ordered yet" in page) == (409, True)
    assert "Fri 11 Dec 2026" in page
    bought = visitor.post("/checkout", data={**hidden(page), **PAID})
    assert bought.status_code == 303
    assert "Fri 11 Dec 2026" in visitor.get(bought.location).text


def test_with_a_wrong_field_too_the_date_is_that_of_the_chosen_country(visitor: FlaskClient) -> None:
    fields = hidden(visitor.get("/checkout?design=design_1&country=CN").text)
    answer = visitor.post("/checkout", data={**fields, **PAID, "email": "nowhere"})
    assert answer.status_code == 422
    assert "Fri 11 Dec 2026" in answer.text
    bought = visitor.post("/checkout", data={**hidden(answer.text), **PAID})
    assert bought.status_code == 303
