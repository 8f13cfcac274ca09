"""How are wishes told in the studio's form, and what is wrong with them?"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask import request

from configurator.engine.wishes import is_over
from configurator.state import WishesState
from contracts.texts import Message
from contracts.units import Currency, Money

PRICE, DATE = "wished_price", "wished_date"
_PRICE = re.compile(r"([0-9]{1,9}|[0-9]{1,3}(,[0-9]{3}){1,2}(?=\.|$))([.,][0-9]{1,2})?")
"""In the currency's own unit, with its hundredths or without, its thousands apart or not."""
_APART = re.compile(r",(?=[0-9]{3})")


@dataclass(frozen=True)
class WishField:
    """A field for a wish; ``shown`` is what was typed, or the wish as it stands."""

    shown: str = ""
    error: Message | None = None


def wish_fields(wishes: WishesState | None) -> dict[str, WishField]:
    """The fields of the wishes as they stand."""
    if wishes is None:
        return {PRICE: WishField(), DATE: WishField()}
    price = "" if wishes.price is None else f"{Decimal(wishes.price.amount).scaleb(-2):f}".removesuffix(".00")
    return {PRICE: WishField(price), DATE: WishField("" if wishes.date is None else wishes.date.isoformat())}


def typed_wishes(today: date) -> dict[str, WishField]:
    """The fields as they stand in the form, with what is wrong in them; empty when the wishes are taken back."""
    if "none" in request.form:
        return wish_fields(None)
    price, day = (request.form.get(name, "").strip() for name in (PRICE, DATE))
    no_price = bool(price) and (_PRICE.fullmatch(price) is None or _minor(price) == 0)
    wished = _day(day)
    wrong_day = "wrong" if day and wished is None else "past" if is_over(wished, today) else None
    return {
        PRICE: WishField(price, Message(id="studio.wishes.price_wrong") if no_price else None),
        DATE: WishField(day, None if wrong_day is None else Message(id=f"studio.wishes.date_{wrong_day}")),
    }


def wishes_of(typed: Mapping[str, WishField], currency: Currency) -> tuple[Money | None, date | None]:
    """Typed wishes without a fault: the most it may cost, the latest day; an empty field wishes for nothing."""
    price = typed[PRICE].shown
    return Money(amount=_minor(price), currency=currency) if price else None, _day(typed[DATE].shown)


def _minor(price: str) -> int:
    return int(Decimal(_APART.sub("", price).replace(",", ".")).scaleb(2))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
