"""Use as is: a person of quality proposes it, a second one approves, the customer agrees. Each call is one transaction."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field
from sqlmodel import Session, col, select

from contracts.access import Principal
from contracts.events import ConcessionAsked, ConcessionProposed
from contracts.model import Contract
from contracts.ports import Transaction
from contracts.problems import FieldProblem, InvalidInput, NotFound
from contracts.quality import Concession, ConcessionState, NonConformance
from contracts.units import Money
from contracts.work_order import WorkOrderState
from ledger.identifiers import new_id
from ledger.unit_of_work import Ledger, LedgerTransaction, ledger_transaction
from mes_bridge.engine import concession as rules
from mes_bridge.floor import Floor, SpecificationShelf, judged
from mes_bridge.pending import RUN_OUT
from mes_bridge.resuming import Interruption
from mes_bridge.revisions import Revisions
from mes_bridge.tables import ConcessionRow, NonConformanceRow
from mes_bridge.work import Work

Sentences = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]*\S[^\x00]*$")]


class ProposeConcession(Contract):
    """Why a failed piece can be used as it is. ``meaning`` is told to the customer, ``reason`` stays in the file.

    ``reduction_minor``: what they get back when they accept, in minor units of the piece's price; 0: nothing.
    ``days``: business days of twenty-four hours for each of the two answers.
    """

    reason: Sentences
    meaning: Sentences
    reduction_minor: int = Field(default=0, ge=0, le=1_000_000_000)
    days: int = Field(default=3, ge=1, le=14)


class Concessions:
    def __init__(self, ledger: Ledger, shelf: SpecificationShelf, revisions: Revisions) -> None:
        self._ledger = ledger
        self._shelf = shelf
        self._revisions = revisions

    def one(self, concession: str) -> Concession:
        """Raises NotFound."""
        with self._ledger.reading() as session:
            return Concession.model_validate(_row(session, concession).content)

    def propose(self, nonconformance: str, wanted: ProposeConcession, principal: Principal) -> Concession:
        """The repair waits from now on. Raises NotFound, InvalidInput, ConcessionRefused with the reason."""
        with self._ledger.transaction(principal) as ledger:
            piece = ledger.session.exec(select(NonConformanceRow.piece).where(NonConformanceRow.id == nonconformance)).first()
            if piece is None:
                raise NotFound("nonconformance", nonconformance)
            work = self._work(ledger, piece)
            raised = ledger.session.get_one(NonConformanceRow, nonconformance)
            interruption = _may_propose(work, raised)
            proposed = self._proposed(ledger, work, interruption, wanted)
            ledger.session.add(
                ConcessionRow(
                    id=proposed.concession,
                    nonconformance=nonconformance,
                    piece=piece,
                    state=proposed.state.value,
                    content=proposed.model_dump(mode="json"),
                )
            )
            raised.concession = proposed.concession
            ledger.session.add(raised)
            ledger.session.flush()
            work.pending().hold(raised)
            self._await(ledger, proposed)
            scope = {"order": raised.order, "plant": raised.plant}
            ledger.emit(ConcessionProposed(**scope, nonconformance=interruption.found, concession=proposed))
            ledger.audit("concession.propose", proposed.concession, plant=raised.plant, facts={"nonconformance": nonconformance})
            work.floor.save()
            ledger.outcome(proposed.model_dump(mode="json"))
        return proposed

    def approve(self, concession: str, principal: Principal) -> Concession:
        """The customer is asked. Raises NotFound, ConcessionRefused: never by who proposed it."""

        def asked(ledger: LedgerTransaction, work: Work, raised: NonConformanceRow, before: Concession) -> Concession:
            approved = rules.approved(before, principal.id, ledger.now)
            if approved == before:
                return before
            work.pending().keep(approved)
            self._await(ledger, approved)
            found = NonConformance.model_validate(raised.content)
            ledger.emit(ConcessionAsked(order=raised.order, plant=raised.plant, nonconformance=found, concession=approved))
            ledger.audit("concession.approve", concession, plant=raised.plant, facts={"until": approved.until.isoformat()})
            return approved

        return self._decide(concession, principal, asked)

    def refuse(self, concession: str, principal: Principal) -> Concession:
        """A person of quality says no or takes it back: the repair begins. Raises NotFound, ConcessionRefused."""

        def no(ledger: LedgerTransaction, work: Work, raised: NonConformanceRow, before: Concession) -> Concession:
            refused = rules.refused(before, principal.id, ledger.now)
            if refused != before:
                work.pending().settle(raised, refused)
                work.floor.save()
            return refused

        return self._decide(concession, principal, no)

    def answer(self, transaction: Transaction, order: str, concession: str, accepted: bool) -> Concession:
        """See ``contracts.ports.Concessions``."""
        ledger = ledger_transaction(transaction)
        work = self._work(ledger, _piece_of(ledger.session, concession))
        before = Concession.model_validate(_row(ledger.session, concession).content)
        if before.order != order:
            raise NotFound("concession", concession)
        raised = ledger.session.get_one(NonConformanceRow, before.nonconformance)
        settled = rules.answered(before, accepted, ledger.actor.id, ledger.now)
        if settled == before:
            return before
        if not accepted:
            work.pending().settle(raised, settled)
            work.floor.save()
        else:
            self._accept(ledger, work, raised, settled)
        return settled

    def run_out(self, transaction: LedgerTransaction, content: dict[str, Any]) -> None:
        """Agenda: nobody answered in time."""
        work = self._work(transaction, _piece_of(transaction.session, content["concession"]))
        before = Concession.model_validate(_row(transaction.session, content["concession"]).content)
        expired = rules.expired(before, transaction.now)
        if expired != before:
            work.pending().settle(transaction.session.get_one(NonConformanceRow, before.nonconformance), expired)
            work.floor.save()

    def _accept(self, ledger: LedgerTransaction, work: Work, raised: NonConformanceRow, settled: Concession) -> None:
        """The piece goes on as it is; its repair is not needed."""
        at = ledger.now
        interruption = work.resuming().interruption(raised)
        if interruption.failed.state is not WorkOrderState.HELD or not work.resuming().may_go_on(interruption):
            raise rules.refusal("over")
        raised.state, raised.closed_at = "closed", at
        raised.content = {**raised.content, "disposition": "use_as_is"}
        work.pending().settle(raised, settled, interruption.keys)
        work.resuming().give_way(interruption)
        work.consequences.tell_closed(raised, at)
        work.resuming().go_on(interruption, at)
        self._revisions.save(work.floor)

    def _decide(
        self, concession: str, principal: Principal, decide: Callable[[LedgerTransaction, Work, NonConformanceRow, Concession], Concession]
    ) -> Concession:
        with self._ledger.transaction(principal) as ledger:
            work = self._work(ledger, _piece_of(ledger.session, concession))
            row = _row(ledger.session, concession)
            raised = ledger.session.get_one(NonConformanceRow, row.nonconformance)
            after = decide(ledger, work, raised, Concession.model_validate(row.content))
            ledger.outcome(after.model_dump(mode="json"))
        return after

    def _work(self, ledger: LedgerTransaction, piece: str) -> Work:
        """Waits for whoever else works on the piece: what is asked of it is read after that. Raises NotFound."""
        floor = Floor.of_piece(ledger.session, piece)
        if floor is None:
            raise NotFound("piece", piece)
        return Work(ledger, floor, self._shelf.take(floor.piece.specification_sha256), self._revisions)

    def _proposed(self, ledger: LedgerTransaction, work: Work, interruption: Interruption, wanted: ProposeConcession) -> Concession:
        raised, price = interruption.raised, work.specification.price.total
        left = Money(amount=price.amount - _reduced(ledger.session, raised.piece), currency=price.currency)
        if wanted.reduction_minor > left.amount:
            raise InvalidInput(errors=(FieldProblem("/reduction_minor", "concession.more_than_price", {"price": left}),))
        failed = interruption.failed
        failing = work.consequences.failing(failed)
        characteristics = {one.checkpoint: one for one in work.specification.quality}
        values = [row for row in work.consequences.measurements(failed) if row.id in failing]
        return Concession(
            concession=new_id("concession"),
            nonconformance=raised.id,
            order=raised.order,
            plant=raised.plant,
            piece=raised.piece,
            measurements=tuple(judged(row, characteristics[row.checkpoint]) for row in values),
            reason=wanted.reason.strip(),
            meaning=wanted.meaning.strip(),
            reduction=Money(amount=wanted.reduction_minor, currency=price.currency) if wanted.reduction_minor else None,
            days=wanted.days,
            state=ConcessionState.PROPOSED,
            until=ledger.now + timedelta(days=wanted.days),
            proposed_by=ledger.actor.id,
            proposed_at=ledger.now,
        )

    def _await(self, ledger: LedgerTransaction, concession: Concession) -> None:
        ledger.schedule(RUN_OUT, concession.concession, concession.until, {"concession": concession.concession})


def _may_propose(work: Work, raised: NonConformanceRow) -> Interruption:
    """Raises ConcessionRefused with the reason."""
    if raised.state != "open":
        raise rules.refusal("closed")
    if raised.content["measurement"] is None:
        raise rules.refusal("scrap")
    if raised.concession is not None:
        raise rules.refusal("open")
    interruption = work.resuming().interruption(raised)
    if interruption.failed.state is not WorkOrderState.HELD or not work.resuming().may_go_on(interruption):
        raise rules.refusal("begun")
    if not work.consequences.failing(interruption.failed):
        raise rules.refusal("nothing")
    return interruption


def _piece_of(session: Session, concession: str) -> str:
    piece = session.exec(select(ConcessionRow.piece).where(ConcessionRow.id == concession)).first()
    if piece is None:
        raise NotFound("concession", concession)
    return piece


def _reduced(session: Session, piece: str) -> int:
    """What has been or may still be agreed to be given back for the piece, in minor units of its price."""
    counting = (ConcessionState.PROPOSED, ConcessionState.ASKED, ConcessionState.ACCEPTED)
    offered = select(ConcessionRow.content).where(ConcessionRow.piece == piece, col(ConcessionRow.state).in_(counting))
    reductions = (Concession.model_validate(content).reduction for content in session.exec(offered))
    return sum(reduction.amount for reduction in reductions if reduction is not None)


def _row(session: Session, concession: str) -> ConcessionRow:
    row = session.get(ConcessionRow, concession)
    if row is None:
        raise NotFound("concession", concession)
    return row
