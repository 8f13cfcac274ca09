"""What if? A question is tried on the plan as it stands, shown beside it, adopted or discarded; what was adopted can be taken back."""

from collections.abc import Callable
from typing import Any

from sqlmodel import Session, col, select

from contracts.access import SYSTEM, Principal
from contracts.listing import Part, Question
from contracts.model import Contract, Instant
from contracts.problems import NotFound, TransitionRefused
from contracts.texts import Message
from ledger.identifiers import new_id
from ledger.unit_of_work import Ledger, LedgerTransaction
from scheduler import listing, reasons
from scheduler.change import Change, changing
from scheduler.comparing import Comparison, compared
from scheduler.engine.calendar import local_day
from scheduler.engine.operations import instant, seconds_of
from scheduler.engine.plant import Plant
from scheduler.listing import ListedScenario
from scheduler.live_plan import LivePlan
from scheduler.ordered_overtime import ADOPTED, order_overtime, take_back_overtime
from scheduler.publishing import Publisher
from scheduler.replanning import PLAN, ordered
from scheduler.reports import absorb, machine_down
from scheduler.supposing import (
    Asked,
    ShownOvertime,
    ShownShift,
    ShownStop,
    shown_overtime,
    shown_shifts,
    shown_stops,
    stored,
    supposition_of,
)
from scheduler.supposing import supposed as supposed_from
from scheduler.tables import BlockedRow, ScenarioRow
from scheduler.telling import REPLANNED

TRY = "scheduler.scenario"
"""Job kind: try a scenario; key: its identifier."""
ASKED, TRIED, DISCARDED, WITHDRAWN = "asked", "tried", "discarded", "withdrawn"
BESIDE = 4
"""Scenarios that are shown beside another one, at most."""


class Scenario(Contract):
    """A question to the plan, and its answer once it was tried."""

    scenario: str
    name: str
    by: str
    at: Instant
    state: str
    """``asked``, ``tried``, ``adopted``, ``discarded``, or ``withdrawn`` after it was adopted."""
    overtime: tuple[ShownOvertime, ...]
    stops: tuple[ShownStop, ...]
    shifts: tuple[ShownShift, ...]
    outcome: Comparison | None


class Scenarios:
    """The use cases; one transaction each."""

    def __init__(self, ledger: Ledger, live: LivePlan, publisher: Publisher) -> None:
        self._ledger, self._live, self._publisher = ledger, live, publisher

    def ask(self, name: str, asked: Asked, planner: Principal) -> tuple[str, str]:
        """A scenario to be tried; its identifier and its job's. Raises InvalidInput."""
        with self._ledger.transaction(planner) as transaction:
            return ask(transaction, self._live, name, asked)

    def again(self, scenario: str, planner: Principal) -> str:
        """Have it tried on the plan as it stands by now; the job. Raises NotFound, TransitionRefused."""
        with self._ledger.transaction(planner) as transaction:
            return again(transaction, self._live, scenario)

    def attempt(self, scenario: str) -> None:
        """Try it, outside any transaction; one that was discarded meanwhile stays so."""
        with self._ledger.reading() as session:
            row = session.get(ScenarioRow, scenario)
            if row is None or row.state not in (ASKED, TRIED):
                return
            supposition, plant = supposition_of(row), row.plant
        at, anew, then = self._publisher.what_if(supposition)
        outcome = compared(at, anew.places, then.places)
        with self._ledger.transaction(SYSTEM) as transaction:
            transaction.lock_plant(plant)
            row = transaction.session.get_one(ScenarioRow, scenario)
            if row.state in (ASKED, TRIED):
                row.state, row.outcome = TRIED, outcome.model_dump(mode="json")
                transaction.session.add(row)

    def shown(self, scenario: str) -> Scenario:
        """Raises NotFound."""
        with self._ledger.reading() as session:
            return shown(_row(session, self._live.plant, scenario), self._live.plant_now(session))

    def beside(self, scenario: str, limit: int = 20) -> list[Scenario]:
        """The other scenarios that were tried, the last one first."""
        with self._ledger.reading() as session:
            plant = self._live.plant_now(session)
            tried = select(ScenarioRow).where(
                ScenarioRow.plant == self._live.plant, ScenarioRow.id != scenario, col(ScenarioRow.state).in_((TRIED, ADOPTED))
            )
            rows = session.exec(tried.order_by(col(ScenarioRow.at_s).desc(), col(ScenarioRow.id)).limit(limit)).all()
            return [shown(row, plant) for row in rows if row.outcome is not None]

    def adopt(self, scenario: str, planner: Principal) -> str:
        """The job of the plan that uses it. Raises NotFound, TransitionRefused."""
        with self._ledger.transaction(planner) as transaction:
            return adopt(transaction, self._live, scenario)

    def discard(self, scenario: str, planner: Principal) -> None:
        """Raises NotFound, TransitionRefused."""
        with self._ledger.transaction(planner) as transaction:
            discard(transaction, self._live, scenario)

    def withdraw(self, scenario: str, planner: Principal) -> str:
        """Take back what was adopted; the job of the plan without it. Raises NotFound, TransitionRefused."""
        with self._ledger.transaction(planner) as transaction:
            return withdraw(transaction, self._live, scenario)

    def listed(self, question: Question) -> Part[ListedScenario]:
        """What planners asked as a list."""
        with self._ledger.reading() as session:
            return listing.scenarios(session, self._live.plant, question)

    def now_s(self) -> int:
        return seconds_of(self._ledger.clock.now())

    def plant(self) -> Plant:
        """Whose groups, machines and shifts can be supposed to be otherwise."""
        with self._ledger.reading() as session:
            return self._live.plant_now(session)


