"""What if some groups worked overtime? Tried on the plan as it stands, shown beside it, then adopted or discarded."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from pydantic import Field
from sqlmodel import Session

from contracts.access import SYSTEM
from contracts.model import Contract, Instant
from contracts.plan import OperationKey
from contracts.problems import FieldProblem, InvalidInput, NotFound, TransitionRefused
from contracts.texts import Localised
from contracts.units import Money
from ledger.identifiers import new_id
from ledger.unit_of_work import Ledger, LedgerTransaction
from scheduler.engine.calendar import OvertimeDay, hours_on, local_day
from scheduler.engine.capacity import CapacityIndex
from scheduler.engine.delivery import promised_at
from scheduler.engine.operations import WAITING, Placement, instant, seconds_of
from scheduler.engine.plant import Plant
from scheduler.engine.replan import finishes_of
from scheduler.live_plan import FIRM, LivePlan, head_of
from scheduler.publishing import Publisher
from scheduler.reasons import adopted
from scheduler.replanning import PLAN, ordered
from scheduler.snapshot import Snapshot
from scheduler.tables import ScenarioRow

TRY = "scheduler.scenario"
"""Job kind: try a scenario; key: its identifier."""
ASKED, TRIED, ADOPTED, DISCARDED = "asked", "tried", "adopted", "discarded"
LONGEST_DAYS = 31


class OvertimeSpan(Contract):
    """A group works overtime on every day between two that has hours for it."""

    group: str = Field(max_length=64)
    first: date
    last: date


class PlanFigures(Contract):
    """What a plan comes to."""

    late: int
    """Placed orders that it finishes after their promise."""
    late_by_s: int
    """By how much, all together."""
    overtime_s: int
    """Machine time in overtime."""
    cost: Money
    """Of that time."""


class ScenarioPromise(Contract):
    """An order whose expected date would be another one."""

    order: str
    promised_at: Instant
    expected_now_at: Instant
    expected_anew_at: Instant
    expected_then_at: Instant


class Comparison(Contract):
    """The plan as it stands, made anew without the scenario, and with it."""

    now: PlanFigures
    anew: PlanFigures
    then: PlanFigures
    moved: int
    """Operations that would stand elsewhere than now."""
    promises: tuple[ScenarioPromise, ...]
    """Whose date the scenario changes against the plan made anew, the most helped first."""
    tried_at: Instant


class ShownOvertime(Contract):
    group: str
    label: Localised
    day: date


class Scenario(Contract):
    """A question to the plan, and its answer once it was tried."""

    scenario: str
    name: str
    by: str
    at: Instant
    state: str
    """``asked``, ``tried``, ``adopted`` or ``discarded``."""
    overtime: tuple[ShownOvertime, ...]
    outcome: Comparison | None


def ask(transaction: LedgerTransaction, live: LivePlan, name: str, spans: Sequence[OvertimeSpan]) -> tuple[str, str]:
    """Note the question and have it tried; the scenario and its job. Raises InvalidInput."""
    plant = live.plant_now(transaction.session)
    days = _days(plant, spans, local_day(plant, seconds_of(transaction.now)))
    row = ScenarioRow(
        id=new_id("scenario"),
        plant=live.plant,
        at_s=seconds_of(transaction.now),
        person=transaction.actor.id,
        name=transaction.actor.name or transaction.actor.id,
        title=name,
        overtime=[[entry.group, entry.day.isoformat()] for entry in days],
        state=ASKED,
    )
    transaction.session.add(row)
    transaction.audit("scenario.ask", row.id, plant=live.plant, facts={"overtime": row.overtime})
    job = transaction.enqueue(TRY, row.id)
    transaction.outcome({"scenario": row.id, "job": job})
    return row.id, job


def attempt(ledger: Ledger, publisher: Publisher, scenario: str) -> None:
    """Try it, outside any transaction; one that was discarded meanwhile stays so."""
    with ledger.reading() as session:
        row = session.get(ScenarioRow, scenario)
        if row is None or row.state not in (ASKED, TRIED):
            return
        more, plant = overtime_of(row), row.plant
    at, anew, then = publisher.what_if(more)
    outcome = _compared(at, anew.places, then.places)
    with ledger.transaction(SYSTEM) as transaction:
        transaction.lock_plant(plant)
        row = transaction.session.get_one(ScenarioRow, scenario)
        if row.state in (ASKED, TRIED):
            row.state, row.outcome = TRIED, outcome.model_dump(mode="json")
            transaction.session.add(row)


def adopt(transaction: LedgerTransaction, live: LivePlan, scenario: str) -> str:
    """Order the overtime for good and a plan that uses it; the job. Raises NotFound, TransitionRefused."""
    transaction.lock_plant(live.plant)
    row = _row(transaction.session, live.plant, scenario)
    if row.state != TRIED:
        raise TransitionRefused("scenario", row.state, "adopted")
    head = head_of(transaction.session, live.plant, fresh=True)
    days = {(group, day) for group, day in (*head.ordered, *row.overtime)}
    head.ordered = [[group, day] for group, day in sorted(days)]
    row.state = ADOPTED
    transaction.session.add_all((head, row))
    transaction.audit("scenario.adopt", row.id, plant=live.plant, facts={"overtime": row.overtime})
    job = transaction.enqueue(PLAN, live.plant, ordered(adopted(transaction.actor.name or transaction.actor.id, row.title)))
    transaction.outcome({"job": job})
    return job


def discard(transaction: LedgerTransaction, live: LivePlan, scenario: str) -> None:
    """It was only a question. Raises NotFound, TransitionRefused when it was adopted."""
    transaction.lock_plant(live.plant)
    row = _row(transaction.session, live.plant, scenario)
    if row.state == ADOPTED:
        raise TransitionRefused("scenario", row.state, "discarded")
    row.state = DISCARDED
    transaction.session.add(row)
    transaction.audit("scenario.discard", row.id, plant=live.plant)


def scenario_of(session: Session, live: LivePlan, scenario: str) -> Scenario:
    """Raises NotFound."""
    row = _row(session, live.plant, scenario)
    return shown(row, live.plant_now(session))


def shown(row: ScenarioRow, plant: Plant) -> Scenario:
    known = [entry for entry in overtime_of(row) if entry.group in plant.groups]
    return Scenario(
        scenario=row.id,
        name=row.title,
        by=row.name,
        at=instant(row.at_s),
        state=row.state,
        overtime=tuple(ShownOvertime(group=entry.group, label=plant.groups[entry.group].label, day=entry.day) for entry in known),
        outcome=Comparison.model_validate(row.outcome) if row.outcome is not None else None,
    )


def overtime_of(row: ScenarioRow) -> list[OvertimeDay]:
    return [OvertimeDay(group, date.fromisoformat(day)) for group, day in row.overtime]


def _row(session: Session, plant: str, scenario: str) -> ScenarioRow:
    row = session.get(ScenarioRow, scenario)
    if row is None or row.plant != plant:
        raise NotFound("scenario", scenario)
    return row


def _days(plant: Plant, spans: Sequence[OvertimeSpan], today: date) -> list[OvertimeDay]:
    """Every day of the spans that has hours for overtime, each once."""
    days: set[OvertimeDay] = set()
    for number, span in enumerate(spans):
        if span.group not in plant.groups:
            raise InvalidInput(errors=(FieldProblem(f"/overtime/{number}/group", "scheduler.scenario.group"),))
        if not today <= span.first <= span.last < span.first + timedelta(days=LONGEST_DAYS):
            raise InvalidInput(errors=(FieldProblem(f"/overtime/{number}/last", "scheduler.scenario.span", {"days": LONGEST_DAYS}),))
        every = (span.first + timedelta(days=step) for step in range((span.last - span.first).days + 1))
        days |= {OvertimeDay(span.group, day) for day in every if _has_overtime(plant, day)}
    if not days:
        raise InvalidInput(errors=(FieldProblem("/overtime", "scheduler.scenario.none"),))
    return sorted(days, key=lambda entry: (entry.day, entry.group))


def _has_overtime(plant: Plant, day: date) -> bool:
    hours = plant.overtime.hours if plant.overtime is not None else ()
    return any(hours_on(plant, each, day) is not None for each in hours)


def _compared(at: Snapshot, anew: Mapping[OperationKey, Placement], then: Mapping[OperationKey, Placement]) -> Comparison:
    plant = at.plant
    finishes = [finishes_of(plant, places.values()) for places in (at.places, anew, then)]
    promises = []
    for order, promise in sorted(at.promises.items()):
        now_s, anew_s, then_s = (promised_at(plant, finish.get(order, promise.finish_s), promise.country) for finish in finishes)
        if anew_s != then_s:
            promises.append((then_s - anew_s, order, promise.promised_s, now_s, anew_s, then_s))
    return Comparison(
        now=_figures(at, at.places),
        anew=_figures(at, anew),
        then=_figures(at, then),
        moved=sum(_where(place) != _where(at.places[key]) for key, place in then.items() if key in at.places),
        promises=tuple(
            ScenarioPromise(
                order=order,
                promised_at=instant(promised_s),
                expected_now_at=instant(now_s),
                expected_anew_at=instant(anew_s),
                expected_then_at=instant(then_s),
            )
            for _, order, promised_s, now_s, anew_s, then_s in sorted(promises)
        ),
        tried_at=instant(at.now_s),
    )


def _where(place: Placement) -> tuple[str, int]:
    return place.machine, place.start_s


def _figures(at: Snapshot, places: Mapping[OperationKey, Placement]) -> PlanFigures:
    finishes = finishes_of(at.plant, places.values())
    late = [
        finishes[order] - promise.due_s
        for order, promise in at.promises.items()
        if promise.state == FIRM and finishes.get(order, 0) > promise.due_s
    ]
    overtime_s = _overtime_s(at, places.values())
    price = at.plant.overtime.price_minor_per_h if at.plant.overtime is not None else 0
    cost = Money(amount=-(-overtime_s * price // 3600), currency=at.plant.currency)
    return PlanFigures(late=len(late), late_by_s=sum(late), overtime_s=overtime_s, cost=cost)


def _overtime_s(at: Snapshot, places: Iterable[Placement]) -> int:
    """Time of what is still to be done that lies outside of the regular hours."""
    waiting = {operation.key for operation in at.operations if operation.state in WAITING}
    to_s = max((place.end_s for place in at.places.values()), default=at.now_s) + at.plant.planning.horizon_days * 86_400
    index = CapacityIndex(at.plant, at.now_s - 86_400, to_s, (), at.breakdowns)
    return sum(place.end_s - place.setup_start_s for place in places if place.key in waiting and not index.is_open(place))
