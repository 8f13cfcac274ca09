"""Does a finished piece leave its events, and is everything that they say found again, both ways?"""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from contracts.access import SYSTEM, Role
from contracts.events import PieceCompleted
from contracts.gs1 import piece_path, piece_uri, serial_of
from contracts.problems import InvalidInput, NotFound
from mes_bridge.engine.tracing.capture import EpcisDocument
from mes_bridge.tracing import Sought
from mes_bridge.web.epcis import EventQuery, query_document
from tests.unit.mes_bridge.shop import MES, Shop
from tests.unit.mes_bridge.site import site

GTIN = "09506000010014"
STANDARDS = Path(os.environ.get("LOTONE_TEST_STANDARDS", Path(__file__).parents[4] / "shared" / "data" / "standards"))
SCHEMA = STANDARDS / "epcis" / "EPCIS-JSON-Schema.json"
EXAMPLES = sorted((STANDARDS / "epcis" / "examples").glob("*.jsonld"))
needs_schema = pytest.mark.skipif(
    not SCHEMA.exists(), reason=f"needs GS1's EPCIS schema: set LOTONE_TEST_STANDARDS (looked in {STANDARDS})"
)


def _finished(shop: Shop) -> None:
    """As the dispatcher tells the room of its own pieces."""
    for event in shop.events(PieceCompleted):
        with shop.ledger.transaction(SYSTEM) as transaction:
            shop.service.on_piece_completed(transaction, event)


@pytest.fixture
def made(shop: Shop) -> Shop:
    shop.release()
    shop.make(10, 20, 30, 40, 50, 60)
    _finished(shop)
    return shop


def _events(shop: Shop, **asked: Any) -> list[dict[str, Any]]:
    return [event for _, event in shop.service.traces.events(EventQuery(**asked).sought(), 200)]


def _document(*events: dict[str, Any]) -> EpcisDocument:
    given = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-24T09:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }
    return EpcisDocument.model_validate_json(json.dumps(given))


RECEIVED = {
    "type": "ObjectEvent",
    "eventTime": "2026-11-20T10:00:00+08:00",
    "eventTimeZoneOffset": "+08:00",
    "action": "OBSERVE",
    "bizStep": "receiving",
    "quantityList": [{"epcClass": "https://supplier.example/lots/L1", "quantity": 40}],
    "example:pallet": "7",
}


def test_a_finished_piece_is_commissioned_made_inspected_and_packed(made: Shop) -> None:
    told = _events(made)
    steps = [event["bizStep"] for event in told]
    assert (steps[0], steps[-1]) == ("commissioning", "packing")
    assert (steps.count("assembling"), steps.count("inspecting")) == (6, 3)
    piece = piece_uri(GTIN, serial_of("piece_1"))
    assert all(piece in (*event.get("epcList", ()), *event.get("outputEPCList", ())) for event in told)
    assert [event["eventTime"] for event in told] == sorted(event["eventTime"] for event in told)


def test_the_same_completion_again_changes_nothing(made: Shop) -> None:
    before = _events(made)
    _finished(made)
    assert _events(made) == before


@needs_schema
def test_events_are_valid_against_the_public_schema(made: Shop) -> None:
    jsonschema.validate(query_document(_events(made)), json.loads(SCHEMA.read_text()))


