"""What does a small installation hold, with a row in every table? Made by the product itself, of people that there are not."""

from datetime import timedelta
from decimal import Decimal

import httpx
from sqlalchemy import select

from contracts.access import SYSTEM, Principal, Role
from contracts.events import OrderPlanned, PromiseChanged
from contracts.plan import OperationState
from contracts.texts import Message
from contracts.work_order import MachineStateReport, MeasurementReport
from ledger import totp
from ledger.audit import seal_all
from ledger.dispatcher import Dispatcher, Subscription
from ledger.tables import EVENT
from ledger.unit_of_work import LedgerTransaction
from lotone.backlog import play_until, working
from lotone.demo_customer import Customer, Ordered
from lotone.outgoing import senders_of
from lotone.people import BUNDLED, read_people
from lotone.seed import demo_sign_ins
from lotone.web import create_app
from lotone.wiring import House
from mes_bridge.concessions import ProposeConcession
from mes_bridge.gauges import RecordCalibration
from mes_bridge.holds import ReleaseMachine
from mes_bridge.tables import MachineHoldRow
from scheduler.standing import parse_key
from scheduler.supposing import Asked, OvertimeSpan
from storefront import complaints
from tests.learned_times import propose_times

GUEST = Principal(id="person_guest", role=Role.ANONYMOUS)
MES = Principal(id="client_somewhere", role=Role.MACHINE_CLIENT)
MADE = 1
"""Orders that are shipped before two are left in the works and another one comes."""


def populate(house: House) -> None:
    """Orders shipped, at work, late and new; papers; a basket; a machine that is down; what could not be placed; work that waits."""
    transport = httpx.WSGITransport(app=create_app(house.settings, house))
    key = (house.settings.home / "simulator.key").read_text()
    with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client:
        orders = buy(client, MADE + 2)
        with working(house, senders_of(house)):
            play_until(house, transport, key, lambda: len(shipped(house)) >= MADE)
            fetch_papers(house, shipped(house)[0])
            complain(house, shipped(house)[0])
            tell_a_late_one(house, next(order for order in orders if order not in shipped(house)))
            ask_about_a_piece(house)
            calibrate_a_gauge(house)
            release_a_machine(house)
            tell_of_machines(house)
        buy(client, 1)
    house.storefront.put_in_basket(GUEST, house.configurator.create_design("bicycle", GUEST).design)
    planner = demo_sign_ins()[0]
    change_by_hand(house)
    learn_a_time(house)
    house.storefront.sign_in(planner.name, planner.password)
    keep_an_account_better(house)
    tell_by_webhook(house)
    leave_a_delivery_waiting(house)
    seal_all(house.ledger)


