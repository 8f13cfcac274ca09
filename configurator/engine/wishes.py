"""What does a customer wish of price and date, what does a design miss of it, and which choices would break it? A wish is no rule."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from contracts.model import Contract, Instant

Wished = Literal["price", "date"]


@dataclass(frozen=True)
class Wishes:
    """``most``: what it may cost, with tax, in minor units. ``latest``: the last day on which it may be delivered. None: no such wish."""

    most: int | None = None
    latest: date | None = None

    def __bool__(self) -> bool:
        return self != NO_WISHES


NO_WISHES = Wishes()


def is_over(latest: date | None, today: date) -> bool:
    """Whether a wished day is past already: nothing can be delivered then."""
    return latest is not None and latest < today


@dataclass(frozen=True)
class Figures:
    """What a product costs with tax, in minor units, and when it is promised: the moment and the day it is for the customer."""

    total: int
    promised_at: Instant | None
    day: date | None


@dataclass(frozen=True)
class Missed:
    """``over``: minor units above the wish, 0 when it is kept. ``days``: days after the wish, 0 when it is kept, None without any date."""

    over: int
    days: int | None

    def __bool__(self) -> bool:
        return self != Missed(0, 0)


class Mark(Contract):
    """A wish that choosing a value breaks; ``marks`` says what it promises."""

    wish: Wished
    always: bool


def missed(wishes: Wishes, figures: Figures) -> Missed:
    """By how much a product misses the wishes; nothing when it keeps them."""
    over = 0 if wishes.most is None else max(0, figures.total - wishes.most)
    if wishes.latest is None:
        return Missed(over, 0)
    return Missed(over, None if figures.day is None else max(0, (figures.day - wishes.latest).days))


def marks(wishes: Wishes, now: Figures, then: Figures, affordable: bool, known: Iterable[Figures]) -> tuple[Mark, ...]:
    """The marks of a value that the customer may choose. Each wish is judged for itself.

    ``now`` is the design as it stands, ``then`` its reference product after choosing the value. ``affordable``: some buildable product with
    the value and the customer's other decisions costs at most the wish. ``known``: further products with the value whose dates were asked.

    A price mark that is ``always`` promises that no product with the value keeps the price, whatever else is chosen: it is proved. A date
    mark that is ``always`` promises that neither ``then`` nor any of the ``known`` comes in time; dates are asked, not proved, so that one
    that nobody tried may. A mark that is not ``always`` promises that ``now`` keeps the wish and ``then`` does not, and that a product
    with the value does. No mark: ``then`` keeps the wish, or ``now`` breaks it too and a product with the value keeps it.
    """
    found = []
    if missed(wishes, then).over and (not affordable or not missed(wishes, now).over):
        found.append(Mark(wish="price", always=not affordable))
    if missed(wishes, then).days != 0:
        in_time = any(missed(wishes, each).days == 0 for each in known)
        if not in_time or missed(wishes, now).days == 0:
            found.append(Mark(wish="date", always=not in_time))
    return tuple(found)
