"""How the audit trail proves that nothing was changed or taken out: rows chained by hashes, a chain a plant."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select, update
from sqlmodel import Session

from contracts.access import SYSTEM
from contracts.model import sha256_of
from ledger.tables import AUDIT, AUDIT_HEAD
from ledger.upsert import inserted

if TYPE_CHECKING:
    from ledger.unit_of_work import Ledger

_START = "0" * 64
_BATCH = 100


@dataclass(frozen=True)
class AuditVerdict:
    """``faults`` name plant and position where a chain breaks; ``unsealed`` rows are not chained yet."""

    sealed: int
    unsealed: int
    faults: tuple[str, ...]


def seal_audit(session: Session, plant: str, count: int = _BATCH) -> int:
    """Chain up to ``count`` rows of the plant ("" for rows of none), in a write transaction; how many."""
    connection = session.connection()
    inserted(connection, AUDIT_HEAD, {"plant": plant, "position": 0, "hash": _START})
    head = connection.execute(select(AUDIT_HEAD).where(AUDIT_HEAD.c.plant == plant).with_for_update()).one()
    query = select(AUDIT).where(AUDIT.c.plant == plant, AUDIT.c.position.is_(None)).order_by(AUDIT.c.seq).limit(count)
    position, previous = head.position, head.hash
    for row in connection.execute(query).all():
        position, previous = position + 1, _link(previous, position + 1, row)
        connection.execute(update(AUDIT).where(AUDIT.c.seq == row.seq).values(position=position, hash=previous))
    connection.execute(update(AUDIT_HEAD).where(AUDIT_HEAD.c.plant == plant).values(position=position, hash=previous))
    return int(position - head.position)


def seal_all(ledger: "Ledger") -> int:
    """Chain every row that is not yet, in transactions of a few milliseconds; how many."""
    count = 0
    with ledger.reading() as session:
        plants = unsealed_plants(session)
    for plant in plants:
        sealed = _BATCH
        while sealed == _BATCH:
            with ledger.transaction(SYSTEM) as transaction:
                sealed = seal_audit(transaction.session, plant)
            count += sealed
    return count


def unsealed_plants(session: Session) -> list[str]:
    """Plants that have rows to seal."""
    query = select(AUDIT.c.plant).where(AUDIT.c.position.is_(None)).distinct().order_by(AUDIT.c.plant)
    return [str(plant) for plant in session.connection().execute(query).scalars()]


def verify_audit(session: Session) -> AuditVerdict:
    """Recompute every chain."""
    connection = session.connection()
    faults: list[str] = []
    sealed = 0
    heads = {row.plant: row for row in connection.execute(select(AUDIT_HEAD).order_by(AUDIT_HEAD.c.plant))}
    for plant in sorted({*heads, *_chained_plants(connection)}):
        position, fault = _follow(connection, plant, heads.get(plant))
        sealed += position
        if fault:
            faults.append(f"{plant} {position}: {fault}")
    unsealed = connection.execute(select(func.count()).select_from(AUDIT).where(AUDIT.c.position.is_(None))).scalar_one()
    return AuditVerdict(sealed, unsealed, tuple(faults))


def _follow(connection: Connection, plant: str, head: Any) -> tuple[int, str]:
    """How far the plant's chain goes, and what is wrong there ("" when it is whole)."""
    position, previous = 0, _START
    query = select(AUDIT).where(AUDIT.c.plant == plant, AUDIT.c.position.is_not(None)).order_by(AUDIT.c.position)
    with connection.execute(query.execution_options(yield_per=1000)) as rows:
        for row in rows:
            position += 1
            if row.position != position:
                return position, "missing"
            previous = _link(previous, position, row)
            if row.hash != previous:
                return position, "changed"
    if head is None or (head.position, head.hash) != (position, previous):
        return position, "the end was cut off"
    return position, ""


def _chained_plants(connection: Connection) -> list[str]:
    return list(connection.execute(select(AUDIT.c.plant).where(AUDIT.c.position.is_not(None)).distinct()).scalars())


def _link(previous: str, position: int, row: Any) -> str:
    content = {
        "previous": previous,
        "position": position,
        "seq": row.seq,
        "plant": row.plant,
        "at": row.at.isoformat(),
        "real_at": row.real_at.isoformat(),
        "actor": row.actor,
        "role": row.role,
        "action": row.action,
        "subject": row.subject,
        "facts": row.facts,
    }
    return sha256_of(content)
