"""Whether the ledger's books balance: every event delivered or accounted for, no claim without end, the audit chain whole."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, and_, exists, func, or_, select

from contracts.problems import NotFound
from ledger.audit import verify_audit
from ledger.files import FileDamaged
from ledger.tables import DELIVERY, EVENT, INBOX, JOB, OUTSIDE, SUBSCRIPTION
from ledger.unit_of_work import Ledger

_LONG_OVER = timedelta(minutes=5)


@dataclass(frozen=True)
class Balance:
    """One check: what was compared, how many rows, and what does not fit (empty when all is well)."""

    check: str
    counted: int
    faults: tuple[str, ...]


def verify(ledger: Ledger) -> list[Balance]:
    """All checks of the ledger's own tables and files. Reads only; may run while the product works."""
    with ledger.reading() as session:
        connection = session.connection()
        audit = verify_audit(session)
        balances = [
            *_deliveries(connection),
            _leases(ledger, connection),
            Balance("audit chain", audit.sealed + audit.unsealed, audit.faults),
        ]
    return [*balances, _files(ledger)]


def _deliveries(connection: Connection) -> list[Balance]:
    """A handed out event is either in the inbox of its subscription or among its deliveries, never both, never neither."""
    balances = []
    for row in connection.execute(select(SUBSCRIPTION).order_by(SUBSCRIPTION.c.name)).all():
        handed_out = and_(EVENT.c.type == row.event_type, EVENT.c.seq <= row.handed_out)
        taken = exists(select(INBOX.c.message).where(INBOX.c.consumer == row.name, INBOX.c.message == EVENT.c.id))
        awaited = exists(select(DELIVERY.c.seq).where(DELIVERY.c.subscription == row.name, DELIVERY.c.seq == EVENT.c.seq))
        counted = connection.execute(select(func.count()).select_from(EVENT).where(handed_out)).scalar_one()
        odd = connection.execute(
            select(EVENT.c.id, taken.label("taken")).where(handed_out, or_(and_(taken, awaited), and_(~taken, ~awaited))).limit(20)
        )
        faults = tuple(f"{event.id}: {'taken and still awaited' if event.taken else 'lost'}" for event in odd)
        balances.append(Balance(f"deliveries to {row.name}", counted, faults))
    orphans = connection.execute(
        select(DELIVERY.c.subscription).where(DELIVERY.c.subscription.not_in(select(SUBSCRIPTION.c.name))).distinct()
    )
    balances.append(Balance("deliveries without subscription", 0, tuple(str(name) for name in orphans.scalars())))
    return balances


def _leases(ledger: Ledger, connection: Connection) -> Balance:
    """A claim is held by somebody who lives: its lease is not long over, and has an end."""
    over = ledger.clock.real_now() - _LONG_OVER
    faults = []
    counted = 0
    for name, table, column, state in (("job", JOB, JOB.c.id, "running"), ("message", OUTSIDE, OUTSIDE.c.seq, "claimed")):
        held = select(column.label("id"), table.c.lease_until).where(table.c.state == state)
        for row in connection.execute(held).all():
            counted += 1
            if row.lease_until is None or row.lease_until < over:
                faults.append(f"{name} {row.id}: lease over since {row.lease_until}")
    return Balance("leases", counted, tuple(faults))


def _files(ledger: Ledger) -> Balance:
    counted = 0
    faults = []
    for sha256 in ledger.files.all():
        counted += 1
        try:
            ledger.files.get(sha256)
        except (FileDamaged, NotFound) as error:
            faults.append(f"{sha256}: {type(error).__name__}")
    return Balance("files", counted, tuple(faults))
