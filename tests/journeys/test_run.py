"""What does a person meet who types `make run`: a start, an end, a start on the next morning?"""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from contracts.access import SYSTEM
from ledger.database import engine_for, writing
from ledger.settings import load_settings
from ledger.tables import CLOCK
from lotone.demo_customer import Customer, Ordered
from lotone.fresh import BEGINS_AT
from lotone.migrate import migrate_database
from lotone.network import free_port
from lotone.people import BUNDLED, draw_people, read_people
from lotone.run import lotone_argv
from lotone.seed import seed_installation
from lotone.wiring import build_house

RATE = 60
NIGHT = timedelta(hours=10)
PATIENCE_S = 120


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation that is set up already, without the demo's orders: these would take a minute."""
    for name, value in {"HOME": str(tmp_path), "DATABASE_URL": "", "BROKER_URL": "", "CLOCK_RATE": str(RATE)}.items():
        monkeypatch.setenv(f"LOTONE_{name}", value)
    monkeypatch.setenv("LOTONE_PORT", str(free_port()))
    migrate_database(load_settings())
    house = build_house(load_settings())
    house.ledger.clock.begin("stepped", at=BEGINS_AT)
    seed_installation(house)
    house.ledger.close()
    return tmp_path


@contextmanager
def running(home: Path) -> Iterator[tuple[httpx.Client, list[str], set[int]]]:
    """`lotone run` until it has said that it runs: a client, what was said, its processes. Ended by TERM."""
    with subprocess.Popen(lotone_argv("run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line.strip())
            if "Ctrl-C" in line:
                break
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{os.environ['LOTONE_PORT']}", timeout=PATIENCE_S) as client:
                yield client, said, descendants(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def descendants(pid: int) -> set[int]:
    """The processes that a process started, and those that these started."""
    children = children_of(pid)
    return children.union(*(descendants(child) for child in children))


def children_of(pid: int) -> set[int]:
    children = set[int]()
    for task in Path(f"/proc/{pid}/task").glob("*"):
        # A thread may end between the two looks at it, and then it has no children left.
        with suppress(FileNotFoundError, ProcessLookupError):
            children |= {int(child) for child in (task / "children").read_text().split()}
    return children


def business_time(client: httpx.Client) -> datetime:
    return datetime.fromisoformat(client.get("/api/v1/clock").json()["now"])


def let_a_night_pass(home: Path) -> None:
    """As if the product had ended ten hours earlier."""
    engine = engine_for(f"sqlite:///{home / 'lotone.db'}")
    with writing(engine).begin() as connection:
        row = connection.execute(CLOCK.select()).one()
        connection.execute(update(CLOCK).values(real_anchor=row.real_anchor - NIGHT, heartbeat=row.heartbeat - NIGHT))
    engine.dispose()


def test_it_starts_says_where_everything_is_ends_whole_and_finds_its_data_again(home: Path) -> None:
    with running(home) as (client, said, processes):
        assert f"Business time runs {RATE} times as fast as real time (`lotone clock --rate N` changes it)." in said
        assert "planner              planner / demo-planner" in said
        for path in ("/", "/studio/bicycle", "/planner", "/terminal", "/api/v1/docs"):
            assert any(line.endswith(path) for line in said), path
            page = client.get(path, follow_redirects=True)
            assert page.status_code in {200, 401}, path
            assert f"time runs {RATE} times as fast" in page.text or path == "/api/v1/docs", path
        ordered = Customer(client, draw_people(read_people(BUNDLED), 1, seed=1)[0], seed=1).buy()
        assert isinstance(ordered, Ordered)
        evening = business_time(client)
    assert len(processes) >= 5
    assert not any(Path(f"/proc/{pid}").exists() for pid in processes)

    let_a_night_pass(home)

    with running(home) as (client, _, _):
        assert business_time(client) - evening < NIGHT, "business time stands still while the product is down"
        house = build_house(load_settings())
        order = house.storefront.order(SYSTEM, ordered.order)
        house.ledger.close()
    assert order.moves == ()


def test_a_taken_port_is_one_sentence(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(os.environ["LOTONE_PORT"])))
        taken.listen()
        done = subprocess.run(lotone_argv("run"), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == f"Port {os.environ['LOTONE_PORT']} is taken; set LOTONE_PORT to a free one and start again.\n"
