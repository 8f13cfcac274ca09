"""Work orders and reports as B2MML documents, for systems that speak ISA-95 in XML; the same content as over every other way."""

from flask import Blueprint, Response, request
from pydantic import ValidationError

from contracts.access import Permission
from contracts.problems import FieldProblem, InvalidInput, NotPermitted
from mes_bridge.answering import answer_to
from mes_bridge.engine.protocols import b2mml
from mes_bridge.engine.protocols.xml_reading import NotUnderstood
from mes_bridge.service import Service
from mes_bridge.web.api import BundleAnswers, WorkOrderQuery
from presentation.api import answer, describe, invalid, query
from presentation.guard import current_principal, requires
from presentation.language import current_language

EXCHANGE = Permission.EXCHANGE_WORK_ORDERS
MOST_MESSAGES = 200
_XML = {"application/xml", "text/xml"}


def blueprint(service: Service) -> Blueprint:
    room = Blueprint("b2mml", __name__, url_prefix="/api/v1/mes/b2mml")

    @room.get("/work-schedule")
    @describe(
        "Work orders changed since a number as a B2MML WorkSchedule; go on with the number behind the schedule's ID",
        query=WorkOrderQuery,
        answers={200: b2mml.MEDIA_TYPE},
        problems=(InvalidInput, NotPermitted),
    )
    @requires(EXCHANGE)
    def schedule() -> Response:
        asked = query(WorkOrderQuery)
        since = asked.since if asked.cursor is None else asked.cursor
        found = service.work_orders(current_principal(), asked.state, asked.machine_group, since=since, limit=asked.limit)
        written = b2mml.encode(found, service.now(), found[-1].change if found else since)
        return Response(written, mimetype=b2mml.MEDIA_TYPE)

    @room.post("/documents")
    @describe(
        "A B2MML WorkPerformance or TestResult: each job response is a report, each property measurement a value, answered one by one",
        answers={200: BundleAnswers},
        problems=(InvalidInput,),
    )
    @requires(EXCHANGE)
    def documents() -> Response:
        if request.mimetype not in _XML:
            raise InvalidInput(errors=(FieldProblem("/Content-Type", "mes_bridge.b2mml.media"),))
        try:
            messages = b2mml.messages(request.get_data())
        except NotUnderstood as fault:
            params = {"element": fault.element, "given": fault.given}
            raise InvalidInput(errors=(FieldProblem(f"/{fault.element}", _sentence(fault), params),)) from None
        except ValidationError as fault:
            raise invalid(fault) from None
        if len(messages) > MOST_MESSAGES:
            raise InvalidInput(errors=(FieldProblem("", "field.too_many", {"max_length": MOST_MESSAGES, "actual_length": len(messages)}),))
        answers = service.bundle(messages, current_principal()) if messages else []
        language = current_language()
        return answer(BundleAnswers(answers=tuple(answer_to(each, language) for each in answers)))

    return room


def _sentence(fault: NotUnderstood) -> str:
    known = {"xml": "no_xml", "DOCTYPE": "doctype", "root": "root"}
    return f"mes_bridge.b2mml.{known.get(fault.element, 'element' if fault.given else 'missing')}"