@needs_schema
@pytest.mark.parametrize("example", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_the_standard_s_own_documents_are_captured(shop: Shop, example: Path) -> None:
    document = EpcisDocument.model_validate_json(example.read_bytes())
    identifiers = shop.service.traces.capture(document.events(), MES)
    assert len(_events(shop)) == len(identifiers) == len(json.loads(example.read_text())["epcisBody"]["eventList"])


def test_events_are_found_by_what_they_are_about(made: Shop) -> None:
    lot = "/trace/materials/tube/lots/L1"
    assert len(_events(made, MATCH_inputEPCClass=lot)) == 6
    assert len(_events(made, MATCH_anyEPC=piece_uri(GTIN, serial_of("piece_1")), EQ_bizStep="commissioning|packing")) == 2
    assert _events(made, MATCH_anyEPC="https://id.gs1.org/01/0/21/0") == []
    assert len(_events(made, EQ_readPoint="/trace/machines/ALIGN-1", EQ_bizStep="inspecting")) == 1
    assert _events(made, GE_eventTime="2999-01-01T00:00:00Z") == []


def test_a_lot_leads_to_its_pieces_and_a_piece_to_its_lots(made: Shop) -> None:
    made.release(piece="piece_2")
    made.make(10, piece="piece_2")
    uses = made.service.traces.uses("L1")
    assert {(use.piece, use.standing) for use in uses} == {("piece_1", "made"), ("piece_2", "made"), ("piece_2", "planned")}
    assert made.service.traces.uses("L2") == []
    origin = made.service.traces.origin("piece_1")
    assert {use.lot for use in origin.materials} == {"L1"}
    assert origin.passport == piece_path(GTIN, serial_of("piece_1"))
    assert set(origin.machines) == {"CUT-1", "WELD-1", "ALIGN-1", "TRUE-1", "ASSY-1", "INSP-1"}


@pytest.mark.parametrize(("taken_anew", "first"), [((), "made"), (None, "scrapped")], ids=["rework", "remake"])
def test_rework_goes_on_with_its_material_and_a_remake_takes_it_anew(shop: Shop, taken_anew: tuple[()] | None, first: str) -> None:
    shop.release(sequences=(40,))
    shop.make(40, value="10.5")
    changes = {} if taken_anew is None else {"materials": taken_anew}
    shop.release_operations([shop.operation("piece_1", 40, attempt=2, **changes)])
    shop.make(40, attempt=2)
    standing = {use.attempt: use.standing for use in shop.service.traces.uses("L1")}
    assert standing == ({1: first} if taken_anew is not None else {1: first, 2: "made"})


def test_a_serial_number_leads_to_its_piece_once_that_is_finished(shop: Shop) -> None:
    shop.release()
    traces = shop.service.traces
    with pytest.raises(NotFound):
        traces.passport(GTIN, serial_of("piece_1"))
    shop.make(10, 20, 30, 40, 50, 60)
    _finished(shop)
    assert traces.passport(GTIN, serial_of("piece_1")).serial == serial_of("piece_1")
    with pytest.raises(NotFound):
        traces.passport("09506000010021", serial_of("piece_1"))


def test_what_others_tell_is_kept_once(shop: Shop) -> None:
    traces = shop.service.traces
    first = traces.capture(_document(RECEIVED).events(), MES)
    assert traces.capture(_document(RECEIVED).events(), MES) == first
    (kept,) = _events(shop, MATCH_anyEPCClass="https://supplier.example/lots/L1")
    assert kept["example:pallet"] == "7"
    with pytest.raises(InvalidInput):
        traces.capture(_document(RECEIVED | {"eventID": "urn:a:2"}, RECEIVED | {"eventID": first[0], "bizStep": "storing"}).events(), MES)
    assert traces.events(Sought(ids=("urn:a:2",)), 1) == [], "all of a document or nothing"


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Event"},
        {"eventTime": "2026-11-20T10:00:00"},
        {"eventTimeZoneOffset": "08:00"},
        {"action": "CHANGE"},
        {"bizStep": "melting"},
        {"disposition": "lost"},
        {"pallet": "7"},
        {"epcList": ["no address"]},
        {"readPoint": {}},
    ],
)
def test_what_is_no_event_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        _document(RECEIVED | change)


def test_an_event_about_nothing_is_kept_too(shop: Shop) -> None:
    empty = {**RECEIVED, "quantityList": [], "epcList": []}
    (identifier,) = shop.service.traces.capture(_document(empty).events(), MES)
    assert [event["eventID"] for event in _events(shop)] == [identifier]


def test_a_page_of_events_leads_to_the_next_of_the_same_question(made: Shop) -> None:
    client = site(made, Role.QUALITY).test_client()
    address, seen = "/api/v1/epcis/events?EQ_bizStep=assembling&perPage=4", []
    while address:
        answered = client.get(address)
        seen += answered.get_json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        address = answered.headers.get("Link", "<>").partition("<")[2].partition(">")[0]
    assert [event["bizStep"] for event in seen] == ["assembling"] * 6
    assert len({event["eventID"] for event in seen}) == 6


def test_the_passport_answers_in_the_form_that_is_asked_for(made: Shop) -> None:
    client = site(made, Role.ANONYMOUS).test_client()
    address = piece_path(GTIN, serial_of("piece_1"))
    told = client.get(address, headers={"Accept": "application/json"})
    assert (told.get_json()["gtin"], "Accept" in told.headers["Vary"].split(", ")) == (GTIN, True)
    links = client.get(f"{address}?linkType=all")
    assert links.mimetype == "application/linkset+json"
    assert links.get_json()["linkset"][0]["anchor"] == f"http://lotone.example{address}"
    assert client.get(piece_path("09506000010021", serial_of("piece_1"))).status_code == 404
    assert client.get("/01/123/21/x").status_code == 404


def test_the_recall_list_is_a_spreadsheet_in_words(made: Shop) -> None:
    client = site(made, Role.QUALITY).test_client()
    heading, first, *_ = client.get("/quality/trace.csv?code=L1").text.removeprefix("\ufeff").splitlines()
    assert heading.startswith("lot,item,item_label,quantity,unit,piece,order")
    assert first.startswith("L1,tube,tube,2,piece,piece_1,order_1,")
    assert client.get("/trace/materials/tube/lots/L%261").location == "/quality/trace?code=L%261"
