"""Which pressed papers of the shop floor exist, and ordering the ones that do not: a paper is found by all that it was made of."""

from typing import Any, Literal

from contracts.access import SYSTEM
from contracts.model import sha256_of
from ledger.unit_of_work import Ledger, LedgerTransaction
from mes_bridge.tables import PaperRow

Paper = Literal["certificate", "traveller"]
PRESS = "mes_bridge.press_paper"


def find_paper(ledger: Ledger, content: dict[str, Any]) -> bytes | None:
    """The paper made of exactly this content."""
    with ledger.reading() as session:
        row = session.get(PaperRow, sha256_of(content))
    return None if row is None else ledger.files.get(row.file_sha256)


def have_pressed(ledger: Ledger, paper: Paper, subject: str, language: str) -> str:
    """Have a paper pressed; the job's id. Asking twice is one job."""
    with ledger.transaction(SYSTEM) as transaction:
        content = {"paper": paper, "subject": subject, "language": language}
        return transaction.enqueue(PRESS, f"{paper}:{subject}:{language}", content)


def keep_paper(transaction: LedgerTransaction, paper: Paper, subject: str, content: dict[str, Any], file_sha256: str) -> None:
    """Remember a pressed paper; pressing the same content twice keeps the first."""
    identity = sha256_of(content)
    if transaction.session.get(PaperRow, identity) is None:
        row = PaperRow(content_sha256=identity, paper=paper, subject=subject, file_sha256=file_sha256, pressed_at=transaction.real_now)
        transaction.session.add(row)
