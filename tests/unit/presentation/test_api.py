"""JSON becomes a contract, a contract an answer, and views a description."""

from decimal import Decimal
from typing import Any, Literal

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from pydantic import Field

from contracts.access import Permission
from contracts.model import Contract, Instant
from contracts.problems import StaleFence
from presentation.api import answer, body, describe, query
from presentation.guard import public, requires
from presentation.openapi import undescribed_routes
from presentation.site import init_site


class Part(Contract):
    name: str = Field(min_length=1, max_length=5)
    width: int = Field(ge=1, le=100)


class Job(Contract):
    parts: tuple[Part, ...]
    due_at: Instant
    weight: Decimal = Decimal(1)


class Page(Contract):
    limit: int = Field(default=10, ge=1, le=50)
    state: Literal["open", "running", "done"] | None = None


@pytest.fixture
def app() -> Flask:
    app = Flask("try", static_folder=None)
    app.config.update(SECRET_KEY="test", TESTING=True)
    init_site(app, version="9.9.9")

    @app.post("/api/v1/jobs/<int:number>")
    @requires(Permission.VIEW_CATALOGUE)
    @describe("Make a job", body=Job, answers={201: Job}, problems=(StaleFence,), idempotent=True)
    def make(number: int) -> Response:
        return answer(body(Job), 201, {"Location": f"/api/v1/jobs/{number}"})

    @app.post("/api/v1/jobs")
    @public
    @describe("Look for jobs", body=Page, answers={200: Page})
    def look() -> Response:
        return answer(body(Page))

    @app.get("/api/v1/jobs")
    @public
    @describe("List jobs", query=Page, answers={200: list[Job]})
    def jobs() -> Response:
        return answer({"page": query(Page), "items": []})

    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_IDEMPOTENCY_KEY"] = "once"
    return client


def faults(client: FlaskClient, content: Any, address: str = "/api/v1/jobs/1") -> dict[str, str]:
    response = client.post(address, json=content)
    assert response.status_code == 422
    return {fault["pointer"]: fault["detail"] for fault in response.get_json()["errors"]}


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Must be one of open, running and done."), ("zh", "必须是以下之一：open、running和done。")]
)
def test_alternatives_are_listed_in_the_reader_s_language(client: FlaskClient, language: str, words: str) -> None:
    (fault,) = client.get(f"/api/v1/jobs?state=lost&lang={language}").get_json()["errors"]
    assert fault["detail"] == words


def test_a_contract_goes_in_and_comes_out(client: FlaskClient) -> None:
    content = {"parts": [{"name": "fork", "width": 7}], "due_at": "2026-11-24T09:00:00+01:00", "weight": "2.5"}
    response = client.post("/api/v1/jobs/1", json=content)
    assert response.status_code == 201
    assert response.headers["Location"] == "/api/v1/jobs/1"
    assert response.get_json() == {**content, "due_at": "2026-11-24T08:00:00Z"}


def test_a_view_that_takes_one_effect_a_key_requires_it(app: Flask) -> None:
    content = {"parts": [], "due_at": "2026-11-24T09:00:00+01:00", "weight": "2.5"}
    assert faults(app.test_client(), content) == {"/Idempotency-Key": "This is needed."}


def test_a_value_of_another_type_is_not_guessed_at(client: FlaskClient) -> None:
    content = {"parts": [{"name": "fork", "width": True}, {"name": "fork", "width": "7"}], "due_at": 1, "weight": "2.5"}
    assert set(faults(client, content)) == {"/parts/0/width", "/parts/1/width", "/due_at"}


def test_a_text_with_the_character_zero_is_named(client: FlaskClient) -> None:
    content = {"parts": [{"name": "a\0b", "width": 7}], "due_at": "2026-11-24T09:00:00+01:00", "weight": "2.5"}
    assert faults(client, content) == {"/parts/0/name": "May not contain the character U+0000."}


def test_each_wrong_field_is_named_with_what_is_allowed(client: FlaskClient) -> None:
    content = {"parts": [{"name": "", "width": 7}, {"name": "longer", "width": 0, "a/b~c": 1}, {"name": "x"}], "due_at": "2026-11-24"}
    assert faults(client, content) == {
        "/parts/0/name": "May not be empty.",
        "/parts/1/name": "May have at most 5 characters.",
        "/parts/1/width": "Must be at least 1.",
        "/parts/1/a~1b~0c": "There is no such field here.",
        "/parts/2/width": "This is needed.",
        "/due_at": "Must be a moment with its time zone, such as 2026-11-24T08:00:00Z.",
    }


