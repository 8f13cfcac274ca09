"""Do B2MML documents carry the same content as every other way, and is what is none of them refused by name?"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import etree

from contracts.access import Role
from contracts.work_order import LeaseRequest
from mes_bridge.engine.protocols import b2mml
from mes_bridge.engine.protocols.xml_reading import NotUnderstood
from mes_bridge.engine.work_order_document import content_hash
from tests.unit.mes_bridge.shop import MES, Shop
from tests.unit.mes_bridge.site import site

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
STANDARDS = Path(os.environ.get("LOTONE_TEST_STANDARDS", Path(__file__).parents[4] / "shared" / "data" / "standards"))
SCHEMA = STANDARDS / "b2mml" / "AllSchemas.xsd"
needs_schema = pytest.mark.skipif(not SCHEMA.exists(), reason=f"needs MESA's schemas: set LOTONE_TEST_STANDARDS (looked in {STANDARDS})")

PERFORMANCE = """<WorkPerformance xmlns="http://www.mesa.org/xml/B2MML">
  <ID>p-1</ID><WorkScheduleID>lotone</WorkScheduleID>
  <WorkResponse><ID>r-1</ID>
    <JobResponse><ID>{report}</ID><Version>1</Version>{start}<EndTime>{at}</EndTime>
      <JobOrderID>{work_order}</JobOrderID><JobState>{state}</JobState>
      <JobResponseData><ID>fence</ID><Value><ValueString>{fence}</ValueString><DataType>integer</DataType></Value></JobResponseData>
      <PersonnelActual><ID>1</ID><PersonID>op-7</PersonID></PersonnelActual>
      <EquipmentActual><ID>1</ID><EquipmentID>{machine}</EquipmentID></EquipmentActual>
      <MaterialActual><ID>1</ID><MaterialUse>Produced</MaterialUse><Quantity><QuantityString>1</QuantityString></Quantity></MaterialActual>
    </JobResponse>
  </WorkResponse>
</WorkPerformance>"""

TEST_RESULT = """<TestResult xmlns="http://www.mesa.org/xml/B2MML">
  <ID>t-1</ID><EvaluationDate>2026-11-24T08:12:00Z</EvaluationDate><TestableObjectID>{work_order}</TestableObjectID>
  <PropertyMeasurement><ID>{measurement}</ID><TestableObjectPropertyID>runout</TestableObjectPropertyID>
    <Value><ValueString>{value}</ValueString><DataType>decimal</DataType><UnitOfMeasure>mm</UnitOfMeasure><Key>caliper</Key></Value>
  </PropertyMeasurement>
