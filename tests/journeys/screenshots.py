"""How does every page and paper look? `make screenshots` writes build/screenshots/, with `--docs` docs/pictures/, from a fresh product.

One file a page, width and language, and one in the dark for some; papers sheet by sheet. With ``--only`` the others stay as they are.
Usage: python -m tests.journeys.screenshots [--widths 390,1280] [--languages en,zh] [--only NAME,…] [--docs] [FOLDER]
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from lotone.demo import demo_installation
from lotone.run import wait_until_ready
from tests.journeys import one_bicycle as steps
from tests.journeys.camera import LANGUAGES, WIDTHS, Camera, Picture, sheets, visitors_fonts
from tests.journeys.one_bicycle import Shop
from tests.journeys.picture_book import PictureBook
from tests.journeys.scene import Scene, set_the_scene
from tests.journeys.views import PAPERS, VIEWS, Paper

FOLDER = Path("build/screenshots")
DOCS = Path("docs/pictures")
BOOK_WIDTHS = (390, 1280)
"""In the documentation; a page that uses a wide window stands there at the widest as well."""


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("folder", nargs="?", type=Path)
    given.add_argument("--widths", type=lambda text: [int(each) for each in text.split(",")], default=WIDTHS)
    given.add_argument("--languages", type=lambda text: text.split(","), default=list(LANGUAGES))
    given.add_argument("--only", type=lambda text: frozenset(text.split(",")), default=frozenset())
    given.add_argument("--docs", action="store_true", help="as WebP with an index, into docs/pictures/")
    asked = given.parse_args()
    path = os.environ.get("LOTONE_TEST_CHROMIUM", "/usr/bin/chromium")
    with demo_installation() as (settings, house, supervisor), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"], env={**visitors_fonts(settings.home)})
        expect.set_options(timeout=steps.PATIENCE_MS)
        wait_until_ready(settings)
        scene = set_the_scene(Shop(settings, house, supervisor, browser, lambda *_: None))
        taken = pictures(scene, browser, BOOK_WIDTHS if asked.docs else asked.widths, asked.languages, asked.only)
        if asked.docs:
            PictureBook(asked.folder or DOCS).write(taken, whole=not asked.only)
        else:
            write_each(taken, asked.folder or FOLDER)
        browser.close()


def pictures(scene: Scene, browser: Browser, widths: Sequence[int], languages: list[str], only: frozenset[str]) -> Iterator[Picture]:
    """Every page, then every paper; ``only``: those of these names, all when empty."""
    camera = Camera(browser, scene.address, languages)
    for view in VIEWS:
        if not only or view.name in only:
            then = None if view.then is None else (lambda page, then=view.then: then(page, scene))
            shown = sorted({*widths, *(WIDTHS[-1:] if view.wide else ())})
            yield from camera.page(view.name, view.path(scene), scene.people.get(view.who), shown, then, view.whole, view.dark, view.shows)
    for paper in PAPERS:
        if not only or paper.name in only:
            for language in languages:
                yield from sheets(_pdf(paper, scene, camera, language), paper.name, language)


def write_each(taken: Iterator[Picture], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for picture in taken:
        (folder / f"{picture.file}.png").write_bytes(picture.png)
        sys.stderr.write(f"{picture.file}\n")
        count += 1
    sys.stderr.write(f"{count} pictures in {folder}\n")


def _pdf(paper: Paper, scene: Scene, camera: Camera, language: str) -> bytes:
    path, session = paper.path(scene), scene.people.get(paper.who)
    return camera.printed(path, session, language) if paper.printed else camera.pressed(path, session, language)


if __name__ == "__main__":
    main()
