"""The mes_bridge room's use cases: work orders out, reports and measurements in."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from contracts.access import Principal
from contracts.bundle import Bundled
from contracts.events import OperationsReleased, OperationsWithdrawn, OrderCancelled, PieceCompleted
from contracts.listing import Part, Question
from contracts.model import Instant
from contracts.plan import OperationKey
from contracts.ports import Inspection, Specifications, Transaction
from contracts.product import INSPECTION, WHOLE, ManufacturingSpecification
from contracts.quality import Certificate, Concession, JudgedMeasurement
from contracts.texts import Language
from contracts.work_order import (
    Answer,
    Lease,
    LeasedWorkOrder,
    LeaseReference,
    LeaseRequest,
    ListedWorkOrder,
    MachineStateReport,
    MeasurementReport,
    Receipt,
    Report,
    ReportKind,
    WorkOrderFile,
    WorkOrderState,
)
from ledger.identifiers import new_id
from ledger.machine_clients import MachineClients
from ledger.staff import StaffAccounts
from ledger.unit_of_work import Ledger, LedgerTransaction
from mes_bridge import attendance, listing, outcomes, papers, standing
from mes_bridge.bundles import Answered, Bundles
from mes_bridge.charts import Charts
from mes_bridge.concessions import Concessions, ProposeConcession
from mes_bridge.connections import Connections
from mes_bridge.engine.protocols import rest
from mes_bridge.engine.protocols.opcua import Result
from mes_bridge.engine.tracing.names import Names
from mes_bridge.engine.work_order_document import picture_of
from mes_bridge.exchange import Exchange
from mes_bridge.floor import SpecificationShelf
from mes_bridge.gauges import Gauges
from mes_bridge.holds import Holds
from mes_bridge.listing import ListedMeasurement, ListedMessage, ListedNonConformance
from mes_bridge.names import ClientNames
from mes_bridge.pending import RUN_OUT
from mes_bridge.releasing import Releasing
from mes_bridge.reporting import Reporting
from mes_bridge.revisions import Revisions
from mes_bridge.standing import StandingMachine, StandingWorkOrder
from mes_bridge.stations import Stations
from mes_bridge.traces import Traces
from mes_bridge.tracing import Tracing
from mes_bridge.views import NonConformanceStory, NonConformanceView, PieceStory, QuarantinedView, QueueItem, Station, WorkOrderView
from mes_bridge.webhooks import Webhooks


class Service:
    """Everything pages, API, protocols and the dispatcher ask of the room; each call is one transaction."""

    def __init__(
        self,
        ledger: Ledger,
        specifications: Specifications,
        inspection: Inspection,
        publish_amqp: bool = False,
        time_zone: str = "UTC",
        address: str = "",
        webhook_hosts: frozenset[str] = frozenset(),
    ) -> None:
        """``publish_amqp``: also hand work orders to the relay's channel ``amqp``. ``time_zone``: in which papers tell the time.

        ``address``: of this installation, in the names of what is traced. ``webhook_hosts``: that may be private or without TLS.
        """
        self.time_zone = time_zone
        self.ledger = self._ledger = ledger
        self._specifications = specifications
        self._shelf = shelf = SpecificationShelf(specifications)
        self.webhooks = Webhooks(ledger, webhook_hosts)
        revisions = Revisions(publish_amqp, self.webhooks)
        self._releasing = Releasing(shelf, revisions)
        self._exchange = Exchange(ledger, shelf)
        self.holds = Holds(ledger, inspection)
        self.gauges = Gauges(ledger, inspection, ZoneInfo(time_zone))
        self._reporting = Reporting(shelf, revisions, self.gauges, self.holds)
        self.names = ClientNames(ledger, self._reporting)
        self._bundles = Bundles(ledger, self._exchange, self._reporting)
        self._concessions = Concessions(ledger, shelf, revisions)
        self._stations = Stations(ledger, shelf)
        self.connections = Connections(ledger, self.webhooks)
        self.charts = Charts(ledger, shelf)
        self.traces = Traces(ledger, Tracing(shelf, Names(address), ZoneInfo(time_zone)), shelf)

    # Events of other rooms

    def on_operations_released(self, transaction: Transaction, event: OperationsReleased) -> None:
        self._releasing.release(transaction, event)

    def on_operations_withdrawn(self, transaction: Transaction, event: OperationsWithdrawn) -> None:
        self._releasing.withdraw(transaction, event)

    def on_order_cancelled(self, transaction: Transaction, event: OrderCancelled) -> None:
        self._releasing.cancel_order(transaction, event)

    def on_piece_completed(self, transaction: Transaction, event: PieceCompleted) -> None:
        self.traces.completed(transaction, event)

    # Manufacturing execution systems

    def work_orders(
        self,
        principal: Principal,
        states: Sequence[WorkOrderState] = (),
        machine_group: str | None = None,
        since: int = 0,
        limit: int = 200,
        wait_s: float = 0,
    ) -> list[ListedWorkOrder]:
        """Work orders and superseded or cancelled revisions changed after ``since``, oldest change first.

        ``wait_s``: seconds of real time to wait for the first one.
        """
        return self._exchange.awaited(principal, states, machine_group, since, limit, wait_s)

    def work_orders_since(self, since: int, most: int) -> list[StandingWorkOrder]:
        """How the ``most`` work orders stand that changed first after the number ``since``, with the revisions that ended among them."""
        with self._ledger.reading() as session:
            return standing.work_orders_since(session, since, most)

    def live_work_orders(self) -> list[StandingWorkOrder]:
        """Everything of which something may still come, oldest change first."""
        with self._ledger.reading() as session:
            return standing.live_work_orders(session)

    def standing_work_order(self, work_order: str) -> StandingWorkOrder | None:
        """How one stands under its current revision; None when there is none."""
        with self._ledger.reading() as session:
            return standing.work_order(session, work_order)

    def results(self, work_orders: Sequence[str]) -> dict[str, Result]:
        """What became of them so far, by identifier."""
        with self._ledger.reading() as session:
            return outcomes.of_work_orders(session, work_orders)

    def last_finished(self, most: int) -> list[str]:
        """The work orders that ended last, the oldest end first."""
        with self._ledger.reading() as session:
            return outcomes.last_finished(session, most)

    def groups_of(self, work_orders: Sequence[str]) -> dict[str, tuple[str, str]]:
        """(plant, machine group) of each of them that is there."""
        with self._ledger.reading() as session:
            return standing.groups_of(session, work_orders)

    def machine_groups(self) -> list[tuple[str, str]]:
        """(plant, machine group) of every machine that work orders were ever released for."""
        with self._ledger.reading() as session:
            return standing.machine_groups(session)

    def last_change(self) -> int:
        """The number of the last change of any work order, 0 before the first."""
        with self._ledger.reading() as session:
            return standing.last_change(session)

    def standing_machines(self) -> list[StandingMachine]:
        """What each machine last said of itself."""
        with self._ledger.reading() as session:
            return standing.machines(session)

    def lease(self, request: LeaseRequest, principal: Principal) -> list[LeasedWorkOrder]:
        """Work orders that may start, taken for ``request.seconds`` (real time) in the order of the plan."""
        return self._exchange.lease(request, principal)

    def acknowledge(self, work_order: str, reference: LeaseReference, principal: Principal) -> Lease:
        return self._exchange.acknowledge(work_order, reference, principal)

    def take(self, work_order: str, seconds: int, principal: Principal) -> Lease:
        """One work order leased and acknowledged, for real seconds. Raises NotFound, StaleFence, TransitionRefused, MachineHeld."""
        return self._exchange.take(work_order, seconds, principal)

    def take_anew(self, work_order: str, seconds: int, principal: Principal) -> Lease:
        """As ``take``; the superseded revision that the caller held is answered with it, or not at all."""
        return self._exchange.take_anew(work_order, seconds, principal)

    def unanswered(self, work_order: str, to: str, principal: Principal) -> int | None:
        """The last revision that ended so while the caller held it, and was not answered."""
        return self._exchange.unanswered(work_order, to, principal)

    def extend(self, work_order: str, reference: LeaseReference, principal: Principal) -> Lease:
        return self._exchange.extend(work_order, reference, principal)

    def give_back(self, work_order: str, reference: LeaseReference, principal: Principal) -> Lease:
        return self._exchange.give_back(work_order, reference, principal)

    def answer(self, work_order: str, answer: Answer, principal: Principal) -> Receipt:
        """What the holder says to a superseded or cancelled revision; the same answer again changes nothing."""
        return self._exchange.answer(work_order, answer, principal)

    def files(self, work_order: str, principal: Principal) -> list[WorkOrderFile]:
        """Raises NotFound."""
        return self._exchange.files(work_order, principal)

    def file(self, work_order: str, name: str, principal: Principal) -> tuple[str, bytes]:
        """Media type and content of a work order's file. Raises NotFound."""
        return self._exchange.file(work_order, name, principal)

    def report(self, work_order: str, report: Report, principal: Principal) -> Receipt:
        """Raises StaleFence, TransitionRefused, MachineHeld, IdempotencyMismatch; then nothing has changed."""
        with self._ledger.transaction(principal) as transaction:
            return _told(transaction, self._reporting.report(transaction, work_order, report, principal, is_person=False))

    def record(self, measurement: MeasurementReport, principal: Principal) -> Receipt:
        """Judge a value sent by a protocol. Raises UnitMismatch, InvalidInput, GaugeOverdue, TransitionRefused, IdempotencyMismatch."""
        with self._ledger.transaction(principal) as transaction:
            return _told(transaction, self._reporting.measure(transaction, measurement, principal))

    def machine_state(self, state: MachineStateReport, principal: Principal) -> Receipt:
        with self._ledger.transaction(principal) as transaction:
            return _told(transaction, self._reporting.machine_state(transaction, state, principal))

    def bundle(self, messages: Sequence[Bundled], principal: Principal) -> list[Answered]:
        """What each of the messages is answered, in their order; a refused one changes nothing and stops none."""
        return self._bundles.take(messages, principal)

    # Operators at the terminal

    def attend(self, machine: str, principal: Principal) -> None:
        """The person works at this station: machine clients leave its work alone. Raises NotFound."""
        with self._ledger.transaction(principal) as transaction:
            attendance.attend(transaction, machine)

    def leave(self, machine: str, principal: Principal) -> None:
        """Machine clients may have the station's work again. Raises NotFound."""
        with self._ledger.transaction(principal) as transaction:
            attendance.leave(transaction, machine)

    def start(self, work_order: str, principal: Principal, *, machine: str | None = None, report: str | None = None) -> Receipt:
        return self._by_person(work_order, "started", principal, None, machine, report)

    def pause(self, work_order: str, principal: Principal, reason: str, *, report: str | None = None) -> Receipt:
        return self._by_person(work_order, "paused", principal, reason, None, report)

    def complete(self, work_order: str, principal: Principal, *, report: str | None = None) -> Receipt:
        return self._by_person(work_order, "completed", principal, None, None, report)

    def scrap(self, work_order: str, principal: Principal, reason: str, *, report: str | None = None) -> Receipt:
        return self._by_person(work_order, "scrapped", principal, reason, None, report)

    def measure(
        self,
        work_order: str,
        checkpoint: str,
        value: Decimal,
        unit: str,
        principal: Principal,
        *,
        gauge: str | None = None,
        corrects: str | None = None,
        measurement: str | None = None,
    ) -> Receipt:
        """A value typed by a person. Give ``measurement`` (or ``report``) to make a repeated form harmless."""
        with self._ledger.transaction(principal) as transaction:
            attendance.stay(transaction, self._reporting.machine(transaction, work_order))
            given = MeasurementReport(
                measurement=measurement or new_id("measurement"),
                work_order=work_order,
                checkpoint=checkpoint,
                value=value,
                unit=unit,
                gauge=gauge,
                at=transaction.now,
                source="person",
                corrects=corrects,
            )
            return _told(transaction, self._reporting.measure(transaction, given, principal, at_the_terminal=True))

    def _by_person(
        self, work_order: str, kind: ReportKind, principal: Principal, reason: str | None, machine: str | None, report: str | None
    ) -> Receipt:
        with self._ledger.transaction(principal) as transaction:
            at_station = attendance.attend if kind == "started" else attendance.stay
            at_station(transaction, self._reporting.machine(transaction, work_order))
            given = Report(
                report=report or new_id("report"),
                revision=self._reporting.revision(transaction, work_order),
                kind=kind,
                machine=machine,
                at=transaction.now,
                reason=reason,
                operator=principal.id,
            )
            return _told(transaction, self._reporting.report(transaction, work_order, given, principal, is_person=True))

    def in_hand(self) -> frozenset[OperationKey]:
        """Answers ``ShopFloor``: what somebody leased, acknowledged or began and has not finished."""
        return self._stations.in_hand()

    # Pages

    def stations(self) -> list[Station]:
        return self._stations.stations()

    def queue(self, machine: str) -> list[QueueItem]:
        """Everything not finished on a machine, in the order of the plan."""
        return self._stations.queue(machine)

    def work_order(self, work_order: str) -> WorkOrderView:
        """Raises NotFound."""
        return self._stations.work_order(work_order)

    def measurements(self, limit: int = 100) -> list[JudgedMeasurement]:
        """The latest values, newest first."""
        return self._stations.measurements(limit)

    def nonconformances(self, open_only: bool = False, limit: int = 200) -> list[NonConformanceView]:
        """Newest first."""
        return self._stations.nonconformances(open_only, limit)

    def quarantined(self, limit: int = 200) -> list[QuarantinedView]:
        return self._stations.quarantined(limit)

    def listed_nonconformances(self, question: Question) -> Part[ListedNonConformance]:
        """What failed, as a list."""
        with self._ledger.reading() as session:
            return listing.nonconformances(session, question)

    def listed_measurements(self, question: Question) -> Part[ListedMeasurement]:
        """What was measured, as a list."""
        return self._stations.listed_measurements(question)

    def listed_messages(self, question: Question) -> Part[ListedMessage]:
        """What could not be placed, as a list."""
        names = self.sender_names()
        with self._ledger.reading() as session:
            return listing.set_aside(session, question, names)

    def certificate(self, piece: str) -> Certificate:
        """Raises NotFound while the piece is not complete."""
        return self._stations.certificate(piece)

    def piece_story(self, piece: str) -> PieceStory:
        """Raises NotFound."""
        return self._stations.piece_story(piece)

    def pieces(self, order: str) -> list[str]:
        """Pieces of an order that were given to the shop floor."""
        return self._stations.pieces(order)

    def sender_names(self) -> dict[str, str]:
        """What staff and machine clients are called, by their identifiers."""
        staff = {account.id: account.name for account in StaffAccounts(self._ledger).list()}
        return staff | {client.id: client.name for client in MachineClients(self._ledger).list()}

    def pieces_meant(self, code: str) -> list[str]:
        """Pieces that somebody means who scanned or typed ``code``: a piece or its order, or the end of either."""
        return self._stations.pieces_meant(code)

    def specification(self, sha256: str) -> ManufacturingSpecification:
        """The frozen specification behind a work order or certificate. Raises NotFound."""
        return self._shelf.take(sha256)

    def inspection_svgs(self, sha256: str, language: Language) -> list[str]:
        """The views with the quality plan's numbers in balloons; the whole product where the family names no places. Raises NotFound."""
        files = (file.name for file in self.specification(sha256).files)
        views = [picture_of(name) for name in files if name.startswith(f"{INSPECTION}.") and name.endswith(f".{language}.svg")]
        return [self._specifications.drawing_svg(sha256, language, view) for view in views or [WHOLE]]

    def heard(self, timeout_s: float) -> bool:
        """Wait until something is committed anywhere; False when nothing was for so long."""
        return self._ledger.doorbell.wait(timeout_s)

    # Papers

    def certificates(self, order: str) -> list[Certificate]:
        """Of the order's complete pieces."""
        return self._stations.certificates(order)

    def certificate_paper(self, order: str, language: Language) -> bytes | str:
        """The certificate as a PDF, or the id of the job that presses it. Raises NotFound while no piece is complete."""
        found = papers.find_paper(self._ledger, self.certificate_content(order, language))
        return found if found is not None else papers.have_pressed(self._ledger, "certificate", order, language)

    def traveller_paper(self, piece: str, language: Language) -> bytes | str:
        """The traveller as a PDF, or the id of the job that presses it. Raises NotFound."""
        found = papers.find_paper(self._ledger, self.traveller_content(piece, language))
        return found if found is not None else papers.have_pressed(self._ledger, "traveller", piece, language)

    # Use as is

    def propose_concession(self, nonconformance: str, wanted: ProposeConcession, principal: Principal) -> Concession:
        """See ``concessions``."""
        return self._concessions.propose(nonconformance, wanted, principal)

    def approve_concession(self, concession: str, principal: Principal) -> Concession:
        return self._concessions.approve(concession, principal)

    def refuse_concession(self, concession: str, principal: Principal) -> Concession:
        return self._concessions.refuse(concession, principal)

    def answer_concession(self, transaction: Transaction, order: str, concession: str, accepted: bool) -> Concession:
        """Answers ``contracts.ports.Concessions``."""
        return self._concessions.answer(transaction, order, concession, accepted)

    def concession(self, concession: str) -> Concession:
        """Raises NotFound."""
        return self._concessions.one(concession)

    def nonconformance(self, nonconformance: str) -> NonConformanceStory:
        """With everything that was asked about it. Raises NotFound."""
        return self._stations.nonconformance(nonconformance)

    def agenda(self) -> dict[str, Callable[[LedgerTransaction, dict[str, Any]], None]]:
        """Due work by its kind."""
        return {attendance.GONE: attendance.look_after, RUN_OUT: self._concessions.run_out}

    def certificate_content(self, order: str, language: Language) -> dict[str, Any]:
        """What the certificate is made of now; the same content is the same paper. Raises NotFound."""
        return papers.certificate_content(order, self.certificates(order), language)

    def traveller_content(self, piece: str, language: Language) -> dict[str, Any]:
        """What the traveller is made of; the same content is the same paper. Raises NotFound."""
        return papers.traveller_content(self.piece_story(piece), self._stations.last_runs(piece), language)

    def now(self) -> Instant:
        return self._ledger.clock.now()


def _told(transaction: LedgerTransaction, receipt: Receipt) -> Receipt:
    """The receipt is also what a repeated request is told."""
    transaction.outcome(receipt.model_dump(mode="json"), rest.status(receipt))
    return receipt
