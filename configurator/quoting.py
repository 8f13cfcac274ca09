"""What products cost and when they come: the one place that asks."""

from collections.abc import Sequence
from datetime import date, tzinfo

from configurator.catalogue import PublishedFamily
from configurator.engine.product import Product
from configurator.engine.wishes import Figures
from contracts.model import Instant
from contracts.ports import PromiseDates
from contracts.promise import PromiseQuote, PromiseRequest


class Quoting:
    """Dates against the live plan; days are those of ``zone``, as customers are shown them."""

    def __init__(self, promise_dates: PromiseDates, zone: tzinfo) -> None:
        self._promise_dates = promise_dates
        self._zone = zone

    def quote(self, published: PublishedFamily, key: str, product: Product) -> PromiseQuote:
        return self.quotes(published, {key: product})[0]

    def quotes(self, published: PublishedFamily, products: dict[str, Product]) -> list[PromiseQuote]:
        """A date for each, by its key; what is made alike is asked once."""
        manufacture = published.compiled.manufacture
        requests = [
            PromiseRequest(key=key, routing=manufacture.routing(product), materials=manufacture.materials(product))
            for key, product in products.items()
        ]
        alike: dict[tuple[object, ...], PromiseRequest] = {}
        for request in requests:
            alike.setdefault((request.routing, request.materials), request)
        quotes = dict(zip(alike, self._promise_dates.quote(list(alike.values())), strict=True))
        return [quotes[request.routing, request.materials].model_copy(update={"key": request.key}) for request in requests]

    def figures(self, published: PublishedFamily, products: Sequence[Product]) -> list[Figures]:
        """Price and date of each."""
        quotes = self.quotes(published, {str(place): product for place, product in enumerate(products)})
        totals = map(published.compiled.pricing.total, products)
        return [self.told(total, quote.promised_at) for total, quote in zip(totals, quotes, strict=True)]

    def day(self, moment: Instant) -> date:
        """The day that a moment is for customers."""
        return moment.astimezone(self._zone).date()

    def told(self, total: int, promised_at: Instant | None) -> Figures:
        """The figures of a product whose price and date were asked already."""
        return Figures(total, promised_at, None if promised_at is None else self.day(promised_at))
