"""What may somebody have meant who typed a garment's measure that cannot be, or that fits hardly anybody?"""

from collections.abc import Mapping
from fractions import Fraction

from configurator.engine.body_model import BodyModel
from configurator.engine.family.family import Family
from configurator.engine.garment import body_of
from configurator.engine.plausible import PROBABLE, doubts
from configurator.engine.product import Product
from configurator.engine.slips import Slip, factors


def garment_slips(family: Family, model: BodyModel, product: Product, typed: Mapping[str, int | Fraction]) -> dict[str, Slip]:
    """By measure: the slip after which the garment's body goes best with the other measures; none where no slip explains it.

    ``instead`` is what was meant at the garment, in millimetres.
    """
    whole = {name: value for name, value in typed.items() if isinstance(value, int)}
    bodies = {name: body for name, body in body_of(family, product, whole).items() if isinstance(body, int)}
    asked = {name for name in typed if name not in bodies} | {doubt.name for doubt in doubts(family, model, bodies)}
    trusted = {name: body for name, body in bodies.items() if name not in asked}
    found = {}
    for name in (each for each in family.dimensions if each in asked):
        explained = []
        for kind, times, by in factors(typed[name], laid_flat=True):
            meant = int((2 * typed[name] * times + by) // (2 * by))
            body = body_of(family, product, {**{each: whole[each] for each in trusted}, name: meant})[name]
            if isinstance(body, int) and (far := model.apart(name, body, trusted)) <= PROBABLE:
                explained.append((far, Slip(kind, {name: meant})))
        if explained:
            found[name] = min(explained, key=lambda each: each[0])[1]
    return found
