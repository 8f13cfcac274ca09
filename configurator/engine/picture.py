"""What one product looks like, and what it is cut from."""

from dataclasses import replace

from configurator.engine.configurator import CompiledFamily
from configurator.engine.decisions import NONE
from configurator.engine.drawing import draw, draw_symbol, draw_views
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


def worked_on(compiled: CompiledFamily, product: Product, language: Language) -> dict[str, str]:
    """What operations work on where that is no side of the product, by name. Raises DrawingUndefined."""
    drawing = compiled.family.drawing
    if drawing is None or not drawing.work:
        return {}
    return dict(zip(drawing.work, draw_views(drawing, drawable(compiled, product), language, drawing.work.values()), strict=True))


def inspected(compiled: CompiledFamily, product: Product, language: Language) -> dict[str, str]:
    """The views on which something is measured, with the numbers of the quality plan in balloons. Raises DrawingUndefined."""
    drawing = compiled.family.drawing
    numbers = {one.checkpoint: one.balloon for one in compiled.manufacture.quality(product) if one.balloon is not None}
    if drawing is None:
        return {}
    views = [view for view in drawing.views.values() if view.ballooned & numbers.keys()]
    drawings = draw_views(drawing, drawable(compiled, product), language, views, numbers)
    return {view.name: svg for view, svg in zip(views, drawings, strict=True)}


def symbols(compiled: CompiledFamily, language: Language) -> dict[str, str]:
    """The family's small pictures as SVG symbols by name: ``option.value`` or a dimension's.

    Each value is shown on the default product whatever else it would ask for. Raises DrawingUndefined.
    """
    drawing, product = compiled.family.drawing, compiled.state(NONE).reference
    found: dict[str, str] = {}
    if drawing is None:
        return found
    for picture in drawing.pictures.values():
        option = compiled.family.options.get(picture.name)
        shown = {picture.name: product}
        if option is not None:
            changed = ((value, {**product.chosen, option.name: (value,)}) for value in option.values)
            shown = {f"{option.name}.{value}": replace(product, chosen=chosen) for value, chosen in changed}
        for name, each in shown.items():
            found[name] = draw_symbol(drawing, picture, drawable(compiled, each), language, name)
    return found


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
