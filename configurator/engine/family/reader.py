"""How the texts inside a family file are read against the family's own names."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from configurator.engine.expression_text import RESERVED, ExpressionFault, OptionNames, Scope, parse_condition, parse_number
from configurator.engine.expressions import Condition, Number, Numeric, Truth, numeric_with
from configurator.engine.expressions import condition_with as replaced
from configurator.engine.family.format import FamilyFile, OptionSection
from configurator.engine.family.patterns import Pattern, parse_pattern
from configurator.engine.family.source import Fault, Path, Source

_WORD = re.compile(r"[^\W\d]\w*")
NOTHING: Numeric = Number(0)
ALWAYS: Condition = Truth(True)


class Reader:
    """Checks texts against the family's names; faults are collected, a placeholder stands for what is wrong."""

    def __init__(self, source: Source, file: FamilyFile) -> None:
        self.source = source
        self.file = file
        self.faults: list[Fault] = []
        self.told: list[dict[str, Any]] = []
        """Faults of the drawing, with their lines."""
        self.facts: dict[str, dict[str, Mapping[str, int | str]]] = {
            name: {value: section.facts for value, section in option.values.items()} for name, option in file.options.items()
        }
        self.scope = Scope({name: _names(option) for name, option in file.options.items()}, frozenset(file.dimensions))
        self.inlined: dict[str, Numeric] = {}
        """Derived dimensions by what they stand for."""

    def fault(self, path: Path, message: str, **params: str | int) -> None:
        self.faults.append(Fault(path, message, params))

    def line(self, path: Path) -> int:
        return self.source.position(Fault(path, "", {}))[0]

    def number(self, text: str, path: Path) -> Numeric:
        return self._read(lambda: numeric_with(parse_number(text, self.scope), self.inlined), path, NOTHING)

    def survey(self, text: str, path: Path) -> Numeric:
        """A number from the columns of a survey, whatever they are called."""
        columns = Scope({}, frozenset(_WORD.findall(text)) - RESERVED)
        return self._read(lambda: parse_number(text, columns), path, NOTHING)

    def condition(self, text: str | None, path: Path) -> Condition:
        """The condition; true when there is none."""
        if text is None:
            return ALWAYS
        return self._read(lambda: replaced(parse_condition(text, self.scope), self.inlined), path, ALWAYS)

    def pattern(self, text: str, path: Path) -> Pattern:
        found = self._read(lambda: parse_pattern(text, self.facts, self.scope.dimensions), path, Pattern(()))
        if found.option is not None and self.scope.options[found.option].several:
            self.fault(path, "option_has_several", name=found.option)
        return found

    def _read[T](self, read: Callable[[], T], path: Path, otherwise: T) -> T:
        try:
            return read()
        except ExpressionFault as fault:
            self.faults.append(Fault(path, fault.message, fault.params, fault.column))
            return otherwise


def _names(option: OptionSection) -> OptionNames:
    facts: dict[str, dict[str, int]] = {}
    for value, section in option.values.items():
        for fact, content in section.facts.items():
            if isinstance(content, int):
                facts.setdefault(fact, {})[value] = content
    return OptionNames(frozenset(option.values), facts, option.bounds[1] > 1)
