"""What is asked of a feature model file: the documents that `lotone configurator` prints for UVL and DIMACS."""

import io
import math
import time
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from configurator.counting import number_of_products, number_of_solutions
from configurator.engine.configurator import CompiledFamily
from configurator.engine.decisions import Change, Deselect, Retract, Select, SetNumber
from configurator.engine.features.clauses import Clauses, clauses_of
from configurator.engine.features.components import base_of
from configurator.engine.features.count import Number
from configurator.engine.features.dimacs import read_dimacs, write_dimacs
from configurator.engine.features.model import FeatureModel
from configurator.engine.features.reasons import Reasons
from configurator.engine.features.source import fault
from configurator.engine.features.states import States
from configurator.engine.features.uvl import read_uvl
from configurator.engine.features.uvl_write import write_uvl
from configurator.engine.solver.encoding import Encoding
from configurator.replay import percentiles
from contracts.problems import FieldProblem, InvalidInput

Document = dict[str, Any]
SUFFIXES = (".uvl", ".dimacs", ".cnf")


class Questions:
    """A model that is asked."""

    def __init__(self, model: FeatureModel) -> None:
        self.model = model
        self.numbers = model.numbers()
        self.clauses: Clauses = clauses_of(model)

    @cached_property
    def states(self) -> States:
        """Made when decisions are asked about."""
        return States(self.clauses)

    @cached_property
    def reasons(self) -> Reasons:
        """Made when somebody asks why."""
        return Reasons(self.clauses)

    def analysis(self) -> Document:
        base = base_of(self.clauses)
        return {
            "features": self.model.count,
            "constraints": len(self.model.constraints),
            "satisfiable": base.satisfiable,
            "core": self._names(base.core),
            "dead": self._names(base.dead) if base.satisfiable else sorted(self.model.names[1:]),
        }

    def replay(self, changes: Sequence[Change]) -> Document:
        """Decisions one after the other; one that leaves nothing is refused and changes nothing."""
        self.reasons.prepare()
        _ = self.states
        decisions: list[int] = []
        steps: list[Document] = []
        for change in changes:
            began = time.perf_counter()
            reason, decisions = self.decided(decisions, change)
            state = self.states.after(decisions)
            ms = 1000 * (time.perf_counter() - began)
            forced, excluded = state if state is not None else (frozenset(), frozenset(range(1, self.model.count + 1)))
            steps.append(
                {
                    "decision": change.model_dump(mode="json"),
                    "accepted": reason is None,
                    "reason": reason,
                    "forced": self._names(forced),
                    "excluded": self._names(excluded),
                    "open": self.model.count - len(forced) - len(excluded),
                    "dimensions": {},
                    "milliseconds": round(ms, 3),
                }
            )
        return {"features": self.model.count, "steps": steps, "milliseconds": percentiles([step["milliseconds"] for step in steps])}

    def decided(self, decisions: list[int], change: Change) -> tuple[str | None, list[int]]:
        """(why it is refused, the decisions after it)"""
        match change:
            case Retract(retract=name):
                number = self.numbers.get(name)
                return (f"no feature {name}" if number is None else None), [each for each in decisions if abs(each) != number]
            case Select(select=name) | Deselect(deselect=name):
                number = self.numbers.get(name)
                if number is None:
                    return f"no feature {name}", decisions
                literal = number if isinstance(change, Select) else -number
                if literal in decisions:
                    return None, decisions
                wanted = [*decisions, literal]
                if -literal in decisions:
                    return f"{name} is decided the other way", decisions
                return (None, wanted) if self.states.after(wanted) is not None else (self._why(decisions, literal), decisions)
            case SetNumber(set=name):
                return f"no dimension {name}", decisions

    def _why(self, decisions: Sequence[int], literal: int) -> str:
        document = self._explained(decisions, abs(literal))
        causes = [*document["decisions"], *(f"line {rule['line']}: {rule['text']}" for rule in document["rules"])]
        return "; ".join(causes)

    def after(self, changes: Sequence[Change]) -> tuple[list[int], list[str]]:
        """(the decisions that are accepted, why the others are not)"""
        decisions: list[int] = []
        refused = []
        for change in changes:
            reason, decisions = self.decided(decisions, change)
            if reason is not None:
                refused.append(f"{change.model_dump_json()}: {reason}")
        return decisions, refused

    def explanation(self, decisions: Sequence[int], name: str) -> Document:
        """Raises InvalidInput for an unknown name."""
        number = self.numbers.get(name)
        if number is None:
            raise InvalidInput(errors=(FieldProblem("/name", "configurator.unknown.feature", {"name": name}),))
        return self._explained(decisions, number)

    def _explained(self, decisions: Sequence[int], number: int) -> Document:
        found = self.reasons.of(decisions, number)
        return {
            "feature": self.model.names[number],
            "status": found.status,
            "decisions": [self.model.names[abs(literal)] for literal in found.decisions],
            "rules": [{"line": part.line, "text": part.text} for part in found.parts],
            "repairs": [[self.model.names[abs(literal)] for literal in repair] for repair in found.repairs],
        }

    def completion(self, decisions: Sequence[int], attribute: str) -> Document:
        """The least sum of an attribute over the chosen features; a feature without it adds nothing."""
        from configurator.engine.features.cheapest import cheapest

        given = {feature: value for feature, each in self.model.attributes.items() if isinstance(value := each.get(attribute), Fraction)}
        scale = math.lcm(*(value.denominator for value in given.values())) if given else 1
        try:
            found = cheapest(self.states, {feature: int(value * scale) for feature, value in given.items()}, decisions)
        except TimeoutError:
            return {"selected": [], "value": None, "proved": False}
        if found is None:
            return {"selected": [], "value": None, "proved": True}
        value = Fraction(found.value, scale)
        document: Document = {
            "selected": self._names(found.chosen),
            "value": int(value) if value.denominator == 1 else float(value),
            "proved": found.proved,
        }
        return document if found.proved else document | {"bound": float(Fraction(found.bound, scale))}

    def count(self, time_limit_s: float) -> Document:
        """The number of products; where the time does not suffice, a number that there are at least."""
        return number_document(number_of_products(self.model, time_limit_s))

    def left_out(self, suffix: str) -> list[str]:
        """What the model says and the written file does not, in sentences."""
        told = list(self.model.left_out)
        if suffix != ".uvl":
            told += [f"how often {self.model.names[feature]} is there" for feature in self.model.cardinalities]
            told += ["attributes of features"] if self.model.attributes else []
        return told

    def written(self, suffix: str) -> str:
        """The model as UVL or DIMACS, with as many solutions as products as long as no feature has a value of its own."""
        return write_uvl(self.model) if suffix == ".uvl" else write_dimacs(self.model.names, clauses_of(self.model, counted=True))

    def _names(self, features: frozenset[int]) -> list[str]:
        return sorted(self.model.names[feature] for feature in features)


