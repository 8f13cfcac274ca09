"""A planner at the board: sees, chooses by key, searches, and watches a report arrive."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from contracts.access import Principal, Role
from contracts.plan import OperationState
from contracts.texts import Message
from ledger.unit_of_work import Ledger
from scheduler.engine.moving import Wish
from scheduler.engine.operations import instant
from scheduler.service import Service
from scheduler.standing import parse_key
from scheduler.tables import OperationRow
from tests.journeys.serving import served
from tests.scheduling import demand, opened, operations, placed, report_started, reserve, settled
from tests.unit.scheduler.test_board import planner_app

pytestmark = pytest.mark.browser
LEE = Principal(id="staff_lee", role=Role.PLANNER, name="lee")
A_MOVE = "/planner/operations/order_3-p/40.1?machine=WELD-1&start=2026-12-03T12:00"
GUTTER, ROW = 190, 24
ROWS = ("", "CUT-1", "CUT-2", "", "WELD-1", "", "OVEN-1")
"""The board's rows from above; groups have no name here."""


@pytest.fixture
def service(ledger: Ledger) -> Service:
    service = opened(ledger)
    placed(ledger, service, "order_1", "order_2", "order_3")
    return service


@pytest.fixture
def address(service: Service) -> Iterator[str]:
    with served(planner_app(service)) as address:
        yield address


def test_keys_lead_through_the_board_to_an_orders_way(page: Page, address: str) -> None:
    page.goto(f"{address}/planner")
    canvas = page.locator("#board-canvas")
    expect(canvas).to_have_attribute("data-operations", "12")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    status = page.locator("#board-status")
    expect(status).to_contain_text("CUT-1")
    page.keyboard.press("ArrowDown")
    expect(status).not_to_contain_text("CUT-1")
    page.keyboard.press("Enter")
    way = page.locator("#board-way")
    expect(way.get_by_role("heading", level=2)).to_be_focused()
    expect(way.locator("dl")).to_contain_text(["Wardrobe", "Person"])
    expect(way.get_by_role("link", name="The order's page")).to_have_attribute("href", re.compile("^/orders/order_"))
    expect(way.locator(".way-step")).to_have_count(4)
    expect(way.locator(".way-critical")).not_to_have_count(0)
    page.keyboard.press("Escape")
    expect(way).to_be_hidden()
    expect(canvas).to_be_focused()


def test_an_order_is_found_by_its_number(page: Page, address: str) -> None:
    page.goto(f"{address}/planner")
    expect(page.locator("#board-canvas")).to_have_attribute("data-operations", "12")
    page.get_by_label("Order, piece, operation or machine").fill("order_3")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#board-way h2")).to_have_text("Order order_3")
    expect(page.locator("#board-canvas")).to_have_attribute("data-shown", "12")
    expect(page.locator("#board-canvas")).to_have_attribute("data-found", "4")
    page.get_by_label("Order, piece, operation or machine").fill("order_99")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#board-status")).to_contain_text("Nothing in the plan is called “order_99”")
    expect(page.locator("#board-canvas")).to_have_attribute("data-shown", "12")


def test_what_people_see_is_found_and_the_hidden_part_of_an_identifier_is_not(
    page: Page, address: str, service: Service, ledger: Ledger
) -> None:
    reserve(ledger, service, f"order_{'0' * 20}K7M2Q", demand(f"piece_{'0' * 20}9FX3A"))
    settled(ledger, service)
    page.goto(f"{address}/planner?order=k7m2q&lang=en")
    canvas, status, way = page.locator("#board-canvas"), page.locator("#board-status"), page.locator("#board-way")
    expect(way.locator("h2")).to_have_text("Order K7M2Q")
    expect(status).to_contain_text("1 of 4: ")
    wanted = page.get_by_label("Order, piece, operation or machine")
    wanted.fill("00000")
    expect(status).to_contain_text("Nothing in the plan is called “00000”")
    expect(way).to_be_hidden()
    for seen, found in (("K7M2Q", 4), ("9fx3", 4), (f"order_{'0' * 20}K7M2Q", 4), ("oven", 4), ("WELD-1", 8)):
        wanted.fill(seen)
        expect(canvas).to_have_attribute("data-found", str(found))
    page.get_by_label("Late orders only").check()
    expect(status).to_contain_text("Operations of “WELD-1” that the filters or folded groups hide: 8.")


