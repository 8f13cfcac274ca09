"""What is made for an order, beside its way through the plant."""

from contracts.ports import Specifications
from contracts.texts import Localised
from scheduler.board import Way


class ShownWay(Way):
    """An order's way with the names of its products, each once."""

    products: tuple[Localised, ...]


def with_products(way: Way, specifications: Specifications) -> ShownWay:
    """Raises NotFound when a specification is not stored."""
    labels = dict.fromkeys(specifications.specification(sha256).family_label for sha256 in way.specifications)
    return ShownWay(**{name: getattr(way, name) for name in Way.model_fields}, products=tuple(labels))
