"""An alarm of a control chart holds the machine's next pieces until a person of quality says what it was."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlmodel import col, func, select

from contracts.access import Principal
from contracts.model import Contract, Instant
from contracts.ports import Inspection
from contracts.problems import MachineHeld, NotFound
from contracts.work_order import WorkOrderState
from ledger.columns import UtcInstant
from ledger.identifiers import new_id
from ledger.unit_of_work import Ledger, LedgerTransaction
from ledger.upsert import inserted
from mes_bridge.charts import charted_since
from mes_bridge.engine.holding import Charted, holding
from mes_bridge.lines import having, number
from mes_bridge.tables import MACHINE_HOLD, WORK_ORDER, MachineHoldRow

_HELD = select_columns(MACHINE_HOLD.c.id).where(MACHINE_HOLD.c.machine == bindparam("of_machine"), MACHINE_HOLD.c.released_at.is_(None))
_HELD_THEN = _HELD.where(MACHINE_HOLD.c.held_at <= bindparam("then", type_=UtcInstant))
Cause = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")]


class ReleaseMachine(Contract):
    cause: Cause
    """What was found, and what was done about it."""


class MachineHold(Contract):
    """``rules``: those that the value met; ``charts.rule.<rule>`` says each in words."""

    hold: str
    machine: str
    checkpoint: str
    measurement: str
    rules: tuple[str, ...]
    held_at: Instant
    released_at: Instant | None
    released_by: str | None
    cause: str | None


class Holds:
    def __init__(self, ledger: Ledger, inspection: Inspection) -> None:
        self._ledger = ledger
        self._inspection = inspection

    def look(self, transaction: LedgerTransaction, plant: str, machine: str, checkpoint: str, measurement: str, value: Charted) -> None:
        """After a value was recorded: hold the machine when it is the latest of its chart and meets a rule that the plant names."""
        rules = self._inspection.inspection_rules(transaction).alarms_hold
        if not rules or value.place is None or is_held(transaction, machine):
            return
        session = transaction.session
        released = select(func.max(MachineHoldRow.released_at)).where(
            MachineHoldRow.machine == machine, MachineHoldRow.checkpoint == checkpoint
        )
        known = charted_since(session, machine, checkpoint, session.exec(released).one())
        if not known or known[-1][0] != measurement:
            return
        met = holding([place for _, stream, place in known if stream == value.stream], rules, value.one_sided)
        if met:
            hold = {
                "id": new_id("hold"),
                "plant": plant,
                "machine": machine,
                "checkpoint": checkpoint,
                "measurement": measurement,
                "rules": list(met),
                "held_at": transaction.now,
            }
            # Another value of the same moment may have held it since the look above.
            if inserted(transaction.connection, MACHINE_HOLD, hold):
                facts = {"hold": hold["id"], "checkpoint": checkpoint, "rules": list(met)}
                transaction.audit("machine.hold", machine, plant=plant, facts=facts)

    def all(self) -> list[MachineHold]:
        """Those that wait for their release first, then the newest."""
        waiting = col(MachineHoldRow.released_at).is_(None)
        query = select(MachineHoldRow).order_by(waiting.desc(), col(MachineHoldRow.id).desc()).limit(100)
        with self._ledger.reading() as session:
            return [_hold(row) for row in session.exec(query).all()]

    def release(self, hold: str, wanted: ReleaseMachine, principal: Principal) -> MachineHold:
        """The machine goes on, its chart begins anew; what was released before stays as it was said then. Raises NotFound."""
        with self._ledger.transaction(principal) as transaction:
            row = transaction.session.get(MachineHoldRow, hold, with_for_update=True)
            if row is None:
                raise NotFound("hold", hold)
            if row.released_at is None:
                row.released_at, row.released_by, row.cause = transaction.now, principal.id, wanted.cause.strip()
                transaction.session.add(row)
                transaction.session.flush()
                transaction.audit("machine.release", row.machine, plant=row.plant, facts={"hold": hold})
                free = (WORK_ORDER.c.machine == row.machine) & (WORK_ORDER.c.state == WorkOrderState.RELEASED.value)
                number(transaction.connection, having(transaction.connection, free, lock=True))
            transaction.outcome({"hold": hold})
            return _hold(row)

    def one(self, hold: str) -> MachineHold:
        """Raises NotFound."""
        with self._ledger.reading() as session:
            row = session.get(MachineHoldRow, hold)
        if row is None:
            raise NotFound("hold", hold)
        return _hold(row)


def is_held(transaction: LedgerTransaction, machine: str) -> bool:
    return transaction.connection.execute(_HELD, {"of_machine": machine}).first() is not None


def demand_free(transaction: LedgerTransaction, machine: str, at: datetime) -> None:
    """Nothing is begun on a machine that is held; what was begun before the alarm and is told later is taken. Raises MachineHeld."""
    if transaction.connection.execute(_HELD_THEN, {"of_machine": machine, "then": at}).first() is not None:
        raise MachineHeld({"machine": machine})


def _hold(row: MachineHoldRow) -> MachineHold:
    return MachineHold.model_validate({"hold": row.id, **row.model_dump(exclude={"id", "plant"})})
