"""What a plant is: machines, shifts, people, setups, prices and stock, as one readable file says."""

import re
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from contracts.gauges import InspectionRules
from contracts.model import Contract, sha256_of
from contracts.texts import Localised
from contracts.units import Country, Currency, Unit
from scheduler.engine.article_names import names_of
from scheduler.engine.source import SourceFault, faults_of, invalid, read_source

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKEND: tuple[Weekday, ...] = ("sat", "sun")


def _minutes(text: object) -> object:
    match = re.fullmatch(r"([01]?\d|2[0-4]):([0-5]\d)", text) if isinstance(text, str) else None
    if match is None:
        return text
    minutes = int(match[1]) * 60 + int(match[2])
    if minutes > 1440:
        raise ValueError("a time of day is at most 24:00")
    return minutes


TimeOfDay = Annotated[int, BeforeValidator(_minutes), Field(ge=0, le=1440)]
"""Minutes after local midnight; written ``06:00``."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("not a named time zone (such as Europe/Amsterdam)") from error
    return name


class Hours(Contract):
    """Hours that come again each week, in plant time; ``end`` not after ``start`` means the next day."""

    days: tuple[Weekday, ...]
    start: TimeOfDay
    end: TimeOfDay


class ShiftChange(Hours):
    """Other hours of a shift for some time: an extra shift where it is not worked else, longer, shorter or later hours where it is."""

    shift: str
    first: date
    last: date

    def on(self, day: date) -> bool:
        return self.first <= day <= self.last and WEEKDAYS[day.weekday()] in self.days


class Holiday(Contract):
    day: date
    label: Localised


class Group(Contract):
    """Interchangeable machines and what a change of setup family costs on them."""

    label: Localised
    attended: bool = True
    """False: runs without a person."""
    setup_s: int = Field(default=0, ge=0)
    """Setup between two different families that ``setups`` does not name."""
    setups: dict[str, dict[str, int]] = {}
    """Seconds from family to family."""
    power_w: int = Field(default=0, ge=0)
    """Electric power of one running machine."""

    def lasting(self, factor: float) -> "Group":
        """The group with every setup so many times as long."""
        setups = {before: {after: round(seconds * factor) for after, seconds in each.items()} for before, each in self.setups.items()}
        return self.model_copy(update={"setup_s": round(self.setup_s * factor), "setups": setups})


class Partner(Contract):
    """A machine in another house: transport there and back, and its price an operation."""

    label: Localised
    before_s: int = Field(ge=0)
    after_s: int = Field(ge=0)
    price_minor: int = Field(ge=0)


class Machine(Contract):
    group: str
    shifts: tuple[str, ...] = ()
    """Shifts in which it is open; none means around the clock, holidays too."""
    speed_percent: int = Field(default=100, gt=0)
    partner: Partner | None = None


class Absence(Contract):
    """Days away, both included."""

    first: date
    last: date


class Person(Contract):
    """A staff member by number: the plant file carries no names."""

    shift: str
    groups: tuple[str, ...]
    """Machine groups the person is qualified for."""
    off: tuple[Weekday, ...] = ()
    absences: tuple[Absence, ...] = ()


class Maintenance(Contract):
    """Planned maintenance: on one ``day``, or each ``weekday`` of every ``every_weeks``-th ISO week."""

    machine: str
    day: date | None = None
    weekday: Weekday | None = None
    every_weeks: int = Field(default=1, ge=1)
    start: TimeOfDay
    end: TimeOfDay


class OvertimeHours(Hours):
    shift: str
    """Whose people stay (or come) for it."""


class Overtime(Contract):
    price_minor_per_h: int = Field(ge=0)
    """Extra price of one machine hour with its person."""
    hours: tuple[OvertimeHours, ...]


class TariffBand(Hours):
    price_minor_per_kwh: int = Field(ge=0)


class Tariff(Contract):
    """Energy price by hour: the first band that covers the hour, else the standard price."""

    price_minor_per_kwh: int = Field(default=0, ge=0)
    bands: tuple[TariffBand, ...] = ()


class DeliveryZone(Contract):
    """Countries that a parcel takes equally long to."""

    countries: tuple[Country, ...]
    days: int = Field(ge=0)
    """Working days from pick-up to the customer."""


class Shipping(Contract):
    """When the carrier comes, and how long it takes to each country."""

    pick_up: TimeOfDay
    pick_up_days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    home: Country
    """Where a date is for until an address is known."""
    zones: tuple[DeliveryZone, ...]
    elsewhere_days: int | None = Field(default=None, ge=0)
    """Working days to a country that no zone names; None: it is not delivered to."""
    holidays: dict[Country, tuple[date, ...]] = {}
    """Days on which nothing is delivered in a country, beside weekends and the plant's own holidays."""

    @cached_property
    def _days_to(self) -> dict[str, int]:
        return {country: zone.days for zone in self.zones for country in zone.countries}

    def serves(self, country: Country) -> bool:
        return self.elsewhere_days is not None or country in self._days_to

    def transit_days(self, country: Country) -> int:
        """Working days from pick-up. An order that was taken while its country was still served gets the longest time there is."""
        longest = max(self._days_to.values()) if self.elsewhere_days is None else self.elsewhere_days
        return self._days_to.get(country, longest)


