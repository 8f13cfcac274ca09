"""What one product looks like, and what it is cut from."""

from dataclasses import replace
from functools import cached_property

from configurator.engine.configurator import CompiledFamily
from configurator.engine.decisions import NONE
from configurator.engine.drawing import Bound, bound, draw_symbol, draw_views
from configurator.engine.pattern.pieces import Pattern, pattern_of
from configurator.engine.product import Product
from contracts.texts import Language

Drawable = dict[str, int | str | frozenset[str]]


class Portrait:
    """One product, measured out once for all its pictures in both languages and for its pieces; may be shared by threads.

    Every picture raises DrawingUndefined; there is none of a family without a drawing.
    """

    def __init__(self, compiled: CompiledFamily, product: Product) -> None:
        self._compiled, self._product = compiled, product
        self._drawing = compiled.family.drawing

    @cached_property
    def _bound(self) -> Bound:
        assert self._drawing is not None
        return bound(self._drawing, drawable(self._compiled, self._product))

    def drawn(self, language: Language, view: str | None = None) -> str:
        """One view (the first when none is named; or one of the work) to scale as SVG. Raises KeyError for an unknown view."""
        if self._drawing is None:
            return ""
        every = {**self._drawing.views, **self._drawing.work}
        shown = every[view if view is not None else next(iter(self._drawing.views))]
        return draw_views(self._bound, language, (shown,))[0]

    def turned(self, language: Language) -> list[str]:
        """Every view, in the order of the file."""
        return draw_views(self._bound, language, self._drawing.views.values()) if self._drawing is not None else []

    def worked_on(self, language: Language) -> dict[str, str]:
        """What operations work on where that is no side of the product, by name."""
        if self._drawing is None or not self._drawing.work:
            return {}
        return dict(zip(self._drawing.work, draw_views(self._bound, language, self._drawing.work.values()), strict=True))

    def inspected(self, language: Language) -> dict[str, str]:
        """The views on which something is measured, with the numbers of the quality plan in balloons."""
        if self._drawing is None:
            return {}
        numbers = {one.checkpoint: one.balloon for one in self._compiled.manufacture.quality(self._product) if one.balloon is not None}
        views = [view for view in self._drawing.views.values() if view.ballooned & numbers.keys()]
        return {view.name: svg for view, svg in zip(views, draw_views(self._bound, language, views, numbers), strict=True)}

    def cut_out(self) -> Pattern | None:
        """The product's pieces; None for a family without."""
        pieces = self._compiled.family.pieces
        return None if self._drawing is None or pieces is None else pattern_of(pieces, self._bound)


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


def drawable(compiled: CompiledFamily, product: Product) -> Drawable:
    """What drawing and pieces may read of a product: all but the body's measures."""
    family = compiled.family
    measures = {name for name, dimension in family.dimensions.items() if dimension.measure}
    numbers = compiled.manufacture.numbers(product)
    values: Drawable = {name: number for name, number in numbers.items() if name not in measures}
    for name, chosen in product.chosen.items():
        values[name] = (chosen[0] if chosen else "") if family.options[name].single else frozenset(chosen)
    return values
