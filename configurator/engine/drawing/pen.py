"""How shapes are written down as SVG: rounded numbers, escaped texts, presentation attributes only."""

import math
import re
from xml.sax.saxutils import escape, quoteattr

_SPECIAL = re.compile(r"""[&<>"\n\r\t]""")


def number(value: float) -> str:
    """A tenth of a millimetre, without needless digits."""
    written = f"{value:.1f}".removesuffix(".0")
    return "0" if written == "-0" else written


def spot(point: complex) -> str:
    """A point as SVG writes it: y runs downwards there."""
    return f"{number(point.real)} {number(-point.imag)}"


def element(name: str, attributes: dict[str, str], content: str = "") -> str:
    written = "".join([f" {key}={_quoted(value)}" for key, value in attributes.items() if value])
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def _quoted(value: str) -> str:
    """Nearly all are numbers and colours, which need no escaping."""
    return quoteattr(value) if _SPECIAL.search(value) else f'"{value}"'


def text(content: str) -> str:
    return escape(content)


def line_path(points: list[complex], closed: bool = False) -> str:
    return f"M{'L'.join(spot(point) for point in points)}{'Z' if closed else ''}"


def arc_path(at: complex, radius: float, start: float, end: float) -> str:
    """The arc from one angle to another (degrees), counter-clockwise."""
    first = at + radius * complex(math.cos(math.radians(start)), math.sin(math.radians(start)))
    last = at + radius * complex(math.cos(math.radians(end)), math.sin(math.radians(end)))
    large = 1 if (end - start) % 360 > 180 else 0
    return f"M{spot(first)}A{number(radius)} {number(radius)} 0 {large} 0 {spot(last)}"


def mirrored(one: complex, other: complex) -> str:
    """The transform that reflects in the line through two points."""
    if one == other:
        raise ValueError("a mirror line needs two points")
    turn = ((other - one) / abs(other - one)) ** 2
    across, down = one.real, -one.imag
    shift = (across - turn.real * across + turn.imag * down, down + turn.imag * across + turn.real * down)
    figures = (turn.real, -turn.imag, -turn.imag, -turn.real)
    return f"matrix({' '.join(f'{figure:.6g}' for figure in figures)} {number(shift[0])} {number(shift[1])})"


def mixed(colour: str, other: str, part: float) -> str:
    """A hex colour with a part (0 to 1) of another mixed in."""
    channels = (round(int(colour[place : place + 2], 16) * (1 - part) + int(other[place : place + 2], 16) * part) for place in (1, 3, 5))
    return "#" + "".join(f"{channel:02x}" for channel in channels)
