"""How does every page look? `make screenshots` drives a fresh product through one bicycle and writes build/screenshots/.

One file a page, width, language and scheme; papers page by page when pdftoppm is there, else as PDF.
Usage: python -m tests.journeys.screenshots [--widths 390,1280] [--only NAME,…] [FOLDER]
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, Page, expect, sync_playwright

from contracts.access import SYSTEM
from lotone.demo import demo_installation
from lotone.demo_customer import Customer
from lotone.people import BUNDLED, draw_people, read_people
from lotone.run import wait_until_ready
from tests.journeys import one_bicycle as steps
from tests.journeys.one_bicycle import Shop

FOLDER = Path("build/screenshots")
WIDTHS = (390, 1280, 1920)
OTHERS = 8
"""Orders of others in the plant's books."""
ALL_MADE_MS = 180_000
"""The simulated plant makes the others' bicycles too."""
SETTLE_MS = 400
"""Fonts, live fragments, the board's canvas."""
TALLEST = 6000
"""Pixels of a page's height that are shown."""


class Camera:
    """Takes a page in every width, language and scheme; ``Look`` of the journey."""

    def __init__(self, browser: Browser, folder: Path, widths: Iterable[int], only: frozenset[str]) -> None:
        self._browser = browser
        self._folder = folder
        self._widths = tuple(widths)
        self._only = only
        self.taken: list[str] = []

    def __call__(self, page: Page, name: str, then: Callable[[Page], None] | None = None, whole: bool = True) -> None:
        """``then``: done after the page is opened anew; ``whole``: beyond the window's height."""
        if self._only and name not in self._only:
            return
        signed_in, address = page.context.storage_state(), page.url
        for width in self._widths:
            for language, scheme in (("en", "light"), ("en", "dark"), ("zh", "light"), ("zh", "dark")):
                context = self._browser.new_context(
                    storage_state=signed_in,
                    locale={"en": "en-GB", "zh": "zh-CN"}[language],
                    color_scheme="dark" if scheme == "dark" else "light",
                    viewport={"width": width, "height": 844 if width < 500 else 1000},
                )
                shown = context.new_page()
                shown.goto(address)
                if then is not None:
                    then(shown)
                shown.wait_for_timeout(SETTLE_MS)
                taken = f"{name}-{width}-{language}-{scheme}.png"
                height = min(TALLEST, shown.evaluate("document.documentElement.scrollHeight"))
                clip = {"x": 0.0, "y": 0.0, "width": float(width), "height": float(height)}
                shown.screenshot(path=self._folder / taken, full_page=whole, **({"clip": clip} if whole else {}))  # type: ignore[arg-type]
                self.taken.append(taken)
                context.close()
        sys.stderr.write(f"{name}\n")

    def paper(self, pdf: bytes, name: str) -> None:
        """Every sheet of a PDF."""
        file = self._folder / f"{name}.pdf"
        file.write_bytes(pdf)
        if shutil.which("pdftoppm"):
            subprocess.run(["pdftoppm", "-r", "80", "-png", str(file), str(file.with_suffix(""))], check=True)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    given.add_argument("--widths", type=lambda text: [int(each) for each in text.split(",")], default=WIDTHS)
    given.add_argument("--only", type=lambda text: frozenset(text.split(",")), default=frozenset())
    asked = given.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    path = os.environ.get("LOTONE_TEST_CHROMIUM", "/usr/bin/chromium")
    with demo_installation() as (settings, house, supervisor), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        expect.set_options(timeout=steps.PATIENCE_MS)
        wait_until_ready(settings)
        camera = Camera(browser, asked.folder, asked.widths, asked.only)
        photograph(Shop(settings, house, supervisor, browser, camera), camera)
        browser.close()
    sys.stderr.write(f"{len(camera.taken)} pictures in {asked.folder}\n")


