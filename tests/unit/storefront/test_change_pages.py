"""Changing an order on a page: from any device by its link, seeing what differs before agreeing."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from contracts.texts import Localised, Message
from contracts.units import Quantity
from storefront.engine.comparison import differences
from tests.unit.storefront.fakes import GUEST, Shopfront, specification
from tests.unit.storefront.site import site
from tests.unit.storefront.test_following import Followed
from tests.unit.storefront.test_pages import buy


@pytest.fixture
def visitor(shop: Shopfront) -> FlaskClient:
    return site(shop).test_client()


def bought(shop: Shopfront, visitor: FlaskClient) -> tuple[str, str]:
    """The page of the order's change with the key, and the piece. The design is the buyer's own."""
    _, place = buy(visitor)
    with visitor.session_transaction() as session:
        shop.studio.owners["design_1"] = session["guest"]
    path, _, key = place.partition("?")
    piece = visitor.get(f"/api/v1{path}").json["pieces"][0]["piece"]
    return f"{path}/change?{key}", piece


def opened(visitor: FlaskClient, change: str, piece: str) -> str:
    """The design that opens; the link's key comes in the form's hidden field."""
    path, _, key = change.partition("?key=")
    answer = visitor.post(f"{path}/open", data={"piece": piece, "key": key})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].removeprefix("/d/")


def test_the_page_says_what_would_be_made_otherwise(shop: Shopfront, visitor: FlaskClient) -> None:
    change, _ = bought(shop, visitor)
    assert "The design is as you ordered it." in visitor.get(change).text
    shop.studio.designs["design_1"].append(specification(300_000, "green"))
    page = visitor.get(change).text
    assert re.search(r"Colour</th><td><del>red</del></td><td><ins>green</ins>", page)
    assert "Seat tube" not in page
    assert "<del>€2,380.00</del> <ins>€3,570.00</ins>" in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_link_alone_is_enough_to_change_the_order_on_another_device(shop: Shopfront, visitor: FlaskClient, language: str) -> None:
    change, piece = bought(shop, visitor)
    telephone = site(shop).test_client()
    telephone.get(f"/?lang={language}")
    assert telephone.get(change).status_code == 200
    design = opened(telephone, change, piece)
    assert design != "design_1"
    assert opened(telephone, change, piece) == design
    shop.studio.designs[design].append(specification(300_000, "green"))
    compared = telephone.post(change)
    assert compared.status_code == 200
    assert "green" in compared.text
    assert "3,570" in compared.text
    assert "storefront." not in re.sub(r'(href|src|action)="[^"]*"', "", compared.text)
    row = re.search(r'name="design" value="([^"]+)"', compared.text)
    assert row is not None
    done = telephone.post(change, data={"do": "change", "design": row[1]})
    assert done.headers["Location"] == change.replace("/change", "")
    order = telephone.get(f"/api/v1{change.replace('/change', '')}").json
    assert order["pieces"][0]["design"] == design
    assert shop.studio.designs["design_1"] == [specification()]


def test_without_the_key_nothing_opens(shop: Shopfront, visitor: FlaskClient) -> None:
    change, piece = bought(shop, visitor)
    path = change.partition("?")[0]
    stranger = site(shop).test_client()
    assert stranger.post(f"{path}/open", data={"piece": piece}).status_code == 404
    assert stranger.post(f"/api/v1{path.removesuffix('/change')}/pieces/{piece}/design").status_code == 404
    assert visitor.post(f"{path}/open", data={"piece": "piece_other"}).status_code == 404
    assert list(shop.studio.designs) == ["design_1", "design_2"]


def test_a_program_with_the_link_opens_a_design_too(shop: Shopfront, visitor: FlaskClient) -> None:
    change, piece = bought(shop, visitor)
    path, _, key = change.partition("/change?")
    answer = site(shop).test_client().post(f"/api/v1{path}/pieces/{piece}/design?{key}")
    assert answer.status_code == 200
    assert answer.json["design"] in shop.studio.designs


def test_comparing_without_a_difference_shows_the_page_again(shop: Shopfront, visitor: FlaskClient) -> None:
    change, _ = bought(shop, visitor)
    assert visitor.post(change).headers["Location"] == change


def test_what_came_or_went_is_a_difference_too() -> None:
    before, after = specification(), specification()
    colour, brake, _ = before.choices
    light = brake.model_copy(update={"option": "light", "option_label": Localised(en="Light", zh="灯")})
    pair = (brake, brake.model_copy(update={"value": "rim", "value_label": Localised(en="Rim", zh="轮圈")}))
    (tube,) = before.dimensions
    before = before.model_copy(update={"choices": (colour, brake)})
    after = after.model_copy(update={"choices": (*pair, light), "dimensions": (tube.model_copy(update={"value": 540}),)})
    found = {each.label.en: (each.old, each.new) for each in differences(before, after)}
    assert list(found) == ["Brake", "Light", "Seat tube", "Colour"]
    assert found["Light"][0] is None
    assert found["Colour"][1] is None
    assert found["Seat tube"][1] == Message(id="storefront.change.values", params={"values": Quantity(value=540, unit="mm")})


def test_a_moved_date_that_may_hold_after_all_is_not_hidden(shop: Shopfront) -> None:
    """The letter about it waits until that stands; who looks meanwhile sees both."""
    followed = Followed(shop)
    followed.moved(3)
    visitor = site(shop).test_client()
    place = f"/orders/{followed.order}?key={shop.service.order_key(followed.order)}"
    assert "may hold after all" not in visitor.get(place).text
    followed.planned()
    page = visitor.get(place).text
    assert "may hold after all" in page
    assert "Mon 14 Dec 2026" in page
    assert len(followed.letters()) == 2
    shop.service.wait_for_order(GUEST, followed.order, None)
    assert followed.view.promised_at == shop.promised_at + timedelta(days=3), "the customer agreed to what the page said"
