"""Buying and following in a browser, with the small rooms of the unit tests behind the pages."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from contracts.access import SYSTEM
from contracts.events import Event, OperationCompleted, OperationStarted, OrderPlanned, PromiseChanged
from contracts.plan import OperationKey
from contracts.texts import Message
from ledger.unit_of_work import Ledger
from tests.conftest import START
from tests.journeys.serving import served
from tests.unit.storefront.fakes import Shopfront
from tests.unit.storefront.site import site

pytestmark = pytest.mark.browser
ADDRESS = {"name": "Ada Rider", "email": "ada@example.org", "street": "Uferweg 1", "postcode": "28195", "city": "Bremen"}
PAGES = ["/", "/checkout?design=design_1", "/basket", "/orders", "/account", "/sign-in"]


@dataclass(frozen=True)
class OpenShop:
    address: str
    shop: Shopfront

    def hear(self, event: Event) -> None:
        """An event of another room reaches the order."""
        with self.shop.ledger.transaction(SYSTEM) as transaction:
            getattr(self.shop.service, f"on_{event.type.replace('.', '_')}")(transaction, event)

    def hear_of_work(self, order: str) -> None:
        """Planned, the first operation done, the date three days later."""
        piece = self.shop.service.order(SYSTEM, order).pieces[0].piece
        facts = {"order": order, "plant": "riverside"}
        key = OperationKey(piece=piece, sequence=1)
        self.hear(OrderPlanned(**facts, version=1, finish_at=START, expected_at=self.shop.promised_at))
        self.hear(OperationStarted(**facts, key=key, name="cut", machine="CUT-1", at=START))
        self.hear(OperationCompleted(**facts, key=key, name="cut", machine="CUT-1", at=START))
        self.hear(
            PromiseChanged(
                **facts,
                old_promised_at=self.shop.promised_at,
                new_promised_at=self.shop.promised_at + timedelta(days=3),
                cause=Message(id="storefront.story.scrapped_rework"),
                at=START,
            )
        )


@pytest.fixture
def open_shop(ledger: Ledger) -> Iterator[OpenShop]:
    shop = Shopfront(ledger)
    with served(site(shop, csrf=True)) as address:
        yield OpenShop(address, shop)


def fill_in(page: Page) -> None:
    for name, value in ADDRESS.items():
        page.locator(f"#{name}").fill(value)


def test_from_the_front_page_to_a_moved_date_that_the_rider_waits_for(
    page: Page, open_shop: OpenShop, axe: Callable[[Page], list[str]]
) -> None:
    page.goto(f"{open_shop.address}/checkout?design=design_1&revision=1")
    page.get_by_role("button", name="Order and pay").click()
    expect(page.get_by_role("alert")).to_contain_text("Please mend these fields")
    fill_in(page)
    page.get_by_label("Card that is refused").check()
    page.get_by_role("button", name="Order and pay").click()
    expect(page.get_by_text(re.compile("held for you for another 1[45] minutes"))).to_be_visible()
    page.get_by_label("Card that is accepted").check()
    page.get_by_role("button", name="Order and pay").click()
    expect(page.get_by_text("Capacity is reserved")).to_be_visible()
    assert axe(page) == []
    order = re.search(r"/orders/(order_\w+)", page.url)
    assert order is not None

    open_shop.hear_of_work(order[1])

    expect(page.get_by_role("heading", name="Your date moved")).to_be_visible()
    expect(page.get_by_text("1 of 3 operations done")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Wait for it").click()
    expect(page.get_by_text("You take the new date")).to_be_visible()
    expect(page.get_by_role("heading", name="Your date moved")).to_have_count(0)


def test_news_of_the_work_come_by_themselves_and_nothing_moves(page: Page, open_shop: OpenShop, axe: Callable[[Page], list[str]]) -> None:
    order = open_shop.shop.service.place_order(SYSTEM, open_shop.shop.wanted(), None)
    piece = open_shop.shop.service.order(SYSTEM, order).pieces[0].piece
    facts = {"order": order, "plant": "riverside", "key": OperationKey(piece=piece, sequence=1), "name": "cut", "machine": "CUT-1"}
    page.goto(f"{open_shop.address}/orders/{order}?key={open_shop.shop.service.order_key(order)}&lang=en")
    expect(page.locator("[data-live-state=open]")).to_have_count(1)
    words = page.get_by_role("region", name="Right now")
    expect(words).to_contain_text("Next: Cut and mitre the tubes.")
    places = (
        "['#now', '.now-picture', '#steps', '.steps > li:last-child'].map(each => document.querySelector(each).getBoundingClientRect().top)"
    )
    open_shop.hear(OperationStarted(**facts, at=START))
    expect(words).to_contain_text("Cut and mitre the tubes: under way.")
    before = page.evaluate(places)
    open_shop.hear(OperationCompleted(**facts, at=START))
    expect(words).to_contain_text("It rests between two steps.")
    expect(words).to_contain_text("Next: Weld the frame.")
    assert page.evaluate(places) == before
    assert axe(page) == []
    page.goto(f"{open_shop.address}/orders/{order}?key={open_shop.shop.service.order_key(order)}&lang=zh")
    expect(page.get_by_role("region", name="现在")).to_contain_text("正在两道工序之间等候。")
    assert axe(page) == []


def test_on_a_phone_an_order_s_details_are_folded_and_stay_as_they_were_left(page: Page, open_shop: OpenShop) -> None:
    order = open_shop.shop.service.place_order(SYSTEM, open_shop.shop.wanted(), None)
    piece = open_shop.shop.service.order(SYSTEM, order).pieces[0].piece
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{open_shop.address}/orders/{order}?key={open_shop.shop.service.order_key(order)}&lang=en")
    expect(page.locator("[data-live-state=open]")).to_have_count(1)
    step = page.locator(".steps").get_by_text("Weld the frame")
    expect(step).to_be_hidden()
    page.get_by_text("Each operation with its values").click()
    expect(step).to_be_visible()
    key = OperationKey(piece=piece, sequence=1)
    open_shop.hear(OperationStarted(order=order, plant="riverside", key=key, name="cut", machine="CUT-1", at=START))
    expect(page.get_by_role("region", name="Right now")).to_contain_text("Cut and mitre the tubes: under way.")
    expect(step).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 844})
    page.reload()
    expect(step).to_be_visible()


def test_a_refused_checkout_is_told_at_once_and_no_way_back_or_forward_sends_it_again(page: Page, open_shop: OpenShop) -> None:
    page.goto(open_shop.address)
    page.goto(f"{open_shop.address}/checkout?design=design_1")
    page.get_by_label("City").fill("Bremen")
    page.get_by_role("button", name="Order and pay").click()
    summary = page.get_by_role("alert").filter(has_text="Please mend these fields")
    expect(summary).to_be_focused()
    expect(page.get_by_label("City")).to_have_value("Bremen")
    page.go_back()
    expect(page).to_have_url(f"{open_shop.address}/")
    page.go_forward()
    expect(page.get_by_role("button", name="Order and pay")).to_be_visible()


def test_the_checkout_and_the_basket_tell_beside_the_button_what_did_not_arrive(page: Page, open_shop: OpenShop) -> None:
    page.goto(f"{open_shop.address}/checkout?design=design_1")
    fill_in(page)
    order = page.get_by_role("button", name="Order and pay")
    page.context.set_offline(True)
    order.click()
    told = page.locator(".summary #told")
    expect(told).to_contain_text("your last step is not saved yet")
    expect(order).to_be_focused()
    expect(page.get_by_label("City")).to_have_value("Bremen")
    page.context.set_offline(False)
    open_shop.shop.studio.designs["design_1"] *= 2  # changed in another tab
    told.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("The design was changed since; this is its newest state.")).to_be_visible()
    expect(page.get_by_label("City")).to_have_value("Bremen")
    order.click()
    expect(page.get_by_text("Capacity is reserved")).to_be_visible()

    page.request.post(f"{open_shop.address}/basket", form={"design": "design_2", "csrf_token": token_of(page)})
    page.goto(f"{open_shop.address}/basket")
    page.route("**/basket/remove", lambda route: route.fulfill(status=403, body="out of order"), times=1)
    remove = page.get_by_role("button", name="Remove")
    remove.press("Enter")
    told = page.locator("li #told")
    expect(told).to_contain_text("was refused and is not saved")
    expect(remove).to_be_focused()
    told.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Your basket is empty")).to_be_visible()


def token_of(page: Page) -> str:
    return str(page.locator("input[name=csrf_token]").first.get_attribute("value"))


def test_cancelling_after_a_moved_date_is_asked_once_more(page: Page, open_shop: OpenShop, axe: Callable[[Page], list[str]]) -> None:
    page.goto(f"{open_shop.address}/checkout?design=design_1")
    fill_in(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Capacity is reserved")).to_be_visible()
    order = re.search(r"/orders/(order_\w+)", page.url)
    assert order is not None
    open_shop.hear_of_work(order[1])
    page.get_by_text("Cancel, money back").click()
    expect(page.get_by_text("A cancelled order cannot be taken up again.")).to_be_visible()
    assert axe(page) == []
    assert open_shop.shop.plant.booked
    page.get_by_role("button", name="Yes, cancel this order").click()
    expect(page.get_by_text("Cancelled on")).to_be_visible()
    assert open_shop.shop.plant.booked == {}


def test_what_a_person_has_opened_stays_open_while_the_page_follows(page: Page, open_shop: OpenShop) -> None:
    page.goto(f"{open_shop.address}/checkout?design=design_1")
    fill_in(page)
    page.keyboard.press("Enter")
    page.get_by_text("Cancel the order").click()
    order = re.search(r"/orders/(order_\w+)", page.url)
    assert order is not None

    promised_at = open_shop.shop.promised_at
    open_shop.hear(OrderPlanned(order=order[1], plant="riverside", version=1, finish_at=START, expected_at=promised_at))

    expect(page.get_by_text("Planned; expected by")).to_be_visible()
    expect(page.get_by_role("button", name="Yes, cancel this order")).to_be_visible()


def test_the_order_is_cancelled_with_the_keyboard_alone(open_shop: OpenShop, page: Page) -> None:
    page.goto(f"{open_shop.address}/checkout?design=design_1")
    fill_in(page)
    page.keyboard.press("Enter")
    page.get_by_text("Cancel the order").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Yes, cancel this order").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("The order was cancelled")).to_be_visible()


def test_another_country_shows_its_delivery_at_once(open_shop: OpenShop, page: Page) -> None:
    cheap = open_shop.shop.studio.designs["design_2"][0]
    open_shop.shop.studio.designs["design_1"] = [cheap]
    page.goto(f"{open_shop.address}/checkout?design=design_1")
    fill_in(page)
    expect(page.get_by_text("free", exact=True)).to_be_visible()
    page.get_by_label("Country").select_option("US")
    expect(page.get_by_text("€149.00")).to_be_visible()
    page.get_by_label("State").select_option("California")
    page.locator("#postcode").fill("95616")
    page.get_by_role("button", name="Order and pay").click()
    expect(page.get_by_text("Capacity is reserved")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "width"),
    [
        ("en-GB", 1280),
        ("zh-CN", 390),
        pytest.param("en-GB", 390, marks=pytest.mark.long),
        pytest.param("zh-CN", 1280, marks=pytest.mark.long),
    ],
)
def test_every_page_is_accessible_and_fits(
    chromium: Browser, open_shop: OpenShop, axe: Callable[[Page], list[str]], locale: str, width: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800}, locale=locale)
    page = context.new_page()
    for path in PAGES:
        page.goto(f"{open_shop.address}{path}")
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()
