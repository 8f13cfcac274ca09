"""What one product looks like, and what it is cut from."""

from configurator.engine.configurator import CompiledFamily
from configurator.engine.drawing import draw, draw_views
from configurator.engine.pattern.pieces import Pattern, pattern_of
from configurator.engine.product import Product
from contracts.texts import Language

Drawable = dict[str, int | str | frozenset[str]]


def drawn(compiled: CompiledFamily, product: Product, language: Language, view: str | None = None) -> str:
    """One view (the first when none is named) to scale as SVG; empty for a family without a drawing. Raises DrawingUndefined."""
    family = compiled.family
    if family.drawing is None:
        return ""
    return draw(family.drawing, drawable(compiled, product), language, view)


def turned(compiled: CompiledFamily, product: Product, language: Language) -> list[str]:
    """Every view, in the order of the file; none for a family without a drawing. Raises DrawingUndefined."""
    drawing = compiled.family.drawing
    return draw_views(drawing, drawable(compiled, product), language, drawing.views.values()) if drawing is not None else []


def cut_out(compiled: CompiledFamily, product: Product) -> Pattern | None:
    """The product's pieces; None for a family without. Raises DrawingUndefined."""
    family = compiled.family
    if family.drawing is None or family.pieces is None:
        return None
    return pattern_of(family.pieces, family.drawing, drawable(compiled, product))


def drawable(compiled: CompiledFamily, product: Product) -> Drawable:
    """What drawing and pieces may read of a product: all but the body's measures."""
    family = compiled.family
    measures = {name for name, dimension in family.dimensions.items() if dimension.measure}
    numbers = compiled.manufacture.numbers(product)
    values: Drawable = {name: number for name, number in numbers.items() if name not in measures}
    for name, chosen in product.chosen.items():
        values[name] = (chosen[0] if chosen else "") if family.options[name].single else frozenset(chosen)
    return values
