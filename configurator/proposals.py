"""A version of a family that is not published yet: examined and tested as long work, published when it is found fit."""

from collections.abc import Callable, Container

from sqlmodel import Session, select

from configurator.affected import Affected
from configurator.authoring import Examination, examine
from configurator.catalogue import PublishedFamily
from configurator.engine.family_diff import differences
from configurator.service import Service
from configurator.tables import FamilyRow
from configurator.trial_report import TrialReport
from configurator.trying import AT_PUBLISHING, Progress, try_family
from contracts.access import Principal
from contracts.model import Contract
from contracts.ports import OpenOrders
from contracts.problems import NotFound, TransitionRefused
from contracts.texts import Message
from ledger.jobs import jobs

KIND = "configurator.proposal"


class Change(Contract):
    """Something that anybody would notice."""

    name: str
    line: int
    text: Message


class Found(Contract):
    """What examining and testing brought. Without ``report``: it has errors, and was not tested."""

    examination: Examination
    report: TrialReport | None = None
    sold_version: str | None = None
    """The version that it would take the place of; None for a new family."""
    changes: tuple[Change, ...] = ()
    affected: Affected | None = None

    @property
    def fit(self) -> bool:
        return self.report is not None and not self.report.faults


class Proposal(Contract):
    """``proposal``: the SHA-256 of its text. ``state`` as of a job, or ``published``, or ``taken``: that version has another content."""

    proposal: str
    job: str
    state: str
    done: int
    total: int
    """Designs."""
    found: Found | None

    @property
    def may_be_published(self) -> bool:
        return self.state == "done" and self.found is not None and self.found.fit


class Proposals:
    """Proposed versions by the hash of their text."""

    def __init__(self, service: Service) -> None:
        self._ledger = service.ledger
        self._service = service

    def propose(self, text: str, principal: Principal) -> Proposal:
        """Have a text examined and tested; what was asked before is asked anew."""
        sha256 = self._ledger.files.put(text.encode())
        with self._ledger.transaction(principal) as transaction:
            job = transaction.enqueue(KIND, sha256, {"proposal": sha256})
            transaction.audit("family.propose", sha256)
            transaction.outcome({"proposal": sha256, "job": job})
        return self.proposal(sha256)

    def proposal(self, sha256: str) -> Proposal:
        """Raises NotFound."""
        with self._ledger.reading() as session:
            asked = jobs(session.connection(), KIND, sha256, limit=1)
            if not asked:
                raise NotFound("proposal", sha256)
            job = asked[0]
            found = Found.model_validate(job.result) if job.state == "done" else None
            state = _published(session, found) or job.state
        return Proposal(proposal=sha256, job=job.id, state=state, done=job.progress_done, total=job.progress_total, found=found)

    def publish(self, sha256: str, principal: Principal) -> PublishedFamily:
        """Make a fit proposal the family's newest version. Raises NotFound, TransitionRefused."""
        proposal = self.proposal(sha256)
        if not proposal.may_be_published:
            raise TransitionRefused("proposal", "unfit" if proposal.state == "done" else proposal.state, "published")
        text = self.text(sha256)
        self._service.publish_family(text, principal, proved=True)
        return PublishedFamily(text)

    def text(self, sha256: str) -> str:
        """Raises NotFound."""
        return self._ledger.files.get(sha256).decode()


def _published(session: Session, found: Found | None) -> str | None:
    if found is None or not found.examination.family:
        return None
    examined = found.examination
    version = select(FamilyRow.sha256).where(FamilyRow.family == examined.family, FamilyRow.version == examined.version)
    sha256 = session.exec(version).first()
    return None if sha256 is None else "published" if sha256 == examined.sha256 else "taken"


def tried(
    service: Service, orders: OpenOrders, text: str, printable: Container[int], progress: Progress, between: Callable[[], None]
) -> Found:
    """The text examined; when it has no errors tested and compared with the version for sale. ``between``: as ``examine``."""
    examination = examine(text, printable, between)
    if examination.errors:
        return Found(examination=examination)
    report = try_family(text, AT_PUBLISHING, (), 1, progress)
    try:
        sold = service.for_sale(examination.family)
    except NotFound:
        return Found(examination=examination, report=report)
    newer = PublishedFamily(text)
    return Found(
        examination=examination,
        report=report,
        sold_version=sold.family.version,
        changes=tuple(Change(name=each.name, line=each.line, text=each.text) for each in differences(sold.compiled, newer.compiled)),
        affected=service.affected_by(newer, orders.open_pieces(examination.family)),
    )
