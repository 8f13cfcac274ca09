"""How is a page or a paper taken? In every width and language, some in the dark as well."""

import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

import presentation
from tests.journeys.one_bicycle import paper

LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
"""What a visitor's browser asks for."""
WIDTHS = (390, 1280, 1920)
HEIGHTS = {390: 844, 1280: 900, 1920: 1080}
DARK_WIDTH = 1280
"""Where the dark is looked at."""
TALLEST = 7000
"""Pixels of a page's height that are shown."""
PAPER_DPI = 90
SETTLE_MS = 250
"""Live fragments, the board's canvas, a transition's end."""
_LOOK_EVERYWHERE = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight) {
    scrollTo({top: y, behavior: "instant"});
    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 40)));
  }
  scrollTo({top: 0, behavior: "instant"});
}"""
"""What is fetched when it comes into sight."""
_ALL_IS_THERE = """async () => {
  await document.fonts.ready;
  await Promise.all([...document.images].map(image => image.decode().catch(() => null)));
}"""
_LET_GO = """() => {
  for (const each of document.body.querySelectorAll("*")) {
    if (getComputedStyle(each).position === "sticky") Object.assign(each.style, {position: "relative", inset: "auto"});
  }
}"""
"""On a picture of the whole page nothing sticks to the window's edge."""
_FONTS = Path(presentation.__file__).parent / "static" / "fonts"
Deed = Callable[[Page], None]


def visitors_fonts(folder: Path) -> dict[str, str]:
    """Environment of a browser whose machine has Chinese letters, as a reader's has: pictures within a page know no fonts of the page.

    Its settings are written into ``folder``.
    """
    settings = folder / "fonts.conf"
    settings.write_text(
        f'<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{_FONTS}</dir></fontconfig>', encoding="utf-8"
    )
    return {**os.environ, "FONTCONFIG_FILE": str(settings)}


@dataclass(frozen=True)
class Picture:
    """A page or a sheet of paper as PNG. ``size``: width of the window in pixels or ``dark``, for paper the number of the sheet."""

    name: str
    language: str
    size: str
    png: bytes

    @property
    def file(self) -> str:
        return f"{self.name}-{self.size}-{self.language}"

    def webp(self, quality: int, tallest: int) -> bytes:
        """``quality``: of 100; of what is taller than ``tallest`` pixels, the upper part."""
        written = io.BytesIO()
        whole = Image.open(io.BytesIO(self.png)).convert("RGB")
        whole.crop((0, 0, whole.width, min(tallest, whole.height))).save(written, "WEBP", quality=quality, method=4)
        return written.getvalue()


class Camera:
    """Opens pages as people of the scene; sessions are kept, so that files are fetched once."""

    def __init__(self, browser: Browser, address: str, languages: Iterable[str]) -> None:
        self._browser = browser
        self._address = address
        self._languages = tuple(languages)
        self._contexts: dict[tuple[str, str], BrowserContext] = {}

    def page(
        self,
        name: str,
        path: str,
        session: StorageState | None,
        widths: Iterable[int],
        then: Deed | None = None,
        whole: bool = True,
        dark: bool = False,
        shows: str | None = None,
    ) -> Iterator[Picture]:
        """``then`` is done once the page is open; ``whole``: beyond the window's height; ``shows``: what must be in sight."""
        for language in self._languages:
            page = self._context(language, session).new_page()
            page.set_viewport_size({"width": DARK_WIDTH, "height": HEIGHTS[DARK_WIDTH]})
            page.goto(f"{self._address}{path}")
            if whole:
                page.evaluate(_LOOK_EVERYWHERE)
            if then is not None:
                then(page)
            for width in widths:
                page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
                yield Picture(name, language, str(width), _taken(page, whole, shows))
            if dark:
                page.set_viewport_size({"width": DARK_WIDTH, "height": HEIGHTS[DARK_WIDTH]})
                page.emulate_media(color_scheme="dark")
                yield Picture(name, language, "dark", _taken(page, whole, shows))
            page.context.set_offline(False)
            page.close()

    def pressed(self, path: str, session: StorageState | None, language: str) -> bytes:
        """A PDF of the product, once it is pressed."""
        return paper(self._context(language, session).new_page(), f"{self._address}{path}?lang={language}")

    def printed(self, path: str, session: StorageState | None, language: str) -> bytes:
        """What the browser prints of a page, as PDF."""
        page = self._context(language, session).new_page()
        page.goto(f"{self._address}{path}")
        page.evaluate(_ALL_IS_THERE)
        pdf = page.pdf(prefer_css_page_size=True, print_background=True)
        page.close()
        return pdf

    def _context(self, language: str, session: StorageState | None) -> BrowserContext:
        key = (language, str(session))
        if key not in self._contexts:
            context = self._browser.new_context(storage_state=session, locale=LANGUAGES[language], color_scheme="light")
            self._contexts[key] = context
        return self._contexts[key]


def sheets(pdf: bytes, name: str, language: str) -> Iterator[Picture]:
    """Every sheet of a PDF; needs pdftoppm (poppler-utils)."""
    tool = shutil.which("pdftoppm")
    if tool is None:
        raise SystemExit("pdftoppm is missing: install poppler-utils to see papers.")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([tool, "-r", str(PAPER_DPI), "-png", "-", f"{folder}/sheet"], input=pdf, check=True)
        for number, file in enumerate(sorted(Path(folder).iterdir()), start=1):
            yield Picture(name, language, f"sheet{number}", file.read_bytes())


def _taken(page: Page, whole: bool, shows: str | None) -> bytes:
    page.evaluate(_ALL_IS_THERE)
    page.wait_for_timeout(SETTLE_MS)
    if shows is not None:
        page.locator(shows).first.evaluate("each => each.scrollIntoView({block: 'center', behavior: 'instant'})")
        page.wait_for_timeout(SETTLE_MS)
    if not whole:
        return page.screenshot()
    page.evaluate(_LET_GO)
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    return page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": width, "height": min(TALLEST, height)})
