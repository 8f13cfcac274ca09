"""A buyer designs a bicycle in the studio: in the browser, on a phone and a desk, in both languages, by keyboard, without a script."""

import re
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from flask import g, request, session
from playwright.sync_api import Browser, Locator, Page, Route, expect
from pypdf import PdfReader

from configurator.service import Service
from contracts.access import SYSTEM, Principal, Role
from ledger.identifiers import new_id
from tests.bicycles import bicycle_shop, studio_app
from tests.families import NAMES, text_of
from tests.journeys.serving import served

pytestmark = pytest.mark.browser

CROSSED = [
    pytest.param("en", 1280, 800),
    pytest.param("zh", 390, 844),
    pytest.param("en", 390, 844, marks=pytest.mark.long),
    pytest.param("zh", 1280, 800, marks=pytest.mark.long),
]
"""Each language and each size in every run, all of their pairs in the long one."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with bicycle_shop(tmp_path_factory.mktemp("studio")) as service:
        yield service


@pytest.fixture(scope="module")
def shop(service: Service) -> Iterator[str]:
    """The address of a running studio."""
    app = studio_app(service, forgery_checked=True)
    app.before_request(be_a_guest)
    with served(app) as address:
        yield address


@pytest.fixture(scope="module")
def families(shop: str, service: Service) -> str:
    """The same studio with the other families too."""
    for name in NAMES:
        service.publish_family(text_of(name), SYSTEM, proved=True)
    return shop


def be_a_guest() -> None:
    """Whoever sends a form is somebody from then on, as in the whole product."""
    if request.method == "POST":
        session.setdefault("guest", new_id("person"))
    g.principal = Principal(id=session.get("guest", "anonymous"), role=Role.ANONYMOUS)


def measured(page: Page, shop: str, language: str = "en") -> None:
    page.goto(f"{shop}/studio/bicycle?lang={language}")
    page.locator("#inseam").fill("860")
    page.locator("#body_reach").fill("1300")
    page.locator("#measures button").click()
    expect(page.locator(".studio-offer a[href^='/checkout']")).to_be_visible()


def test_measures_and_five_clicks_lead_to_the_checkout(page: Page, shop: str) -> None:
    measured(page, shop)
    expect(page.locator(".drawing svg").first).to_contain_text("Saddle height 759")
    for name in ("style.city", "colour.coral", "mudguards.full", "lights.dynamo"):
        choice = page.locator(f"[id='value-{name}']")
        choice.click()
        expect(choice).to_have_attribute("aria-pressed", "true")
    address = page.url
    assert "/d/design_" in address
    order = page.locator(".studio-offer a[href^='/checkout']")
    assert order.get_attribute("href") == f"/checkout?design={address.rsplit('/', 1)[1]}&revision=5"
    (printed,) = PdfReader(BytesIO(page.pdf(format="A4"))).pages
    told = printed.extract_text()
    for words in ("Bicycle to your body", "Inseam 860 mm", "Coral", "Full length", "Bottom bracket shell", "CN¥", "Promised by"):
        assert words in told
    for words in ("Undo", "Ivory", "why not?", "Set", "Put in basket", "What the price is made of"):
        assert words not in told


def test_a_refused_choice_tells_why_in_place_and_one_click_has_it_anyway(page: Page, shop: str) -> None:
    measured(page, shop)
    page.locator("[id='value-style.city']").click()
    page.locator("[id='value-bar.drop'].out").click()
    reason = page.locator("#option-bar #reason")
    expect(reason).to_contain_text("a drop bar would be out of reach")
    reason.get_by_role("button", name="gives up Use: City").click()
    expect(page.locator("[id='value-bar.drop']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#reason")).to_have_count(0)


def test_open_choices_tell_what_they_would_do_to_price_and_date(page: Page, shop: str) -> None:
    measured(page, shop)
    titanium = page.locator("[id='value-material.titanium']")
    titanium.scroll_into_view_if_needed()
    expect(titanium).to_contain_text("+CN¥9,944.00 · 1 day later")
    page.locator("#wishes summary").focus()
    page.keyboard.press("Enter")
    page.locator("#wished_price").fill("6000")
    page.keyboard.press("Enter")
    expect(page.locator(".studio-offer .wish")).to_contain_text("CN¥4,380.18 above your wish")
    expect(page.locator("#wished_price")).to_be_focused()
    titanium.scroll_into_view_if_needed()
    expect(titanium).to_contain_text("always above your price")
    page.locator("#complete-earliest button").click()
    expect(page.locator(".studio-offer .wish")).to_contain_text("within your wish")


def test_clicks_in_a_row_all_count(page: Page, shop: str) -> None:
    measured(page, shop)
    page.evaluate("for (const name of ['colour.sky', 'tread.slick', 'pedals.clip']) document.getElementById('value-' + name).click()")
    for name in ("colour.sky", "tread.slick", "pedals.clip"):
        expect(page.locator(f"[id='value-{name}']")).to_have_attribute("aria-pressed", "true")


def test_folded_standards_stay_open_over_a_click(page: Page, shop: str) -> None:
    measured(page, shop)
    page.locator("#group-standards summary").click()
    choice = page.locator("[id='value-bottom_bracket.t47']")
    choice.click()
    expect(choice).to_have_attribute("aria-pressed", "true")
    expect(choice).to_be_visible()


def test_the_link_shows_the_design_to_whoever_has_it(page: Page, shop: str, chromium: Browser) -> None:
    measured(page, shop)
    page.locator("[id='value-colour.coral']").click()
    expect(page.locator("[id='value-colour.coral']")).to_have_attribute("aria-pressed", "true")
    other = chromium.new_context().new_page()
    other.goto(page.url)
    expect(other.locator("[id='value-colour.coral']")).to_have_attribute("aria-pressed", "true")
    other.context.close()


def test_undo_by_keyboard_after_a_choice_by_keyboard(page: Page, shop: str) -> None:
    measured(page, shop)
    choice = page.locator("[id='value-colour.coral']")
    choice.focus()
    page.keyboard.press("Enter")
    expect(choice).to_have_attribute("aria-pressed", "true")
    expect(choice).to_be_focused()
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Space")
    expect(choice).to_have_attribute("aria-pressed", "false")


def test_a_typed_length_is_set_by_the_enter_key(page: Page, shop: str) -> None:
    measured(page, shop)
    field = page.locator("#number-crank_length")
    field.fill("160")
    field.press("Enter")
    expect(page.locator("#option-crank_length legend")).to_contain_text("your choice")
    expect(field).to_have_value("160")


@pytest.mark.parametrize(("language", "width", "height"), CROSSED)
def test_the_page_with_everything_open_is_accessible_and_fits(
    page: Page, shop: str, axe: Callable[[Page], list[str]], width: int, height: int, language: str
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    measured(page, shop, language)
    page.locator("[id='value-style.city']").click()
    page.locator("[id='value-bar.drop'].out").click()
    expect(page.locator("#reason")).to_be_visible()
    page.locator("#group-standards summary").click()
    page.locator(".studio-offer summary").click()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_before_the_first_click_is_accessible_and_asks_again_for_a_rare_measure(
    page: Page, shop: str, axe: Callable[[Page], list[str]]
) -> None:
    """By keyboard; what stands above the question stays where it is."""
    page.goto(f"{shop}/studio/bicycle?lang=zh")
    assert axe(page) == []
    page.locator("#inseam").fill("860")
    reach = page.locator("#body_reach")
    reach.fill("1050")
    stands = reach.evaluate("element => element.getBoundingClientRect().top + scrollY")
    reach.press("Enter")
    question = page.get_by_role("group", name="“躯干加手臂”为 1050 mm")
    expect(question).to_be_focused()
    assert reach.evaluate("element => element.getBoundingClientRect().top + scrollY") == stands
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Tab")
    expect(question.get_by_role("button", name="填写无误")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#measures summary")).to_contain_text("1050")
    assert page.url.startswith(f"{shop}/d/design_")


def sheet(page: Page, view: str) -> Locator:
    return page.locator(f".turn .drawing:has(#side-{view})")


def test_the_drawing_is_turned_by_mouse_and_keys_and_stays_so_over_a_click(page: Page, families: str) -> None:
    page.goto(f"{families}/studio/cabinet")
    expect(sheet(page, "front")).to_be_visible()
    page.get_by_text("Without fronts", exact=True).click()
    expect(sheet(page, "inside")).to_be_visible()
    expect(sheet(page, "front")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(sheet(page, "side")).to_be_visible()
    expect(page.get_by_role("radio", name="Side", exact=True)).to_be_focused()
    choice = page.locator("[id='value-colour.midnight']")
    choice.click()
    expect(choice).to_have_attribute("aria-pressed", "true")
    expect(sheet(page, "side")).to_be_visible()
    for side in ("side", "front", "apart"):
        expect(sheet(page, side).locator("title")).to_contain_text("Midnight")
    page.get_by_role("button", name="Undo").click()
    expect(choice).to_have_attribute("aria-pressed", "false")
    expect(sheet(page, "side")).to_be_visible()


@pytest.mark.parametrize("family", ["cabinet", "shirt"])
@pytest.mark.parametrize(("language", "width", "height"), CROSSED)
def test_pictures_and_views_of_each_family_are_accessible_and_fit(
    page: Page, families: str, axe: Callable[..., list[str]], family: str, language: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{families}/studio/{family}?lang={language}")
    assert axe(page) == []
    for tab in page.locator(".turn label").all():
        tab.click()
        assert axe(page, ".turn") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    squeezed = "[...document.querySelectorAll('.pictured svg, .beside svg')].filter(each => each.getBoundingClientRect().width < 90).length"
    assert page.evaluate(squeezed) == 0


def test_each_small_picture_is_found_in_the_one_file(page: Page, families: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.partition("#")[0]) if "/studio/shirt/" in request.url else None)
    page.goto(f"{families}/studio/shirt", wait_until="networkidle")
    assert len(set(asked)) == 1
    names = page.evaluate("[...document.querySelectorAll('.studio-choices use')].map(each => each.getAttribute('href'))")
    assert len(names) > 40
    there = re.findall(r'<symbol id="([^"]+)"', page.request.get(asked[0]).text())
    assert {each.partition("#")[2] for each in names} <= set(there)


def test_a_finger_turns_the_drawing(page: Page, families: str) -> None:
    page.goto(f"{families}/studio/cabinet")
    box = sheet(page, "front").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 80, box["y"] + 55)
    page.mouse.up()
    expect(sheet(page, "inside")).to_be_visible()


def test_turning_moves_nothing_else(page: Page, families: str) -> None:
    page.goto(f"{families}/studio/cabinet")
    places = "[...document.querySelectorAll('.studio-choices, .turn label')].map(each => JSON.stringify(each.getBoundingClientRect()))"
    before = page.evaluate(places)
    page.get_by_text("Without fronts", exact=True).click()
    expect(sheet(page, "inside")).to_be_visible()
    assert page.evaluate(places) == before


def test_without_a_script_the_drawing_is_turned_and_stays_so(families: str, chromium: Browser) -> None:
    page = chromium.new_context(java_script_enabled=False, locale="en-GB").new_page()
    page.goto(f"{families}/studio/cabinet")
    page.get_by_text("Side", exact=True).click()
    expect(sheet(page, "side")).to_be_visible()
    page.locator("[id='value-colour.midnight']").click()
    expect(page.locator("[id='value-colour.midnight']")).to_have_attribute("aria-pressed", "true")
    expect(sheet(page, "side")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("height", [667, 844])
def test_on_a_phone_the_drawing_leaves_two_thirds_to_the_choices(page: Page, families: str, height: int) -> None:
    page.set_viewport_size({"width": 390, "height": height})
    page.goto(f"{families}/studio/cabinet")
    page.locator("[id='value-colour.midnight']").scroll_into_view_if_needed()
    box = page.locator(".studio-picture").bounding_box()
    assert box is not None
    assert box["y"] == 0
    assert box["height"] <= 0.35 * height


def test_without_a_script_every_step_works(shop: str, chromium: Browser) -> None:
    page = chromium.new_context(java_script_enabled=False, locale="en-GB").new_page()
    page.goto(f"{shop}/studio/bicycle")
    page.locator("#inseam").fill("34")
    page.locator("#body_reach").fill("1300")
    page.locator("#body_reach").press("Enter")
    page.get_by_role("button", name="Use 864 mm").click()
    page.locator("[id='value-style.city']").click()
    page.locator("[id='value-bar.drop'].out").click()
    page.locator("#reason button").click()
    expect(page.locator("[id='value-bar.drop']")).to_have_attribute("aria-pressed", "true")
    page.context.close()


def two_designs(page: Page, shop: str, language: str = "en") -> tuple[str, str]:
    measured(page, shop, language)
    first = page.url.rsplit("/", 1)[1]
    measured(page, shop, language)
    page.locator("[id='value-colour.coral']").click()
    expect(page.locator("[id='value-colour.coral']")).to_have_attribute("aria-pressed", "true")
    return first, page.url.rsplit("/", 1)[1]


@pytest.mark.parametrize(("language", "width", "height"), CROSSED)
def test_the_pages_around_the_studio_are_accessible_and_fit(
    page: Page, shop: str, axe: Callable[[Page], list[str]], width: int, height: int, language: str
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    first, second = two_designs(page, shop, language)
    compared = f"/designs/compare?a={first}&b={second}"
    for address in ("/designs", f"/designs/compare?a={first}", f"{compared}&all=1", f"/d/{second}/print"):
        page.goto(f"{shop}{address}")
        assert axe(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_own_designs_are_named_and_opened_again(page: Page, shop: str) -> None:
    first, second = two_designs(page, shop)
    page.goto(f"{shop}/designs")
    page.locator("summary", has_text="Name or remove").first.click()
    page.get_by_label("Name of this design").first.fill("The coral one")
    page.get_by_role("button", name="Save").first.click()
    page.get_by_role("link", name="The coral one", exact=True).click()
    expect(page.locator("h1")).to_have_text("The coral one")
    assert page.url.endswith(second)
    page.get_by_role("link", name="Compare").click()
    page.locator(f"a[href*='b={first}']").click()
    expect(page.locator(".compared")).to_contain_text("Coral")


def test_a_design_fits_on_one_sheet(page: Page, shop: str) -> None:
    measured(page, shop)
    page.get_by_role("link", name="Print").click()
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    expect(page.get_by_text("Posture", exact=True)).to_be_visible()
    sheets = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages
    assert len(sheets) == 1
    text = sheets[0].extract_text()
    assert "Wheelbase" in text
    assert "Posture" in text


CORAL, SKY = "[id='value-colour.coral']", "[id='value-colour.sky']"


def told_beside(page: Page, choice: str) -> Locator:
    """What is said of a click, in the fieldset of what was pressed; the page around it is as it was and the focus too."""
    told = page.locator(f".option:has({choice}) #told")
    expect(told).to_have_attribute("role", "alert")
    expect(told.locator("p")).to_be_visible()
    expect(page.locator(choice)).to_be_focused()
    expect(page.locator(choice)).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".studio-offer")).to_be_visible()
    return told


def test_a_click_without_a_connection_is_told_and_sent_again(page: Page, shop: str) -> None:
    measured(page, shop)
    page.context.set_offline(True)
    page.locator(CORAL).click()
    told = told_beside(page, CORAL)
    expect(told).to_contain_text("your last step is not saved yet")
    page.context.set_offline(False)
    told.get_by_role("button", name="Try again").click()
    expect(page.locator(CORAL)).to_have_attribute("aria-pressed", "true")
    expect(page.locator(CORAL)).to_be_focused()
    expect(page.locator("#told")).to_be_hidden()


def test_a_click_that_is_not_answered_in_time_is_told_and_sent_again(page: Page, shop: str) -> None:
    page.clock.install()
    measured(page, shop)
    held: list[Route] = []
    page.route("**/decide", lambda route: held.append(route), times=1)
    page.locator(CORAL).click()
    while not held:
        page.wait_for_timeout(20)
    page.clock.fast_forward("00:30")
    told = told_beside(page, CORAL)
    expect(told).to_contain_text("No answer came in time")
    told.get_by_role("button", name="Try again").click()
    expect(page.locator(CORAL)).to_have_attribute("aria-pressed", "true")


SENTENCES = {
    "en": {429: "Too much is going on", 500: "failed on our side", 503: "Too much is going on", 404: "was refused and is not saved"},
    "zh": {429: "访问较多", 500: "出现故障", 503: "访问较多", 404: "被拒绝"},
}


@pytest.mark.parametrize("language", ["en", pytest.param("zh", marks=pytest.mark.long)])
def test_whatever_refuses_a_click_the_page_stays_and_the_click_is_sent_again(page: Page, shop: str, language: str) -> None:
    measured(page, shop, language)
    page.set_viewport_size({"width": 390, "height": 844})
    for status in (400, 403, 404, 409, 412, 422, 429, 500, 503):
        page.route("**/decide", out_of_order(status), times=1)
        page.locator(CORAL).click()
        told = told_beside(page, CORAL)
        expect(told).to_contain_text(SENTENCES[language].get(status, SENTENCES[language][404]))
        expect(page.get_by_text("out of order")).to_have_count(0)
        expect(told.locator("button")).to_be_in_viewport()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        told.locator("button").click()
        expect(page.locator(CORAL)).to_have_attribute("aria-pressed", "true")
        page.locator("#undo button").click()
        expect(page.locator(CORAL)).to_have_attribute("aria-pressed", "false")


def out_of_order(status: int) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body="<main>out of order</main>")


def test_all_clicks_that_did_not_arrive_are_sent_again(page: Page, shop: str) -> None:
    measured(page, shop)
    page.route("**/decide", lambda route: route.fulfill(status=503), times=2)
    page.locator(CORAL).click()
    told_beside(page, CORAL)
    page.locator("[id='value-tread.slick']").click()
    told_beside(page, "[id='value-tread.slick']").get_by_role("button", name="Try again").click()
    for choice in (CORAL, "[id='value-tread.slick']"):
        expect(page.locator(choice)).to_have_attribute("aria-pressed", "true")


def test_a_click_after_the_cookies_were_cleared_says_what_to_do(page: Page, shop: str, axe: Callable[[Page], list[str]]) -> None:
    measured(page, shop)
    page.context.clear_cookies()
    page.locator(CORAL).click()
    told = told_beside(page, CORAL)
    expect(told).to_contain_text("The request could not be understood: If you sent a form, load the page again and repeat it.")
    page.evaluate("scrollTo(0, 0)")
    assert axe(page) == []
    told.get_by_role("link", name="Load the page again").click()
    expect(page.get_by_role("button", name="Make it mine")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "width", "again", "sentence"),
    [("en", 1280, "Do it again: Tread: Slick", "was changed elsewhere"), ("zh", 390, "再做一次：胎纹选光头胎", "已在别处")],
)
def test_a_click_in_the_older_of_two_tabs_shows_the_newest_and_is_done_again_when_asked(
    page: Page, shop: str, axe: Callable[[Page], list[str]], language: str, width: int, again: str, sentence: str
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    measured(page, shop, language)
    slick = page.locator("[id='value-tread.slick']")
    other = page.context.new_page()
    other.goto(page.url)
    other.locator(CORAL).click()
    expect(other.locator(CORAL)).to_have_attribute("aria-pressed", "true")
    slick.press("Enter")
    told = page.locator("#option-tread").get_by_role("alert")
    expect(told).to_contain_text(sentence)
    expect(page.locator(CORAL)).to_have_attribute("aria-pressed", "true")
    expect(slick).to_have_attribute("aria-pressed", "false")
    expect(slick).to_be_focused()
    page.evaluate("scrollTo(0, 0)")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    told.get_by_role("button", name=again).press("Enter")
    expect(slick).to_have_attribute("aria-pressed", "true")
    expect(slick).to_be_focused()
    expect(told).to_have_count(0)
    other.locator("#undo button").click()
    expect(other.locator("#undo ~ *, .studio-head").get_by_role("alert")).to_contain_text(sentence)
    expect(other.locator("[id='value-tread.slick']")).to_have_attribute("aria-pressed", "true")


def test_two_quick_first_clicks_are_one_design(page: Page, shop: str) -> None:
    page.goto(f"{shop}/studio/bicycle")
    page.evaluate("for (const name of ['colour.sky', 'tread.slick']) document.getElementById('value-' + name).click()")
    for name in ("colour.sky", "tread.slick"):
        expect(page.locator(f"[id='value-{name}']")).to_have_attribute("aria-pressed", "true")


def test_a_click_that_takes_its_time_says_so_until_it_is_done(page: Page, shop: str) -> None:
    measured(page, shop)
    held: list[Route] = []
    page.route("**/decide", lambda route: held.append(route))
    page.locator(CORAL).click()
    told = page.locator("#requests p")
    expect(told).to_have_text("One moment …")
    held[0].continue_()
    expect(page.locator(CORAL)).to_have_attribute("aria-pressed", "true")
    expect(told).to_be_empty()


def test_a_click_says_that_it_is_saved(page: Page, shop: str) -> None:
    measured(page, shop)
    expect(page.locator(".saved")).to_contain_text("Saved just now")
    page.reload()
    expect(page.locator(".saved")).to_contain_text("Saved: kept under this page’s link")


def test_back_leads_out_of_the_studio_and_forward_to_the_last_click(page: Page, shop: str) -> None:
    measured(page, shop)
    for name in (CORAL, SKY):
        page.locator(name).click()
        expect(page.locator(name)).to_have_attribute("aria-pressed", "true")
    address = page.url
    page.go_back()
    expect(page.locator("#measures h2")).to_be_visible()
    assert page.url.startswith(f"{shop}/studio/bicycle")
    page.go_forward()
    expect(page.locator(SKY)).to_have_attribute("aria-pressed", "true")
    assert page.url == address


def test_differences_of_the_design_before_stay_marked_until_the_new_ones_come(page: Page, shop: str) -> None:
    measured(page, shop)
    page.reload()
    titanium = page.locator("[id='differs-material.titanium']")
    before = titanium.inner_text()
    held: list[Route] = []
    page.route("**/differences?*", lambda route: held.append(route))
    page.locator("[id='value-style.city']").click()
    expect(titanium).to_have_attribute("aria-hidden", "true")
    assert titanium.inner_text() == before
    titanium.scroll_into_view_if_needed()
    while not any("group=frame" in each.request.url for each in held):
        page.wait_for_timeout(20)
    for each in held:
        each.continue_()
    expect(titanium).not_to_have_attribute("aria-hidden", "true")


def test_without_a_script_every_open_choice_says_what_it_would_do_and_leads_to_the_checkout(shop: str, chromium: Browser) -> None:
    page = chromium.new_context(java_script_enabled=False, locale="en-GB").new_page()
    measured(page, shop)
    open_ones = page.locator("button[name=select][aria-pressed=false]:has(small)")
    assert open_ones.count() > 40
    assert all(open_ones.locator("small").all_text_contents())
    page.locator(CORAL).click()
    expect(page.locator(CORAL)).to_have_attribute("aria-pressed", "true")
    order = page.locator(".studio-offer a[href^='/checkout']").get_attribute("href")
    assert order is not None
    assert order.endswith("&revision=2")
    page.context.close()


def test_a_refusal_takes_the_focus_and_its_repair_gives_it_back(page: Page, shop: str) -> None:
    measured(page, shop)
    page.locator("[id='value-style.city']").press("Enter")
    drop = page.locator("[id='value-bar.drop'].out")
    drop.press("Enter")
    expect(page.locator("#reason")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[id='value-bar.drop']")).to_be_focused()
    expect(page.locator("[id='value-bar.drop']")).to_have_attribute("aria-pressed", "true")


def test_a_reason_that_was_put_away_comes_again_when_it_is_asked_for_again(page: Page, shop: str) -> None:
    measured(page, shop)
    page.locator("[id='value-style.city']").click()
    for _ in range(2):
        page.locator("[id='value-bar.drop'].out").click()
        expect(page.locator("#option-bar #reason")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#reason")).to_have_count(0)


COVERED = """() => {
  const focused = document.activeElement, box = focused.getBoundingClientRect(), bar = document.querySelector('.studio-offer');
  if (focused === document.body || bar.contains(focused) || focused.closest('.site-header, .site-footer')) return null;
  const covers = (other) => other && !other.contains(focused) && box.bottom > other.getBoundingClientRect().top + 1
    && box.top < other.getBoundingClientRect().bottom - 1 && box.right > other.getBoundingClientRect().left;
  return [bar, document.querySelector('.studio-picture')].some(covers) ? focused.outerHTML.slice(0, 200) : null;
}"""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (640, 400)])
def test_what_has_the_focus_is_seen_on_a_phone_and_at_200_percent(shop: str, chromium: Browser, width: int, height: int) -> None:
    page = chromium.new_context(viewport={"width": width, "height": height}, device_scale_factor=2, locale="en-GB").new_page()
    measured(page, shop)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".skip").first.focus()
    for _ in range(page.locator("a, button, input, summary").count()):
        page.keyboard.press("Tab")
        page.wait_for_function(f"() => ({COVERED})() === null")
    page.context.close()
