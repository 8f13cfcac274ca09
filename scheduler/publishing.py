"""How a plan is made anew and published: counted outside any transaction, checked, and written only while it still fits."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from contracts.access import SYSTEM
from contracts.events import PlanPublished
from contracts.model import Contract, Instant
from contracts.plan import OperationKey, OperationState
from contracts.texts import Message
from ledger.unit_of_work import Ledger
from scheduler.change import PUBLISH, Change, changing, difference
from scheduler.engine.calendar import OvertimeDay, local_day
from scheduler.engine.dayplan import DayPlan
from scheduler.engine.operations import Operation, Placement, seconds_of
from scheduler.engine.replan import repair
from scheduler.engine.sequencing import dispatch
from scheduler.engine.validator import violations
from scheduler.live_plan import FIRM, LivePlan, head_of, ordered_of
from scheduler.reasons import RISK, published
from scheduler.releasing import release_due
from scheduler.snapshot import Snapshot, Supposition, snapshot_of
from scheduler.stopwatch import stopwatch
from scheduler.tables import PlanVersionRow
from scheduler.telling import REPLANNED

TRIES = 2
"""Plans that would break a kept promise are made again with more weight on it, so often; then the repaired old plan stands."""
CATCH_UPS = 5
"""A plan that meets changes made meanwhile is merged with them and checked again, so often outside the lock."""


@dataclass(frozen=True)
class Candidate:
    """Places for all operations, and the overtime they need."""

    places: Mapping[OperationKey, Placement]
    overtime: frozenset[OvertimeDay]
    figures: Mapping[str, int]


class PlanVersion(Contract):
    """A published plan: its number, when and why."""

    version: int
    at: Instant
    reason: Message


class Publisher:
    """Makes and publishes plans of one plant."""

    def __init__(self, ledger: Ledger, live: LivePlan, time_limit_s: float) -> None:
        self._ledger, self._live, self._time_limit_s = ledger, live, time_limit_s

    def run(self, reason: Message) -> int:
        """Plan from the present state and publish; the new version's number."""
        begun = self._snapshot()
        candidate = self._planned(begun, resequence=reason.id == RISK)
        for _ in range(CATCH_UPS):
            now = self._snapshot()
            merged = _merged(begun, now, candidate)
            version = self._published(now, merged, reason, only_at=now.seq)
            if version is not None:
                return version
        version = self._published(begun, candidate, reason, only_at=None)
        assert version is not None
        return version

    def what_if(self, supposed: Supposition) -> tuple[Snapshot, Candidate, Candidate]:
        """The plan as it stands, made anew, and made anew if something were otherwise; nothing is published."""
        at = self._snapshot()
        return at, self._planned(at, resequence=False), self._planned(at.supposing(supposed), resequence=False)

    def _snapshot(self) -> Snapshot:
        now_s = seconds_of(self._ledger.clock.now())
        with self._ledger.reading() as session, self._live.read(session, now_s) as book:
            head = head_of(session, self._live.plant)
            return snapshot_of(book, now_s).with_ordered(ordered_of(head, local_day(book.plant, now_s)))

    def _planned(self, at: Snapshot, resequence: bool) -> Candidate:
        """A plan that keeps every promise which the repaired old one keeps, or the repaired old one.

        ``resequence``: when another sequence within the days as decided takes orders out of danger, the days are not decided anew.
        PuLP comes with pandas and OR-Tools, a second to import: only the process that plans pays for them.
        """
        from scheduler.engine.planning import plan_days

        old = _kept(at, at.places, at.overtime)
        kept_broken = at.broken(old.places)
        frozen = _frozen(at, old, kept_broken)
        if resequence:
            new = _sequenced(at, frozen, _as_decided(at, old), old)
            if new is not None and not at.broken(new.places) - kept_broken and len(at.at_risk(new.places)) < len(at.at_risk(old.places)):
                return new
        weights: dict[str, int] = {}
        for _ in range(TRIES):
            operations = [replace(entry, weight=weights.get(entry.order, entry.weight)) for entry in frozen]
            day_plan = plan_days(at.plant, operations, at.now_s, at.breakdowns, stopwatch(self._time_limit_s))
            new = _sequenced(at, operations, replace(day_plan, overtime=day_plan.overtime | _overtime_in_use(at, old) | at.ordered), old)
            if new is None:
                return old
            worse = at.broken(new.places) - kept_broken
            if not worse:
                return new
            weights |= dict.fromkeys(worse, 100)
        return old

    def _published(self, at: Snapshot, candidate: Candidate, reason: Message, only_at: int | None) -> int | None:
        with self._ledger.transaction(SYSTEM) as transaction:
            with changing(transaction, self._live, PUBLISH, str(reason.id)) as change:
                if only_at is not None and change.book.seq != only_at:
                    return None
                if only_at is None:
                    candidate = _merged(at, snapshot_of(change.book, change.now_s).with_ordered(at.ordered), candidate)
                version = _write(change, candidate, reason)
            release_due(transaction, self._live)
            return version


