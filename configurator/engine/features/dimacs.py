"""DIMACS CNF, read and written; names of variables stand in comments: ``c 7 name``.

Source: Second DIMACS Challenge, Satisfiability: Suggested Format (1993).
"""

import re
from collections.abc import Iterator

from configurator.engine.features.clauses import Clauses
from configurator.engine.features.formula import Junction
from configurator.engine.features.model import Constraint, FeatureModel
from configurator.engine.features.source import fault

_NAMED = re.compile(r"c\s+(\d+)\$?\s+(\S.*)")
_HEAD = re.compile(r"p\s+cnf\s+(\d+)\s+(\d+)\s*$")
MOST_VARIABLES = 5_000_000


def read_dimacs(text: str) -> FeatureModel:
    """A model without a tree: every variable is a feature, by its number where no comment names it. Raises SourceInvalid."""
    names: dict[int, str] = {}
    constraints: list[Constraint] = []
    variables = -1
    clause: list[int] = []
    begun = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("c"):
            if (named := _NAMED.match(line)) is not None:
                names[int(named[1])] = named[2].strip()
            continue
        if line.startswith("p"):
            head = _HEAD.match(line)
            if head is None or int(head[1]) > MOST_VARIABLES:
                raise fault(number, 1, "dimacs-head")
            variables = int(head[1])
            continue
        if line.startswith("%"):
            break
        for column, literal in _literals(line, number):
            if variables < 0:
                raise fault(number, 1, "dimacs-head")
            if abs(literal) > variables:
                raise fault(number, column, "dimacs-variable", variable=abs(literal), most=variables)
            begun = begun or number
            if literal:
                clause.append(literal)
            else:
                constraints.append(Constraint(Junction("or", tuple(clause)), " ".join(map(str, clause)), begun))
                clause, begun = [], 0
    if variables < 0:
        raise fault(1, 1, "dimacs-head")
    if clause:
        raise fault(begun, 1, "ends")
    written = ("", *(names.get(variable, str(variable)) for variable in range(1, variables + 1)))
    if len(set(written)) != len(written):
        twice = next(name for place, name in enumerate(written) if name in written[:place])
        raise fault(1, 1, "twice", name=twice)
    return FeatureModel(written, (0,) * (variables + 1), (), tuple(constraints), rooted=False)


def _literals(line: str, number: int) -> Iterator[tuple[int, int]]:
    for found in re.finditer(r"\S+", line):
        try:
            yield found.start() + 1, int(found[0])
        except ValueError:
            raise fault(number, found.start() + 1, "dimacs-number", text=found[0]) from None


def write_dimacs(names: tuple[str, ...], found: Clauses) -> str:
    """The clauses with the features' names; variables above the features are parts of formulas."""
    lines = [f"c {number} {name}" for number, name in enumerate(names) if number]
    lines.append(f"p cnf {max(found.top, len(names) - 1)} {len(found.clauses)}")
    lines += [" ".join(map(str, [*clause, 0])) for clause in found.clauses]
    return "\n".join(lines) + "\n"
