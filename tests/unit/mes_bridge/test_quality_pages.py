"""What quality engineers see, and the papers that they fetch."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from contracts.access import Role
from contracts.problems import NotFound
from contracts.quality import Certificate
from contracts.texts import Language
from ledger.job_runner import JobRunner
from ledger.unit_of_work import Ledger
from mes_bridge.documents.certificate import certificate_html
from mes_bridge.documents.traveller import traveller_html
from mes_bridge.tasks import jobs
from tests.unit.mes_bridge.shop import START, OwnOrders, Shop
from tests.unit.mes_bridge.site import site


class DrawnShop(Shop):
    """A shop whose specifications have a drawing."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self.service.inspection_svgs = lambda sha256, language: [f'<svg viewBox="0 0 9 9" role="img" aria-label="frame {language}"/>']  # type: ignore[method-assign]


@pytest.fixture
def shop(ledger: Ledger) -> DrawnShop:
    return DrawnShop(ledger)


@pytest.fixture
def app(shop: DrawnShop) -> Flask:
    return site(shop, Role.QUALITY, "quinn")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def make_all(shop: Shop) -> None:
    shop.release()
    shop.make(10, 20, 30, 40, 50, 60)


def press_everything(shop: Shop) -> None:
    """As the worker does."""
    runner = JobRunner(shop.ledger, jobs(shop.service))
    while runner.run_once():
        pass


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_empty_shop_has_nothing_to_show(client: FlaskClient, language: str) -> None:
    page = client.get(f"/quality?lang={language}").text
    assert ("Nothing has failed." if language == "en" else "没有不合格项。") in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_failed_and_what_was_measured_is_shown(client: FlaskClient, shop: DrawnShop, language: str) -> None:
    shop.release()
    shop.make(10, 20)
    shop.report(shop.id_of(30), "started")
    shop.measure(shop.id_of(30), "twist", "10.3")
    shop.measure("nowhere", "twist", "10")
    failed = client.get(f"/quality?lang={language}").text
    assert "10.3" in failed
    assert 'href="/quality/pieces/piece_1"' in failed
    measured = client.get("/quality/measurements").text
    assert ("Out of tolerance" if language == "en" else "超差") in measured
    assert "nowhere" not in measured
    assert ("No work order has this identifier." if language == "en" else "工单") in client.get("/quality/set-aside").text


def test_the_lists_are_searched_and_filtered(client: FlaskClient, shop: DrawnShop) -> None:
    shop.release()
    shop.make(10, 20)
    shop.report(shop.id_of(30), "started")
    shop.measure(shop.id_of(30), "twist", "10.3")
    listed = client.get("/api/v1/nonconformances?state=open&q=PIECE_1").get_json()
    (failed,) = listed["items"]
    assert failed["value"] == {"value": 10300, "unit": "um"}
    assert failed["reason"]["en"]
    assert client.get("/api/v1/nonconformances?state=closed").get_json()["matching"] == 0
    outside = client.get("/api/v1/measurements?verdict=out_of_tolerance").get_json()["items"]
    assert [each["value"] for each in outside] == [failed["value"]]
    assert client.get("/api/v1/measurements?verdict=in_tolerance&source=person").get_json()["total"] >= 1


def test_the_story_of_a_piece_is_told_newest_first(client: FlaskClient, shop: DrawnShop) -> None:
    make_all(shop)
    page = client.get("/quality/pieces/piece_1?lang=en").text
    assert "Complete and certified" in page
    assert page.index("play") < page.rindex("cut")
    assert 'href="/quality/orders/order_1/certificate.pdf"' in page


def test_a_piece_is_found_by_its_own_and_its_orders_identifier(client: FlaskClient, shop: DrawnShop) -> None:
    shop.release()
    assert client.get("/quality/find?code=piece_1").location == "/quality/pieces/piece_1"
    assert client.get("/quality/find?code=order_1").location == "/quality/pieces/piece_1"
    assert client.get("/quality/find?code=nothing").status_code == 404