def keep_an_account_better(house: House) -> None:
    """An engineer's sign-in asks for a second factor."""
    engineer = next(each for each in demo_sign_ins() if each.role is Role.ENGINEER)
    principal, _ = house.storefront.sign_in(engineer.name, engineer.password, "Firefox, Linux")
    assert principal is not None
    factors = house.storefront.second_factors()
    factors.begin(principal)
    secret = factors.secret(principal)
    assert secret is not None
    factors.confirm(principal, totp.code_at(secret, int(house.ledger.clock.real_now().timestamp()) // totp.STEP_S))


def change_by_hand(house: House) -> None:
    """A planner holds what nobody has begun in its place, and asks what overtime would do."""
    planner = Principal(id="staff_planner", role=Role.PLANNER, name="planner")
    waiting = next(each for each in house.scheduler.board().operations if each.state is OperationState.PLANNED)
    house.scheduler.hold(parse_key(waiting.key), True, planner, "measured on this machine")
    today = house.ledger.clock.now().date()
    house.scheduler.scenarios.ask(
        "Welding longer", Asked([OvertimeSpan(group="WELD", first=today, last=today + timedelta(days=7))]), planner
    )


def learn_a_time(house: House) -> None:
    """What more reports than there are here would teach; a planner takes one of them over."""
    propose_times(house)
    house.scheduler.accept_time(house.scheduler.proposed_times()[0].time, Principal(id="staff_planner", role=Role.PLANNER, name="planner"))


def buy(client: httpx.Client, count: int) -> list[str]:
    """So many orders, each of another person."""
    found = (Customer(client, person, 1).buy() for person in read_people(BUNDLED))
    ordered = (each.order for each in found if isinstance(each, Ordered))
    return [next(ordered) for _ in range(count)]


def shipped(house: House) -> list[str]:
    with house.ledger.reading() as session:
        return list(session.connection().execute(select(EVENT.c.aggregate).where(EVENT.c.type == "order.shipped")).scalars())


def fetch_papers(house: House, order: str) -> None:
    for paper in (house.storefront.confirmation, house.mes_bridge.certificate_paper):
        while isinstance(paper(order, "en"), str):
            house.ledger.doorbell.wait(0.2)


def complain(house: House, order: str) -> None:
    shop, key = house.storefront.shop, house.storefront.order_key(order)
    piece = house.storefront.order(GUEST, order, key).pieces[0].piece
    opened = complaints.complain(shop, GUEST, order, key, piece, "finish", "The paint is thin below the saddle.")
    complaints.answer(shop, Principal(id="staff_service", role=Role.SERVICE), opened, "repair", "We paint it again.")


def ask_about_a_piece(house: House) -> None:
    """A value out of tolerance, and its customer asked whether the piece may be used as it is."""
    mes_bridge, anna, ben = house.mes_bridge, *(Principal(id=f"staff_{name}", role=Role.QUALITY, name=name) for name in ("anna", "ben"))
    ready = (item for station in mes_bridge.stations() for item in mes_bridge.queue(station.machine) if item.ready)
    gates = ((item.work_order, one.characteristic) for item in ready for one in mes_bridge.work_order(item.work_order).checkpoints)
    work_order, gate = next(gates)
    mes_bridge.measure(work_order, gate.checkpoint, Decimal(2 * gate.upper - gate.lower + 1), gate.unit, anna)
    wait_until_quiet(house)
    (raised, *_) = mes_bridge.nonconformances(open_only=True)
    wanted = ProposeConcession(reason="No load there.", meaning="You cannot feel it.", reduction_minor=500)
    proposed = mes_bridge.propose_concession(raised.nonconformance.nonconformance, wanted, anna)
    mes_bridge.approve_concession(proposed.concession, ben)
    wait_until_quiet(house)


def calibrate_a_gauge(house: House) -> None:
    today = house.ledger.clock.now().date()
    done = RecordCalibration(calibrated_on=today, calibrated_until=today + timedelta(days=365), certificate="K-1")
    house.mes_bridge.gauges.record("AD-01", done, Principal(id="staff_anna", role=Role.QUALITY, name="anna"))


def release_a_machine(house: House) -> None:
    """As an alarm of a control chart leaves it; the plant of the demo names none that holds."""
    machine = house.mes_bridge.stations()[0].machine
    with house.ledger.transaction(SYSTEM) as transaction:
        held = {"machine": machine, "checkpoint": "frame_centre", "measurement": "m0", "rules": ["ewma"], "held_at": transaction.now}
        transaction.session.add(MachineHoldRow(id="hold_1", plant=house.scheduler.plant, **held))
    quinn = Principal(id="staff_quinn", role=Role.QUALITY, name="quinn")
    house.mes_bridge.holds.release("hold_1", ReleaseMachine(cause="Dial adjusted"), quinn)


def wait_until_quiet(house: House) -> None:
    while not house.ledger.quiet():
        house.ledger.doorbell.wait(0.1)


def tell_a_late_one(house: House, order: str) -> None:
    promised_at = house.storefront.order(GUEST, order, house.storefront.order_key(order)).promised_at
    with house.ledger.transaction(SYSTEM) as transaction:
        late = {"old_promised_at": promised_at, "new_promised_at": promised_at + timedelta(days=3), "at": transaction.now}
        cause = Message(id="storefront.story.scrapped_rework")
        transaction.emit(PromiseChanged.model_validate({"order": order, "plant": house.scheduler.plant, "cause": cause, **late}))


def tell_of_machines(house: House) -> None:
    now = house.ledger.clock.now()
    machine = house.mes_bridge.stations()[0].machine
    house.mes_bridge.machine_state(MachineStateReport(machine=machine, state="down", at=now, reason="belt"), MES)
    unknown = {"measurement": "m1", "work_order": "none", "checkpoint": "none", "value": 1, "unit": "mm", "at": now, "source": "gauge"}
    house.mes_bridge.record(MeasurementReport.model_validate(unknown), MES)
    connections = house.mes_bridge.connections
    connections.try_out(SYSTEM, connections.all()[0].id)
    wait_until_quiet(house)


def tell_by_webhook(house: House) -> None:
    """A receiver that was given a new secret, and a message that waits for it."""
    connections = house.mes_bridge.connections
    client = connections.all()[0].id
    connections.webhooks.add(SYSTEM, client, "https://mes.example/lotone")
    connections.webhooks.rotate(SYSTEM, client)
    connections.try_webhook(SYSTEM, client)
    house.mes_bridge.names.map(SYSTEM, client, "unit", "Millimeter", "mm")


def leave_a_delivery_waiting(house: House) -> None:
    """An event whose subscriber failed once, as when its database was away."""

    def fail(transaction: LedgerTransaction, event: OrderPlanned) -> None:
        raise ConnectionError

    with house.ledger.transaction(SYSTEM) as transaction:
        at = transaction.now
        transaction.emit(OrderPlanned(order="order_none", plant=house.scheduler.plant, version=1, finish_at=at, expected_at=at))
    Dispatcher(house.ledger, [Subscription("storefront.order_planned", OrderPlanned, fail)]).run_once()
