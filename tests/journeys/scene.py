"""What do the pictures show? A plant in the middle of its week that stands still: its people, designs, orders and operations."""

import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
from playwright.sync_api import StorageState

from contracts.access import Principal, Role
from ledger.staff import StaffAccounts
from lotone.demo import Played
from lotone.demo_count import settled_of
from lotone.demo_customer import Customer, Ordered
from lotone.demo_wishes import WISHES
from lotone.people import BUNDLED, draw_people, read_people
from mes_bridge.simulator.client import Client
from mes_bridge.simulator.habits import Habits
from mes_bridge.simulator.plant import Plant
from mes_bridge.views import QueueItem
from tests.families import text_of
from tests.journeys import one_bicycle as steps
from tests.journeys.one_bicycle import Shop
from tests.learned_times import propose_times

API = "/api/v1"
BEFORE = 6
"""Orders of others that were made and shipped before the pictures are taken."""
WAITING = 12
"""Orders of others that fill the plant's books."""
SEED = 3
MADE_WITHIN_S = 600
A_LITTLE = timedelta(minutes=20)
STAFF = ("planner", "operator", "quality", "engineer", "administrator")
CUSTOMER = {
    "name": "Ada Rider",
    "email": "ada@example.org",
    "street": "Kade 1",
    "postcode": "7411 AA",
    "city": "Deventer",
    "country": "NL",
    "language": "en",
}
Wish = dict[str, Any]
WISHED: Mapping[str, tuple[Wish, ...]] = {
    "bicycle": (
        {"set": "inseam", "value": 860, "unit": "mm"},
        {"set": "body_reach", "value": 1300, "unit": "mm"},
        {"select": "colour.coral"},
        {"select": "tread.slick"},
    ),
    "shirt": (
        *(
            {"set": name, "value": value, "unit": "mm"}
            for name, value in {
                "neck": 390,
                "chest": 1000,
                "waist": 880,
                "hip": 1000,
                "sleeve": 870,
                "back_length": 450,
                "biceps": 330,
                "wrist": 175,
            }.items()
        ),
        {"select": "fabric.oxford_blue"},
        {"select": "collar.cutaway"},
    ),
    "cabinet": (
        {"set": "wall_width", "value": 2400, "unit": "mm"},
        {"set": "room_height", "value": 2500, "unit": "mm"},
        {"select": "bays.b2"},
        {"select": "shelves.s2"},
    ),
}


@dataclass
class Scene:
    """Everything that a picture's address is made of; names are the scene's own."""

    address: str
    people: dict[str, StorageState] = field(default_factory=dict)
    """Signed-in sessions: ``customer`` and the staff's roles."""
    designs: dict[str, str] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)
    pieces: dict[str, str] = field(default_factory=dict)
    """The first piece of the order of that name."""
    passports: dict[str, str] = field(default_factory=dict)
    """Where that of each family's shipped piece is."""
    operations: dict[str, str] = field(default_factory=dict)
    """Addresses at the terminal."""
    proposal: str = ""
    """A version of a family that has a fault."""


def set_the_scene(shop: Shop) -> Scene:
    """Orders of every state: shipped, planned, in production, held with a moved promise, cancelled; then nothing moves any more."""
    scene = Scene(shop.address)
    with httpx.Client(base_url=shop.address, timeout=120) as visitor, httpx.Client(base_url=shop.address, timeout=120) as others:
        _send(visitor, "/basket/remove", {"design": "design_none"})
        stage = _Stage(shop, scene, visitor)
        played = Played(ordered=_others_buy(others, BEFORE, SEED))
        for family in WISHED:
            played.ordered.append(stage.order(f"{family}-shipped", family))
        with _simulated_plant(shop):
            _wait_until_made(shop, played)
        shop.wait_until_quiet()
        for family in WISHED:
            (piece,) = shop.house.mes_bridge.pieces(scene.orders[f"{family}-shipped"])
            scene.passports[family] = shop.house.mes_bridge.traces.passport_address(piece) or "none"
        stage.order("moved", "bicycle")
        stage.make_until("moved", {steps.INSPECTION})
        _others_buy(others, WAITING, SEED + 1)
        for family in WISHED:
            stage.order(f"{family}-made", family)
        stage.order("two-pieces", "shirt", "cabinet")
        stage.order("cancelled", "cabinet")
        stage.answered(visitor.post(f"{API}/orders/{scene.orders['cancelled']}/cancel"))
        stage.fail_inspection("moved")
        for family in WISHED:
            stage.start_first(f"{family}-made")
        stage.order("planned", "bicycle")
        for family in WISHED:
            scene.designs[family] = stage.design(family)["design"]
            _send(visitor, "/basket", {"design": scene.designs[family]})
        other = stage.design("bicycle", {"select": "colour.racing_green"}, {"select": "style.gravel"})
        scene.designs["other-bicycle"] = other["design"]
        scene.designs["city-bicycle"] = stage.design("bicycle", {"select": "style.city"})["design"]
        propose_times(shop.house)
        shop.wait_until_quiet()
        scene.people["customer"] = _session_of(visitor)
    for name in STAFF:
        with httpx.Client(base_url=shop.address, timeout=120) as client:
            _send(client, "/sign-in", {"name": name, "password": f"demo-{name}"})
            scene.people[name] = _session_of(client)
            if name == "engineer":
                scene.proposal = _proposed(client)
            if name == "planner":
                _change_by_hand(client)
    return scene


