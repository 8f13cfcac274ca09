"""A model as clauses that hold for exactly its products, and which part of the model each comes from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from configurator.engine.features.cardinality import at_least, at_most_one
from configurator.engine.features.formula import AnyFormula, Junction, Same, Total, negated
from configurator.engine.features.model import ROOT, FeatureModel, Group
from configurator.engine.features.source import fault

Clause = list[int]
MOST_SUMS = 1_000_000
"""A sum with more different values on the way is refused."""


@dataclass(frozen=True)
class Part:
    """A piece of the model that can be a reason: a group, a child below its parent, a constraint."""

    line: int
    text: str


@dataclass
class Clauses:
    """Variables 1 to ``features`` are the features, those above stand for parts of formulas."""

    features: int
    top: int
    clauses: list[Clause] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    """The clauses of part i end before ``ends[i]``."""
    until: list[int] = field(default_factory=list)
    """Of each variable the number after the last feature below it in the tree; features are numbered in the order of the tree."""
    alike: list[list[int]] = field(default_factory=list)
    """Leaves of one group that no constraint names: any two may change places."""


def clauses_of(model: FeatureModel, counted: bool = False) -> Clauses:
    """Linear in the model, but for sums, whose clauses count the different sums of their parts. Raises SourceInvalid for too many.

    ``counted``: every variable above the features and the model's hidden ones follows from those: as many solutions as before.
    """
    writer = _Writer(model.count, model.hidden, counted)
    names = model.names
    if model.rooted:
        writer.part(model.lines[ROOT], names[ROOT])
        writer.add([ROOT])
    for group in model.groups:
        writer.part(group.line, _said(group, names))
        writer.group(group)
    of_the_tree = len(writer.clauses)
    for constraint in (*model.background, *model.constraints):
        writer.part(constraint.line, constraint.text)
        writer.require(constraint.formula)
    found = writer.done()
    found.until = _until(model)
    found.alike = _alike(model, found.clauses[of_the_tree:])
    return found


def _until(model: FeatureModel) -> list[int]:
    until = list(range(1, model.count + 2))
    for group in sorted(model.groups, key=lambda group: group.members[0], reverse=True):
        until[group.parent] = max(until[group.parent], *(until[member] for member in group.members))
    return until


def _alike(model: FeatureModel, constraints: Iterable[Clause]) -> list[list[int]]:
    told_apart = {abs(literal) for clause in constraints for literal in clause}
    told_apart.update(group.parent for group in model.groups)
    of_groups = ([member for member in group.members if member not in told_apart] for group in model.groups)
    return [members for members in of_groups if len(members) > 1]


def _said(group: Group, names: Sequence[str]) -> str:
    members = ", ".join(names[member] for member in group.members[:6]) + (", …" if len(group.members) > 6 else "")
    if len(group.members) == 1:
        return f"{names[group.parent]}: {'mandatory' if group.low else 'optional'} {members}"
    return f"{names[group.parent]}: [{group.low}..{group.high}] of {members}"


class _Writer:
    def __init__(self, features: int, hidden: int, counted: bool) -> None:
        self._found = Clauses(features, features + hidden)
        self._counted = counted
        self.clauses = self._found.clauses
        self.add = self.clauses.append

    def part(self, line: int, text: str) -> None:
        if self._found.parts:
            self._found.ends.append(len(self._found.clauses))
        self._found.parts.append(Part(line, text))

    def done(self) -> Clauses:
        if self._found.parts:
            self._found.ends.append(len(self._found.clauses))
        return self._found

    def new(self) -> int:
        """A variable that is not used yet."""
        self._found.top += 1
        return self._found.top

    def group(self, group: Group) -> None:
        parent, members = group.parent, list(group.members)
        size, low, high = len(members), group.low, min(group.high, len(members))
        for member in members:
            self.add([-member, parent])
        if low > size:
            self.add([-parent])
        elif low == size:
            for member in members:
                self.add([-parent, member])
        elif low == 1:
            self.add([-parent, *members])
        if high <= 0:
            for member in members:
                self.add([-member])
        elif high == 1 and high < size:
            at_most_one(self, members, self._counted)
        if 1 < low < size or 1 < high < size:
            self._between(parent, members, low if 1 < low < size else 0, high if 1 < high < size else size)

    def _between(self, parent: int, members: list[int], low: int, high: int) -> None:
        """So many members, where the parent is: the chosen ones are counted, or those that are not, whichever are fewer."""
        size = len(members)
        wanted, missing = max(low, high + 1 if high < size else 0), max(size - low + 1 if low else 0, size - high)
        if wanted <= missing:
            chosen = at_least(self, members, wanted)
            if low:
                self.add([-parent, chosen[low - 1]])
            if high < size:
                self.add([-chosen[high]])
            return
        lacking = at_least(self, [-member for member in members], missing)
        if low:
            self.add([-parent, -lacking[size - low]])
        if high < size:
            self.add([lacking[size - high - 1]])

    def require(self, formula: AnyFormula) -> None:
        match formula:
            case int():
                self.add([formula])
            case Junction("and", items):
                for item in items:
                    self.require(item)
            case Junction(_, items):
                self.add([literal for item in items for literal in self._either(item)])
            case Same(left, right):
                first, second = self._literal(left), self._literal(right)
                self.add([-first, second])
                self.add([first, -second])
            case Total():
                self.add([self._total(formula)])

    def _either(self, formula: AnyFormula) -> Clause:
        """Literals of which one holds exactly where the formula does."""
        if isinstance(formula, Junction) and formula.operator == "or":
            return [literal for item in formula.items for literal in self._either(item)]
        return [self._literal(formula)]

    def _literal(self, formula: AnyFormula) -> int:
        """A literal that holds exactly where the formula does (Tseitin)."""
        match formula:
            case int():
                return formula
            case Junction("and", items):
                return -self._literal(Junction("or", tuple(negated(item) for item in items)))
            case Junction():
                either = self._either(formula)
                found = self.new()
                self.add([-found, *either])
                for literal in either:
                    self.add([found, -literal])
                return found
            case Same(left, right):
                first, second, found = self._literal(left), self._literal(right), self.new()
                self.add([-found, -first, second])
                self.add([-found, first, -second])
                self.add([found, first, second])
                self.add([found, -first, -second])
                return found
            case Total():
                return self._total(formula)

    def _total(self, total: Total) -> int:
        """A decision diagram over what is still wanted (Eén and Sörensson, JSAT 2006): equal remainders are one literal."""
        weights = total.weights
        rest = [0]
        for weight, _ in reversed(weights):
            rest.append(rest[-1] + weight)
        rest.reverse()
        true = self.new()
        self.add([true])
        wanted: list[set[int]] = [{total.least}]
        nodes = 0
        for place, (weight, _) in enumerate(weights):
            below = {each for most in wanted[place] for each in (most, most - weight)}
            wanted.append({each for each in below if 0 < each <= rest[place + 1]})
            nodes += len(wanted[-1])
            if nodes > MOST_SUMS:
                raise fault(self._found.parts[-1].line, 1, "too-many-sums", most=MOST_SUMS)
        known: dict[int, int] = {}
        for place in range(len(weights) - 1, -1, -1):
            weight, literal = weights[place]
            below_known, known = known, {}

            def reached(most: int, place: int = place, known: dict[int, int] = below_known) -> int:
                return true if most <= 0 else -true if most > rest[place + 1] else known[most]

            for most in wanted[place]:
                having, lacking, found = reached(most - weight), reached(most), self.new()
                self.add([-found, lacking, literal])
                self.add([-found, having])
                self.add([found, -lacking])
                self.add([found, -literal, -having])
                known[most] = found
        return known[total.least]
