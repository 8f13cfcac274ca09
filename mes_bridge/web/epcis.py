"""The traceability interface: events told and asked for as EPCIS 2.0 documents (its REST bindings, 12)."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from pydantic import BeforeValidator, ConfigDict, Field

from contracts.access import Permission
from contracts.model import Contract, Instant
from contracts.problems import InvalidInput, NotFound
from mes_bridge.engine.tracing.capture import EpcisDocument
from mes_bridge.engine.tracing.vocabulary import CONTEXT
from mes_bridge.service import Service
from mes_bridge.tracing import CLASSES, EPCS, Sought
from presentation.api import answer, body, describe, query
from presentation.guard import current_principal, requires

_Words = Annotated[
    tuple[Annotated[str, Field(max_length=500)], ...],
    BeforeValidator(lambda given: given if isinstance(given, list) else str(given).split("|")),
    Field(max_length=50),
]
"""Any of these, divided by bars as the standard has it, or named again."""


class EventQuery(Contract):
    """The standard's simple event query; what is left out asks nothing. Go on with ``nextPageToken`` of the Link header."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, populate_by_name=True)

    eventType: _Words = ()
    EQ_eventID: _Words = ()
    EQ_bizStep: _Words = ()
    EQ_disposition: _Words = ()
    EQ_action: Annotated[
        tuple[Literal["ADD", "OBSERVE", "DELETE"], ...],
        BeforeValidator(lambda given: given if isinstance(given, list) else str(given).split("|")),
    ] = ()
    GE_eventTime: Instant | None = None
    LT_eventTime: Instant | None = None
    GE_recordTime: Instant | None = None
    LT_recordTime: Instant | None = None
    MATCH_epc: _Words = ()
    MATCH_anyEPC: _Words = ()
    MATCH_parentID: _Words = ()
    MATCH_inputEPC: _Words = ()
    MATCH_outputEPC: _Words = ()
    MATCH_epcClass: _Words = ()
    MATCH_anyEPCClass: _Words = ()
    MATCH_inputEPCClass: _Words = ()
    MATCH_outputEPCClass: _Words = ()
    EQ_readPoint: _Words = ()
    EQ_bizLocation: _Words = ()
    EQ_bizTransaction: _Words = ()
    perPage: Annotated[int, Field(ge=1, le=200)] = 30
    nextPageToken: Annotated[int, Field(ge=0, le=9_223_372_036_854_775_807)] | None = None

    def sought(self) -> Sought:
        matches = (
            (("epcList", "childEPCs"), self.MATCH_epc),
            (EPCS, self.MATCH_anyEPC),
            (("parentID",), self.MATCH_parentID),
            (("inputEPCList",), self.MATCH_inputEPC),
            (("outputEPCList",), self.MATCH_outputEPC),
            (("quantityList", "childQuantityList"), self.MATCH_epcClass),
            (CLASSES, self.MATCH_anyEPCClass),
            (("inputQuantityList",), self.MATCH_inputEPCClass),
            (("outputQuantityList",), self.MATCH_outputEPCClass),
            (("readPoint",), self.EQ_readPoint),
            (("bizLocation",), self.EQ_bizLocation),
            (("bizTransaction",), self.EQ_bizTransaction),
        )
        return Sought(
            ids=self.EQ_eventID,
            types=self.eventType,
            steps=self.EQ_bizStep,
            dispositions=self.EQ_disposition,
            actions=self.EQ_action,
            at=(self.GE_eventTime, self.LT_eventTime),
            recorded=(self.GE_recordTime, self.LT_recordTime),
            about=[each for each in matches if each[1]],
        )


class Captured(Contract):
    """What became of a captured document; it is done when it is answered."""

    captureID: str
    success: bool
    running: bool
    events: tuple[str, ...]


def blueprint(service: Service) -> Blueprint:
    room = Blueprint("epcis", __name__, url_prefix="/api/v1")

    @room.post("/epcis/capture")
    @describe(
        "Tell events of your own as an EPCIS 2.0 document; all of them are kept, or none",
        body=EpcisDocument,
        answers={202: Captured},
        problems=(InvalidInput,),
    )
    @requires(Permission.TRACE)
    def capture() -> Response:
        identifiers = service.traces.capture(body(EpcisDocument).events(), current_principal())
        done = Captured(captureID=identifiers[0], success=True, running=False, events=tuple(identifiers))
        return answer(done, 202, {"Location": f"/api/v1/epcis/events/{identifiers[0]}"})

    @room.get("/epcis/events")
    @describe(
        "Events of what was made, and of what others told", query=EventQuery, answers={200: "application/json"}, problems=(InvalidInput,)
    )
    @requires(Permission.TRACE)
    def found() -> Response:
        asked = query(EventQuery)
        part = service.traces.events(asked.sought(), asked.perPage + 1, asked.nextPageToken)
        shown = part[: asked.perPage]
        headers = {} if len(part) <= asked.perPage else {"Link": f'<{_next(shown[-1][0])}>; rel="next"'}
        return answer(query_document([event for _, event in shown]), headers=headers)

    @room.get("/epcis/events/<path:identifier>")
    @describe("One event by its identifier", answers={200: "application/json"}, problems=(NotFound,))
    @requires(Permission.TRACE)
    def one(identifier: str) -> Response:
        part = service.traces.events(Sought(ids=(identifier,)), 1)
        if not part:
            raise NotFound("event", identifier[:80])
        return answer(query_document([part[0][1]]))

    return room


def _next(token: int) -> str:
    """The same question, from behind the last event."""
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "nextPageToken"]
    return f"{request.path}?{urlencode([*asked, ('nextPageToken', str(token))])}"


def query_document(events: list[dict[str, Any]]) -> dict[str, Any]:
    """An answer to a query, as the standard's schema has it."""
    return {
        "@context": [CONTEXT],
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "epcisBody": {"queryResults": {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": events}}},
    }
