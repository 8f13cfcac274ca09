"""One SVG file of small pictures: a page shows each by its name, the browser fetches them once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sprite:
    """``digest`` names the content; ``names`` are what may be asked for as ``#name``."""

    svg: str
    digest: str
    names: frozenset[str]


def sprite(symbols: Mapping[str, str]) -> Sprite:
    """SVG symbols by name as one file."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols.values())}</svg>'
    return Sprite(svg, hashlib.sha256(svg.encode()).hexdigest()[:8], frozenset(symbols))
