"""How manufacturing execution systems talk to the room over REST."""

import re
import threading
from typing import Annotated

from flask import Blueprint, Response
from pydantic import BeforeValidator, Field

from contracts.access import Permission
from contracts.bundle import Bundle
from contracts.model import Contract
from contracts.problems import (
    GaugeOverdue,
    IdempotencyMismatch,
    InvalidInput,
    MachineHeld,
    NotFound,
    NotPermitted,
    StaleFence,
    StaleRevision,
    TransitionRefused,
    UnitMismatch,
)
from contracts.work_order import (
    Answer,
    Lease,
    LeasedWorkOrder,
    LeaseReference,
    LeaseRequest,
    ListedWorkOrder,
    MachineStateReport,
    MeasurementReport,
    Name,
    Receipt,
    Report,
    WorkOrderFile,
    WorkOrderState,
)
from mes_bridge.answering import BundledAnswer, answer_to
from mes_bridge.engine.protocols import rest
from mes_bridge.service import Service
from presentation.api import answer, body, describe, query
from presentation.guard import current_principal, requires
from presentation.language import current_language

LONG_POLLS = 2
"""Threads that may wait in long polls at a time; further callers are answered at once."""
_IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
EXCHANGE = Permission.EXCHANGE_WORK_ORDERS


class WorkOrderQuery(Contract):
    """``since`` is the ``since`` of the last answer; ``wait`` seconds are spent only while there is nothing new.

    ``cursor`` reads on where a full page ended; it goes before ``since``.
    """

    state: Annotated[tuple[WorkOrderState, ...], BeforeValidator(lambda given: given if isinstance(given, list) else [given])] = ()
    machine_group: Name | None = None
    since: Annotated[int, Field(ge=0, le=9_223_372_036_854_775_807)] = 0
    wait: Annotated[int, Field(ge=0, le=25)] = 0
    limit: Annotated[int, Field(ge=1, le=200)] = 200
    cursor: Annotated[int, Field(ge=0, le=9_223_372_036_854_775_807)] | None = None


class WorkOrderList(Contract):
    items: tuple[ListedWorkOrder, ...]
    since: int
    cursor: int | None
    """Send it to read on; null when the page was not full."""


class Leased(Contract):
    items: tuple[LeasedWorkOrder, ...]


class BundleAnswers(Contract):
    answers: tuple[BundledAnswer, ...]
    """One for each message, in their order."""


class FileList(Contract):
    items: tuple[WorkOrderFile, ...]


def blueprint(service: Service) -> Blueprint:
    """The addresses under /api/v1/mes."""
    room = Blueprint("mes_api", __name__, url_prefix="/api/v1/mes")
    _work_orders(room, service)
    _leases(room, service)
    _reports(room, service)
    _files(room, service)
    return room


def _work_orders(room: Blueprint, service: Service) -> None:
    waiting = threading.BoundedSemaphore(LONG_POLLS)

    @room.get("/work-orders")
    @describe(
        "Work orders changed since a number, oldest change first; superseded and cancelled revisions included",
        query=WorkOrderQuery,
        answers={200: WorkOrderList},
        problems=(InvalidInput, NotPermitted),
    )
    @requires(EXCHANGE)
    def work_orders() -> Response:
        asked = query(WorkOrderQuery)
        since = asked.since if asked.cursor is None else asked.cursor
        may_wait = asked.wait > 0 and waiting.acquire(blocking=False)
        try:
            found = service.work_orders(
                current_principal(),
                asked.state,
                asked.machine_group,
                since=since,
                limit=asked.limit,
                wait_s=asked.wait if may_wait else 0,
            )
        finally:
            if may_wait:
                waiting.release()
        read_to = found[-1].change if found else since
        return answer(rest.items(found) | {"since": read_to, "cursor": read_to if len(found) == asked.limit else None})


