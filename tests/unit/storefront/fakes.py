"""The rooms behind the storefront's ports, small and in memory."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, event

from contracts.access import Principal, Role
from contracts.model import Instant
from contracts.ports import CatalogueEntry, FrozenDesign, Offer, Outline, Shipment, Transaction, WishedTerms
from contracts.problems import NoPromise, NotFound, NotPermitted, StaleRevision
from contracts.product import (
    WHOLE,
    BomLine,
    CharacteristicSpec,
    Choice,
    DimensionValue,
    ManufacturingSpecification,
    OperationSpec,
    Price,
    PriceLine,
)
from contracts.promise import PieceDemand, Reservation
from contracts.quality import Concession, ConcessionState
from contracts.texts import Language, Localised, Message
from contracts.units import Country, Money
from ledger.unit_of_work import Ledger, LedgerTransaction, ledger_transaction
from storefront.requests import Customer, Expected, PlaceOrder, WantedDesign
from storefront.service import Service

GUEST = Principal(id="guest_1", role=Role.ANONYMOUS)
OTHER = Principal(id="guest_2", role=Role.ANONYMOUS)
PLANNER = Principal(id="staff_1", role=Role.PLANNER, name="paula")
BICYCLE = Localised(en="Bicycle", zh="自行车")
DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1700 1050" role="img" aria-label="Bicycle">'
    '<g fill="none" stroke="#1b2228" stroke-width="14"><circle cx="350" cy="690" r="335"/><circle cx="1350" cy="690" r="335"/>'
    '<path d="M350 690 L640 300 L1150 300 L760 740 Z M640 300 L760 740 M350 690 L760 740 M1130 210 L1350 690 M600 230 L640 300" '
    'stroke="#1a56a0" stroke-width="26"/></g></svg>'
)


def eur(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


def price(net: int) -> Price:
    tax = net * 19 // 100
    lines = (
        PriceLine(label=Localised(en="Frame", zh="车架"), amount=net // 2),
        PriceLine(label=Localised(en="Components", zh="部件"), amount=net - net // 2),
    )
    return Price(lines=lines, net=eur(net), tax_percent=19, tax=eur(tax), total=eur(net + tax))


def specification(net: int = 200_000, colour: str = "red") -> ManufacturingSpecification:
    names = (("CUT", "Cut and mitre the tubes", "切管与开弧"), ("WELD", "Weld the frame", "焊接车架"), ("INSP", "Final inspection", "终检"))
    return ManufacturingSpecification(
        family="bicycle",
        family_label=BICYCLE,
        family_version="1",
        family_sha256="0" * 64,
        choices=(
            Choice(
                option="colour", value=colour, option_label=Localised(en="Colour", zh="颜色"), value_label=Localised(en=colour, zh=colour)
            ),
            Choice(
                option="brake",
                value="disc",
                option_label=Localised(en="Brake", zh="刹车"),
                value_label=Localised(en="Hydraulic disc", zh="油压碟刹"),
                own=False,
            ),
            Choice(
                option="pedals",
                value="flat",
                option_label=Localised(en="Pedals", zh="脚踏"),
                value_label=Localised(en="Flat pedals", zh="平踏"),
                own=False,
                filled=True,
            ),
        ),
        dimensions=(DimensionValue(name="seat_tube", label=Localised(en="Seat tube", zh="立管"), value=560, unit="mm"),),
        materials=(BomLine(item="tube", label=Localised(en="Tube", zh="管材"), quantity=4, unit="m", operation=1),),
        routing=tuple(
            OperationSpec(
                sequence=number,
                name=group.lower(),
                label=Localised(en=en, zh=zh),
                machine_group=group,
                setup_family=colour,
                run_s=1800,
                after=(number - 1,) if number > 1 else (),
            )
            for number, (group, en, zh) in enumerate(names, start=1)
        ),
        quality=(
            CharacteristicSpec(
                checkpoint="seat_tube",
                operation=2,
                characteristic="length",
                label=Localised(en="Seat tube length", zh="立管长度"),
                nominal=560_000,
                lower=559_500,
                upper=560_500,
                unit="um",
                gauge="caliper",
                gauge_label=Localised(en="Caliper", zh="卡尺"),
                disposition="rework",
                restart=(2,),
            ),
        ),
        price=price(net),
        care=(Localised(en="Oil the chain.", zh="链条要上油。"),),
    )


class Studio:
    """Designs and specifications: a design is a list of specifications, one a revision."""

    def __init__(self, promised_at: Instant) -> None:
        self.promised_at = promised_at
        self.designs: dict[str, list[ManufacturingSpecification]] = {
            "design_1": [specification()],
            "design_2": [specification(100_000, "blue")],
        }
        self.owners: dict[str, str] = {}
        """Of the designs that belong to somebody; the others are anybody's."""
        self.wished: dict[str, WishedTerms] = {}
        self.frozen: dict[str, ManufacturingSpecification] = {}
        self.forgotten: list[str] = []

    def _design(self, design: str) -> list[ManufacturingSpecification]:
        if design not in self.designs:
            raise NotFound("design", design)
        return self.designs[design]

    def offer(self, design: str, principal: Principal) -> Offer:
        revisions = self._design(design)
        return Offer(
            design=design,
            revision=len(revisions),
            family="bicycle",
            family_label=BICYCLE,
            orderable=True,
            price=revisions[-1].price,
            promised_at=self.promised_at,
            title=Localised(en="Bicycle, 560 mm", zh="自行车，560 毫米"),
            choices=revisions[-1].choices,
            wished=self.wished.get(design),
        )

    def outline(self, design: str, principal: Principal) -> Outline:
        revisions = self._design(design)
        if self.owners.get(design, principal.id) != principal.id:
            raise NotPermitted
        return Outline(design=design, revision=len(revisions), specification=revisions[-1])

    def draft(self, design: str, revision: int, buyer: str, principal: Principal) -> str:
        if self.owners.get(design, principal.id) == principal.id:
            return design
        copy = f"{design}_for_{buyer}_{len(self.designs)}"
        self.designs[copy], self.owners[copy] = [self._design(design)[revision - 1]], principal.id
        return copy

    def prepare(self, design: str) -> None:
        """Nothing: there is nothing to draw."""

    def freeze(self, transaction: Transaction, design: str, revision: int, principal: Principal) -> FrozenDesign:
        revisions = self._design(design)
        if revision != len(revisions):
            raise StaleRevision(revision, len(revisions))
        made = revisions[-1]
        self.frozen[made.sha256()] = made
        return FrozenDesign(design=design, revision=revision, specification_sha256=made.sha256(), specification=made)

    def catalogue(self, language: Language) -> list[CatalogueEntry]:
        return [
            CatalogueEntry(
                family="bicycle",
                version="1",
                label=BICYCLE,
                description=Localised(en="Built to your own inseam and reach.", zh="按你的跨高与臂展制造。"),
                from_price=eur(189_900),
                drawing_svg=DRAWING,
                earliest_at=self.promised_at,
            )
        ]

    def forget_person(self, transaction: Transaction, person: str) -> None:
        self.forgotten.append(person)

    def specification(self, sha256: str) -> ManufacturingSpecification:
        if sha256 not in self.frozen:
            raise NotFound("specification", sha256)
        return self.frozen[sha256]

    def drawing_svg(self, sha256: str, language: Language, picture: str = WHOLE) -> str:
        self.specification(sha256)
        return DRAWING


