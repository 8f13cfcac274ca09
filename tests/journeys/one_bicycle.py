"""What do customer, planner and operator do with one bicycle, from the front page to the certificate? Each step is one function."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from playwright.sync_api import Browser, Locator, Page, expect

from contracts.model import Instant
from ledger.settings import Settings
from lotone.processes import ProcessSpec, Supervisor
from lotone.run import lotone_argv
from lotone.wiring import House
from mes_bridge.views import QueueItem

MEASURES = {"inseam": "860", "body_reach": "1300"}
ADDRESS = {"name": "Ada Rider", "email": "ada@example.org", "street": "Kade 1", "postcode": "7411 AA", "city": "Deventer"}
INSPECTION = 120
SHORTLY = timedelta(minutes=20)
"""Too little before a pick-up for a rework of the inspection and the packing."""
PATIENCE_MS = 60_000
"""Real processes on a busy machine; nothing waits so long when all is well."""
_COUNT_CLICKS = """
addEventListener("click", (event) => {
  if (event.isTrusted && event.detail > 0) sessionStorage.setItem("clicks", Number(sessionStorage.getItem("clicks") ?? 0) + 1);
}, true);
"""
"""Clicks of the pointer, over all pages of a tab; a form sent by the Enter key is none."""

Look = Callable[[Page, str], None]
"""Called with every page of the journey and its name."""


@dataclass
class Shop:
    """The product under way in processes of its own, on the stepped clock."""

    settings: Settings
    house: House
    supervisor: Supervisor
    chromium: Browser
    look: Look

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"

    def person(self, language: str = "en-GB") -> Page:
        """The tab of somebody who was never here."""
        context = self.chromium.new_context(viewport={"width": 1280, "height": 900}, locale=language)
        context.add_init_script(_COUNT_CLICKS)
        context.set_default_timeout(PATIENCE_MS)
        return context.new_page()

    def staff(self, name: str, place: str) -> Page:
        """Somebody who works here, signed in on the way to ``place``."""
        page = self.person()
        page.goto(f"{self.address}{place}")
        page.get_by_label("Sign-in name").fill(name)
        page.get_by_label("Password").fill(f"demo-{name}")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{place}")
        return page

    def wait_until_quiet(self) -> None:
        """Until nothing is left to do at this business time."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while not self.house.ledger.quiet():
            assert time.monotonic() < until, "the ledger does not come to rest"
            self.house.ledger.doorbell.wait(0.05)

    def let_time_pass(self, to: Instant) -> None:
        """Business time goes on to ``to``; what falls due on the way is done."""
        clock = self.house.ledger.clock
        while clock.now() < to:
            self.wait_until_quiet()
            clock.advance(to)
        self.wait_until_quiet()

    def may_start(self, piece: str) -> set[int]:
        """Operations of the piece that are released and ready."""
        released = (item for station in self.house.mes_bridge.stations() for item in self.house.mes_bridge.queue(station.machine))
        return {item.key.sequence for item in released if item.key.piece == piece and item.ready}

    def letters(self) -> list[EmailMessage]:
        """What lies in the mail folder, oldest first."""
        files = sorted((self.settings.home / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [message_from_bytes(path.read_bytes(), policy=default) for path in files]  # type: ignore[misc]


def clicks(page: Page) -> int:
    """Clicks of the pointer in this tab so far."""
    return int(page.evaluate("Number(sessionStorage.getItem('clicks') ?? 0)"))


def design(shop: Shop) -> Page:
    """From the front page to a bicycle of the own measures with two own wishes."""
    page = shop.person()
    page.goto(shop.address)
    shop.look(page, "front")
    page.locator("a.button[href='/studio/bicycle']").click()
    expect(page.get_by_label("Inseam")).to_be_visible()
    shop.look(page, "studio-fresh")
    measure(page)
    for value in ("colour.coral", "tread.slick"):
        page.locator(f"[id='value-{value}']").click()
        expect(page.locator(f"[id='value-{value}']")).to_have_attribute("aria-pressed", "true")
    shop.look(page, "studio")
    return page


def measure(page: Page) -> None:
    """The own measures, sent by the Enter key."""
    for name, value in MEASURES.items():
        page.locator(f"#{name}").fill(value)
    page.keyboard.press("Enter")
    expect(page.locator(".studio-offer a[href^='/checkout']")).to_be_visible()


def order(shop: Shop, page: Page) -> str:
    """Guest checkout with the sandbox payment; the order's number."""
    page.locator(".studio-offer a[href^='/checkout']").click()
    expect(page.get_by_role("button", name="Order and pay")).to_be_visible()
    shop.look(page, "checkout")
    for name, value in ADDRESS.items():
        page.locator(f"#{name}").fill(value)
    page.get_by_role("button", name="Order and pay").click()
    page.wait_for_url("**/orders/order_*")
    shop.look(page, "order-placed")
    found = re.search(r"/orders/(order_\w+)", page.url)
    assert found is not None, page.url
    return found[1]


def watch_on_the_board(shop: Shop, order: str) -> Page:
    """A planner finds the order on the board and sees its whole way."""
    page = shop.staff("planner", "/planner")
    expect(page.locator("#board-canvas")).to_have_attribute("data-operations", re.compile("[1-9]"))
    shop.look(page, "board")
    page.get_by_label("Order, piece, operation or machine").fill(order)
    page.keyboard.press("Enter")
    way = page.locator("#board-way")
    expect(way.locator(".way-step")).to_have_count(13)
    expect(way.locator(".way-critical")).not_to_have_count(0)
    expect(way.locator(".way-running")).to_have_count(0)
    return page


def start_next(shop: Shop, page: Page, piece: str) -> QueueItem:
    """The operator scans the piece and starts what comes next of it, with the keyboard alone."""
    page.goto(f"{shop.address}/terminal")
    expect(page.get_by_label("Scan or type")).to_be_focused()
    page.keyboard.type(piece)
    page.keyboard.press("Enter")
    start = page.get_by_role("button", name="Start", exact=True)
    expect(start).to_be_focused()
    found = re.search(r"work_order=(\w+)", page.url)
    assert found is not None, page.url
    item = shop.house.mes_bridge.work_order(found[1]).item
    shop.let_time_pass(item.planned_start_at)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Done")).to_be_visible()
    return item


def finish(shop: Shop, page: Page, item: QueueItem) -> None:
    """Nominal values typed in, then Done, at the planned end."""
    shop.let_time_pass(item.planned_end_at)
    for checkpoint in shop.house.mes_bridge.work_order(item.work_order).checkpoints:
        of = checkpoint.characteristic
        type_value(page, of.label.en, of.nominal, of.unit)
        expect(_checkpoint(page, of.label.en).locator(".judged")).to_contain_text("In tolerance")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name="Done")).to_have_count(0)


