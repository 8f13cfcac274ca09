"""A buyer without a mouse, and one without scripts: from the front page through the studio to the placed order."""

import random
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from lotone.demo_wishes import WISHES
from lotone.fresh import fresh_installation
from lotone.people import BUNDLED, draw_people, read_people
from lotone.web import create_app
from tests.journeys.one_bicycle import ADDRESS, PATIENCE_MS
from tests.journeys.serving import served

pytestmark = pytest.mark.browser
MOST_STOPS = 90
"""Tab stops from one thing to the next: more would be a way that nobody goes."""

HIDDEN = """() => {
  const focused = document.activeElement;
  if (focused === document.body || focused.id === 'main') return null;
  const seen = focused.matches('.turn input') ? focused.nextElementSibling : focused;
  const marked = focused.closest('.choice') ?? seen, box = seen.getBoundingClientRect(), style = getComputedStyle(marked);
  const covers = (other) => other && !other.contains(focused) && box.bottom > other.getBoundingClientRect().top + 1
    && box.top < other.getBoundingClientRect().bottom - 1 && box.right > other.getBoundingClientRect().left
    && box.left < other.getBoundingClientRect().right;
  const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  const onScreen = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const covered = [document.querySelector('.studio-offer'), document.querySelector('.studio-picture')].some(covers);
  return outlined && onScreen && !covered ? null : `${outlined} ${onScreen} ${covered} ${focused.outerHTML.slice(0, 160)}`;
}"""
"""What is wrong with the focus as it is seen; null when it is marked, on the screen and not covered."""
SETTLED = "() => document.querySelector('.htmx-request') === null"
"""Nothing is on its way that could move what has the focus: a person is not as quick as that."""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole product in one process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOTONE_HOME", str(tmp_path_factory.mktemp("product")))
        with fresh_installation() as (settings, house), served(create_app(settings, house)) as address:
            yield address


