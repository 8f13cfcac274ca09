"""A list's page, spreadsheet and API, from one description."""

import csv
from datetime import UTC, datetime
from io import BytesIO, StringIO
from zoneinfo import ZoneInfo

import pytest
from flask import Blueprint, Flask, g, render_template_string
from flask.testing import FlaskClient
from openpyxl import load_workbook

from contracts.access import Permission, Principal, Role
from contracts.listing import Part, Question
from contracts.model import Contract, Instant
from contracts.texts import Localised
from contracts.units import Money, Quantity
from presentation.lists import Column, Filter, ListDescription, add_list, list_page
from presentation.lists.workbook import MEDIA_TYPE, workbook
from presentation.site import init_site
from presentation.texts import sentence


class Pot(Contract):
    pot: str
    glaze: Localised
    fired_at: Instant | None
    price: Money
    height: Quantity
    state: str
    late: bool


POTS = ListDescription(
    name="pots",
    title="nav.orders",
    path="/pots",
    api="/api/v1/pots",
    summary="Pots",
    permission=Permission.VIEW_PLAN,
    row=Pot,
    columns=(
        Column("pot", "nav.orders", href="/pots/{pot}"),
        Column("glaze", "nav.basket", "words", sortable=False),
        Column("fired_at", "nav.front", "time"),
        Column("price", "nav.api", "money"),
        Column("height", "nav.quality", "quantity"),
        Column("state", "nav.planner", "state", "operation"),
        Column("late", "nav.terminal", "mark", "scheduler.table."),
    ),
    sort="pot",
    empty="quality.none",
    search="nav.orders",
    filters=(Filter("state", "nav.planner", "state.operation.", ("planned", "done")), Filter("kiln", "nav.planner")),
    size=2,
)
ODD = ("=1+1", "+2", "-3", "@4", "\t5", "a/b & c", "ordinary")


def pot(name: str) -> Pot:
    return Pot(
        pot=name,
        glaze=Localised(en=f"{name} blue", zh="蓝"),
        fired_at=datetime(2026, 11, 24, 8, 30, tzinfo=UTC),
        price=Money(amount=-1250, currency="EUR"),
        height=Quantity(value=120_500, unit="um"),
        state="planned",
        late=name == "ordinary",
    )


heard: list[Question] = []


