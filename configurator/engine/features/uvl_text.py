"""The lines of a UVL text: comments gone, lines within braces joined, each with its indentation and place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from configurator.engine.features.source import fault

_INTERESTING = re.compile(r"//|/\*|[{}()\[\]]|\"[^\"\n]*\"|'(?:\\.|[^'\\\n])*'")
_TAB = 8


@dataclass(frozen=True, slots=True)
class Line:
    """``text`` begins at ``column`` of ``number``; what was joined to it came from later lines."""

    number: int
    column: int
    indent: int
    text: str


def lines_of(text: str) -> Iterator[Line]:
    """Every line with content. Raises SourceInvalid for a comment, brace or bracket that does not end."""
    joined, begun, depth, in_comment, opened = "", 0, 0, False, (0, 0)
    for number, raw in enumerate(text.split("\n"), 1):
        if not in_comment and depth == 0 and "{" not in raw and "/" not in raw and "[" not in raw and raw.count("(") == raw.count(")"):
            content = raw
        else:
            open_before = depth or in_comment
            content, depth, in_comment, place = _without_comments(raw, depth, in_comment, number)
            if not open_before:
                opened = (number, place)
        if not joined:
            begun = number
        joined = f"{joined} {content.strip()}" if joined else content.rstrip()
        if depth == 0 and not in_comment:
            stripped = joined.lstrip()
            if stripped:
                indent = joined[: len(joined) - len(stripped)]
                yield Line(begun, len(indent) + 1, len(indent.expandtabs(_TAB)), stripped)
            joined = ""
    if depth or in_comment:
        raise fault(*opened, "unclosed")


def _without_comments(raw: str, depth: int, in_comment: bool, number: int) -> tuple[str, int, bool, int]:
    """(what is left, brackets that are open, whether a comment is, where the outermost of them begins if it does here)"""
    outermost = 1
    kept: list[str] = []
    place = 0
    while place < len(raw):
        if in_comment:
            end = raw.find("*/", place)
            if end < 0:
                return "".join(kept), depth, True, outermost
            place, in_comment = end + 2, False
            continue
        found = _INTERESTING.search(raw, place)
        if found is None:
            kept.append(raw[place:])
            break
        sign = found[0]
        kept.append(raw[place : found.start()])
        place = found.end()
        if sign == "//":
            break
        if depth == 0 and sign in {"/*", "{", "(", "["}:
            outermost = found.start() + 1
        if sign == "/*":
            in_comment = True
        else:
            kept.append(sign)
            if sign in "{[(":
                depth += 1
            elif sign in "}])":
                depth -= 1
                if depth < 0:
                    raise fault(number, found.start() + 1, "unopened", sign=sign)
    return "".join(kept), depth, in_comment, outermost
