"""What every page has: languages, security, errors, static files."""

import gzip
import re

import pytest
from flask import Flask, g, redirect, render_template_string
from flask.testing import FlaskClient
from werkzeug.wrappers import Response

from contracts.access import Permission, Principal, Role
from contracts.problems import FieldProblem, InvalidInput, StaleRevision, TransitionRefused
from contracts.texts import LANGUAGES, Message
from presentation.errors import NAMES, HttpRefusal
from presentation.explaining import explained
from presentation.guard import public, requires, undecided_routes
from presentation.site import init_site

PAGE = '{% extends "layout.html" %}{% block title %}Try{% endblock %}{% block main %}<h1>Try</h1>{% endblock %}'


@pytest.fixture
def app() -> Flask:
    app = Flask("try", static_folder=None)
    app.config.update(SECRET_KEY="test", TESTING=True)
    init_site(app)

    @app.before_request
    def principal() -> None:
        if "ROLE" in app.config:
            g.principal = Principal(id="p1", role=app.config["ROLE"], name="sam")

    @app.get("/")
    @public
    def front() -> str:
        return render_template_string(PAGE)

    @app.post("/form")
    @public
    def form() -> str:
        return "taken"

    @app.post("/leads")
    @public
    def leads() -> Response:
        return redirect("/onward?work=1#part", 303)

    @app.post("/api/v1/write")
    @public
    def write() -> str:
        return "taken"

    @app.get("/planner")
    @requires(Permission.VIEW_PLAN)
    def planner() -> str:
        return render_template_string(PAGE)

    @app.get("/stale")
    @public
    def stale() -> str:
        raise StaleRevision(3, 4)

    @app.get("/late")
    @public
    def late() -> str:
        raise TransitionRefused("order", "shipped", "cancelled")

    @app.get("/api/v1/wrong")
    @public
    def wrong() -> str:
        raise InvalidInput(errors=(FieldProblem("/count", "field.at_most", {"le": 200}),))

    @app.get("/broken")
    @public
    def broken() -> str:
        raise ZeroDivisionError

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def sign_in(app: Flask, role: Role) -> None:
    app.config["ROLE"] = role


@pytest.mark.parametrize(
    ("address", "accepted", "expected"),
    [
        ("/", "zh-CN,zh;q=0.9,en;q=0.5", "zh"),
        ("/", "fr,en-US;q=0.7", "en"),
        ("/", "fr", "en"),
        ("/?lang=zh", "en", "zh"),
        ("/?lang=xx", "zh", "zh"),
    ],
)
def test_the_address_then_the_browser_choose_the_language(client: FlaskClient, address: str, accepted: str, expected: str) -> None:
    assert client.get(address, headers={"Accept-Language": accepted}).headers["Content-Language"] == expected


def test_a_chosen_language_stays_for_the_next_page(client: FlaskClient) -> None:
    client.get("/?lang=zh", headers={"Accept-Language": "en"})
    assert client.get("/", headers={"Accept-Language": "en"}).headers["Content-Language"] == "zh"


def test_pages_allow_nothing_inline_and_nothing_foreign(client: FlaskClient) -> None:
    response = client.get("/")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "style=" not in response.text
    assert "onclick" not in response.text
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("production", [False, True])
def test_production_alone_asks_browsers_for_https(app: Flask, client: FlaskClient, production: bool) -> None:
    app.config["SESSION_COOKIE_SECURE"] = production
    assert ("Strict-Transport-Security" in client.get("/").headers) is production


def test_a_form_without_its_token_is_refused_and_with_it_taken(client: FlaskClient) -> None:
    assert client.post("/form").status_code == 400
    token = client.get("/").text.partition('"X-CSRFToken": "')[2].partition('"')[0]
    assert client.post("/form", data={"csrf_token": token}).text == "taken"
    assert client.post("/form", headers={"X-CSRFToken": token}).text == "taken"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/json"}, b"{}", 200),
        ({}, b"", 200),
        ({"Authorization": "Bearer k", "Content-Type": "text/plain"}, b"x", 200),
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=b", 415),
        ({"Sec-Fetch-Site": "cross-site"}, b"", 403),
    ],
)
def test_an_api_write_is_json_or_bears_a_key(client: FlaskClient, headers: dict[str, str], body: bytes, status: int) -> None:
    response = client.post("/api/v1/write", headers=headers, data=body)
    assert response.status_code == status
    if status != 200:
        assert response.mimetype == "application/problem+json"


def test_a_problem_is_a_page_for_people_and_a_document_for_programs(client: FlaskClient) -> None:
    page = client.get("/stale")
    assert (page.status_code, page.mimetype) == (412, "text/html")
    assert "You worked on revision 3, now it is 4" in page.text
    chinese = client.get("/stale?lang=zh")
    assert "内容已被更改" in chinese.text
    document = client.get("/stale?lang=en", headers={"Accept": "application/json"})
    assert document.mimetype == "application/problem+json"
    assert document.get_json() == {
        "type": "/problems/stale-revision",
        "title": "It has changed meanwhile",
        "status": 412,
        "detail": "You worked on revision 3, now it is 4. Load it again and repeat your step.",
        "errors": [],
        "current": 4,
    }


def test_a_script_gets_a_sentence_for_the_place_of_what_was_pressed(client: FlaskClient) -> None:
    told = client.get("/stale", headers={"HX-Request": "true"})
    assert told.status_code == 412
    assert told.text.strip().startswith("<p><strong>It has changed meanwhile</strong>")
    assert (told.headers["HX-Retarget"], told.headers["HX-Reswap"]) == ("#told-sentence", "innerHTML")
    assert 'id="told-sentence"' in client.get("/").text


