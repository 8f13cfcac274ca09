"""How an item's name or a setup family is made of the choices: texts with ``{option}``, ``{option.fact}``, ``{dimension}``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from configurator.engine.expression_text import ExpressionFault

_HOLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Hole:
    """What stands in a hole: an option's value, its text (by value), or a dimension's number."""

    name: str
    by_value: Mapping[str, str] | None


@dataclass(frozen=True)
class Pattern:
    """Texts and holes in turn."""

    pieces: tuple[str | Hole, ...]

    def filled(self, choices: Mapping[str, str], numbers: Mapping[str, int]) -> str:
        """The text for a product; ``choices`` holds the value of each single option, empty when none is chosen."""
        return "".join(piece if isinstance(piece, str) else _shown(piece, choices, numbers) for piece in self.pieces)

    @property
    def option(self) -> str | None:
        """The first option that the pattern names."""
        return next(iter(self.options), None)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The dimensions that the pattern names, each once."""
        return tuple(dict.fromkeys(piece.name for piece in self.pieces if isinstance(piece, Hole) and piece.by_value is None))

    @property
    def options(self) -> tuple[str, ...]:
        """The options that the pattern names, each once."""
        return tuple(dict.fromkeys(piece.name for piece in self.pieces if isinstance(piece, Hole) and piece.by_value is not None))


def _shown(hole: Hole, choices: Mapping[str, str], numbers: Mapping[str, int]) -> str:
    if hole.by_value is None:
        return str(numbers[hole.name])
    return hole.by_value.get(choices[hole.name], "none")


def parse_pattern(text: str, facts: Mapping[str, Mapping[str, Mapping[str, int | str]]], dimensions: frozenset[str]) -> Pattern:
    """A checked pattern; ``facts`` maps option → value → its facts. Raises ExpressionFault."""
    pieces: list[str | Hole] = []
    place = 0
    for match in _HOLE.finditer(text):
        if match.start() > place:
            pieces.append(text[place : match.start()])
        place = match.end()
        pieces.append(_hole(match.group(1), match.start() + 1, facts, dimensions))
    if place < len(text):
        pieces.append(text[place:])
    for piece in pieces:
        if isinstance(piece, str) and ("{" in piece or "}" in piece):
            raise ExpressionFault(text.index(piece), "brace_alone")
    return Pattern(tuple(pieces))


def _hole(name: str, column: int, facts: Mapping[str, Mapping[str, Mapping[str, int | str]]], dimensions: frozenset[str]) -> Hole:
    option, dot, fact = name.partition(".")
    if not dot and option in dimensions:
        return Hole(option, None)
    if option not in facts:
        raise ExpressionFault(column, "unknown_name", name=option)
    if not dot:
        return Hole(option, {value: value for value in facts[option]})
    missing = sorted(value for value, given in facts[option].items() if fact not in given)
    if missing:
        raise ExpressionFault(column, "fact_missing", name=name, value=missing[0])
    return Hole(option, {value: str(given[fact]) for value, given in facts[option].items()})
