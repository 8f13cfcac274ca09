"""A model as clauses that hold for exactly its products, and which part of the model each comes from."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from configurator.engine.features.formula import AnyFormula, Junction, Same, Total, negated
from configurator.engine.features.model import ROOT, FeatureModel, Group
from configurator.engine.features.source import fault

Clause = list[int]
_PAIRWISE = 5
"""Up to so many members, "at most one" is said of each pair."""

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
    for constraint in (*model.background, *model.constraints):
        writer.part(constraint.line, constraint.text)
        writer.require(constraint.formula)
    found = writer.done()
    found.until = _until(model)
    return found


def _until(model: FeatureModel) -> list[int]:
    until = list(range(1, model.count + 2))
    for group in sorted(model.groups, key=lambda group: group.members[0], reverse=True):
        until[group.parent] = max(until[group.parent], *(until[member] for member in group.members))
    return until


def _said(group: Group, names: Sequence[str]) -> str:
    members = ", ".join(names[member] for member in group.members[:6]) + (", …" if len(group.members) > 6 else "")
    if len(group.members) == 1:
        return f"{names[group.parent]}: {'mandatory' if group.low else 'optional'} {members}"
    return f"{names[group.parent]}: [{group.low}..{group.high}] of {members}"


class _Writer:
    def __init__(self, features: int, hidden: int, counted: bool) -> None:
        self._found = Clauses(features, features + hidden)
        self._counted = counted
        self.add = self._found.clauses.append

    def part(self, line: int, text: str) -> None:
        if self._found.parts:
            self._found.ends.append(len(self._found.clauses))
        self._found.parts.append(Part(line, text))

    def done(self) -> Clauses:
        if self._found.parts:
            self._found.ends.append(len(self._found.clauses))
        return self._found

    def _new(self) -> int:
        self._found.top += 1
        return self._found.top

    def group(self, group: Group) -> None:
        parent, members = group.parent, list(group.members)
        for member in members:
            self.add([-member, parent])
        if group.low == len(members):
            for member in members:
                self.add([-parent, member])
        elif group.low == 1:
            self.add([-parent, *members])
        elif group.low > 1:
            self._at_most([-member for member in members], len(members) - group.low, [-parent])
        if group.high < min(len(members), 1_000_000):
            self._at_most(members, group.high, [])

    def _at_most(self, literals: list[int], most: int, guard: Clause) -> None:
        """At most ``most`` of the literals, or one of ``guard``: Sinz's sequential counter (CP 2005)."""
        if most < 0:
            self.add(list(guard))
            return
        if most == 0:
            for literal in literals:
                self.add([*guard, -literal])
            return
        if most == 1 and len(literals) <= _PAIRWISE:
            for place, first in enumerate(literals):
                for second in literals[place + 1 :]:
                    self.add([*guard, -first, -second])
            return
        before: list[int] = []
        for place, literal in enumerate(literals):
            if len(before) == most and place:
                self.add([*guard, -literal, -before[-1]])
            if place == len(literals) - 1:
                return
            now = [self._new() for _ in range(min(most, place + 1))]
            self.add([-literal, now[0]])
            if self._counted:
                self._no_more(literal, before, now)
            for count, counted in enumerate(before):
                self.add([-counted, now[count]])
                if count + 1 < len(now):
                    self.add([-literal, -counted, now[count + 1]])
            before = now

    def _no_more(self, literal: int, before: list[int], now: list[int]) -> None:
        """The counter counts nothing but the literals."""
        for count, counts in enumerate(now):
            same = [before[count]] if count < len(before) else []
            self.add([-counts, literal, *same])
            if count:
                self.add([-counts, before[count - 1]])

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
                found = self._new()
                self.add([-found, *either])
                for literal in either:
                    self.add([found, -literal])
                return found
            case Same(left, right):
                first, second, found = self._literal(left), self._literal(right), self._new()
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
        true = self._new()
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
                having, lacking, found = reached(most - weight), reached(most), self._new()
                self.add([-found, lacking, literal])
                self.add([-found, having])
                self.add([found, -lacking])
                self.add([found, -literal, -having])
                known[most] = found
        return known[total.least]
