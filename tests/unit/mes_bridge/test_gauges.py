"""How sure a value is, by which rule it is judged, and what becomes of it when the gauge's calibration is over."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import select

from contracts.access import Principal, Role
from contracts.bundle import BundledMeasurement
from contracts.events import NonConformanceRaised
from contracts.gauges import Gauge, InspectionRules
from contracts.problems import GaugeOverdue, InvalidInput
from contracts.quality import Verdict
from contracts.units import Quantity
from contracts.work_order import LeaseRequest, MeasurementReport
from ledger.tables import AuditRow
from mes_bridge.concessions import ProposeConcession
from mes_bridge.documents.certificate import certificate_html
from mes_bridge.engine.gauges import instrument, standing
from mes_bridge.engine.judgement import judge
from mes_bridge.engine.protocols.opcua import ReturnStatus
from mes_bridge.gauges import RecordCalibration
from mes_bridge.job_control import JobControl
from mes_bridge.simulator.client import Answer, Message
from mes_bridge.simulator.habits import Reading
from mes_bridge.simulator.voice import Voice
from tests.unit.mes_bridge.shop import MES, OPERATOR, SPECIFICATION, Shop
from tests.unit.mes_bridge.site import site

QUALITY = Principal(id="staff_q", role=Role.QUALITY, name="quinn")
RUNOUT = next(one for one in SPECIFICATION.quality if one.checkpoint == "runout")
OVER, HOLDS = date(2026, 1, 31), date(2028, 1, 31)


def gauge(until: date = HOLDS, uncertainty: int = 20, kind: str = "caliper") -> Gauge:
    return Gauge(kind=kind, serial="1", uncertainty=uncertainty, unit="um", calibrated_until=until)


def rules(rule: str = "guarded", overdue: str = "mark", **gauges: Gauge) -> InspectionRules:
    return InspectionRules.model_validate({"decision_rule": rule, "overdue_gauges": overdue, "gauges": gauges or {"C-1": gauge()}})


@pytest.mark.parametrize(
    ("value", "verdict", "whole"),
    [
        ("10080", "in_tolerance", 10_080),
        ("10080.4", "not_proven", 10_081),
        ("10100", "not_proven", 10_100),
        ("10120", "not_proven", 10_120),
        ("10120.1", "out_of_tolerance", 10_121),
        ("9920", "in_tolerance", 9_920),
        ("9919.9", "not_proven", 9_919),
        ("9879.9", "out_of_tolerance", 9_879),
    ],
)
def test_within_the_guard_band_nothing_is_proven(value: str, verdict: str, whole: int) -> None:
    """ISO 14253-1: three zones, at 10 mm ± 0.1 mm with U = 20 µm."""
    found = judge(RUNOUT, Decimal(value), "um", Quantity(value=20, unit="um"))
    assert (found.verdict, found.value) == (verdict, whole)


def test_a_limit_below_which_no_value_can_be_has_no_guard_band() -> None:
    least = RUNOUT.model_copy(update={"lower": 0, "nominal": 0, "physical_minimum": 0})
    assert judge(least, Decimal(0), "um", Quantity(value=20, unit="um")).verdict is Verdict.IN_TOLERANCE


def test_of_a_kind_alone_the_least_sure_gauge_counts_and_the_longest_calibration() -> None:
    known = rules(a=gauge(OVER, 10), b=gauge(HOLDS, 30), c=gauge(kind="scale"))
    found = instrument(known, "caliper", "um")
    assert (found.gauges, found.uncertainty, found.until) == (("a", "b"), Quantity(value=30, unit="um"), HOLDS)
    assert instrument(known, "a", "um").overdue(OVER + timedelta(days=1))
    assert not instrument(known, "a", "um").overdue(OVER)
    assert not instrument(known, "a", "um", {"a": HOLDS}).overdue(OVER + timedelta(days=1))
    assert instrument(known, "a", "N").uncertainty is None
    assert not instrument(known, "unheard of", "um").overdue(HOLDS)
    assert [standing(HOLDS, HOLDS + timedelta(days=days)) for days in (-31, -30, 0, 1)] == ["valid", "due", "due", "overdue"]


def at_the_wheel(shop: Shop, plant: InspectionRules) -> str:
    """Being trued; what came before was measured under no rules."""
    shop.release()
    shop.make(10, 20, 30)
    shop.inspection.rules = plant
    shop.report(shop.id_of(40), "started")
    return shop.id_of(40)


def test_what_is_not_proven_stays_open_until_a_better_value_proves_it(shop: Shop) -> None:
    wheel = at_the_wheel(shop, rules())
    shop.report(wheel, "completed")
    shop.measure(wheel, "tension")
    receipt = shop.measure(wheel, "runout", "10.09")
    assert (receipt.verdict, receipt.state, receipt.nonconformance) == ("not_proven", "completed", None)
    assert shop.measure(wheel, "runout", "10.07").state == "closed"


def test_what_is_not_proven_twice_counts_as_failed_and_can_be_conceded(shop: Shop) -> None:
    wheel = at_the_wheel(shop, rules())
    shop.measure(wheel, "runout", "10.09", measurement="first")
    assert shop.measure(wheel, "runout", "10.11", measurement="second").state == "held"
    (raised,) = shop.events(NonConformanceRaised)
    wanted = ProposeConcession(reason="r", meaning="m")
    proposed = shop.service.propose_concession(raised.nonconformance.nonconformance, wanted, QUALITY)
    assert [one.measurement for one in proposed.measurements] == ["second"]


class Deaf:
    """A product that says of the first value of each checkpoint that it is not proven."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def tell(self, messages: list[Message]) -> list[Answer]:
        self.heard += [message["content"] for message in messages]
        verdict = "not_proven" if len(self.heard) == 1 else "in_tolerance"
        return [Answer(200, {"state": "completed", "verdict": verdict, "nonconformance": None}) for _ in messages]


