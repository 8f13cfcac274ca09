"""What the checkout shows and what comes back from its form."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import Field, ValidationError
from werkzeug.datastructures import MultiDict

from contracts.access import Principal
from contracts.model import Contract, Instant
from contracts.ports import Offer, WishedTerms
from contracts.problems import FieldProblem, InvalidInput
from contracts.product import Choice
from contracts.texts import Language, Localised, Message
from contracts.units import Country, Money
from presentation.api import invalid
from storefront.addresses import regions
from storefront.requests import Customer, PlaceOrder
from storefront.service import Service

CUSTOMER = ("name", "email", "street", "city", "region", "postcode", "country")
"""Fields of the form that are the customer's."""


class ShownDesign(Contract):
    """One line of the offer, as the buyer sees it."""

    design: str
    revision: int
    family: str
    title: Localised
    price: Money
    promised_at: Instant | None
    orderable: bool
    choices: tuple[Choice, ...] = ()
    wished: WishedTerms | None = None


class Elsewhere(Contract):
    """Designs show a date for ``home``; it goes to ``country``, at another date."""

    country: Country
    home: Country
    promised_at_home: Instant | None


class Shown(Contract):
    """The offer on the page; ``hold`` names the held order until ``held_until`` (real time, however fast the shop's clock runs)."""

    designs: tuple[ShownDesign, ...]
    goods: Money
    delivery: Money
    total: Money
    promised_at: Instant | None
    elsewhere: Elsewhere | None = None
    hold: str | None = None
    held_until: Instant | None = None

    @property
    def orderable(self) -> bool:
        return self.promised_at is not None and all(design.orderable for design in self.designs)

    def held(self, extra: Mapping[str, Any]) -> "Shown":
        """The same offer, held."""
        hold = extra["hold"]
        return self.model_copy(update={"hold": hold["order"], "held_until": datetime.fromisoformat(hold["expires_at"])})

    @classmethod
    def from_terms(cls, service: Service, principal: Principal, terms: Mapping[str, Any]) -> "Shown":
        """The new terms of a promise-moved problem."""
        designs = []
        for each in terms["designs"]:
            offer = service.offer(principal, each["design"])
            designs.append(ShownDesign.model_validate({**_known(offer), **each, "orderable": True}))
        total, delivery = Money.model_validate(terms["total"]), Money.model_validate(terms["delivery"])
        shown = cls(
            designs=tuple(designs),
            goods=total - delivery,
            delivery=delivery,
            total=total,
            promised_at=datetime.fromisoformat(terms["promised_at"]),
        )
        return shown.held(terms)


def shown_now(service: Service, principal: Principal, designs: list[str], country: str) -> Shown:
    """The designs as they are offered now. Raises NotFound, InvalidInput."""
    if not designs:
        raise InvalidInput(errors=(FieldProblem("/design", "field.missing"),))
    lines, at_home = [], []
    for design in designs:
        offer = service.offer(principal, design)
        promised_at = offer.promised_at and service.date_for(offer.promised_at, country)
        terms = {"design": offer.design, "revision": offer.revision, "price": offer.price.total, "promised_at": promised_at}
        lines.append(ShownDesign(**terms, **_known(offer)))
        at_home.append(offer.promised_at)
    shown, before = _sum(service, tuple(lines), country), _latest(at_home)
    if before == shown.promised_at:
        return shown
    return shown.model_copy(update={"elsewhere": Elsewhere(country=country, home=service.home(), promised_at_home=before)})


def held_or_now(service: Service, principal: Principal, designs: list[str], country: str) -> Shown:
    """As ``shown_now``; what the principal has on hold stands until it runs out, however often the page is read anew."""
    shown = shown_now(service, principal, designs, country)
    found = service.held_terms(principal, [(each.design, each.revision) for each in shown.designs])
    if found is None:
        return shown
    terms, customer = found
    return Shown.from_terms(service, principal, terms) if customer.country == country else shown.held(terms)


def _latest(dates: Sequence[Instant | None]) -> Instant | None:
    """None while one of them is missing."""
    known = [each for each in dates if each is not None]
    return max(known) if len(known) == len(dates) else None


