"""A browser for the journeys, and axe to look at each page."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text()
HARMLESS = ("Failed to load resource", "htmx:error: Failed to fetch", "htmx:error: timeout")
"""What a browser says by itself: of an answer whose status is a refusal, of a request that ended with the page it belonged to."""
PATIENCE_MS = 30_000
"""A busy machine is no fault of the product: time is shown by benchmarks, never asserted here."""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium by its path; without one the journeys are skipped, in CI they fail."""
    path = os.environ.get("LOTONE_TEST_CHROMIUM", "/usr/bin/chromium")
    if not Path(path).exists():
        reason = f"no Chromium at {path}: set LOTONE_TEST_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a fresh visitor; an error in the browser's console fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    unexpected = [text for text in complaints if not any(each in text for each in HARMLESS)]
    assert unexpected == [], unexpected


@pytest.fixture
def axe() -> Callable[..., list[str]]:
    """What axe finds on a page, or ``within`` a part of it: one line a violation, none when all is well.

    Colours are seen as they stand, not on their way.
    """

    def violations(page: Page, within: str = "html") -> list[str]:
        page.emulate_media(reduced_motion="reduce")
        page.evaluate(AXE)
        found: dict[str, Any] = page.evaluate("([within, rules]) => axe.run(within, {runOnly: rules})", [within, RULES])
        return [
            f"{violation['id']}: {node['target']} {node['failureSummary']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    return violations