def test_the_simulated_plant_measures_once_more_what_is_not_proven(shop: Shop) -> None:
    shop.release(sequences=(40,))
    (item,) = shop.service.lease(LeaseRequest(), MES)
    reading = Reading(item.checkpoints[0], Decimal("10.09"), "mm", wrong_unit=None, typed_first=None, early=False)
    deaf, states = Deaf(), list[str | None]()
    voice = Voice(deaf)  # type: ignore[arg-type]
    voice.measure(item, reading, shop.ledger.clock.now(), states.append)
    while voice.tell():
        pass
    assert len({each["measurement"] for each in deaf.heard}) == len(deaf.heard) == 2
    assert states == ["completed"]


def test_a_corrected_value_was_never_one_of_the_two(shop: Shop) -> None:
    wheel = at_the_wheel(shop, rules())
    shop.measure(wheel, "runout", "10.09", measurement="typed")
    assert shop.measure(wheel, "runout", "10.11", corrects="typed").verdict == "not_proven"
    assert shop.state(40) == "in_progress"


def test_without_gauges_or_under_simple_acceptance_both_limits_belong_to_the_tolerance(shop: Shop) -> None:
    wheel = at_the_wheel(shop, rules("simple"))
    assert shop.measure(wheel, "runout", "10.1").verdict == "in_tolerance"
    shop.inspection.rules = rules("guarded", other=gauge(kind="scale"))
    assert shop.measure(wheel, "tension", "10.1").verdict == "in_tolerance"
    (runout, tension) = shop.service.work_order(wheel).checkpoints
    assert runout.current is not None
    assert tension.current is not None
    assert (runout.current.rule, runout.current.uncertainty) == ("simple", Quantity(value=20, unit="um"))
    assert (tension.current.rule, tension.current.uncertainty) == ("simple", None)