def focus_is_seen(page: Page) -> None:
    assert page.evaluate(HIDDEN) is None, page.evaluate(HIDDEN)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def go_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press ``key`` until the wanted has the focus; it is seen at every stop."""
    expect(wanted).to_have_count(1)
    for _ in range(MOST_STOPS):
        if wanted.evaluate("each => each === document.activeElement"):
            return
        page.wait_for_function(SETTLED)
        page.keyboard.press(key)
        focus_is_seen(page)
    pytest.fail(f"{wanted} is not reached")


def value(page: Page, name: str) -> Locator:
    return page.locator(f"[id='value-{name}']")


def test_by_keyboard_alone_from_the_front_page_to_the_placed_order(page: Page, product: str) -> None:
    page.set_default_timeout(PATIENCE_MS)
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    page.goto(f"{product}/?lang=en")
    press(page, "Tab")
    expect(page.locator(".skip").first).to_be_focused()
    focus_is_seen(page)
    press(page, "Enter")
    go_to(page, page.locator("a.button[href='/studio/bicycle']"))
    press(page, "Enter")

    expect(page.locator("#measure")).to_be_visible()
    go_to(page, page.locator(".turn input:checked"))
    press(page, "ArrowRight", "Enter")
    focus_is_seen(page)
    go_to(page, page.locator("#inseam"))
    page.keyboard.type("860")
    press(page, "Tab")
    page.keyboard.type("1300")
    assert posted == [], "the Enter key on the drawing's tabs chooses nothing"
    press(page, "Enter")
    expect(page.locator(".studio-offer a[href^='/checkout']")).to_be_visible()
    focus_is_seen(page)

    first = page.locator("#option-style [aria-pressed=true]")
    go_to(page, first)
    press(page, "End", "Home")
    go_to(page, value(page, "style.city"), "ArrowRight")
    press(page, "Enter")
    expect(value(page, "style.city")).to_have_attribute("aria-pressed", "true")
    expect(value(page, "style.city")).to_be_focused()
    focus_is_seen(page)
    go_to(page, page.locator("#option-colour [aria-pressed=true]"))
    go_to(page, value(page, "colour.coral"), "ArrowLeft")
    press(page, "Space")
    expect(value(page, "colour.coral")).to_have_attribute("aria-pressed", "true")

    crank = page.locator("#number-crank_length")
    go_to(page, crank)
    press(page, "Control+a")
    page.keyboard.type("160")
    press(page, "Enter")
    expect(crank).to_have_value("160")
    expect(page.locator("#option-crank_length legend")).to_contain_text("your choice")
    expect(crank).to_be_focused()

    go_to(page, page.locator("#option-bar [aria-pressed=true]"), "Shift+Tab")
    press(page, "Home")
    go_to(page, value(page, "bar.drop"), "ArrowRight")
    press(page, "Enter")
    expect(page.locator("#reason")).to_be_focused()
    press(page, "Escape")
    expect(page.locator("#reason")).to_have_count(0)
    expect(value(page, "bar.drop")).to_be_focused()
    focus_is_seen(page)

    go_to(page, page.locator("#undo button"), "Shift+Tab")
    press(page, "Enter")
    expect(page.locator("#option-crank_length legend")).not_to_contain_text("your choice")
    expect(page.locator("#undo button")).to_be_focused()
    press(page, "Shift+Tab")
    expect(page.locator("#studio > .skip")).to_be_focused()
    focus_is_seen(page)
    press(page, "Enter")
    go_to(page, page.locator(".studio-offer a[href^='/checkout']"))
    press(page, "Enter")

    expect(page.get_by_role("button", name="Order and pay")).to_be_visible()
    for name, text in ADDRESS.items():
        go_to(page, page.locator(f"#{name}"))
        page.keyboard.type(text)
    go_to(page, page.locator("#country"))
    go_to(page, page.locator("[name=payment]:checked"))
    go_to(page, page.get_by_role("button", name="Order and pay"))
    press(page, "Enter")
    page.wait_for_url("**/orders/order_*")
    expect(page.get_by_text("Capacity is reserved")).to_be_visible()


@pytest.mark.parametrize(
    ("family", "choices", "number"),
    [
        ("cabinet", ("colour.midnight", "colour.sand"), ("depth", 400)),
    ],
)
def test_without_a_script_from_the_front_page_to_the_placed_order(
    chromium: Browser, product: str, family: str, choices: tuple[str, str], number: tuple[str, int] | None
) -> None:
    person = draw_people(read_people(BUNDLED), 1, 1)[0]
    measures = {each["set"]: each["value"] for each in WISHES[family](person, random.Random(1)) if "set" in each}
    page = chromium.new_context(java_script_enabled=False, locale="en-GB").new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(product)
    page.locator(f"a.button[href='/studio/{family}']").click()
    for name, each in measures.items():
        page.locator(f"#{name}").fill(str(each))
    page.locator("#measure button").click()
    for choice in choices:
        value(page, choice).click()
        expect(value(page, choice)).to_have_attribute("aria-pressed", "true")
    if number is not None:
        field = page.locator(f"#number-{number[0]}")
        field.fill(str(number[1]))
        field.press("Enter")
        expect(field).to_have_value(str(number[1]))
        expect(page.locator(f"#option-{number[0]} legend")).to_contain_text("your choice")
        page.locator("#undo button").click()
        expect(page.locator(f"#option-{number[0]} legend")).not_to_contain_text("your choice")
    page.locator("#undo button").click()
    expect(value(page, choices[1])).to_have_attribute("aria-pressed", "false")
    expect(value(page, choices[0])).to_have_attribute("aria-pressed", "true")
    page.locator(".studio-offer a[href^='/checkout']").click()
    for name, text in ADDRESS.items():
        page.locator(f"#{name}").fill(text)
    page.get_by_role("button", name="Order and pay").click()
    expect(page.get_by_text("Capacity is reserved")).to_be_visible()
    address = page.url
    assert "/orders/order_" in address
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".drawing").first).to_be_visible()
    page.context.close()