def test_the_arrow_keys_lead_through_what_was_found_wherever_it_lies(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 500})
    page.goto(f"{address}/planner")
    canvas, status = page.locator("#board-canvas"), page.locator("#board-status")
    expect(canvas).to_have_attribute("data-operations", "12")
    page.get_by_role("button", name="Fold all", exact=True).click()
    expect(canvas).to_have_attribute("data-shown", "0")
    page.get_by_label("Order, piece, operation or machine").fill("order_3")
    page.keyboard.press("Enter")
    expect(page.locator("#board-way h2")).to_have_text("Order order_3")
    expect(canvas).to_have_attribute("data-found", "4")
    expect(status).to_contain_text("1 of 4: ")
    page.keyboard.press("Enter")
    expect(status).to_contain_text("2 of 4: ")
    page.keyboard.press("ArrowDown")
    expect(status).to_contain_text("3 of 4: ")
    page.keyboard.press("ArrowUp")
    canvas.focus()
    page.keyboard.press("ArrowLeft")
    expect(status).to_contain_text("1 of 4: ")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        before = status.inner_text()
        page.keyboard.press(key)
        expect(status).not_to_have_text(before)
        expect(status).to_contain_text("of order_3 on")


def test_the_board_shows_what_is_asked_for_and_the_address_keeps_it(page: Page, address: str) -> None:
    page.goto(f"{address}/planner?lang=en")
    canvas = page.locator("#board-canvas")
    expect(canvas).to_have_attribute("data-shown", "12")
    everything = int(canvas.get_attribute("data-rows") or 0)
    page.get_by_label("Machine group").select_option(label="Welding")
    expect(canvas).to_have_attribute("data-shown", "6")
    page.get_by_label("Order, piece, operation or machine").fill("order_2")
    expect(canvas).to_have_attribute("data-found", "2")
    expect(canvas).to_have_attribute("data-shown", "6")
    expect(page.locator("#board-status")).to_contain_text("Operations of “order_2”: 2. The others are dimmed")
    assert page.url.endswith("?lang=en&group=WELD&order=order_2")
    page.reload()
    expect(canvas).to_have_attribute("data-found", "2")
    page.get_by_label("Late orders only").check()
    expect(canvas).to_have_attribute("data-shown", "0")
    page.get_by_label("Late orders only").uncheck()
    page.get_by_label("Order, piece, operation or machine").fill("")
    expect(page.locator("#board-status")).to_have_text("6 of 12 operations; machines shown: 1.")
    page.get_by_label("Machine group").select_option("")
    page.get_by_label("Machines with work only").check()
    expect(canvas).to_have_attribute("data-rows", str(everything))
    page.get_by_label("Late orders only").check()
    expect(canvas).to_have_attribute("data-rows", "0")
    page.get_by_label("Late orders only").uncheck()
    page.get_by_role("button", name="Fold all", exact=True).click()
    expect(canvas).to_have_attribute("data-rows", "3")
    page.get_by_role("button", name="Unfold all").click()
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("f")
    expect(canvas).not_to_have_attribute("data-shown", "12")
    page.keyboard.press("f")
    expect(canvas).to_have_attribute("data-shown", "12")


def test_a_report_reaches_the_open_board_without_a_reload(page: Page, address: str, service: Service, ledger: Ledger) -> None:
    page.goto(f"{address}/planner")
    expect(page.locator("#board-canvas")).to_have_attribute("data-operations", "12")
    row = next(row for row in operations(ledger) if row.state == OperationState.RELEASED)
    page.get_by_label("Order, piece, operation or machine").fill(row.order)
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#board-way .way-running")).to_have_count(0)
    report_started(ledger, service, row, instant(row.start_s))
    expect(page.locator("#board-way .way-running")).to_have_count(1)
    expect(page.locator("[data-figure=wip]")).to_have_text("1")


def test_a_plan_that_was_asked_for_is_announced_and_appears_by_itself(page: Page, address: str, service: Service) -> None:
    page.goto(f"{address}/planner?lang=en")
    expect(page.locator("#board-canvas")).to_have_attribute("data-operations", "12")
    before = page.locator("#board-version").inner_text()
    page.get_by_role("button", name="Plan anew").click()
    expect(page.get_by_text("A new plan is being made; it appears here by itself")).to_be_visible()
    expect(page.locator("#board-canvas")).to_have_attribute("data-operations", "12")
    version = service.make_plan(Message(id="scheduler.reason.again"))
    expect(page.locator("#board-version")).to_contain_text(f"Plan version {version}")
    expect(page.locator("#board-status")).to_contain_text(f"Plan version {version} is published.")
    assert page.locator("#board-version").inner_text() != before