def ask(transaction: LedgerTransaction, live: LivePlan, name: str, asked: Asked) -> tuple[str, str]:
    """Note the question and have it tried; the scenario and its job. Raises InvalidInput."""
    now_s = seconds_of(transaction.now)
    row = ScenarioRow(
        id=new_id("scenario"),
        plant=live.plant,
        at_s=now_s,
        person=transaction.actor.id,
        name=transaction.actor.name or transaction.actor.id,
        title=name,
        overtime=[],
        state=ASKED,
    )
    stored(row, supposed_from(live.plant_now(transaction.session), asked, now_s))
    transaction.session.add(row)
    _audit(transaction, live, "ask", row)
    job = transaction.enqueue(TRY, row.id)
    transaction.outcome({"scenario": row.id, "job": job})
    return row.id, job


def again(transaction: LedgerTransaction, live: LivePlan, scenario: str) -> str:
    transaction.lock_plant(live.plant)
    row = _row(transaction.session, live.plant, scenario)
    if row.state not in (ASKED, TRIED):
        raise TransitionRefused("scenario", row.state, "tried")
    row.state, row.outcome = ASKED, None
    transaction.session.add(row)
    job = transaction.enqueue(TRY, row.id)
    transaction.outcome({"scenario": row.id, "job": job})
    return job


def adopt(transaction: LedgerTransaction, live: LivePlan, scenario: str) -> str:
    """From now on it is so: overtime is ordered, machines stand still, shifts have other hours. What can no longer stand is moved at
    once, and a plan that uses it is ordered; its job. Raises NotFound, TransitionRefused.
    """
    with changing(transaction, live, "scenario", scenario) as change:
        row = _row(transaction.session, live.plant, scenario)
        if row.state != TRIED:
            raise TransitionRefused("scenario", row.state, "adopted")
        head, today = change.head, local_day(change.plant, change.now_s).isoformat()
        order_overtime(head, row.overtime)
        head.shift_changes = [*(each for each in head.shift_changes if each["last"] >= today), *row.shifts]
        row.stops = [_blocked(change, row, *stop) for stop in row.stops if stop[2] > change.now_s]
        row.state = ADOPTED
        transaction.session.add_all((head, row))
        _audit(transaction, live, "adopt", row, change.seq)
    return _planned_with(transaction, live, row, reasons.adopted)


