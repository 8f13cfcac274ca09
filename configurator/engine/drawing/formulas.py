"""Which formulas, points, texts and styles a drawing's nodes hold, with a fault at the place of each wrong one."""

import string
from collections.abc import Mapping
from typing import Literal, cast

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from configurator.engine.drawing.curves import Curve
from configurator.engine.drawing.expressions import Choosable, ExpressionFault, Formula, Types, parse_formula
from configurator.engine.drawing.functions import Kind
from configurator.engine.drawing.shapes import Colour, Place, Style
from configurator.engine.drawing.source import Faults, Names, entries, fields, items, localised, word
from contracts.texts import Localised

NOTHING: dict[Kind, Formula] = {
    "number": Formula("number", lambda scope: 0.0),
    "point": Formula("point", lambda scope: 0j),
    "curve": Formula("curve", lambda scope: Curve(((0j, 0j, 0j, 0j),))),
    "condition": Formula("condition", lambda scope: False),
}
STYLE_KEYS = frozenset({"fill", "stroke", "width", "dash", "cap", "opacity"})


def types_of(names: Names) -> dict[str, Kind | Choosable]:
    """The types of everything a family gives its drawing."""
    types: dict[str, Kind | Choosable] = dict.fromkeys(names.dimensions, "number")
    types.update({name: Choosable(frozenset(values), name in names.several) for name, values in names.options.items()})
    return types


class Reader:
    """Reads nodes into checked values; faults are collected, a placeholder stands for what is wrong."""

    def __init__(
        self,
        faults: Faults,
        types: Types,
        colours: frozenset[str],
        styles: Mapping[str, Style],
        checkpoints: frozenset[str] = frozenset(),
    ) -> None:
        self.checkpoints = checkpoints
        """What a balloon may stand for."""
        self.faults = faults
        self.types = types
        self.colours = colours
        self.styles = styles

    def within(self, types: Types, colours: frozenset[str] = frozenset()) -> "Reader":
        """The same reader with further names."""
        return Reader(self.faults, {**self.types, **types}, self.colours | colours, self.styles, self.checkpoints)

    def formula(self, node: Node, kind: Kind | None = None) -> Formula:
        if not isinstance(node, ScalarNode):
            self.faults.add(node, "formula_wanted")
            return NOTHING[kind or "number"]
        try:
            found = parse_formula(node.value, self.types)
        except ExpressionFault as fault:
            self.faults.add(node, fault.message, **fault.params)
            return NOTHING[kind or "number"]
        if kind is not None and found.kind != kind:
            self.faults.add(node, "wrong_kind", text=node.value[:80], found=found.kind, wanted=kind)
            return NOTHING[kind]
        return found

    def place(self, node: Node) -> Place:
        if isinstance(node, SequenceNode):
            if len(node.value) == 2:
                return Place(across=self.formula(node.value[0], "number"), up=self.formula(node.value[1], "number"))
            self.faults.add(node, "two_coordinates_wanted", found=len(node.value))
            return Place(whole=NOTHING["point"])
        return Place(whole=self.formula(node, "point"))

    def say(self, node: Node) -> Localised:
        """A text in both languages; each ``{name}`` in it must be known."""
        found = localised(node, self.faults)
        for text in (found.en, found.zh):
            try:
                names = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
            except ValueError:
                self.faults.add(node, "braces", text=text[:80])
                continue
            for name in names:
                if self.types.get(name) in (None, "point", "curve", "condition"):
                    self.faults.add(node, "unknown_name", name=name)
        return found

    def colour(self, node: Node) -> str:
        name = word(node, self.faults)
        if name != "none" and not is_hex(name) and name not in self.colours:
            self.faults.add(node, "unknown_colour", name=name)
            return "none"
        return name

    def style(self, found: Mapping[str, Node]) -> Style:
        """A named style with its own further values."""
        style = Style()
        if "style" in found:
            name = word(found["style"], self.faults)
            if name in self.styles:
                style = self.styles[name]
            else:
                self.faults.add(found["style"], "unknown_style", name=name)
        cap = word(found["cap"], self.faults) if "cap" in found else style.cap
        if cap not in ("butt", "round"):
            self.faults.add(found["cap"], "unknown_value", option="cap", value=cap)
        return Style(
            fill=self.colour(found["fill"]) if "fill" in found else style.fill,
            stroke=self.colour(found["stroke"]) if "stroke" in found else style.stroke,
            width=self.formula(found["width"], "number") if "width" in found else style.width,
            dash=tuple(self.formula(node, "number") for node in items(found["dash"], self.faults)) if "dash" in found else style.dash,
            cap=cast(Literal["butt", "round"], cap),
            opacity=self.plain_number(found["opacity"]) if "opacity" in found else style.opacity,
        )

    def plain_number(self, node: Node) -> float:
        text = word(node, self.faults)
        try:
            return float(text)
        except ValueError:
            self.faults.add(node, "number_wanted", text=text[:80])
            return 0.0


def is_hex(text: str) -> bool:
    return len(text) == 7 and text[0] == "#" and all(digit in string.hexdigits for digit in text[1:])


def read_colours(node: Node | None, names: Names, faults: Faults) -> dict[str, Colour]:
    """The named colours; a mixture may only use colours named before it."""
    colours: dict[str, Colour] = {}
    for entry in entries(node, faults):
        if isinstance(entry.value, MappingNode):
            colours[entry.key] = _colour_of_mapping(entry.value, names, colours, faults)
        else:
            colours[entry.key] = Colour(fixed=_hex(entry.value, faults))
    return colours


def _colour_of_mapping(node: Node, names: Names, known: Mapping[str, Colour], faults: Faults) -> Colour:
    found = fields(node, frozenset({"by", "values", "of", "mix", "part"}), faults)
    if "by" in found and "values" in found:
        option = word(found["by"], faults)
        values = {entry.key: (entry, _hex(entry.value, faults)) for entry in entries(found["values"], faults)}
        if option not in names.options:
            faults.add(found["by"], "unknown_name", name=option)
            return Colour(fixed="#000000")
        for value, (entry, _) in values.items():
            if value not in names.options[option]:
                faults.add(entry.key_node, "unknown_value", option=option, value=value)
        for value in names.options[option]:
            if value not in values:
                faults.add(node, "colour_missing", option=option, value=value)
        return Colour(option=option, by_value={value: colour for value, (_, colour) in values.items()})
    if {"of", "mix", "part"} <= set(found):
        of = word(found["of"], faults)
        if of not in known:
            faults.add(found["of"], "unknown_colour", name=of)
        part = Reader(faults, {}, frozenset(), {}).plain_number(found["part"])
        return Colour(of=of, mix=_hex(found["mix"], faults), part=part)
    faults.add(node, "colour_wanted")
    return Colour(fixed="#000000")


def _hex(node: Node, faults: Faults) -> str:
    text = word(node, faults)
    if not is_hex(text):
        faults.add(node, "colour_wanted")
        return "#000000"
    return text.lower()
