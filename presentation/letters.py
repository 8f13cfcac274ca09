"""Which characters do the fonts of pages and papers have letters for?"""

from functools import cache
from pathlib import Path

_FONTS = Path(__file__).parent / "static" / "fonts"


@cache
def printable() -> frozenset[int]:
    """Code points; with what needs no letter, such as a soft line break."""
    from fontTools.ttLib import TTFont

    found = {ord("\n"), ord("\u00a0"), ord("\u200b")}
    for face in ("barlow-400", "noto-sans-sc-400"):
        (file,) = _FONTS.glob(f"{face}.*.woff2")
        with TTFont(file, lazy=True) as font:
            found |= set(font.getBestCmap())
    return frozenset(found)
