"""To whom is told by webhook what becomes of the work orders: receivers added, given new secrets, removed, and how each stands."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select as select_columns
from sqlmodel import Session, select

from contracts.access import SYSTEM, Principal
from contracts.model import Contract, Instant
from contracts.problems import FieldProblem, InvalidInput, NotFound
from contracts.work_order import WorkOrderDocument
from ledger import outside
from ledger.identifiers import new_id
from ledger.machine_clients import standing_groups
from ledger.outside import Queued
from ledger.unit_of_work import Ledger, LedgerTransaction
from mes_bridge.engine.destinations import Destination, NotADestination, destination
from mes_bridge.engine.protocols import webhook
from mes_bridge.engine.protocols.webhook import SECRET_BYTES, State, written
from mes_bridge.tables import WEBHOOK, WebhookRow
from mes_bridge.vocabularies import of_client

End = Literal["gone", "key_over"]
"""Why nothing is sent any more: the receiver answered 410, or its client's key is over."""

BOTH_SIGN = timedelta(days=1)
"""Real time after a new secret within which the one before signs too."""
MOST_EARLIER = 4
LAST = 30
"""Messages that a connection's page shows."""
_TOLD = select_columns(WEBHOOK.c.id, WEBHOOK.c.client).where(WEBHOOK.c.ended_at.is_(None)).order_by(WEBHOOK.c.id)


class WebhookStanding(Contract):
    """A client's webhook; times are real ones. ``error``: what went wrong last with a message that still waits or is parked."""

    webhook: str
    url: str
    created_at: Instant
    both_sign_until: Instant | None
    ended_at: Instant | None
    ended_because: End | None
    waiting: int
    parked: int
    waiting_since_at: Instant | None
    last_sent_at: Instant | None
    error: str | None


@dataclass(frozen=True)
class Receiver:
    """Where the messages of one webhook go, and what signs them, the newest secret first."""

    to: Destination
    secrets: tuple[bytes, ...]


