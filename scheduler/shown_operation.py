"""What is an operation, where does it stand, and what may a planner do to it?"""

from collections.abc import Collection

from sqlmodel import Session

from contracts.model import Contract, Instant
from contracts.plan import OperationKey, OperationState
from contracts.problems import NotFound
from contracts.texts import Localised, Message
from scheduler.by_hand import LOCK, MOVE, done_by_hand, last_hold
from scheduler.engine.moving import eligible, may_not_move, standstill
from scheduler.engine.operations import WAITING, instant
from scheduler.live_plan import Book
from scheduler.outcome import DoneByHand
from scheduler.standing import Standing, standing_of
from scheduler.tables import OperationRow


class ShownOperation(Contract):
    """An operation of the live plan."""

    operation: str
    order: str
    label: Localised
    attempt: int
    group: Localised
    machine: str
    person: str | None
    setup_start_at: Instant
    start_at: Instant
    end_at: Instant
    state: OperationState
    machines: tuple[str, ...]
    """On which it may run."""
    stays: Message | None
    """Why no planner can move it; null when one can."""
    locked: DoneByHand | None
    """Who holds it in its place, and why."""
    seq: int


def shown_operation(session: Session, book: Book, key: OperationKey, now_s: int, in_hand: Collection[OperationKey]) -> ShownOperation:
    """Raises NotFound."""
    standing = book.standings.get(key) or _left(session, book, key)
    operation, place = standing.operation, standing.place
    last = last_hold(session, key) if operation.pinned else None
    return ShownOperation(
        operation=str(key),
        order=standing.order,
        label=operation.label,
        attempt=key.attempt,
        group=book.plant.groups[operation.machine_group].label,
        machine=place.machine,
        person=place.person,
        setup_start_at=instant(place.setup_start_s),
        start_at=instant(place.start_s),
        end_at=instant(place.end_s),
        state=standing.state,
        machines=eligible(book.plant, operation),
        stays=_stays(book, key, standing.state, now_s, in_hand),
        locked=done_by_hand(last) if last is not None and last.kind in (MOVE, LOCK) else None,
        seq=book.seq,
    )


def _stays(book: Book, key: OperationKey, state: OperationState, now_s: int, in_hand: Collection[OperationKey]) -> Message | None:
    if key not in book.standings:
        return Message(id=f"scheduler.move.{state.value}")
    return may_not_move(book.laid, key, standstill(book.laid, now_s, in_hand), in_hand)


def _left(session: Session, book: Book, key: OperationKey) -> Standing:
    """One that is no longer in the plan, as it was left: the history of changes still leads to it."""
    row = session.get(OperationRow, str(key))
    if row is None or row.plant != book.plant.plant or row.state in WAITING:
        raise NotFound("operation", str(key))
    return standing_of(row, 0)
