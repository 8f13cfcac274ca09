"""How the names that a drawing binds are read from the file."""

from yaml.nodes import MappingNode, Node

from configurator.engine.drawing.formulas import NOTHING, Reader
from configurator.engine.drawing.lets import Binding, Fit, Let
from configurator.engine.drawing.source import entries, fields, items


def read_lets(node: Node | None, reader: Reader) -> tuple[tuple[Binding, ...], Reader]:
    """The bindings of a ``let`` mapping, and the reader that knows their names."""
    found: list[Binding] = []
    for entry in entries(node, reader.faults):
        if entry.key in reader.types:
            reader.faults.add(entry.key_node, "name_taken", name=entry.key)
        line = entry.key_node.start_mark.line + 1
        if isinstance(entry.value, MappingNode):
            fit, reader = _read_fit(entry.key, entry.value, line, reader)
            found.append(fit)
            continue
        formula = reader.formula(entry.value)
        found.append(Let(entry.key, formula, line))
        reader = reader.within({entry.key: formula.kind})
    return tuple(found), reader


def _read_fit(name: str, node: Node, line: int, reader: Reader) -> tuple[Fit, Reader]:
    """``{fit: [low, high], let: {…}, equal: [one, other]}``"""
    found = fields(node, frozenset({"fit", "let", "equal"}), reader.faults)
    bounds = items(found.get("fit"), reader.faults)
    inner = reader.within({name: "number"})
    nested, inner = read_lets(found.get("let"), inner)
    lets = tuple(each for each in nested if isinstance(each, Let))
    sides = items(found.get("equal"), reader.faults)
    if len(bounds) != 2 or len(sides) != 2 or len(lets) != len(nested):
        reader.faults.add(node, "fit_wanted")
        return Fit(name, NOTHING["number"], NOTHING["number"], lets, NOTHING["number"], NOTHING["number"], line), inner
    low, high = (reader.formula(each, "number") for each in bounds)
    one, other = (inner.formula(each, "number") for each in sides)
    return Fit(name, low, high, lets, one, other, line), inner
