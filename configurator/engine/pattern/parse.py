"""How a family file's pieces section becomes checked pieces, with a fault at the line of each wrong thing."""

from collections.abc import Mapping

from yaml.nodes import MappingNode, Node, ScalarNode

from configurator.engine.drawing import Drawing
from configurator.engine.drawing.expressions import Formula
from configurator.engine.drawing.formulas import NOTHING, Reader
from configurator.engine.drawing.let_text import read_lets
from configurator.engine.drawing.shapes import Place
from configurator.engine.drawing.source import Entry, Faults, entries, fields, items, word
from configurator.engine.pattern.sections import ClothRule, EdgeRule, NotchRule, PieceRule, PiecesSection, SeamRule
from contracts.texts import Localised

_PIECE = frozenset({"label", "when", "cloth", "quantity", "mirrored", "fold", "outline", "notches", "grain", "match", "inside"})
_NEEDED = ("label", "cloth", "quantity", "outline", "grain")


def parse_pieces(node: Node, drawing: Drawing) -> PiecesSection:
    """The checked section; it knows the drawing's names. Raises SourceInvalid."""
    faults = Faults()
    found = fields(node, frozenset({"let", "cloths", "pieces", "seams"}), faults)
    for key in ("cloths", "pieces"):
        if key not in found:
            faults.add(node, "key_missing", name=key)
    lets, reader = read_lets(found.get("let"), Reader(faults, drawing.types, frozenset(), {}))
    cloths = {entry.key: _cloth(entry, reader) for entry in entries(found.get("cloths"), faults)}
    pieces = {entry.key: _piece(entry, reader, cloths) for entry in entries(found.get("pieces"), faults)}
    seams = tuple(_seam(each, reader, pieces) for each in items(found.get("seams"), faults))
    faults.raise_any()
    return PiecesSection(lets, cloths, pieces, seams)


def _cloth(entry: Entry, reader: Reader) -> ClothRule:
    found = fields(entry.value, frozenset({"width", "repeat_across", "repeat_along", "one_way"}), reader.faults)
    if "width" not in found:
        reader.faults.add(entry.value, "key_missing", name="width")
    return ClothRule(
        entry.key,
        reader.formula(found["width"], "number") if "width" in found else NOTHING["number"],
        reader.formula(found["repeat_across"], "number") if "repeat_across" in found else None,
        reader.formula(found["repeat_along"], "number") if "repeat_along" in found else None,
        reader.formula(found["one_way"], "condition") if "one_way" in found else None,
        entry.key_node.start_mark.line + 1,
    )


def _piece(entry: Entry, reader: Reader, cloths: Mapping[str, ClothRule]) -> PieceRule:
    faults = reader.faults
    found = fields(entry.value, _PIECE, faults)
    for key in _NEEDED:
        if key not in found:
            faults.add(entry.value, "key_missing", name=key)
    edges = tuple(edge for node in items(found.get("outline"), faults) if (edge := _edge(node, reader)) is not None)
    if "outline" in found and len(edges) < 2:
        faults.add(found["outline"], "points_missing")
    for index, edge in enumerate(edges):
        if edge.name in {other.name for other in edges[:index]}:
            faults.add(found["outline"], "twice", name=edge.name)
    mirrored = word(found["mirrored"], faults) if "mirrored" in found else "no"
    if mirrored not in ("yes", "no"):
        faults.add(found["mirrored"], "unknown_value", option="mirrored", value=mirrored)
    return PieceRule(
        name=entry.key,
        label=reader.say(found["label"]) if "label" in found else Localised(en="", zh=""),
        when=reader.formula(found["when"], "condition") if "when" in found else None,
        cloths=_cloths_of(found["cloth"], reader, cloths) if "cloth" in found else (),
        quantity=reader.formula(found["quantity"], "number") if "quantity" in found else NOTHING["number"],
        mirrored=mirrored == "yes",
        fold=_ends(found["fold"], reader) if "fold" in found else None,
        edges=edges,
        notches=tuple(_notches(found.get("notches"), reader, {edge.name for edge in edges})),
        grain=_ends(found["grain"], reader) if "grain" in found else _NOWHERE,
        match=reader.place(found["match"]) if "match" in found else None,
        inside=tuple(_inside(each, reader) for each in items(found.get("inside"), faults)),
        line=entry.key_node.start_mark.line + 1,
    )