class Webhooks:
    def __init__(self, ledger: Ledger, allowed: frozenset[str] = frozenset()) -> None:
        """``allowed``: hosts that may be private or without TLS."""
        self._ledger = ledger
        self._allowed = allowed

    # What happens on the shop floor

    def tell(self, transaction: LedgerTransaction, content: WorkOrderDocument, plant: str, machine_group: str, state: State) -> None:
        """Everybody whose key sees the machine group gets the message, after those of the same work order."""
        rows = transaction.connection.execute(_TOLD).all()
        if not rows:
            return
        groups = standing_groups(transaction.connection, [row.client for row in rows], transaction.real_now)
        for row in rows:
            if row.client in groups and ((seen := groups[row.client]) is None or machine_group in seen):
                station = of_client(transaction.connection, row.client).theirs(content.operation.machine)
                message = webhook.encode(content, plant, machine_group, state, transaction.now, station=station)
                transaction.send(channel(row.id), message.message_id, webhook.as_outside(message), lane=content.work_order)

    # The connection's page and the commands

    def of(self, client: str) -> WebhookStanding | None:
        """How the client's webhook stands; None when it has none."""
        with self._ledger.reading() as session:
            return self.standing(session, client)

    def standing(self, session: Session, client: str) -> WebhookStanding | None:
        row = session.exec(select(WebhookRow).where(WebhookRow.client == client)).first()
        if row is None:
            return None
        stands = outside.standing(session.connection(), channel(row.id))
        last = outside.latest(session.connection(), channel(row.id), LAST) if stands.waiting + stands.parked else []
        return WebhookStanding.model_validate(
            {
                **stands.model_dump(),
                "webhook": row.id,
                "url": row.url,
                "created_at": row.created_at,
                "both_sign_until": max((until for _, until in self._signing(row)), default=None),
                "ended_at": row.ended_at,
                "ended_because": row.ended_because,
                "error": next((each.error for each in last if each.state != "sent" and each.error is not None), None),
            }
        )

    def messages(self, client: str) -> list[Queued]:
        """The last messages of the client's webhook, newest first."""
        with self._ledger.reading() as session:
            row = session.exec(select(WebhookRow).where(WebhookRow.client == client)).first()
            return [] if row is None else outside.latest(session.connection(), channel(row.id), LAST)

    def add(self, principal: Principal, client: str, url: str) -> str:
        """Tell the client by webhook from now on; the secret, shown this once. One that has ended makes room.

        Raises NotFound for a client whose key is over, InvalidInput for an address that cannot be, or while it has one.
        """
        try:
            to = destination(url, self._allowed)
        except NotADestination as wrong:
            raise InvalidInput(errors=(FieldProblem("/url", f"webhooks.wrong.{wrong.reason}"),)) from wrong
        with self._ledger.transaction(principal) as transaction:
            if client not in standing_groups(transaction.connection, [client], transaction.real_now):
                raise NotFound("machine client", client)
            known = _row(transaction, client)
            if known is not None and known.ended_at is None:
                raise InvalidInput(errors=(FieldProblem("/url", "webhooks.has_one"),))
            if known is not None:
                transaction.session.delete(known)
                transaction.session.flush()
            identifier, secret = new_id("webhook"), secrets.token_bytes(SECRET_BYTES)
            row = WebhookRow(id=identifier, client=client, url=to.url, secret=b"", created_at=transaction.real_now)
            row.secret = self._locked(identifier, secret)
            transaction.session.add(row)
            transaction.audit("webhook.add", identifier, facts={"client": client, "host": to.host})
            return written(secret)

    def rotate(self, principal: Principal, client: str) -> str:
        """A new secret, shown this once; the one before signs too for a day. Raises NotFound."""
        with self._ledger.transaction(principal) as transaction:
            row = _standing_row(transaction, client)
            secret = secrets.token_bytes(SECRET_BYTES)
            until = transaction.real_now + BOTH_SIGN
            known = [*self._signing(row), (row.secret, until)][-MOST_EARLIER:]
            row.earlier = [{"secret": base64.b64encode(each).decode(), "until": ends_at.isoformat()} for each, ends_at in known]
            row.secret = self._locked(row.id, secret)
            transaction.session.add(row)
            transaction.audit("webhook.rotate", row.id, facts={"client": client})
            return written(secret)

    def remove(self, principal: Principal, client: str) -> None:
        """Nothing is sent to it any more; what waited is given up. Raises NotFound."""
        with self._ledger.transaction(principal) as transaction:
            row = _row(transaction, client)
            if row is None:
                raise NotFound("webhook", client)
            given_up = outside.abandon(transaction.connection, channel(row.id))
            transaction.session.delete(row)
            transaction.audit("webhook.remove", row.id, facts={"client": client, "given_up": given_up})

    def again(self, principal: Principal, client: str) -> int:
        """Try at once whatever waits or is parked; how many messages. Raises NotFound."""
        with self._ledger.transaction(principal) as transaction:
            row = _standing_row(transaction, client)
            tried = outside.again(transaction.connection, channel(row.id))
            transaction.audit("webhook.again", row.id, facts={"client": client, "messages": tried})
            return tried

    def try_out(self, transaction: LedgerTransaction, client: str, content: WorkOrderDocument, plant: str, machine_group: str) -> str:
        """Send a test message; its identifier. It waits for nothing. Raises NotFound."""
        row = _standing_row(transaction, client)
        message = webhook.encode(content, plant, machine_group, "test", transaction.now, new_id("test_message"))
        transaction.send(channel(row.id), message.message_id, webhook.as_outside(message))
        transaction.audit("webhook.test", row.id, facts={"client": client})
        return message.message_id

    # The relay

    def receivers(self) -> list[str]:
        """Whose channels are to be looked at; those whose key is over end here."""
        with self._ledger.asking() as connection:
            rows = connection.execute(_TOLD).all()
            valid = standing_groups(connection, [row.client for row in rows], self._ledger.clock.real_now()) if rows else {}
        for row in rows:
            if row.client not in valid:
                self.end(row.id, "key_over")
        return [row.id for row in rows if row.client in valid]

    def receiver(self, identifier: str) -> Receiver | None:
        """None when it has ended meanwhile. Raises NotADestination when the installation no longer allows its host."""
        with self._ledger.reading() as session:
            row = session.get(WebhookRow, identifier)
        if row is None or row.ended_at is not None:
            return None
        locked = [*(secret for secret, _ in self._signing(row)), row.secret]
        unlocked = tuple(self._ledger.vault.unlock(_purpose(row.id), secret) for secret in reversed(locked))
        return Receiver(destination(row.url, self._allowed), unlocked)

    def end(self, identifier: str, because: End) -> None:
        """Nothing is sent to it any more, and its page says why; nothing happens when it has ended."""
        with self._ledger.transaction(SYSTEM) as transaction:
            row = transaction.session.exec(select(WebhookRow).where(WebhookRow.id == identifier).with_for_update()).first()
            if row is None or row.ended_at is not None:
                return
            row.ended_at, row.ended_because = transaction.real_now, because
            transaction.session.add(row)
            given_up = outside.abandon(transaction.connection, channel(identifier))
            transaction.audit("webhook.end", identifier, facts={"client": row.client, "because": because, "given_up": given_up})

    def _signing(self, row: WebhookRow) -> list[tuple[bytes, datetime]]:
        """The earlier secrets that sign too, locked, and until when; the oldest first."""
        found = ((base64.b64decode(each["secret"]), datetime.fromisoformat(each["until"])) for each in row.earlier)
        return [(secret, until) for secret, until in found if until > self._ledger.clock.real_now()]

    def _locked(self, identifier: str, secret: bytes) -> bytes:
        return self._ledger.vault.lock(_purpose(identifier), secret)


def channel(identifier: str) -> str:
    """Of the ledger's messages to the outside; each receiver has its own, so that one that is away holds up no other."""
    return f"webhook:{identifier}"


def _purpose(identifier: str) -> str:
    return f"webhook {identifier}"


def _row(transaction: LedgerTransaction, client: str) -> WebhookRow | None:
    return transaction.session.exec(select(WebhookRow).where(WebhookRow.client == client).with_for_update()).first()


def _standing_row(transaction: LedgerTransaction, client: str) -> WebhookRow:
    row = _row(transaction, client)
    if row is None or row.ended_at is not None:
        raise NotFound("webhook", client)
    return row
