"""What one system calls machines, reason codes, units and machine states, and what that is here; pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from contracts.problems import FieldProblem, InvalidInput
from contracts.units import Unit
from contracts.work_order import MachineState, MachineStateReport, MeasurementReport, Report
from mes_bridge.engine.reasons import REASONS

NameKind = Literal["machine", "reason", "unit", "state"]
KINDS: tuple[NameKind, ...] = get_args(NameKind)
UNITS: tuple[str, ...] = get_args(Unit)
STATES: tuple[str, ...] = get_args(MachineState)
LONGEST = 80
MOST = 500
"""Names of one kind."""


@dataclass(frozen=True)
class Vocabulary:
    """``names``: by kind, theirs → ours. A name that is not in it stands for itself."""

    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sets_aside: bool = False
    """The system uses names of its own: an unknown unit or state is set aside to be mapped, not refused."""

    def ours(self, kind: NameKind, theirs: str) -> str:
        return self.names.get(kind, {}).get(theirs, theirs)

    def theirs(self, machine: str) -> str | None:
        """What the system calls a machine of ours; None: as we do."""
        return next((theirs for theirs, ours in self.names.get("machine", {}).items() if ours == machine), None)

    def report(self, told: Report) -> Report:
        """In our names."""
        return told.model_copy(update={"machine": self._maybe("machine", told.machine), "reason": self._maybe("reason", told.reason)})

    def measurement(self, told: MeasurementReport) -> MeasurementReport:
        return told.model_copy(update={"unit": self.ours("unit", told.unit)})

    def machine_state(self, told: MachineStateReport) -> MachineStateReport:
        changes = {
            "machine": self.ours("machine", told.machine),
            "state": self.ours("state", told.state),
            "reason": self._maybe("reason", told.reason),
        }
        return told.model_copy(update=changes)

    def mapped(self, kind: NameKind, theirs: str, ours: str, known: Collection[str]) -> "Vocabulary":
        """With one more name, or another meaning of one. ``known``: what ``ours`` may be. Raises InvalidInput."""
        given = dict(self.names.get(kind, {}))
        if not 0 < len(theirs) <= LONGEST or not theirs.isprintable():
            raise _wrong("/theirs", "names.name_needed", most=LONGEST)
        if ours not in known:
            raise _wrong("/ours", "names.ours_unknown", name=ours[:LONGEST])
        if theirs in known:
            raise _wrong("/theirs", "names.is_ours", name=theirs)
        if kind == "machine" and any(each == ours and name != theirs for name, each in given.items()):
            raise _wrong("/ours", "names.machine_taken", name=ours)
        if theirs not in given and len(given) >= MOST:
            raise _wrong("/theirs", "names.too_many", most=MOST)
        given[theirs] = ours
        return Vocabulary({**self.names, kind: given}, True)

    def without(self, kind: NameKind, theirs: str) -> "Vocabulary":
        given = {name: ours for name, ours in self.names.get(kind, {}).items() if name != theirs}
        return Vocabulary({**self.names, kind: given}, self.sets_aside)

    def _maybe(self, kind: NameKind, theirs: str | None) -> str | None:
        return None if theirs is None else self.ours(kind, theirs)


def fixed(kind: NameKind) -> tuple[str, ...] | None:
    """Our names of a kind; None for machines, which are the plant's."""
    return {"reason": REASONS, "unit": UNITS, "state": STATES}.get(kind)


def _wrong(pointer: str, message: str, **params: object) -> InvalidInput:
    return InvalidInput(errors=(FieldProblem(pointer, message, dict(params)),))
