"""How heavy are the pages, and how long is it from a click to what is painted? Real processes, a real browser, nothing cached.

A click of the studio is timed from the event's own timestamp to the first task after the frame that shows its answer. The baseline is a
page of one button whose answer is the smallest the product has, timed by the same script in the same run.
"""

import math
import os
import random
import statistics
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from lotone.demo import demo_installation
from lotone.demo_customer import Customer, Ordered
from lotone.demo_wishes import WISHES
from lotone.people import BUNDLED, Person, draw_people, read_people
from lotone.run import wait_until_ready

FAMILIES = ("bicycle", "cabinet", "shirt")
SETTLE_MS = 1_500
"""Late images, live fragments and layout shifts have come by then."""
THINK_MS = 300
"""Between a click's paint and the next click: a person who is quick."""
WINDOW = {"width": 1280, "height": 900}
STATION = "ASSY-1"
PLACES: dict[str | None, tuple[str, ...]] = {
    None: (
        "/",
        *(f"/studio/{family}" for family in FAMILIES),
        "/d/{design}/print",
        "/designs/compare?a={design}&b={design}",
        "/designs",
        "/checkout?design={design}",
        "/basket",
        "/orders",
        "/sign-in",
        "/api/v1/docs",
    ),
    "planner": (
        "/planner",
        "/planner/table",
        "/planner/versions",
        "/planner/orders/{order}",
        "/order-book",
        "/orders/{order}",
    ),
    "operator": ("/terminal", "/terminal/{station}"),
    "quality": ("/quality", "/quality/measurements"),
}
"""Every page, by who is signed in."""
_OFFERED = (
    "details[open] button.value[aria-pressed=false], section.group button.value[aria-pressed=false], .stepper button[name=set]:enabled"
)

_WATCH = """
window.seen = { lcp: 0, shift: 0, spans: [] };
new PerformanceObserver((list) => { for (const each of list.getEntries()) seen.lcp = each.startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => { for (const each of list.getEntries()) if (!each.hadRecentInput) seen.shift += each.value; })
  .observe({ type: "layout-shift", buffered: true });
let began = 0;
addEventListener("click", (event) => { began = event.timeStamp; }, true);
addEventListener("htmx:after:swap", (event) => {
  const target = event.target.id;
  if (!began || target.startsWith("differences")) return;
  const [from, swapped] = [began, performance.now()];
  began = 0;
  const answer = performance.getEntriesByType("resource")
    .filter((each) => each.startTime >= from && !each.name.includes("/differences")).at(-1);
  performance.clearResourceTimings();
  requestAnimationFrame(() => {
    const later = new MessageChannel();
    later.port1.onmessage = () => seen.spans.push({
      whole: performance.now() - from,
      sent: answer.transferSize,
      swapped: answer.decodedBodySize,
      server: answer.responseStart - answer.requestStart,
      swap: swapped - answer.responseEnd,
      paint: performance.now() - swapped,
    });
    later.port2.postMessage(0);
  });
});
"""
_LOADED = """() => performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource"))
  .map((each) => ({ name: each.name, bytes: each.transferSize }))"""
_EMPTY = """<!doctype html><html lang="en"><title>Empty</title><script src="/static/presentation/vendor/htmx.min.js"></script>
<button hx-get="/healthz" hx-target="#answer">Click</button><div id="answer"></div></html>"""


