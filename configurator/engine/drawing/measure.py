"""How a dimension line looks: extension lines, arrows, and a label with the length in millimetres."""

import math
from typing import Literal

from configurator.engine.drawing.lettering import LABEL
from configurator.engine.drawing.pen import element, line_path, number, spot, text


def measured(
    ends: tuple[complex, complex],
    along: Literal["horizontal", "vertical", "straight"],
    offset: float,
    size: float,
    label: str,
    paint: dict[str, str],
    beside: Literal["left", "right"] | None = None,
) -> str:
    """The dimension line between two points; ``size`` is the height of its text, arrows and gaps follow it.

    Its label runs along it, or stands level ``beside`` it: at its middle, at the end of a horizontal one.
    """
    start, end = ends
    if along == "horizontal":
        first, last = complex(start.real, offset), complex(end.real, offset)
    elif along == "vertical":
        first, last = complex(offset, start.imag), complex(offset, end.imag)
    else:
        way = end - start
        left = (way / abs(way)) * 1j * offset
        first, last = start + left, end + left
    length = abs(last - first)
    if length == 0:
        return ""
    if first.real > last.real or (first.real == last.real and first.imag > last.imag):
        start, end, first, last = end, start, last, first
    way = (last - first) / length
    stroke = {key: value for key, value in paint.items() if key != "fill"}
    extensions: list[str] = []
    for point, foot in ((start, first), (end, last)):
        if abs(foot - point) > size / 2:
            aside = (foot - point) / abs(foot - point)
            extensions.append(line_path([point + aside * size / 4, foot + aside * size / 4]))
    arrow = size * 0.45
    heads = [
        line_path([tip, tip + back * arrow + back * 1j * arrow / 3, tip + back * arrow - back * 1j * arrow / 3], closed=True)
        for tip, back in ((first, way), (last, -way))
    ]
    middle, turn, anchor = (first + last) / 2 + way * 1j * size * 0.35, math.degrees(math.atan2(way.imag, way.real)), "middle"
    if beside is not None:
        outwards, anchor = (1, "start") if beside == "right" else (-1, "end")
        edge = (first + last) / 2 if along != "horizontal" else last if beside == "right" else first
        middle, turn = edge + complex(outwards, -0.7) * size * 0.5, 0.0
    words = element(
        "text",
        {
            "x": number(middle.real),
            "y": number(-middle.imag),
            "font-size": number(size),
            "class": LABEL,
            "text-anchor": anchor,
            "fill": paint.get("stroke", "#000000"),
            "transform": f"rotate({number(-turn)} {spot(middle)})" if turn else "",
        },
        text(f"{label} {round(length)}".strip()),
    )
    return (
        element("path", {"d": line_path([first, last]), **stroke})
        + (element("path", {"d": "".join(extensions), **stroke, "opacity": "0.45"}) if extensions else "")
        + element("path", {"d": "".join(heads), "fill": paint.get("stroke", "#000000")})
        + words
    )
