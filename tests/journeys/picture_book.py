"""How do the pictures of the documentation lie? As WebP beside an index: a line a page, a column a language."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.journeys.camera import Picture
from tests.journeys.views import PAPERS, VIEWS

QUALITY = 26
"""WebP's scale of 100: letters stay legible, and all pictures together stay within ``MOST``."""
COARSE = 12
"""Of pictures that would weigh more than ``HEAVY``."""
HEAVY = 45_000
"""Bytes."""
TALLEST = 2400
"""Pixels of a page's height that are shown."""
MOST = 16_000_000
"""Bytes of all pictures together."""
ONCE = frozenset({"1920", "dark"})
"""Sizes of which one language is enough."""
SHOWN = ("1280", "sheet1")
"""The size that stands in the table; the others are links."""
HEAD = """# Every page and paper

Made by `make pictures` from a plant in the middle of its week, at 390 and 1280 px, some at 1920 px and in the dark;
of long pages the upper part.
Sheets of paper one by one.
Click a picture for its full size.

"""
TABLE = "| | English | 简体中文 |\n| --- | --- | --- |\n"


class PictureBook:
    """A folder of pictures with its index."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, taken: Iterable[Picture]) -> None:
        """Everything anew; what is no longer taken goes. Exits with 1 when the pictures are too heavy for a repository."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for old in self._folder.glob("*.webp"):
            old.unlink()
        sizes: dict[tuple[str, str], list[str]] = defaultdict(list)
        total = 0
        for picture in taken:
            if picture.size in ONCE and picture.language != "en":
                continue
            content = picture.webp(QUALITY, TALLEST)
            if len(content) > HEAVY:
                content = picture.webp(COARSE, TALLEST)
            (self._folder / f"{picture.file}.webp").write_bytes(content)
            sizes[picture.name, picture.language].append(picture.size)
            total += len(content)
        (self._folder / "README.md").write_text(index(sizes), encoding="utf-8")
        sys.stderr.write(f"{sum(map(len, sizes.values()))} pictures, {total / 1e6:.1f} MB in {self._folder}\n")
        if total > MOST:
            raise SystemExit(f"The pictures together must not exceed {MOST / 1e6:.0f} MB: lower QUALITY.")


def index(sizes: Mapping[tuple[str, str], list[str]]) -> str:
    """The index as Markdown. ``sizes``: what was taken, by name and language."""

    def lines(of: Iterable[tuple[str, str]]) -> str:
        return "".join(
            f"| {title} | {_cell(name, 'en', sizes[name, 'en'])} | {_cell(name, 'zh', sizes[name, 'zh'])} |\n"
            for name, title in of
            if (name, "en") in sizes and (name, "zh") in sizes
        )

    pages = lines((view.name, view.title) for view in VIEWS)
    papers = lines((paper.name, paper.title) for paper in PAPERS)
    return f"{HEAD}## Pages\n{TABLE}{pages}\n## Papers\n{TABLE}{papers}"


def _cell(name: str, language: str, sizes: list[str]) -> str:
    shown = next((size for size in SHOWN if size in sizes), sizes[0])
    picture = f'<a href="{name}-{shown}-{language}.webp"><img src="{name}-{shown}-{language}.webp" width="320" alt=""></a>'
    others = " · ".join(f"[{_called(size)}]({name}-{size}-{language}.webp)" for size in sizes if size != shown)
    return f"{picture}<br>{others}" if others else picture


def _called(size: str) -> str:
    return size.replace("sheet", "sheet ")
