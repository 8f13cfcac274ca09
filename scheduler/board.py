"""What does the planner's board show: machines, operations, orders, load and key figures, whole or since a change?"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from sqlmodel import Session, col, func, select

from contracts.model import Contract, Instant
from contracts.plan import OperationState
from contracts.texts import Localised, Message
from scheduler.by_hand import changes_since, done_by_hand
from scheduler.engine import explain
from scheduler.engine.calendar import Stretch, local_day, local_s
from scheduler.engine.delivery import promised_at
from scheduler.engine.moving import frozen_until_s
from scheduler.engine.opening import open_on
from scheduler.engine.operations import DAY_S, GONE, instant
from scheduler.engine.plant import Plant
from scheduler.live_plan import FIRM, Book, Promise
from scheduler.outcome import DoneByHand
from scheduler.standing import Standing, standing_of
from scheduler.tables import OperationRow, ReservationRow

PAST_S = 2 * DAY_S
"""How far back the board looks."""
LOAD_DAYS = 14
NEAR_DAYS = 3
"""Working days, today included, over which the figures take the load."""


class BoardMachine(Contract):
    machine: str
    group: str
    off: tuple[dict[str, Instant], ...]
    """Stretches in which it does not work: closed, holiday, maintenance, down."""


class LoadDay(Contract):
    day: date
    start_at: Instant
    end_at: Instant
    capacity_s: int
    used_s: int
    percent: int


class BoardGroup(Contract):
    group: str
    label: Localised
    load: tuple[LoadDay, ...]


class BoardOperation(Contract):
    key: str
    order: str
    piece: str
    name: str
    label: Localised
    machine: str
    person: str | None
    setup_start_at: Instant
    start_at: Instant
    end_at: Instant
    state: OperationState
    paused: bool
    late: bool
    after: tuple[str, ...]
    attempt: int
    """From the second on it is a rework or remake of one that is no longer in the plan."""
    locked: bool
    """A planner holds it in its place."""


class BoardOrder(Contract):
    order: str
    promised_at: Instant
    expected_at: Instant
    finish_at: Instant
    due_at: Instant
    """The latest finish that keeps the promise: the last pick-up that is delivered by the promised date."""
    late: bool
    slack_s: int
    """From ``finish_at`` to ``due_at``; negative: late by that."""


class Figures(Contract):
    late: int
    """Not finished and planned to finish too late; what is finished waits for its carrier and is no work for a planner."""
    open: int
    """Placed and not finished; what only waits for its payment is none."""
    wip: int
    """Pieces begun and not finished."""
    kept_percent: int | None
    """Finished orders that kept the promise last agreed; None before the first."""
    busiest: str
    """The group with most load today and the next two working days."""
    busiest_percent: int


class Board(Contract):
    """The live plan at ``seq``.

    Of a change, ``operations`` are those it touched and ``machines`` come only when hours changed; the rest is whole.
    """

    plant: str
    label: Localised
    time_zone: str
    version: int
    seq: int
    now: Instant
    machines: tuple[BoardMachine, ...] | None
    groups: tuple[BoardGroup, ...]
    operations: tuple[BoardOperation, ...]
    orders: tuple[BoardOrder, ...]
    gone: tuple[str, ...]
    """Operations that are no longer in the plan."""
    frozen_until: Instant
    """What begins until then is moved no more."""
    by_hand: tuple[DoneByHand, ...]
    """Of a change: what planners changed or took back since, the oldest first."""
    figures: Figures


class WayStep(Contract):
    key: str
    label: Localised
    attempt: int
    machine: str
    group: Localised
    person: str | None
    setup_start_at: Instant
    start_at: Instant
    end_at: Instant
    state: OperationState
    slack_s: int | None
    critical: bool


class WayCause(Contract):
    """Seconds of the deciding chain that go to one cause."""

    cause: str
    seconds: int
    operation: str
    because: Message


class Way(Contract):
    """An order's whole way through the plant, the runs that failed and were made again among its operations."""

    order: str
    promised_at: Instant
    expected_at: Instant
    finish_at: Instant
    due_at: Instant
    """The latest finish that keeps the promise: the last pick-up that is delivered by the promised date."""
    late: bool
    slack_s: int
    """From ``finish_at`` to ``due_at``; negative: late by that."""
    operations: tuple[WayStep, ...]
    causes: tuple[WayCause, ...]
    specifications: tuple[str, ...]
    """Hashes of what is made, each once."""