def test_only_those_who_may_see_quality_enter(app: Flask, client: FlaskClient) -> None:
    app.config["ROLE"] = Role.OPERATOR
    assert client.get("/quality").status_code == 403


def test_a_certificate_is_pressed_once_and_then_kept(client: FlaskClient, shop: DrawnShop) -> None:
    make_all(shop)
    first = client.get("/quality/orders/order_1/certificate.pdf?lang=en", headers={"Accept": "application/json"})
    assert first.status_code == 202
    again = client.get("/quality/orders/order_1/certificate.pdf", headers={"Accept": "application/json"})
    assert again.get_json() == first.get_json()
    waiting = client.get("/quality/orders/order_1/certificate.pdf", headers={"Accept": "text/html"})
    assert (waiting.status_code, waiting.headers["Refresh"]) == (202, "2")
    press_everything(shop)
    pressed = client.get("/quality/orders/order_1/certificate.pdf")
    assert (pressed.status_code, pressed.mimetype) == (200, "application/pdf")
    text = PdfReader(BytesIO(pressed.data)).pages[0].extract_text()
    assert "Certificate of conformity" in text
    assert "SIMULATED" not in text
    assert "9.900" in text or "9.9 … 10.1" in text


def test_the_buyer_fetches_the_certificate_and_nobody_else(app: Flask, client: FlaskClient, shop: DrawnShop) -> None:
    make_all(shop)
    app.config["ROLE"] = Role.CONSUMER
    assert client.get("/api/v1/orders/order_1/certificate.pdf").status_code == 404
    assert client.get("/api/v1/orders/order_1/certificate.pdf?key=mine").status_code == 202


@pytest.mark.parametrize(("language", "words"), [("en", "you by Fri 11 Dec 2026."), ("zh", "订单将于 2026年12月11日")])
def test_who_opens_the_certificate_too_early_learns_when_it_comes(
    app: Flask, client: FlaskClient, shop: DrawnShop, language: str, words: str
) -> None:
    shop.release()
    app.config["ROLE"] = Role.CONSUMER
    address = f"/api/v1/orders/order_1/certificate.pdf?key=mine&lang={language}"
    page = client.get(address, headers={"Accept": "text/html,*/*;q=0.8"})
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert words in page.text
    assert 'href="/orders/order_1?key=mine"' in page.text
    told = client.get(address, headers={"Accept": "*/*"})
    assert (told.status_code, told.mimetype, told.json["type"]) == (404, "application/problem+json", "/problems/not-yet")