def pages(clicks: int, seed: int) -> None:
    """``clicks`` on each family's studio, and each page opened once by somebody who was never here."""
    path = os.environ.get("LOTONE_TEST_CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        print(f"pages: no Chromium at {path}; set LOTONE_TEST_CHROMIUM")
        return
    people = draw_people(read_people(BUNDLED), len(FAMILIES), seed)
    with demo_installation() as (settings, _, _), sync_playwright() as playwright:
        wait_until_ready(settings)
        address = f"http://127.0.0.1:{settings.port}"
        with httpx.Client(base_url=address, timeout=60) as client:
            bought = [Customer(client, person, seed, family).buy() for family, person in zip(FAMILIES, people, strict=True)]
            designs = {family: _measured(client, family, person, seed) for family, person in zip(FAMILIES, people, strict=True)}
        order = next(each.order for each in bought if isinstance(each, Ordered))
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        print(f"pages opened cold in Chromium {browser.version}, {WINDOW['width']}×{WINDOW['height']}:")
        design = designs[FAMILIES[0]]
        for role, places in PLACES.items():
            for place in places:
                _open(browser, address, place, role, {"order": order, "design": design, "station": STATION})
        print(f"click or key to painted, {THINK_MS} ms between them:")
        least_ms = _empty(browser, address, clicks)
        for family, design in designs.items():
            _studio(browser, f"{address}/d/{design}", family, clicks, seed, least_ms)
        browser.close()


def _measured(client: httpx.Client, family: str, person: Person, seed: int) -> str:
    """A design with the person's own measures, as a customer of the demo begins it."""
    design = client.post("/api/v1/designs", json={"family": family}).raise_for_status().json()["design"]
    wishes = {"decisions": WISHES[family](person, random.Random(seed))}
    client.patch(f"/api/v1/designs/{design}", json=wishes, headers={"If-Match": "0"}).raise_for_status()
    return str(design)


def _tab(browser: Browser) -> Page:
    context = browser.new_context(viewport=WINDOW, locale="en-GB")
    context.add_init_script(_WATCH)
    return context.new_page()


def _open(browser: Browser, address: str, place: str, role: str | None, named: dict[str, str]) -> None:
    """What comes over the wire, and when the largest thing is seen; ``role``: who is signed in."""
    page = _tab(browser)
    if role is not None:
        page.goto(f"{address}/sign-in")
        page.get_by_label("Sign-in name").fill(role)
        page.get_by_label("Password").fill(f"demo-{role}")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        page.goto("about:blank")
        page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    page.goto(f"{address}{place.format_map(named)}")
    page.wait_for_timeout(SETTLE_MS)
    loaded = [each for each in page.evaluate(_LOADED) if not each["name"].endswith(".woff2")]
    foreign = {urlsplit(each["name"]).netloc for each in loaded} - {urlsplit(address).netloc}
    seen = page.evaluate("seen")
    print(
        f"  {place}: {sum(each['bytes'] for each in loaded) / 1024:.0f} KB without fonts in {len(loaded)} requests, "
        f"{len(foreign)} foreign, largest painted after {seen['lcp']:.0f} ms, layout shift {seen['shift']:.4f}"
    )
    page.context.close()


def _empty(browser: Browser, address: str, clicks: int) -> float:
    """The baseline: nothing but the way there and back; its median in milliseconds."""
    page = _tab(browser)
    page.route("**/empty", lambda route: route.fulfill(body=_EMPTY, content_type="text/html"))
    page.goto(f"{address}/empty")
    for number in range(clicks):
        _press(page, page.locator("button"), by_key=bool(number % 2))
    return _tell("  empty page (baseline)", page)


def _studio(browser: Browser, address: str, family: str, clicks: int, seed: int, least_ms: float) -> None:
    """Random open choices and next numbers, every other one by the Enter key."""
    page, chance = _tab(browser), random.Random(seed)
    page.goto(address)
    for number in range(clicks):
        offered = page.locator(_OFFERED)
        _press(page, offered.nth(chance.randrange(offered.count())), by_key=bool(number % 2))
    median_ms = _tell(f"  studio, {family}", page)
    print(f"  studio, {family}: {median_ms / least_ms:.1f} times the empty page")


def _press(page: Page, button: Locator, by_key: bool) -> None:
    counted = page.evaluate("seen.spans.length")
    if by_key:
        button.focus()
        page.keyboard.press("Enter")
    else:
        button.click()
    page.wait_for_function("counted => seen.spans.length > counted", arg=counted, polling=100)
    page.wait_for_timeout(THINK_MS)


def _tell(what: str, page: Page) -> float:
    """Print what was seen; the median from click to painted in milliseconds."""
    spans = page.evaluate("seen.spans")
    whole = [each["whole"] for each in spans]
    parts = ", ".join(f"{name} {_spread([each[name] for each in spans])}" for name in ("server", "swap", "paint"))
    print(f"{what}: {_spread(whole)} ms over {len(whole)}; of it {parts}; layout shift {page.evaluate('seen.shift'):.4f}")
    sizes = ", ".join(f"{name} {_spread([each[name] / 1024 for each in spans])} KB" for name in ("sent", "swapped"))
    print(f"{what}: {sizes}")
    page.context.close()
    return statistics.median(whole)


def _spread(measured: list[float]) -> str:
    ordered = sorted(measured)
    return f"median {statistics.median(ordered):.0f}, p95 {ordered[math.ceil(0.95 * len(ordered)) - 1]:.0f}"
