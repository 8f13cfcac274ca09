"""A shirt that fits is measured instead of the body: the new one is made to its measures, the body is asked about like any."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html

from benchmarks.configurator.bodies import bodies
from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.decisions import NONE, Select, SetNumber
from configurator.engine.family.parse import parse_family
from configurator.engine.garment import OutOfRange, body_of, garment_measures
from configurator.engine.product import Product
from configurator.service import Service
from contracts.access import SYSTEM, Principal, Role
from contracts.problems import DecisionRefused, NotPermitted, SourceInvalid
from lotone.people import BUNDLED
from tests.bicycles import bicycle_shop, studio_app
from tests.families import text_of

SHIRT = text_of("shirt")
OWNER, STRANGER = (Principal(id=name, role=Role.ANONYMOUS) for name in ("guest_1", "guest_2"))
FINE = {"neck": 405, "chest": 1110, "waist": 1010, "hip": 1070, "sleeve": 890, "back_length": 460, "biceps": 410, "wrist": 225}


@pytest.fixture(scope="module")
def shirts() -> CompiledFamily:
    return compile_family(parse_family(SHIRT))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with bicycle_shop(tmp_path_factory.mktemp("garment")) as service:
        service.publish_family(SHIRT, SYSTEM, proved=True)
        yield service


@pytest.fixture
def client(service: Service) -> FlaskClient:
    return studio_app(service, forgery_checked=False).test_client()


def send(client: FlaskClient, address: str = "/studio/shirt", *, use: str = "", keep: str = "", **garment: Any) -> Any:
    page = html.fromstring(client.get(f"{address}?measure=garment").text)
    (revision,) = page.xpath("//input[@form='measure'][@name='revision']/@value")
    typed = {f"garment.{name}": value for name, value in {**FINE, **garment}.items()}
    assert {each.get("name") for each in page.xpath("//form[@id='measure']//input[@inputmode]")} == set(typed)
    return client.post(
        f"{address}/measures",
        data={"revision": revision, **typed, **({"use": use} if use else {}), **({"keep": keep} if keep else {})},
        headers={"Accept-Language": "en"},
    )


@pytest.mark.parametrize("place", range(0, 200, 8))
def test_everybodys_shirt_measured_is_their_shirt_again(shirts: CompiledFamily, place: int) -> None:
    family = shirts.family
    body = bodies(BUNDLED, family)[place]
    try:
        product = shirts.reference(shirts.decide(NONE, [SetNumber(set=name, value=value) for name, value in body.items()]))
    except DecisionRefused:
        return
    finished = shirts.manufacture.numbers(product)
    garment = {each.name: finished[each.garment.like] for each in family.dimensions.values() if each.garment is not None}
    worn = body_of(family, product, garment)
    again = {name: value for name, value in worn.items() if isinstance(value, int)}
    made = shirts.manufacture.numbers(Product(product.chosen, again))
    assert {each.name: made[each.garment.like] for each in family.dimensions.values() if each.garment is not None} == garment
    assert all(again[name] >= body[name] for name in body)


def test_every_measure_of_the_shirt_is_found_at_one_and_none_of_a_bicycle(shirts: CompiledFamily) -> None:
    assert [each.name for each in garment_measures(shirts.family)] == [each.name for each in shirts.family.dimensions.values()]
    assert garment_measures(parse_family(text_of("bicycle"))) == []


def test_what_no_garment_measures_is_told_with_what_can_be(shirts: CompiledFamily) -> None:
    product = shirts.reference(NONE)
    for typed in (0, 96, 5_000):
        found = body_of(shirts.family, product, {"chest": typed})["chest"]
        assert isinstance(found, OutOfRange)
        assert found.low == 660


def test_a_garment_makes_a_design_of_its_size(client: FlaskClient) -> None:
    answer = send(client)
    assert answer.status_code == 303
    page = client.get(answer.location, headers={"Accept-Language": "en"}).text
    figures = dict(re.findall(r"<dt>([^<]+)</dt><dd>(\d+)", page))
    assert {figures["Chest"], figures["Collar"]} == {"1110", "405"}
    again = send(client, answer.location, chest=1160)
    assert again.status_code == 303
    assert "<dt>Chest</dt><dd>1160" in client.get(again.location, headers={"Accept-Language": "en"}).text


def test_another_cut_says_how_the_size_changes_and_keeps_the_garments_on_request(client: FlaskClient) -> None:
    address = send(client).location
    assert "resized" not in client.get(address).text
    loose = press(client, address, "decide", select="fit.loose")
    said = html.fromstring(loose).get_element_by_id("resized").text_content()
    assert re.search(r"Chest 1160 mm, was 1110", said)
    assert "Collar" not in said
    kept = press(client, address, "size", size="garment")
    assert "<dt>Chest</dt><dd>1110" in kept
    assert 'id="resized"' not in kept
    again = press(client, address, "decide", select="fit.slim")
    assert "Chest 1030 mm, was 1110" in html.fromstring(again).get_element_by_id("resized").text_content()
    accepted = press(client, address, "size", size="new")
    assert 'id="resized"' not in accepted
    assert "<dt>Chest</dt><dd>1110" not in accepted
    assert 'id="resized"' in press(client, address, "undo")
    fields = html.fromstring(client.get(address).text).xpath("//form[@id='measure']//input[@inputmode]")
    body = {each.get("name"): int(each.get("value")) for each in fields}
    assert 'id="resized"' not in press(client, address, "measures", **{**body, "chest": body["chest"] - 5})


def test_the_size_of_a_garment_is_its_owners_alone(service: Service) -> None:
    state = service.create_design("shirt", OWNER)
    body = service.body_of("shirt", "", FINE, OWNER)
    changes = [SetNumber(set=name, value=value) for name, value in body.items() if isinstance(value, int)]
    service.click(state.design, 0, changes, OWNER, "en", at_garment=True)
    loose = service.decide(state.design, 1, [Select(select="fit.loose")], OWNER)
    chest = next(each for each in loose.resized if each.name == "chest")
    assert (chest.was, chest.now) == (1110, 1160)
    assert service.design(state.design, STRANGER).resized == ()
    assert service.design(service.copy_design(state.design, OWNER).design, OWNER).resized == ()
    with pytest.raises(NotPermitted):
        service.resize(state.design, loose.revision, STRANGER, to_garment=True)
    again = service.resize(state.design, loose.revision, OWNER, to_garment=True)
    assert (again.resized, {each.name: each.value for each in again.dimensions}["chest_girth"]) == ((), 1110)


def press(client: FlaskClient, address: str, action: str, **values: Any) -> str:
    """The page after a click."""
    (revision,) = html.fromstring(client.get(address).text).xpath("//input[@form='undo'][@name='revision']/@value")
    answer = client.post(f"{address}/{action}", data={"revision": revision, **values})
    assert answer.status_code == 303, answer.text
    return client.get(address, headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize("chest", ["１１１０", "111 cm", "43.7 in", '43,7"', "43.7英寸", "1110mm"])
def test_a_garment_measure_is_read_with_its_unit(client: FlaskClient, chest: str) -> None:
    answer = send(client, chest=chest)
    assert answer.status_code == 303
    assert "<dt>Chest</dt><dd>1110" in client.get(answer.location, headers={"Accept-Language": "en"}).text


def test_wrong_garment_measures_are_told_at_their_fields_and_kept(client: FlaskClient) -> None:
    answer = send(client, chest="55", waist="wide", hip="12.5")
    page = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert page.get_element_by_id("garment.chest").get("value") == "55"
    assert "Between 660 mm and" in page.get_element_by_id("garment.chest-error").text_content()
    for name in ("waist", "hip"):
        assert "A whole number of millimetres, please; or another unit" in page.get_element_by_id(f"garment.{name}-error").text_content()


@pytest.mark.parametrize(
    ("name", "typed", "asked", "meant"),
    [
        ("chest", "555", "Did you mean twice that, 1110 mm? A width laid flat counts twice.", "1110"),
        ("chest", "111", "In millimetres, please: did you mean 1110 mm?", "1110"),
        ("sleeve", "35", "Did you mean 35 in = 889 mm?", "889"),
        ("hip", "42.1", "Did you mean 42.1 in = 1069 mm?", "1069"),
    ],
)
def test_what_was_probably_meant_at_a_garment_is_one_press_away(client: FlaskClient, name: str, typed: str, asked: str, meant: str) -> None:
    answer = send(client, **{name: typed})
    page = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert page.get_element_by_id(f"garment.{name}-error").text_content() == asked
    (use,) = page.xpath("//form[@id='measure']//button[@name='use']")
    assert use.get("value") == f"garment.{name}={meant}"
    done = send(client, **{name: typed}, use=use.get("value"))
    assert done.status_code == 303


def test_all_of_a_garment_typed_in_centimetres_is_put_right_by_one_press(client: FlaskClient) -> None:
    answer = send(client, **{name: value // 10 for name, value in FINE.items()})
    (use,) = html.fromstring(answer.text).xpath("//div[@class='actions']/button[contains(., 'all 8')]/@value")
    done = send(client, **{name: value // 10 for name, value in FINE.items()}, use=use)
    assert done.status_code == 303
    assert "<dt>Chest</dt><dd>1110" in client.get(done.location, headers={"Accept-Language": "en"}).text


def test_a_rare_garment_is_kept_as_it_is_typed_on_request(client: FlaskClient) -> None:
    answer = send(client, wrist=118)
    page = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert "twice that, 236 mm" in page.get_element_by_id("asked-garment.wrist").text_content()
    (keep,) = page.xpath("//button[@name='keep']/@value")
    assert keep == "garment.wrist=118"
    assert send(client, wrist=118, keep=keep).status_code == 303


def test_a_garment_that_fits_hardly_anybody_is_asked_about_as_a_body(client: FlaskClient) -> None:
    answer = send(client, neck=505)
    page = html.fromstring(answer.text)
    assert answer.status_code == 422
    assert page.get_element_by_id("neck").get("value") == "494"
    assert page.xpath("//*[@id='reason']")
    assert "Worked out from your garment" in page.get_element_by_id("measures").text_content()


def test_only_a_derived_dimension_is_measured_at_a_garment() -> None:
    for wrong in ("chest", "nothing"):
        with pytest.raises(SourceInvalid) as raised:
            parse_family(SHIRT.replace("like: chest_girth", f"like: {wrong}"))
        (line,) = raised.value.extra["lines"]
        assert line["message"] == "configurator.fault.garment_not_derived"