def withdraw(transaction: LedgerTransaction, live: LivePlan, scenario: str) -> str:
    """It is no longer so, from now on: what another adopted scenario wants too stays. Raises NotFound, TransitionRefused."""
    with changing(transaction, live, "scenario", scenario) as change:
        row = _row(transaction.session, live.plant, scenario)
        if row.state != ADOPTED:
            raise TransitionRefused("scenario", row.state, WITHDRAWN)
        head = change.head
        take_back_overtime(transaction.session, head, row.overtime, row.id)
        head.shift_changes = _without(head.shift_changes, row.shifts)
        for machine, from_s, to_s in row.stops:
            blocked = transaction.session.get(BlockedRow, (live.plant, machine, from_s))
            if blocked is not None and to_s > change.now_s:
                blocked.to_s, blocked.seq = max(from_s, min(blocked.to_s, change.now_s)), change.seq
                transaction.session.add(blocked)
        row.state = WITHDRAWN
        transaction.session.add_all((head, row))
        _audit(transaction, live, "withdraw", row, change.seq)
    return _planned_with(transaction, live, row, reasons.withdrawn)


def discard(transaction: LedgerTransaction, live: LivePlan, scenario: str) -> None:
    """It was only a question. Raises NotFound, TransitionRefused when it was adopted."""
    transaction.lock_plant(live.plant)
    row = _row(transaction.session, live.plant, scenario)
    if row.state in (ADOPTED, WITHDRAWN):
        raise TransitionRefused("scenario", row.state, "discarded")
    row.state = DISCARDED
    transaction.session.add(row)
    transaction.audit("scenario.discard", row.id, plant=live.plant)


def shown(row: ScenarioRow, plant: Plant) -> Scenario:
    what = supposition_of(row)
    return Scenario(
        scenario=row.id,
        name=row.title,
        by=row.name,
        at=instant(row.at_s),
        state=row.state,
        overtime=shown_overtime(what, plant),
        stops=shown_stops(what),
        shifts=shown_shifts(what),
        outcome=Comparison.model_validate(row.outcome) if row.outcome is not None else None,
    )


def _planned_with(transaction: LedgerTransaction, live: LivePlan, row: ScenarioRow, why: Callable[[str, str], Message]) -> str:
    """What the changed hours no longer allow is moved; a plan that uses them is ordered."""
    if row.stops or row.shifts:
        with changing(transaction, live, "hours", row.id) as change:
            absorb(change, {}, machine_down(change, row.stops[0][0]) if row.stops and row.state == ADOPTED else REPLANNED, always=True)
    job = transaction.enqueue(PLAN, live.plant, ordered(why(transaction.actor.name or transaction.actor.id, row.title)))
    transaction.outcome({"job": job})
    return job


def _blocked(change: Change, row: ScenarioRow, machine: str, from_s: int, to_s: int) -> list[Any]:
    """Write the machine's stop down, beside whatever stopped it at the same second."""
    while from_s < to_s and change.session.get(BlockedRow, (row.plant, machine, from_s)) is not None:
        from_s += 1
    blocked = BlockedRow(plant=row.plant, machine=machine, from_s=from_s, to_s=to_s, open=False, reason=row.title, seq=change.seq)
    change.session.add(blocked)
    return [machine, from_s, to_s]


def _without(changes: list[dict[str, Any]], taken_back: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each once less, the last one of several alike."""
    left = list(reversed(changes))
    for entry in taken_back:
        if entry in left:
            left.remove(entry)
    return list(reversed(left))


def _audit(transaction: LedgerTransaction, live: LivePlan, deed: str, row: ScenarioRow, seq: int | None = None) -> None:
    facts = {"overtime": row.overtime, "stops": row.stops, "shifts": row.shifts}
    transaction.audit(f"scenario.{deed}", row.id, plant=live.plant, facts=facts if seq is None else {**facts, "seq": seq})


def _row(session: Session, plant: str, scenario: str) -> ScenarioRow:
    row = session.get(ScenarioRow, scenario)
    if row is None or row.plant != plant:
        raise NotFound("scenario", scenario)
    return row
