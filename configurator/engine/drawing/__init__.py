"""What a product looks like: the drawing section of a family file, and how it becomes an SVG picture."""

from configurator.engine.drawing.lets import DrawingUndefined
from configurator.engine.drawing.parse import parse_drawing
from configurator.engine.drawing.render import Bound, bound, draw_symbol, draw_views
from configurator.engine.drawing.shapes import Drawing
from configurator.engine.drawing.source import Names

__all__ = ["Bound", "Drawing", "DrawingUndefined", "Names", "bound", "draw_symbol", "draw_views", "parse_drawing"]
