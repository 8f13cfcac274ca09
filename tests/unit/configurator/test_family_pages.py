"""The product engineer's pages: what is published, what is found in a proposed version, publishing."""

import io
from typing import Any

import pytest
from flask.testing import FlaskClient
from lxml import html

from configurator.engine.decisions import Select
from configurator.service import Service
from configurator.tasks import jobs
from contracts.access import SYSTEM, Principal, Role
from contracts.ports import OpenPiece
from ledger.job_runner import JobRunner
from ledger.unit_of_work import Ledger
from tests.bicycles import Weeks
from tests.unit.configurator.test_studio_pages import client_of

ENGINEER = Principal(id="staff_e", role=Role.ENGINEER, name="engineer")
GUEST = Principal(id="person_anna", role=Role.ANONYMOUS)


class Orders:
    """What is on order."""

    def __init__(self) -> None:
        self.pieces: list[OpenPiece] = []

    def open_pieces(self, family: str) -> list[OpenPiece]:
        return self.pieces if family == "shelf" else []


@pytest.fixture
def service(ledger: Ledger, shelf_text: str) -> Service:
    service = Service(ledger, Weeks(ledger.clock.now()))
    service.publish_family(shelf_text, SYSTEM, proved=True)
    return service


@pytest.fixture
def orders() -> Orders:
    return Orders()


@pytest.fixture
def engineer(service: Service) -> FlaskClient:
    return client_of(service, ENGINEER)


@pytest.fixture
def run(service: Service, orders: Orders) -> JobRunner:
    return JobRunner(service.ledger, jobs(service, orders))


@pytest.fixture
def newer(shelf_text: str) -> str:
    """Oak costs more."""
    return shelf_text.replace('version: "1"', 'version: "2"').replace("price: 9000", "price: 9500")


def propose(client: FlaskClient, text: str) -> str:
    answer = client.post("/families", data={"file": (io.BytesIO(text.encode()), "shelf.yaml")})
    assert answer.status_code == 303
    return str(answer.location)


def read(client: FlaskClient, address: str, language: str = "en") -> Any:
    return html.fromstring(client.get(address, headers={"Accept-Language": language}).text)


def told(page: Any) -> str:
    return " ".join(page.xpath("string(//main)").split())


def test_a_file_from_another_system_is_the_same_proposal(engineer: FlaskClient, newer: str) -> None:
    assert propose(engineer, "\ufeff" + newer.replace("\n", "\r\n")) == propose(engineer, newer)


def test_every_version_is_listed_and_can_be_fetched(engineer: FlaskClient, shelf_text: str) -> None:
    page = read(engineer, "/families")
    assert [" ".join(cell.text_content().split()) for cell in page.xpath("//tbody/tr[1]/*")][:2] == ["shelf", "1"]
    (address,) = page.xpath("//tbody//a/@href")
    (file,) = read(engineer, address).xpath("//a[@download]/@href")
    assert engineer.get(file).text == shelf_text
    assert engineer.get("/families/shelf/9.yaml").status_code == 404


def test_a_version_is_tried_and_published_and_designs_stay_on_theirs(
    engineer: FlaskClient, service: Service, run: JobRunner, orders: Orders, newer: str
) -> None:
    design = service.create_design("shelf", GUEST)
    oak = service.decide(design.design, 0, [Select(select="wood.oak")], GUEST)
    orders.pieces = [OpenPiece(order="order_1", design=oak.design, revision=1)]
    address = propose(engineer, newer)
    waiting = read(engineer, address)
    assert "being examined" in told(waiting)
    assert waiting.xpath("//*[@hx-trigger='every 2s']")
    assert not waiting.xpath("//form[contains(@action, 'publish')]")
    run.run_once()
    page = read(engineer, address)
    assert not page.xpath("//*[@hx-trigger='every 2s']")
    assert "Wood: Oak adds €95.00 to the net price (it added €90.00)" in told(page)
    assert "another price: €254.10 becomes €260.15" in told(page)
    assert [cell.text_content() for cell in page.xpath("//tr[th[contains(., 'another price')]]/td")] == ["1", "1"]
    (publish,) = page.xpath("//form[contains(@action, 'publish')]/@action")
    assert engineer.post(publish).location == "/families"
    assert "Shelf: version 2 is for sale." in told(read(engineer, "/families"))
    assert "This version is published." in told(read(engineer, address))
    assert service.design(oak.design, GUEST).family_version == "1"
    assert service.create_design("shelf", GUEST).family_version == "2"