def test_an_overdue_gauge_is_refused_with_a_sentence_until_its_calibration_is_recorded(shop: Shop) -> None:
    wheel = at_the_wheel(shop, rules(overdue="refuse", **{"C-1": gauge(OVER)}))
    with pytest.raises(GaugeOverdue):
        shop.measure(wheel, "runout", gauge="C-1")
    given = MeasurementReport(
        measurement="m", work_order=wheel, checkpoint="runout", value=10, unit="mm", at=shop.ledger.clock.now(), source="gauge"
    )
    (told,) = shop.service.bundle([BundledMeasurement(type="measurement", content=given)], MES)
    assert isinstance(told, GaugeOverdue), "as AMQP, MQTT and bundles are answered"
    over_opcua = JobControl(shop.service).measure(given, MES)
    assert (over_opcua.status, over_opcua.because) == (ReturnStatus.INVALID_REQUEST, "gauge-overdue")
    client = site(shop, Role.OPERATOR, OPERATOR.id).test_client()
    page = client.post(f"/terminal/work-orders/{wheel}/measure", data={"checkpoint": "runout", "value": "10"})
    assert (page.status_code, "held until 31 Jan 2026" in page.text) == (422, True)
    assert shop.service.work_order(wheel).checkpoints[0].history == ()
    day = shop.ledger.clock.now().date()
    recorded = shop.service.gauges.record("C-1", RecordCalibration(calibrated_on=day, calibrated_until=HOLDS, certificate="K 1"), QUALITY)
    assert (recorded.standing, recorded.calibrated_until) == ("valid", HOLDS)
    assert shop.measure(wheel, "runout", gauge="C-1").verdict == "in_tolerance"


def test_a_marked_value_says_so_for_ever(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shop.service, "inspection_svgs", lambda sha256, language: [])
    wheel = at_the_wheel(shop, rules(**{"C-1": gauge(OVER)}))
    assert shop.measure(wheel, "runout").reason == "gauge-overdue"
    shop.inspection.rules = rules()
    shop.report(wheel, "completed")
    shop.measure(wheel, "tension")
    shop.make(50, 60)
    marked = {one.checkpoint: one.gauge_overdue for one in shop.service.certificate("piece_1").measurements}
    assert (marked["runout"], marked["tension"]) == (True, False)
    paper = certificate_html(shop.service, shop.service.certificate_content("order_1", "en"))
    assert paper.count("(calibration overdue)") == 1
    assert "guarded acceptance" in paper
    assert "U 0.02 mm" in paper or "U 20" in paper


def test_the_registry_lists_what_is_due_and_records_once(shop: Shop) -> None:
    shop.inspection.rules = rules(**{"C-1": gauge(OVER), "C-2": gauge()})
    client = site(shop, Role.QUALITY, QUALITY.id).test_client()
    listed = client.get("/api/v1/gauges").get_json()
    assert [(one["gauge"], one["standing"]) for one in listed["items"]] == [("C-1", "overdue"), ("C-2", "valid")]
    assert "overdue" in client.get("/quality/gauges").text
    form = {"calibrated_on": "2026-01-02", "calibrated_until": "2026-01-01", "certificate": "K 2"}
    assert client.post("/quality/gauges/C-1", data=form).status_code == 422
    assert client.post("/quality/gauges/C-1", data={**form, "calibrated_until": ""}).status_code == 422
    for _ in range(2):
        assert client.post("/quality/gauges/C-1", data={**form, "calibrated_until": "2027-01-01"}).status_code == 303
    assert len(shop.service.gauges.one("C-1").calibrations) == 1
    wanted = RecordCalibration(calibrated_on=date(2026, 1, 2), calibrated_until=HOLDS, certificate="K 2")
    with pytest.raises(InvalidInput):
        shop.service.gauges.record("C-1", wanted, QUALITY)
    with shop.ledger.reading() as session:
        assert [row.action for row in session.exec(select(AuditRow).where(AuditRow.subject == "C-1")).all()] == ["gauge.calibrate"]
    assert client.get("/quality/gauges/nothing").status_code == 404
    assert "K 2" in client.get("/quality/gauges/C-1").text


def test_no_gauges_is_said(shop: Shop) -> None:
    assert "names no gauges" in site(shop, Role.QUALITY).test_client().get("/quality/gauges").text
