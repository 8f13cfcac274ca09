"""What a checked drawing consists of: views, shapes, styles and colours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from configurator.engine.drawing.expressions import Formula, Scope, Types
from configurator.engine.drawing.lets import Binding
from configurator.engine.drawing.source import Names
from contracts.texts import Localised


@dataclass(frozen=True)
class Colour:
    """A hex colour, one by an option's value, or a mixture of another with a second colour."""

    fixed: str | None = None
    option: str | None = None
    by_value: Mapping[str, str] | None = None
    of: str | None = None
    mix: str = "#000000"
    part: float = 0.0


@dataclass(frozen=True)
class Style:
    fill: str = "none"
    stroke: str = "none"
    width: Formula | None = None
    dash: tuple[Formula, ...] = ()
    cap: Literal["butt", "round"] = "round"
    opacity: float = 1.0


@dataclass(frozen=True)
class Place:
    """A point by one formula or by its two coordinates."""

    whole: Formula | None = None
    across: Formula | None = None
    up: Formula | None = None

    def at(self, scope: Scope) -> complex:
        if self.whole is not None:
            return self.whole.point(scope)
        return complex(cast(Formula, self.across).number(scope), cast(Formula, self.up).number(scope))


@dataclass(frozen=True)
class Shape:
    line: int
    when: Formula | None
    style: Style


@dataclass(frozen=True)
class Points(Shape):
    """A line through points, or (closed) a polygon."""

    at: tuple[Place, ...]
    closed: bool


@dataclass(frozen=True)
class Circle(Shape):
    at: Place
    radius: Formula


@dataclass(frozen=True)
class Arc(Shape):
    """Part of a circle, from one angle to another counter-clockwise."""

    at: Place
    radius: Formula
    start: Formula
    end: Formula


@dataclass(frozen=True)
class Step:
    """One step of a path: ``points`` are one for move and line, three for a cubic curve, none to close.

    ``along`` follows a curve; a straight line leads to its start unless the path begins there.
    """

    kind: Literal["move", "line", "curve", "along", "close"]
    points: tuple[Place, ...]
    along: Formula | None = None


@dataclass(frozen=True)
class Path(Shape):
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Hatch(Shape):
    """Parallel lines within a closed path, ``every`` so many millimetres, one of them through a point."""

    steps: tuple[Step, ...]
    angle: Formula
    every: Formula
    through: Place


@dataclass(frozen=True)
class Segments(Shape):
    """Many straight strokes as one element (spokes, teeth): ``index`` counts from 0."""

    index: str
    times: Formula
    start: Place
    end: Place


@dataclass(frozen=True)
class Writing(Shape):
    at: Place
    say: Localised
    size: Formula
    anchor: Literal["start", "middle", "end"]
    turn: Formula | None
    scaled: bool
    """It stands on the product itself and is as large as it is there; the others are labels, which a small sheet writes larger."""


@dataclass(frozen=True)
class Measure(Shape):
    """A dimension line between two points with extension lines, arrows and a label."""

    start: Place
    end: Place
    along: Literal["horizontal", "vertical", "straight"]
    offset: Formula
    """Where the line lies: its y (horizontal), its x (vertical), its distance to the left of start → end (straight)."""
    size: Formula
    say: Localised
    beside: Literal["left", "right"] | None
    """Where the label stands level beside the line: at its middle, at the end of a horizontal one. None: it runs along the line."""


@dataclass(frozen=True)
class Balloon(Shape):
    """Where a checkpoint is measured: its number in a circle, a line from there to the feature. Drawn on inspection sheets alone."""

    checkpoint: str
    at: Place
    to: Place
    size: Formula


@dataclass(frozen=True)
class Use(Shape):
    """A part drawn with its own arguments; ``mirror``: reflected in the line through two points; ``move``: then moved by so much."""

    part: str
    values: Mapping[str, Formula | Place]
    colours: Mapping[str, str]
    mirror: tuple[Place, Place] | None
    move: Place | None


@dataclass(frozen=True)
class Part:
    """A reusable group of shapes with parameters (numbers, points, colours)."""

    name: str
    given: Mapping[str, Literal["number", "point", "colour"]]
    lets: tuple[Binding, ...]
    shapes: tuple[Shape, ...]


Box = tuple[Formula, Formula, Formula, Formula]
"""Left, bottom, right, top."""


@dataclass(frozen=True)
class View:
    """One picture: its box in millimetres (left, bottom, right, top) and what is drawn in it."""

    name: str
    label: Localised
    box: Box
    shapes: tuple[Shape, ...]
    line: int

    @property
    def ballooned(self) -> frozenset[str]:
        """The checkpoints that have their place here."""
        return frozenset(shape.checkpoint for shape in self.shapes if isinstance(shape, Balloon))


@dataclass(frozen=True)
class Picture:
    """A small picture of an option, drawn once for each of its values, or of a dimension."""

    name: str
    box: Box
    lets: tuple[Binding, ...]
    shapes: tuple[Shape, ...]
    line: int


@dataclass(frozen=True)
class Drawing:
    """A family's drawing, checked: every name, kind and colour is known."""

    title: Localised
    description: Localised
    names: Names
    lets: tuple[Binding, ...]
    colours: Mapping[str, Colour]
    parts: Mapping[str, Part]
    views: Mapping[str, View]
    """In the order of the file; the first one is the picture to show when none is named."""
    work: Mapping[str, View]
    """What operations work on where that is no side of the product: shown with them alone."""
    pictures: Mapping[str, Picture]
    types: Types
    """What each of the family's names and of ``lets`` is."""

    @property
    def ballooned(self) -> frozenset[str]:
        """The checkpoints that have their place in some view."""
        return frozenset().union(*(view.ballooned for view in self.views.values()))
