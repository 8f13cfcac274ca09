"""The table of checks is in order, says itself in both languages, and its judge finds what a record shows."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree
from pypdf import PdfReader

import mes_bridge.engine.conformance
from contracts.texts import LANGUAGES
from contracts.work_order import WorkOrderCheckpoint, WorkOrderDocument, WorkOrderOperation
from mes_bridge.conformance.connectors.faulty import FAULTY
from mes_bridge.conformance.connectors.sound import Connector
from mes_bridge.conformance.results import Result, as_document, as_junit, as_lines
from mes_bridge.documents.conformance import conformance_html, conformance_pdf
from mes_bridge.engine.conformance.host_checks import HOST_CHECKS
from mes_bridge.engine.conformance.judge import CHECKS, Judged, conforms, judge
from mes_bridge.engine.conformance.record import Act, Kind, Provocation, Record, ScriptedOrder
from mes_bridge.engine.conformance.rest_reading import answered, read_request
from presentation.texts import sentences

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
ORDER = "work_order_1"
ALL = (*CHECKS, *HOST_CHECKS)
PAGE = (Path(__file__).parents[3] / "docs" / "mes.md").read_text()


def document(revision: int = 1) -> WorkOrderDocument:
    operation = WorkOrderOperation(
        sequence=10, name="cut", machine="CUT-1", planned_start=NOW, planned_end=NOW, setup_family="-", parameters={}
    )
    limits = {"nominal": 540_000, "lower": 539_900, "upper": 540_100, "physical_minimum": 0, "unit": "um", "gauge": "caliper"}
    length = WorkOrderCheckpoint.model_validate({"checkpoint": "length", "characteristic": "length", **limits})
    return WorkOrderDocument(
        work_order=ORDER, revision=revision, piece="p", attempt=1, operation=operation, materials=(), checkpoints=(length,), files=()
    )


def act(request: int, kind: Kind, content: dict[str, Any], status: int = 200, **fields: Any) -> Act:
    return Act(request, kind, f"POST /{kind}", content, NOW, ORDER, status=status, key=f"k{request}", **fields)


def report(request: int, kind: str, status: int = 200, name: str | None = None, **fields: Any) -> Act:
    content = {"report": name or f"{kind}-1", "revision": 1, "fence": 1, "kind": kind, "at": NOW.isoformat(), **fields.pop("content", {})}
    return act(request, "report", content, status, **fields)


LEASED = Act(1, "lease", "POST /lease", {"count": 1}, NOW, key="k", status=200, answer={"items": [{"work_order": ORDER, "fence": 1}]})
PROBLEM = {"type": "/problems/stale-fence"}


def outcome(name: str, *acts: Act, scene: str = "round-trip", provoked: Provocation | None = None) -> Judged:
    record = Record((LEASED, *acts), (ScriptedOrder(scene, document(), 1),), () if provoked is None else (provoked,))
    return next(each for each in judge(record) if each.id == name)


def findings(name: str, *acts: Act, **fields: Any) -> list[str]:
    return [fault.finding.id.rpartition(".")[2] for fault in outcome(name, *acts, **fields).faults]


def test_each_check_needs_only_what_stands_before_it() -> None:
    known: set[str] = set()
    for check in ALL:
        assert set(check.needs) <= known, check.id
        assert check.id not in known
        known.add(check.id)
    assert len(CHECKS) >= 25
    assert set(FAULTY) <= known
    assert len(FAULTY) >= 10


def test_every_check_and_finding_says_itself_in_both_languages() -> None:
    said = {f"conformance.{check.id}{part}" for check in ALL for part in ("", ".expected")}
    said |= {f"conformance.chapter.{check.chapter}" for check in CHECKS} | {"conformance.chapter.host"}
    folder = Path(mes_bridge.engine.conformance.__file__).parent
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    said |= {f"conformance.found.{name}" for name in re.findall(r'(?:found|fault|wrong)\("(\w+)"', source)} | set(
        re.findall(r'"(conformance\.[\w.]+)"', source)
    )
    for language in LANGUAGES:
        assert said - set(sentences(language)) == set()
    assert {name for name in sentences("en") if name.startswith("conformance.found.")} <= said


def test_every_check_is_on_the_integrator_s_page() -> None:
    for check in ALL:
        assert f"| `{check.id}` | {sentences('en')[f'conformance.{check.id}.expected'][0]} |" in PAGE, check.id


def test_a_client_that_never_came_fails_to_lease_and_all_else_is_blocked_by_it() -> None:
    judged = judge(Record())
    assert [each.id for each in judged if each.outcome == "failed"] == ["lease"]
    assert {each.blocked_by for each in judged if each.outcome == "blocked"} == {"lease"}
    assert not conforms(judged)


@pytest.mark.parametrize(
    ("name", "acts", "expected"),
    [
        ("key", [act(2, "acknowledge", {}, 401, answer={"type": "/problems/not-signed-in"})], ["refused"]),
        ("idempotency-key", [replace(report(2, "started"), key=None)], ["no_key"]),
        ("wellformed", [report(2, "started", 422, answer={"type": "/problems/invalid-input", "errors": [{"pointer": "/at"}]})], ["form"]),
        ("identifiers", [report(2, "started", name="1"), report(3, "completed", name="1")], ["other_content"]),
        ("identifiers", [report(2, "started", name="1"), report(3, "started", name="1")], []),
        ("clock", [report(2, "started", content={"at": (NOW - timedelta(hours=2)).isoformat()})], ["behind"]),
        ("clock", [report(2, "started", 202, answer={"result": "quarantined", "reason": "time-ahead"})], ["ahead"]),
        ("known-work-orders", [report(2, "started", 202, answer={"result": "quarantined", "reason": "unknown-work-order"})], ["set_aside"]),
        ("completed-once", [report(2, "completed", name="1"), report(3, "completed", name="2")], ["completed_twice"]),
        ("order-of-times", [report(2, "completed"), report(3, "started", content={"at": NOW.isoformat()})], []),
        ("order-of-times", [report(2, "completed"), report(3, "started", content={"at": "2026-11-30T09:01:00Z"})], ["after_the_end"]),
        ("refusals", [report(2, "started", 409, answer=PROBLEM), report(3, "started", 409, answer=PROBLEM)], ["again"]),
        ("refusals", [report(2, "started", 503, outage="away"), report(3, "started")], []),
        ("quantity", [report(2, "completed", content={"quantity": 3})], ["quantity"]),
        ("correction", [act(2, "measurement", {"measurement": "2", "corrects": "1"})], ["corrects"]),
    ],
)
def test_a_record_shows_what_is_wrong(name: str, acts: list[Act], expected: list[str]) -> None:
    assert findings(name, *acts) == expected


def test_a_unit_of_another_kind_is_put_right_by_the_next_value() -> None:
    wrong = act(
        2, "measurement", {"measurement": "1", "checkpoint": "length", "unit": "deg"}, 422, answer={"type": "/problems/unit-mismatch"}
    )
    right = act(3, "measurement", {"measurement": "1", "checkpoint": "length", "unit": "mm"})
    assert findings("units", wrong) == ["unit"]
    assert findings("units", wrong, right) == []


def test_a_lost_report_comes_again_as_it_was() -> None:
    lost = report(2, "completed", outage="lost")
    assert findings("report-again", lost, report(3, "completed", name="other")) == ["not_the_same"]
    assert findings("report-again", lost, report(3, "completed")) == []
    assert findings("report-again", lost) == ["nothing"]


def test_an_old_fence_is_given_up_once_it_was_refused() -> None:
    gone = Provocation("taken", 1, ORDER, 1, 1)
    told = report(2, "started", 409, answer=PROBLEM)
    assert findings("stale-fence", told, provoked=gone) == []
    assert findings("stale-fence", told, replace(report(3, "completed", 409, answer=PROBLEM)), provoked=gone) == ["old_fence"]


def test_a_superseded_revision_is_answered() -> None:
    changed = Provocation("superseded", 1, ORDER, 1, 1)
    answer = act(2, "answer", {"revision": 1, "to": "superseded", "answer": "accepted"})
    assert findings("superseded-answer", provoked=changed) == ["nothing"]
    assert findings("superseded-answer", answer, provoked=changed) == []
    assert findings("quiet-afterwards", answer, report(3, "started"), provoked=changed) == ["after_the_answer"]
    right = outcome("superseded-answer", provoked=changed).faults[0].right
    assert right.body == {"revision": 1, "to": "superseded", "answer": "accepted", "progress": None}


def test_a_bundle_is_read_message_by_message() -> None:
    body = b'{"messages": [{"type": "acknowledgement", "work_order": "w", "content": {"revision": 1, "fence": 2}}, {"type": "none"}, 3]}'
    acts = read_request(7, NOW, "POST", "/api/v1/mes/bundle", "", {}, body)
    assert [(each.kind, each.work_order, each.alone) for each in acts] == [
        ("acknowledge", "w", False),
        ("other", None, False),
        ("other", None, False),
    ]
    told = b'{"answers": [{"status": 200, "content": {}}, {"status": 422, "content": {"type": "x"}}, {"status": 422, "content": {}}]}'
    assert [each.status for each in answered(acts, 200, told)] == [200, 422, 422]
    assert {each.outage for each in answered(acts, 503, b"", "away")} == {"away"}


@pytest.mark.parametrize("body", [b"", b"\xff", b"[1]", b'{"messages": 3}'])
def test_what_cannot_be_read_is_still_recorded(body: bytes) -> None:
    for path in ("/api/v1/mes/bundle", "/api/v1/mes/work-orders/w/reports", "/elsewhere"):
        assert len(read_request(1, NOW, "POST", path, "", {}, body)) == 1


@pytest.fixture
def result() -> Result:
    told = report(
        2, "started", 422, answer={"type": "/problems/invalid-input", "errors": [{"pointer": "/at"}]}, content={"reason": "\x00<b>"}
    )
    record = Record((LEASED, told), (ScriptedOrder("round-trip", document(), 1),))
    return Result("client", "", "rest", NOW, 2, judge(record))


def test_the_document_says_what_was_expected_what_came_and_what_is_right(result: Result) -> None:
    told = as_document(result, "en")
    (failed,) = (each for each in told["checks"] if each["outcome"] == "failed")
    assert (failed["check"], told["conforms"]) == ("wellformed", False)
    (fault,) = failed["faults"]
    assert "/at" in fault["finding"]
    assert fault["came"]["status"] == 422
    assert fault["right"]["body"]["kind"] == "started"
    assert any("wellformed" in line for line in as_lines(result, "en"))


def test_junit_counts_failures_and_skips_what_is_blocked(result: Result) -> None:
    suite = etree.fromstring(as_junit(result, "zh")).find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == (str(len(CHECKS)), "1")
    assert len(suite.findall("testcase/skipped")) == int(suite.get("skipped"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_is_a_page_and_a_paper(result: Result, language: Any) -> None:
    page = conformance_html(result, language)
    assert "&lt;b&gt;" in page
    assert "<style>" in page
    assert "var(" not in page
    text = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(conformance_pdf(result, language))).pages)
    assert "wellformed" in text


def test_what_was_sent_over_a_broker_before_the_answer_came_is_no_stubbornness() -> None:
    gone = Provocation("taken", 1, ORDER, 1, 1)
    told = replace(report(2, "started", 409, answer=PROBLEM), pushed=True)
    at_once = replace(report(3, "completed", 409, answer=PROBLEM), pushed=True)
    assert findings("stale-fence", told, at_once, provoked=gone) == []
    assert findings("stale-fence", told, replace(at_once, now=NOW + timedelta(seconds=9)), provoked=gone) == ["old_fence"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_sound_connector_says_again_what_nobody_worked_on(status: int) -> None:
    came: list[str] = []

    def host(request: httpx.Request) -> httpx.Response:
        came.append(request.headers["Idempotency-Key"])
        return httpx.Response(status if len(came) == 1 else 200, json={"items": []})

    assert Connector("http://lotone", "key", httpx.MockTransport(host), rest_s=0).lease() == []
    assert len(came) == 2
    assert len(set(came)) == 1
