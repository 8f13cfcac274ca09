"""Where something stands in the family file, and what is wrong there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from contracts.problems import SourceInvalid
from contracts.texts import Localised


@dataclass(frozen=True)
class Names:
    """What a drawing may read of its family: options with their values' labels, and dimensions."""

    options: Mapping[str, Mapping[str, Localised]]
    dimensions: frozenset[str]
    several: frozenset[str] = frozenset()
    """Options of which more than one value may be chosen."""
    measures: frozenset[str] = frozenset()
    """The body's measures: a drawing may not read them, a picture may show how they are taken."""
    checkpoints: frozenset[str] = frozenset()
    """What is measured: a balloon says where."""


@dataclass
class Faults:
    """Collects what is wrong, each with line and column (from 1), so that one run shows all of it."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    def add(self, node: Node, message: str, **params: str | int) -> None:
        mark = node.start_mark
        self.lines.append({"line": mark.line + 1, "column": mark.column + 1, "message": f"drawing.fault.{message}", "params": params})

    def raise_any(self) -> None:
        """Raises SourceInvalid with every fault, in the order of the file."""
        if self.lines:
            raise SourceInvalid(extra={"lines": sorted(self.lines, key=lambda fault: (fault["line"], fault["column"]))})


@dataclass(frozen=True)
class Entry:
    key: str
    key_node: Node
    value: Node


def entries(node: Node | None, faults: Faults) -> Iterator[Entry]:
    """The entries of a mapping; a fault when the node is none."""
    if node is None:
        return
    if not isinstance(node, MappingNode):
        faults.add(node, "mapping_wanted")
        return
    seen: set[str] = set()
    for key_node, value in node.value:
        if not isinstance(key_node, ScalarNode):
            faults.add(key_node, "word_wanted")
            continue
        if key_node.value in seen:
            faults.add(key_node, "twice", name=key_node.value)
            continue
        seen.add(key_node.value)
        yield Entry(key_node.value, key_node, value)


def fields(node: Node, allowed: frozenset[str], faults: Faults) -> dict[str, Node]:
    """A mapping's values by key; a fault for each key that has no meaning here."""
    found: dict[str, Node] = {}
    for entry in entries(node, faults):
        if entry.key in allowed:
            found[entry.key] = entry.value
        else:
            faults.add(entry.key_node, "unknown_key", name=entry.key, allowed=", ".join(sorted(allowed)))
    return found


def items(node: Node | None, faults: Faults) -> list[Node]:
    """A sequence's nodes; a fault when the node is none."""
    if node is None:
        return []
    if not isinstance(node, SequenceNode):
        faults.add(node, "list_wanted")
        return []
    return list(node.value)


def word(node: Node, faults: Faults) -> str:
    """A scalar's text; a fault (and an empty text) when the node is none."""
    if isinstance(node, ScalarNode):
        return str(node.value)
    faults.add(node, "word_wanted")
    return ""


def localised(node: Node, faults: Faults) -> Localised:
    """A text in both languages."""
    found = fields(node, frozenset({"en", "zh"}), faults)
    for language in ("en", "zh"):
        if isinstance(node, MappingNode) and language not in found:
            faults.add(node, "language_missing", language=language)
    return Localised(**{language: word(found[language], faults) if language in found else "" for language in ("en", "zh")})
