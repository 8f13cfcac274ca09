"""One entry of a plant's stock for many articles: ``tyre.{t28,t32}.{slick,semi}`` stands for four names."""

import re
from itertools import product

MOST = 500
"""Names that one entry may stand for."""
_BRACES = re.compile(r"\{([^{}]*)\}")


def names_of(pattern: str) -> list[str]:
    """The names in the order of the pattern; the pattern itself when it has no braces. Raises ValueError."""
    pieces = _BRACES.split(pattern)
    if any(sign in piece for piece in pieces[::2] for sign in "{}"):
        raise ValueError("a brace without its other half")
    choices = [piece.split(",") if place % 2 else [piece] for place, piece in enumerate(pieces)]
    if any(not choice for piece in choices[1::2] for choice in piece):
        raise ValueError("nothing between two commas")
    count = 1
    for each in choices:
        count *= len(each)
    if count > MOST:
        raise ValueError(f"more than {MOST} names in one entry")
    return ["".join(each) for each in product(*choices)]