class Plant:
    """Capacity for ``room`` pieces, booked when the transaction commits. The date of a reservation is ``promised_at``."""

    def __init__(self, promised_at: Instant, room: int = 100) -> None:
        self.promised_at = promised_at
        self.room = room
        self.unserved: set[Country] = set()
        self.booked: dict[str, int] = {}
        self.firm: dict[str, Instant] = {}
        self._open: WeakKeyDictionary[LedgerTransaction, tuple[dict[str, int], dict[str, Instant]]] = WeakKeyDictionary()

    def _books(self, transaction: Transaction) -> tuple[dict[str, int], dict[str, Instant]]:
        """The transaction's own view of what is booked and what is firm."""
        opened = ledger_transaction(transaction)
        if opened not in self._open:
            self._open[opened] = books = (dict(self.booked), dict(self.firm))

            @event.listens_for(opened.connection, "commit")
            def keep(_: Connection) -> None:
                self.booked, self.firm = books

        return self._open[opened]

    def home(self) -> Country:
        return "DE"

    def served(self, countries: Sequence[Country]) -> list[Country]:
        return [country for country in countries if country not in self.unserved]

    def date_for(self, promised_at: Instant, country: Country) -> Instant:
        """China takes two days more."""
        return promised_at + (timedelta(days=2) if country == "CN" else timedelta())

    def reserve(
        self,
        transaction: Transaction,
        order: str,
        pieces: Sequence[PieceDemand],
        expires_at: Instant | None,
        country: Country | None = None,
    ) -> Reservation:
        booked, _ = self._books(transaction)
        if order in booked:
            raise AssertionError(f"{order} is booked already")
        if sum(booked.values()) + len(pieces) > self.room:
            raise NoPromise(extra={"binding": Message(id="scheduler.binding.machine").model_dump()})
        booked[order] = len(pieces)
        finish_at = self.promised_at - timedelta(days=2)
        promised_at = self.date_for(self.promised_at, country or self.home())
        return Reservation(order=order, finish_at=finish_at, promised_at=promised_at, expires_at=expires_at)

    def send_to(self, transaction: Transaction, order: str, country: Country) -> Reservation:
        booked, _ = self._books(transaction)
        if order not in booked:
            raise AssertionError(f"{order} is not held")
        promised_at = self.date_for(self.promised_at, country)
        return Reservation(order=order, finish_at=self.promised_at - timedelta(days=2), promised_at=promised_at, expires_at=None)

    def confirm(self, transaction: Transaction, order: str, promised_at: Instant) -> None:
        booked, firm = self._books(transaction)
        if order not in booked:
            raise NoPromise(extra={"order": order})
        firm[order] = promised_at

    def shipment(self, transaction: Transaction, order: str, finished_at: Instant) -> Shipment:
        """The carrier comes every day at three and takes two days."""
        pick_up_at = datetime.combine(finished_at.date(), time(15), finished_at.tzinfo)
        pick_up_at += timedelta(days=1) if pick_up_at < finished_at else timedelta()
        return Shipment(pick_up_at=pick_up_at, delivered_by=pick_up_at + timedelta(days=2))

    def release(self, transaction: Transaction, order: str) -> None:
        booked, firm = self._books(transaction)
        booked.pop(order, None)
        firm.pop(order, None)


