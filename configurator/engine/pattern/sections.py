"""What a checked pieces section consists of: cloths, pieces with edges and notches, seams."""

from collections.abc import Mapping
from dataclasses import dataclass

from configurator.engine.drawing.expressions import Formula
from configurator.engine.drawing.lets import Binding
from configurator.engine.drawing.shapes import Place
from contracts.texts import Localised


@dataclass(frozen=True)
class ClothRule:
    """A material that pieces are laid on; millimetres. A repeat of 0: no pattern to match."""

    name: str
    width: Formula
    repeat_across: Formula | None
    repeat_along: Formula | None
    one_way: Formula | None
    """Holds for a cloth with a nap: no piece is turned upside down."""
    line: int


@dataclass(frozen=True)
class EdgeRule:
    """One side of the outline: the sewn line, and how far outside of it the cloth is cut."""

    name: str
    along: Formula
    allowance: Formula


@dataclass(frozen=True)
class NotchRule:
    edge: str
    at: Formula
    """Distance along the edge."""


@dataclass(frozen=True)
class PieceRule:
    name: str
    label: Localised
    when: Formula | None
    cloths: tuple[tuple[str, Formula | None], ...]
    """The first whose condition holds."""
    quantity: Formula
    mirrored: bool
    """Every second one is turned over: left and right."""
    fold: tuple[Place, Place] | None
    """The outline is one half; the other is its mirror image."""
    edges: tuple[EdgeRule, ...]
    notches: tuple[NotchRule, ...]
    grain: tuple[Place, Place]
    """The direction of the warp, upwards."""
    match: Place | None
    """What lies on the pattern's repeat."""
    inside: tuple[tuple[Formula, Formula | None], ...]
    """Lines within the piece, each with its condition."""
    line: int


@dataclass(frozen=True)
class SeamRule:
    """Edges that are sewn together; ``ease`` is how much longer the first side may be, in millimetres from and to."""

    name: str
    one: tuple[tuple[str, str], ...]
    other: tuple[tuple[str, str], ...]
    """Piece and edge."""
    ease: tuple[Formula, Formula]
    line: int


@dataclass(frozen=True)
class PiecesSection:
    """Checked: every name, kind, edge and cloth is known. ``lets`` follow those of the drawing."""

    lets: tuple[Binding, ...]
    cloths: Mapping[str, ClothRule]
    pieces: Mapping[str, PieceRule]
    seams: tuple[SeamRule, ...]
