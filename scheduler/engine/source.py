"""Where in a YAML text a value stands, so that every fault of a file is told with its line."""

from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from contracts.problems import SourceInvalid

Path = tuple[str | int, ...]


DEEPEST = 20
"""Levels of a plant file, counted generously."""


@dataclass(frozen=True)
class SourceFault:
    """One fault: the path of the value and a message id with parameters."""

    path: Path
    message: str
    params: dict[str, Any]


@dataclass(frozen=True)
class Source:
    """A parsed YAML text: plain values (every scalar a string) and the position of each path."""

    content: Any
    positions: dict[Path, tuple[int, int]]

    def position(self, path: Path) -> tuple[int, int]:
        """Line and column (from 1) of the value, or of its nearest enclosing value that exists."""
        while path not in self.positions and path:
            path = path[:-1]
        return self.positions.get(path, (1, 1))


def read_source(text: str) -> Source:
    """Parse YAML without implicit types (``06:00`` stays text). Raises SourceInvalid."""
    try:
        _require_plain(text)
        node = yaml.compose(text, Loader=yaml.CBaseLoader)
    except yaml.YAMLError as error:
        reason = getattr(error, "problem", None) or str(error)
        raise _not_yaml(getattr(error, "problem_mark", None), str(reason)) from error
    positions: dict[Path, tuple[int, int]] = {}
    faults: list[SourceFault] = []
    content = _plain(node, (), positions, faults) if node is not None else {}
    source = Source(content, positions)
    if faults:
        raise invalid(source, faults)
    return source


def _require_plain(text: str) -> None:
    """No value stands for another one, and none lies deeper than a person would write: either could take all memory."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CBaseLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise _not_yaml(event.start_mark, "an alias; write the value out")
        if depth > DEEPEST:
            raise _not_yaml(event.start_mark, f"more than {DEEPEST} levels")


def _not_yaml(mark: Any, reason: str) -> SourceInvalid:
    """``mark``: YAML's place in the text, None when it has none."""
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    fault = {"line": line, "column": column, "message": "scheduler.source.syntax", "params": {"reason": reason}}
    return SourceInvalid(extra={"lines": [fault]})


def _plain(node: yaml.Node, path: Path, positions: dict[Path, tuple[int, int]], faults: list[SourceFault]) -> Any:
    positions.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            child = (*path, key)
            positions[child] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if key in result:
                faults.append(SourceFault(child, "scheduler.source.duplicate", {"name": key}))
            result[key] = _plain(value_node, child, positions, faults)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), positions, faults) for index, item in enumerate(node.value)]
    return str(node.value)


def invalid(source: Source, faults: list[SourceFault]) -> SourceInvalid:
    """The error that lists each fault with line and column, in the order of the text."""
    lines = []
    for fault in faults:
        line, column = source.position(fault.path)
        path = ".".join(str(part) for part in fault.path)
        lines.append({"line": line, "column": column, "message": fault.message, "params": {"path": path, **fault.params}})
    lines.sort(key=lambda entry: (entry["line"], entry["column"]))
    return SourceInvalid(extra={"lines": lines})


def faults_of(error: ValidationError) -> list[SourceFault]:
    """Faults of form, as pydantic found them."""
    names = {"missing": "scheduler.source.missing", "extra_forbidden": "scheduler.source.unknown"}
    faults = []
    for entry in error.errors(include_url=False, include_context=False):
        message = names.get(entry["type"], "scheduler.source.value")
        given = entry["input"] if isinstance(entry["input"], str | int) else ""
        faults.append(SourceFault(tuple(entry["loc"]), message, {"given": str(given), "reason": entry["msg"]}))
    return faults
