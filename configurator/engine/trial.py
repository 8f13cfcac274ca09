"""Can one product be sold, made, measured, drawn and cut? What goes wrong, each with its line."""

from collections.abc import Iterator

from configurator.engine.configurator import CompiledFamily
from configurator.engine.decisions import Decisions
from configurator.engine.drawing import DrawingUndefined
from configurator.engine.finding import Finding, finding
from configurator.engine.pattern.marker import PieceTooWide, markers
from configurator.engine.pattern.seams import joints
from configurator.engine.picture import Portrait
from configurator.engine.product import Product
from contracts.problems import SourceInvalid


def faults_of(compiled: CompiledFamily, product: Product, decisions: Decisions, lay: bool) -> Iterator[Finding]:
    """``lay``: its pieces are laid out on their cloths too, which takes longest."""
    family = compiled.family
    price = compiled.pricing.price(product)
    if price.net.amount <= 0:
        yield finding(min((each.line for each in family.price), default=1), "no_price", value=price.net.amount)
    try:
        specification = compiled.manufacture.specification(product, decisions, price)
        if not specification.routing:
            yield finding(min((each.line for each in family.routing), default=1), "no_operation")
        portrait = Portrait(compiled, product)
        portrait.turned("en")
        portrait.worked_on("en")
        compiled.manufacture.boards(product)
        yield from _cut(compiled, portrait, lay)
    except SourceInvalid as invalid:
        for each in invalid.extra["lines"]:
            yield Finding(each["line"], each["message"], tuple(each["params"].items()))
    except DrawingUndefined as undefined:
        yield finding(undefined.line, "drawing_breaks", reason=str(undefined))


def _cut(compiled: CompiledFamily, portrait: Portrait, lay: bool) -> Iterator[Finding]:
    """Seams that do not agree; cloths that are too narrow."""
    pattern, section = portrait.cut_out(), compiled.family.pieces
    if pattern is None or section is None:
        return
    for joint in joints(section, pattern):
        if not joint.fits:
            yield finding(joint.line, "seam_apart", name=joint.name, one=round(joint.one_mm, 1), other=round(joint.other_mm, 1))
    if not lay:
        return
    try:
        markers(pattern)
    except PieceTooWide as wide:
        yield finding(section.pieces[wide.piece].line, "piece_too_wide", name=wide.piece)
