"""How does a page's script travel with what it imports? As one file: nothing is built, nothing waits for a second request."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

_IMPORT = re.compile(r'^import (?:(\{[\w, ]+\}) from )?"(\./[\w./-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def with_imports(name: str, files: Mapping[str, bytes]) -> bytes:
    """The module ``name`` with all that it imports, each in a scope of its own, once, before whoever needs it.

    Imports are ``import { a, b } from "./other.js";`` and ``import "./other.js";``, exports stand before what they export; another form,
    a missing module or a circle raises ValueError.
    """
    order: list[str] = []
    _visit(name, files, (), order)
    if order == [name]:
        return files[name]
    return "".join(_scope(each, files, order) for each in order).encode()


def _visit(name: str, files: Mapping[str, bytes], within: tuple[str, ...], order: list[str]) -> None:
    if name in within:
        raise ValueError(f"{name} imports itself: {' → '.join((*within, name))}")
    if name in order:
        return
    if name not in files:
        raise ValueError(f"{within[-1] if within else 'a page'} imports {name}, which does not exist")
    for _, other in _IMPORT.findall(files[name].decode()):
        _visit(_beside(name, other), files, (*within, name), order)
    order.append(name)


def _scope(name: str, files: Mapping[str, bytes], order: list[str]) -> str:
    text = files[name].decode()
    exported = ", ".join(_EXPORT.findall(text))
    text = _IMPORT.sub(lambda found: f"const {found[1]} = module{order.index(_beside(name, found[2]))};" if found[1] else "", text)
    text = _EXPORT.sub("", text)
    if (left := _LEFT.search(text)) is not None:
        raise ValueError(f"{name}: {left[0]!r} is no import or export that can be joined")
    return f"const module{order.index(name)} = (() => {{\n{text}\nreturn {{ {exported} }};\n}})();\n"


def _beside(name: str, other: str) -> str:
    return str(PurePosixPath(name).parent / other)
