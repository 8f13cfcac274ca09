"""Which pages and papers are there, in which states, and who sees them?"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from playwright.sync_api import Page, expect

from tests.journeys.scene import Scene

Deed = Callable[[Page, Scene], None]
"""What is done once the page is open."""
FAMILIES = ("bicycle", "shirt", "cabinet")


@dataclass(frozen=True)
class View:
    """A page in one of its states. ``who``: a session of the scene, empty for somebody who was never here."""

    name: str
    title: str
    path: Callable[[Scene], str]
    who: str = ""
    then: Deed | None = None
    whole: bool = True
    dark: bool = False
    shows: str | None = None
    """What must be in sight in every width."""
    wide: bool = False
    """Looked at in the widest window too where not every page is."""


@dataclass(frozen=True)
class Paper:
    """A PDF of the product, or a page as the browser prints it (``printed``)."""

    name: str
    title: str
    path: Callable[[Scene], str]
    who: str
    printed: bool = False


def _at(path: str) -> Callable[[Scene], str]:
    return lambda _: path


def _design(name: str, after: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/d/{scene.designs[name]}{after}"


def _order(name: str, after: str = "") -> Callable[[Scene], str]:
    return lambda scene: f"/orders/{scene.orders[name]}{after}"


def _click(selector: str, then: str | None = None) -> Deed:
    """Click the first that is in sight; ``then``: what comes of it."""

    def deed(page: Page, _scene: Scene) -> None:
        page.locator(selector).filter(visible=True).first.click()
        if then is not None:
            page.locator(then).first.wait_for()

    return deed


def _open_everything(page: Page, _scene: Scene) -> None:
    page.evaluate("document.querySelectorAll('details.group').forEach(each => each.open = true)")
    for group in page.locator("details.group").all():
        group.scroll_into_view_if_needed()
        page.wait_for_timeout(250)
    page.evaluate("scrollTo(0, 0)")


def _open_names(page: Page, _scene: Scene) -> None:
    page.locator("tbody th a").first.click()
    page.locator("a[href$='/names']").click()
    page.locator("#state").wait_for()


def _turn(page: Page, _scene: Scene) -> None:
    page.locator(".turn label").nth(1).click()


def _measure_wrongly(page: Page, _scene: Scene) -> None:
    page.locator("#inseam").fill("500")
    page.locator("#body_reach").fill("1300")
    page.locator("#measures button[type=submit]").click()
    page.locator(".reason, .wrong, .notice").first.wait_for()


def _wish(page: Page, _scene: Scene) -> None:
    page.locator("#wishes summary").click()
    page.locator("#wished_price").fill("6000")
    page.keyboard.press("Enter")
    page.locator(".studio-offer .wish").first.wait_for()
    page.locator("#group-drive + [id^=differences-]").scroll_into_view_if_needed()
    page.locator("#group-drive .breaks").first.wait_for()
    page.locator("#group-drive").scroll_into_view_if_needed()


def _measure_rarely(page: Page, _scene: Scene) -> None:
    for name, value in {
        "neck": 455,
        "chest": 38,
        "waist": 860,
        "hip": 990,
        "sleeve": 870,
        "back_length": 460,
        "biceps": 335,
        "wrist": 170,
    }.items():
        page.locator(f"#{name}").fill(str(value))
    page.locator("#wrist").press("Enter")
    page.locator(".reason").first.wait_for()


def _lose_the_line(page: Page, _scene: Scene) -> None:
    page.context.set_offline(True)
    page.locator("button.value[aria-pressed=false]").filter(visible=True).first.click()
    page.locator("#told p").wait_for()


def _send_empty(page: Page, _scene: Scene) -> None:
    for name in ("name", "email", "street", "postcode", "city"):
        page.locator(f"#{name}").fill("")
    page.locator(".summary > button").click()
    page.get_by_role("alert").wait_for()


def _pay_with_a_refused_card(page: Page, _scene: Scene) -> None:
    for name, value in {
        "name": "Ada Rider",
        "email": "ada@example.org",
        "street": "Kade 1",
        "postcode": "7411 AA",
        "city": "Deventer",
    }.items():
        page.locator(f"#{name}").fill(value)
    page.locator("[name=payment]").last.check()
    page.locator(".summary > button").click()
    page.locator("[name=hold]").wait_for(state="attached")


def _sign_in_wrongly(page: Page, _scene: Scene) -> None:
    page.locator("#name").fill("planner")
    page.locator("#password").fill("no idea")
    page.keyboard.press("Enter")
    page.locator(".error").wait_for()


def _move_on_the_board(page: Page, scene: Scene) -> None:
    """By keys: the last operation of an order to where its machine opens next."""
    _board_is_drawn(page, scene)
    page.locator("#board-search").fill(scene.orders["planned"])
    page.keyboard.press("Enter")
    page.locator("#board-way .way-step").first.wait_for()
    page.locator("#board-canvas").focus()
    for _ in range(len(page.locator("#board-way .way-step").all())):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("m")
    page.locator("#board-move").wait_for()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.locator("#board-move .move-sum").wait_for()
    page.keyboard.press("Enter")
    page.locator("#board-canvas").scroll_into_view_if_needed()


def _preview_a_move(page: Page, _scene: Scene) -> None:
    """A day later than it stands."""
    page.locator("#operations-rows tbody td a").last.click()
    start = page.locator("#start")
    start.fill((datetime.fromisoformat(start.input_value()) + timedelta(days=1)).isoformat(timespec="minutes"))
    page.locator(".move-form button").first.click()
    page.locator(".consequences").wait_for()


def _board_is_drawn(page: Page, _scene: Scene) -> None:
    expect(page.locator("#board-canvas")).to_have_attribute("data-operations", re.compile("[1-9]"))


def _search_the_board(page: Page, scene: Scene) -> None:
    _board_is_drawn(page, scene)
    page.locator("#board-search").fill(scene.orders["moved"])
    page.keyboard.press("Enter")
    page.locator("#board-way h2").wait_for()


def _type_nonsense(page: Page, _scene: Scene) -> None:
    field = page.locator(".checkpoint .measure input[name=value]").first
    field.fill("12 apples")
    field.press("Enter")
    page.locator(".checkpoint .error").wait_for()


VIEWS: tuple[View, ...] = (
    View("front", "Front page", _at("/"), dark=True, wide=True),
    *(View(f"studio-{family}-fresh", f"Studio, {family}: measures first", _at(f"/studio/{family}")) for family in FAMILIES),
    *(
        View(f"studio-{family}", f"Studio, {family}: to measure", _design(family), "customer", whole=False, dark=True, wide=True)
        for family in FAMILIES
    ),
    *(
        View(
            f"studio-{family}-refused",
            f"Studio, {family}: why not, and what to give up",
            _design(design),
            "customer",
            _click("a.value.out", "#reason"),
            whole=False,
            shows="#reason",
        )
        for family, design in (("bicycle", "city-bicycle"), ("shirt", "shirt"), ("cabinet", "cabinet"))
    ),
    *(
        View(f"studio-{family}-all", f"Studio, {family}: every choice", _design(family), "customer", _open_everything)
        for family in FAMILIES
    ),
    View("studio-turned", "Studio: another side of the drawing", _design("cabinet"), "customer", _turn, whole=False),
    View("studio-price", "Studio: what the price is made of", _design("bicycle"), "customer", _click(".studio-offer summary"), whole=False),
    View("studio-wishes", "Studio: a wish, and what would break it", _at("/studio/bicycle"), "", _wish, whole=False),
    View("studio-measures-wrong", "Studio: a measure that cannot be", _at("/studio/bicycle"), "", _measure_wrongly, whole=False),
    View("studio-garment", "Studio: a garment measured instead of the body", _at("/studio/shirt?measure=garment"), whole=False),
    View("studio-measures-asked", "Studio: measures that do not go together", _at("/studio/shirt"), "", _measure_rarely, whole=False),
    View("studio-shared", "Studio: somebody else's design by its link", _design("bicycle"), whole=False),
    View("studio-offline", "Studio: no connection", _design("shirt"), "customer", _lose_the_line, whole=False),
    View("compare-with", "Compare: which other design", lambda scene: f"/designs/compare?a={scene.designs['bicycle']}", "customer"),
    View(
        "compare",
        "Compare: two designs",
        lambda scene: f"/designs/compare?a={scene.designs['bicycle']}&b={scene.designs['other-bicycle']}",
        "customer",
        dark=True,
    ),
    View("designs", "Own designs", _at("/designs"), "customer", dark=True),
    View("designs-empty", "Own designs: none yet", _at("/designs")),
    *(View(f"summary-{family}", f"Printable summary, {family}", _design(family, "/print"), "customer") for family in FAMILIES),
    View("basket", "Basket", _at("/basket"), "customer"),
    View("basket-empty", "Basket: empty", _at("/basket")),
    View("checkout", "Checkout", lambda scene: f"/checkout?design={scene.designs['bicycle']}", "customer", dark=True, wide=True),
    View(
        "checkout-errors", "Checkout: fields to mend", lambda scene: f"/checkout?design={scene.designs['bicycle']}", "customer", _send_empty
    ),
    View(
        "checkout-refused",
        "Checkout: card refused, capacity held",
        lambda scene: f"/checkout?design={scene.designs['shirt']}",
        "customer",
        _pay_with_a_refused_card,
    ),
    View("orders", "Orders", _at("/orders"), "customer", dark=True, wide=True),
    View("orders-empty", "Orders: none yet", _at("/orders")),
    View("order-planned", "Order: planned", _order("planned"), "customer"),
    *(View(f"order-{family}-made", f"Order, {family}: in production", _order(f"{family}-made"), "customer") for family in FAMILIES),
    View("order-moved", "Order: the date moved, with its choices", _order("moved"), "customer", dark=True, wide=True),
    View("order-cancel", "Order: cancelling is asked once more", _order("moved"), "customer", _click("details.confirm > summary")),
    View("order-two-pieces", "Order of two pieces", _order("two-pieces"), "customer"),
    View("order-cancelled", "Order: cancelled", _order("cancelled"), "customer"),
    *(View(f"order-{family}-shipped", f"Order, {family}: shipped", _order(f"{family}-shipped"), "customer") for family in FAMILIES),
    View("order-change", "Order: change the design", _order("planned", "/change"), "customer"),
    View("account", "What we keep about you", _at("/account"), "customer"),
    View(
        "account-erase",
        "What we keep about you: erasing is asked once more",
        _at("/account"),
        "customer",
        _click("details.confirm > summary"),
    ),
    View("sign-in", "Sign-in", _at("/sign-in")),
    View("sign-in-refused", "Sign-in: refused", _at("/sign-in"), "", _sign_in_wrongly),
    View("sign-ins", "Your sign-ins: sessions and second factor", _at("/account/sign-ins"), "engineer"),
    View("second-factor", "Setting up a second factor", _at("/account/sign-ins"), "quality", _click("section.card button", ".scan-code")),
    View("board", "Planner's board", _at("/planner"), "planner", _board_is_drawn, dark=True, wide=True),
    View("board-way", "Planner's board: an order's whole way", _at("/planner"), "planner", _search_the_board),
    View("board-move", "Planner's board: an operation is moved", _at("/planner"), "planner", _move_on_the_board, whole=False),
    View("operations", "Planner: operations as a list", _at("/planner/table"), "planner", dark=True, wide=True),
    View("operations-none", "A list without a match", _at("/planner/table?q=nothing"), "planner"),
    View(
        "operation",
        "Planner: an operation, to be moved or locked",
        _at("/planner/table?state=planned"),
        "planner",
        _preview_a_move,
    ),
    View("scenarios", "Planner: what if", _at("/planner/scenarios"), "planner"),
    View("rush", "Planner: ways to hurry an order", lambda scene: f"/planner/rush?kind=like&order={scene.orders['planned']}", "planner"),
    View("materials", "Planner: material requirements", _at("/planner/materials"), "planner"),
    View("changes", "Planner: what planners changed by hand", _at("/planner/changes"), "planner"),
    View("learned-times", "Planner: times learned from reports", _at("/planner/learned-times"), "planner"),
    View("versions", "Planner: published plans", _at("/planner/versions"), "planner"),
    View("way", "Planner: an order's way", lambda scene: f"/planner/orders/{scene.orders['moved']}", "planner"),
    View("order-book", "Order book", _at("/order-book"), "planner"),
    View("stations", "Terminal: stations", _at("/terminal"), "operator", dark=True, wide=True),
    View("stations-unknown", "Terminal: a code that is not known", _at("/terminal/find?code=piece_9999"), "operator"),
    *(
        View(
            f"terminal-{family}",
            f"Terminal, {family}: first operation under way",
            lambda scene, name=f"{family}-made": scene.operations[name],
            "operator",
            dark=True,
        )
        for family in FAMILIES
    ),
    View(
        "terminal-held",
        "Terminal: out of tolerance, the piece is held",
        lambda scene: scene.operations["held"],
        "operator",
        dark=True,
        wide=True,
    ),
    View(
        "terminal-refused", "Terminal: a value that is no number", lambda scene: scene.operations["shirt-made"], "operator", _type_nonsense
    ),
    View(
        "terminal-pause",
        "Terminal: why it pauses",
        lambda scene: scene.operations["cabinet-made"],
        "operator",
        _click("details.ask > summary"),
    ),
    View("terminal-idle", "Terminal: nothing to do", _at("/terminal/PACK-1"), "operator"),
    View("nonconformances", "Quality: non-conformances", _at("/quality"), "quality"),
    View("measurements", "Quality: measurements", _at("/quality/measurements"), "quality"),
    View("set-aside", "Quality: messages set aside", _at("/quality/set-aside"), "quality"),
    View(
        "passport",
        "Product passport, behind the code on a piece",
        lambda scene: scene.passports["bicycle"],
        dark=True,
    ),
    View("connections", "Administrator: connected systems", _at("/connections"), "administrator"),
    View("connection", "Administrator: one connected system", _at("/connections"), "administrator", _click("tbody th a")),
    View("names", "Administrator: names of a connected system", _at("/connections"), "administrator", _open_names),
    View("charts", "Quality: capability and alarms", _at("/quality/charts"), "quality", dark=True),
    View("chart", "Quality: one control chart", _at("/quality/charts/ASSY-1/post_torque"), "quality"),
    View("trace", "Quality: all that a piece came from", lambda scene: f"/quality/trace?code={scene.orders['bicycle-shipped']}", "quality"),
    View("piece", "Quality: a piece's story", lambda scene: f"/quality/pieces/{scene.pieces['moved']}", "quality"),
    View("families", "Product engineer: families", _at("/families"), "engineer"),
    View("family-edit", "Product engineer: a version's text and what it comes to", _at("/families/shirt/2026.1/edit"), "engineer"),
    View("proposal", "Product engineer: a version with a fault", lambda scene: f"/families/proposals/{scene.proposal}", "engineer"),
    View("api", "API reference", _at("/api/v1/docs"), whole=False),
    View("problem-404", "Not found", _at("/nowhere")),
    View("problem-403", "Not allowed", _at("/planner"), "operator"),
    View("problem-meaning", "What a problem of the API means", _at("/problems/promise-moved")),
)

PAPERS: tuple[Paper, ...] = (
    *(
        Paper(
            f"confirmation-{name}",
            f"Confirmation of order, {name}",
            lambda scene, name=name: f"/api/v1/orders/{scene.orders[f'{name}-shipped']}/confirmation.pdf",
            "customer",
        )
        for name in FAMILIES
    ),
    Paper(
        "confirmation-two-pieces",
        "Confirmation of order, two pieces",
        lambda scene: f"/api/v1/orders/{scene.orders['two-pieces']}/confirmation.pdf",
        "customer",
    ),
    *(
        Paper(
            f"certificate-{name}",
            f"Certificate of conformity, {name}",
            lambda scene, name=name: f"/api/v1/orders/{scene.orders[f'{name}-shipped']}/certificate.pdf",
            "customer",
        )
        for name in FAMILIES
    ),
    *(
        Paper(
            f"traveller-{name}",
            f"Traveller, {name}",
            lambda scene, name=name: f"/terminal/pieces/{scene.pieces[f'{name}-made']}/traveller.pdf",
            "operator",
        )
        for name in FAMILIES
    ),
    *(Paper(f"printed-{name}", f"Summary as printed, {name}", _design(name, "/print"), "customer", printed=True) for name in FAMILIES),
)
