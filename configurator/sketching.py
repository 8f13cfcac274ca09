"""What does a family's text that somebody is writing come to so far? Faults, parts, and the product as it would be sold."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

from configurator.authoring import Told, told_at
from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE
from configurator.engine.drawing import DrawingUndefined
from configurator.engine.family.family import Family, Table
from configurator.engine.family.parse import parse_family
from configurator.engine.family.patterns import Pattern
from configurator.engine.family.sayings import check_texts
from configurator.engine.family_check import require_product
from configurator.engine.finding import Finding, finding
from configurator.engine.picture import Portrait
from contracts.problems import SourceInvalid
from contracts.texts import Language, Localised
from contracts.units import Money


@dataclass(frozen=True)
class Entry:
    """Something that the text defines, from its ``line`` on; ``count`` of values or rows, None where there are none to count."""

    name: str
    label: Localised | None
    line: int
    count: int | None = None


@dataclass(frozen=True)
class Section:
    """``kind``: measures, choices, follows, rules, prices, materials, operations, checkpoints or proofs."""

    kind: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Sold:
    """The product of which nothing was chosen: each side that could be drawn, its price with tax and its work."""

    sides: tuple[tuple[Localised, str], ...]
    total: Money
    operations: int
    run_s: int


@dataclass(frozen=True)
class Sketch:
    """``family`` and all after it are missing while the text is no family; ``sold`` while nothing can be built of it."""

    faults: tuple[Told, ...]
    family: Family | None = None
    sections: tuple[Section, ...] = ()
    sold: Sold | None = None


def sketch_of(text: str, printable: Container[int], language: Language) -> Sketch:
    """All that is found in less than a second; what ``examine`` looks for beyond it takes some. ``printable``: as there."""
    try:
        family = parse_family(text)
    except SourceInvalid as invalid:
        return Sketch(_lines(invalid))
    lines = text.splitlines()
    said = tuple(told_at(each, lines) for each in check_texts(text, printable) if each.severity == "error")
    try:
        compiled = compile_family(family)
        require_product(compiled)
        sold, undrawn = _sold(compiled, language)
    except SourceInvalid as invalid:
        return Sketch((*_lines(invalid), *said), family, _sections(family))
    faults = (*said, *(told_at(each, lines) for each in undrawn))
    return Sketch(tuple(sorted(faults, key=lambda each: (each.line, each.column))), family, _sections(family), sold)


def _lines(invalid: SourceInvalid) -> tuple[Told, ...]:
    return tuple(Told.model_validate(each) for each in invalid.extra["lines"])


def _sold(compiled: CompiledFamily, language: Language) -> tuple[Sold, list[Finding]]:
    """With what keeps a side from being drawn. Raises SourceInvalid."""
    product = compiled.state(NONE).reference
    portrait, drawing = Portrait(compiled, product), compiled.family.drawing
    sides: list[tuple[Localised, str]] = []
    undrawn: dict[int, Finding] = {}
    for view in drawing.views.values() if drawing is not None else ():
        try:
            sides.append((view.label, portrait.drawn(language, view.name)))
        except DrawingUndefined as undefined:
            undrawn[undefined.line] = finding(undefined.line, "drawing_breaks", reason=str(undefined))
    routing = compiled.manufacture.routing(product)
    total = compiled.pricing.price(product).total
    return Sold(tuple(sides), total, len(routing), sum(each.run_s for each in routing)), list(undrawn.values())


def _sections(family: Family) -> tuple[Section, ...]:
    """Those that have entries, as the file has them."""
    dimensions = family.dimensions.values()
    options = [Entry(each.name, each.label, each.line, len(each.values)) for each in family.options.values()]
    rules = [
        Entry(each.id, each.say, each.line, len(each.condition.allow) if isinstance(each.condition, Table) else None)
        for each in family.rules
    ]
    found: dict[str, Iterable[Entry]] = {
        "measures": [Entry(each.name, each.label, each.line) for each in dimensions if each.measure],
        "choices": [*options, *(Entry(each.name, each.label, each.line) for each in dimensions if not each.measure)],
        "follows": [Entry(each.name, each.label, each.line) for each in family.derived.values()],
        "rules": rules,
        "prices": [Entry("", each.label, each.line) for each in family.price],
        "materials": [Entry(_written(each.item), each.label, each.line) for each in family.bom],
        "operations": [Entry(each.name, each.label, each.line) for each in family.routing],
        "checkpoints": [Entry(each.id, each.label, each.line) for each in family.quality],
        "proofs": [Entry(each.expect, None, each.line) for each in family.tests],
    }
    return tuple(Section(kind, tuple(entries)) for kind, entries in found.items() if entries)


def _written(pattern: Pattern) -> str:
    return "".join(piece if isinstance(piece, str) else f"{{{piece.name}}}" for piece in pattern.pieces)