def photograph(shop: Shop, camera: Camera) -> None:
    """Every page, in the states that people meet."""
    others_order(shop)
    customer = steps.design(shop)
    design = urlsplit(customer.url).path
    refuse_a_clash(shop, camera)
    send_an_empty_checkout(shop, camera, customer)
    order = steps.order(shop, customer)
    shop.wait_until_quiet()
    (piece,) = shop.house.mes_bridge.pieces(order)
    camera(customer, "order-planned")
    for path, name in (
        ("/designs", "designs"),
        (f"{design}/print", "design-summary"),
        ("/orders", "orders"),
        ("/account", "account"),
        ("/basket", "basket-empty"),
        ("/sign-in", "sign-in"),
    ):
        visit(shop, camera, customer, path, name)
    visit(shop, camera, customer, "/nowhere", "problem-404")
    visit(shop, camera, customer, "/api/v1/docs", "api", whole=False)
    take_the_planners_pages(shop, camera, order)
    operator = shop.staff("operator", "/terminal")
    camera(operator, "stations")
    visit(shop, camera, operator, "/planner", "problem-403")
    first = steps.start_next(shop, operator, piece)
    camera(operator, "terminal-running")
    camera(customer, "order-in-production")
    steps.finish(shop, operator, first)
    steps.make_up_to_the_inspection(shop, operator, piece)
    promised = shop.house.storefront.order(SYSTEM, order).promised_at
    steps.fail_at_the_inspection(shop, operator, piece, at=steps.last_pick_up(promised) - steps.SHORTLY)
    expect(customer.get_by_text("Your date moved")).to_be_visible()
    camera(customer, "order-moved")
    visit(shop, camera, operator, "/terminal/ASSY-1", "terminal-queue")
    steps.leave_station(operator)
    steps.start_simulated_plant(shop)
    expect(customer.get_by_text("Handed to the carrier.")).to_be_visible(timeout=ALL_MADE_MS)
    camera(customer, "order-shipped")
    take_papers(shop, camera, customer)
    quality = shop.staff("quality", "/quality")
    camera(quality, "quality")
    visit(shop, camera, quality, "/quality/measurements", "quality-measurements")
    visit(shop, camera, quality, f"/quality/pieces/{piece}", "quality-piece")


def others_order(shop: Shop) -> None:
    """So that the plant is not empty."""
    people = draw_people(read_people(BUNDLED), OTHERS, seed=1)
    with httpx.Client(base_url=shop.address, timeout=60) as client:
        for number, person in enumerate(people):
            Customer(client, person, number).buy()


def refuse_a_clash(shop: Shop, camera: Camera) -> None:
    """What is said where a choice cannot be: a drop bar on a bicycle for the city."""
    other = shop.person()
    other.goto(f"{shop.address}/studio/bicycle")
    steps.measure(other)
    other.locator("[id='value-style.city']").click()
    expect(other.locator("[id='value-bar.drop']")).to_have_class(re.compile("out"))

    def ask_why(page: Page) -> None:
        page.locator("[id='value-bar.drop']").click()
        page.locator("#reason").wait_for()

    camera(other, "studio-refused", then=ask_why, whole=False)


def send_an_empty_checkout(shop: Shop, camera: Camera, customer: Page) -> None:
    """A checkout whose every field is wanting."""
    address = customer.url
    href = customer.locator(".studio-offer a[href^='/checkout']").get_attribute("href")

    def send_empty(page: Page) -> None:
        page.locator(".summary > button").click()
        page.get_by_role("alert").wait_for()

    customer.goto(f"{shop.address}{href}")
    camera(customer, "checkout-errors", then=send_empty)
    customer.goto(address)


def take_the_planners_pages(shop: Shop, camera: Camera, order: str) -> None:
    planner = shop.staff("planner", "/planner")

    def find(page: Page) -> None:
        page.locator("#board-canvas[data-operations]").wait_for()
        page.locator("#board-search").fill(order)
        page.keyboard.press("Enter")
        page.locator("#board-way h2").wait_for()

    camera(planner, "board")
    camera(planner, "board-way", then=find)
    visit(shop, camera, planner, "/planner/table", "table")
    visit(shop, camera, planner, "/planner/versions", "plan-versions")
    visit(shop, camera, planner, "/order-book", "order-book")
    visit(shop, camera, planner, f"/planner/orders/{order}", "way")


def take_papers(shop: Shop, camera: Camera, customer: Page) -> None:
    for paper in ("Confirmation of order", "Certificate of conformity"):
        href = customer.get_by_role("link", name=f"{paper} (PDF)").get_attribute("href")
        for language in ("en", "zh"):
            name = f"{paper.split()[0].lower()}-{language}"
            camera.paper(steps.paper(customer, f"{shop.address}{href}&lang={language}"), name)


def visit(shop: Shop, camera: Camera, page: Page, path: str, name: str, whole: bool = True) -> None:
    here = page.url
    page.goto(f"{shop.address}{path}")
    camera(page, name, whole=whole)
    page.goto(here)


if __name__ == "__main__":
    main()
