"""Which pressed papers of the shop floor exist, and ordering the ones that do not: a paper is found by all that it was made of."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from contracts.access import SYSTEM
from contracts.model import sha256_of
from contracts.problems import NotFound
from contracts.quality import Certificate
from ledger.unit_of_work import Ledger, LedgerTransaction
from mes_bridge.tables import PaperRow
from mes_bridge.views import PieceStory

Paper = Literal["certificate", "traveller"]
PRESS = "mes_bridge.press_paper"
CERTIFICATE_EDITION = 6
TRAVELLER_EDITION = 5
"""Raised when a paper's form changes, so that it is pressed anew."""


def certificate_content(order: str, certificates: Sequence[Certificate], language: str) -> dict[str, Any]:
    """What an order's certificate is made of. Raises NotFound while no piece of the order is complete."""
    if not certificates:
        raise NotFound("certificate", order)
    records = [certificate.model_dump(mode="json") for certificate in certificates]
    return {"certificates": records, "edition": CERTIFICATE_EDITION, "language": language}


def traveller_content(story: PieceStory, runs: Mapping[int, int], language: str) -> dict[str, Any]:
    """What a piece's traveller is made of: a piece keeps it until something is to be done again.

    ``runs``: operation → the number of its last run.
    """
    found = (entry.nonconformance for entry in story.entries)
    repairs = [
        each.nonconformance
        for each in found
        if each is not None and each.correction is None and each.nonconformance.disposition != "use_as_is"
    ]
    return {
        "piece": story.piece,
        "order": story.order,
        "specification": story.specification_sha256,
        "repairs": [{"disposition": each.disposition, "restart": list(each.restart)} for each in repairs],
        "again": {str(sequence): run for sequence, run in sorted(runs.items()) if run > 1},
        "edition": TRAVELLER_EDITION,
        "language": language,
    }


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