def _edge(node: Node, reader: Reader) -> EdgeRule | None:
    found = fields(node, frozenset({"edge", "along", "allowance"}), reader.faults)
    missing = [key for key in ("edge", "along", "allowance") if key not in found]
    for key in missing:
        reader.faults.add(node, "key_missing", name=key)
    if missing:
        return None
    return EdgeRule(
        word(found["edge"], reader.faults), reader.formula(found["along"], "curve"), reader.formula(found["allowance"], "number")
    )


def _notches(node: Node | None, reader: Reader, edges: set[str]) -> list[NotchRule]:
    notches = []
    for each in items(node, reader.faults):
        found = fields(each, frozenset({"on", "at"}), reader.faults)
        edge = word(found["on"], reader.faults) if "on" in found else ""
        if edge not in edges or "at" not in found:
            reader.faults.add(each, "unknown_edge", name=edge)
            continue
        notches.append(NotchRule(edge, reader.formula(found["at"], "number")))
    return notches


def _inside(node: Node, reader: Reader) -> tuple[Formula, Formula | None]:
    if isinstance(node, MappingNode):
        found = fields(node, frozenset({"along", "when"}), reader.faults)
        if "along" in found:
            return reader.formula(found["along"], "curve"), reader.formula(found["when"], "condition") if "when" in found else None
        reader.faults.add(node, "key_missing", name="along")
    return reader.formula(node, "curve"), None


def _cloths_of(node: Node, reader: Reader, cloths: Mapping[str, ClothRule]) -> tuple[tuple[str, Formula | None], ...]:
    """One cloth's name, or names with conditions."""
    if isinstance(node, ScalarNode):
        named: list[tuple[str, Node, Formula | None]] = [(str(node.value), node, None)]
    else:
        named = [(entry.key, entry.key_node, reader.formula(entry.value, "condition")) for entry in entries(node, reader.faults)]
    for name, place, _ in named:
        if name not in cloths:
            reader.faults.add(place, "unknown_cloth", name=name)
    return tuple((name, condition) for name, _, condition in named)


def _ends(node: Node, reader: Reader) -> tuple[Place, Place]:
    found = items(node, reader.faults)
    if len(found) != 2:
        reader.faults.add(node, "two_points_wanted")
        return _NOWHERE
    return reader.place(found[0]), reader.place(found[1])


def _seam(node: Node, reader: Reader, pieces: Mapping[str, PieceRule]) -> SeamRule:
    found = fields(node, frozenset({"seam", "one", "other", "ease"}), reader.faults)
    for key in ("seam", "one", "other"):
        if key not in found:
            reader.faults.add(node, "key_missing", name=key)
    ease = items(found.get("ease"), reader.faults)
    if len(ease) not in (0, 2):
        reader.faults.add(found["ease"], "ease_wanted")
        ease = []
    low, high = (reader.formula(each, "number") for each in ease) if ease else (NOTHING["number"], NOTHING["number"])
    return SeamRule(
        word(found["seam"], reader.faults) if "seam" in found else "",
        tuple(_edge_name(each, reader, pieces) for each in items(found.get("one"), reader.faults)),
        tuple(_edge_name(each, reader, pieces) for each in items(found.get("other"), reader.faults)),
        (low, high),
        node.start_mark.line + 1,
    )


def _edge_name(node: Node, reader: Reader, pieces: Mapping[str, PieceRule]) -> tuple[str, str]:
    piece, _, edge = word(node, reader.faults).partition(".")
    if piece not in pieces or edge not in {each.name for each in pieces[piece].edges}:
        reader.faults.add(node, "unknown_edge", name=f"{piece}.{edge}")
    return piece, edge


_NOWHERE = (Place(whole=NOTHING["point"]), Place(whole=NOTHING["point"]))
