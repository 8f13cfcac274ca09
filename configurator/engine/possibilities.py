"""What is still possible after some decisions: exactly, for every option value and every number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configurator.engine.decisions import Decision, Decisions
from configurator.engine.solver.encoding import Encoding
from configurator.engine.solver.lease import MOST_WITNESSES, Lease, Model

Flags = NDArray[np.bool_]
Run = tuple[int, int, int]
"""Low, high, step."""


@dataclass(frozen=True)
class Possibilities:
    """``possible``: values that some buildable product has; ``forced``: values that every one has. Both as ``option.value``."""

    possible: frozenset[str]
    forced: frozenset[str]
    numbers: Mapping[str, tuple[Run, ...]]
    """Dimension → the exact set of its values that some buildable product has, as runs."""


class Columns:
    """The family's option values and cells as columns of a matrix of products."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.names: list[str] = []
        self.literals: list[tuple[int, ...]] = []
        self.of_option: dict[str, list[int]] = {}
        self.of_dimension: dict[str, list[int]] = {}
        self.of_value: dict[str, int] = {}
        for option in encoding.family.options.values():
            self.of_option[option.name] = []
            for value in option.values:
                self.of_option[option.name].append(len(self.names))
                self.of_value[f"{option.name}.{value}"] = len(self.names)
                self.names.append(f"{option.name}.{value}")
                self.literals.append((encoding.values[option.name, value],))
        self.values = len(self.names)
        self._variables = np.array([literals[0] for literals in self.literals], dtype=np.int64)
        self._cells: list[tuple[int, NDArray[np.int64]]] = []
        for name, cells in encoding.cells.items():
            first = len(self.names)
            self.of_dimension[name] = list(range(first, first + len(cells)))
            self.names.extend(name for _ in cells)
            self.literals.extend(cell.literals for cell in cells)
            at_most = [literal for cell in cells for literal in cell.literals[:1] if literal > 0]
            self._cells.append((first, np.array(at_most, dtype=np.int64)))

    def row(self, model: Model) -> Flags:
        """A product as a row."""
        row = np.zeros(len(self.names), dtype=np.bool_)
        row[: self.values] = model[self._variables]
        for first, at_most in self._cells:
            row[first + int(len(at_most) - model[at_most].sum())] = True
        return row

    def column(self, decision: Decision) -> int:
        """The column of an option value, or of the cell that holds a number."""
        if decision.name in self.of_value:
            return self.of_value[decision.name]
        position = self.encoding.family.dimensions[decision.name].domain.index(int(decision.value))
        cells = self.encoding.cells[decision.name]
        return self.of_dimension[decision.name][next(place for place, cell in enumerate(cells) if position <= cell.last)]

    def assumptions(self, decision: Decision) -> list[int]:
        """The literals that say the same as the decision."""
        literals = self.literals[self.column(decision)]
        return [-literal for literal in literals] if decision.value is False else list(literals)


def possibilities(columns: Columns, lease: Lease, decisions: Decisions) -> Possibilities | None:
    """The exact state; None when no buildable product agrees with the decisions."""
    found = _asked(columns, lease, decisions, range(len(columns.names)), range(columns.values))
    if found is None:
        return None
    can, can_lack = found
    return Possibilities(
        possible=frozenset(columns.names[place] for place in np.flatnonzero(can[: columns.values])),
        forced=frozenset(columns.names[place] for place in np.flatnonzero(~can_lack[: columns.values])),
        numbers={name: _runs(columns, name, can, decisions) for name in columns.of_dimension},
    )


def instead(columns: Columns, lease: Lease, decisions: Decisions, name: str) -> tuple[frozenset[str], tuple[Run, ...]]:
    """What could be had of an option or a dimension in place of the own decision on it: values, or runs of numbers."""
    others = frozenset(each for each in decisions if each.name.partition(".")[0] != name or each.value is False)
    wanted = columns.of_option.get(name) or columns.of_dimension[name]
    found = _asked(columns, lease, others, wanted, ())
    if found is None:
        return frozenset(), ()
    can = found[0]
    if name in columns.of_option:
        return frozenset(columns.names[place] for place in wanted if can[place]), ()
    return frozenset(), _runs(columns, name, can, others)


def _asked(
    columns: Columns, lease: Lease, decisions: Decisions, wanted: Iterable[int], wanted_lack: Iterable[int]
) -> tuple[Flags, Flags] | None:
    """Which of the wanted columns some product has, and which some product lacks.

    Products seen before answer most of it; then what follows at once; only the rest are questions to the solver.
    """
    assumptions = [literal for decision in sorted(decisions) for literal in columns.assumptions(decision)]
    rows = _agreeing(columns, lease, decisions)
    if not len(rows):
        if not lease.holds(assumptions):
            return None
        rows = _remembered(columns, lease)[None, :]
    can, can_lack = rows.any(axis=0), (~rows).any(axis=0)
    implied = lease.implied(assumptions)
    positive = [place for place in wanted if not can[place] and not any(-each in implied for each in columns.literals[place])]
    negative = [place for place in wanted_lack if not can_lack[place] and columns.literals[place][0] not in implied]
    lease.prefer([each for place in positive for each in columns.literals[place]] + [-columns.literals[place][0] for place in negative])
    for place in positive:
        if not can[place] and lease.holds([*assumptions, *columns.literals[place]]):
            row = _remembered(columns, lease)
            can, can_lack = can | row, can_lack | ~row
    for place in negative:
        if not can_lack[place] and lease.holds([*assumptions, -columns.literals[place][0]]):
            row = _remembered(columns, lease)
            can, can_lack = can | row, can_lack | ~row
    return can, can_lack


def _agreeing(columns: Columns, lease: Lease, decisions: Decisions) -> Flags:
    if lease.witnesses is None:
        lease.witnesses = np.zeros((0, len(columns.names)), dtype=np.bool_)
    rows = lease.witnesses
    having = [columns.column(decision) for decision in decisions if decision.value is not False]
    lacking = [columns.column(decision) for decision in decisions if decision.value is False]
    return rows[rows[:, having].all(axis=1) & ~rows[:, lacking].any(axis=1)]


def _remembered(columns: Columns, lease: Lease) -> Flags:
    row = columns.row(lease.model())
    assert lease.witnesses is not None
    lease.witnesses = np.concatenate((lease.witnesses[-MOST_WITNESSES + 1 :], row[None, :]))
    return row


def _runs(columns: Columns, name: str, can: Flags, decisions: Decisions) -> tuple[Run, ...]:
    """The possible cells as runs of values; a number decided on is the only one."""
    dimension = columns.encoding.family.dimensions[name]
    own = [int(each.value) for each in decisions if each.name == name]
    if own:
        return ((own[0], own[0], dimension.step),)
    runs: list[Run] = []
    last = -2
    for place, cell in zip(columns.of_dimension[name], columns.encoding.cells[name], strict=True):
        if not can[place]:
            continue
        high = dimension.domain[cell.last]
        if last == cell.first - 1:
            runs[-1] = (runs[-1][0], high, dimension.step)
        else:
            runs.append((dimension.domain[cell.first], high, dimension.step))
        last = cell.last
    return tuple(runs)
