"""`lotone mes conformance serve`: a connector finds the plant by what is printed, and the reports say how it did."""

import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ledger.log import logger
from lotone.cli import lotone
from lotone.network import free_port
from mes_bridge.conformance.connectors.sound import Connector


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOTONE_HOME", str(tmp_path / "home"))
    return tmp_path


def connect(port: int, key_file: Path, ended: threading.Event) -> None:
    """A stock connector, once the key is there."""
    while not (key_file.exists() and key_file.read_text()) and not ended.wait(0.05):
        pass
    if not ended.is_set():
        logger("ledger").warning("transaction.slow")
        Connector(f"http://127.0.0.1:{port}", key_file.read_text().strip(), rest_s=0.02).run(lambda: False)


def test_a_connector_plays_the_whole_script_and_is_reported(home: Path) -> None:
    port, ended = free_port(), threading.Event()
    connector = threading.Thread(target=connect, args=(port, home / "key", ended), daemon=True)
    connector.start()
    told: list[Any] = ["mes", "conformance", "serve", "--port", port, "--key-file", home / "key", "--patience", 10, "--json"]
    told += ["--report", home / "report.html", "--report", home / "report.xml"]
    done = CliRunner().invoke(lotone, [str(each) for each in told])
    ended.set()
    connector.join()
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["conforms"] is True
    assert "scene " in done.stderr
    assert "transaction.slow" not in done.stderr, "no line of the log between the scenes"
    assert re.search(rf"Address: http://127.0.0.1:{port}\nKey: lotone_", done.stderr)
    assert "</html>" in (home / "report.html").read_text()
    assert "<testsuite " in (home / "report.xml").read_text()
    assert not list((home / "home").glob("demo-*")), "the installation of the play is gone"


def test_a_report_of_another_form_is_wrong_use(home: Path) -> None:
    done = CliRunner().invoke(lotone, ["mes", "conformance", "serve", "--report", "report.txt"])
    assert done.exit_code == 2
    assert ".pdf" in done.stderr
