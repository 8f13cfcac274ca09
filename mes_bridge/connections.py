"""How does each connected system stand: what it holds, what it told last, what could not be placed, what is parked?"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, literal
from sqlalchemy import select as select_columns
from sqlmodel import Session

from contracts.access import Principal
from contracts.model import Contract, Instant
from contracts.problems import FieldProblem, InvalidInput, NotFound
from contracts.work_order import WorkOrderState
from ledger import parking
from ledger.machine_clients import MachineClient, MachineClients
from ledger.parking import Parked
from ledger.unit_of_work import Ledger, LedgerTransaction
from mes_bridge import trials
from mes_bridge.engine.work_orders import LIVE
from mes_bridge.tables import MACHINE, MEASUREMENT, QUARANTINE, REPORT, WORK_ORDER
from mes_bridge.trials import Trial
from mes_bridge.webhooks import Webhooks, WebhookStanding

State = Literal["valid", "expired", "revoked"]

LONGEST_NAME = 80
MOST_DAYS = 3650
"""For which a key may be made."""
_BROKER_USER = re.compile(r"[A-Za-z0-9_.@-]{1,80}")

LAST = 30
"""Messages that a connection's page shows."""


class Connection(Contract):
    """A machine client; times are real ones. ``waiting``: work orders that it could take now and nobody holds."""

    id: str
    name: str
    broker_user: str | None
    machine_groups: tuple[str, ...] | None
    state: State
    created_at: Instant
    expires_at: Instant | None
    last_heard_at: Instant | None
    reports: int
    measurements: int
    set_aside: int
    held: int
    waiting: int
    webhook: WebhookStanding | None


class ConnectionMessage(Contract):
    """Something that came over a connection. ``result``: what its receipt says."""

    received_at: Instant
    kind: Literal["report", "measurement", "set_aside"]
    id: str
    work_order: str | None
    says: str
    result: str


