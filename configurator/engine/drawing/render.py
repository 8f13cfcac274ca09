"""How a checked drawing and one product's values become an SVG picture."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from configurator.engine.drawing import curves
from configurator.engine.drawing.balloon import balloon
from configurator.engine.drawing.functions import Value
from configurator.engine.drawing.hatching import hatched
from configurator.engine.drawing.lets import bind, valued
from configurator.engine.drawing.lettering import LABEL, legible
from configurator.engine.drawing.measure import measured
from configurator.engine.drawing.pen import arc_path, element, line_path, mirrored, mixed, number, spot, text
from configurator.engine.drawing.shapes import (
    Arc,
    Balloon,
    Box,
    Circle,
    Drawing,
    Hatch,
    Measure,
    Path,
    Picture,
    Place,
    Points,
    Segments,
    Shape,
    Step,
    Style,
    Use,
    View,
    Writing,
)
from contracts.texts import Language, Localised

MOST_SEGMENTS = 400
INHERITED = {"fill": "none", "stroke-linejoin": "round", "stroke-linecap": "round"}
"""What a picture's shapes need not say each."""

NO_NUMBERS: Mapping[str, int] = {}
"""Of checkpoints: no balloon is drawn."""

Values = Mapping[str, int | str | frozenset[str]]


@dataclass(frozen=True)
class Bound:
    """A drawing with one product's value of every name that a view may read, worked out once for all views and both languages."""

    drawing: Drawing
    scope: Mapping[str, Value]


def bound(drawing: Drawing, values: Values) -> Bound:
    """``values`` holds every dimension (in mm) and every option's value (a set for options with several). Raises DrawingUndefined."""
    return Bound(drawing, _bound(drawing, values))


def draw_views(product: Bound, language: Language, views: Iterable[View], numbers: Mapping[str, int] = NO_NUMBERS) -> list[str]:
    """The SVG of each view: 1 unit = 1 mm, title and description in the given language; ``numbers`` stand in the balloons.

    A drawing's own ``font-size`` is what its labels take where it is shown small. Raises DrawingUndefined.
    """
    drawing, scope = product.drawing, product.scope
    colours = _inked(drawing, scope)
    sheet = _Sheet(drawing, language, numbers)
    title, description = (text(sheet.say(said, scope)) for said in (drawing.title, drawing.description))
    return [
        element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": _view_box(view.box, view.line, scope),
                "font-size": _letters(view, scope),
                "role": "img",
                "aria-label": sheet.say(drawing.title, scope),
                "lang": "zh-CN" if language == "zh" else "en",
                **INHERITED,
            },
            f"<title>{title}</title><desc>{description}</desc>{''.join(sheet.shapes(view.shapes, scope, colours))}",
        )
        for view in views
    ]


def draw_symbol(drawing: Drawing, picture: Picture, values: Values, language: Language, name: str) -> str:
    """A small picture as an SVG symbol of this name. Raises DrawingUndefined."""
    scope = _bound(drawing, values)
    bind(picture.lets, scope)
    drawn = _Sheet(drawing, language).shapes(picture.shapes, scope, _inked(drawing, scope))
    box = {"id": name, "viewBox": _view_box(picture.box, picture.line, scope), **INHERITED}
    return element("symbol", box, "".join(drawn))


def _bound(drawing: Drawing, values: Values) -> dict[str, Value]:
    """Every name that a view may read, with its value for this product. Raises DrawingUndefined."""
    scope: dict[str, Value] = {name: float(value) if isinstance(value, int) else value for name, value in values.items()}
    bind(drawing.lets, scope)
    return scope


def _inked(drawing: Drawing, scope: Mapping[str, Value]) -> dict[str, str]:
    """The drawing's colours for this product."""
    colours = {"none": "none"}
    for name, colour in drawing.colours.items():
        if colour.option is not None:
            colours[name] = cast(Mapping[str, str], colour.by_value)[str(scope[colour.option])]
        elif colour.of is not None:
            colours[name] = mixed(colours[colour.of], colour.mix, colour.part)
        else:
            colours[name] = str(colour.fixed)
    return colours


