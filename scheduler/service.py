"""The scheduler's use cases: dates and reservations for others, what events do to the plan, plans made and published."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Protocol

from sqlmodel import select

from contracts.access import SYSTEM, Principal
from contracts.events import (
    ConcessionAsked,
    ConcessionProposed,
    ConcessionSettled,
    MachineStateChanged,
    NonConformanceRaised,
    NonConformanceWithdrawn,
    OperationCompleted,
    OperationPaused,
    OperationStarted,
    OrderCancelled,
    OrderChanged,
    OrderExpired,
    OrderPlaced,
)
from contracts.gauges import InspectionRules
from contracts.listing import Part, Question
from contracts.model import Instant
from contracts.plan import OperationKey
from contracts.ports import PieceProgress, Shipment, ShopFloor, Transaction
from contracts.promise import PieceDemand, PromiseQuote, PromiseRequest, Reservation
from contracts.quality import ConcessionState
from contracts.texts import Message
from contracts.units import Country
from ledger.unit_of_work import Ledger, LedgerTransaction, ledger_transaction, session_of
from scheduler import (
    accepting,
    deferring,
    listing,
    moves,
    plants,
    recovery,
    releasing,
    reports,
    reservations,
    restart,
    resume,
    teaching,
)
from scheduler.board import Board, Way, board_of, way_of
from scheduler.by_hand import done_by_hand, last_own
from scheduler.engine.delivery import picked_up_at, promised_at, promised_elsewhere
from scheduler.engine.moving import Wish
from scheduler.engine.operations import instant, seconds_of
from scheduler.engine.plant import parse_plant
from scheduler.engine.promise import quote
from scheduler.lateness import Lateness, lateness_of, reserved_at
from scheduler.listing import ListedChange, ListedOperation, ListedTime, ListedVersion
from scheduler.live_plan import LivePlan, finished_promise, head_of
from scheduler.material_list import ListedRequirement, material_requirements
from scheduler.moves import Seen
from scheduler.outcome import DoneByHand, Outcome, Undone
from scheduler.plants import PublishedPlant
from scheduler.publishing import PlanVersion, Publisher
from scheduler.reasons import ORDER, asked_by
from scheduler.replanning import PLAN, REPLAN, given_up, ordered, plan_again, replan
from scheduler.rush import Rushes
from scheduler.scenarios import TRY, Scenarios
from scheduler.shown_operation import ShownOperation, shown_operation
from scheduler.snapshot import snapshot_of
from scheduler.tables import PlanVersionRow, ReservationRow
from scheduler.telling import HOLDS_AGAIN, last_told
from scheduler.undoing import undo, way_back
from scheduler.wishes import outcome_of, work_out

GATHERING = timedelta(seconds=2)
"""Real time that an order waits for others before the plan is made anew for all of them; its promise is booked meanwhile."""
LONGEST_GATHERING = timedelta(seconds=20)
"""Real time for which an order waits on while others keep coming: the next one makes each plan out of date."""

NOTHING_SEEN = Seen()


class JobRun(Protocol):
    """What a plan job needs of its runner."""

    key: str
    content: dict[str, Any]

    def progress(self, done: int, total: int) -> None: ...


class Service:
    """One plant's scheduler. Answers ``PromiseDates``, ``Reservations``, ``Shipping`` and ``PlanView``; safe for use by threads."""

    def __init__(self, ledger: Ledger, plant: str, planning_time_s: float = 5.0, shop_floor: Callable[[], ShopFloor] | None = None) -> None:
        """``shop_floor``: asked for when a planner moves something; None: nobody has anything in hand."""
        self.ledger = ledger
        self._shop_floor = shop_floor
        self.plant = plant
        self.live = LivePlan(plant)
        self._publisher = Publisher(ledger, self.live, planning_time_s)
        self.scenarios = Scenarios(ledger, self.live, self._publisher)
        self.rushes = Rushes(ledger, self.live, self._in_hand)

    # Ports

    def quote(self, requests: Sequence[PromiseRequest]) -> list[PromiseQuote]:
        """The earliest date for each request, each alone against the live plan."""
        now_s = seconds_of(self.ledger.clock.now())
        with self.ledger.reading() as session, self.live.read(session, now_s) as book:
            return [quote(book.index, book.plant, book.materials, request, now_s, book.margin_s, book.times) for request in requests]

    def reserve(
        self,
        transaction: Transaction,
        order: str,
        pieces: Sequence[PieceDemand],
        expires_at: Instant | None,
        country: Country | None = None,
    ) -> Reservation:
        """Book slots for all operations now; ``expires_at`` in real time, None: firm at once. Raises NoPromise."""
        return reservations.book_order(ledger_transaction(transaction), self.live, order, pieces, expires_at, country)

    def send_to(self, transaction: Transaction, order: str, country: Country) -> Reservation:
        """A held order goes to another country, at the date for there. Raises TransitionRefused."""
        return reservations.send_to(ledger_transaction(transaction), self.live, order, country)

    def confirm(self, transaction: Transaction, order: str, promised_at: Instant) -> None:
        """Make a held reservation firm under the promised date. Raises TransitionRefused, NoPromise."""
        reservations.make_firm(ledger_transaction(transaction), self.live, order, promised_at)

    def release(self, transaction: Transaction, order: str) -> None:
        """Give the capacity back; unknown or already released orders are no error."""
        reason = Message(id="scheduler.withdrawn.cancelled")
        reservations.give_back(ledger_transaction(transaction), self.live, order, reason)

    def home(self) -> Country:
        """Where a date is for until an address is known."""
        with self.ledger.reading() as session:
            return self.live.plant_now(session).shipping.home

    def served(self, countries: Sequence[Country]) -> list[Country]:
        """Those of the countries that the carrier delivers to."""
        with self.ledger.reading() as session:
            shipping = self.live.plant_now(session).shipping
        return [country for country in countries if shipping.serves(country)]

    def date_for(self, promised_at: Instant, country: Country) -> Instant:
        """What a date for the plant's home is for another country."""
        with self.ledger.reading() as session:
            plant = self.live.plant_now(session)
        return instant(promised_elsewhere(plant, seconds_of(promised_at), plant.shipping.home, country))

    def shipment(self, transaction: Transaction, order: str, finished_at: Instant) -> Shipment:
        """When the carrier takes an order that is finished then, and by when its customer has it."""
        session, finish_s = ledger_transaction(transaction).session, seconds_of(finished_at)
        plant, country = self.live.plant_now(session), session.get_one(ReservationRow, order).country
        return Shipment(pick_up_at=instant(picked_up_at(plant, finish_s)), delivered_by=instant(promised_at(plant, finish_s, country)))

    def progress(self, order: str) -> list[PieceProgress]:
        """Where each operation of the order stands, by start."""
        now_s = seconds_of(self.ledger.clock.now())
        with self.ledger.reading() as session, self.live.read(session, now_s) as book:
            return [
                PieceProgress(
                    key=standing.key,
                    label=standing.operation.label,
                    machine=standing.place.machine,
                    state=standing.state,
                    start_at=instant(standing.place.start_s),
                    end_at=instant(standing.place.end_s),
                )
                for standing in book.of_order(order)
            ]

    # What the planner sees

    def board(self, since: int | None = None) -> Board:
        """The live plan, or what changed after the change number ``since``."""
        now_s = seconds_of(self.ledger.clock.now())
        with self.ledger.reading() as session, self.live.read(session, now_s) as book:
            return board_of(session, book, now_s, since)

    def operations(self, question: Question) -> Part[ListedOperation]:
        """The live plan's operations as a list."""
        now_s = seconds_of(self.ledger.clock.now())
        with self.ledger.reading() as session, self.live.read(session, now_s) as book:
            return listing.operations(session, book, now_s, question)

    def plan_versions(self, question: Question) -> Part[ListedVersion]:
        """Every published plan as a list."""
        with self.ledger.reading() as session:
            return listing.versions(session, self.plant, question)

    def material_requirements(self, question: Question) -> Part[ListedRequirement]:
        """What the plan needs of each material, day by day, as a list."""
        with self.ledger.reading() as session:
            return material_requirements(session, self.live.plant_now(session), seconds_of(self.ledger.clock.now()), question)

    def reserved_orders(self) -> set[str]:
        """Every order that capacity was reserved for, whatever became of it."""
        with self.ledger.reading() as session:
            return set(session.exec(select(ReservationRow.order)).all())

    def way(self, order: str) -> Way:
        """An order's whole way with slack. Raises NotFound."""
        now_s = seconds_of(self.ledger.clock.now())
        with self.ledger.reading() as session, self.live.read(session, now_s) as book:
            promise = book.promises.get(order) or finished_promise(session, book, order)
            return way_of(session, book, promise, now_s)

    def lateness(self, order: str) -> Lateness:
        """Why an order is late and what would help. Raises NotFound."""
        now_s = seconds_of(self.ledger.clock.now())
        with self.ledger.reading() as session, self.live.read(session, now_s) as book:
            promise = book.promises.get(order) or finished_promise(session, book, order)
            told = last_told(session, order) if promise.finish_s > promise.due_s else None
            since_s = reserved_at(session, self.plant, order)
            at = snapshot_of(book, now_s)
        return lateness_of(at, order, since_s, told)

    def late_orders(self) -> list[str]:
        """Orders that the live plan finishes after their promise allows, the latest first."""
        now_s = seconds_of(self.ledger.clock.now())
        with self.ledger.reading() as session, self.live.read(session, now_s) as book:
            late = {order: promise.finish_s - promise.due_s for order, promise in book.promises.items()}
        return sorted((order for order, by_s in late.items() if by_s > 0), key=lambda order: (-late[order], order))

    def plan_version(self) -> PlanVersion:
        """The live plan's version: when and why it was published."""
        with self.ledger.reading() as session:
            head = head_of(session, self.plant)
            row = session.get_one(PlanVersionRow, (self.plant, head.version))
            return PlanVersion(version=row.version, at=instant(row.at_s), reason=Message.model_validate(row.reason))

    # What the planner changes

    def preview_move(self, wish: Wish, planner: Principal) -> Outcome:
        """What a move would do; nothing is changed. Raises NotFound."""
        in_hand, now_s = self._in_hand(), seconds_of(self.ledger.clock.now())
        with self.ledger.reading() as session, self.live.read(session, now_s) as book:
            return outcome_of(book, work_out(session, book, wish, now_s, in_hand, planner, further=True))

    def move(self, wish: Wish, planner: Principal, reason: str = "", seen: Seen = NOTHING_SEEN) -> Outcome:
        """Move an operation and hold it in its place. Raises NotFound, PlanInvalid, PlanChanged."""
        in_hand, now_s = self._in_hand(), seconds_of(self.ledger.clock.now())
        with self.ledger.reading() as session, self.live.read(session, now_s) as book:
            worked = work_out(session, book, wish, now_s, in_hand, planner)
        with self.ledger.transaction(planner) as transaction:
            return moves.move(transaction, self.live, wish, in_hand, seen, reason, worked)

    def hold(self, key: OperationKey, held: bool, planner: Principal, reason: str = "") -> DoneByHand:
        """Lock an operation in its place, or unlock it. Raises NotFound, PlanInvalid."""
        with self.ledger.transaction(planner) as transaction:
            return moves.hold(transaction, self.live, key, held, reason)

    def undo(self, planner: Principal) -> Undone:
        """Take the planner's own last change back. Raises PlanInvalid."""
        in_hand, now_s = self._in_hand(), seconds_of(self.ledger.clock.now())
        with self.ledger.reading() as session, self.live.read(session, now_s) as book:
            way = way_back(session, book, planner, now_s, in_hand)
        with self.ledger.transaction(planner) as transaction:
            return undo(transaction, self.live, in_hand, way)

    def to_undo(self, planner: Principal) -> DoneByHand | None:
        """What an undo of the planner would take back."""
        with self.ledger.reading() as session:
            row = last_own(session, self.plant, planner)
            return done_by_hand(row) if row is not None else None

    def planner_changes(self, question: Question) -> Part[ListedChange]:
        """What planners changed by hand as a list."""
        with self.ledger.reading() as session:
            return listing.planner_changes(session, self.plant, question)

    def operation(self, key: OperationKey) -> ShownOperation:
        """An operation with what a planner may do to it. Raises NotFound."""
        in_hand, now_s = self._in_hand(), seconds_of(self.ledger.clock.now())
        with self.ledger.reading() as session, self.live.read(session, now_s) as book:
            return shown_operation(session, book, key, now_s, in_hand)

    def learned_times(self, question: Question) -> Part[ListedTime]:
        """What reports teach of operations' times, as a list."""
        with self.ledger.reading() as session:
            return listing.learned_times(session, self.plant, question)

    def learned_time(self, time: str) -> ListedTime:
        """Raises NotFound."""
        with self.ledger.reading() as session:
            return listing.listed_time(accepting.time_row(session, self.plant, time))

    def proposed_times(self) -> list[ListedTime]:
        """Learned times that wait for a planner, those that change most first."""
        with self.ledger.reading() as session:
            return listing.proposed_times(session, self.plant)

    def accept_time(self, time: str, planner: Principal) -> ListedTime:
        """Count with a learned time from now on. Raises NotFound, TransitionRefused."""
        with self.ledger.transaction(planner) as transaction:
            accepting.accept(transaction, self.live, time)
            return listing.listed_time(accepting.time_row(transaction.session, self.plant, time))

    def decline_time(self, time: str, planner: Principal) -> ListedTime:
        """Leave the figure as it is. Raises NotFound, TransitionRefused."""
        with self.ledger.transaction(planner) as transaction:
            accepting.decline(transaction, self.live, time)
            return listing.listed_time(accepting.time_row(transaction.session, self.plant, time))

    def _in_hand(self) -> frozenset[OperationKey]:
        return self._shop_floor().in_hand() if self._shop_floor is not None else frozenset()

    # Plants and plans

    def publish_plant(self, text: str, principal: Principal) -> PublishedPlant:
        """Make the plant of a YAML text the live one. Raises SourceInvalid."""
        plant = parse_plant(text)
        with self.ledger.transaction(principal) as transaction:
            return plants.publish(transaction, text, plant)

    def inspection_rules(self, transaction: Transaction | None = None) -> InspectionRules:
        """Answers ``Inspection``."""
        if transaction is not None:
            return self.live.plant_now(session_of(transaction)).inspection
        with self.ledger.reading() as session:
            return self.live.plant_now(session).inspection

    def ask_for_plan(self, principal: Principal) -> str:
        """A planner wants the plan made anew; the job's id."""
        with self.ledger.transaction(principal) as transaction:
            transaction.audit("plan.ask", self.plant, plant=self.plant)
            job = transaction.enqueue(PLAN, self.plant, ordered(asked_by(principal.name or principal.id)))
            transaction.outcome({"job": job})
            return job

    def make_plan(self, reason: Message) -> int:
        """Make and publish a plan now; its version."""
        return self._publisher.run(reason)

    def plan_again(self) -> None:
        """A plan that was given up is ordered again while orders wait for it."""
        with self.ledger.reading() as session:
            if not given_up(session, self.plant, self.ledger.clock.real_now()):
                return
        with self.ledger.transaction(SYSTEM) as transaction:
            plan_again(transaction, self.live)

    def jobs(self) -> dict[str, Callable[[JobRun], None]]:
        """Long work by kind, for the worker."""
        return {
            PLAN: self._run_plan_job,
            TRY: lambda run: self.scenarios.attempt(run.key),
            teaching.LEARN: lambda run: teaching.look(self.ledger, self.live),
        }

    def agenda(self) -> dict[str, Callable[[LedgerTransaction, dict[str, Any]], None]]:
        """Due work by kind, for the dispatcher."""
        return {
            releasing.TICK: lambda transaction, content: releasing.tick(transaction, self.live, content.get("waited_s", 0)),
            teaching.LEARN: lambda transaction, content: transaction.enqueue(teaching.LEARN, self.plant),
            REPLAN: lambda transaction, content: replan(transaction, self.live),
            HOLDS_AGAIN: lambda transaction, content: recovery.holds_again(transaction, self.live, content["order"]),
            reservations.HOLD: lambda transaction, content: reservations.expire(transaction, self.live, content["order"]),
        }

    def _run_plan_job(self, run: JobRun) -> None:
        run.progress(0, 1)
        self.make_plan(Message.model_validate(run.content["reason"]))

    def _gather(self, transaction: LedgerTransaction) -> None:
        """Orders that come together are planned together."""
        transaction.enqueue(PLAN, self.plant, ordered(Message(id=ORDER)), GATHERING, LONGEST_GATHERING)

    # What happened elsewhere

    def on_order_placed(self, transaction: LedgerTransaction, event: OrderPlaced) -> None:
        """A firm order wants its place in the next plan."""
        self._gather(transaction)

    def on_order_changed(self, transaction: LedgerTransaction, event: OrderChanged) -> None:
        """The changed order was reserved anew; it wants its place in the next plan."""
        self._gather(transaction)

    def on_order_cancelled(self, transaction: LedgerTransaction, event: OrderCancelled) -> None:
        """Its capacity is given back, released operations are withdrawn."""
        reservations.give_back(transaction, self.live, event.order, Message(id="scheduler.withdrawn.cancelled"))
        releasing.release_due(transaction, self.live)

    def on_order_expired(self, transaction: LedgerTransaction, event: OrderExpired) -> None:
        """A hold that ran out frees its capacity."""
        reservations.expire(transaction, self.live, event.order)

    def on_operation_started(self, transaction: LedgerTransaction, event: OperationStarted) -> None:
        reports.started(transaction, self.live, event)

    def on_operation_paused(self, transaction: LedgerTransaction, event: OperationPaused) -> None:
        reports.paused(transaction, self.live, event)

    def on_operation_completed(self, transaction: LedgerTransaction, event: OperationCompleted) -> None:
        reports.completed(transaction, self.live, event)
        teaching.look_tomorrow(transaction, self.plant)

    def on_nonconformance_raised(self, transaction: LedgerTransaction, event: NonConformanceRaised) -> None:
        """The failed operations run again; who can no longer get the promised date is told."""
        restart.restarted(transaction, self.live, event)
        releasing.release_due(transaction, self.live)

    def on_nonconformance_withdrawn(self, transaction: LedgerTransaction, event: NonConformanceWithdrawn) -> None:
        """Nothing had failed: the piece goes on, its rework or remake leaves the plan."""
        resume.corrected(transaction, self.live, event)
        releasing.release_due(transaction, self.live)

    def on_concession_proposed(self, transaction: LedgerTransaction, event: ConcessionProposed) -> None:
        """Rework or remake waits until the piece may not stay as it is."""
        deferring.deferred(transaction, self.live, event)

    def on_concession_asked(self, transaction: LedgerTransaction, event: ConcessionAsked) -> None:
        deferring.deferred(transaction, self.live, event)

    def on_concession_settled(self, transaction: LedgerTransaction, event: ConcessionSettled) -> None:
        """Accepted: the piece goes on as it is. Otherwise rework or remake is not held any more."""
        if event.concession.state is ConcessionState.ACCEPTED:
            resume.conceded(transaction, self.live, event)
        else:
            deferring.no_longer(transaction, self.live, event)
        releasing.release_due(transaction, self.live)

    def on_machine_state_changed(self, transaction: LedgerTransaction, event: MachineStateChanged) -> None:
        """Down: its time is blocked and the plan repaired. Up again: a new plan may use the time that came back."""
        reports.machine_state(transaction, self.live, event)
