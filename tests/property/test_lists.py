"""Whatever a list holds and whatever is asked, page, spreadsheet and API give the rows that one would pick by hand."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from urllib.parse import urlencode

import pytest
from flask import Blueprint, Flask, g, render_template_string
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column as Stored
from sqlalchemy import Integer, MetaData, String, Table, create_engine
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from contracts.access import Permission, Principal, Role
from contracts.listing import Part, Question
from contracts.model import Contract
from ledger.listing import Listing, ranked
from presentation.lists import Column, Filter, ListDescription, add_list, list_page
from presentation.site import init_site

STATES = ("planned", "running", "done")


class Thing(Contract):
    id: int
    name: str
    place: str | None
    state: str


THINGS = ListDescription(
    name="things",
    title="nav.orders",
    path="/things",
    api="/api/v1/things",
    summary="Things",
    permission=Permission.VIEW_PLAN,
    row=Thing,
    columns=(
        Column("id", "nav.orders", "count"),
        Column("name", "nav.orders"),
        Column("place", "nav.orders"),
        Column("state", "nav.orders", "state", "operation"),
    ),
    sort="id",
    empty="quality.none",
    search="nav.orders",
    filters=(Filter("state", "nav.orders", "state.operation.", STATES),),
)
THING = Table(
    "thing", MetaData(), Stored("id", Integer, primary_key=True), Stored("name", String), Stored("place", String), Stored("state", String)
)
LISTING = Listing(
    THING.select(),
    THING.c.id,
    {"id": THING.c.id, "name": THING.c.name, "place": THING.c.place, "state": ranked(THING.c.state, STATES)},
    (THING.c.name, THING.c.place),
    {"state": lambda state: THING.c.state == state},
)
WORDS = st.text("aAbB%_\\车=", max_size=4)
STORED = st.lists(st.builds(Thing, id=st.just(0), name=WORDS, place=st.none() | WORDS, state=st.sampled_from(STATES)), max_size=12)
ASKED = st.fixed_dictionaries(
    {
        "q": st.lists(st.text("aAbB%_\\车", min_size=1, max_size=2), max_size=2).map(" ".join),
        "state": st.sampled_from(("", *STATES)),
        "sort": st.sampled_from([sign + key for key in ("id", "name", "place", "state") for sign in ("", "-")]),
        "size": st.integers(1, 5),
    }
)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    THING.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture(scope="module")
def client(session: Session) -> FlaskClient:
    app = Flask("test", static_folder=None)
    app.config.update(SECRET_KEY="test", TESTING=True)
    init_site(app)

    @app.before_request
    def who() -> None:
        g.principal = Principal(id="staff_1", role=Role.PLANNER, name="planner")

    def rows(question: Question) -> Part[Thing]:
        return LISTING.answer(session, question).of(lambda row: Thing.model_validate(dict(row._mapping)))

    room = Blueprint("things", __name__)

    @room.get("/things")
    def page() -> str:
        return render_template_string(
            '{% from "macros/lists.html" import list with context %}{{ list(view) }}', view=list_page(THINGS, rows)
        )

    add_list(room, THINGS, rows)
    app.register_blueprint(room)
    return app.test_client()


def picked(things: list[Thing], asked: dict[str, str]) -> list[Thing]:
    """By hand: those with every word and the state, sorted, those without a value last."""
    words = asked["q"].lower().split()
    found = [each for each in things if all(word in each.name.lower() or word in (each.place or "").lower() for word in words)]
    found = [each for each in found if asked["state"] in ("", each.state)]
    key = asked["sort"].removeprefix("-")

    def value(each: Thing) -> int | str:
        return STATES.index(each.state) if key == "state" else getattr(each, key)

    missing = [each for each in found if getattr(each, key) is None]
    found = [each for each in found if getattr(each, key) is not None]
    return sorted(found, key=value, reverse=asked["sort"].startswith("-")) + missing


@given(STORED, ASKED)
def test_page_spreadsheet_and_api_give_the_rows_that_were_asked_for(
    client: FlaskClient, session: Session, stored: list[Thing], asked: dict[str, str]
) -> None:
    things = [each.model_copy(update={"id": number}) for number, each in enumerate(stored)]
    session.connection().execute(THING.delete())
    if things:
        session.connection().execute(THING.insert(), [each.model_dump() for each in things])
    wanted, question = picked(things, asked), urlencode(asked)
    pages = max(1, -(-len(wanted) // int(asked["size"])))
    answers = [client.get(f"/api/v1/things?{question}&page={page}").get_json() for page in range(1, pages + 1)]
    assert [Thing.model_validate(item) for answer in answers for item in answer["items"]] == wanted
    assert {(answer["pages"], answer["matching"], answer["total"]) for answer in answers} == {(pages, len(wanted), len(things))}
    drawn = [client.get(f"/things?{question}&page={page}", follow_redirects=True).text for page in range(1, pages + 1)]
    assert [int(number) for page in drawn for number in re.findall(r'<th scope="row">(\d+)</th>', page)] == [each.id for each in wanted]
    lines = list(csv.DictReader(StringIO(client.get(f"/api/v1/things.csv?{question}").text.removeprefix("\ufeff"), newline="")))
    assert [line["id"] for line in lines] == [str(each.id) for each in wanted]
    assert [line["name"].removeprefix("'") for line in lines] == [each.name for each in wanted]
