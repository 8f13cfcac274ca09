"""Small plants and orders, drawn from a seed, on which the scheduler's engine is tried."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from contracts.plan import OperationKey
from contracts.texts import Localised
from scheduler.engine.operations import Operation
from scheduler.engine.plant import WEEKDAYS, Plant, ShiftChange, parse_plant

SLOT_S = 300
"""All times of a drawn plant are whole slots, so that a search slot by slot is exact."""
LABEL = Localised(en="Step", zh="工序")
FAMILIES = ("red", "green", "blue")

DRAWN = """
plant: drawn
label: {{en: Drawn, zh: 随机}}
time_zone: Europe/Amsterdam
currency: EUR
planning: {{horizon_days: 20, release_horizon_h: 24, frozen_horizon_h: 2, load_percent: 100}}
shipping: {{pick_up: "16:00", home: NL, zones: [{{countries: [NL], days: 1}}, {{countries: [DE, SG], days: 3}}]}}
shifts:
  early: {{days: [mon, tue, wed, thu, fri], start: "06:00", end: "14:00"}}
  late: {{days: [mon, tue, wed, thu, fri, sat], start: "14:00", end: "22:00"}}
  night: {{days: [sat, sun, mon], start: "22:00", end: "05:00"}}
holidays: [{{day: {holiday}, label: {{en: Feast, zh: 节日}}}}]
groups:
  A: {{label: {{en: A, zh: A}}, setup_s: 600, setups: {{red: {{green: 1800}}, green: {{red: 300, blue: 2400}}}}}}
  B: {{label: {{en: B, zh: B}}, setup_s: {setup_b}}}
  O: {{label: {{en: O, zh: O}}, attended: false, setup_s: 300}}
machines:
  A-1: {{group: A, shifts: [early, late]}}
  A-2: {{group: A, shifts: [late, night], speed_percent: 50}}
  B-1: {{group: B, shifts: [early, late, night]}}
  O-1: {{group: O}}
  O-2: {{group: O, shifts: [early]}}
  O-9: {{group: O, shifts: [early], partner: {{label: {{en: P, zh: P}}, before_s: 3600, after_s: 7200, price_minor: 500}}}}
people:
  P1: {{shift: early, groups: [A, B]}}
  P2: {{shift: late, groups: [A]{off}}}
  P3: {{shift: night, groups: [B, A]}}
  P4: {{shift: late, groups: [B], absences: [{{first: {absent}, last: {absent}}}]}}
maintenance:
  - {{machine: A-1, weekday: tue, start: "08:00", end: "10:00"}}
  - {{machine: B-1, day: {service}, start: "21:00", end: "02:00"}}
overtime:
  price_minor_per_h: 6000
  hours: [{{days: [sat, sun], start: "08:00", end: "12:00", shift: early}}]
"""


def moment(text: str) -> int:
    """Epoch seconds of an ISO text without zone, taken as UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def drawn_plant(random: Random, week: str) -> Plant:
    """A plant whose exceptions fall into the ten days from ``week`` (an ISO date)."""
    first = datetime.fromisoformat(week).date().toordinal()

    def day() -> str:
        return datetime.fromordinal(first + random.randint(0, 9)).date().isoformat()

    plant = parse_plant(
        DRAWN.format(
            holiday=day(),
            absent=day(),
            service=day(),
            setup_b=random.choice((0, 300, 900)),
            off=random.choice(("", ", off: [wed]", ", off: [mon, thu]")),
        )
    )
    return plant.model_copy(update={"shift_changes": tuple(_drawn_change(random, day()) for _ in range(random.choice((0, 0, 1, 2))))})


def _drawn_change(random: Random, first: str) -> ShiftChange:
    """Other hours of a shift for some days."""
    begin = random.choice((240, 420, 720, 1320))
    return ShiftChange(
        shift=random.choice(("early", "late", "night")),
        days=tuple(random.sample(WEEKDAYS, 4)),
        start=begin,
        end=(begin + random.choice((180, 480, 720))) % 1440,
        first=date.fromisoformat(first),
        last=date.fromisoformat(first) + timedelta(days=6),
    )


def operation(piece: str, sequence: int, group: str, run_s: int, *after: int, family: str = "red", order: str | None = None) -> Operation:
    return Operation(
        key=OperationKey(piece=piece, sequence=sequence),
        order=order or piece,
        name=group,
        label=LABEL,
        machine_group=group,
        setup_family=family,
        run_s=run_s,
        after=tuple(OperationKey(piece=piece, sequence=number) for number in after),
    )


def drawn_piece(random: Random, piece: str) -> list[Operation]:
    """Two branches that join: A and B, then O, then B."""

    def run() -> int:
        return SLOT_S * random.randint(2, 18)

    steps = [
        operation(piece, 10, "A", run(), family=random.choice(FAMILIES)),
        operation(piece, 20, "B", run(), family=random.choice(FAMILIES)),
        operation(piece, 30, "O", run(), 10, 20, family=random.choice(FAMILIES)),
        operation(piece, 40, "B", run(), 30, family=random.choice(FAMILIES)),
    ]
    return [replace(step, weight=random.randint(1, 10)) for step in steps]
