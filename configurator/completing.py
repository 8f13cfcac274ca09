"""Which product does the rest come to, at the least price or for the earliest date, when wishes are to be kept?"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from configurator.catalogue import PublishedFamily
from configurator.engine.decisions import Decisions
from configurator.engine.product import Product
from configurator.engine.wishes import Figures, Missed, Wished, Wishes, missed
from configurator.quoting import Quoting

Objective = Literal["cheapest", "earliest"]
NEVER = 2**40
"""In the place of days or seconds without a date."""


@dataclass(frozen=True)
class Completed:
    """``product`` keeps the wishes when one was found that does, else what can be kept of them, and is then the best for the objective.

    ``cheapest`` and ``earliest`` are what can be reached then: None when the wishes are kept. A day after its wish is the earliest that
    was found within a price that can be kept, so that the button for the earliest date brings it; otherwise each is for itself.
    """

    product: Product
    cheapest: Figures | None = None
    earliest: Figures | None = None

    def unreachable(self, wishes: Wishes) -> tuple[Wished, ...]:
        """The wishes that cannot be kept even alone: of the price that is proved, of the date it is what was found."""
        dear = self.cheapest is not None and missed(wishes, self.cheapest).over > 0
        late = self.earliest is not None and missed(wishes, self.earliest).days != 0
        return (*(("price",) if dear else ()), *(("date",) if late else ()))


@dataclass(frozen=True)
class Completing:
    """The questions of one press of the button."""

    quoting: Quoting
    published: PublishedFamily
    decisions: Decisions
    wishes: Wishes
    present: Product | None = None
    """The product as it stands, with what was filled in before: kept when nothing comes on an earlier day."""
    _known: dict[Hashable, Figures] = field(default_factory=dict, init=False)
    """One press asks of the same product again and again; all its answers are of one moment then."""

    def completed(self, objective: Objective) -> Completed:
        """The decisions completed for the objective, with what can be kept of the wishes kept first, the price before the date.

        The least price is proved, unless a wished date stands against it. Dates are asked of the products that are tried, so that an
        earlier one may exist, or one that keeps both wishes where none was found.
        """
        best = self.best(objective)
        if not self.wishes or not missed(self.wishes, self._figures([best])[0]):
            return Completed(best)
        other = self.best("earliest" if objective == "cheapest" else "cheapest")
        cheapest, earliest = (best, other) if objective == "cheapest" else (other, best)
        costs, comes = self._figures([cheapest, earliest])
        in_time = missed(self.wishes, comes).days == 0
        within = self._within("cheapest" if objective == "cheapest" and in_time else "earliest", cheapest, earliest)
        product = self._foremost(objective, [best, within], costs)
        has, soonest = self._figures([product, within])
        if not missed(self.wishes, has):
            return Completed(product)
        return Completed(product, costs, comes if in_time else soonest)

    def best(self, objective: Objective) -> Product:
        """The best for the objective alone."""
        compiled = self.published.compiled
        if objective == "cheapest":
            return compiled.cheapest(self.decisions)
        found = compiled.least(self.decisions, lambda products: [(_date(each), 0) for each in self._figures(products)])
        if self.present is None:
            return found
        stands, comes = self._figures([self.present, found])
        return self.present if stands.day is not None and (comes.day is None or stands.day <= comes.day) else found

    def _within(self, objective: Objective, cheapest: Product, earliest: Product) -> Product:
        """The best found within the wishes: the cheapest, made to come in time, or the earliest, made to cost less."""
        costs, comes = self._figures([cheapest, earliest])
        if objective == "cheapest" and missed(self.wishes, costs).days == 0:
            return cheapest
        if objective == "earliest" and missed(self.wishes, comes).over == 0:
            return earliest
        affordable = self._affordable(costs)

        def in_time(products: Sequence[Product]) -> list[tuple[int, ...]]:
            return [(each.over * affordable, _days(each), *_worth(figures, objective)) for figures, each in self._judged(products)]

        def at_less(products: Sequence[Product]) -> list[tuple[int, ...]]:
            return [(_days(each), each.over * affordable, *_worth(figures, objective)) for figures, each in self._judged(products)]

        descended = self.published.compiled.descended
        tried = [descended(self.decisions, earliest, at_less), descended(self.decisions, cheapest, in_time)]
        return self._foremost(objective, [cheapest, earliest, *tried], costs)

    def _foremost(self, objective: Objective, products: Sequence[Product], least: Figures) -> Product:
        """The one that keeps the price when any can, then the day, then is best for the objective, then is the cheapest."""
        affordable = self._affordable(least)
        worth = [(affordable and each.over > 0, each.days != 0, *_worth(figures, objective)) for figures, each in self._judged(products)]
        return products[min(range(len(products)), key=worth.__getitem__)]

    def _affordable(self, least: Figures) -> bool:
        """Whether the least price keeps the wish. A price that nothing can keep stands against nothing else."""
        return missed(self.wishes, least).over == 0

    def _judged(self, products: Sequence[Product]) -> list[tuple[Figures, Missed]]:
        return [(figures, missed(self.wishes, figures)) for figures in self._figures(products)]

    def _figures(self, products: Sequence[Product]) -> list[Figures]:
        new = list({each.key: each for each in products if each.key not in self._known}.values())
        self._known.update(zip((each.key for each in new), self.quoting.figures(self.published, new) if new else (), strict=True))
        return [self._known[each.key] for each in products]


def _worth(figures: Figures, objective: Objective) -> tuple[int, int]:
    """Lower is better; of equally early ones the cheaper, of equally cheap ones the earlier."""
    return (figures.total, _date(figures)) if objective == "cheapest" else (_date(figures), figures.total)


def _date(figures: Figures) -> int:
    return NEVER if figures.promised_at is None else int(figures.promised_at.timestamp())


def _days(each: Missed) -> int:
    return NEVER if each.days is None else each.days