@pytest.mark.parametrize(
    ("language", "width"),
    [("en", 1280), ("zh", 390), pytest.param("en", 390, marks=pytest.mark.long), pytest.param("zh", 1280, marks=pytest.mark.long)],
)
def test_the_pages_are_accessible_and_fit(page: Page, address: str, axe: Callable[[Page], list[str]], language: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for path in (
        "/planner",
        "/planner/table",
        "/planner/table?q=nothing",
        "/planner/versions",
        "/planner/changes",
        "/planner/scenarios",
        "/planner/learned-times",
        "/planner/orders/order_1",
        A_MOVE,
    ):
        page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
        if path == "/planner":
            expect(page.locator("#board-canvas")).to_have_attribute("data-operations", "12")
            assert axe(page) == []
            page.locator("#board-search").fill("order_1")
            page.keyboard.press("Enter")
            expect(page.locator("#board-way .way-step")).to_have_count(4)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_list_is_searched_sorted_and_left_by_back(page: Page, address: str) -> None:
    page.goto(f"{address}/planner/table?lang=en&size=5")
    names = page.locator("#operations-rows tbody th")
    expect(names).to_have_count(5)
    search = page.get_by_label("Order, piece, machine or person")
    search.press_sequentially("order_2")
    expect(page.locator("#operations-rows").get_by_role("status")).to_have_text("4 of 12 match")
    expect(names).to_have_text(["order_2"] * 4)
    expect(search).to_be_focused()
    page.get_by_role("link", name="Machine", exact=True).click()
    page.wait_for_url("**/planner/table?q=order_2&sort=machine&size=5")
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Machine")
    page.get_by_label("Machine group").select_option(label="Welding")
    page.wait_for_url("**/planner/table?q=order_2&group=WELD&sort=machine&size=5")
    expect(names).to_have_count(2)
    assert "sort=machine" in page.url
    page.go_back()
    page.wait_for_url("**/planner/table?q=order_2&sort=machine&size=5")
    expect(names).to_have_count(4)
    page.get_by_label("State").select_option(label="Running")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    page.get_by_role("link", name="Clear search and filters").click()
    expect(names).to_have_count(12)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert download.value.suggested_filename == "operations.csv"


def test_without_scripts_the_list_works_as_well(chromium: Browser, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/planner/table?lang=en&sort=machine&size=2")
    page.get_by_label("Order, piece, machine or person").fill("order_3")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("4 of 12 match")).to_be_visible()
    assert "sort=machine" in page.url
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    context.close()


def test_on_a_phone_an_order_s_way_is_seen_whole(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/planner/orders/order_1?lang=en")
    operations = page.get_by_role("region", name="Operations")
    assert operations.evaluate("each => each.scrollWidth <= each.clientWidth")
    expect(operations.get_by_role("row")).to_have_count(5)
    expect(operations.get_by_role("cell").first).to_be_in_viewport(ratio=1)


def last_weld(ledger: Ledger, order: str) -> OperationRow:
    return next(row for row in operations(ledger, order) if row.sequence == 40)


def spot(page: Page, machine: str, moment_s: float) -> tuple[float, float]:
    """Where on the page the board shows a machine at a moment."""
    canvas = page.locator("#board-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    first, last = (datetime.fromisoformat(canvas.get_attribute(f"data-{end}") or "").timestamp() for end in ("from", "to"))
    share = (moment_s - first) / (last - first)
    return box["x"] + GUTTER + share * (box["width"] - GUTTER), box["y"] + ROWS.index(machine) * ROW + ROW / 2


def drag(page: Page, row: OperationRow, hours: float) -> None:
    """Take the operation in its middle and let it go some hours away, on the same machine."""
    middle_s = (row.start_s + row.end_s) / 2
    page.mouse.move(*spot(page, row.machine, middle_s))
    page.mouse.down()
    page.mouse.move(*spot(page, row.machine, middle_s + hours * 1800), steps=3)
    page.mouse.move(*spot(page, row.machine, middle_s + hours * 3600), steps=3)


def test_a_planner_drags_an_operation_sees_what_comes_of_it_confirms_and_takes_it_back(
    page: Page, address: str, ledger: Ledger, axe: Callable[[Page], list[str]]
) -> None:
    page.goto(f"{address}/planner?lang=en")
    panel, status = page.locator("#board-move"), page.locator("#board-status")
    expect(page.locator("#board-canvas")).to_have_attribute("data-operations", "12")
    row = last_weld(ledger, "order_3")
    drag(page, row, 17)
    expect(panel.locator(".move-sum")).to_contain_text("promise")
    expect(panel.get_by_role("button", name="Move it")).to_be_hidden()
    page.mouse.up()
    expect(panel.get_by_label("Reason")).to_be_focused()
    expect(panel.get_by_role("row")).to_have_count(2)
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert last_weld(ledger, "order_3").start_s == row.start_s, "left where it was"
    drag(page, row, 17)
    page.mouse.up()
    panel.get_by_label("Reason").fill("the fixture comes later")
    page.keyboard.press("Enter")
    expect(status).to_contain_text("now stands on WELD-1")
    expect(panel).to_be_hidden()
    moved = last_weld(ledger, "order_3")
    assert moved.start_s > row.start_s + 16 * 3600
    assert moved.pinned
    page.locator("#board-canvas").press("Control+z")
    expect(status).to_contain_text("Taken back: Weld of order_3")
    assert last_weld(ledger, "order_3").start_s == row.start_s
    page.get_by_role("button", name="Undo").click()
    expect(status).to_have_text("There is no change of yours to take back.")


def test_a_finger_that_rests_on_an_operation_takes_it(chromium: Browser, address: str, ledger: Ledger) -> None:
    page = chromium.new_context(viewport={"width": 1280, "height": 800}, has_touch=True, locale="en-GB").new_page()
    page.goto(f"{address}/planner?lang=en")
    panel = page.locator("#board-move")
    expect(page.locator("#board-canvas")).to_have_attribute("data-operations", "12")
    row = last_weld(ledger, "order_3")
    middle_s = (row.start_s + row.end_s) // 2
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *spots: tuple[float, float]) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in spots]})

    begins = spot(page, row.machine, middle_s)
    touch("touchStart", begins)
    expect(panel).to_be_visible()
    touch("touchMove", spot(page, row.machine, middle_s + 8 * 3600))
    touch("touchMove", spot(page, row.machine, middle_s + 17 * 3600))
    expect(panel.locator(".move-sum")).to_contain_text("promise")
    touch("touchEnd")
    panel.get_by_label("Reason").fill("the fixture comes later")
    panel.get_by_role("button", name="Move it").click()
    expect(page.locator("#board-status")).to_contain_text("now stands on WELD-1")
    assert last_weld(ledger, "order_3").start_s > row.start_s + 16 * 3600
    shown = page.locator("#board-canvas").get_attribute("data-from") or ""
    touch("touchStart", begins)
    touch("touchMove", (begins[0] - 200, begins[1]))
    touch("touchEnd")
    expect(panel).to_be_hidden()
    expect(page.locator("#board-canvas")).not_to_have_attribute("data-from", shown)
    page.context.close()


