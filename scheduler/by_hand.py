"""What did planners change by hand, who, when and why?"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session, col, or_, select

from contracts.access import Principal
from contracts.plan import OperationKey
from contracts.texts import Localised
from ledger.identifiers import new_id
from scheduler.change import Change
from scheduler.engine.operations import Placement, instant, seconds_of
from scheduler.outcome import DoneByHand, MovedPromise
from scheduler.standing import Standing
from scheduler.tables import PlannerChangeRow

MOVE, LOCK, UNLOCK, RUSH, UNDO = "move", "lock", "unlock", "rush", "undo"


def last_own(session: Session, plant: str, planner: Principal) -> PlannerChangeRow | None:
    """What an undo of the planner would take back."""
    own = select(PlannerChangeRow).where(PlannerChangeRow.plant == plant, PlannerChangeRow.person == planner.id)
    return session.exec(own.where(col(PlannerChangeRow.undone_s).is_(None)).order_by(col(PlannerChangeRow.seq).desc()).limit(1)).first()


def last_hold(session: Session, key: OperationKey) -> PlannerChangeRow | None:
    """The change that locked or unlocked the operation last."""
    of = select(PlannerChangeRow).where(PlannerChangeRow.operation == str(key), col(PlannerChangeRow.undone_s).is_(None))
    return session.exec(of.order_by(col(PlannerChangeRow.seq).desc()).limit(1)).first()


def changes_since(session: Session, plant: str, seq: int) -> list[PlannerChangeRow]:
    """What planners changed or took back after a number of the plant's log, oldest first."""
    later = or_(col(PlannerChangeRow.seq) > seq, col(PlannerChangeRow.undone_seq) > seq)
    query = select(PlannerChangeRow).where(PlannerChangeRow.plant == plant, later)
    return list(session.exec(query.order_by(col(PlannerChangeRow.seq))).all())


def done_by_hand(row: PlannerChangeRow) -> DoneByHand:
    return DoneByHand(
        change=row.id,
        at=instant(row.at_s),
        by=row.name,
        kind=row.kind,
        operation=row.operation,
        order=row.order,
        label=Localised.model_validate(row.label),
        machine_before=row.machine_before,
        machine=row.machine,
        start_before_at=instant(row.start_before_s),
        start_at=instant(row.start_s),
        reason=row.reason,
        undone=row.undone_s is not None,
    )


def recorded(
    change: Change,
    kind: str,
    standing: Standing,
    place: Placement,
    reason: str,
    promises: Iterable[MovedPromise],
    places: Mapping[OperationKey, Placement],
) -> PlannerChangeRow:
    actor, book = change.transaction.actor, change.book
    row = PlannerChangeRow(
        id=new_id("change"),
        plant=change.plant.plant,
        seq=change.seq,
        at_s=change.now_s,
        person=actor.id,
        name=actor.name or actor.id,
        kind=kind,
        operation=str(standing.key),
        order=standing.order,
        label={"en": standing.operation.label.en, "zh": standing.operation.label.zh},
        machine_before=standing.place.machine,
        start_before_s=standing.place.start_s,
        machine=place.machine,
        start_s=place.start_s,
        reason=reason,
        places=[{"key": str(key), "before": stored(book.standings[key].place), "after": stored(new)} for key, new in places.items()],
        promises=[
            {"order": each.order, "before_s": seconds_of(each.expected_before_at), "after_s": seconds_of(each.expected_at)}
            for each in promises
        ],
        pinned_before=standing.operation.pinned,
    )
    change.session.add(row)
    return row


def pin(change: Change, key: OperationKey, pinned: bool) -> None:
    row = change.rows([key])[key]
    row.pinned = pinned
    change.touch(row)


def touches(row: PlannerChangeRow) -> set[str]:
    return {row.operation, *(entry["key"] for entry in row.places)}


def stored(place: Placement) -> list[Any]:
    return [place.machine, place.person, place.setup_start_s, place.start_s, place.end_s]
