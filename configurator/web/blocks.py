"""Which blocks of the studio does a click change? The page says what it shows, the answer brings what differs."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup
from pydantic_core import to_json

SHOWN = "Studio-Shown"
"""The header in which the script sends the marks of all blocks that the page shows."""


@dataclass(frozen=True)
class Block:
    """A block as it is now; ``swap``: how it takes the place of the old one."""

    name: str
    swap: str
    html: Markup


class Blocks:
    """The blocks of one rendering of the page, each called by the template where it stands.

    A block's mark says what it shows. A block that the page shows already is left out, those in ``changed`` take the place of the old ones.
    ``outline`` is all that stands around the blocks: when it differs from the page's, every block is there and the ``whole`` is swapped.
    """

    def __init__(self, outline: object, shown: str = "") -> None:
        self.outline = _mark("", outline)
        marks = frozenset(shown.split())
        self._shown = marks if self.outline in marks else frozenset()
        self.changed: list[Block] = []

    @property
    def whole(self) -> bool:
        return not self._shown

    def __call__(self, name: str, shows: object = None, swap: str = "outerMorph", *, caller: Callable[[], Markup]) -> Markup:
        """A block whose first element has the ``name`` as its id. It depends on ``shows`` alone; without it, it is written to be seen."""
        html = caller() if shows is None else None
        mark = _mark(name, shows if html is None else html)
        if mark in self._shown:
            return Markup()
        marked = (html or caller()).replace(">", Markup(' data-shown="{}">').format(mark), 1)
        self.changed.append(Block(name, swap, marked))
        return marked


def _mark(name: str, shows: object) -> str:
    return hashlib.sha256(to_json((name, shows))).hexdigest()[:12]
