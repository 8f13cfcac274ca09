"""Demo customers come at the pace that is stated, only where a demo runs, and no letter to them leaves the house."""

import json
import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import islice
from pathlib import Path

import httpx
import pytest

from ledger.settings import Settings
from lotone import demo_customers
from lotone.demo_customer import Refused
from lotone.demo_customers import ORDERS_A_WEEK, WEEK_S, arrivals, come_and_order
from lotone.outgoing import post_of
from lotone.run import process_specs


def test_in_a_long_time_so_many_come_a_week_as_is_stated() -> None:
    came = list(islice(arrivals(random.Random(1)), 8_000))
    weeks = sum((gap for gap, _ in came), timedelta()) / timedelta(seconds=WEEK_S)
    for family, count in Counter(family for _, family in came).items():
        assert count / weeks == pytest.approx(ORDERS_A_WEEK[family], rel=0.1)


def test_each_comes_when_the_product_s_own_clock_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock goes on by an hour at each look; who comes leaves, and after the third nobody comes any more."""
    stop, looks, came = threading.Event(), [0], list[int]()
    start = datetime(2026, 11, 30, 8, tzinfo=UTC)

    def clock(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/v1/clock"
        looks[0] += 1
        now = start + timedelta(hours=looks[0])
        return httpx.Response(200, content=json.dumps({"mode": "rate", "rate": 100_000_000, "now": now.isoformat()}))

    class Somebody:
        def __init__(self, client: httpx.Client, person: object, seed: int, family: str) -> None:
            self.family = family

        def buy(self) -> Refused:
            came.append(looks[0])
            if len(came) == 3:
                stop.set()
            return Refused("row", self.family, "only looks")

    monkeypatch.setattr(demo_customers, "Customer", Somebody)
    with httpx.Client(transport=httpx.MockTransport(clock), base_url="http://house") as client:
        come_and_order(client, random.Random(5), stop)
    gaps = [gap for gap, _ in islice(arrivals(random.Random(5)), 1)]
    assert came[0] - 1 == -(-gaps[0] // timedelta(hours=1))
    assert came == sorted(came)


def names(settings: Settings, simulator: bool = True) -> set[str]:
    return {spec.name for spec in process_specs(settings, simulator)}


def test_customers_come_where_the_demo_plant_works_and_nowhere_else() -> None:
    assert "customers" in names(Settings())
    assert "customers" not in names(Settings(), simulator=False)
    assert "customers" not in names(Settings(demo_customers=False))
    assert "customers" not in names(Settings(production=True))


def test_a_letter_to_a_demo_customer_is_kept_though_a_mail_server_is_set(tmp_path: Path) -> None:
    post = post_of(Settings(home=tmp_path, smtp_url="smtp://127.0.0.1:1"))
    post("c1@customers.example", "letter-1", EmailMessage())
    assert [file.name for file in (tmp_path / "mail").iterdir()] == ["letter-1.eml"]
    with pytest.raises(OSError, match="refused"):
        post("somebody@example.org", "letter-2", EmailMessage())