def _view_box(box: Box, line: int, scope: Mapping[str, Value]) -> str:
    """What an SVG shows: a box that is drawn with y upwards."""
    left, bottom, right, top = _sides(box, line, scope)
    return f"{number(left)} {number(-top)} {number(right - left)} {number(top - bottom)}"


def _sides(box: Box, line: int, scope: Mapping[str, Value]) -> list[float]:
    return [valued(line, side.number, scope) for side in box]


def _letters(view: View, scope: Mapping[str, Value]) -> str:
    """The size of a view's letters on the smallest sheet."""
    left, bottom, right, top = _sides(view.box, view.line, scope)
    return number(legible(right - left, top - bottom))


def _written(steps: Sequence[Step], scope: Mapping[str, Value]) -> Iterator[str]:
    """A path's steps as SVG writes them."""
    letters = {"move": "M", "line": "L", "curve": "C", "close": "Z"}
    pen: complex | None = None
    for step in steps:
        if step.along is not None:
            way = step.along.curve(scope)
            if pen is None or abs(way.start - pen) > curves.GAP_MM:
                yield ("M" if pen is None else "L") + spot(way.start)
            yield from ("C" + " ".join(spot(each) for each in cubic[1:]) for cubic in way.cubics)
            pen = way.end
        else:
            points = [place.at(scope) for place in step.points]
            yield letters[step.kind] + " ".join(spot(each) for each in points)
            pen = points[-1] if points else None


def _outline(steps: Sequence[Step], scope: Mapping[str, Value]) -> list[complex]:
    """A path's steps as points."""
    found: list[complex] = []
    for step in steps:
        if step.along is not None:
            found.extend(curves.flattened(step.along.curve(scope)))
        elif step.kind == "curve":
            found.extend(curves.flattened(curves.curve(found[-1], *(place.at(scope) for place in step.points))))
        else:
            found.extend(place.at(scope) for place in step.points)
    return found