def rows(question: Question) -> Part[Pot]:
    """All pots or none: the databases' answers are tested with their rooms."""
    heard.append(question)
    found = tuple(pot(name) for name in ODD) if question.search != "nothing" else ()
    size = question.size or max(1, len(found))
    pages = max(1, -(-len(found) // size))
    page = min(question.page, pages)
    return Part(found[(page - 1) * size : page * size], page, pages, len(found), len(ODD))


@pytest.fixture
def client() -> FlaskClient:
    app = Flask("test", static_folder=None)
    app.config.update(SECRET_KEY="test", TESTING=True, ROLE=Role.PLANNER)
    init_site(app)

    @app.before_request
    def who() -> None:
        g.principal = Principal(id="staff_1", role=app.config["ROLE"], name="planner")

    room = Blueprint("pots", __name__)

    @room.get("/pots")
    def page() -> str:
        view = list_page(POTS, rows, {"kiln": [("k1", Localised(en="First kiln", zh="一号窑"))]})
        return render_template_string('{% from "macros/lists.html" import list with context %}{{ list(view) }}', view=view)

    add_list(room, POTS, rows)
    app.register_blueprint(room)
    heard.clear()
    return app.test_client()


def table(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"), newline="")))


def test_the_address_is_the_whole_question(client: FlaskClient) -> None:
    client.get("/pots?q=blue+pot&state=done&kiln=k1&sort=-price&page=3&size=5")
    asked = Question("price", True, "blue pot", {"state": "done", "kiln": "k1"}, 3, 5)
    assert heard == [asked]
    assert POTS.arguments(asked) == {"q": "blue pot", "state": "done", "kiln": "k1", "sort": "-price", "page": "3", "size": "5"}
    client.get("/pots")
    assert heard[-1] == Question("pot", False, "", {}, 1, 2)
    assert POTS.arguments(heard[-1]) == {}


@pytest.mark.parametrize("wrong", ["sort=glaze", "sort=weight", "state=lost", "page=0", "size=501", "colour=red"])
def test_what_is_not_there_cannot_be_asked(client: FlaskClient, wrong: str) -> None:
    for address in ("/pots", "/api/v1/pots", "/api/v1/pots.csv", "/api/v1/pots.xlsx"):
        assert client.get(f"{address}?{wrong}").status_code == 422
    assert heard == []


def test_empty_fields_of_the_form_leave_the_address(client: FlaskClient) -> None:
    assert client.get("/pots?q=&state=done&kiln=&size=5").location == "/pots?state=done&size=5"
    assert client.get("/pots?q=").location == "/pots"
    morphed = client.get("/pots?q=&state=&kiln=k1", headers={"HX-Request": "true"})
    assert (morphed.status_code, morphed.headers["HX-Push-Url"]) == (200, "/pots?kiln=k1")
    assert "HX-Push-Url" not in client.get("/pots?kiln=k1", headers={"HX-Request": "true"}).headers


def test_a_heading_sorts_and_a_second_time_turns_round(client: FlaskClient) -> None:
    page = client.get("/pots?lang=en").text
    assert page.count("aria-sort") == 1
    assert 'aria-sort="ascending"><a class="sort" id="pots-by-pot" href="/pots?sort=-pot"' in page
    assert 'href="/pots?sort=fired_at"' in page
    page = client.get("/pots?sort=-fired_at&state=done").text
    assert 'aria-sort="descending"><a class="sort" id="pots-by-fired_at" href="/pots?state=done&amp;sort=fired_at"' in page


def test_pages_say_where_they_are_and_keep_the_question(client: FlaskClient) -> None:
    page = client.get("/pots?state=planned&page=2&lang=en").text
    assert "7 of 7 match" in page
    assert "(3–4 shown)" in page
    assert "Page 2 of 4" in page
    assert 'rel="prev" id="pots-previous" href="/pots?state=planned"' in page
    assert 'rel="next" id="pots-next" href="/pots?state=planned&amp;page=3"' in page
    assert 'href="/api/v1/pots.csv?state=planned"' in page
    assert "Page 4 of 4" in client.get("/pots?page=99").text


def test_where_nothing_matches_the_way_out_is_offered(client: FlaskClient) -> None:
    page = client.get("/pots?q=nothing&lang=en").text
    assert "Nothing matches." in page
    assert '<a class="button" href="/pots">Clear search and filters</a>' in page
    assert "<table>" not in page


def test_cells_are_written_for_people_and_lead_on(client: FlaskClient) -> None:
    page = client.get("/pots?size=10&lang=en").text
    assert '<a href="/pots/a%2Fb%20%26%20c">a/b &amp; c</a>' in page
    assert "-€12.50" in page
    assert "120.5 mm" in page
    assert '<time datetime="2026-11-24T08:30:00Z">24 Nov 2026, 08:30</time>' in page
    assert page.count('class="marked"') == 1
    assert "First kiln" in page


def test_the_spreadsheet_has_every_row_and_no_formula(client: FlaskClient) -> None:
    answer = client.get("/api/v1/pots.csv?lang=zh&page=2")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    lines = table(answer.text)
    assert lines[0] == ["pot", "glaze", "fired_at", "price_minor", "price_currency", "height", "height_unit", "state", "late"]
    assert [line[0] for line in lines[1:]] == ["'=1+1", "'+2", "'-3", "'@4", "'\t5", "a/b & c", "ordinary"]
    assert lines[-1][1:] == ["蓝", "2026-11-24T08:30:00Z", "-1250", "EUR", "120500", "um", "planned", "yes"]


def test_the_workbook_has_every_row_as_people_read_it_and_no_formula(client: FlaskClient) -> None:
    answer = client.get("/api/v1/pots.xlsx?lang=zh&page=2")
    assert answer.content_type == MEDIA_TYPE
    page = load_workbook(BytesIO(answer.data)).worksheets[0]
    lines = list(page.iter_rows())
    assert [cell.value for cell in lines[0]][4] == f"{lines[0][3].value} (币种)"
    assert [line[0].value for line in lines[1:]] == list(ODD)
    assert {cell.data_type for line in lines for cell in line} <= {"s", "n", "d"}, "a formula would be f"
    last = [cell.value for cell in lines[-1]]
    assert last[1:] == [
        "蓝",
        datetime(2026, 11, 24, 8, 30),  # noqa: DTZ001
        -12.5,
        "EUR",
        120.5,
        "mm",
        sentence("state.operation.planned", "zh"),
        sentence("scheduler.table.yes", "zh"),
    ]
    assert page.auto_filter.ref == f"A1:I{len(ODD) + 1}"


def test_a_workbook_leaves_out_what_it_cannot_hold(client: FlaskClient) -> None:
    shown = pot("a\x01b" + "x" * 40_000)
    page = load_workbook(BytesIO(workbook(POTS, [shown], "en", ZoneInfo("Asia/Shanghai")))).worksheets[0]
    assert page["A2"].value == ("ab" + "x" * 40_000)[:32_767]
    assert page["C2"].value == datetime(2026, 11, 24, 16, 30)  # noqa: DTZ001


def test_the_api_gives_the_same_rows_as_contracts(client: FlaskClient) -> None:
    answer = client.get("/api/v1/pots?page=4").get_json()
    assert {name: answer[name] for name in ("page", "pages", "matching", "total")} == {"page": 4, "pages": 4, "matching": 7, "total": 7}
    assert [Pot.model_validate(each) for each in answer["items"]] == [pot("ordinary")]


def test_the_api_is_described(client: FlaskClient) -> None:
    described = client.get("/api/v1/openapi.json").get_json()
    asked = {each["name"]: each["schema"] for each in described["paths"]["/api/v1/pots"]["get"]["parameters"]}
    assert list(asked) == ["q", "state", "kiln", "sort", "page", "size"]
    assert asked["state"]["enum"] == ["", "planned", "done"]
    assert "-price" in asked["sort"]["enum"]
    assert "/api/v1/pots.csv" in described["paths"]
    assert "PotsList" in described["components"]["schemas"]


def test_a_list_is_closed_to_others(client: FlaskClient) -> None:
    client.application.config["ROLE"] = Role.CONSUMER
    assert [client.get(address).status_code for address in ("/api/v1/pots", "/api/v1/pots.csv", "/api/v1/pots.xlsx")] == [403] * 3