def type_value(page: Page, characteristic: str, value: int, unit: str) -> None:
    """A value typed at the checkpoint, in the unit that stands beside the field."""
    field = _checkpoint(page, characteristic).get_by_role("textbox").first
    field.fill(f"{value / 1000:.3f}" if unit in {"nm", "um", "mNm", "mdeg"} else str(value))
    field.press("Enter")


def make_up_to_the_inspection(shop: Shop, page: Page, piece: str) -> None:
    """Everything before the inspection, in time and in tolerance."""
    while INSPECTION not in (ready := shop.may_start(piece)):
        if ready:
            finish(shop, page, start_next(shop, page, piece))
        else:
            shop.let_time_pass(shop.house.ledger.clock.now() + timedelta(hours=1))


def fail_at_the_inspection(shop: Shop, page: Page, piece: str, at: Instant) -> datetime:
    """At ``at`` the saddle is found 9 mm too high: the piece is held. Business time of the entry."""
    item = start_next(shop, page, piece)
    shop.look(page, "terminal-started")
    shop.let_time_pass(at)
    gate = next(one.characteristic for one in shop.house.mes_bridge.work_order(item.work_order).checkpoints)
    type_value(page, gate.label.en, gate.upper + 9_000, gate.unit)
    expect(page.get_by_role("alert")).to_contain_text("The piece is held.")
    shop.look(page, "terminal-held")
    return shop.house.ledger.clock.now()


def leave_station(page: Page) -> None:
    """From now on connected machines may have the station's work."""
    page.get_by_role("button", name="Leave the station").click()
    expect(page.get_by_role("button", name="Work at this station")).to_be_visible()


def start_simulated_plant(shop: Shop) -> None:
    """A simulated plant without mishaps joins and makes the rest."""
    key = str(shop.settings.home / "simulator.key")
    calm = ("--no-breakdowns", "--no-mistakes")
    shop.supervisor.add(ProcessSpec("simulator", lotone_argv("simulate", "plant", "--url", shop.address, "--key-file", key, *calm)))


def last_pick_up(shop: Shop, order: str) -> Instant:
    """What is finished after this moment is delivered after the day that was promised."""
    way = shop.house.scheduler.way(order)
    return way.finish_at + timedelta(seconds=way.slack_s)


def paper(page: Page, address: str) -> bytes:
    """A PDF once it is pressed."""
    until = time.monotonic() + PATIENCE_MS / 1000
    while True:
        answer = page.request.get(address)
        if answer.status == 200:
            return answer.body()
        assert answer.status == 202, f"{answer.status} {address}"
        assert time.monotonic() < until, "the paper is not pressed"
        time.sleep(0.2)


def _checkpoint(page: Page, characteristic: str) -> Locator:
    return page.locator(".checkpoint").filter(has_text=characteristic)
