"""An operator at the terminal and a quality engineer, in a browser."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from contracts.access import Role
from ledger.unit_of_work import Ledger
from tests.journeys.serving import served
from tests.unit.mes_bridge.shop import OPERATOR, Shop
from tests.unit.mes_bridge.site import site

pytestmark = pytest.mark.browser


@pytest.fixture
def shop(ledger: Ledger) -> Shop:
    shop = Shop(ledger)
    for number in (1, 2):
        shop.release(f"piece_{number}")
        shop.make(10, 20, piece=f"piece_{number}")
    return shop


@pytest.fixture
def address(shop: Shop) -> Iterator[str]:
    app = site(shop, Role.QUALITY, "quinn")
    with served(app) as address:
        yield address


_ARRIVED = """() => { window.arrived = new Promise((done) => document.addEventListener("htmx:before:swap", ({ detail }) => {
  if (detail.ctx.sourceElement.id === "now") requestAnimationFrame(() => requestAnimationFrame(done));
}, { capture: true })); }"""
"""What was fetched of the page's present state has come, and two frames were drawn since."""


def test_keys_alone_start_measure_and_hold(page: Page, address: str, shop: Shop) -> None:
    page.goto(f"{address}/terminal")
    expect(page.get_by_label("Scan or type a work order or piece")).to_be_focused()
    page.keyboard.type("piece_1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="ALIGN-1")).to_be_visible()
    expect(page.get_by_role("button", name="Start")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Value")).to_be_focused()
    page.keyboard.type("10,3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The piece is held.")
    expect(page.get_by_text("0.2 mm above the upper limit 10.1 mm")).to_be_visible()
    assert shop.last_nonconformance().key.piece == "piece_1"


def test_a_value_is_judged_while_it_is_typed(page: Page, address: str, shop: Shop) -> None:
    align = shop.id_of(30)
    shop.service.start(align, OPERATOR)
    page.goto(f"{address}/terminal/ALIGN-1?work_order={align}&lang=en")
    value, verdict = page.get_by_role("textbox", name="Value"), page.locator(".live-verdict")
    for typed, said in (
        ("10", "In tolerance"),
        ("10,3", "Out of tolerance"),
        ("10,1", "In tolerance"),
        ("10 cm", ""),
        ("9.8", "Out of tolerance"),
    ):
        value.fill(typed)
        expect(verdict).to_have_text(said, use_inner_text=True)
    assert shop.service.work_order(align).checkpoints[0].current is None


def test_what_others_do_appears_without_a_reload_and_leaves_a_typed_value_alone(page: Page, address: str, shop: Shop) -> None:
    align = shop.id_of(30, piece="piece_1")
    shop.service.start(align, OPERATOR)
    page.goto(f"{address}/terminal/ALIGN-1?work_order={align}")
    expect(page.locator("[data-live-state=open]")).to_be_visible()
    page.get_by_role("textbox", name="Value").fill("10.0")
    shop.service.start(shop.id_of(30, piece="piece_2"), OPERATOR)
    expect(page.get_by_text("0 ready, 2 in hand")).to_be_visible()
    expect(page.get_by_role("textbox", name="Value")).to_have_value("10.0")
    expect(page.locator(".live-verdict")).to_have_text("In tolerance", use_inner_text=True)


def test_what_was_fetched_before_a_refusal_is_not_put_over_it(page: Page, address: str, shop: Shop) -> None:
    align = shop.id_of(30, piece="piece_1")
    shop.service.start(align, OPERATOR)
    page.goto(f"{address}/terminal/ALIGN-1?work_order={align}")
    expect(page.locator("[data-live-state=open]")).to_be_visible()
    page.wait_for_load_state("networkidle")
    held: list[Route] = []
    page.route("**/now?*", lambda route: held.append(route))
    with page.expect_request("**/now?*"):
        shop.service.start(shop.id_of(30, piece="piece_2"), OPERATOR)
    page.get_by_role("textbox", name="Value").fill("ten")
    page.keyboard.press("Enter")
    expect(page.locator(".error")).to_contain_text("Type a number")
    page.evaluate(_ARRIVED)
    held[0].continue_()
    page.evaluate("() => window.arrived")
    expect(page.locator(".error")).to_contain_text("Type a number")


def test_a_refused_value_is_still_explained_after_others_have_worked(page: Page, address: str, shop: Shop) -> None:
    align = shop.id_of(30, piece="piece_1")
    shop.service.start(align, OPERATOR)
    page.goto(f"{address}/terminal/ALIGN-1?work_order={align}")
    page.get_by_role("textbox", name="Value").fill("ten")
    page.keyboard.press("Enter")
    expect(page.locator(".error")).to_contain_text("Type a number")
    shop.service.start(shop.id_of(30, piece="piece_2"), OPERATOR)
    page.wait_for_load_state("networkidle")
    expect(page.locator(".error")).to_contain_text("Type a number")
    expect(page.get_by_role("textbox", name="Value")).to_have_value("ten")


def test_what_does_not_arrive_is_told_beside_its_key_and_sent_again(page: Page, address: str, shop: Shop) -> None:
    align = shop.id_of(30)
    page.goto(f"{address}/terminal/ALIGN-1?work_order={align}&lang=en")
    page.context.set_offline(True)
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".deeds").get_by_role("alert")).to_contain_text("your last step is not saved yet")
    page.context.set_offline(False)
    page.locator(".deeds #told").get_by_role("button", name="Try again").click()
    value = page.get_by_role("textbox", name="Value")
    expect(value).to_be_focused()
    value.fill("10.05")
    page.route("**/measure", lambda route: route.fulfill(status=500, body="out of order"), times=1)
    page.keyboard.press("Enter")
    expect(page.locator(".checkpoint").get_by_role("alert")).to_contain_text("failed on our side")
    expect(value).to_have_value("10.05")
    expect(value).to_be_focused()
    page.locator(".checkpoint #told").get_by_role("button", name="Try again").press("Enter")
    expect(page.get_by_text("10.05 mm", exact=True)).to_be_visible()


