"""Measures that do not go together are asked for again beside their field, once for each value, and never refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html

from configurator.service import Service
from contracts.access import SYSTEM
from tests.bicycles import bicycle_shop, studio_app
from tests.families import text_of

BODY = {"neck": 390, "chest": 1000, "waist": 860, "hip": 990, "sleeve": 870, "back_length": 460, "biceps": 335, "wrist": 170}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with bicycle_shop(tmp_path_factory.mktemp("measures")) as service:
        service.publish_family(text_of("shirt"), SYSTEM, proved=True)
        yield service


@pytest.fixture
def client(service: Service) -> FlaskClient:
    return studio_app(service, forgery_checked=False).test_client()


def send(client: FlaskClient, page: html.HtmlElement | None = None, press: str = "", address: str = "/studio/shirt", **typed: Any) -> Any:
    """The measures' form as a browser without a script sends it: with the hidden fields of ``page``, by the button that says ``press``."""
    fields: dict[str, Any] = {"revision": "0", **BODY}
    if page is not None:
        (form,) = page.xpath("//form[@id='measure']")
        address = form.get("action").removesuffix("/measures")
        (fields["revision"],) = page.xpath("//input[@form='measure'][@name='revision']/@value")
        fields |= {name: page.get_element_by_id(name).get("value") for name in BODY}
        for name in ("settled", "asked"):
            fields[name] = form.xpath(f".//input[@name='{name}']/@value")
        for button in form.xpath(f".//button[starts-with(normalize-space(), '{press}')]")[:1] if press else ():
            fields[button.get("name")] = button.get("value")
    return client.post(f"{address}/measures", data={**fields, **typed}, headers={"Accept-Language": "en"})


def read(answer: Any) -> html.HtmlElement:
    assert answer.status_code == 422
    return html.fromstring(answer.text)


def asked(page: html.HtmlElement) -> dict[str, str]:
    return {
        each.get("aria-labelledby"): " ".join(each.text_content().split()) for each in page.xpath("//*[@id='measures']//*[@role='group']")
    }


def stored(client: FlaskClient, answer: Any) -> dict[str, str]:
    assert answer.status_code == 303
    page = html.fromstring(client.get(answer.location).text)
    return {name: page.get_element_by_id(name).get("value") for name in BODY}


def test_a_body_is_not_asked(client: FlaskClient) -> None:
    assert stored(client, send(client)) == {name: str(value) for name, value in BODY.items()}


def test_a_neck_that_goes_with_nothing_is_asked_for_beside_its_field_and_stores_nothing(client: FlaskClient, service: Service) -> None:
    page = read(send(client, neck=500))
    (question,) = asked(page).values()
    assert question.startswith("500 mm for “Neck” and ")
    assert "few bodies have both. Please measure once more. It is right as typed: Neck" in question
    assert page.get_element_by_id("neck").get("aria-describedby").split()[-1] == "asked-neck"
    assert page.get_element_by_id("neck").get("aria-invalid") is None
    assert page.xpath("//form[@id='measure']/@action") == ["/studio/shirt/measures"]


def test_two_fields_exchanged_are_offered_back(client: FlaskClient) -> None:
    page = read(send(client, neck=460, back_length=390))
    (question,) = asked(page).values()
    assert "Did you exchange it with “Back to the waist”?" in question
    assert stored(client, send(client, page, "Exchange the two")) == {name: str(value) for name, value in BODY.items()}


@pytest.mark.parametrize(
    ("chest", "sentence"),
    [
        ("38", "Did you mean 38 in = 965 mm?"),
        ("380", "Did you mean 38 in = 965 mm?"),
        ("385", "Did you mean 38.5 in = 978 mm?"),
        ("98", "In millimetres, please: did you mean 980 mm?"),
        ("9800", "Did you mean 980 mm?"),
        ("2489", "Did you mean 98 cm = 980 mm?"),
    ],
)
def test_another_unit_is_told_and_one_button_mends_it(client: FlaskClient, chest: str, sentence: str) -> None:
    page = read(send(client, chest=chest))
    assert sentence in page.get_element_by_id("chest-error").text_content()
    assert asked(page) == {}
    assert stored(client, send(client, page, "Use "))["chest"] in sentence


@pytest.mark.parametrize(
    ("chest", "taken"),
    [
        ("９８０", "980"),
        ("38.5 in", "978"),
        ('38,5"', "978"),
        ("38.5″", "978"),
        ("38.5英寸", "978"),
        ("98 cm", "980"),
        ("98.04公分", "980"),
        ("98.05 厘米", "981"),
        ("980mm", "980"),
        ("1,020 毫米", "1020"),
        ("0.98 m", "980"),
    ],
)
def test_a_measure_with_its_unit_is_taken_in_millimetres(client: FlaskClient, chest: str, taken: str) -> None:
    assert stored(client, send(client, chest=chest))["chest"] == taken


@pytest.mark.parametrize(
    ("name", "typed", "sentence", "used"),
    [
        ("neck", "15.5", "Did you mean 15.5 in = 394 mm?", "394"),
        ("neck", "39,4", "Did you mean 39.4 cm = 394 mm?", "394"),
        ("waist", "33,5", "Did you mean 33.5 in = 851 mm?", "851"),
        ("wrist", "17.5", "Did you mean 17.5 cm = 175 mm?", "175"),
        ("waist", "860.5", "Did you mean 861 mm?", "861"),
    ],
)
def test_a_decimal_is_offered_in_the_unit_of_the_tape(client: FlaskClient, name: str, typed: str, sentence: str, used: str) -> None:
    page = read(send(client, **{name: typed}))
    assert sentence in page.get_element_by_id(f"{name}-error").text_content()
    assert page.get_element_by_id(name).get("value") == typed
    assert stored(client, send(client, page, f"Use {used} mm"))[name] == used


