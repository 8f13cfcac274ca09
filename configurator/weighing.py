"""What would each open choice do to price and date, and which wishes would it break?"""

from collections.abc import Mapping, Sequence

from configurator.also_changed import also_changed
from configurator.catalogue import PublishedFamily
from configurator.completing import Completing
from configurator.designs import StoredDesign
from configurator.engine.decisions import Decision
from configurator.engine.product import Product
from configurator.engine.recent import Recent
from configurator.engine.wishes import Figures, Mark, marks, missed
from configurator.quoting import Quoting
from configurator.state import Difference
from contracts.model import Instant
from contracts.units import Money

REMEMBERED = 64
"""Early products that are kept for the marks; their dates are asked anew each time."""


class Weighing:
    """Safe for use by threads."""

    def __init__(self, quoting: Quoting) -> None:
        self._quoting = quoting
        self._early: Recent[Product] = Recent(REMEMBERED)

    def weighed(self, design: StoredDesign, published: PublishedFamily, choices: Sequence[Decision]) -> list[Difference]:
        """For each choice that can be had: the reference product after it minus the reference now, and its marks.

        All dates are asked in one question, and in one more when a wished date is missed.
        """
        compiled = published.compiled
        reference = compiled.state(design.decisions).reference
        products = compiled.with_decided(design.decisions, choices)
        dates = self._quoting.quotes(published, {"": reference, **{named(choice): product for choice, product in products.items()}})
        totals = [compiled.pricing.total(product) for product in (reference, *products.values())]
        now, *then = (self._quoting.told(total, quote.promised_at) for total, quote in zip(totals, dates, strict=True))
        figures = dict(zip(products, then, strict=True))
        marked = self._marked(design, published, products, now, figures) if design.wishes else {}
        return [
            Difference(
                name=named(choice),
                price=Money(amount=figures[choice].total - now.total, currency=published.family.currency),
                days=_days(now.promised_at, figures[choice].promised_at),
                promised_at=figures[choice].promised_at,
                also=also_changed(published.family, reference, product, {choice.name.partition(".")[0]}),
                chosen=product == reference,
                breaks=marked.get(choice, ()),
            )
            for choice, product in products.items()
        ]

    def _marked(
        self,
        design: StoredDesign,
        published: PublishedFamily,
        products: Mapping[Decision, Product],
        now: Figures,
        figures: Mapping[Decision, Figures],
    ) -> dict[Decision, tuple[Mark, ...]]:
        """The marks of each choice that has one; only what misses a wish is looked at more closely."""
        wishes, compiled = design.wishes, published.compiled
        dear = {choice: products[choice] for choice, each in figures.items() if missed(wishes, each).over}
        affordable = compiled.affordable(design.decisions, dear, wishes.most) if dear and wishes.most is not None else frozenset()
        late = [choice for choice, each in figures.items() if missed(wishes, each).days != 0]
        known: dict[Decision, Figures] = {}
        if late:
            early = self._early.get(
                (published.family.sha256, design.decisions),
                lambda: Completing(self._quoting, published, design.decisions, wishes).best("earliest"),
            )
            sooner = compiled.close_to(design.decisions, late, early)
            known = dict(zip(sooner, self._quoting.figures(published, list(sooner.values())), strict=True))
        found = {
            choice: marks(wishes, now, each, choice in affordable, [known[choice]] if choice in known else ())
            for choice, each in figures.items()
        }
        return {choice: each for choice, each in found.items() if each}


def named(choice: Decision) -> str:
    """How a difference names what it weighs: an option's value, or a dimension's number as ``name=number``."""
    return choice.name if choice.value is True else f"{choice.name}={choice.value}"


def _days(now: Instant | None, then: Instant | None) -> int | None:
    return None if now is None or then is None else round((then - now).total_seconds() / 86_400)
