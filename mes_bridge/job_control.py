"""What do the methods of ISA-95 job control do here, where LotOne itself gives out the orders?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from contracts.access import Principal
from contracts.model import Instant
from contracts.problems import InvalidInput, MachineHeld, NotFound, Problem, StaleFence, StaleRevision, TransitionRefused, Unavailable
from contracts.work_order import Answer, LeaseReference, MachineStateReport, MeasurementReport, Receipt, Report, ReportKind, WorkOrderState
from ledger.identifiers import new_id
from mes_bridge.engine.protocols.opcua import Command, Result, ReturnStatus, allows
from mes_bridge.engine.work_order_document import content_hash
from mes_bridge.service import Service
from mes_bridge.standing import StandingWorkOrder

TAKEN_FOR_S = 3600
"""Real time for which a stored work order stays with who stored it, unbegun; storing it again begins the hour anew."""
_REPORTED: dict[Command, ReportKind] = {
    Command.START: "started",
    Command.STORE_AND_START: "started",
    Command.RESUME: "started",
    Command.PAUSE: "paused",
    Command.STOP: "completed",
    Command.ABORT: "scrapped",
}


@dataclass(frozen=True)
class Called:
    """A method of one machine group's receiver, and who called it.

    ``content_sha256`` is what a given job order names as its content, if it does.
    """

    command: Command
    plant: str
    machine_group: str
    work_order: str
    comment: str | None
    principal: Principal
    content_sha256: str | None = None


@dataclass(frozen=True)
class Told:
    """What somebody who sent a value or a machine's state is answered."""

    status: ReturnStatus
    receipt: Receipt | None = None
    because: str = ""
    """The problem's kind, as over REST."""


class JobControl:
    """Each call is the same as over REST: leases and reports of the caller, by the same rules."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def call(self, called: Called) -> ReturnStatus:
        """Raises Unavailable when storage is busy."""
        order = self._service.standing_work_order(called.work_order)
        if order is None or (order.plant, order.machine_group) != (called.plant, called.machine_group):
            stores = called.command in {Command.STORE, Command.STORE_AND_START}
            return ReturnStatus.UNABLE_TO_ACCEPT if stores else ReturnStatus.UNKNOWN_JOB_ORDER
        if called.content_sha256 not in {None, content_hash(order.content)}:
            return ReturnStatus.UNABLE_TO_ACCEPT
        if not allows(called.command, order.state, order.ready):
            return ReturnStatus.INVALID_STATUS
        try:
            return self._done(called, order)
        except StaleFence:
            return ReturnStatus.UNABLE_TO_ACCEPT | ReturnStatus.HELD_BY_ANOTHER
        except MachineHeld:
            return ReturnStatus.UNABLE_TO_ACCEPT | ReturnStatus.MACHINE_HELD
        except (TransitionRefused, StaleRevision):
            return ReturnStatus.INVALID_STATUS
        except NotFound:
            return ReturnStatus.UNKNOWN_JOB_ORDER

    def result(self, plant: str, machine_group: str, work_order: str) -> Result | None:
        """What became of it so far; None when the machine group has none of that name."""
        order = self._service.standing_work_order(work_order)
        if order is None or (order.plant, order.machine_group) != (plant, machine_group):
            return None
        return self._service.results([work_order]).get(work_order)

    def measure(self, given: MeasurementReport, principal: Principal) -> Told:
        """Raises Unavailable."""
        return _answered(lambda: self._service.record(given, principal))

    def machine_state(self, given: MachineStateReport, principal: Principal) -> Told:
        """Raises Unavailable."""
        return _answered(lambda: self._service.machine_state(given, principal))

    def _done(self, called: Called, order: StandingWorkOrder) -> ReturnStatus:
        principal, work_order = called.principal, called.work_order
        match called.command:
            case Command.STORE:
                self._service.take(work_order, TAKEN_FOR_S, principal)
            case Command.UPDATE:
                self._service.take_anew(work_order, TAKEN_FOR_S, principal)
            case Command.REVOKE_START | Command.CANCEL if order.state is not WorkOrderState.CANCELLED:
                reference = LeaseReference(revision=order.content.revision, fence=order.fence)
                if order.holder != principal.id:
                    return ReturnStatus.INVALID_STATUS
                self._service.give_back(work_order, reference, principal)
            case Command.CANCEL:
                if (ended := self._service.unanswered(work_order, "cancelled", principal)) is not None:
                    self._service.answer(work_order, Answer(revision=ended, to="cancelled", answer="accepted"), principal)
            case Command.CLEAR:
                pass
            case _:
                return self._reported(called, order, _REPORTED[called.command])
        return ReturnStatus.NO_ERROR

    def _reported(self, called: Called, order: StandingWorkOrder, kind: ReportKind) -> ReturnStatus:
        report = Report(
            report=new_id("report"),
            revision=order.content.revision,
            kind=kind,
            at=self._now(order),
            quantity=0 if kind == "scrapped" else 1,
            reason=called.comment,
        )
        return _told(self._service.report(called.work_order, report, called.principal)).status

    def _now(self, order: StandingWorkOrder) -> Instant:
        """After everything that was reported before: who calls knows the state that it made, whatever other clocks said."""
        now = self._service.ledger.clock.now()
        return now if order.last_report_at is None else max(now, order.last_report_at + timedelta(microseconds=1))


def _answered(tell: Callable[[], Receipt]) -> Told:
    """What a refusal is called over REST goes along with the status."""
    try:
        return _told(tell())
    except Unavailable:
        raise
    except TransitionRefused as refused:
        return Told(ReturnStatus.INVALID_STATUS, because=refused.type)
    except InvalidInput as refused:
        named = "".join(f": {fault.pointer.removeprefix('/')}" for fault in refused.errors[:1])
        return Told(ReturnStatus.INVALID_REQUEST, because=f"{refused.type}{named}")
    except Problem as refused:
        return Told(ReturnStatus.INVALID_REQUEST, because=refused.type)


def _told(receipt: Receipt) -> Told:
    if receipt.result == "accepted":
        return Told(ReturnStatus.NO_ERROR, receipt)
    unknown = receipt.reason == "unknown-work-order"
    status = ReturnStatus.UNKNOWN_JOB_ORDER if unknown else ReturnStatus.INVALID_REQUEST
    return Told(status | ReturnStatus.SET_ASIDE, receipt, receipt.reason or "")