class Lot(Contract):
    lot: str
    quantity: int = Field(gt=0)


class Receipt(Contract):
    """A delivery already ordered; ``in_days`` counts from the day the plant is taken into use."""

    receipt: str
    quantity: int = Field(gt=0)
    in_days: int = Field(ge=0)


class Item(Contract):
    """A bought item: its stock, what is on its way, and how long a new purchase takes."""

    unit: Unit
    lead_days: int = Field(ge=0)
    lots: tuple[Lot, ...] = ()
    receipts: tuple[Receipt, ...] = ()

    def numbered(self, number: int) -> "Item":
        """The item of one name among many: its lots and receipts carry the number."""
        lots = tuple(lot.model_copy(update={"lot": f"{lot.lot}-{number}"}) for lot in self.lots)
        receipts = tuple(each.model_copy(update={"receipt": f"{each.receipt}-{number}"}) for each in self.receipts)
        return self.model_copy(update={"lots": lots, "receipts": receipts})


def _each_by_name(entries: dict[str, Item]) -> dict[str, Item]:
    """Entries with braces written out. Raises ValueError for a name that stands there twice."""
    found: dict[str, Item] = {}
    for pattern, item in entries.items():
        names = names_of(pattern)
        for number, name in enumerate(names, 1):
            if name in found:
                raise ValueError(f"{name} twice")
            found[name] = item if names == [pattern] else item.numbered(number)
    return found


class Planning(Contract):
    """Horizons and prices by which plans are weighed."""

    horizon_days: int = Field(ge=1, le=400)
    release_horizon_h: int = Field(ge=0)
    frozen_horizon_h: int = Field(ge=0)
    replan_h: int = Field(default=16, ge=1)
    """At most one plan in so many hours is made because an order is at risk."""
    start_grace_s: int = Field(default=900, ge=0)
    """How long a frozen operation may be late to start before it is moved."""
    repair_threshold_s: int = Field(default=3600, ge=0)
    """Delay from which a repair looks at other machines."""
    setup_price_minor_per_h: int = Field(default=2000, ge=0)
    """Material and cleaning of an hour of setup."""
    waiting_price_minor: int = Field(default=200, ge=0)
    """Price of one order finishing one day later, its promise kept."""
    load_percent: int = Field(default=90, gt=0, le=100)
    """Share of a day's capacity that the day plan fills."""
    service_level_percent: int = Field(default=90, gt=0, lt=100)
    """Share of promises that are to hold."""
    first_margin_h: int = Field(default=0, ge=0)
    """Open hours between planned finish and promised one, with which learning begins."""
    margin_percent: int = Field(default=0, ge=0, le=100)
    """Share of the open time until the planned finish that is added to them: what breakdowns and rework take of a full plant."""


class Learning(Contract):
    """How learned times come into use."""

    days: int = Field(default=180, ge=1, le=3650)
    """Reports of so many days count."""
    accept_sample: int | None = Field(default=None, ge=1)
    """Accepted without a click from so many reports on; None: a planner decides on each."""
    accept_percent: int = Field(default=10, ge=0, le=100)
    """... when the time changes by no more than this."""


