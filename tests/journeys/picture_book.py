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

    def write(self, taken: Iterable[Picture], *, whole: bool = True) -> None:
        """The pictures and the index; ``whole``: what is not taken any more goes. Exits with 1 when they are too heavy for a repository."""
        self._folder.mkdir(parents=True, exist_ok=True)
        gone = set(self._folder.glob("*.webp")) if whole else set()
        for picture in taken:
            if picture.size in ONCE and picture.language != "en":
                continue
            content = picture.webp(QUALITY, TALLEST)
            if len(content) > HEAVY:
                content = picture.webp(COARSE, TALLEST)
            file = self._folder / f"{picture.file}.webp"
            file.write_bytes(content)
            gone.discard(file)
        for file in gone:
            file.unlink()
        files = sorted(self._folder.glob("*.webp"))
        (self._folder / "README.md").write_text(index(_sizes(file.stem for file in files)), encoding="utf-8")
        total = sum(file.stat().st_size for file in files)
        sys.stderr.write(f"{len(files)} pictures, {total / 1e6:.1f} MB in {self._folder}\n")
        if total > MOST:
            raise SystemExit(f"The pictures together must not exceed {MOST / 1e6:.0f} MB: lower QUALITY.")


def _sizes(names: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """What there is of each page or paper and language, by the files' names."""
    sizes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in names:
        name, size, language = each.rsplit("-", 2)
        sizes[name, language].append(size)
    return {key: sorted(found, key=_order) for key, found in sizes.items()}


def _order(size: str) -> tuple[str, int]:
    """Sheets and widths by their number, then what is none."""
    letters = size.rstrip("0123456789")
    return letters, int(size[len(letters) :] or 0)


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