def test_the_same_by_keys_alone_is_announced(page: Page, address: str, ledger: Ledger) -> None:
    row = last_weld(ledger, "order_3")
    page.goto(f"{address}/planner?lang=en&order=order_3")
    canvas, status, panel = page.locator("#board-canvas"), page.locator("#board-status"), page.locator("#board-move")
    expect(status).to_contain_text("1 of 4: ")
    canvas.focus()
    page.keyboard.press("m")
    expect(status).to_have_text("This one has begun or begins too soon to be moved.")
    for number in (2, 3, 4):
        page.keyboard.press("ArrowRight")
        expect(status).to_contain_text(f"{number} of 4: ")
    page.keyboard.press("m")
    expect(status).to_contain_text("The first place from there on is where it stands.")
    page.keyboard.press("ArrowRight")
    expect(status).to_contain_text("No expected date moves.")
    page.keyboard.press("ArrowDown")
    expect(status).to_have_text("No other machine in sight can do it that way.")
    page.keyboard.press("Shift+ArrowRight")
    expect(status).to_contain_text("25 Nov 2026, 08:")
    page.keyboard.press("Enter")
    expect(panel.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("together with the next")
    page.keyboard.press("Enter")
    expect(status).to_contain_text("now stands on WELD-1")
    expect(canvas).to_be_focused()
    assert last_weld(ledger, "order_3").start_s > row.start_s
    page.keyboard.press("m")
    page.keyboard.press("Escape")
    expect(status).to_have_text("Left where it was; nothing was changed.")


def test_of_two_planners_the_later_is_told_and_sees_what_the_first_did(page: Page, address: str, service: Service, ledger: Ledger) -> None:
    page.goto(f"{address}/planner?lang=en")
    expect(page.locator("#board-canvas")).to_have_attribute("data-operations", "12")
    row = last_weld(ledger, "order_3")
    drag(page, row, 17)
    page.mouse.up()
    panel = page.locator("#board-move")
    panel.get_by_label("Reason").fill("mine")
    there = Wish(parse_key(row.key), row.machine, row.start_s + 24 * 3600)
    service.move(there, LEE, "the customer asked for it")
    expect(page.locator("#board-told p")).to_contain_text("lee moved Weld of order_3 to WELD-1")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("alert")).to_contain_text("lee")
    assert last_weld(ledger, "order_3").start_s == there.start_s, "the first one's change stands"
