"""Is a family's text fit to be published? Everything that is found in it, told by line and column."""

from collections.abc import Callable, Container
from typing import Any

from configurator.engine.body_model import unmodelled
from configurator.engine.configurator import compile_family
from configurator.engine.family.parse import parse_family
from configurator.engine.family.sayings import check_texts
from configurator.engine.family_check import check_family
from configurator.engine.finding import Finding
from configurator.surveyed import body_statistics
from contracts.model import Contract
from contracts.problems import SourceInvalid


class Told(Contract):
    """A fault at its place in the file; ``message`` is an id with ``params``."""

    line: int
    column: int
    message: str
    params: dict[str, Any]


class Examination(Contract):
    """``family``, ``version`` and ``sha256`` are empty for a text that is no family."""

    family: str = ""
    version: str = ""
    sha256: str = ""
    errors: tuple[Told, ...]
    warnings: tuple[Told, ...] = ()


def examine(text: str, printable: Container[int], between: Callable[[], None] = lambda: None) -> Examination:
    """An error keeps the family from being published, a warning does not. ``printable``: characters that there are letters for.

    ``between`` is called again and again meanwhile.
    """
    try:
        family = parse_family(text)
        compiled = compile_family(family)
    except SourceInvalid as invalid:
        return Examination(errors=tuple(Told.model_validate(each) for each in invalid.extra["lines"]))
    told_of = [*check_family(compiled, between), *check_texts(text, printable), *unmodelled(family, body_statistics().columns)]
    found = sorted(told_of, key=lambda each: (each.line, each.column))
    lines = text.splitlines()
    told = {severity: tuple(told_at(each, lines) for each in found if each.severity == severity) for severity in ("error", "warning")}
    return Examination(family=family.name, version=family.version, sha256=family.sha256, errors=told["error"], warnings=told["warning"])


def told_at(finding: Finding, lines: list[str]) -> Told:
    """What is said of a whole line stands where its words begin. ``lines``: of the text."""
    line = lines[finding.line - 1]
    column = finding.column if finding.column > 1 else len(line) - len(line.lstrip(" -")) + 1
    return Told(line=finding.line, column=column, message=finding.message, params=dict(finding.params))