def board_of(session: Session, book: Book, now_s: int, since: int | None) -> Board:
    """The whole board, or what changed after ``since``."""
    plant = book.plant
    late = {order for order, promise in book.promises.items() if promise.finish_s > promise.due_s}
    shown = [standing for standing in book.standings.values() if since is None or standing.seq > since]
    loads = {group: _load(book, group, now_s) for group in plant.groups}
    return Board(
        plant=plant.plant,
        label=plant.label,
        time_zone=plant.time_zone,
        version=book.version,
        seq=book.seq,
        now=instant(now_s),
        machines=_machines(book, now_s) if since is None or book.reopened_seq > since else None,
        groups=tuple(BoardGroup(group=group, label=entry.label, load=loads[group]) for group, entry in plant.groups.items()),
        operations=tuple(_operation(standing, standing.order in late) for standing in shown),
        orders=tuple(_order(plant, promise) for _, promise in sorted(book.promises.items())),
        gone=_gone(session, plant.plant, since) if since is not None else (),
        frozen_until=instant(frozen_until_s(plant, now_s)),
        by_hand=tuple(done_by_hand(row) for row in changes_since(session, plant.plant, since)) if since is not None else (),
        figures=_figures(session, book, loads, len(late)),
    )


def way_of(session: Session, book: Book, promise: Promise, now_s: int) -> Way:
    """An order's operations by start, with slack, the chain that decides its finish and where that chain's time goes."""
    plant = book.plant
    living = book.of_order(promise.order)
    runs = [*living, *_given_up(session, promise, living)]
    standings = sorted(runs, key=lambda run: (_begin(run), run.key.sequence, run.key.attempt))
    found = explain.way(
        plant,
        book.operations(),
        book.places(),
        promise.order,
        now_s,
        book.overtime,
        book.breakdowns,
    )
    chain = set(found.critical) if found else set()
    slack = found.slack_s if found else {}
    order = _order(plant, promise)
    return Way(
        order=order.order,
        promised_at=order.promised_at,
        expected_at=order.expected_at,
        finish_at=order.finish_at,
        due_at=order.due_at,
        late=order.late,
        slack_s=order.slack_s,
        causes=tuple(
            WayCause(cause=cause.kind, seconds=cause.seconds, operation=str(cause.key), because=cause.because)
            for cause in (found.causes if found else ())
        ),
        specifications=tuple(dict.fromkeys(standing.specification_sha256 for standing in standings)),
        operations=tuple(
            WayStep(
                key=str(standing.key),
                label=standing.operation.label,
                attempt=standing.key.attempt,
                machine=standing.place.machine,
                group=plant.groups[standing.operation.machine_group].label,
                person=standing.place.person,
                setup_start_at=instant(standing.place.setup_start_s),
                start_at=instant(_begin(standing)),
                end_at=instant(_end(standing)),
                state=standing.state,
                slack_s=slack.get(standing.key) if standing.open else None,
                critical=standing.key in chain,
            )
            for standing in standings
        ),
    )


def _given_up(session: Session, promise: Promise, living: Iterable[Standing]) -> Iterable[Standing]:
    """Earlier runs of the order's operations; the plan no longer counts with them."""
    made_again = {(standing.key.piece, standing.key.sequence) for standing in living}
    query = select(OperationRow).where(OperationRow.order == promise.order, OperationRow.state == OperationState.SCRAPPED)
    return [standing_of(row, promise.due_s) for row in session.exec(query) if (row.piece, row.sequence) in made_again]


def _begin(standing: Standing) -> int:
    """When it began or will; of one that was reported done without its start, as long before that as it should take."""
    if standing.began_s is not None:
        return standing.began_s
    if standing.ended_s is not None:
        return min(standing.place.start_s, standing.ended_s - standing.operation.run_s)
    return standing.place.start_s


def _end(standing: Standing) -> int:
    if standing.ended_s is not None:
        return standing.ended_s
    return max(standing.place.end_s, _begin(standing))


def _operation(standing: Standing, late: bool) -> BoardOperation:
    return BoardOperation(
        key=str(standing.key),
        order=standing.order,
        piece=standing.key.piece,
        name=standing.operation.name,
        label=standing.operation.label,
        machine=standing.place.machine,
        person=standing.place.person,
        setup_start_at=instant(min(standing.place.setup_start_s, _begin(standing))),
        start_at=instant(_begin(standing)),
        end_at=instant(_end(standing)),
        state=standing.state,
        paused=standing.paused,
        late=late,
        after=tuple(str(key) for key in standing.operation.after),
        attempt=standing.key.attempt,
        locked=standing.operation.pinned,
    )