def _known(offer: Offer) -> dict[str, Any]:
    """What a line takes from the offer, whichever price and date the buyer saw."""
    names = ("family", "title", "choices", "orderable", "wished")
    return {name: getattr(offer, name) for name in names}


def _sum(service: Service, lines: tuple[ShownDesign, ...], country: str) -> Shown:
    goods = lines[0].price
    for line in lines[1:]:
        goods = goods + line.price
    delivery = service.delivery(goods, country)
    promised_at = _latest([line.promised_at for line in lines])
    return Shown(designs=lines, goods=goods, delivery=delivery, total=goods + delivery, promised_at=promised_at)


class FormDesign(Contract):
    design: str
    revision: int
    price: Money
    promised_at: Instant


class CheckoutForm(Contract):
    """The submitted form, not yet believed."""

    designs: tuple[FormDesign, ...] = Field(min_length=1)
    offered_for: str
    """The country that price and date were shown for."""
    customer: dict[str, str]
    expected_total: int
    payment: str
    hold: str | None

    def wanted(self, language: Language) -> PlaceOrder:
        """The order. Raises InvalidInput that names each field."""
        try:
            customer = Customer.model_validate({**self.customer, "language": language})
        except ValidationError as fault:
            raise invalid(fault) from None
        if not regions(customer.country):
            customer = customer.model_copy(update={"region": ""})
        elif not customer.region:
            raise InvalidInput(errors=(FieldProblem("/customer/region", "storefront.field.needed"),))
        return PlaceOrder.model_validate(
            {
                "designs": [
                    {"design": each.design, "revision": each.revision, "expected": {"price": each.price, "promised_at": each.promised_at}}
                    for each in self.designs
                ],
                "customer": customer,
                "expected_total": Money(amount=self.expected_total, currency=self.designs[0].price.currency),
                "payment": self.payment,
                "hold": self.hold,
            }
        )

    @property
    def goes_elsewhere(self) -> bool:
        """Another country was chosen than the one whose price and date the buyer saw."""
        return self.customer["country"] != self.offered_for

    def shown_elsewhere(self, service: Service, principal: Principal) -> Shown:
        """The offer as it stands for the country that was chosen. Raises NotFound, InvalidInput."""
        return held_or_now(service, principal, [each.design for each in self.designs], self.customer["country"])

    def shown(self, service: Service, principal: Principal) -> Shown:
        """The offer as the buyer saw it when the form was sent."""
        lines = []
        for each in self.designs:
            offer = service.offer(principal, each.design)
            lines.append(ShownDesign(**each.model_dump(), **_known(offer)))
        goods = lines[0].price
        for line in lines[1:]:
            goods = goods + line.price
        total = Money(amount=self.expected_total, currency=goods.currency)
        promised_at = max(line.promised_at for line in self.designs)
        return Shown(designs=tuple(lines), goods=goods, delivery=total - goods, total=total, promised_at=promised_at, hold=self.hold)

    def errors(self, problem: InvalidInput) -> dict[str, Message]:
        """The sentence for each field of the form."""
        found: dict[str, Message] = {}
        for fault in problem.errors:
            name = fault.pointer.rpartition("/")[2]
            message = "storefront.field.email" if (name, fault.message) == ("email", "field.invalid") else fault.message
            if fault.message in ("field.empty", "field.too_short"):
                message = "storefront.field.needed"
            found.setdefault(name, Message(id=message, params=fault.params))
        return found


def read_form(form: MultiDict[str, str]) -> CheckoutForm:
    """Raises InvalidInput when the hidden fields were tampered with."""
    names = ("design", "revision", "price", "currency", "promised_at")
    rows = zip(*(form.getlist(name) for name in names), strict=False)
    try:
        return CheckoutForm.model_validate(
            {
                "designs": [
                    {"design": design, "revision": revision, "price": {"amount": price, "currency": currency}, "promised_at": promised_at}
                    for design, revision, price, currency, promised_at in rows
                ],
                "offered_for": form.get("offered_for") or form.get("country", "").strip(),
                "customer": {name: form.get(name, "").strip() for name in CUSTOMER},
                "expected_total": form.get("expected_total"),
                "payment": form.get("payment", ""),
                "hold": form.get("hold") or None,
            }
        )
    except ValidationError as fault:
        raise invalid(fault) from None
