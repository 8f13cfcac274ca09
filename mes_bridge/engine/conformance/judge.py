"""The whole table of checks, and what comes of holding a record against it."""

from dataclasses import dataclass
from typing import Literal

from contracts.texts import Message
from mes_bridge.engine.conformance.changes import CHANGES
from mes_bridge.engine.conformance.check import Chapter, Check, Fault
from mes_bridge.engine.conformance.ground import GROUND
from mes_bridge.engine.conformance.once import ONCE
from mes_bridge.engine.conformance.record import Record
from mes_bridge.engine.conformance.round_trip import ROUND_TRIP

Outcome = Literal["passed", "failed", "blocked", "not_shown"]
CHECKS: tuple[Check, ...] = (*GROUND, *ROUND_TRIP, *ONCE, *CHANGES)


@dataclass(frozen=True)
class Judged:
    """``blocked_by``: the failed check that explains this one, and is to be put right first. ``why``: of what could not be tried."""

    id: str
    chapter: Chapter
    outcome: Outcome
    faults: tuple[Fault, ...] = ()
    blocked_by: str | None = None
    why: Message | None = None


class Judging:
    """Checks one after the other, each held against what was red before it."""

    def __init__(self) -> None:
        self.judged: list[Judged] = []
        self._causes: dict[str, str] = {}
        self._untried: dict[str, Message] = {}

    def add(self, name: str, chapter: Chapter, needs: tuple[str, ...], faults: tuple[Fault, ...], *, shown: bool) -> None:
        """Red is what has faults: failed, or blocked by a failed one that it needs."""
        if not faults:
            self.judged.append(Judged(name, chapter, "passed" if shown else "not_shown"))
            return
        cause = self.cause(needs)
        self._causes[name] = cause or name
        self.judged.append(Judged(name, chapter, "failed" if cause is None else "blocked", faults, cause))

    def skip(self, name: str, chapter: Chapter, cause: str | None) -> None:
        """What was not tried: for a red check that it needs, or because nobody wanted it."""
        if cause is not None:
            self._causes[name] = cause
        self.judged.append(Judged(name, chapter, "not_shown" if cause is None else "blocked", (), cause))

    def leave(self, name: str, chapter: Chapter, why: Message) -> None:
        """What could not be tried, and with it all that needs it: nothing is known of them."""
        self._untried[name] = why
        self.judged.append(Judged(name, chapter, "not_shown", why=why))

    def why_untried(self, needs: tuple[str, ...]) -> Message | None:
        """Why the first of those was left that was."""
        return next((self._untried[need] for need in needs if need in self._untried), None)

    def cause(self, needs: tuple[str, ...]) -> str | None:
        """The failed check behind the first red one of those."""
        return next((self._causes[need] for need in needs if need in self._causes), None)


def judge(record: Record) -> tuple[Judged, ...]:
    """Every check in the order of the table."""
    judging = Judging()
    for check in CHECKS:
        judging.add(check.id, check.chapter, check.needs, tuple(check.faults(record)), shown=check.shown(record))
    return tuple(judging.judged)


def conforms(judged: tuple[Judged, ...]) -> bool:
    """Nothing is red."""
    return all(each.outcome in {"passed", "not_shown"} for each in judged)
