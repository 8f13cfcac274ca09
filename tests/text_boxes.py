"""Where the writings of a drawing stand, to see whether two of them lie on each other."""

from collections.abc import Iterator

from lxml import etree
from shapely import Polygon
from shapely.affinity import affine_transform, rotate

from configurator.engine.pattern.labels import text_ems

SVG = "{http://www.w3.org/2000/svg}"


def text_boxes(svg: str) -> list[tuple[str, Polygon]]:
    """Each writing with the box of its letters, in the drawing's coordinates."""
    return list(_boxes(etree.fromstring(svg.encode())))


def overlapping(svg: str) -> list[tuple[str, str]]:
    """Pairs of writings that share more than a hair of paper."""
    boxes = text_boxes(svg)
    return [
        (said, other)
        for place, (said, box) in enumerate(boxes)
        for other, beside in boxes[place + 1 :]
        if box.intersection(beside).area > 0.02 * min(box.area, beside.area)
    ]


def _boxes(element: "etree._Element") -> Iterator[tuple[str, Polygon]]:
    if element.tag == f"{SVG}text":
        yield str(element.text), _box(element)
    for child in element:
        for said, box in _boxes(child):
            yield said, _moved(box, element.get("transform")) if element.tag == f"{SVG}g" else box


def _box(element: "etree._Element") -> Polygon:
    x, y, size = (float(str(element.get(key))) for key in ("x", "y", "font-size"))
    width = text_ems(str(element.text)) * size * 0.92
    left = {"start": x, "middle": x - width / 2, "end": x - width}[str(element.get("text-anchor", "start"))]
    box = Polygon([(left, y - 0.74 * size), (left + width, y - 0.74 * size), (left + width, y + 0.1 * size), (left, y + 0.1 * size)])
    turn = element.get("transform")
    if turn is None:
        return box
    angle, about_x, about_y = (float(each) for each in turn.removeprefix("rotate(").removesuffix(")").split())
    return rotate(box, angle, origin=(about_x, about_y))


def _moved(box: Polygon, transform: str | None) -> Polygon:
    """A group is moved, or reflected by a matrix, or both."""
    for each in reversed((transform or "").replace(") ", ")|").split("|")):
        kind, _, numbers = each.removesuffix(")").partition("(")
        if kind == "translate":
            x, y = (float(number) for number in numbers.split())
            box = affine_transform(box, [1, 0, 0, 1, x, y])
        elif kind == "matrix":
            a, b, c, d, e, f = (float(number) for number in numbers.split())
            box = affine_transform(box, [a, c, b, d, e, f])
    return box
