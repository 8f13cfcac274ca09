"""Where in a family file's text a value stands, so that every fault is told with its line and column."""

from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError
from yaml.composer import Composer
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from contracts.problems import SourceInvalid

Path = tuple[str | int, ...]

LARGEST_BYTES = 2_000_000
MOST_NODES = 200_000
DEEPEST = 24


@dataclass(frozen=True)
class Fault:
    """One fault: the path of the value, a message id with parameters, and how many columns into the value."""

    path: Path
    message: str
    params: dict[str, Any]
    offset: int = 0
    at_key: bool = False
    """The fault is in the key's name."""


@dataclass(frozen=True)
class Source:
    """A parsed YAML text: plain values (every scalar a string) and the node of each path."""

    content: Any
    nodes: dict[Path, Node]
    keys: dict[Path, Node]

    def position(self, fault: Fault) -> tuple[int, int]:
        """Line and column (from 1) of the fault's value, or of its nearest enclosing value that exists."""
        path = fault.path
        while path not in self.nodes and path:
            path = path[:-1]
        node = self.nodes.get(path)
        if node is None:
            return 1, 1
        if fault.at_key or path != fault.path or not isinstance(node, ScalarNode):
            node = self.keys.get(path, node)
        offset = 1 if node is self.nodes.get(path) and isinstance(node, ScalarNode) and node.style in ("'", '"') else 0
        if (
            path == fault.path
            and isinstance(node, ScalarNode)
            and node.style not in ("|", ">")
            and node.start_mark.line == node.end_mark.line
        ):
            offset += fault.offset
        return node.start_mark.line + 1, node.start_mark.column + 1 + offset


class _Reader(Composer, yaml.CBaseLoader):
    """Composes nodes within bounds, from libyaml's events; no aliases, anchors or tags."""

    def __init__(self, text: str) -> None:
        Composer.__init__(self)
        yaml.CBaseLoader.__init__(self, text)
        self._depth = 0
        self._count = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _refused("no_aliases", event.start_mark)
        if getattr(event, "tag", None):
            raise _refused("no_tags", event.start_mark)
        self._count += 1
        self._depth += 1
        if self._count > MOST_NODES:
            raise _refused("too_many_values", event.start_mark, most=MOST_NODES)
        if self._depth > DEEPEST:
            raise _refused("too_deep", event.start_mark, most=DEEPEST)
        node: Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


def read_source(text: str) -> Source:
    """Parse YAML without implicit types. Raises SourceInvalid."""
    if len(text.encode()) > LARGEST_BYTES:
        raise _refused("too_large", None, most=LARGEST_BYTES)
    try:
        node = _Reader(text).get_single_node()
    except yaml.YAMLError as error:
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
        raise _refused("syntax", getattr(error, "problem_mark", None), reason=str(reason)) from error
    source = Source({}, {}, {})
    if node is None:
        return source
    faults: list[Fault] = []
    content = _plain(node, (), source, faults)
    if faults:
        raise invalid(source, faults)
    return Source(content, source.nodes, source.keys)


def _refused(message: str, mark: yaml.Mark | None, **params: Any) -> SourceInvalid:
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return SourceInvalid(extra={"lines": [{"line": line, "column": column, "message": f"configurator.fault.{message}", "params": params}]})


def _plain(node: Node, path: Path, source: Source, faults: list[Fault]) -> Any:
    source.nodes[path] = node
    if isinstance(node, MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                faults.append(Fault(path, "key_not_a_word", {}))
                continue
            child = (*path, key_node.value)
            source.keys[child] = key_node
            if key_node.value in result:
                faults.append(Fault(child, "twice", {"name": key_node.value}, at_key=True))
            result[key_node.value] = _plain(value_node, child, source, faults)
        return result
    if isinstance(node, SequenceNode):
        return [_plain(item, (*path, index), source, faults) for index, item in enumerate(node.value)]
    return str(node.value)


def invalid(source: Source, faults: list[Fault]) -> SourceInvalid:
    """The error that lists each fault with line and column, in the order of the text."""
    lines = []
    for fault in faults:
        line, column = source.position(fault)
        path = ".".join(str(part) for part in fault.path)
        lines.append(
            {"line": line, "column": column, "message": f"configurator.fault.{fault.message}", "params": {"path": path, **fault.params}}
        )
    lines.sort(key=lambda entry: (entry["line"], entry["column"]))
    return SourceInvalid(extra={"lines": lines})


def faults_of(error: ValidationError, source: Source) -> list[Fault]:
    """Faults of form, as pydantic found them."""
    names = {"missing": "missing", "extra_forbidden": "unknown_key"}
    faults = []
    for entry in error.errors(include_url=False, include_context=False):
        path = _real_path(entry["loc"], source)
        given = entry["input"] if isinstance(entry["input"], str | int) else ""
        message = names.get(entry["type"], "value")
        faults.append(
            Fault(
                path,
                message,
                {"given": str(given), "name": str(entry["loc"][-1] if entry["loc"] else ""), "reason": entry["msg"]},
                at_key=message == "unknown_key",
            )
        )
    return faults


def _real_path(location: Path, source: Source) -> Path:
    """The location without the steps that pydantic adds for unions."""
    path: Path = ()
    for step in location:
        if (*path, step) in source.nodes:
            path = (*path, step)
    return path
