"""How a balloon looks: a number in a circle, and a line to the feature that it stands for, as on an inspection drawing."""

from configurator.engine.drawing.pen import element, line_path, number, text

INK, PAPER = "#111827", "#ffffff"


def balloon(at: complex, to: complex, size: float, said: int) -> str:
    """``size`` is the height of the number; the circle is twice as wide, the line ends in a dot."""
    radius = size * 0.95
    stroke = {"stroke": INK, "stroke-width": number(size * 0.07)}
    way = to - at
    leader = ""
    if abs(way) > radius:
        edge = at + way / abs(way) * radius
        dot = {"cx": number(to.real), "cy": number(-to.imag), "r": number(size * 0.16), "fill": INK}
        leader = element("path", {"d": line_path([edge, to]), **stroke}) + element("circle", dot)
    circle = {"cx": number(at.real), "cy": number(-at.imag), "r": number(radius), "fill": PAPER, **stroke}
    place = {"x": number(at.real), "y": number(-at.imag + size * 0.36), "font-size": number(size), "text-anchor": "middle", "fill": INK}
    return leader + element("circle", circle) + element("text", place, text(str(said)))