def _order(plant: Plant, promise: Promise) -> BoardOrder:
    return BoardOrder(
        order=promise.order,
        promised_at=instant(promise.promised_s),
        expected_at=instant(promised_at(plant, promise.finish_s, promise.country)),
        finish_at=instant(promise.finish_s),
        due_at=instant(promise.due_s),
        late=promise.finish_s > promise.due_s,
        slack_s=promise.due_s - promise.finish_s,
    )


def _horizon(book: Book, now_s: int) -> tuple[int, int]:
    end = max((standing.place.end_s for standing in book.standings.values()), default=now_s)
    return max(book.index.from_s, now_s - PAST_S), min(book.index.to_s, max(end + DAY_S, now_s + LOAD_DAYS * DAY_S))


def _machines(book: Book, now_s: int) -> tuple[BoardMachine, ...]:
    from_s, to_s = _horizon(book, now_s)
    return tuple(
        BoardMachine(machine=name, group=machine.group, off=tuple(_closed(book.index.calendar.machine(name), from_s, to_s)))
        for name, machine in sorted(book.plant.machines.items())
    )


def _closed(windows: Iterable[Stretch], from_s: int, to_s: int) -> Iterable[dict[str, Instant]]:
    at = from_s
    for start, end in windows:
        if end <= from_s or start >= to_s:
            continue
        if start > at:
            yield {"from": instant(at), "to": instant(start)}
        at = max(at, end)
    if at < to_s:
        yield {"from": instant(at), "to": instant(to_s)}


def _load(book: Book, group: str, now_s: int) -> tuple[LoadDay, ...]:
    """Seconds taken of what the group's own machines and qualified people can do, by day of the plant."""
    plant = book.plant
    taken = [(place.setup_start_s, place.end_s, 1) for machine in plant.machines_of[group] for place in book.index.on_machine(machine)]
    able = [(entry.start_s, entry.end_s, entry.machines) for entry in book.staffed[group]]
    first = local_day(plant, now_s)
    edges = [local_s(plant, first + timedelta(days=number), 0) for number in range(LOAD_DAYS + 1)]
    capacity, used = _by_day(able, edges), _by_day(taken, edges)
    return tuple(
        LoadDay(
            day=first + timedelta(days=number),
            start_at=instant(edges[number]),
            end_at=instant(edges[number + 1]),
            capacity_s=capacity[number],
            used_s=used[number],
            percent=100 * used[number] // capacity[number] if capacity[number] else 0,
        )
        for number in range(LOAD_DAYS)
    )


def _by_day(stretches: Iterable[tuple[int, int, int]], edges: list[int]) -> dict[int, int]:
    """Machine seconds of each day: of stretches from, to, machines."""
    seconds: defaultdict[int, int] = defaultdict(int)
    for start, end, machines in stretches:
        for number in range(max(0, bisect_right(edges, start) - 1), len(edges) - 1):
            low, high = max(start, edges[number]), min(end, edges[number + 1])
            if high <= low:
                break
            seconds[number] += machines * (high - low)
    return seconds


def _gone(session: Session, plant: str, since: int) -> tuple[str, ...]:
    query = select(OperationRow.key).where(OperationRow.plant == plant, OperationRow.seq > since, col(OperationRow.state).in_(GONE))
    return tuple(session.exec(query).all())


def _figures(session: Session, book: Book, loads: Mapping[str, tuple[LoadDay, ...]], late: int) -> Figures:
    plant = book.plant
    begun = {standing.key.piece for standing in book.standings.values() if standing.operation.begun and standing.order in book.promises}
    done = select(func.count()).select_from(ReservationRow).where(ReservationRow.plant == plant.plant, ReservationRow.state == "done")
    finished = session.exec(done).one()
    kept = session.exec(done.where(col(ReservationRow.told_s) <= col(ReservationRow.promised_s))).one()
    near = {group: [day for day in days if open_on(plant, day.day)][:NEAR_DAYS] for group, days in loads.items()}
    capacity = {group: sum(day.capacity_s for day in days) for group, days in near.items()}
    used = {group: sum(day.used_s for day in days) for group, days in near.items()}
    percent = {group: 100 * used[group] // capacity[group] if capacity[group] else 0 for group in near}
    busiest = max(percent, key=lambda group: percent[group])
    return Figures(
        late=late,
        open=sum(promise.state == FIRM for promise in book.promises.values()),
        wip=len(begun),
        kept_percent=100 * kept // finished if finished else None,
        busiest=busiest,
        busiest_percent=percent[busiest],
    )
