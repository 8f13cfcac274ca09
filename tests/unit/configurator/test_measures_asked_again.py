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
