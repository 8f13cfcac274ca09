"""What an operator can do at the terminal, without any script in the browser."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from contracts.access import Principal, Role
from contracts.problems import InvalidInput
from contracts.product import OperationStory
from ledger.unit_of_work import Ledger
from mes_bridge.web import terminal
from mes_bridge.web.station_view import drawings
from mes_bridge.web.tolerance import WIDTH, off_by, strip, typed_value
from presentation.guard import undecided_routes
from presentation.openapi import undescribed_routes
from tests.unit.mes_bridge.shop import SPECIFICATION, START, Shop
from tests.unit.mes_bridge.site import site

TWIST = SPECIFICATION.quality[0]


@pytest.fixture
def app(shop: Shop) -> Flask:
    return site(shop, Role.OPERATOR, "olga")


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def do(client: FlaskClient, work_order: str, deed: str, **form: str) -> str:
    """Send a form and read the page that follows."""
    response = client.post(f"/terminal/work-orders/{work_order}/{deed}", data=form, follow_redirects=True)
    assert response.status_code == 200, response.text
    return response.text


def test_every_route_is_decided_about_and_described(app: Flask) -> None:
    assert list(undecided_routes(app)) == []
    assert list(undescribed_routes(app)) == []


def test_only_operators_enter(app: Flask, client: FlaskClient) -> None:
    app.config["ROLE"] = Role.CONSUMER
    assert client.get("/terminal").status_code == 403


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_stations_are_shown_with_what_lies_before_them(client: FlaskClient, shop: Shop, language: str) -> None:
    assert client.get(f"/terminal?lang={language}").status_code == 200
    shop.release()
    page = client.get(f"/terminal?lang={language}").text
    assert 'href="/terminal/CUT-1"' in page
    assert ("1 ready, 0 in hand" if language == "en" else "待开工 1，在制 0") in page


def test_an_operation_is_started_paused_resumed_and_done(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    cut = shop.id_of(10)
    page = client.get("/terminal/CUT-1").text
    assert f'action="/terminal/work-orders/{cut}/start"' in page
    assert "540 mm" in page
    assert "lot L1" in page
    assert "Running" in do(client, cut, "start")
    shop.ledger.clock.advance(START + timedelta(minutes=5))
    assert "Paused" in do(client, cut, "pause", reason="material")
    shop.ledger.clock.advance(START + timedelta(minutes=9))
    assert "Running" in do(client, cut, "start")
    assert "Closed" in do(client, cut, "complete")
    assert shop.state(10) == "closed"


def test_a_pause_without_a_known_reason_changes_nothing_and_says_so(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    do(client, shop.id_of(10), "start")
    assert "Choose a reason." in do(client, shop.id_of(10), "pause", reason="holiday")
    assert shop.state(10) == "in_progress"


def test_what_is_too_early_is_refused_in_words(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    page = do(client, shop.id_of(20), "start")
    assert "This cannot happen now" in page
    assert shop.state(20) == "released"


def test_a_value_within_the_limits_is_judged_at_once_and_closes_the_operation(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    shop.make(10, 20)
    align = shop.id_of(30)
    do(client, align, "start")
    assert "One value is still to be measured" in do(client, align, "complete")
    page = do(client, align, "measure", checkpoint="twist", value="10,05")
    assert "In tolerance" in page
    assert "10.05 mm" in page
    assert shop.state(30) == "closed"


def test_a_value_out_of_tolerance_holds_the_piece_and_says_what_happens_next(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    shop.make(10, 20)
    align = shop.id_of(30)
    do(client, align, "start")
    page = do(client, align, "measure", checkpoint="twist", value="10.3")
    assert "The piece is held." in page
    assert "0.2 mm above the upper limit 10.1 mm" in page
    assert "It is made anew from:" in page
    assert page.count("Other station") == 1
    assert shop.last_nonconformance().measurement is not None
    chinese = client.get(f"/terminal/ALIGN-1?work_order={align}&lang=zh").text
    assert "工件已扣留。" in chinese


@pytest.mark.parametrize(("typed", "sentence"), [("ten", "Type a number"), ("", "Type a number"), ("10 kg", "does not measure the same")])
def test_a_value_that_is_none_is_refused_beside_its_field(client: FlaskClient, shop: Shop, typed: str, sentence: str) -> None:
    shop.release()
    shop.make(10, 20)
    do(client, shop.id_of(30), "start")
    response = client.post(f"/terminal/work-orders/{shop.id_of(30)}/measure", data={"checkpoint": "twist", "value": typed})
    assert response.status_code == 422
    assert sentence in response.text
    assert f'value="{typed}"' in response.text
    assert shop.state(30) == "in_progress"


def test_a_refused_value_stays_with_its_sentence_until_the_next_try(client: FlaskClient, shop: Shop) -> None:
    """Nothing is fetched over it: the next event of the station would take sentence and value away."""
    shop.release()
    shop.make(10, 20)
    align = shop.id_of(30)
    do(client, align, "start")
    assert "data-live" in client.get(f"/terminal/ALIGN-1?work_order={align}").text
    refused = client.post(f"/terminal/work-orders/{align}/measure", data={"checkpoint": "twist", "value": "ten"})
    assert "data-live" not in refused.text


def test_a_correction_that_is_no_value_is_refused_where_it_was_typed(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    shop.make(10, 20)
    align = shop.id_of(30)
    do(client, align, "start")
    held = do(client, align, "measure", checkpoint="twist", value="11", token="m-first")
    assert "Start the operation" not in held
    response = client.post(f"/terminal/work-orders/{align}/measure", data={"checkpoint": "twist", "value": "ten", "corrects": "m-first"})
    assert response.status_code == 422
    correction = html.fromstring(response.text).xpath("//details[contains(@class, 'correct')]")[0]
    assert correction.get("open") is not None
    assert "Type a number" in correction.text_content()
    assert correction.xpath(".//input[@name='value']/@value") == ["ten"]


def test_a_value_far_from_its_limits_is_asked_about_and_believed_the_second_time(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    shop.make(10, 20)
    align = shop.id_of(30)
    do(client, align, "start")
    do(client, align, "measure", checkpoint="twist", value="10", token="m-first")
    form = {"checkpoint": "twist", "value": "1005"}
    asked = client.post(f"/terminal/work-orders/{align}/measure", data=form)
    assert asked.status_code == 422
    assert "That is far from 9.9 mm to 10.1 mm." in asked.text
    assert html.fromstring(asked.text).xpath("//*[@autofocus]/@name") == ["value"]
    assert shop.state(30) == "in_progress"
    other = client.post(f"/terminal/work-orders/{align}/measure", data={**form, "value": "2000", "sure": "1005"})
    assert other.status_code == 422
    sure = html.fromstring(asked.text).xpath("//input[@name='sure']/@value")
    assert "The piece is held." in do(client, align, "measure", **form, sure=sure[0])


def test_the_address_of_a_refused_form_opens_the_operation(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    cut = shop.id_of(10)
    assert client.get(f"/terminal/work-orders/{cut}/measure").location == f"/terminal/CUT-1?work_order={cut}"
    assert client.get("/terminal/work-orders/nix/measure").status_code == 404


def test_a_form_that_is_sent_twice_has_one_effect(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    shop.make(10, 20)
    align = shop.id_of(30)
    token = re.search(r'name="token" value="([^"]+)"', client.get("/terminal/ALIGN-1").text)
    assert token is not None
    for _ in range(2):
        do(client, align, "start", token=token[1])
        do(client, align, "measure", checkpoint="twist", value="10", token="m-once")
    assert len(shop.service.work_order(align).checkpoints[0].history) == 1
    assert [report.kind for report in shop.service.work_order(align).reports] == ["started"]


def test_a_value_typed_wrongly_is_corrected(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    shop.make(10, 20)
    align = shop.id_of(30)
    do(client, align, "start")
    do(client, align, "measure", checkpoint="twist", value="9.95", token="m-first")
    do(client, align, "measure", checkpoint="twist", value="10.05", corrects="m-first")
    checkpoint = shop.service.work_order(align).checkpoints[0]
    assert checkpoint.current is not None
    assert checkpoint.current.value == 10_050
    assert [value.counts for value in checkpoint.history] == [False, True]


def test_scrap_holds_the_piece(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    do(client, shop.id_of(10), "start")
    page = do(client, shop.id_of(10), "scrap", reason="damaged")
    assert "It was reported as scrap." in page
    assert shop.state(10) == "scrapped"


def test_a_scanned_code_opens_the_work_order_or_the_next_of_the_piece(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    shop.make(10)
    weld = shop.id_of(20)
    assert client.get(f"/terminal/find?code={weld}").location == f"/terminal/WELD-1?work_order={weld}"
    scanned = client.get("/terminal/find?code=http://plant/terminal/find/piece_1")
    assert scanned.location == f"/terminal/WELD-1?work_order={weld}"
    missing = client.get("/terminal/find?code=nothing")
    assert missing.status_code == 404
    assert "No open work order or piece" in missing.text


@pytest.mark.parametrize("path", ["/terminal/NIX-9", "/terminal/CUT-1?work_order=nix", "/terminal/work-orders/nix/files/frame.svg"])
def test_what_does_not_exist_is_not_found(client: FlaskClient, shop: Shop, path: str) -> None:
    shop.release()
    assert client.get(path).status_code == 404


def test_the_drawing_stands_in_the_page_as_it_was_frozen(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    assert '<div class="drawing on-paper"><svg/></div>' in client.get("/terminal/CUT-1").text
    response = client.get(f"/terminal/work-orders/{shop.id_of(10)}/files/frame.svg")
    assert response.mimetype == "image/svg+xml"
    assert response.data == b"<svg/>"


def test_of_drawings_in_two_languages_the_readers_is_shown(client: FlaskClient, ledger: Ledger) -> None:
    names = ("drawing.en.svg", "drawing.zh.svg", "frame.svg", "rim.stl")
    shop = Shop(ledger, files=names)
    shop.release()
    view = shop.service.work_order(shop.id_of(10))
    for language, shown in (("en", ["drawing.en.svg", "frame.svg"]), ("zh", ["drawing.zh.svg", "frame.svg"])):
        with client.application.test_request_context(f"/?lang={language}"):
            assert [file.name for file in drawings(view)] == shown


def test_the_stream_speaks_only_when_the_station_reads_differently(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.release()
    monkeypatch.setattr(shop.service, "heard", lambda timeout_s: True)
    changes: Iterator[object] = terminal._changes(shop.service, "CUT-1")
    assert next(changes) is None
    shop.service.start(shop.id_of(40), Principal(id="staff_o", role=Role.OPERATOR))
    assert next(changes) is None
    shop.service.start(shop.id_of(10), Principal(id="staff_o", role=Role.OPERATOR))
    event = next(changes)
    assert event is not None
    assert next(changes) is None


@pytest.mark.parametrize(
    ("value", "x"),
    [(9_900, 60), (10_000, 120), (10_100, 180), (10_050, 150), (20_000, WIDTH - 6), (0, 6)],
)
def test_the_strip_places_a_value_between_its_limits(value: int, x: int) -> None:
    drawn = strip(TWIST, value)
    assert (drawn.lower_x, drawn.nominal_x, drawn.upper_x, drawn.value_x) == (60, 120, 180, x)


def test_off_by_says_how_far_a_value_is_beyond_its_limit() -> None:
    assert off_by(TWIST, 10_101).params["by"].value == 1  # type: ignore[union-attr]
    assert off_by(TWIST, 9_899).id == "terminal.below"
    assert off_by(TWIST, 9_900).id == off_by(TWIST, 10_100).id == "terminal.within"


@pytest.mark.parametrize(
    ("typed", "read"),
    [("10", ("10", "mm")), (" 10,5 ", ("10.5", "mm")), ("-0.25mm", ("-0.25", "mm")), ("31 µm", ("31", "um")), ("1.2 cm", ("1.2", "cm"))],
)
def test_typed_values_are_read_with_their_unit(typed: str, read: tuple[str, str]) -> None:
    value, unit = typed_value(typed, "um")
    assert (str(value), unit) == read


@pytest.mark.parametrize("typed", ["", "x", "1.2.3", "1e5", "--1", "1 mm mm", "NaN", "9" * 10])
def test_other_texts_are_no_values(typed: str) -> None:
    with pytest.raises(InvalidInput):
        typed_value(typed, "um")


def test_a_person_takes_a_station_and_leaves_it(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    page = client.get("/terminal/CUT-1").text
    assert "Connected machines take the work of this station." in page
    page = client.post("/terminal/CUT-1/attend", follow_redirects=True).text
    assert "You work here" in page
    assert "you work here" in client.get("/terminal").text
    page = client.post("/terminal/CUT-1/leave", follow_redirects=True).text
    assert "Connected machines take the work of this station." in page


def test_a_station_with_work_in_progress_is_running_whatever_its_machine_said(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    do(client, shop.id_of(10), "start")
    assert {one.machine: one.state for one in shop.service.stations()}["CUT-1"] == "running"


def test_an_operation_shows_its_own_picture_and_the_whole_product_behind(client: FlaskClient, ledger: Ledger) -> None:
    told = (OperationStory(operation=10, picture="marker.shell"), OperationStory(operation=20, picture="drawing.inside"))
    shop = Shop(ledger, files=("drawing.en.svg", "drawing.inside.en.svg", "marker.shell.en.svg", "board.dxf"), story=told)
    shop.release()
    with client.application.test_request_context("/?lang=en"):
        for sequence, files in ((10, ["marker.shell.en.svg"]), (20, ["drawing.inside.en.svg"]), (40, [])):
            view = shop.service.work_order(shop.id_of(sequence))
            assert sorted(file.name for file in view.document.files) == sorted(["drawing.en.svg", *files, "board.dxf"])
            own = drawings(view, shop.specification.story_of(sequence).picture)
            assert [file.name for file in own] == (files or ["drawing.en.svg"])
