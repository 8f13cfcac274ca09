"""How a message has its effect once: the row that says "taken" is written in the transaction of the effect."""

from sqlalchemy import Connection

from contracts.model import Instant
from ledger.tables import INBOX
from ledger.upsert import inserted


def take(connection: Connection, consumer: str, message: str, real_now: Instant, outcome: str = "done") -> bool:
    """True the first time; False when ``consumer`` took ``message`` before. On True do the effect in the same transaction."""
    row = {"consumer": consumer, "message": message, "outcome": outcome, "real_at": real_now}
    return inserted(connection, INBOX, row)