def _leases(room: Blueprint, service: Service) -> None:
    @room.post("/work-orders/lease")
    @describe(
        "Take work orders that may start, in the order of the plan",
        body=LeaseRequest,
        answers={200: Leased},
        problems=(InvalidInput, NotFound, NotPermitted, IdempotencyMismatch),
        idempotent=True,
        one_commit=True,
    )
    @requires(EXCHANGE)
    def lease() -> Response:
        return answer(rest.items(service.lease(body(LeaseRequest), current_principal())))

    refusals = (InvalidInput, NotFound, StaleFence, StaleRevision, TransitionRefused)

    @room.post("/work-orders/<work_order>/acknowledge")
    @describe("The leased work order is stored on your side", body=LeaseReference, answers={200: Lease}, problems=refusals)
    @requires(EXCHANGE)
    def acknowledge(work_order: str) -> Response:
        return answer(service.acknowledge(_known(work_order), body(LeaseReference), current_principal()))

    @room.post("/work-orders/<work_order>/release")
    @describe("Give a leased work order back that was not begun", body=LeaseReference, answers={200: Lease}, problems=refusals)
    @requires(EXCHANGE)
    def release(work_order: str) -> Response:
        return answer(service.give_back(_known(work_order), body(LeaseReference), current_principal()))

    @room.post("/work-orders/<work_order>/extend")
    @describe("Keep a lease for some more seconds", body=LeaseReference, answers={200: Lease}, problems=refusals)
    @requires(EXCHANGE)
    def extend(work_order: str) -> Response:
        return answer(service.extend(_known(work_order), body(LeaseReference), current_principal()))

    @room.post("/work-orders/<work_order>/answer")
    @describe(
        "Say whether a superseded or cancelled revision could still be stopped",
        body=Answer,
        answers={200: Receipt},
        problems=(InvalidInput, NotFound, TransitionRefused),
    )
    @requires(EXCHANGE)
    def answer_revision(work_order: str) -> Response:
        return answer(service.answer(_known(work_order), body(Answer), current_principal()))


def _reports(room: Blueprint, service: Service) -> None:
    @room.post("/work-orders/<work_order>/reports")
    @describe(
        "Tell what happened to a work order; 202 when the report was set aside with a reason",
        body=Report,
        answers={200: Receipt, 202: Receipt},
        problems=(InvalidInput, StaleFence, TransitionRefused, MachineHeld, IdempotencyMismatch),
        idempotent=True,
        one_commit=True,
    )
    @requires(EXCHANGE)
    def report(work_order: str) -> Response:
        return _receipt(service.report(_known(work_order), body(Report), current_principal()))

    @room.post("/measurements")
    @describe(
        "A measured value; judged at once, 202 when it was set aside with a reason",
        body=MeasurementReport,
        answers={200: Receipt, 202: Receipt},
        problems=(InvalidInput, UnitMismatch, GaugeOverdue, TransitionRefused, IdempotencyMismatch),
    )
    @requires(EXCHANGE)
    def measurement() -> Response:
        given = body(MeasurementReport)
        return _receipt(service.record(given, current_principal()))

    @room.post("/machine-states")
    @describe("A machine says what it does; 202 when it is not known", body=MachineStateReport, answers={200: Receipt, 202: Receipt})
    @requires(EXCHANGE)
    def machine_state() -> Response:
        return _receipt(service.machine_state(body(MachineStateReport), current_principal()))

    @room.post("/bundle")
    @describe(
        "Several messages at once, taken in their order: a refused one changes nothing and stops none of the others",
        body=Bundle,
        answers={200: BundleAnswers},
        problems=(InvalidInput,),
    )
    @requires(EXCHANGE)
    def bundle() -> Response:
        answers = service.bundle(body(Bundle).messages, current_principal())
        language = current_language()
        return answer(BundleAnswers(answers=tuple(answer_to(each, language) for each in answers)))


def _files(room: Blueprint, service: Service) -> None:
    @room.get("/work-orders/<work_order>/files")
    @describe("Drawing and machine-ready files of a work order", answers={200: FileList}, problems=(NotFound,))
    @requires(EXCHANGE)
    def files(work_order: str) -> Response:
        return answer(FileList(items=tuple(service.files(_known(work_order), current_principal()))))

    @room.get("/work-orders/<work_order>/files/<name>")
    @describe("One file as it was frozen with the order", answers={200: "*/*"}, problems=(NotFound,))
    @requires(EXCHANGE)
    def file(work_order: str, name: str) -> Response:
        media_type, content = service.file(_known(work_order), name, current_principal())
        response = Response(content, mimetype=media_type)
        response.headers["Content-Disposition"] = "attachment"
        return response


def _receipt(receipt: Receipt) -> Response:
    return answer(receipt, rest.status(receipt))


def _known(work_order: str) -> str:
    if not _IDENTIFIER.fullmatch(work_order):
        raise NotFound("work order", work_order[:80])
    return work_order