</TestResult>"""


@pytest.fixture
def client(shop: Shop) -> FlaskClient:
    client = site(shop, Role.MACHINE_CLIENT, MES.id).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer key"
    return client


def _leased(shop: Shop) -> list[Any]:
    shop.release()
    return shop.service.lease(LeaseRequest(count=2), MES)


def _told(work_order: Any, **changes: str) -> str:
    values = {
        "report": "rep-1",
        "start": "<StartTime>2026-11-24T08:05:00Z</StartTime>",
        "at": "2026-11-24T08:10:00Z",
        "work_order": work_order.work_order,
        "state": "Completed",
        "fence": str(work_order.fence),
        "machine": work_order.operation.machine,
    }
    return PERFORMANCE.format(**values | changes)


def _posted(client: FlaskClient, document: str | bytes, **headers: str) -> Any:
    return client.post("/api/v1/mes/b2mml/documents", data=document, content_type="application/xml", headers=headers)


def test_a_schedule_says_the_same_as_every_other_way(shop: Shop) -> None:
    items = [*_leased(shop), *shop.listed()]
    read = b2mml.decode(b2mml.encode(items, NOW))
    assert [content_hash(document) for document in read] == [item.content_sha256 for item in items]
    assert any(document.checkpoints for document in read)


def test_a_schedule_that_was_changed_on_the_way_is_not_believed(shop: Shop) -> None:
    changed = b2mml.encode(shop.listed() or _leased(shop), NOW).replace(b">540<", b">541<")
    with pytest.raises(ValueError, match="does not fit"):
        b2mml.decode(changed)


@needs_schema
def test_a_text_that_means_something_elsewhere_is_a_text_in_a_schedule(shop: Shop) -> None:
    hostile = "{{7*7}} {% raw %} <b>&amp;]]><!-- \u202edetrever\u202c ' \""
    (item, *_) = _leased(shop)
    named = item.model_copy(update={"operation": item.operation.model_copy(update={"name": hostile})})
    assert hostile in [each.text for each in etree.fromstring(b2mml.encode([named], NOW)).iter()]


def test_documents_are_valid_against_the_public_schemas(shop: Shop) -> None:
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    leased = _leased(shop)
    for written in (b2mml.encode(leased, NOW), b2mml.encode(shop.listed(), NOW, 7), b2mml.encode([], NOW)):
        schema.assertValid(etree.fromstring(written))
    schema.assertValid(etree.fromstring(_told(leased[0])))
    schema.assertValid(etree.fromstring(TEST_RESULT.format(work_order="w", measurement="m", value="1")))


def test_a_list_is_asked_for_as_a_schedule(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    answered = client.get("/api/v1/mes/b2mml/work-schedule?limit=2")
    assert answered.mimetype == "application/xml"
    first = b2mml.decode(answered.data)
    since = etree.fromstring(answered.data).findtext(f"{{{b2mml.NAMESPACE}}}ID").rpartition("-")[2]
    rest = b2mml.decode(client.get(f"/api/v1/mes/b2mml/work-schedule?since={since}").data)
    assert len({document.work_order for document in (*first, *rest)}) == 6


def test_a_performance_starts_and_completes_and_is_taken_once(client: FlaskClient, shop: Shop) -> None:
    work_order = _leased(shop)[0]
    told = _posted(client, _told(work_order)).get_json()["answers"]
    assert [each["status"] for each in told] == [200, 200], told
    view = shop.service.work_order(work_order.work_order)
    assert {(report.kind, report.operator) for report in view.reports} == {("started", "op-7"), ("completed", "op-7")}
    assert _posted(client, _told(work_order)).get_json()["answers"] == told
    assert len(shop.service.work_order(work_order.work_order).reports) == 2


def test_a_test_result_is_judged(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    work_order = shop.id_of(40)
    shop.report(work_order, "started")
    (answered,) = _posted(client, TEST_RESULT.format(work_order=work_order, measurement="m-1", value="10.05")).get_json()["answers"]
    assert (answered["status"], answered["content"]["verdict"]) == (200, "in_tolerance")


def test_a_stale_fence_refuses_its_own_report_only(client: FlaskClient, shop: Shop) -> None:
    leased = _leased(shop)
    both = _told(leased[0], fence="99", start="").replace("</WorkResponse>", "").replace("</WorkPerformance>", "")
    second = _told(leased[1], report="rep-2", start="").partition("<WorkResponse>")[2].replace("<ID>r-1</ID>", "")
    answers = _posted(client, both + second).get_json()["answers"]
    assert [each["status"] for each in answers] == [409, 200]


BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "&a;"}">' for n in range(12))
    + ']><WorkPerformance xmlns="http://www.mesa.org/xml/B2MML"><ID>&a11;</ID></WorkPerformance>'
)
EXTERNAL = (
    '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]><TestResult xmlns="http://www.mesa.org/xml/B2MML"><ID>&a;</ID></TestResult>'
)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{}",
        "<a",
        "<WorkPerformance/>",
        '<ProductionSchedule xmlns="http://www.wbf.org/xml/b2mml-v0401"/>',
        '<WorkSchedule xmlns="http://www.mesa.org/xml/B2MML"><ID>1</ID></WorkSchedule>',
        BOMB,
        EXTERNAL,
        '<!DOCTYPE html><TestResult xmlns="http://www.mesa.org/xml/B2MML"/>',
        "<a>" * 100_000,
        PERFORMANCE.replace("<JobState>{state}</JobState>", ""),
        PERFORMANCE.replace("{state}", "Melted"),
        PERFORMANCE.replace("<Version>1</Version>", "<Version>one</Version>"),
        PERFORMANCE.replace("{at}", "yesterday"),
        TEST_RESULT.replace("<UnitOfMeasure>mm</UnitOfMeasure>", ""),
        TEST_RESULT.replace("{value}", "ten"),
    ],
    ids=lambda document: document[:30],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_no_such_document_is_refused_with_a_sentence(client: FlaskClient, shop: Shop, document: str, language: str) -> None:
    given = {"report": "r", "start": "", "at": "2026-11-24T08:10:00Z", "work_order": "w", "state": "Completed", "fence": "1"}
    for name, value in (given | {"machine": "M", "measurement": "m", "value": "1"}).items():
        document = document.replace(f"{{{name}}}", value)
    refused = _posted(client, document, **{"Accept-Language": language})
    assert refused.status_code == 422, refused.text
    assert refused.mimetype == "application/problem+json"
    assert all(error["detail"] for error in refused.get_json()["errors"])
    assert "root:" not in refused.text


def test_nothing_outside_is_read() -> None:
    for document in (BOMB, EXTERNAL):
        with pytest.raises(NotUnderstood):
            b2mml.messages(document.encode())


def test_other_media_are_not_taken(client: FlaskClient) -> None:
    refused = client.post("/api/v1/mes/b2mml/documents", json={})
    assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, "/Content-Type")
