"""The commands that keep an installation: one JSON document and nothing else on standard output."""

import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner

from ledger.settings import load_settings
from lotone.cli import lotone
from lotone.doctor import examine


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOTONE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LOTONE_DATABASE_URL", raising=False)
    return tmp_path


def test_an_installation_is_made_saved_and_restored(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*arguments: str) -> object:
        result = CliRunner().invoke(lotone, [*arguments, "--json"])
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    file = home / "saved"
    assert told("migrate") == {"up_to_date": True}
    assert told("backup", str(file)) == {"file": str(file), "bytes": file.stat().st_size}
    assert told("verify") == {"balanced": True, "faults": []}
    assert told("rebuild") == {"orders": 0, "changed": []}
    monkeypatch.setenv("LOTONE_HOME", str(home / "other"))
    assert told("restore", str(file)) == {"file": str(file), "restored": True}


def test_a_database_without_tables_is_one_sentence(home: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "lotone", "users", "list", "--json"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "lotone migrate" in done.stderr
    assert "Traceback" not in done.stderr


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