def _change_by_hand(planner: httpx.Client) -> None:
    """One operation is moved by a day or to the first place after that, another one is locked."""
    plan = planner.get(f"{API}/plans/current").json()
    free = [each for each in plan["operations"] if each["state"] == "planned" and each["setup_start_at"] > plan["frozen_until"]]
    moved, locked = free[len(free) // 2], free[len(free) // 2 + 1]
    day_later = datetime.fromisoformat(moved["start_at"]) + timedelta(days=1)
    wish = {"operation": moved["key"], "machine": moved["machine"], "start": day_later.isoformat(), "reason": "The customer asked for it"}
    shown = planner.post(f"{API}/plans/current/moves", json={**wish, "preview": True}).json()
    planner.post(f"{API}/plans/current/moves", json={**wish, "start": shown["start_at"]}).raise_for_status()
    planner.post(f"{API}/plans/current/locks", json={"operation": locked["key"], "locked": True, "reason": "measured on this machine"})


def _proposed(engineer: httpx.Client) -> str:
    """A bicycle with a rule that names nothing, examined."""
    text = text_of("bicycle").replace("require: inseam >= 690", "require: inseem >= 690")
    answer = engineer.post(f"{API}/family-proposals", json={"text": text})
    answer.raise_for_status()
    proposal: str = answer.json()["proposal"]
    until = time.monotonic() + MADE_WITHIN_S
    while engineer.get(f"{API}/family-proposals/{proposal}").json()["state"] in ("queued", "running"):
        if time.monotonic() > until:
            raise TimeoutError("the proposal is not examined")
        time.sleep(0.5)
    return proposal


@dataclass
class _Stage:
    """One customer's deeds over the API and one operator's at the stations."""

    shop: Shop
    scene: Scene
    visitor: httpx.Client

    def design(self, family: str, *more: Wish) -> dict[str, Any]:
        """A design of the customer's measures and wishes."""
        begun = self.answered(self.visitor.post(f"{API}/designs", json={"family": family}))
        wishes = {"decisions": [*WISHED[family], *more]}
        matched = {"If-Match": str(begun["revision"])}
        return self.answered(self.visitor.patch(f"{API}/designs/{begun['design']}", json=wishes, headers=matched))

    def order(self, name: str, *families: str) -> Ordered:
        """An order of one piece a family, planned."""
        designs = [self.design(family) for family in families]
        wanted = [
            {
                "design": each["design"],
                "revision": each["revision"],
                "expected": {"price": each["price"]["total"], "promised_at": each["promised_at"]},
            }
            for each in designs
        ]
        body = {"designs": wanted, "customer": CUSTOMER}
        placed = self.answered(self.visitor.post(f"{API}/orders", json=body, headers={"Idempotency-Key": f"scene-{name}"}))
        order = str(placed["order"])
        self.shop.wait_until_quiet()
        self.scene.orders[name] = order
        self._look_for_piece(name)
        return Ordered(order, families[0], designs[0]["price"]["total"], designs[0]["promised_at"])

    def make_until(self, name: str, last: set[int]) -> None:
        """Everything of the piece in time and in tolerance, until one of ``last`` may be started."""
        clock = self.shop.house.ledger.clock
        while not self._look_for_piece(name):
            self.shop.let_time_pass(clock.now() + timedelta(hours=1))
        piece = self.scene.pieces[name]
        while not last & (ready := self.shop.may_start(piece)):
            if ready:
                self._make(self._item(piece, min(ready)))
            else:
                self.shop.let_time_pass(clock.now() + timedelta(hours=1))

    def _look_for_piece(self, name: str) -> bool:
        """Whether the order's piece is known on the shop floor: it is from the release of its first operation on."""
        for piece in self.shop.house.mes_bridge.pieces(self.scene.orders[name])[:1]:
            self.scene.pieces[name] = piece
        return name in self.scene.pieces

    def fail_inspection(self, name: str) -> None:
        """The saddle is found 9 mm too high shortly before the last pick-up that keeps the promise."""
        item = self._item(self.scene.pieces[name], steps.INSPECTION)
        self._start(item)
        self.shop.let_time_pass(steps.last_pick_up(self.shop, self.scene.orders[name]) - A_LITTLE)
        gate = self.shop.house.mes_bridge.work_order(item.work_order).checkpoints[0].characteristic
        self._measure(item, gate.checkpoint, gate.upper + 9_000, gate.unit)
        self.scene.operations["held"] = _at_the_terminal(item)

    def start_first(self, name: str) -> None:
        """The first operation of the piece is under way; the others of the piece can be looked at."""
        piece = self.scene.pieces[name]
        item = self._item(piece, min(self.shop.may_start(piece)))
        self._start(item)
        self.scene.operations[name] = _at_the_terminal(item)

    def _make(self, item: QueueItem) -> None:
        self._start(item)
        self.shop.let_time_pass(item.planned_end_at)
        for checkpoint in self.shop.house.mes_bridge.work_order(item.work_order).checkpoints:
            of = checkpoint.characteristic
            self._measure(item, of.checkpoint, of.nominal, of.unit)
        self.shop.house.mes_bridge.complete(item.work_order, self._operator())
        self.shop.wait_until_quiet()

    def _start(self, item: QueueItem) -> None:
        self.shop.let_time_pass(max(item.planned_start_at, self.shop.house.ledger.clock.now()))
        self.shop.house.mes_bridge.start(item.work_order, self._operator())
        self.shop.wait_until_quiet()

    def _measure(self, item: QueueItem, checkpoint: str, value: int, unit: str) -> None:
        self.shop.house.mes_bridge.measure(item.work_order, checkpoint, Decimal(value), unit, self._operator())
        self.shop.wait_until_quiet()

    def _item(self, piece: str, sequence: int) -> QueueItem:
        bridge = self.shop.house.mes_bridge
        queues = (bridge.queue(station.machine) for station in bridge.stations())
        return next(each for queue in queues for each in queue if each.key.piece == piece and each.key.sequence == sequence)

    def _operator(self) -> Principal:
        account = next(each for each in StaffAccounts(self.shop.house.ledger).list() if each.role is Role.OPERATOR)
        return Principal(id=account.id, role=account.role, name=account.name)

    @staticmethod
    def answered(answer: httpx.Response) -> dict[str, Any]:
        assert answer.is_success, f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:500]}"
        document: dict[str, Any] = answer.json()
        return document