class _Sheet:
    """Writes shapes; holds what stays the same over the whole picture."""

    def __init__(self, drawing: Drawing, language: Language, numbers: Mapping[str, int] = NO_NUMBERS) -> None:
        self._drawing = drawing
        self._language = language
        self._numbers = numbers

    def shapes(self, shapes: Sequence[Shape], scope: Mapping[str, Value], colours: Mapping[str, str]) -> list[str]:
        return [self._checked(shape, scope, colours) for shape in shapes if shape.when is None or shape.when.holds(scope)]

    def _checked(self, shape: Shape, scope: Mapping[str, Value], colours: Mapping[str, str]) -> str:
        return valued(shape.line, lambda names: self._shape(shape, names, colours), scope)

    def _shape(self, shape: Shape, scope: Mapping[str, Value], colours: Mapping[str, str]) -> str:
        paint = self._paint(shape.style, scope, colours)
        match shape:
            case Points():
                return element("path", {"d": line_path([place.at(scope) for place in shape.at], shape.closed), **paint})
            case Circle():
                at, radius = shape.at.at(scope), shape.radius.number(scope)
                return element("circle", {"cx": number(at.real), "cy": number(-at.imag), "r": number(radius), **paint})
            case Arc():
                start, end = shape.start.number(scope), shape.end.number(scope)
                return element("path", {"d": arc_path(shape.at.at(scope), shape.radius.number(scope), start, end), **paint})
            case Path():
                return element("path", {"d": "".join(_written(shape.steps, scope)), **paint})
            case Hatch():
                lines = hatched(_outline(shape.steps, scope), shape.angle.number(scope), shape.every.number(scope), shape.through.at(scope))
                return element("path", {"d": "".join(line_path(list(each)) for each in lines), **paint}) if lines else ""
            case Segments():
                return element("path", {"d": self._segments(shape, scope), **paint})
            case Writing():
                return self._writing(shape, scope, paint)
            case Measure():
                label = self.say(shape.say, scope)
                ends = (shape.start.at(scope), shape.end.at(scope))
                return measured(ends, shape.along, shape.offset.number(scope), shape.size.number(scope), label, paint, shape.beside)
            case Balloon():
                number_in_it = self._numbers.get(shape.checkpoint)
                if number_in_it is None:
                    return ""
                return balloon(shape.at.at(scope), shape.to.at(scope), shape.size.number(scope), number_in_it)
            case Use():
                return self._part(shape, scope, colours)
        raise TypeError(f"no way to draw {type(shape).__name__}")

    def _segments(self, shape: Segments, scope: Mapping[str, Value]) -> str:
        times = min(int(shape.times.number(scope)), MOST_SEGMENTS)
        inner = dict(scope)
        strokes: list[str] = []
        for index in range(times):
            inner[shape.index] = float(index)
            strokes.append(line_path([shape.start.at(inner), shape.end.at(inner)]))
        return "".join(strokes)

    def _writing(self, shape: Writing, scope: Mapping[str, Value], paint: dict[str, str]) -> str:
        at = shape.at.at(scope)
        turn = shape.turn.number(scope) if shape.turn is not None else 0.0
        attributes = {
            "x": number(at.real),
            "y": number(-at.imag),
            "font-size": number(shape.size.number(scope)),
            "class": "" if shape.scaled else LABEL,
            "text-anchor": shape.anchor,
            "transform": f"rotate({number(-turn)} {spot(at)})" if turn else "",
        }
        return element("text", {**attributes, **paint}, text(self.say(shape.say, scope)))

    def _part(self, shape: Use, scope: Mapping[str, Value], colours: Mapping[str, str]) -> str:
        part = self._drawing.parts[shape.part]
        inner = dict(scope)
        for name, given in shape.values.items():
            inner[name] = given.at(scope) if isinstance(given, Place) else given.number(scope)
        bind(part.lets, inner)
        inked = {**colours, **{name: colours.get(colour, colour) for name, colour in shape.colours.items()}}
        drawn = "".join(self.shapes(part.shapes, inner, inked))
        transforms = []
        if shape.move is not None:
            transforms.append(f"translate({spot(shape.move.at(scope))})")
        if shape.mirror is not None:
            one, other = (place.at(scope) for place in shape.mirror)
            transforms.append(mirrored(one, other))
        return element("g", {"transform": " ".join(transforms)}, drawn) if transforms else drawn

    def _paint(self, style: Style, scope: Mapping[str, Value], colours: Mapping[str, str]) -> dict[str, str]:
        paint = {"fill": colours.get(style.fill, style.fill)} if style.fill != "none" else {}
        if style.stroke != "none":
            paint["stroke"] = colours.get(style.stroke, style.stroke)
            paint["stroke-width"] = number(style.width.number(scope)) if style.width is not None else "1"
            paint["stroke-dasharray"] = " ".join(number(dash.number(scope)) for dash in style.dash)
            paint["stroke-linecap"] = "butt" if style.cap == "butt" else ""
        if style.opacity < 1:
            paint["opacity"] = str(round(style.opacity, 2))
        return paint

    def say(self, said: Localised, scope: Mapping[str, Value]) -> str:
        """A text with its names filled in: a value's label for an option, a whole number for the rest."""
        template = said.in_language(self._language)
        words = {name: self._word(name, value) for name, value in scope.items() if f"{{{name}}}" in template}
        return template.format(**words)

    def _word(self, name: str, value: Value) -> str:
        labels = self._drawing.names.options.get(name)
        if labels is None:
            return number(round(float(cast(float, value))))
        chosen = sorted(value) if isinstance(value, frozenset) else [str(value)]
        return ", ".join(labels[each].in_language(self._language) for each in chosen)
