"""A product engineer writes a new version in the browser: what it comes to stands beside it, and nothing typed is lost."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import g
from playwright.sync_api import Page, expect

from contracts.access import SYSTEM, Principal, Role
from tests.bicycles import bicycle_shop, studio_app
from tests.families import text_of
from tests.journeys.serving import served

pytestmark = pytest.mark.browser

ENGINEER = Principal(id="staff_e", role=Role.ENGINEER, name="engineer")
BREAK = """(element) => {
  const start = element.value.indexOf("tax_percent:");
  element.setRangeText("tax_percent: much", start, element.value.indexOf("\\n", start), "end");
}"""
AT_CARET = "(element) => element.value.slice(0, element.selectionStart).split('\\n').length"


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the cabinet's text."""
    with bicycle_shop(tmp_path_factory.mktemp("editor")) as service:
        service.publish_family(text_of("cabinet"), SYSTEM, proved=True)
        app = studio_app(service, forgery_checked=True)

        @app.before_request
        def be_the_engineer() -> None:
            g.principal = ENGINEER

        with served(app) as address:
            yield f"{address}/families/cabinet/2026.1/edit"


def test_a_fault_is_told_while_it_is_written_and_leads_to_its_line(page: Page, editor: str) -> None:
    page.goto(f"{editor}?lang=en")
    sketch, text = page.locator("#sketch"), page.locator("#text")
    expect(sketch).to_contain_text("No faults")
    expect(sketch.locator("figure svg").first).to_be_visible()
    expect(sketch).to_contain_text(re.compile("Warnings|No dead options"))
    text.evaluate(BREAK)
    text.press("End")
    page.keyboard.type("!")
    expect(sketch).to_contain_text("Errors: 1")
    place = sketch.locator("[data-line]").first
    line = int(place.get_attribute("data-line") or 0)
    place.click()
    expect(text).to_be_focused()
    assert text.evaluate(AT_CARET) == line


def test_what_was_typed_outlives_the_page_until_it_is_proposed(page: Page, editor: str) -> None:
    page.goto(f"{editor}?lang=zh")
    text = page.locator("#text")
    text.press("Control+Home")
    page.keyboard.type("# mine\n")
    page.reload()
    expect(page.locator("#kept")).to_be_visible()
    page.get_by_role("button", name="继续编辑").click()
    assert str(text.input_value()).startswith("# mine\n")
    page.get_by_role("button", name="检查并测试").click()
    page.wait_for_url("**/families/proposals/*")
    page.goto(editor)
    expect(page.locator("#kept")).to_be_hidden()


def test_what_was_typed_stays_when_it_could_not_be_proposed(page: Page, editor: str) -> None:
    page.goto(f"{editor}?lang=en")
    text = page.locator("#text")
    text.press("Control+Home")
    page.keyboard.type("# lost?\n")
    page.route("**/families", lambda route: route.fulfill(status=400, body="no"))
    page.get_by_role("button", name="Examine and test").click()
    page.goto(editor)
    page.get_by_role("button", name="Go on with it").click()
    assert str(text.input_value()).startswith("# lost?\n")


def test_a_text_that_is_too_large_has_no_verdict(page: Page, editor: str) -> None:
    page.goto(f"{editor}?lang=en")
    sketch, text = page.locator("#sketch"), page.locator("#text")
    expect(sketch).to_contain_text("No faults")
    text.evaluate("element => { element.value += '# x\\n'.repeat(130000); }")
    text.press("Control+End")
    page.keyboard.type("!")
    expect(sketch).to_contain_text("at most 500 kB")
    expect(sketch).not_to_contain_text("No faults")
    address = page.url
    page.get_by_role("button", name="Examine and test").click()
    assert page.url == address


@pytest.mark.parametrize(("language", "width", "height"), [("en", 1280, 800), ("zh", 390, 844)])
def test_the_editor_is_accessible_and_fits(
    page: Page, editor: str, axe: Callable[[Page], list[str]], language: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{editor}?lang={language}")
    page.locator("#section-rules summary").click()
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