def test_shorter_work_that_comes_meanwhile_is_done_before_the_next_design(
    engineer: FlaskClient, service: Service, orders: Orders, newer: str
) -> None:
    done: list[str] = []
    short = JobRunner(service.ledger, {"paper": lambda run: done.append(run.key)})

    def between() -> None:
        if not done:
            with service.ledger.transaction(SYSTEM) as transaction:
                transaction.enqueue("paper", "order_1")
        while short.run_once():
            pass
        assert done == ["order_1"]

    address = propose(engineer, newer)
    JobRunner(service.ledger, jobs(service, orders, between)).run_once()
    assert done == ["order_1"]
    assert "61 designs and 2 tests" in told(read(engineer, address))


def test_a_version_with_errors_is_not_tested_and_not_published(engineer: FlaskClient, run: JobRunner, newer: str) -> None:
    text = newer.replace("width <= wall", "width <= wal")
    address = propose(engineer, text)
    run.run_once()
    page = read(engineer, address)
    line = text[: text.index("id: fits")].count("\n") + 1
    assert f"{line}:" in page.xpath("string(//tbody/tr[1]/td[1])")
    assert "“wal” is not the name of an option or dimension here" in told(page)
    assert not page.xpath("//form[contains(@action, 'publish')]")
    assert engineer.post(f"{address}/publish").status_code == 409


def test_a_version_that_breaks_for_some_designs_is_not_published(engineer: FlaskClient, run: JobRunner, newer: str) -> None:
    address = propose(engineer, newer.replace("300 + 120 * count(extras)", "300 if not (castors in extras and finish == oil) else 0"))
    run.run_once()
    page = read(engineer, address)
    assert "For some product this is 0; it must be more than 0" in told(page)
    assert engineer.post(f"{address}/publish").status_code == 409


def test_a_version_that_is_published_already_keeps_its_content(engineer: FlaskClient, run: JobRunner, shelf_text: str) -> None:
    address = propose(engineer, shelf_text.replace("price: 9000", "price: 9500"))
    run.run_once()
    assert "Give the file a new version" in told(read(engineer, address))
    assert engineer.post(f"{address}/publish").status_code == 409


def test_a_new_family_is_compared_with_nothing(engineer: FlaskClient, run: JobRunner, shelf_text: str) -> None:
    address = propose(engineer, shelf_text.replace("family: shelf", "family: rack"))
    run.run_once()
    page = read(engineer, address, "zh")
    assert "变化" not in told(page)
    assert page.xpath("//form[contains(@action, 'publish')]")


@pytest.mark.parametrize(("content", "said"), [(b"", "Choose a family file first"), (b"\xff\xfe\x00", "not UTF-8")])
def test_what_is_no_text_is_told(engineer: FlaskClient, content: bytes, said: str) -> None:
    answer = engineer.post(
        "/families", data={"file": (io.BytesIO(content), "shelf.yaml")}, follow_redirects=True, headers={"Accept-Language": "en"}
    )
    assert said in answer.text


def test_programs_propose_and_publish(engineer: FlaskClient, run: JobRunner, newer: str) -> None:
    proposed = engineer.post("/api/v1/family-proposals", json={"text": newer})
    assert (proposed.status_code, proposed.json["state"]) == (202, "queued")
    address = proposed.headers["Location"]
    assert engineer.post(f"{address}/publish").json["type"] == "/problems/transition-refused"
    run.run_once()
    found = engineer.get(address).json
    assert (found["state"], found["found"]["sold_version"], found["found"]["report"]["faults"]) == ("done", "1", [])
    published = engineer.post(f"{address}/publish")
    assert (published.status_code, published.json["version"]) == (201, "2")
    versions = engineer.get("/api/v1/family-versions?sort=version").json["items"]
    assert [(each["version"], each["state"], each["designs"]) for each in versions] == [("1", "replaced", 0), ("2", "for_sale", 0)]
    assert engineer.get(f"/api/v1/family-proposals/{'0' * 64}").status_code == 404


