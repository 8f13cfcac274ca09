"""Where the writings of a drawing stand, to see whether two of them lie on each other or one beyond its sheet."""

from collections.abc import Iterator

from lxml import etree
from shapely import Polygon, box
from shapely.affinity import affine_transform, rotate

from configurator.engine.drawing.lettering import LABEL
from configurator.engine.pattern.labels import text_ems

SVG = "{http://www.w3.org/2000/svg}"


def text_boxes(svg: str, small: bool = False) -> list[tuple[str, Polygon]]:
    """Each writing with the box of its letters, in the drawing's coordinates; ``small``: as on the smallest sheet."""
    root = etree.fromstring(svg.encode())
    return list(_boxes(root, float(str(root.get("font-size"))) if small else None))


def beyond_the_sheet(svg: str, sheet_width: float, sheet_height: float) -> list[str]:
    """Labels that do not fit on a small sheet of this shape when the drawing stands in its middle."""
    root = etree.fromstring(svg.encode())
    left, top, width, height = (float(each) for each in str(root.get("viewBox")).split())
    scale = max(width / sheet_width, height / sheet_height)
    across, down = (sheet_width * scale - width) / 2, (sheet_height * scale - height) / 2
    sheet = box(left - across, top - down, left + width + across, top + height + down)
    return [said for said, letters in text_boxes(svg, small=True) if not sheet.covers(letters)]


def overlapping(svg: str, small: bool = False) -> list[tuple[str, str]]:
    """Pairs of writings that share more than a hair of paper; ``small``: as on the smallest sheet."""
    boxes = text_boxes(svg, small)
    return [
        (said, other)
        for place, (said, letters) in enumerate(boxes)
        for other, beside in boxes[place + 1 :]
        if letters.intersection(beside).area > 0.02 * min(letters.area, beside.area)
    ]


def _boxes(element: "etree._Element", label_size: float | None) -> Iterator[tuple[str, Polygon]]:
    if element.tag == f"{SVG}text":
        yield str(element.text), _box(element, label_size if element.get("class") == LABEL else None)
    for child in element:
        for said, letters in _boxes(child, label_size):
            yield said, _moved(letters, element.get("transform")) if element.tag == f"{SVG}g" else letters


def _box(element: "etree._Element", label_size: float | None) -> Polygon:
    x, y, size = (float(str(element.get(key))) for key in ("x", "y", "font-size"))
    size = label_size or size
    width = text_ems(str(element.text)) * size * 0.92
    left = {"start": x, "middle": x - width / 2, "end": x - width}[str(element.get("text-anchor", "start"))]
    letters = Polygon([(left, y - 0.74 * size), (left + width, y - 0.74 * size), (left + width, y + 0.1 * size), (left, y + 0.1 * size)])
    turn = element.get("transform")
    if turn is None:
        return letters
    angle, about_x, about_y = (float(each) for each in turn.removeprefix("rotate(").removesuffix(")").split())
    return rotate(letters, angle, origin=(about_x, about_y))


def _moved(letters: Polygon, transform: str | None) -> Polygon:
    """A group is moved, or reflected by a matrix, or both."""
    for each in reversed((transform or "").replace(") ", ")|").split("|")):
        kind, _, numbers = each.removesuffix(")").partition("(")
        if kind == "translate":
            x, y = (float(number) for number in numbers.split())
            letters = affine_transform(letters, [1, 0, 0, 1, x, y])
        elif kind == "matrix":
            a, b, c, d, e, f = (float(number) for number in numbers.split())
            letters = affine_transform(letters, [a, c, b, d, e, f])
    return letters
