"""The questions a design asks of its family: what is possible, why not, what then, what does it cost."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Literal

from configurator.engine import completion
from configurator.engine.asking import Asking
from configurator.engine.budget import affordable
from configurator.engine.columns import Columns
from configurator.engine.decisions import NONE, Change, Decision, Decisions, OutOfRange, changed, ordered, out_of_range
from configurator.engine.family.family import Family
from configurator.engine.manufacture import Manufacture
from configurator.engine.possibilities import Possibilities, Run, numbers_instead, possibilities, possible_values, values_instead
from configurator.engine.price import Pricing
from configurator.engine.product import Product
from configurator.engine.reasons import Doubt, Reason, reason, reasons, repairs
from configurator.engine.recent import Recent
from configurator.engine.solver.encoding import Encoding, encode
from configurator.engine.solver.lease import Lease
from configurator.engine.words import refused
from contracts.problems import DecisionRefused, FieldProblem, InvalidInput

Status = Literal["decided", "forced", "open", "excluded"]
REMEMBERED = 512
"""States that a compiled family keeps."""


@dataclass(frozen=True)
class Repair:
    """Own decisions to give up."""

    give_up: tuple[Decision, ...]


@dataclass(frozen=True)
class Explanation:
    """Why a value is forced or excluded. ``reason`` is None for what is open or decided, ``repairs`` are the smallest sets to give up."""

    name: str
    status: Status
    reason: Reason | None
    repairs: tuple[Repair, ...]


@dataclass(frozen=True)
class State:
    """What is true after some decisions; equal for equal decisions, whatever led to them.

    ``numbers`` of a dimension with an own decision say what could stand in its place. They are worked out when somebody looks.
    """

    decisions: Decisions
    statuses: Mapping[str, Status]
    numbers: "Numbers"
    reference: Product


class Numbers(Mapping[str, tuple[Run, ...]]):
    """Dimension → the exact set of its numbers, as runs; each is asked for once. Threads that ask at once get equal answers."""

    def __init__(self, names: Iterable[str], ask: Callable[[str], tuple[Run, ...]]) -> None:
        self._names = tuple(names)
        self._ask = ask
        self._known: dict[str, tuple[Run, ...]] = {}

    def __getitem__(self, name: str) -> tuple[Run, ...]:
        if name not in self._known:
            if name not in self._names:
                raise KeyError(name)
            self._known[name] = self._ask(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class CompiledFamily:
    """A family ready to be asked: immutable and shared by threads; each question leases a solver for itself."""

    def __init__(self, encoding: Encoding) -> None:
        self.family: Family = encoding.family
        self.manufacture = Manufacture(encoding.family)
        self.pricing = Pricing(encoding.family)
        self.asking = Asking(encoding.family)
        self.encoding = encoding
        self._columns = Columns(encoding)
        self._idle: list[Lease] = []
        self._states: Recent[State] = Recent(REMEMBERED)
        self._reasons: Recent[Mapping[str, Reason]] = Recent(REMEMBERED)
        self._lock = Lock()

    @contextmanager
    def _leased(self) -> Iterator[Lease]:
        with self._lock:
            lease = self._idle.pop() if self._idle else None
        if lease is None:
            lease = Lease(self.encoding)
        try:
            yield lease
        finally:
            with self._lock:
                self._idle.append(lease)

    def possibilities(self, decisions: Decisions) -> Possibilities | None:
        """What every product that agrees with the decisions has and lacks; None when there is no such product."""
        with self._leased() as lease:
            return possibilities(self._columns, lease, decisions)

    def state(self, decisions: Decisions) -> State:
        """The full state of a design. The decisions must go together (``decide`` sees to it)."""
        return self._states.get(decisions, lambda: self._counted(decisions))

    def _counted(self, decisions: Decisions) -> State:
        with self._leased() as lease:
            return self._computed(lease, decisions)

    def _computed(self, lease: Lease, decisions: Decisions) -> State:
        strict = possible_values(self._columns, lease, decisions)
        reference = completion.nearest(self._columns, lease, decisions)
        if strict is None or reference is None:
            raise ValueError("the decisions cannot be had together")
        possible, forced = strict
        statuses: dict[str, Status] = {}
        own = {each.name: each.value for each in decisions}
        for option in self.family.options.values():
            names = [f"{option.name}.{value}" for value in option.values]
            replaceable: frozenset[str] = frozenset()
            if option.single and any(own.get(name) is True for name in names):
                replaceable = values_instead(self._columns, lease, decisions, option.name)
            for name in names:
                if own.get(name) is True:
                    statuses[name] = "decided"
                elif name in forced:
                    statuses[name] = "forced"
                elif name in possible or (name in replaceable and name not in own):
                    statuses[name] = "open"
                else:
                    statuses[name] = "excluded"
        numbers = Numbers(self.family.dimensions, lambda name: self._numbers(decisions, name))
        return State(decisions, statuses, numbers, reference)

    def _numbers(self, decisions: Decisions, name: str) -> tuple[Run, ...]:
        with self._leased() as lease:
            return numbers_instead(self._columns, lease, decisions, name)

    def decide(self, decisions: Decisions, changes: Sequence[Change], *, replacing: bool = True) -> Decisions:
        """The decisions after the changes, all or nothing.

        Raises InvalidInput, UnitMismatch, DecisionRefused with the reasons and the repairs.
        """
        try:
            wanted = changed(self.family, decisions, changes, replacing=replacing)
        except OutOfRange as beyond:
            with self._leased() as lease:
                numbers = numbers_instead(self._columns, lease, decisions, beyond.dimension.name)
            raise out_of_range(beyond.dimension, nearest_numbers(numbers, beyond.number)) from None
        with self._leased() as lease:
            if self._can(lease, wanted):
                return wanted
            raise self._refusal(lease, decisions & wanted, wanted - decisions)

    def conflict(self, decisions: Decisions) -> Reason | None:
        """Why the decisions cannot be had together; None when they can."""
        with self._leased() as lease:
            return None if self._can(lease, decisions) else reason(self._columns, lease, decisions, ())

    def _can(self, lease: Lease, decisions: Decisions) -> bool:
        return lease.holds(self._columns.all_assumptions(decisions))

    def _refusal(self, lease: Lease, kept: Decisions, new: Decisions) -> DecisionRefused:
        family = self.family
        why = reason(self._columns, lease, kept | new, [])
        ways = repairs(self._columns, lease, kept, new, [])
        nearest: list[dict[str, object]] = []
        for each in ordered(new, family):
            if each.name in family.dimensions:
                numbers = numbers_instead(self._columns, lease, kept | new, each.name)
                unit = family.dimensions[each.name].unit
                nearest.extend({"set": each.name, "value": value, "unit": unit} for value in nearest_numbers(numbers, int(each.value)))
        return refused(family, ordered(new, family), why, ways, nearest)

    def explain(self, decisions: Decisions, name: str, value: int | None = None, *, replacing: bool = True) -> Explanation:
        """Why an option value is forced or excluded, or why a dimension cannot have ``value``; ``replacing`` as in ``decide``.

        Raises InvalidInput for an unknown name.
        """
        if name in self.family.dimensions and value is not None and value in self.family.dimensions[name].domain:
            wanted = Decision(name, value)
        elif name in self._columns.of_value:
            wanted = Decision(name, True)
        else:
            raise InvalidInput(errors=(FieldProblem("/name", "configurator.field.unknown_option", {"name": name}),))
        if replacing and wanted in decisions:
            return Explanation(name, "decided", None, ())
        others, literals = self._others(decisions, wanted) if replacing else decisions, self._columns.assumptions(wanted)
        with self._leased() as lease:
            if not lease.holds([*self._columns.all_assumptions(others), *literals]):
                status: Status = "excluded"
            elif wanted.value is True and not lease.holds([*self._columns.all_assumptions(decisions), -literals[0]]):
                status, others, literals = "forced", decisions, [-literals[0]]
            else:
                return Explanation(name, "open", None, ())
            ways = repairs(self._columns, lease, others, NONE, literals)
            shown = replacing and wanted.value is True
            why = self.reasons(decisions)[name] if shown else reason(self._columns, lease, others, literals)
        return Explanation(name, status, why, tuple(Repair(each) for each in ways))

    def reasons(self, decisions: Decisions) -> Mapping[str, Reason]:
        """Why, for every option value that is excluded or forced."""
        return self._reasons.get(decisions, lambda: self._explained(decisions))

    def _explained(self, decisions: Decisions) -> Mapping[str, Reason]:
        doubts = []
        for name, status in self.state(decisions).statuses.items():
            literal = self._columns.variables[self._columns.of_value[name]]
            if status == "excluded":
                doubts.append(Doubt(name, self._others(decisions, Decision(name, True)), (literal,)))
            elif status == "forced":
                doubts.append(Doubt(name, decisions, (-literal,)))
        return reasons(self._columns, doubts)

    def _others(self, decisions: Decisions, wanted: Decision) -> Decisions:
        """The decisions without the one whose place the wanted takes."""
        return frozenset(each for each in decisions if not self._replaced(each, wanted))

    def _replaced(self, own: Decision, wanted: Decision) -> bool:
        """Whether having the wanted takes the own decision's place."""
        if own.name == wanted.name:
            return own.value is not False
        option = own.name.partition(".")[0]
        same = option == wanted.name.partition(".")[0] and option in self.family.options
        return same and self.family.options[option].single and own.value is True

    def with_each(self, decisions: Decisions, names: Sequence[str]) -> dict[str, Product]:
        """For each option value: the reference product after choosing it. Values that cannot be chosen are left out."""
        products = self.with_decided(decisions, [Decision(name, True) for name in names])
        return {wanted.name: product for wanted, product in products.items()}

    def with_decided(self, decisions: Decisions, wishes: Iterable[Decision]) -> dict[Decision, Product]:
        """For each wish alone: the reference product after deciding it. What cannot be had is left out."""
        found = {}
        with self._leased() as lease:
            for wanted in wishes:
                product = completion.nearest(self._columns, lease, self._others(decisions, wanted) | {wanted})
                if product is not None:
                    found[wanted] = product
        return found

    def affordable(self, decisions: Decisions, products: Mapping[Decision, Product], most: int) -> frozenset[Decision]:
        """Of what may be decided, as ``with_decided`` gave it: what some product has that agrees and costs at most ``most`` with tax.

        Exact. Measures that are not decided stay as in the reference product after deciding.
        """
        most_net = self.pricing.net_of(most)
        found = set()
        with self._leased() as lease:
            for wanted, product in products.items():
                assumptions = self._columns.all_assumptions(self._others(decisions, wanted) | {wanted})
                assumptions += completion.measures_as(self._columns, product)
                if self.pricing.total(product) <= most or affordable(self._columns, lease, assumptions, most_net):
                    found.add(wanted)
        return frozenset(found)

    def close_to(self, decisions: Decisions, wanted: Iterable[Decision], product: Product) -> dict[Decision, Product]:
        """For each alone: a product that has it, keeps the other decisions, and is otherwise as near to ``product`` as can be had."""
        found = {}
        with self._leased() as lease:
            for each in wanted:
                near = completion.close_to(self._columns, lease, self._others(decisions, each) | {each}, product)
                if near is not None:
                    found[each] = near
        return found

    def descended(self, decisions: Decisions, start: Product, score: Callable[[Sequence[Product]], Sequence[tuple[int, ...]]]) -> Product:
        """A product of a low score (not proved least), looked for from ``start``, which agrees with the decisions."""
        with self._leased() as lease:
            return completion.descended(self._columns, lease, decisions, start, score)

    def having(self, decisions: Decisions, wishes: Sequence[Decision]) -> Product | None:
        """The decisions with what can be had of the wishes, earlier ones first, completed nearest to the default.

        None when the decisions cannot be had together.
        """
        with self._leased() as lease:
            return completion.having(self._columns, lease, decisions, wishes)

    def reference(self, decisions: Decisions) -> Product:
        """The decisions completed nearest to the family's default."""
        return self.state(decisions).reference

    def cheapest(self, decisions: Decisions, *, keep_measures: bool = True) -> Product:
        """A product of the least price, proved. ``keep_measures``: measures that are not decided stay as in the reference."""
        reference = self.reference(decisions)
        with self._leased() as lease:
            further = completion.measures_as(self._columns, reference) if keep_measures else []
            found = completion.cheapest(self._columns, lease, decisions, further)
        return found or reference

    def least(self, decisions: Decisions, score: Callable[[Sequence[Product]], Sequence[tuple[int, int]]]) -> Product:
        """A product of a low score (not proved least); measures that are not decided stay as in the reference."""
        reference = self.reference(decisions)
        with self._leased() as lease:
            further = completion.measures_as(self._columns, reference)
            return completion.best_of(self._columns, lease, decisions, further, score) or reference

    def decisions_for(self, decisions: Decisions, product: Product) -> Decisions:
        """The decisions with everything else decided as the product has it; measures and what is asked for are not decided for anyone."""
        decided = {each.name.partition(".")[0] for each in decisions if each.value is not False}
        found = set(decisions)
        for option, values in product.chosen.items():
            if self.family.options[option].ask is not None:
                continue
            found |= {Decision(f"{option}.{value}", True) for value in values}
        for name, dimension in self.family.dimensions.items():
            if not dimension.measure and name not in decided:
                found.add(Decision(name, product.numbers[name]))
        return frozenset(found)


def compile_family(family: Family) -> CompiledFamily:
    """The family ready to be asked. Raises SourceInvalid for a rule that is too fine."""
    return CompiledFamily(encode(family))


def neighbours(runs: Sequence[Run], number: int) -> tuple[int | None, int | None]:
    """The next values of the runs below and above a number."""
    values = [value for low, high, step in runs for value in range(low, high + 1, step)]
    below = max((value for value in values if value < number), default=None)
    return below, min((value for value in values if value > number), default=None)


def nearest_numbers(runs: Sequence[Run], wanted: int) -> list[int]:
    """The nearest values of the runs: below and above."""
    below = [low + (min(high, wanted) - low) // step * step for low, high, step in runs if low <= wanted]
    above = [max(low, low - (low - wanted) // step * step) for low, high, step in runs if high >= wanted]
    return sorted({*sorted(below)[-1:], *sorted(above)[:1]} - {wanted})
