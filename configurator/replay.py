"""What a file of decisions does to a family, step by step: the documents that `lotone configurator` prints."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from configurator.engine.configurator import CompiledFamily
from configurator.engine.decisions import NONE, Change, Decisions
from configurator.engine.possibilities import Possibilities
from contracts.problems import DecisionRefused, FieldProblem, InvalidInput, UnitMismatch
from contracts.texts import Message, Text

Document = dict[str, Any]
_CHANGES: TypeAdapter[list[Change]] = TypeAdapter(list[Change])


def read_changes(text: str) -> list[Change]:
    """The decisions of a JSON file. Raises InvalidInput."""
    try:
        return _CHANGES.validate_json(text)
    except ValidationError as wrong:
        fault = wrong.errors(include_url=False)[0]
        pointer = "".join(
            f"/{step}" for step in fault["loc"] if isinstance(step, int) or step in ("select", "deselect", "set", "retract", "value")
        )
        raise InvalidInput(errors=(FieldProblem(pointer, "field.invalid"),)) from None


class Replay:
    """Decisions one after the other; here nothing takes another's place: what does not go with all before it is refused."""

    def __init__(self, compiled: CompiledFamily) -> None:
        self.compiled = compiled
        self.decisions: Decisions = NONE

    def step(self, change: Change) -> tuple[bool, Text | None]:
        """Whether the decision is accepted, and why not."""
        try:
            self.decisions = self.compiled.decide(self.decisions, [change], replacing=False)
        except DecisionRefused as refused:
            reason: Text = refused.params["reason"]
            return False, reason
        except UnitMismatch as mismatch:
            return False, Message(id="problem.unit-mismatch.detail", params=mismatch.params)
        except InvalidInput as unknown:
            return False, Message(id=unknown.errors[0].message, params=unknown.errors[0].params)
        return True, None

    def run(self, changes: Sequence[Change]) -> list[tuple[Change, bool, Text | None, Possibilities, float]]:
        """Every step with the state after it and the milliseconds that both took."""
        found = []
        for change in changes:
            began = time.perf_counter()
            accepted, reason = self.step(change)
            state = possibilities_of(self.compiled, self.decisions)
            found.append((change, accepted, reason, state, 1000 * (time.perf_counter() - began)))
        return found


def possibilities_of(compiled: CompiledFamily, decisions: Decisions) -> Possibilities:
    """The strict state; of a family without any product everything is forced and impossible at once."""
    found = compiled.possibilities(decisions)
    return found if found is not None else Possibilities(frozenset(), frozenset(), {})


def analysis(compiled: CompiledFamily, seconds: float) -> Document:
    """What holds before any decision."""
    found = compiled.possibilities(NONE)
    names = names_of(compiled)
    return {
        "features": len(names),
        "constraints": len(compiled.family.rules),
        "satisfiable": found is not None,
        "core": sorted(found.forced) if found is not None else [],
        "dead": sorted(set(names) - found.possible) if found is not None else names,
        "seconds": round(seconds, 3),
    }


def step_document(
    compiled: CompiledFamily, change: Change, accepted: bool, reason: str | None, state: Possibilities, ms: float
) -> Document:
    """One step as it is printed."""
    names = names_of(compiled)
    return {
        "decision": change.model_dump(mode="json"),
        "accepted": accepted,
        "reason": reason,
        "forced": sorted(state.forced),
        "excluded": sorted(set(names) - state.possible),
        "open": len(state.possible) - len(state.forced),
        "dimensions": {name: [list(run) for run in runs] for name, runs in state.numbers.items()},
        "milliseconds": round(ms, 3),
    }


def explanation(compiled: CompiledFamily, decisions: Decisions, name: str) -> Document:
    """Why a feature is forced or excluded. Raises InvalidInput for an unknown name."""
    found = compiled.explain(decisions, name, replacing=False)
    reason = found.reason
    return {
        "feature": name,
        "status": found.status,
        "decisions": [] if reason is None else [each.name for each in reason.decisions],
        "rules": [] if reason is None else [{"line": rule.line, "text": rule.say.en} for rule in reason.rules],
        "repairs": [[each.name for each in repair.give_up] for repair in found.repairs],
    }


def completion(compiled: CompiledFamily, decisions: Decisions) -> Document:
    """The cheapest product that agrees with the decisions; ``value`` is its net price in minor units."""
    began = time.perf_counter()
    product = compiled.cheapest(decisions, keep_measures=False)
    return {
        "selected": sorted(f"{option}.{value}" for option, values in product.chosen.items() for value in values),
        "dimensions": dict(product.numbers),
        "value": compiled.pricing.price(product).net.amount,
        "proved": True,
        "seconds": round(time.perf_counter() - began, 3),
    }


def names_of(compiled: CompiledFamily) -> list[str]:
    """Every feature: the values of the options."""
    return sorted(f"{option.name}.{value}" for option in compiled.family.options.values() for value in option.values)


def percentiles(milliseconds: Sequence[float]) -> Mapping[str, float]:
    """The p50, p95 and max of some times; zeros when there are none."""
    ordered = sorted(milliseconds) or [0.0]
    return {
        "p50": round(ordered[len(ordered) // 2], 3),
        "p95": round(ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)], 3),
        "max": round(ordered[-1], 3),
    }
