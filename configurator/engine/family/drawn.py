"""How a family's drawing and pieces are checked against the family's names."""

from collections.abc import Mapping

from configurator.engine.drawing import Drawing, Names, parse_drawing
from configurator.engine.family.family import Derived, Dimension, Option
from configurator.engine.family.source import Fault, Source, invalid
from configurator.engine.pattern.parse import parse_pieces
from configurator.engine.pattern.sections import PiecesSection


def read_drawing(
    source: Source,
    options: Mapping[str, Option],
    dimensions: Mapping[str, Dimension],
    derived: Mapping[str, Derived],
    checkpoints: frozenset[str],
) -> Drawing | None:
    """The checked drawing; None for a family without one. Raises SourceInvalid.

    A drawing becomes part of a specification: it may not speak of body measures.
    """
    node = source.nodes.get(("drawing",))
    if node is None:
        return None
    names = Names(
        options={name: {value.name: value.label for value in option.values.values()} for name, option in options.items()},
        dimensions=frozenset(name for name, dimension in dimensions.items() if not dimension.measure) | frozenset(derived),
        measures=frozenset(name for name, dimension in dimensions.items() if dimension.measure),
        several=frozenset(name for name, option in options.items() if not option.single),
        checkpoints=checkpoints,
    )
    return parse_drawing(node, names)


def read_pieces(source: Source, drawing: Drawing | None) -> PiecesSection | None:
    """The checked pieces; None for a family without. They speak of the drawing's names. Raises SourceInvalid."""
    node = source.nodes.get(("pieces",))
    if node is None:
        return None
    if drawing is None:
        raise invalid(source, [Fault(("pieces",), "pieces_without_drawing", {})])
    return parse_pieces(node, drawing)
