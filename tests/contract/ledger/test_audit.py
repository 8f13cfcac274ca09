"""The audit trail shows what was tampered with."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, update

from contracts.access import SYSTEM
from ledger.audit import seal_all, verify_audit
from ledger.tables import AUDIT, AUDIT_HEAD
from ledger.unit_of_work import Ledger


def record(ledger: Ledger, count: int = 5) -> None:
    for number in range(count):
        with ledger.transaction(SYSTEM) as transaction:
            transaction.audit("order.place", f"order_{number}", plant="riverside" if number % 2 else "", facts={"n": number, "名": "车"})


def test_an_untouched_trail_is_sound_and_goes_on(ledger_on: Ledger) -> None:
    record(ledger_on)
    assert seal_all(ledger_on) == 5
    record(ledger_on, 2)
    with ledger_on.reading() as session:
        verdict = verify_audit(session)
    assert (verdict.sealed, verdict.unsealed, verdict.faults) == (5, 2, ())
    assert seal_all(ledger_on) == 2
    assert seal_all(ledger_on) == 0


TAMPERING: dict[str, Callable[[Connection], object]] = {
    "a fact": lambda c: c.execute(update(AUDIT).where(AUDIT.c.subject == "order_1").values(facts={"n": 9})),
    "the actor": lambda c: c.execute(update(AUDIT).where(AUDIT.c.subject == "order_3").values(actor="me")),
    "the time": lambda c: c.execute(update(AUDIT).where(AUDIT.c.subject == "order_1").values(at=AUDIT.c.real_at)),
    "a row in the middle": lambda c: c.execute(delete(AUDIT).where(AUDIT.c.subject == "order_1")),
    "the last row": lambda c: c.execute(delete(AUDIT).where(AUDIT.c.subject == "order_3")),
    "everything": lambda c: c.execute(delete(AUDIT).where(AUDIT.c.plant == "riverside")),
    "the head": lambda c: c.execute(delete(AUDIT_HEAD).where(AUDIT_HEAD.c.plant == "riverside")),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found(ledger_on: Ledger, what: str) -> None:
    ledger_on.clock.advance(ledger_on.clock.now() + timedelta(days=1))
    record(ledger_on)
    seal_all(ledger_on)
    with ledger_on.engine.begin() as connection:
        TAMPERING[what](connection)
    with ledger_on.reading() as session:
        verdict = verify_audit(session)
    assert len(verdict.faults) == 1
    assert verdict.faults[0].startswith("riverside ")