def test_a_tab_that_went_away_gives_its_stream_back(page: Page, address: str) -> None:
    for _ in range(4):
        page.goto(f"{address}/terminal/ALIGN-1")
        page.goto(f"{address}/terminal")
    page.goto(f"{address}/terminal/ALIGN-1")
    expect(page.locator("[data-live-state=open]")).to_be_visible(timeout=15_000)


def test_without_scripts_the_terminal_works_as_well(chromium: Browser, address: str, shop: Shop) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/terminal/ALIGN-1?lang=en")
    page.get_by_role("button", name="Start").click()
    page.locator("summary", has_text="Pause").click()
    page.get_by_text("Material is missing").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    context.close()


@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [
        ("zh", 1280, "dark"),
        ("en", 390, "light"),
        pytest.param("en", 1280, "light", marks=pytest.mark.long),
        pytest.param("zh", 390, "dark", marks=pytest.mark.long),
    ],
)
def test_every_page_is_accessible_and_fits(
    page: Page, address: str, shop: Shop, axe: Callable[[Page], list[str]], language: str, width: int, scheme: str
) -> None:
    align = shop.id_of(30)
    shop.service.start(align, OPERATOR)
    shop.measure(align, "twist", "10.3")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    station = "/terminal/ALIGN-1"
    for path in (
        "/terminal",
        f"{station}?work_order={align}&",
        station,
        "/quality",
        "/quality/measurements",
        "/quality/set-aside",
        "/quality/pieces/piece_1",
        "/quality/trace?code=piece_1&",
        "/quality/trace?code=L1&",
        "/quality/charts",
        "/quality/charts/ALIGN-1/twist",
        "/nowhere",
    ):
        page.goto(f"{address}{path}{'' if path.endswith('&') else '?'}lang={language}")
        assert axe(page) == [], path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
