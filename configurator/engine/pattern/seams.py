"""Whether what is sewn together is as long as it should be."""

from dataclasses import dataclass

from configurator.engine.drawing import curves
from configurator.engine.pattern.pieces import Pattern
from configurator.engine.pattern.sections import PiecesSection

WITHIN_MM = 1.0
"""How far two joined seams may differ beyond their ease."""


@dataclass(frozen=True)
class Joint:
    """A seam of one product: its two lengths and the ease that it may have, in millimetres."""

    name: str
    one_mm: float
    other_mm: float
    least_mm: float
    most_mm: float
    line: int

    @property
    def ease_mm(self) -> float:
        return self.one_mm - self.other_mm

    @property
    def fits(self) -> bool:
        return self.least_mm - WITHIN_MM <= self.ease_mm <= self.most_mm + WITHIN_MM


def joints(section: PiecesSection, pattern: Pattern) -> list[Joint]:
    """The seams whose pieces this product has."""
    edges = {(piece.name, name): curves.length(edge) for piece in pattern.pieces for name, edge in piece.edges.items()}
    return [
        Joint(
            rule.name,
            sum(edges[each] for each in rule.one),
            sum(edges[each] for each in rule.other),
            rule.ease[0].number(pattern.scope),
            rule.ease[1].number(pattern.scope),
            rule.line,
        )
        for rule in section.seams
        if edges.keys() >= {*rule.one, *rule.other}
    ]