class Plant(Contract):
    """A plant as its file describes it. Made by ``parse_plant``, which checks that every name exists."""

    plant: str
    label: Localised
    time_zone: Annotated[str, AfterValidator(_zone)]
    currency: Currency
    planning: Planning
    learning: Learning = Learning()
    shipping: Shipping
    shifts: dict[str, Hours]
    shift_changes: tuple[ShiftChange, ...] = ()
    """Of two for the same shift and day the later entry counts."""
    holidays: tuple[Holiday, ...] = ()
    groups: dict[str, Group]
    machines: dict[str, Machine]
    people: dict[str, Person] = {}
    maintenance: tuple[Maintenance, ...] = ()
    overtime: Overtime | None = None
    tariff: Tariff = Tariff()
    inspection: InspectionRules = InspectionRules()
    unlisted_item_lead_days: int = Field(default=14, ge=0)
    items: Annotated[dict[str, Item], AfterValidator(_each_by_name)] = {}
    """By name; an entry of the file may stand for many (``article_names``)."""

    @cached_property
    def sha256(self) -> str:
        """Identity of the content, whatever the layout of the file."""
        return sha256_of(self.model_dump(mode="json"))

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @cached_property
    def closed_days(self) -> frozenset[date]:
        return frozenset(holiday.day for holiday in self.holidays)

    def worked(self, shift: str, day: date) -> Hours:
        """A shift's hours as they are that day."""
        return next((change for change in reversed(self.shift_changes) if change.shift == shift and change.on(day)), self.shifts[shift])

    @cached_property
    def machines_of(self) -> dict[str, tuple[str, ...]]:
        """Own machines of each group, by name."""
        return {
            group: tuple(sorted(name for name, machine in self.machines.items() if machine.group == group and machine.partner is None))
            for group in self.groups
        }

    @cached_property
    def partners_of(self) -> dict[str, tuple[str, ...]]:
        """Partners' machines of each group, by name."""
        return {
            group: tuple(sorted(name for name, machine in self.machines.items() if machine.group == group and machine.partner is not None))
            for group in self.groups
        }

    @cached_property
    def people_of(self) -> dict[str, tuple[str, ...]]:
        """Qualified people of each group, the least versatile first, so that the versatile stay free."""
        return {
            group: tuple(
                name
                for name, person in sorted(self.people.items(), key=lambda entry: (len(entry[1].groups), entry[0]))
                if group in person.groups
            )
            for group in self.groups
        }

    def attended(self, machine: str) -> bool:
        """Whether a person of ours stands at the machine while it works."""
        entry = self.machines[machine]
        return entry.partner is None and self.groups[entry.group].attended

    def setup_s(self, group: str, before: str | None, after: str) -> int:
        """Seconds of setup on a machine of the group; ``before`` None: its state is not known."""
        if before == after:
            return 0
        entry = self.groups[group]
        if before is not None and before in entry.setups:
            return entry.setups[before].get(after, entry.setup_s)
        return entry.setup_s

    def run_s(self, machine: str, standard_s: int) -> int:
        """Seconds an operation of ``standard_s`` takes on this machine."""
        return -(-standard_s * 100 // self.machines[machine].speed_percent)

    def length_s(self, machine: str, run_s: int, run_on: tuple[tuple[str, int], ...]) -> int:
        """Seconds an operation takes on this machine, by what was learned of it there when something was."""
        for learned_on, learned_s in run_on:
            if learned_on == machine:
                return learned_s
        return self.run_s(machine, run_s)

    def before_s(self, machine: str) -> int:
        """Transport from our house to the machine."""
        partner = self.machines[machine].partner
        return partner.before_s if partner else 0

    def after_s(self, machine: str) -> int:
        """Transport from the machine back to our house."""
        partner = self.machines[machine].partner
        return partner.after_s if partner else 0


def parse_plant(text: str) -> Plant:
    """The plant of a YAML text. Raises SourceInvalid, whose ``extra['lines']`` name each fault with its line."""
    source = read_source(text)
    try:
        plant = Plant.model_validate(source.content)
    except ValidationError as error:
        raise invalid(source, faults_of(error)) from error
    faults = _unknown_names(plant)
    if faults:
        raise invalid(source, faults)
    return plant


def _unknown_names(plant: Plant) -> list[SourceFault]:
    faults: list[SourceFault] = []

    def known(kind: str, name: str, names: Mapping[str, object], *path: str | int) -> None:
        if name not in names:
            faults.append(SourceFault(path, f"scheduler.source.no-{kind}", {"name": name}))

    for name, machine in plant.machines.items():
        known("group", machine.group, plant.groups, "machines", name, "group")
        for index, shift in enumerate(machine.shifts):
            known("shift", shift, plant.shifts, "machines", name, "shifts", index)
    for name, person in plant.people.items():
        known("shift", person.shift, plant.shifts, "people", name, "shift")
        for index, group in enumerate(person.groups):
            known("group", group, plant.groups, "people", name, "groups", index)
        for index, absence in enumerate(person.absences):
            if absence.last < absence.first:
                faults.append(SourceFault(("people", name, "absences", index), "scheduler.source.backwards", {}))
    for index, entry in enumerate(plant.maintenance):
        known("machine", entry.machine, plant.machines, "maintenance", index, "machine")
        if (entry.day is None) == (entry.weekday is None):
            faults.append(SourceFault(("maintenance", index), "scheduler.source.day-or-weekday", {}))
    for index, change in enumerate(plant.shift_changes):
        known("shift", change.shift, plant.shifts, "shift_changes", index, "shift")
        if change.last < change.first:
            faults.append(SourceFault(("shift_changes", index), "scheduler.source.backwards", {}))
    for index, hours in enumerate(plant.overtime.hours if plant.overtime else ()):
        known("shift", hours.shift, plant.shifts, "overtime", "hours", index, "shift")
    faults += _shipping_faults(plant.shipping)
    for group in plant.groups:
        machines = plant.machines_of[group]
        if not machines:
            faults.append(SourceFault(("groups", group), "scheduler.source.group-without-machine", {"name": group}))
        elif plant.groups[group].attended and not plant.people_of[group]:
            faults.append(SourceFault(("groups", group), "scheduler.source.group-without-people", {"name": group}))
    return faults


def _shipping_faults(shipping: Shipping) -> list[SourceFault]:
    faults: list[SourceFault] = []
    if not shipping.pick_up_days:
        faults.append(SourceFault(("shipping", "pick_up_days"), "scheduler.source.empty", {}))
    if not shipping.serves(shipping.home):
        faults.append(SourceFault(("shipping", "home"), "scheduler.source.not-served", {"name": shipping.home}))
    named: set[str] = set()
    for index, zone in enumerate(shipping.zones):
        for place, country in enumerate(zone.countries):
            if country in named:
                faults.append(SourceFault(("shipping", "zones", index, "countries", place), "scheduler.source.twice", {"name": country}))
            named.add(country)
    return faults