class Question:
    """What quality asks of customers: a concession is what it is set to, and answered once."""

    def __init__(self) -> None:
        self.asked: dict[str, Concession] = {}

    def answer_concession(self, transaction: Transaction, order: str, concession: str, accepted: bool) -> Concession:
        wanted = ConcessionState.ACCEPTED if accepted else ConcessionState.DECLINED
        if self.asked[concession].state is not wanted:
            opened = ledger_transaction(transaction)
            settled = {"state": wanted, "settled_by": opened.actor.id, "settled_at": opened.now}
            self.asked[concession] = self.asked[concession].model_copy(update=settled)
        return self.asked[concession]


class Shopfront:
    """A storefront on a ledger with the small rooms around it."""

    def __init__(self, ledger: Ledger, room: int = 100) -> None:
        self.ledger = ledger
        self.promised_at = datetime.fromisoformat("2026-12-11T22:59:59Z")
        self.studio = Studio(self.promised_at)
        self.plant = Plant(self.promised_at, room)
        self.question = Question()
        self.service = Service(
            ledger,
            self.studio,
            self.studio,
            self.plant,
            self.plant,
            self.question,
            secret="secret",
            plant="riverside",
            time_zone="Europe/Berlin",
        )

    def wanted(self, *designs: str, customer: Customer | None = None, **more: object) -> PlaceOrder:
        """An order at the terms that the studio shows."""
        offers = [self.studio.offer(design, GUEST) for design in designs or ("design_1",)]
        return PlaceOrder.model_validate(
            {
                "designs": [
                    WantedDesign(
                        design=offer.design,
                        revision=offer.revision,
                        expected=Expected(price=offer.price.total, promised_at=self.promised_at),
                    )
                    for offer in offers
                ],
                "customer": customer or rider(),
                **more,
            }
        )


def rider(**more: str) -> Customer:
    values = {
        "name": "Ada Rider",
        "email": "ada@example.org",
        "street": "Uferweg 1",
        "city": "Bremen",
        "postcode": "28195",
        "country": "DE",
        "language": "en",
    }
    return Customer.model_validate({**values, **more})