def _send(client: httpx.Client, path: str, fields: dict[str, str]) -> None:
    """A form of a page. The first that a visitor sends makes them a guest, whose designs and orders are theirs."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    client.post(path, data={"csrf_token": token[1], **fields})


def _others_buy(client: httpx.Client, count: int, seed: int) -> list[Ordered]:
    """The families take turns."""
    people, families = draw_people(read_people(BUNDLED), count, seed), sorted(WISHES)
    bought = [Customer(client, person, number, families[number % len(families)]).buy() for number, person in enumerate(people)]
    return [each for each in bought if isinstance(each, Ordered)]


@contextmanager
def _simulated_plant(shop: Shop) -> Iterator[None]:
    """With all its mishaps; gone when the block ends."""
    stop = threading.Event()
    client = Client(shop.address, (shop.settings.home / "simulator.key").read_text(), stop)
    plant = threading.Thread(target=Plant(client, SEED, Habits(), stop).run)
    plant.start()
    try:
        yield
    finally:
        stop.set()
        plant.join()
        client.close()


def _wait_until_made(shop: Shop, played: Played) -> None:
    for _ in range(MADE_WITHIN_S):
        if settled_of(shop.house, played.ordered) == len(played.ordered):
            return
        threading.Event().wait(1)
    raise AssertionError("the plant does not make what was ordered")


def _session_of(visitor: httpx.Client) -> StorageState:
    host = visitor.base_url.host
    cookies = [
        {"name": each.name, "value": each.value or "", "domain": host, "path": "/", "expires": -1, "httpOnly": True, "secure": False}
        for each in visitor.cookies.jar
    ]
    return {"cookies": [{**each, "sameSite": "Lax"} for each in cookies], "origins": []}  # type: ignore[typeddict-item]


def _at_the_terminal(item: QueueItem) -> str:
    return f"/terminal/{item.machine}?work_order={item.work_order}"