def sketched(client: FlaskClient, text: str, **headers: str) -> html.HtmlElement:
    answer = client.post("/families/sketch", data={"text": text}, headers={"Accept-Language": "en", "HX-Request": "true", **headers})
    assert answer.status_code == 200
    return html.fromstring(answer.text)


def places(page: html.HtmlElement) -> list[tuple[str, str]]:
    """The line and the words of each place that can be pressed."""
    return [(each.get("data-line"), " ".join(each.getparent().text_content().split())) for each in page.xpath("//button[@data-line]")]


def test_a_version_is_edited_from_its_text(engineer: FlaskClient, shelf_text: str) -> None:
    page = read(engineer, "/families/shelf/1/edit")
    assert page.get_element_by_id("text").text.lstrip("\n") == shelf_text
    assert "No faults" in told(page)
    assert engineer.get("/families/shelf/9/edit").status_code == 404


def test_what_a_text_comes_to_is_told_with_its_lines(engineer: FlaskClient, shelf_text: str) -> None:
    page = sketched(engineer, shelf_text.replace("\n", "\r\n"))
    assert "No faults" in page.text_content()
    assert page.xpath("//section[@aria-labelledby='sold']")
    told_at = {words.partition(" ")[2].partition(" ")[2]: shelf_text.splitlines()[int(line) - 1].strip() for line, words in places(page)}
    assert told_at["wood Wood 3"] == "wood:"
    assert told_at["sag The board would sag"].startswith("- {id: sag,")
    assert told_at["Extra height"].startswith("- {when: ")
    assert told_at["coat Coat"].startswith("- {op: coat,")


def test_a_fault_is_told_where_it_stands(engineer: FlaskClient, shelf_text: str) -> None:
    broken = shelf_text.replace("  wood:", "  wood: [", 1)
    assert places(sketched(engineer, broken))
    contradiction = shelf_text.replace("rules:\n", "rules:\n  - {say: {en: Never, zh: 从不}, require: wood not in (oak, pine)}\n", 1)
    page = sketched(engineer, contradiction)
    assert "No faults" not in page.text_content()
    assert not page.xpath("//section[@aria-labelledby='sold']")


def test_what_takes_longer_to_find_follows(engineer: FlaskClient, shelf_text: str) -> None:
    found = engineer.post("/families/examination", data={"text": shelf_text}, headers={"Accept-Language": "en", "HX-Request": "true"})
    assert found.status_code == 200
    assert "No dead options" in found.text or "Warnings" in found.text


@pytest.mark.parametrize("part", ["sketch", "examination"])
def test_without_a_script_the_whole_page_comes_with_the_text_that_was_sent(engineer: FlaskClient, shelf_text: str, part: str) -> None:
    other = shelf_text.replace("version: 1", "version: 2")
    address = "/families/" + part
    page = html.fromstring(engineer.post(address, data={"text": other, "title": "shelf 1"}, headers={"Accept-Language": "en"}).text)
    assert page.get_element_by_id("text").text.lstrip("\n") == other
    assert page.xpath("//h1/text()") == ["shelf 1"]


def test_a_written_text_is_proposed_and_edited_on(engineer: FlaskClient, run: JobRunner, newer: str) -> None:
    address = engineer.post("/families", data={"text": newer.replace("\n", "\r\n")}).headers["Location"]
    run.run_once()
    assert read(engineer, f"{address}/edit").get_element_by_id("text").text.lstrip("\n") == newer
    assert engineer.post(f"{address}/publish").status_code == 303
    assert engineer.post("/families", data={"text": " "}, follow_redirects=True, headers={"Accept-Language": "en"}).status_code == 200


def test_only_who_may_publish_sees_any_of_it(service: Service) -> None:
    client = client_of(service, Principal(id="staff_p", role=Role.PLANNER, name="planner"))
    for address in (
        "/families",
        "/families/shelf/1.yaml",
        "/families/shelf/1/edit",
        "/api/v1/family-versions",
        f"/families/proposals/{'0' * 64}",
    ):
        assert client.get(address).status_code == 403
    for address in ("/families", "/families/sketch", "/families/examination"):
        assert client.post(address).status_code == 403
