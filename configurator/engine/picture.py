"""What one product looks like."""

from configurator.engine.configurator import CompiledFamily
from configurator.engine.drawing import draw
from configurator.engine.product import Product
from contracts.texts import Language


def drawn(compiled: CompiledFamily, product: Product, language: Language) -> str:
    """The product to scale as SVG; empty for a family without a drawing. Raises DrawingUndefined."""
    family = compiled.family
    if family.drawing is None:
        return ""
    measures = {name for name, dimension in family.dimensions.items() if dimension.measure}
    numbers = compiled.manufacture.numbers(product)
    values: dict[str, int | str | frozenset[str]] = {name: number for name, number in numbers.items() if name not in measures}
    for name, chosen in product.chosen.items():
        values[name] = (chosen[0] if chosen else "") if family.options[name].single else frozenset(chosen)
    return draw(family.drawing, values, language)
