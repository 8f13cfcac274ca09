"""One bicycle, all the way: a click on the front page, a failed measurement, a moved date, a certificate; in real processes."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdf
import pytest
from playwright.sync_api import Browser, Page, expect

from contracts.access import SYSTEM
from lotone.demo import demo_installation
from lotone.run import wait_until_ready
from lotone.wiring import TIME_ZONE
from presentation.formats import day
from tests.journeys import one_bicycle as steps
from tests.journeys.one_bicycle import Shop

pytestmark = pytest.mark.browser
MOST_CLICKS = 6
CAUSE = "Saddle height as built"
AT = r"\d+ \w+ 2026, \d\d:\d\d"


@pytest.fixture
def shop(chromium: Browser, axe: Callable[[Page], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    def look(page: Page, name: str) -> None:
        """Accessible as it stands, and in Chinese."""
        assert axe(page) == [], name
        context = page.context.browser.new_context(storage_state=page.context.storage_state(), locale="zh-CN")
        chinese = context.new_page()
        chinese.goto(page.url)
        expect(chinese.locator("html")).to_have_attribute("lang", "zh-Hans")
        assert axe(chinese) == [], f"{name} in Chinese"
        context.close()

    monkeypatch.setenv("LOTONE_HOME", str(tmp_path))
    expect.set_options(timeout=steps.PATIENCE_MS)
    with demo_installation() as (settings, house, supervisor):
        assert wait_until_ready(settings)
        yield Shop(settings, house, supervisor, chromium, look)


def test_one_bicycle_all_the_way(shop: Shop) -> None:
    customer = steps.design(shop)
    order = steps.order(shop, customer)
    assert steps.clicks(customer) <= MOST_CLICKS
    expect(customer.get_by_text("0 of 13 operations done")).to_be_visible()
    shop.wait_until_quiet()
    (piece,) = shop.house.mes_bridge.pieces(order)

    planner = steps.watch_on_the_board(shop, order)
    operator = shop.staff("operator", "/terminal")
    shop.look(operator, "stations")
    first = steps.start_next(shop, operator, piece)
    expect(planner.locator("#board-way .way-running")).to_have_count(1)
    expect(customer.locator(".steps [data-state=running]")).to_have_count(1)
    steps.finish(shop, operator, first)
    steps.make_up_to_the_inspection(shop, operator, piece)
    expect(customer.get_by_text("11 of 13 operations done")).to_be_visible()

    steps.fail_at_the_inspection(shop, operator, piece, at=steps.last_pick_up(shop, order) - steps.SHORTLY)
    told_on_the_page(shop, customer, order)
    told_in_the_letter(shop, order)
    shop.look(customer, "order-moved")
    customer.get_by_role("button", name="Wait for it").click()
    expect(customer.get_by_text("You take the new date")).to_be_visible()

    steps.leave_station(operator)
    steps.start_simulated_plant(shop)
    expect(customer.get_by_text("Handed to the carrier.")).to_be_visible(timeout=steps.PATIENCE_MS)
    shop.look(customer, "order-shipped")
    certified(customer, shop, order)


def told_on_the_page(shop: Shop, customer: Page, order: str) -> None:
    """Old date, new date, cause and choices, without a reload."""
    moved = customer.get_by_role("status").filter(has_text="Your date moved")
    expect(moved).to_be_visible()
    old, new = dates(shop, order)
    assert old != new
    expect(moved).to_contain_text(f"It was {old}; it is now {new}.")
    expect(moved).to_contain_text(CAUSE)
    for choice in ("Wait for it", "Change the design", "Cancel, money back"):
        expect(moved.get_by_text(choice, exact=True)).to_be_visible()


def told_in_the_letter(shop: Shop, order: str) -> None:
    """The same in the mail folder."""
    letter, *more = [each for each in shop.letters() if "We cannot keep the date that we promised" in each.get_content()]
    assert not more
    text = " ".join(letter.get_content().split())
    assert letter["To"] == steps.ADDRESS["email"]
    for said in (*dates(shop, order), CAUSE, f"{shop.address}/orders/{order}?key="):
        assert said in text, text


def dates(shop: Shop, order: str) -> tuple[str, str]:
    """The date promised and the date expected now, as people read them."""
    view = shop.house.storefront.order(SYSTEM, order)
    assert view.expected_at is not None
    old, new = (day(at, "en", ZoneInfo(TIME_ZONE), weekday=True) for at in (view.promised_at, view.expected_at))
    return old, new


def certified(customer: Page, shop: Shop, order: str) -> None:
    """The certificate says what was measured, by whom, and what came of it."""
    link = customer.get_by_role("link", name="Certificate of conformity (PDF)").get_attribute("href")
    pages = pypdf.PdfReader(io.BytesIO(steps.paper(customer, f"{shop.address}{link}"))).pages
    texts = [" ".join(page.extract_text().split()) for page in pages]
    assert all("SIMULATED" in text for text in texts)
    text = " ".join(texts)
    assert order in text
    assert "Characteristic Nominal Tolerance Value Verdict Gauge Time Source" in text
    by_person = rf"Brake mounting bolt torque 6 5 … 7 6 N·m In tolerance torque wrench U 0.2 N·m {AT} Person"
    simulated = rf"{CAUSE} 759\S* 757\S* … 761\S* 7\S+ mm In tolerance inspection bench scale U 0.5 mm {AT} Simulated"
    assert re.search(by_person, text), text
    assert re.search(simulated, text), text
    assert "One non-conformance was found during production, mended and closed." in text