class Connections:
    def __init__(self, ledger: Ledger, webhooks: Webhooks | None = None) -> None:
        self._ledger = ledger
        self.webhooks = webhooks or Webhooks(ledger)
        self._clients = MachineClients(ledger)

    def all(self) -> list[Connection]:
        """Those that are valid first, then by name."""
        clients = self._clients.list()
        with self._ledger.reading() as session:
            found = [self._standing(session, client) for client in clients]
        return sorted(found, key=lambda each: (each.state != "valid", each.name, each.id))

    def one(self, identifier: str) -> tuple[Connection, list[ConnectionMessage]]:
        """The connection and its last messages, newest first. Raises NotFound."""
        client = next((each for each in self._clients.list() if each.id == identifier), None)
        if client is None:
            raise NotFound("machine client", identifier)
        with self._ledger.reading() as session:
            return self._standing(session, client), _messages(session, identifier)

    def groups(self) -> list[str]:
        """Machine groups that work orders were ever released for."""
        with self._ledger.reading() as session:
            return list(
                session.connection().execute(select_columns(MACHINE.c.machine_group).distinct().order_by(MACHINE.c.machine_group)).scalars()
            )

    def groups_of(self, scope: Sequence[str] | None) -> list[str]:
        """Those that a test work order can be of, for a key of that scope."""
        return self.groups() if scope is None else list(scope)

    def create(self, principal: Principal, name: str, groups: Sequence[str], broker_user: str | None, days: str = "") -> tuple[str, str]:
        """(id, key); the key is shown this once. No ``groups``: all of them. ``days``: as typed, after which it is refused; empty: never.

        Raises InvalidInput for a name that cannot be or that a valid connection has: whoever asks again after a lost answer makes no
        second key; for a broker's user that cannot be or that another has; and for days that are none.
        """
        faults = []
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            faults.append(FieldProblem("/name", "connections.name_needed", {"most": LONGEST_NAME}))
        elif any(each.name == name and self._state(each) == "valid" for each in self._clients.list()):
            faults.append(FieldProblem("/name", "connections.name_taken"))
        if broker_user is not None and not _BROKER_USER.fullmatch(broker_user):
            faults.append(FieldProblem("/broker_user", "connections.user_wrong"))
        if days and not (days.isascii() and days.isdecimal() and len(days) < 10 and 0 < int(days) <= MOST_DAYS):
            faults.append(FieldProblem("/days", "connections.days_wrong", {"most": MOST_DAYS}))
        if faults:
            raise InvalidInput(errors=tuple(faults))
        ends_at = self._ledger.clock.real_now() + timedelta(days=int(days)) if days else None
        return self._clients.create(principal, name, groups or None, expires_at=ends_at, broker_user=broker_user)

    def revoke(self, principal: Principal, identifier: str) -> None:
        """Raises NotFound."""
        self._clients.revoke(principal, identifier)

    def try_out(self, principal: Principal, identifier: str, machine_group: str | None = None) -> Trial:
        """Have a test work order wait for it; the one that is still open, if there is one. ``machine_group``: one that its key may see.

        Raises NotFound for one whose key is over, InvalidInput for a group that its key may not see or that is not there.
        """
        client = self._valid(identifier)
        known = self.groups_of(client.machine_groups)
        if machine_group is not None and machine_group not in known:
            raise InvalidInput(errors=(FieldProblem("/machine_group", "field.one_of", {"expected": ", ".join(known)}),))
        wanted = client.machine_groups if machine_group is None else (machine_group,)
        with self._ledger.transaction(principal) as transaction:
            place = trials.place(transaction.session, wanted)
            trial = trials.begin(transaction, client.id, *place, chosen=machine_group is not None)
            transaction.outcome(trial.model_dump(mode="json"), 201)
            return trial

    def try_webhook(self, principal: Principal, identifier: str) -> str:
        """Send a message about a test work order to its webhook; the message's identifier. Raises NotFound."""
        client = self._valid(identifier)
        with self._ledger.transaction(principal) as transaction:
            group, machine = trials.place(transaction.session, client.machine_groups)
            trial = trials.begin(transaction, client.id, group, machine)
            content = trials.document(transaction.session, trial)
            plant = trials.plant_of(transaction.session, trial)
            return self.webhooks.try_out(transaction, client.id, content, plant, trial.machine_group)

    def last_trial(self, identifier: str) -> Trial | None:
        """The newest test work order for it."""
        with self._ledger.reading() as session:
            return trials.last(session, identifier)

    def forget_old_trials(self, transaction: LedgerTransaction) -> int:
        """Upkeep: test work orders are kept for a week after their end; how many were removed."""
        return trials.forget_old(transaction)

    def named(self, name: str) -> str:
        """The identifier of the valid connection that is called so, or whose identifier it is. Raises NotFound."""
        return self._valid(name, by_name=True).id

    def parked(self) -> list[Parked]:
        with self._ledger.reading() as session:
            return parking.parked(session)

    def replay(self, principal: Principal, identifier: str) -> None:
        """Raises NotFound."""
        with self._ledger.transaction(principal) as transaction:
            parking.replay(transaction, identifier)

    def drop(self, principal: Principal, identifier: str) -> None:
        """Raises NotFound."""
        with self._ledger.transaction(principal) as transaction:
            parking.drop(transaction, identifier)

    def _valid(self, identifier: str, *, by_name: bool = False) -> MachineClient:
        """Raises NotFound for one that there is not, or whose key is over."""
        found = (each for each in self._clients.list() if each.id == identifier or (by_name and each.name == identifier))
        client = next((each for each in found if self._state(each) == "valid"), None)
        if client is None:
            raise NotFound("machine client", identifier)
        return client

    def _state(self, client: MachineClient) -> State:
        if client.revoked_at is not None:
            return "revoked"
        over = client.expires_at is not None and client.expires_at <= self._ledger.clock.real_now()
        return "expired" if over else "valid"

    def _standing(self, session: Session, client: MachineClient) -> Connection:
        counts = {}
        heard: list[datetime] = []
        for name, table in (("reports", REPORT), ("measurements", MEASUREMENT), ("set_aside", QUARANTINE)):
            counted = select_columns(func.count(), func.max(table.c.received_at)).where(table.c.sender == client.id)
            counts[name], last = session.connection().execute(counted).one()
            heard += [last] if last is not None else []
        held = select_columns(func.count()).where(WORK_ORDER.c.holder == client.id, WORK_ORDER.c.state.in_([state.value for state in LIVE]))
        waiting = select_columns(func.count()).where(
            WORK_ORDER.c.ready, WORK_ORDER.c.holder.is_(None), WORK_ORDER.c.state == WorkOrderState.RELEASED.value
        )
        if client.machine_groups is not None:
            waiting = waiting.where(WORK_ORDER.c.machine_group.in_(client.machine_groups))
        state = self._state(client)
        return Connection(
            **client.model_dump(include={"id", "name", "broker_user", "machine_groups", "created_at", "expires_at"}),
            state=state,
            last_heard_at=max(heard, default=None),
            held=session.connection().execute(held).scalar_one(),
            webhook=self.webhooks.standing(session, client.id),
            waiting=session.connection().execute(waiting).scalar_one() if state == "valid" else 0,
            **counts,
        )


def _messages(session: Session, sender: str) -> list[ConnectionMessage]:
    found = []
    for kind, table, says in (
        ("report", REPORT, REPORT.c.kind),
        ("measurement", MEASUREMENT, MEASUREMENT.c.checkpoint),
        ("set_aside", QUARANTINE, QUARANTINE.c.kind),
    ):
        work_order: Any = table.c.work_order if "work_order" in table.c else literal(None)
        rows = session.connection().execute(
            select_columns(table.c.id, table.c.received_at, table.c.receipt, says.label("says"), work_order.label("work_order"))
            .where(table.c.sender == sender)
            .order_by(table.c.received_at.desc())
            .limit(LAST)
        )
        found += [
            ConnectionMessage.model_validate(
                {
                    "received_at": row.received_at,
                    "kind": kind,
                    "id": row.id,
                    "work_order": row.work_order,
                    "says": row.says,
                    "result": row.receipt.get("reason") or row.receipt["result"],
                }
            )
            for row in rows
        ]
    return sorted(found, key=lambda message: message.received_at, reverse=True)[:LAST]