def test_a_cancelled_order_never_gets_a_certificate(
    app: Flask, client: FlaskClient, shop: DrawnShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["ROLE"] = Role.CONSUMER
    monkeypatch.setattr(OwnOrders, "cancelled_at", OwnOrders.promised_at)
    assert client.get("/api/v1/orders/order_1/certificate.pdf?key=mine").json["type"] == "/problems/not-found"


def test_there_is_no_certificate_before_the_piece_is_complete(client: FlaskClient, shop: DrawnShop) -> None:
    assert "Not found" in client.get("/quality/orders/order_1/certificate.pdf?lang=en").text
    shop.release()
    early = client.get("/quality/orders/order_1/certificate.pdf?lang=en")
    assert early.status_code == 404
    assert "has passed its last inspection" in early.text
    with pytest.raises(NotFound):
        shop.service.certificate_content("order_1", "en")


@pytest.mark.parametrize(("language", "mark"), [("en", "SIMULATED"), ("zh", "模拟数据")])
def test_a_certificate_with_simulated_values_says_so_across_the_page(shop: DrawnShop, language: str, mark: str) -> None:
    make_all(shop)
    content = shop.service.certificate_content("order_1", "zh" if language == "zh" else "en")
    assert f'class="watermark">{mark}' not in certificate_html(shop.service, content)
    certificate = Certificate.model_validate(content["certificates"][0])
    content["certificates"] = [certificate.model_copy(update={"simulated": True}).model_dump(mode="json")]
    assert f'class="watermark">{mark}' in certificate_html(shop.service, content)


@pytest.mark.parametrize(("language", "head"), [("en", "Lot"), ("zh", "批次")])
def test_a_certificate_is_in_its_readers_language(shop: DrawnShop, language: Language, head: str) -> None:
    make_all(shop)
    html = certificate_html(shop.service, shop.service.certificate_content("order_1", language))
    assert f">{head}</th>" in html
    assert "<td>L1</td>" in html
    assert f"<li>{'Oil the chain.' if language == 'en' else '链条要上油。'}</li>" in html
    assert f'aria-label="frame {language}"' in html
    assert f"<td>{'caliper' if language == 'en' else '卡尺'}</td>" in html


def test_a_traveller_has_every_operation_and_the_piece_as_a_code(shop: DrawnShop) -> None:
    shop.release()
    html = traveller_html(shop.service, shop.service.traveller_content("piece_1", "en"))
    for operation in shop.specification.routing:
        assert operation.name in html
    assert "<title>piece_1</title>" in html.partition('class="code"')[2]
    assert "9.9 … 10.1 mm" in html


def test_a_traveller_of_a_remade_piece_says_what_runs_again(shop: DrawnShop) -> None:
    shop.release()
    shop.make(10, 20)
    shop.report(shop.id_of(30), "completed")
    shop.measure(shop.id_of(30), "twist", "9.8")
    shop.answer_nonconformance(shop.last_nonconformance())
    paper = traveller_html(shop.service, shop.service.traveller_content("piece_1", "en"))
    assert "<b>Remake</b>: No. 10, 20 and 30 again." in paper
    assert paper.count("· run 2") == 3
    assert "<b>重做</b>：工序 10、20和30 再次执行。" in traveller_html(shop.service, shop.service.traveller_content("piece_1", "zh"))


def test_a_traveller_of_a_piece_that_runs_once_speaks_of_no_repair(shop: DrawnShop) -> None:
    shop.release()
    paper = traveller_html(shop.service, shop.service.traveller_content("piece_1", "en"))
    assert "Remake" not in paper
    assert "· run" not in paper


def test_an_operator_fetches_the_traveller(app: Flask, client: FlaskClient, shop: DrawnShop) -> None:
    app.config["ROLE"] = Role.OPERATOR
    shop.release()
    assert client.get("/terminal/pieces/piece_1/traveller.pdf").status_code == 202
    assert client.get("/terminal/pieces/nix/traveller.pdf").status_code == 404


@pytest.mark.parametrize("language", ["en", "zh"])
def test_charts_begin_with_the_first_values_and_name_their_alarms(client: FlaskClient, shop: DrawnShop, language: str) -> None:
    assert ("Nothing was measured yet." if language == "en" else "尚无测量数据。") in client.get(f"/quality/charts?lang={language}").text
    values = ["10", "10.01", "9.99", "10.005", "9.995", "10.01", "9.99", "10", "10.09"]
    for number, value in enumerate(values):
        shop.release(piece=f"piece_{number}", sequences=(40,))
        work_order = shop.id_of(40, piece=f"piece_{number}")
        shop.report(work_order, "started")
        shop.measure(work_order, "runout", value, at=START + timedelta(minutes=number))
    overview = client.get(f"/quality/charts?lang={language}").text
    assert "/quality/charts/TRUE-1/runout" in overview
    page = client.get(f"/quality/charts/TRUE-1/runout?lang={language}").text
    assert ("beyond 3 deviations" if language == "en" else "超出 3 倍标准差") in page
    told = client.get("/api/v1/charts/TRUE-1/runout").get_json()
    assert [point["value"]["value"] for point in told["points"]] == [round(float(value) * 1000) for value in values]
    assert "western_electric_1" in told["points"][-1]["alarms"]
    assert client.get("/quality/charts/TRUE-9/runout").status_code == 404
    (listed,) = client.get("/api/v1/charts").get_json()["items"]
    assert (listed["recent_alarms"], listed["capability"]["count"]) == (1, 9)