@pytest.mark.parametrize(
    ("here", "header"),
    [
        ("http://localhost/basket", ("HX-Redirect", "/onward?work=1#part")),
        ("http://localhost/onward?work=1", ("HX-Refresh", "true")),
        ("http://localhost/onward?work=1#other", ("HX-Refresh", "true")),
        ("http://localhost/onward?work=2", ("HX-Redirect", "/onward?work=1#part")),
        ("", ("HX-Redirect", "/onward?work=1#part")),
    ],
)
def test_a_form_leads_a_script_where_it_leads_the_browser(app: Flask, client: FlaskClient, here: str, header: tuple[str, str]) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/leads").location == "/onward?work=1#part"
    answer = client.post("/leads", headers={"HX-Request": "true", "HX-Current-URL": here})
    assert answer.status_code == 204
    assert [pair for pair in answer.headers if pair[0] in ("Location", "HX-Redirect", "HX-Refresh")] == [header]


def test_states_in_a_refusal_are_named_in_words(client: FlaskClient) -> None:
    assert "The state is “Shipped”; it cannot become “Cancelled”" in client.get("/late").text


def test_field_faults_have_pointer_and_sentence(client: FlaskClient) -> None:
    assert client.get("/api/v1/wrong").get_json()["errors"] == [{"pointer": "/count", "detail": "Must be at most 200."}]


@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/nowhere"])
def test_an_unknown_address_is_explained(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "There is nothing at this address" in response.text


@pytest.mark.parametrize(("status", "name"), NAMES.items())
def test_what_the_server_refuses_has_a_readable_name(status: int, name: str) -> None:
    assert not any(sign.isdigit() for sign in name)
    for language in LANGUAGES:
        title, detail = explained(HttpRefusal(status, {"reference": "r1"}), language)
        assert "problem." not in title + detail


def test_a_wrong_method_says_which_are_allowed(client: FlaskClient) -> None:
    response = client.get("/api/v1/write")
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


def test_a_fault_is_told_by_its_reference_without_details(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    app.testing = False
    response = app.test_client().get("/broken")
    assert response.status_code == 500
    assert "ZeroDivisionError" not in response.text
    reference = caplog.records[-1].getMessage().split()[1]
    assert reference in response.text


def test_a_stranger_is_told_to_sign_in_and_a_wrong_role_refused(app: Flask, client: FlaskClient) -> None:
    assert client.get("/planner").status_code == 401
    sign_in(app, Role.OPERATOR)
    assert client.get("/planner").status_code == 403


def test_a_stranger_is_sent_to_the_sign_in_page_and_back(app: Flask) -> None:
    @app.get("/sign-in")
    @public
    def enter() -> str:
        return ""

    response = app.test_client().get("/planner?day=2")
    assert response.status_code == 303
    assert response.location == "/sign-in?next=%2Fplanner%3Fday%3D2"


def test_the_navigation_shows_what_the_role_may_use_and_what_exists(app: Flask, client: FlaskClient) -> None:
    assert 'href="/planner"' not in client.get("/").text
    sign_in(app, Role.PLANNER)
    page = client.get("/").text
    assert 'href="/planner"' in page
    assert 'href="/terminal"' not in page


def test_a_route_that_nobody_decided_about_is_found(app: Flask) -> None:
    assert list(undecided_routes(app)) == []
    app.add_url_rule("/open", "open", lambda: "oops")
    assert list(undecided_routes(app)) == ["/open (open)"]


def test_static_files_are_kept_for_a_year_under_their_digest_and_asked_for_otherwise(client: FlaskClient) -> None:
    address = client.get("/").text.partition('stylesheet" href="')[2].partition('"')[0]
    kept = client.get(address)
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    plain = client.get("/static/presentation/site.css", headers={"Accept-Encoding": "gzip"})
    assert plain.headers["Cache-Control"] == "public, no-cache"
    assert gzip.decompress(plain.data).startswith(b"/* Layout")
    assert (
        client.get(
            "/static/presentation/site.css", headers={"If-None-Match": client.get("/static/presentation/site.css").headers["ETag"]}
        ).status_code
        == 304
    )


def test_a_page_asks_for_one_style_and_one_script(client: FlaskClient) -> None:
    page = client.get("/").text
    assert page.count('<link rel="stylesheet"') == 1
    (script,) = re.findall('<script[^>]* src="([^"]+)"', page)
    sent = client.get(script).text
    assert "var htmx=" in sent
    assert "EventSource" in sent
    assert "import " not in sent


def test_a_contract_in_a_page_cannot_end_its_script_element(app: Flask) -> None:
    with app.test_request_context("/"):
        written = render_template_string("{{ it | contract_json }}", it=Message(id="x", params={"name": "</script><!-- 晚"}))
    assert "<" not in written
    assert Message.model_validate_json(written).params == {"name": "</script><!-- 晚"}


@pytest.mark.parametrize(
    "path",
    ["/static/presentation/nix.css", "/static/nix/site.css", "/static/presentation/~0123/site.css", "/static/presentation/../site.py"],
)
def test_static_files_that_do_not_exist_are_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_in_production_a_missing_sentence_is_logged_and_its_id_shown(caplog: pytest.LogCaptureFixture) -> None:
    app = Flask("live", static_folder=None)
    app.config.update(SECRET_KEY="test")
    init_site(app)
    with app.test_request_context("/"):
        assert render_template_string("{{ t('no.such') }} {{ t('layout.skip') }}") == "no.such Skip to content"
    assert "no.such" in caplog.text