@pytest.mark.parametrize("broken", [b"{", b"\xff", b"[" * 5000, b'{"parts": NaN}', b"null", b"[]", b""])
def test_broken_bodies_are_refused_with_a_sentence(client: FlaskClient, broken: bytes) -> None:
    response = client.post("/api/v1/jobs/1", data=broken, content_type="application/json")
    assert response.status_code == 422
    assert response.get_json()["errors"]


def test_a_body_that_is_too_large_is_refused(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 100
    response = app.test_client().post("/api/v1/jobs/1", data=b" " * 101, content_type="application/json")
    assert response.status_code == 413
    assert response.get_json()["type"] == "/problems/too-large"


def test_the_character_zero_in_an_address_is_named_as_the_description_says(client: FlaskClient) -> None:
    refused = client.get("/api/v1/jobs?limit=5&na%00me=a%00b")
    assert (refused.status_code, refused.get_json()["type"]) == (422, "/problems/invalid-input")
    assert [fault["pointer"] for fault in refused.get_json()["errors"]] == ["/na\ufffdme"]


def test_the_query_string_is_a_contract_too(client: FlaskClient) -> None:
    assert client.get("/api/v1/jobs?limit=5&lang=en").get_json()["page"] == {"limit": 5, "state": None}
    refused = client.get("/api/v1/jobs?limit=51&lang=zh").get_json()
    assert refused["errors"] == [{"pointer": "/limit", "detail": "不得大于 50。"}]


def test_a_language_that_is_not_spoken_is_refused_by_the_api_alone(client: FlaskClient) -> None:
    refused = client.get("/api/v1/jobs?lang=xx")
    assert refused.status_code == 422
    assert refused.get_json()["errors"] == [{"pointer": "/lang", "detail": "Must be one of en and zh."}]
    assert client.get("/api/v1/jobs?lang=zh-CN").status_code == 200
    assert client.get("/problems/too-large?lang=xx").status_code == 200


def test_the_description_says_what_each_view_takes_and_gives(client: FlaskClient) -> None:
    description = client.get("/api/v1/openapi.json").get_json()
    assert description["info"]["version"] == "9.9.9"
    make = description["paths"]["/api/v1/jobs/{number}"]["post"]
    assert make["requestBody"]["content"]["application/json"]["schema"]["$ref"].startswith("#/components/schemas/Job")
    assert make["x-permission"] == "view-catalogue"
    assert make["requestBody"]["required"] is True
    assert description["paths"]["/api/v1/jobs"]["post"]["requestBody"]["required"] is False, "what needs no field may be left out"
    assert client.post("/api/v1/jobs").get_json() == {"limit": 10, "state": None}
    assert {parameter["name"] for parameter in make["parameters"]} == {"number", "Idempotency-Key"}
    assert make["responses"]["409"]["description"] == "idempotency-in-flight, stale-fence"
    assert make["responses"]["422"]["description"] == "idempotency-mismatch, invalid-input"
    assert make["responses"]["429"] == {"$ref": "#/components/responses/too-many-requests"}
    assert make["security"] == [{"key": []}, {"session": []}, {}], "a visitor may do this"
    assert description["components"]["securitySchemes"]["session"]["name"] == "session"
    jobs = description["paths"]["/api/v1/jobs"]["get"]
    assert {parameter["name"]: parameter["required"] for parameter in jobs["parameters"]} == {"limit": False, "state": False}
    assert "security" not in jobs


def test_every_reference_of_the_description_leads_somewhere(client: FlaskClient) -> None:
    description = client.get("/api/v1/openapi.json").get_json()

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [each for value in part.values() for each in references(value)]
        return [each for value in part for each in references(value)] if isinstance(part, list) else []

    found = references(description)
    assert found
    components = {f"#/components/{kind}/{name}" for kind, named in description["components"].items() for name in named}
    assert set(found) <= components


def test_a_route_without_description_is_found(app: Flask) -> None:
    assert list(undescribed_routes(app)) == []
    app.add_url_rule("/api/v1/secret", "secret", lambda: "")
    assert list(undescribed_routes(app)) == ["/api/v1/secret (secret)"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_reference_page_shows_every_operation(client: FlaskClient, language: str) -> None:
    page = client.get(f"/api/v1/docs?lang={language}").text
    assert "/api/v1/jobs/{number}" in page
    assert 'id="schema-Job' in page
