"""A request with a key: one effect, one answer, and as few commits as that takes."""

import hashlib
from collections.abc import Iterator

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import select

from contracts.access import SYSTEM
from contracts.problems import StaleFence
from ledger.settings import Settings
from ledger.tables import ANSWER
from ledger.unit_of_work import Ledger
from ledger.vault import Vault
from lotone.idempotent import init_idempotency
from lotone.migrate import migrate_database
from presentation.api import answer, describe
from presentation.guard import public
from presentation.site import init_site


@pytest.fixture
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    home = tmp_path_factory.mktemp("home")
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'lotone.db'}", secret_key="test" * 8, vault_key="11" * 32)
    migrate_database(settings)
    ledger = Ledger.open(settings)
    ledger.clock.begin("stepped")
    yield ledger
    ledger.close()


@pytest.fixture
def commits(ledger: Ledger) -> list[int]:
    """One entry a commit."""
    seen: list[int] = []
    ledger.doorbell.close()
    ledger.doorbell.listen(lambda: seen.append(1))
    return seen


@pytest.fixture
def client(ledger: Ledger, commits: list[int]) -> FlaskClient:
    app = Flask("test", static_folder=None)
    app.testing = True
    init_site(app)
    init_idempotency(app, ledger)

    @app.post("/api/v1/told")
    @describe("One transaction", answers={200: "application/json"}, idempotent=True, one_commit=True)
    @public
    def told() -> Response:
        with ledger.transaction(SYSTEM) as transaction:
            transaction.outcome({"effect": transaction.enqueue("test", "k")}, 202)
            found = transaction._outcome
        assert found is not None
        return answer(found, 202)

    @app.post("/api/v1/refused")
    @describe("Refuses", answers={200: "application/json"}, idempotent=True, one_commit=True)
    @public
    def refused() -> Response:
        with ledger.transaction(SYSTEM) as transaction:
            transaction.enqueue("test", "never")
            raise StaleFence

    @app.post("/api/v1/steps")
    @describe("Several transactions", answers={200: "application/json"}, idempotent=True)
    @public
    def steps() -> Response:
        for step in ("one", "two"):
            with ledger.transaction(SYSTEM) as transaction:
                job = transaction.enqueue("test", step)
        return answer({"effect": job})

    return app.test_client()


def asked(client: FlaskClient, path: str, body: object = None) -> tuple[int, object, bool]:
    found = client.post(path, json=body or {}, headers={"Idempotency-Key": "k1"})
    return found.status_code, found.json, "Idempotent-Replayed" in found.headers


def test_a_view_of_one_commit_stores_key_effect_and_answer_in_it(client: FlaskClient, commits: list[int]) -> None:
    status, content, _ = asked(client, "/api/v1/told")
    assert status == 202
    assert len(commits) == 1
    assert asked(client, "/api/v1/told") == (202, content, True)
    assert asked(client, "/api/v1/told", {"other": 1})[0] == 422
    assert len(commits) == 1


def test_its_refusal_is_the_keys_answer_as_well(client: FlaskClient) -> None:
    status, content, _ = asked(client, "/api/v1/refused")
    assert status == 409
    assert asked(client, "/api/v1/refused") == (409, content, True)


def test_a_view_of_several_transactions_claims_its_key_before(client: FlaskClient, commits: list[int]) -> None:
    status, content, _ = asked(client, "/api/v1/steps")
    assert (status, len(commits)) == (200, 4)
    assert asked(client, "/api/v1/steps") == (200, content, True)


def test_what_is_kept_of_a_body_cannot_be_tried_out_without_the_installation_s_key(client: FlaskClient, ledger: Ledger) -> None:
    body = b'{"email": "ada@example.org"}'
    client.post("/api/v1/told", data=body, content_type="application/json", headers={"Idempotency-Key": "k"})
    with ledger.reading() as session:
        kept = session.connection().execute(select(ANSWER.c.body_mark)).scalar_one()
    asked = b"/api/v1/told?\0" + body
    guesses = {hashlib.new(name, text).hexdigest() for name in ("sha256", "sha512", "md5") for text in (body, asked)}
    assert kept not in guesses
    assert kept == ledger.vault.mark(asked)
    assert kept != Vault("22" * 32).mark(asked)