def count_family(compiled: CompiledFamily, time_limit_s: float) -> Document:
    """The combinations of a family's options for which there are dimensions."""
    found, hidden = solutions_of(compiled.encoding)
    return number_document(number_of_solutions(found, hidden, time_limit_s))


def solutions_of(encoding: Encoding) -> tuple[Clauses, frozenset[int]]:
    """A family with its rules as clauses over its values, and the variables that do not follow from them."""
    features = len([name for name in encoding.values if name[1]])
    switched_on = [[switch] for switch in encoding.rules.values()]
    found = Clauses(features, encoding.top, [*map(list, encoding.clauses), *switched_on], until=list(range(1, features + 2)))
    return found, frozenset(range(features + 1, encoding.top + 1))


def number_document(number: Number) -> Document:
    """``products``, or what there is at least."""
    if not number.missing:
        return {"products": number.at_least, "exact": True}
    return {"products": None, "exact": False, "at_least": number.at_least, "features_not_counted": list(number.missing)}


def read_model(file: Path) -> FeatureModel:
    """Imports are looked for beside the file. Raises SourceInvalid, OSError."""
    written = file.read_bytes()
    try:
        # As lines of any system.
        text = io.StringIO(written.decode("utf-8-sig"), newline=None).read()
    except UnicodeDecodeError as wrong:
        before = written[: wrong.start].decode("utf-8-sig", errors="replace").splitlines() or [""]
        raise fault(len(before), len(before[-1]) + 1, "encoding") from wrong
    if file.suffix.lower() == ".uvl":
        return read_uvl(text, lambda name: file.parent.joinpath(*name.split(".")).with_suffix(".uvl").read_text(encoding="utf-8-sig"))
    return read_dimacs(text)
