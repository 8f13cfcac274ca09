"""A buyer without scripts: from the front page through the studio to the placed order."""

import random
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from werkzeug.serving import make_server

from lotone.demo import fresh_installation
from lotone.demo_wishes import WISHES
from lotone.people import BUNDLED, draw_people, read_people
from lotone.web import create_app
from tests.journeys.one_bicycle import ADDRESS, PATIENCE_MS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The whole product in one process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOTONE_HOME", str(tmp_path_factory.mktemp("product")))
        with fresh_installation() as (settings, house):
            server = make_server("127.0.0.1", 0, create_app(settings, house), threaded=True)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()
            server.server_close()


def value(page: Page, name: str) -> Locator:
    return page.locator(f"[id='value-{name}']")


@pytest.mark.parametrize(
    ("family", "choices", "number"),
    [
        ("cabinet", ("colour.midnight", "colour.sand"), ("depth", 400)),
    ],
)
def test_without_a_script_from_the_front_page_to_the_placed_order(
    chromium: Browser, product: str, family: str, choices: tuple[str, str], number: tuple[str, int]
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
