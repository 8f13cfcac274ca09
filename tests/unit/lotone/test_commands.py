"""The commands that keep an installation: one JSON document and nothing else on standard output."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import update

from contracts.access import SYSTEM
from ledger import jobs
from ledger.settings import load_settings
from ledger.tables import JOB, OUTSIDE
from ledger.unit_of_work import Ledger
from lotone.cli import lotone
from lotone.doctor import examine

REAL = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOTONE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LOTONE_DATABASE_URL", raising=False)
    return tmp_path


def test_an_installation_is_made_saved_and_restored(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*arguments: str) -> Any:
        result = CliRunner().invoke(lotone, [*arguments, "--json"])
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    file = home / "saved"
    assert told("migrate") == {"up_to_date": True}
    assert told("backup", str(file)) == {"file": str(file), "bytes": file.stat().st_size}
    assert told("verify") == {"balanced": True, "faults": [], "parked": [], "failed_jobs": []}
    created = told("users", "create", "anna", "planner", "--password", "long enough 1")
    assert created == {"id": created["id"], "name": "anna", "role": "planner"}
    assert told("users", "disable", "anna") == {"name": "anna", "disabled": True}
    missing = CliRunner().invoke(lotone, ["users", "disable", "nobody"])
    assert missing.exit_code == 1
    assert "There is no account “nobody”" in missing.output
    assert told("rebuild") == {"orders": 0, "changed": []}
    monkeypatch.setenv("LOTONE_HOME", str(home / "other"))
    assert told("restore", str(file)) == {"file": str(file), "restored": True}


def test_a_database_without_tables_is_one_sentence(home: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "lotone", "users", "list", "--json"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "lotone migrate" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_account_is_refused_with_its_reason(home: Path) -> None:
    CliRunner().invoke(lotone, ["migrate"])
    assert CliRunner().invoke(lotone, ["users", "create", "anna", "consumer", "--password", "long enough 1"]).exit_code == 2
    done = subprocess.run(
        [sys.executable, "-m", "lotone", "users", "create", "anna", "planner", "--password", "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "The password needs at least 10 characters." in done.stderr


def test_a_key_that_is_none_is_one_sentence_that_does_not_repeat_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTONE_VAULT_KEY", "quite-secret")
    done = subprocess.run([sys.executable, "-m", "lotone", "users", "list"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "LOTONE_VAULT_KEY" in done.stderr
    assert "quite-secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_parked_work_and_failed_jobs_are_named_until_they_are_decided_about(home: Path) -> None:
    run = CliRunner().invoke
    run(lotone, ["migrate"])
    ledger = Ledger.open(load_settings())
    with ledger.transaction(SYSTEM) as transaction:
        connection = transaction.connection
        for key, minute in (("mended", 0), ("broken", 1)):
            job = jobs.enqueue(connection, "plan", key, {}, REAL + timedelta(minutes=minute))
            connection.execute(update(JOB).where(JOB.c.id == job).values(state="failed", error="no solver"))
        jobs.enqueue(connection, "plan", "mended", {}, REAL + timedelta(minutes=2))
        transaction.send("mail", "letter-1", {"order": "order_1"})
    with ledger.transaction(SYSTEM) as transaction:
        transaction.connection.execute(update(OUTSIDE).values(state="parked", attempts=8, error="no post office"))
    ledger.close()
    told = json.loads(run(lotone, ["verify", "--json"]).stdout)
    assert told["balanced"]
    assert [(one["subject"], one["error"]) for one in told["parked"]] == [("letter-1", "no post office")]
    assert [one["key"] for one in told["failed_jobs"]] == ["broken"]
    findings = {finding.name: finding for finding in examine(load_settings())}
    assert not findings["work"].ok
    assert "`lotone mes parked list`" in findings["work"].advice
    (parked,) = json.loads(run(lotone, ["mes", "parked", "list", "--json"]).stdout)
    assert run(lotone, ["mes", "parked", "replay", parked["id"]]).exit_code == 0
    assert json.loads(run(lotone, ["mes", "parked", "list", "--json"]).stdout) == []


class Answers(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests stay silent."""


@pytest.mark.parametrize(("body", "ok"), [(b'{"status": "alive"}', True), (b"<html>", False)])
def test_a_port_that_is_taken_by_lotone_itself_is_no_fault(monkeypatch: pytest.MonkeyPatch, body: bytes, ok: bool) -> None:
    with HTTPServer(("127.0.0.1", 0), type("Ours", (Answers,), {"body": body})) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("LOTONE_PORT", str(server.server_port))
        found = {finding.name: finding.ok for finding in examine(load_settings())}
        server.shutdown()
    assert found["port"] is ok


@pytest.mark.parametrize("url", ["mqtt://127.0.0.1:1", "amqp://127.0.0.1"])
def test_an_mqtt_broker_that_does_not_let_us_in_is_told(home: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert "mqtt" not in {finding.name for finding in examine(load_settings())}
    monkeypatch.setenv("LOTONE_MQTT_URL", url)
    (found,) = [finding for finding in examine(load_settings()) if finding.name == "mqtt"]
    assert not found.ok
    assert "check LOTONE_MQTT_URL" in found.advice


def test_nothing_is_restored_under_a_running_product(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CliRunner().invoke(lotone, ["migrate"])
    CliRunner().invoke(lotone, ["backup", str(home / "saved")])
    alive = type("Alive", (Answers,), {"body": b'{"status": "alive"}'})
    with HTTPServer(("127.0.0.1", 0), alive) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("LOTONE_PORT", str(server.server_port))
        refused = CliRunner().invoke(lotone, ["restore", str(home / "saved")])
        server.shutdown()
    assert refused.exit_code == 1
    assert "LotOne is running" in refused.stderr