def _kept(at: Snapshot, places: Mapping[OperationKey, Placement], overtime: frozenset[OvertimeDay]) -> Candidate:
    """The places repaired around what has happened."""
    plant = at.plant
    repaired = repair(plant, at.operations, places.values(), at.now_s, plant.planning.repair_threshold_s, overtime, at.breakdowns)
    return Candidate({**places, **{entry.key: entry for entry in repaired.placements}}, overtime, {})


def _sequenced(at: Snapshot, operations: Sequence[Operation], day_plan: DayPlan, old: Candidate) -> Candidate | None:
    """The operations in the day plan's days, to the second; None when one finds no place or the validator objects."""
    placements = dispatch(at.plant, operations, day_plan, at.now_s, None, at.breakdowns)
    figures = {"overtime_s": day_plan.overtime_s} if day_plan.days else {}
    new = Candidate({entry.key: entry for entry in placements}, day_plan.overtime, figures)
    if not new.places.keys() >= old.places.keys():
        return None
    return None if violations(at.plant, at.operations, placements, new.overtime, at.breakdowns) else new


def _as_decided(at: Snapshot, old: Candidate) -> DayPlan:
    """What was decided about overtime and the partner, for whichever day; the days themselves are left to the sequence."""
    partnered: defaultdict[str, set[str]] = defaultdict(set)
    for place in old.places.values():
        if at.plant.machines[place.machine].partner is not None:
            partnered[at.plant.machines[place.machine].group].add(place.order)
    return DayPlan(days=(), overtime=old.overtime, partnered={group: frozenset(orders) for group, orders in partnered.items()})


def _frozen(at: Snapshot, old: Candidate, late: set[str]) -> list[Operation]:
    """Within the frozen horizon nothing moves, nor what a planner holds with what it waits for; what the shop already has moves only
    for an order that is late."""
    held = _held(at.operations)
    horizon_s = at.now_s + at.plant.planning.frozen_horizon_h * 3600
    result = []
    for operation in at.operations:
        place = old.places.get(operation.key)
        near = place is not None and place.setup_start_s <= horizon_s
        given = operation.state is OperationState.RELEASED and operation.order not in late
        if operation.placement is None and place is not None and operation.open and (near or given or operation.key in held):
            operation = replace(operation, placement=replace(place, fixed=True))
        result.append(operation)
    return result


def _held(operations: Sequence[Operation]) -> set[OperationKey]:
    """What planners hold, and all that it waits for."""
    after = {operation.key: operation.after for operation in operations}
    held: set[OperationKey] = set()
    todo = [operation.key for operation in operations if operation.pinned]
    while todo:
        key = todo.pop()
        if key not in held:
            held.add(key)
            todo += after.get(key, ())
    return held


def _overtime_in_use(at: Snapshot, old: Candidate) -> frozenset[OvertimeDay]:
    """Overtime already decided for days on which something of the old plan is frozen or given out."""
    days = {(at.plant.machines[place.machine].group, local_day(at.plant, place.start_s)) for place in old.places.values()}
    return frozenset(entry for entry in old.overtime if (entry.group, entry.day) in days)


def _merged(begun: Snapshot, now: Snapshot, candidate: Candidate) -> Candidate:
    """The candidate with everything inserted again that happened since its snapshot.

    The repaired live plan instead, when that would break a promise which the live plan keeps.
    """
    if now.seq == begun.seq and now.now_s == begun.now_s:
        return candidate
    places = {key: candidate.places.get(key, place) if now.changed_at[key] <= begun.seq else place for key, place in now.places.items()}
    merged = _kept(now, places, candidate.overtime | now.overtime)
    merged = replace(merged, figures=candidate.figures)
    plain = _kept(now, now.places, now.overtime)
    if now.broken(merged.places) - now.broken(plain.places):
        return plain
    if any(merged.places[each.key] != plain.places[each.key] for each in now.operations if each.pinned and each.key in plain.places):
        return plain
    if violations(now.plant, now.operations, merged.places.values(), merged.overtime, now.breakdowns):
        return plain
    return merged


def _write(change: Change, candidate: Candidate, reason: Message) -> int:
    head = change.head
    head.version += 1
    head.overtime = sorted([entry.group, entry.day.isoformat()] for entry in candidate.overtime)
    change.version = head.version
    moved = difference(change, candidate.places.values())
    change.place(moved)
    change.settle(moved, {}, REPLANNED)
    fresh = _introduce(change)
    reason = published(reason, fresh)
    late = len(snapshot_of(change.book, change.now_s).broken(candidate.places))
    figures = {**candidate.figures, "moved": len(moved), "new": len(fresh), "orders": len(change.book.promises), "late": late}
    change.session.add(
        PlanVersionRow(
            plant=head.plant,
            version=head.version,
            at_s=change.now_s,
            seq=change.seq,
            reason=reason.model_dump(mode="json"),
            figures=figures,
        )
    )
    change.transaction.emit(PlanPublished(plant=head.plant, version=head.version, at=change.transaction.now, reason=reason))
    return head.version


def _introduce(change: Change) -> list[str]:
    """Orders that stand in a published plan for the first time."""
    fresh = [order for order, promise in change.book.promises.items() if promise.state == FIRM and promise.planned_version == 0]
    rows = [row for row in change.reservations(fresh) if row.planned_version == 0]
    for row in rows:
        change.planned(row)
    return [row.order for row in rows]
