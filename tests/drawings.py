"""A drawing without a family: drawn from the values that a test names."""

from configurator.engine.drawing import Drawing, bound, draw_views
from configurator.engine.drawing.render import Values
from contracts.texts import Language


def draw(drawing: Drawing, values: Values, language: Language, view: str | None = None) -> str:
    """The SVG of one view, the first when none is named; or one of the work."""
    every = {**drawing.views, **drawing.work}
    return draw_views(bound(drawing, values), language, (every[view or next(iter(drawing.views))],))[0]