def test_decimals_in_inches_are_mended_by_one_button(client: FlaskClient) -> None:
    page = read(send(client, neck="15.5", waist="33.5"))
    mended = stored(client, send(client, page, "Use both proposals"))
    assert (mended["neck"], mended["waist"]) == ("394", "851")


def test_a_customer_who_reads_chinese_is_told_alike(client: FlaskClient) -> None:
    answer = client.post("/studio/shirt/measures", data={"revision": "0", **BODY, "neck": "15.5"}, headers={"Accept-Language": "zh"})
    assert "是否为 15.5 英寸，即 394" in answer.text
    answer = client.post("/studio/shirt/measures", data={"revision": "0", **BODY, "neck": "大"}, headers={"Accept-Language": "zh"})
    assert "例如 33 英寸或 84 厘米" in answer.text


@pytest.mark.parametrize("neck", ["", "wide", "-390", "390 kg", "3 9 0", "15 1/2", "1.2.3", "½"])
def test_what_is_no_length_is_told_how_to_type_one(client: FlaskClient, neck: str) -> None:
    page = read(send(client, neck=neck))
    assert "A number from " in page.get_element_by_id("neck-error").text_content()
    assert page.get_element_by_id("neck").get("value") == neck


def test_everything_in_inches_is_mended_by_one_button(client: FlaskClient) -> None:
    page = read(send(client, **{name: round(value / 25.4) for name, value in BODY.items()}))
    mended = stored(client, send(client, page, "Use all 8 proposals"))
    assert all(abs(int(mended[name]) - value) <= 13 for name, value in BODY.items())


@pytest.mark.parametrize("press", ["It is right as typed", "Use these measures"])
def test_whoever_stands_by_a_rare_measure_is_not_asked_again(client: FlaskClient, press: str) -> None:
    answer = send(client, read(send(client, neck=500)), press)
    assert stored(client, answer)["neck"] == "500"
    address = answer.location
    page = html.fromstring(client.get(address).text)
    assert stored(client, send(client, page, waist="880", address=address))["neck"] == "500"
    assert list(asked(read(send(client, html.fromstring(client.get(address).text), neck="490")))) == ["asked-neck"]


def test_an_answer_to_one_question_leaves_the_other_open_and_stands(client: FlaskClient) -> None:
    both = read(send(client, neck=500, wrist=140))
    assert set(asked(both)) == {"asked-neck", "asked-wrist"}
    other = read(send(client, both, "It is right as typed: Neck"))
    assert list(asked(other)) == ["asked-wrist"]
    assert stored(client, send(client, other, "It is right as typed: Wrist"))["neck"] == "500"


def test_a_design_that_changed_meanwhile_does_not_ask_what_was_answered(client: FlaskClient) -> None:
    address = send(client).location
    before = html.fromstring(client.get(address).text)
    question = read(send(client, before, neck=500))
    (revision,) = before.xpath("//input[@form='choices'][@name='revision']/@value")
    client.post(f"{address}/decide", data={"revision": revision, "select": "fit.slim"})
    overtaken = send(client, question, "It is right as typed")
    assert overtaken.status_code == 412
    again = html.fromstring(overtaken.text)
    assert stored(client, send(client, again))["neck"] == "500"


def test_the_measure_of_a_room_is_told_its_unit_and_asked_nothing_else(client: FlaskClient, service: Service) -> None:
    service.publish_family(text_of("cabinet"), SYSTEM, proved=True)
    (measure,) = [each for each in service.family("cabinet").dimensions if each.measure][:1]
    assert measure.domain is not None
    low, high, _ = measure.domain
    for rare in (low, high):
        assert service.doubts("cabinet", {measure.name: rare}, ()) == []


def test_answers_that_no_button_of_ours_gives_change_nothing(client: FlaskClient) -> None:
    for use in ("nose=3", "chest", "chest=wide", "~", "=", "chest=1000~nose=2"):
        answer = send(client, use=use)
        assert answer.status_code == (422 if use.startswith("chest") and use != "chest=1000~nose=2" else 303)


def test_measures_that_cannot_be_built_together_are_refused_at_once(client: FlaskClient, service: Service) -> None:
    assert [each.slip for each in service.doubts("shirt", {**BODY, "waist": 640}, ())] == [None]
    answer = send(client, waist="640")
    page = html.fromstring(answer.text)
    assert answer.status_code == 409
    assert "turns too sharply to lie flat" in page.get_element_by_id("above").text_content()
    assert page.get_element_by_id("waist").get("value") == "640"
    assert asked(page) == {}


def test_beside_a_refusal_stands_what_was_probably_meant(client: FlaskClient) -> None:
    answer = send(client, chest="860", waist="1000")
    page = html.fromstring(answer.text)
    assert answer.status_code == 409
    (question,) = asked(page).values()
    assert "Did you exchange it with “Waist”?" in question
    assert "It is right as typed" not in question
    assert len(page.xpath("//*[@id='reason']")) == 1
    assert stored(client, send(client, page, "Exchange the two")) == {name: str(value) for name, value in BODY.items()}
