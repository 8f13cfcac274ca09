"""Which work was given up and waits for somebody's decision, and which jobs failed for good?"""

from contracts.model import Contract
from ledger.jobs import Job, failed
from ledger.parking import Parked, parked
from ledger.unit_of_work import Ledger


class Unfinished(Contract):
    parked: tuple[Parked, ...]
    failed_jobs: tuple[Job, ...]

    def lines(self) -> list[str]:
        """One line each, with what to do."""
        return [
            *(f"parked: {one.id} ({one.subject}) failed {one.attempts} times: {one.error}" for one in self.parked),
            *(f"failed job: {one.id} ({one.kind} {one.key}): {one.error}" for one in self.failed_jobs),
        ]

    def advice(self) -> str:
        """What to do about it, in a sentence."""
        told = []
        if self.parked:
            told.append(f"{len(self.parked)} parked: `lotone mes parked list` names them, `replay` tries again, `drop` gives up")
        if self.failed_jobs:
            told.append(
                f"{len(self.failed_jobs)} jobs failed ({', '.join(sorted({one.kind for one in self.failed_jobs}))}): ask for them anew"
            )
        return "; ".join(told)


def unfinished(ledger: Ledger) -> Unfinished:
    """Reads only; may be asked while the product works."""
    with ledger.reading() as session:
        return Unfinished(parked=tuple(parked(session)), failed_jobs=tuple(failed(session.connection())))
